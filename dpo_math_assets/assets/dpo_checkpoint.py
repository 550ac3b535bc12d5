"""dpo_checkpoint: the model that TRL trained, beside a control that saw no preferences."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.dpo_dataset import dpo_dataset
from dpo_math_assets.evaluation.plots import training_curves
from dpo_math_assets.metadata import picture
from dpo_math_assets.resources import Project, TaskRunner, launchpad_config
from dpo_math_assets.stages.artifacts import DATASET
from dpo_math_assets.stages.workspace import new_version_name
from dpo_math_assets.storage import Store, digest, write_json
from dpo_math_assets.training.checkpoints import remove_abandoned
from dpo_math_assets.training.recipes import write_recipes
from dpo_math_assets.training.settings import (
    TRAINING_VERSION,
    TrainingSettings,
    validate_training,
)

if TYPE_CHECKING:

    class TrainingOverrides(dg.Config):
        """Training settings of one run."""

else:
    TrainingOverrides = launchpad_config(TrainingSettings)

CHECKPOINT = "dpo_checkpoint"
MODEL = "model"
CONTROL = "sft_control"
STATES = "training_states"


def read_manifest(checkpoint: Path) -> dict[str, Any]:
    """What the checkpoint was made of."""
    manifest: dict[str, Any] = json.loads((checkpoint / "manifest.json").read_text("utf-8"))
    return manifest


def checkpoints_referred_to(store: Store) -> set[str]:
    """Versions that a stored evaluation or a release candidate is of."""
    # The modules of those two import this one, so their folders are named here.
    files = [
        *(store.root / "offline_eval_pass_rates").glob("*/made_of.json"),
        *(store.root / "release_candidate").glob("*/release.json"),
    ]
    return {json.loads(file.read_text("utf-8"))["checkpoint"] for file in files}


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
    every_setting = project.workspace("training", config).settings
    settings = every_setting.training
    dataset = project.workspace().store.current(DATASET)
    validate_training(settings, dataset)
    version = new_version_name(context.run_id)
    states = project.workspace().store.root / STATES
    if abandoned := remove_abandoned(states):
        context.log.info(f"Training states that nobody resumed are removed: {abandoned}")
    work = states / digest([settings.model_dump(), dataset.name])[:16]
    request = {"settings": settings.model_dump(), "dataset": str(dataset), "work": str(work)}
    with project.workspace().store.versions(CHECKPOINT).new_version(version) as folder:
        report = tasks.run(
            context, "train", {**request, "control": False, "out": str(folder / MODEL)}
        )
        write_recipes(
            settings, dataset / "train.jsonl", report["window"], report["chat"], folder / MODEL
        )
        control = None
        if settings.sft_control:
            context.log.info("Training the control on the correct completions alone")
            control = tasks.run(
                context, "train", {**request, "control": True, "out": str(folder / CONTROL)}
            )
        manifest = {
            "version": version,
            "run_id": context.run_id,
            **read_manifest(folder / MODEL),
            "control_report": control,
        }
        write_json(folder / "manifest.json", manifest)
        curves = json.loads((folder / MODEL / "curves.json").read_text("utf-8"))
    # Only now: a run that is killed before this point is resumed, not repeated.
    shutil.rmtree(work, ignore_errors=True)
    removed = (
        project.workspace()
        .store.versions(CHECKPOINT)
        .remove_old(
            every_setting.retention.checkpoints,
            spare=checkpoints_referred_to(project.workspace().store),
        )
    )
    if removed:
        context.log.info(f"Old checkpoints are removed: {', '.join(removed)}")
    for warning in report["warnings"]:
        context.log.warning(warning)
    return dg.MaterializeResult(
        metadata={
            # What a reader comes for stands first.
            "curves": picture(training_curves(curves), "training curves"),
            "warnings": len(report["warnings"]),
            "warning": " ".join(report["warnings"]) or "none",
            **{
                name: round(report[field], 4)
                for name, field in (
                    ("chosen_fall_nats_per_token", "logps_chosen_fall_per_token"),
                    ("validation_fall_nats_per_token", "validation_fall_per_token"),
                )
                if report[field] is not None
            },
            "base_model": settings.base_model,
            "dataset_version": dataset.name,
            "checkpoint_version": version,
            "path": dg.MetadataValue.path(Path(project.data_root) / CHECKPOINT / version / MODEL),
            "steps": report["steps"],
            "resumed_from_step": report["resumed_from_step"],
            "parameters_trained": report["parameters_trained"],
            "training_seconds": round(report["seconds"], 1),
            "tokens_per_second": round(report["tokens_per_second"], 1),
            "pairs": report["rows"],
            "pairs_over_length": report["rows_overlong"],
            "pairs_indistinct": report["rows_indistinct"],
            **{
                f"final_{name.replace('/', '_')}": round(value, 5)
                for name, value in report["final"].items()
                if name != "step"
            },
            "checkpoints_removed": len(removed),
            "verifier_version": ", ".join(manifest["verifier_versions"]) or "not stated",
            "code": dg.MetadataValue.json(manifest["code"]),
            "settings": dg.MetadataValue.json(settings.model_dump()),
            "control": dg.MetadataValue.json(control or "sft_control is off"),
        }
    )
