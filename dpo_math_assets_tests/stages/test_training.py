"""A checkpoint around its training: what is published, what is removed, and when.

Training itself is replaced by a few files; test_whole_lineage runs it for real.
"""

import itertools
import json
from pathlib import Path

import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.settings import RetentionSettings, Settings
from dpo_math_assets.stages import training
from dpo_math_assets.stages.artifacts import CHECKPOINT, CONTROL, STATES
from dpo_math_assets.stages.training import publish_checkpoint, read_checkpoint
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets_tests.stages.builders import FakeTasks, manifest


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A dataset, a base model and settings that keep one checkpoint; versions v1, v2, …"""
    numbers = itertools.count(1)
    monkeypatch.setattr(training, "new_version_name", lambda run_id: f"v{next(numbers)}")
    write_text(tmp_path / "base" / "config.json", "{}")
    settings = Settings(
        training=TrainingSettings(base_model=str(tmp_path / "base")),
        retention=RetentionSettings(checkpoints=1),
    )
    workspace = Workspace.at(tmp_path / "data", settings=settings)
    pair = {"prompt": "1+1=", "chosen": "2", "rejected": "3"}
    with workspace.store.versions("dpo_dataset").new_version("d1") as folder:
        write_text(folder / "train.jsonl", json.dumps(pair) + "\n")
        write_text(folder / "sft.jsonl", json.dumps({"prompt": "1+1=", "completion": "2"}) + "\n")
    return workspace


def train(workspace: Workspace) -> str:
    return publish_checkpoint(workspace, "run-1", FakeTasks()).folder.name


def test_the_manifest_says_what_the_checkpoint_was_made_of(workspace: Workspace) -> None:
    made = publish_checkpoint(workspace, "run-1", FakeTasks())
    assert made.folder == workspace.store.current(CHECKPOINT)
    found = read_checkpoint(made.folder)
    assert found == made.manifest
    assert (found.version, found.run_id) == (made.folder.name, "run-1")
    assert (found.dataset_version, found.verifier_versions) == ("d1", ["7"])
    assert (found.code, found.environment) == ({"commit": "abc"}, {"python": "3.11"})
    assert found.control_report is not None and (made.folder / CONTROL).is_dir()
    assert "trl dpo --config trl.yaml" in (made.model / "README.md").read_text()


def test_a_manifest_of_an_earlier_version_without_todays_fields_is_read(tmp_path: Path) -> None:
    report = {**vars(manifest("base").report)}
    for later in ("chat", "rows_indistinct", "validation_fall_per_token"):
        del report[later]
    old = {"version": "v1", "base_model": "b", "dataset_version": "d1", "report": report}
    write_json(tmp_path / "manifest.json", {**old, "control_report": None, "retired_field": 1})
    found = read_checkpoint(tmp_path)
    assert (found.base_model, found.report.warnings) == ("b", ["The chosen completions fell."])


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "manifest.json", '{"version"')
    with pytest.raises(DpoMathError, match=r"manifest\.json cannot be read"):
        read_checkpoint(tmp_path)
    write_text(tmp_path / "manifest.json", '{"version": "v1"}')
    with pytest.raises(DpoMathError, match=r"no CheckpointManifest \(base_model: Field required"):
        read_checkpoint(tmp_path)


def test_a_new_checkpoint_takes_the_place_of_one_that_nothing_refers_to(
    workspace: Workspace,
) -> None:
    store = workspace.store
    released = train(workspace)
    with store.versions("release_candidate").new_version("r1") as folder:
        write_json(folder / "release.json", {"checkpoint": released, "evaluation": "e1"})
    evaluated = train(workspace)
    with store.versions("offline_eval_pass_rates").new_version("e2") as folder:
        write_json(folder / "made_of.json", {"checkpoint": evaluated})
    unused = train(workspace)
    in_use = train(workspace)
    with store.current_in_use(CHECKPOINT):
        newest = train(workspace)
    kept = store.versions(CHECKPOINT).versions()
    assert kept == [released, evaluated, in_use, newest] and unused not in kept


def test_states_stay_until_the_checkpoint_is_published_and_no_longer(
    workspace: Workspace,
) -> None:
    states = workspace.store.root / STATES
    with pytest.raises(KeyboardInterrupt):
        publish_checkpoint(workspace, "run-1", FakeTasks(stopped_at_control=True))
    assert len(list(states.glob("*/dpo-1"))) == 1, "the trained model is resumed, not trained again"
    assert workspace.store.versions(CHECKPOINT).versions() == []
    train(workspace)
    assert list(states.iterdir()) == []
