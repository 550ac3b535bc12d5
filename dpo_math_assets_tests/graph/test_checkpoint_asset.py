"""dpo_checkpoint around its training: what is published, what is removed, and when.

Training itself is replaced by a few files; test_whole_lineage runs it for real.
"""

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.assets import dpo_checkpoint
from dpo_math_assets.assets.dpo_checkpoint import read_manifest
from dpo_math_assets.resources import TaskRunner
from dpo_math_assets.settings import write_settings
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets_tests.graph.conftest import Workbench

REPORT = {
    "steps": 1,
    "window": 64,
    "chat": False,
    "rows": 1,
    "rows_overlong": 0,
    "rows_indistinct": 0,
    "resumed_from_step": 0,
    "parameters_trained": 1,
    "seconds": 1.0,
    "tokens_per_second": 1.0,
    "final": {"loss": 0.5, "step": 1},
    "logps_chosen_fall_per_token": 0.2,
    "validation_fall_per_token": None,
    "warnings": ["The chosen completions fell."],
}


class FakeTraining(TaskRunner):
    """Writes what training writes; leaves states behind as it does, and may fail at the control."""

    fails_at_control: bool = False

    def run(self, context: Any, task: str, request: dict[str, Any]) -> dict[str, Any]:
        out, work = Path(request["out"]), Path(request["work"])
        write_text(work / "dpo-1" / "lock", "")
        if request["control"] and self.fails_at_control:
            raise KeyboardInterrupt
        write_json(
            out / "manifest.json",
            {
                "base_model": request["settings"]["base_model"],
                "dataset_version": Path(request["dataset"]).name,
                "verifier_versions": ["7"],
                "settings": request["settings"],
                "code": {"commit": "abc"},
                "environment": {"python": "3.11"},
                "report": REPORT,
            },
        )
        write_json(out / "curves.json", [{"step": 1, "loss": 0.5}])
        write_text(out / "README.md", "# Model\n")
        return dict(REPORT)


@pytest.fixture
def project_with_data(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workbench:
    """A dataset, a base model and settings that keep one checkpoint; versions v1, v2, …"""
    numbers = itertools.count(1)
    module = sys.modules["dpo_math_assets.assets.dpo_checkpoint"]
    monkeypatch.setattr(module, "new_version_name", lambda run_id: f"v{next(numbers)}")
    store = workbench.workspace.store
    pair = {"prompt": "1+1=", "chosen": "2", "rejected": "3"}
    with store.versions("dpo_dataset").new_version("d1") as folder:
        write_text(folder / "train.jsonl", json.dumps(pair) + "\n")
        write_text(folder / "sft.jsonl", json.dumps({"prompt": "1+1=", "completion": "2"}) + "\n")
    write_text(tmp_path / "base" / "config.json", "{}")
    write_settings(
        workbench.project.settings_file,
        {
            "training": {"base_model": str(tmp_path / "base")},
            "retention": {"checkpoints": 1},
        },
    )
    return workbench


def train(workbench: Workbench, fails_at_control: bool = False) -> str:
    """Materialize the checkpoint; gives its version."""
    pipes = dg.PipesSubprocessClient()
    dg.materialize(
        [dpo_checkpoint],
        instance=workbench.instance,
        resources={
            "project": workbench.project,
            "tasks": FakeTraining(pipes=pipes, fails_at_control=fails_at_control),
        },
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return workbench.workspace.store.current("dpo_checkpoint").name


def test_the_manifest_says_what_the_checkpoint_was_made_of(project_with_data: Workbench) -> None:
    version = train(project_with_data)
    checkpoint = project_with_data.workspace.store.current("dpo_checkpoint")
    manifest = read_manifest(checkpoint)
    assert manifest["version"] == version and manifest["run_id"]
    assert manifest["dataset_version"] == "d1" and manifest["verifier_versions"] == ["7"]
    assert manifest["code"] == {"commit": "abc"} and manifest["environment"] == {"python": "3.11"}
    assert "trl dpo --config trl.yaml" in (checkpoint / "model" / "README.md").read_text()
    metadata = project_with_data.metadata("dpo_checkpoint")
    assert metadata["warning"] == "The chosen completions fell."
    assert metadata["chosen_fall_nats_per_token"] == 0.2
    assert "validation_fall_nats_per_token" not in metadata


def test_a_new_checkpoint_takes_the_place_of_one_that_nothing_refers_to(
    project_with_data: Workbench,
) -> None:
    store = project_with_data.workspace.store
    released = train(project_with_data)
    with store.versions("release_candidate").new_version("r1") as folder:
        write_json(folder / "release.json", {"checkpoint": released, "evaluation": "e1"})
    evaluated = train(project_with_data)
    with store.versions("offline_eval_pass_rates").new_version("e2") as folder:
        write_json(folder / "made_of.json", {"checkpoint": evaluated})
    unused = train(project_with_data)
    in_use = train(project_with_data)
    with store.current_in_use("dpo_checkpoint"):
        newest = train(project_with_data)
    kept = store.versions("dpo_checkpoint").versions()
    assert kept == [released, evaluated, in_use, newest] and unused not in kept


def test_states_stay_until_the_checkpoint_is_published_and_no_longer(
    project_with_data: Workbench,
) -> None:
    states = project_with_data.workspace.store.root / "training_states"
    with pytest.raises(KeyboardInterrupt):
        train(project_with_data, fails_at_control=True)
    assert len(list(states.glob("*/dpo-1"))) == 1, "the trained model is resumed, not trained again"
    assert project_with_data.workspace.store.versions("dpo_checkpoint").versions() == []
    train(project_with_data)
    assert list(states.iterdir()) == []
