"""Which states may be resumed, and by whom."""

from pathlib import Path

import pytest

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.checkpoints import fingerprint, mark_whole, newest_whole, run_states
from dpo_math_assets.training.settings import TrainingSettings


def checkpoint(work: Path, step: int, *, whole: bool) -> Path:
    folder = work / f"checkpoint-{step}"
    folder.mkdir()
    (folder / "trainer_state.json").write_text("{}")
    if whole:
        mark_whole(folder)
    return folder


def test_a_checkpoint_that_was_cut_off_is_never_resumed(tmp_path: Path) -> None:
    checkpoint(tmp_path, 5, whole=True)
    newest = checkpoint(tmp_path, 10, whole=True)
    checkpoint(tmp_path, 15, whole=False)
    assert newest_whole(tmp_path) == newest


def test_a_run_without_a_whole_checkpoint_starts_from_the_beginning(tmp_path: Path) -> None:
    checkpoint(tmp_path, 5, whole=False)
    assert newest_whole(tmp_path) is None


def test_two_runs_never_write_into_the_same_states(tmp_path: Path) -> None:
    with (
        run_states(tmp_path, "dpo-1", resume=True),
        pytest.raises(TrainingError, match="Another run is training in"),
        run_states(tmp_path, "dpo-1", resume=True),
    ):
        pass


def fail_after_a_checkpoint(work: Path) -> None:
    with pytest.raises(KeyboardInterrupt), run_states(work, "dpo-1", resume=True) as states:
        checkpoint(states, 5, whole=True)
        raise KeyboardInterrupt


def test_a_run_that_was_stopped_leaves_states_and_one_that_ended_well_leaves_none(
    tmp_path: Path,
) -> None:
    fail_after_a_checkpoint(tmp_path)
    with run_states(tmp_path, "dpo-1", resume=True) as states:
        assert newest_whole(states) is not None
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_may_not_resume_forgets_earlier_states(tmp_path: Path) -> None:
    fail_after_a_checkpoint(tmp_path)
    with run_states(tmp_path, "dpo-1", resume=False) as states:
        assert newest_whole(states) is None


def test_a_changed_dataset_setting_or_model_never_continues_another_run(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    data = [dataset / "train.jsonl"]
    first = fingerprint("dpo", settings, data)
    assert fingerprint("dpo", settings.model_copy(update={"threads": 2}), data) == first
    assert fingerprint("sft", settings, data) != first
    assert fingerprint("dpo", settings.model_copy(update={"beta": 0.2}), data) != first
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("{}")
    changed = settings.model_copy(update={"base_model": str(other)})
    assert fingerprint("dpo", changed, data) != first
    with data[0].open("a") as file:
        file.write("\n")
    assert fingerprint("dpo", settings, data) != first
