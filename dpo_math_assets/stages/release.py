"""An evaluated checkpoint → a release candidate, only where the gate holds."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.gate import GateDecision
from dpo_math_assets.evaluation.run import REPORT_FILE, read_decision
from dpo_math_assets.json_objects import as_json, load
from dpo_math_assets.stages.artifacts import CHECKPOINT, MODEL, PASS_RATES, RELEASE
from dpo_math_assets.stages.origins import (
    ORIGIN_FILE,
    RELEASE_FILE,
    EvaluationOrigin,
    ReleaseOrigin,
)
from dpo_math_assets.stages.workspace import Workspace, new_version_name
from dpo_math_assets.storage import write_json


class GateRefusedError(EvaluationError):
    """The gate does not hold, and nobody overrides it."""

    def __init__(self, decision: GateDecision) -> None:
        super().__init__(
            f"The gate does not hold, so there is no release candidate. {decision.summary()} "
            "Train a better model, or materialize this asset with an override_reason."
        )
        self.decision = decision


@dataclass(frozen=True)
class PublishedRelease:
    """A release candidate's version, and why there is one."""

    folder: Path
    origin: ReleaseOrigin
    decision: GateDecision


def publish_release(
    workspace: Workspace, run_id: str, override_reason: str = ""
) -> PublishedRelease:
    """Copy the checkpoint of the current evaluation, where its gate holds, with the report.

    A person may override a refusal by a reason, which is kept with the model. Raises
    GateRefusedError where the gate does not hold and nobody overrides it.
    """
    store = workspace.store
    evaluation = store.current(PASS_RATES)
    decision = read_decision(evaluation, override_reason)
    if not decision.passed:
        raise GateRefusedError(decision)
    made_of = load(EvaluationOrigin, evaluation / ORIGIN_FILE)
    origin = ReleaseOrigin(made_of.checkpoint, evaluation.name, run_id, made_of, decision.as_dict())
    version = new_version_name(run_id)
    with (
        store.versions(CHECKPOINT).in_use(made_of.checkpoint) as checkpoint,
        store.versions(RELEASE).new_version(version) as folder,
    ):
        shutil.copytree(checkpoint / MODEL, folder / MODEL)
        shutil.copyfile(evaluation / REPORT_FILE, folder / REPORT_FILE)
        write_json(folder / RELEASE_FILE, as_json(origin))
    return PublishedRelease(store.root / RELEASE / version, origin, decision)
