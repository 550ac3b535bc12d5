"""A dataset → a checkpoint: the model that DPO trained, and a control that saw no preferences."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dpo_math_assets.json_objects import as_json, load
from dpo_math_assets.stages.artifacts import CHECKPOINT, CONTROL, DATASET, MODEL, STATES
from dpo_math_assets.stages.retention import remove_old_checkpoints
from dpo_math_assets.stages.tasks import Tasks, TrainingRequest
from dpo_math_assets.stages.workspace import Workspace, new_version_name
from dpo_math_assets.storage import digest, write_json
from dpo_math_assets.training.checkpoints import remove_abandoned
from dpo_math_assets.training.manifest import (
    MANIFEST_FILE,
    ModelManifest,
    TrainingReport,
    read_manifest,
)
from dpo_math_assets.training.recipes import write_recipes
from dpo_math_assets.training.settings import TrainingSettings, validate_training


@dataclass(frozen=True, kw_only=True)
class CheckpointManifest(ModelManifest):
    """The manifest of the model of a checkpoint, and what the checkpoint has beside it."""

    version: str = ""
    run_id: str = ""
    control_report: TrainingReport | None = None  # None where the settings ask for no control


@dataclass(frozen=True)
class PublishedCheckpoint:
    """A checkpoint's version, and what went when it came."""

    folder: Path
    manifest: CheckpointManifest
    removed: list[str]  # old checkpoints

    @property
    def model(self) -> Path:
        """The folder that transformers loads."""
        return self.folder / MODEL


def read_checkpoint(folder: Path) -> CheckpointManifest:
    """What a checkpoint was made of."""
    return load(CheckpointManifest, folder / MANIFEST_FILE)


def publish_checkpoint(
    workspace: Workspace, run_id: str, tasks: Tasks, say: Callable[[str], None] = lambda _: None
) -> PublishedCheckpoint:
    """Train on the current dataset and make the result the current checkpoint.

    A run that was killed is resumed by the next one of the same data and settings. Old checkpoints
    that nothing refers to are removed. Raises DpoMathError where there is no dataset, and
    TrainingError where settings or data cannot give a good model.
    """
    store, settings = workspace.store, workspace.settings.training
    dataset = store.current(DATASET)
    validate_training(settings, dataset)
    version = new_version_name(run_id)
    states = store.root / STATES
    if abandoned := remove_abandoned(states):
        say(f"Training states that nobody resumed are removed: {', '.join(abandoned)}")
    work = states / digest([settings.model_dump(), dataset.name])[:16]
    with store.versions(CHECKPOINT).new_version(version) as folder:
        train_model(settings, dataset, dataset / "train.jsonl", folder / MODEL, work, tasks)
        control = None
        if settings.sft_control:
            say("Training the control on the correct completions alone")
            request = TrainingRequest(settings, dataset, folder / CONTROL, work, control=True)
            control = tasks.train(request)
        manifest = CheckpointManifest(
            **vars(read_manifest(folder / MODEL)),
            version=version,
            run_id=run_id,
            control_report=control,
        )
        write_json(folder / MANIFEST_FILE, as_json(manifest))
    # Only now: a run that is killed before this point is resumed, not repeated.
    shutil.rmtree(work, ignore_errors=True)
    removed = remove_old_checkpoints(workspace)
    return PublishedCheckpoint(store.root / CHECKPOINT / version, manifest, removed)


def train_model(
    settings: TrainingSettings, dataset: Path, pairs: Path, out: Path, work: Path, tasks: Tasks
) -> TrainingReport:
    """Train by DPO into the empty folder `out`, with the configurations that repeat it elsewhere.

    `dataset` is the folder that is trained on; `pairs` its pairs as those configurations name them.
    """
    report = tasks.train(TrainingRequest(settings, dataset, out, work, control=False))
    write_recipes(settings, pairs, report.window, report.chat, out)
    return report
