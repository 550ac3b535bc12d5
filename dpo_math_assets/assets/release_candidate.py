"""release_candidate: the checkpoint, only where the gate holds."""

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.offline_eval_pass_rates import offline_eval_pass_rates
from dpo_math_assets.evaluation.run import REPORT_FILE
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import MODEL, PASS_RATES, RELEASE
from dpo_math_assets.stages.release import publish_release


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
    made = publish_release(project.workspace(), context.run_id, config.override_reason)
    if made.decision.overridden:
        context.log.warning(made.decision.summary())
    return dg.MaterializeResult(
        metadata={
            "gate": made.decision.summary(),
            "overridden": made.decision.overridden,
            "checkpoint_version": made.origin.checkpoint,
            "path": dg.MetadataValue.path(made.folder / MODEL),
            "report": project.report_link(PASS_RATES, made.origin.evaluation, REPORT_FILE),
        }
    )
