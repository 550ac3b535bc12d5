"""release_candidate: the checkpoint, only where the gate holds."""

from typing import Any

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.offline_eval_pass_rates import offline_eval_pass_rates
from dpo_math_assets.evaluation.gate import GateDecision
from dpo_math_assets.evaluation.run import REPORT_FILE
from dpo_math_assets.metadata import table
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import MODEL, PASS_RATES, RELEASE
from dpo_math_assets.stages.release import GateRefusedError, publish_release


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
    try:
        made = publish_release(project.workspace(), context.run_id, config.override_reason)
    except GateRefusedError as refusal:
        told = _refused(refusal.decision)
        # On the asset's page too, which shows nothing of a step that failed; what a step logs is
        # lost where it fails.
        context.instance.report_runless_asset_event(dg.AssetObservation(RELEASE, metadata=told))
        raise dg.Failure(str(refusal), metadata=told, allow_retries=False) from None
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


_OVERRIDE = """\
Where you know better: open the Launchpad of this asset (the arrow beside Materialize), and give

```yaml
ops:
  release_candidate:
    config:
      override_reason: why it may be released nevertheless
```

The reason is kept with the model."""


def _refused(decision: GateDecision) -> dict[str, Any]:
    """The conditions, those that fail first, each with how far it is off, and what to do."""
    conditions = sorted(decision.conditions, key=lambda condition: condition.passed)
    return {
        "gate": decision.summary(),
        "conditions": table(
            [
                {
                    "condition": condition.name,
                    "holds": condition.passed,
                    "found": "nothing" if condition.value is None else f"{condition.value:.4g}",
                    "limit": f"{condition.threshold:.4g}",
                    "says": condition.sentence,
                }
                for condition in conditions
            ]
        ),
        "to_override": dg.MetadataValue.md(_OVERRIDE),
    }
