"""Which versions of what is large go when a new one comes: none that anything refers to."""

from dpo_math_assets.json_objects import load
from dpo_math_assets.stages.artifacts import CHECKPOINT, PASS_RATES, RELEASE
from dpo_math_assets.stages.origins import (
    ORIGIN_FILE,
    RELEASE_FILE,
    EvaluationOrigin,
    ReleaseOrigin,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store


def remove_old_checkpoints(workspace: Workspace) -> list[str]:
    """Remove the checkpoints beyond those that the settings keep; gives their names."""
    return workspace.store.versions(CHECKPOINT).remove_old(
        workspace.settings.retention.checkpoints, spare=checkpoints_referred_to(workspace.store)
    )


def remove_old_evaluations(workspace: Workspace) -> list[str]:
    """Remove the evaluations beyond those that the settings keep; gives their names."""
    return workspace.store.versions(PASS_RATES).remove_old(
        workspace.settings.retention.evaluations, spare=evaluations_referred_to(workspace.store)
    )


def checkpoints_referred_to(store: Store) -> set[str]:
    """Versions that a stored evaluation or a release candidate is of."""
    evaluated = {
        load(EvaluationOrigin, file).checkpoint
        for file in (store.root / PASS_RATES).glob(f"*/{ORIGIN_FILE}")
    }
    return evaluated | {release.checkpoint for release in _releases(store)}


def evaluations_referred_to(store: Store) -> set[str]:
    """Versions that a release candidate rests on."""
    return {release.evaluation for release in _releases(store)}


def _releases(store: Store) -> list[ReleaseOrigin]:
    files = (store.root / RELEASE).glob(f"*/{RELEASE_FILE}")
    return [load(ReleaseOrigin, file) for file in files]
