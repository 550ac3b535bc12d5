"""offline_eval_pass_rates: is the trained model better, and is that known?"""

from typing import Any

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.eval_samples import eval_samples
from dpo_math_assets.evaluation.plots import pass_rate_chart, slice_chart
from dpo_math_assets.evaluation.run import REPORT_FILE
from dpo_math_assets.metadata import picture, preview
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import PASS_RATES
from dpo_math_assets.stages.evaluation import PublishedEvaluation, publish_evaluation


@dg.asset(
    name=PASS_RATES,
    deps=[eval_samples],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "scipy"},
    code_version="1",
)
@plain_failures()
def offline_eval_pass_rates(
    context: dg.AssetExecutionContext, project: Project
) -> dg.MaterializeResult:
    """Pass rates with intervals on held-out prompts: base against DPO, and the control beside it.

    Undecided answers count as not passed in the headline rates and are shown on their own.
    """
    made = publish_evaluation(project.workspace(), context.run_id, context.log.warning)
    if made.removed:
        context.log.info(f"Old evaluations are removed: {', '.join(made.removed)}")
    return dg.MaterializeResult(metadata=_metadata(made, project))


def _metadata(made: PublishedEvaluation, project: Project) -> dict[str, Any]:
    found, comparison = made.evaluation, made.evaluation.comparison
    everything = comparison.rates.filter(slice_by="all")
    # One name and one unit a number, so that Dagster plots them over time.
    numbers: dict[str, float] = {}
    for rates in everything.iter_rows(named=True):
        for name in ("pass_at_1", "avg_at_k", "pass_at_k", "maj_at_k", "undecided_rate"):
            if rates[name] is not None:
                numbers[f"{rates['model']}_{name}"] = round(rates[name], 4)
    for metric, difference in comparison.differences.items():
        numbers[f"gain_{metric}"] = round(difference.difference, 4)
        numbers[f"gain_{metric}_low"] = round(difference.low, 4)
        numbers[f"gain_{metric}_p_value"] = float(f"{difference.p_value:.3g}")
    if comparison.mcnemar is not None:
        numbers["greedy_gained"] = comparison.mcnemar.gained
        numbers["greedy_lost"] = comparison.mcnemar.lost
        numbers["mcnemar_p_value"] = float(f"{comparison.mcnemar.p_value:.3g}")
    return {
        # What a reader comes for stands first.
        "gate": found.decision.summary(),
        "pass_rates": picture(pass_rate_chart(comparison.rates), "pass rates by model"),
        "gain_by_slice": picture(
            slice_chart(comparison.slices, comparison.base, comparison.candidate),
            "change by slice",
        ),
        "rates": preview(
            everything,
            ["model", "n_prompts", "pass_at_1", "avg_at_k", "pass_at_k", "maj_at_k"],
        ),
        "report": project.report_link(PASS_RATES, made.folder.name, REPORT_FILE),
        "gate_passed": found.decision.passed,
        **numbers,
        "prompts": comparison.n_prompts,
        "samples_a_prompt": comparison.k or 0,
        "path": dg.MetadataValue.path(made.folder),
        "checkpoint_version": made.checkpoint,
    }
