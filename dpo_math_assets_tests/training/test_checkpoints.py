"""Which states may be resumed, and by whom."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.checkpoints import (
    ABANDONED_SECONDS,
    MARKER,
    fingerprint,
    mark_whole,
    newest_whole,
    remove_abandoned,
    run_states,
)
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


def cut_off(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def flip_a_bit(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])


@pytest.mark.parametrize("damage", [cut_off, flip_a_bit, Path.unlink])
@pytest.mark.parametrize("name", ["trainer_state.json", MARKER])
def test_a_state_that_was_damaged_later_is_passed_over_for_the_one_before(
    tmp_path: Path, damage: Callable[[Path], None], name: str
) -> None:
    states = tmp_path / "dpo-1"
    states.mkdir()
    sound, damaged = checkpoint(states, 5, whole=True), checkpoint(states, 10, whole=True)
    damage(damaged / name)
    assert newest_whole(states) == sound
    with run_states(tmp_path, "dpo-1", resume=True, keep=True):
        assert newest_whole(states) == sound
        # It would count as the newest when the trainer removes old ones.
        assert damaged.exists() == (damage is Path.unlink and name == MARKER)
    damage(sound / "trainer_state.json")
    assert newest_whole(states) is None


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


def test_a_changed_dataset_setting_model_or_library_never_continues_another_run(
    settings: TrainingSettings, dataset: Path
) -> None:
    data = [dataset / "train.jsonl"]

    def of(trainer: str = "dpo", base: str = "sha", trl: str = "1.16.0", **changes: object) -> str:
        changed = settings.model_copy(update=changes)
        return fingerprint(trainer, changed, base, {"trl": trl}, data)

    first = of()
    assert of(threads=2, displacement_warning=0.5) == first
    assert len({first, of("sft"), of(beta=0.2), of(base="other"), of(trl="1.17.0")}) == 5
    with data[0].open("a") as file:
        file.write("\n")
    assert of() != first


def test_states_that_nobody_resumes_are_removed_after_a_month_and_fresh_ones_are_not(
    tmp_path: Path,
) -> None:
    old, fresh = tmp_path / "a" / "dpo-1", tmp_path / "b" / "dpo-2"
    for states in (old, fresh):
        states.mkdir(parents=True)
        checkpoint(states, 5, whole=True)
    month_ago = time.time() - ABANDONED_SECONDS - 60
    for path in (old / "checkpoint-5", old):
        os.utime(path, (month_ago, month_ago))
    assert remove_abandoned(tmp_path) == ["a/dpo-1"]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert newest_whole(fresh) is not None


def test_states_that_go_on_being_written_are_not_abandoned(tmp_path: Path) -> None:
    long_run = tmp_path / "a" / "dpo-1"
    long_run.mkdir(parents=True)
    month_ago = time.time() - ABANDONED_SECONDS - 60
    checkpoint(long_run, 5, whole=True)
    os.utime(long_run, (month_ago, month_ago))
    assert remove_abandoned(tmp_path) == []
