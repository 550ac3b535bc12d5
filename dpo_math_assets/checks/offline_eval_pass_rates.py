"""The check of offline_eval_pass_rates: the release gate."""

import dagster as dg
import polars as pl

from dpo_math_assets.assets import offline_eval_pass_rates
from dpo_math_assets.evaluation.run import read_decision
from dpo_math_assets.metadata import preview
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import PASS_RATES


@dg.asset_check(asset=offline_eval_pass_rates, name="no_regression")
def no_regression(project: Project) -> dg.AssetCheckResult:
    """The release gate: better overall, and nothing that matters significantly worse.

    It stops nothing: `release_candidate` refuses by itself, and says there why.
    """
    decision = read_decision(project.workspace().store.current(PASS_RATES))
    conditions = pl.DataFrame(
        [
            {"condition": c.name, "holds": c.passed, "value": c.value, "says": c.sentence}
            for c in decision.conditions
        ]
    )
    return dg.AssetCheckResult(
        passed=decision.passed,
        description=decision.summary(),
        metadata={"conditions": preview(conditions)},
    )
