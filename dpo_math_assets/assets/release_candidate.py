"""release_candidate: the checkpoint, only where the gate holds."""

import json
import shutil
from typing import Any

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.dpo_checkpoint import CHECKPOINT, MODEL
from dpo_math_assets.assets.offline_eval_pass_rates import (
    PASS_RATES,
    offline_eval_pass_rates,
)
from dpo_math_assets.evaluation.run import REPORT_FILE, read_decision
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.workspace import new_version_name
from dpo_math_assets.storage import write_json

RELEASE = "release_candidate"


class ReleaseConfig(dg.Config):
    """What a human may say to a refusal of the gate."""

    override_reason: str = ""


@dg.asset(
    name=RELEASE,
    deps=[offline_eval_pass_rates],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"huggingface"},
    code_version="1",
)
@plain_failures()
def release_candidate(
    context: dg.AssetExecutionContext, config: ReleaseConfig, project: Project
) -> dg.MaterializeResult:
    """The model that may be shipped back to the runtime, with the evaluation that allows it.

    Exists only where the gate holds: a real improvement, and nothing significantly worse. A human
    may override a refusal by giving `override_reason`, which is kept with the model.
    """
    evaluation = project.workspace().store.current(PASS_RATES)
    decision = read_decision(evaluation, config.override_reason)
    if not decision.passed:
        raise dg.Failure(
            f"The gate does not hold, so there is no release candidate. {decision.summary()} "
            "Train a better model, or materialize this asset with an override_reason.",
            allow_retries=False,
        )
    made_of: dict[str, Any] = json.loads((evaluation / "made_of.json").read_text("utf-8"))
    version = made_of["checkpoint"]
    releases = project.workspace().store.versions(RELEASE)
    name = new_version_name(context.run_id)
    manifest = {
        "checkpoint": version,
        "evaluation": evaluation.name,
        "run_id": context.run_id,
        "made_of": made_of,
        "gate": decision.as_dict(),
    }
    with (
        project.workspace().store.versions(CHECKPOINT).in_use(version) as checkpoint,
        releases.new_version(name) as folder,
    ):
        shutil.copytree(checkpoint / MODEL, folder / MODEL)
        shutil.copyfile(evaluation / REPORT_FILE, folder / REPORT_FILE)
        write_json(folder / "release.json", manifest)
    if decision.overridden:
        context.log.warning(decision.summary())
    return dg.MaterializeResult(
        metadata={
            "gate": decision.summary(),
            "overridden": decision.overridden,
            "checkpoint_version": version,
            "path": dg.MetadataValue.path(project.workspace().store.root / RELEASE / name / MODEL),
            "report": project.report_link(PASS_RATES, evaluation.name, REPORT_FILE),
        }
    )
