"""dpo_checkpoint: the model that TRL trained, beside a control that saw no preferences."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.dpo_dataset import dpo_dataset
from dpo_math_assets.evaluation.plots import training_curves
from dpo_math_assets.json_objects import as_json
from dpo_math_assets.metadata import picture
from dpo_math_assets.resources import Project, TaskRunner, launchpad_config
from dpo_math_assets.stages.artifacts import CHECKPOINT
from dpo_math_assets.stages.training import PublishedCheckpoint, publish_checkpoint
from dpo_math_assets.training.manifest import read_curves
from dpo_math_assets.training.settings import TRAINING_VERSION, TrainingSettings

if TYPE_CHECKING:

    class TrainingOverrides(dg.Config):
        """Training settings of one run."""

else:
    TrainingOverrides = launchpad_config(TrainingSettings)


@dg.asset(
    name=CHECKPOINT,
    deps=[dpo_dataset],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"huggingface", "pytorch"},
    pool="training",
    code_version=TRAINING_VERSION,
)
@plain_failures()
def dpo_checkpoint(
    context: dg.AssetExecutionContext,
    config: TrainingOverrides,
    project: Project,
    tasks: TaskRunner,
) -> dg.MaterializeResult:
    """A causal language model trained by DPO on the verified pairs, with its curves.

    Training runs in a process of its own. Beside the model stands a control that was only shown
    the correct completions: a gain that it shares is not owed to the preferences. A run that was
    killed is resumed by the next one with the same data and settings. Old checkpoints that nothing
    refers to are removed, as `retention` in the settings says.
    """
    workspace = project.workspace("training", config)
    made = publish_checkpoint(workspace, context.run_id, tasks.within(context), context.log.info)
    if made.removed:
        context.log.info(f"Old checkpoints are removed: {', '.join(made.removed)}")
    for warning in made.manifest.report.warnings:
        context.log.warning(warning)
    return dg.MaterializeResult(metadata=_metadata(made, workspace.settings.training))


def _metadata(made: PublishedCheckpoint, settings: TrainingSettings) -> dict[str, Any]:
    manifest, report = made.manifest, made.manifest.report
    falls = {
        "chosen_fall_nats_per_token": report.logps_chosen_fall_per_token,
        "validation_fall_nats_per_token": report.validation_fall_per_token,
    }
    control = manifest.control_report
    return {
        # What a reader comes for stands first.
        "curves": picture(training_curves(read_curves(made.model)), "training curves"),
        "warnings": len(report.warnings),
        "warning": " ".join(report.warnings) or "none",
        **{name: round(fall, 4) for name, fall in falls.items() if fall is not None},
        "base_model": settings.base_model,
        "dataset_version": manifest.dataset_version,
        "checkpoint_version": manifest.version,
        "path": dg.MetadataValue.path(made.model),
        "steps": report.steps,
        "resumed_from_step": report.resumed_from_step,
        "parameters_trained": report.parameters_trained,
        "training_seconds": round(report.seconds, 1),
        "tokens_per_second": round(report.tokens_per_second, 1),
        "pairs": report.rows,
        "pairs_over_length": report.rows_overlong,
        "pairs_indistinct": report.rows_indistinct,
        **{
            f"final_{name.replace('/', '_')}": round(value, 5)
            for name, value in report.final.items()
            if name != "step"
        },
        "checkpoints_removed": len(made.removed),
        "verifier_version": ", ".join(manifest.verifier_versions) or "not stated",
        "code": dg.MetadataValue.json(manifest.code),
        "settings": dg.MetadataValue.json(settings.model_dump()),
        "control": dg.MetadataValue.json(as_json(control) if control else "sft_control is off"),
    }
