"""A stage over many exports: what one of them costs the others, which is nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dpo_math_assets.attempts import MOST_DEATHS
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.settings import IntakeSettings, Settings
from dpo_math_assets.stages.artifacts import RAW
from dpo_math_assets.stages.ranges import Outcome, attempts, each_export, progress
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import write_text

A, B, C = KEYS = ["000001-a.jsonl", "000002-b.jsonl", "000003-c.jsonl"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three registered exports, the last of which the settings leave out."""
    settings = Settings(intake=IntakeSettings(left_out=["c.jsonl"]))
    workspace = Workspace.at(tmp_path, settings=settings)
    for age, name in ((3, "a"), (2, "b"), (1, "c")):
        path = tmp_path / "landing" / f"{name}.jsonl"
        write_text(path, json.dumps({"prompt": name}) + "\n")
        os.utime(path, (1000 - age, 1000 - age))
    workspace.landing.register(0)
    return workspace


def failing(key: str, error: Exception) -> Callable[[str], str]:
    def work(worked_on: str) -> str:
        if worked_on == key:
            raise error
        return f"made {worked_on}"

    return work


def test_an_export_that_fails_keeps_no_other_from_its_work(workspace: Workspace) -> None:
    work = failing(A, DpoMathError("a is gone"))
    assert list(each_export(workspace, RAW, KEYS, work)) == [
        Outcome(A, failure="a is gone"),
        Outcome(B, "made " + B),
        Outcome(C),
    ]


def test_an_error_that_nothing_foresees_is_this_exports_alone_and_asks_for_a_report(
    workspace: Workspace,
) -> None:
    error = OverflowError("date value out of range")
    first, second, _ = each_export(workspace, RAW, KEYS, failing(A, error))
    assert first.unforeseen is error and second.result == "made " + B
    assert "OverflowError: date value out of range" in (first.failure or "")
    assert "intake.left_out" in (first.failure or "")


def test_a_run_of_which_nothing_comes_fails_with_every_reason(workspace: Workspace) -> None:
    def work(key: str) -> str:
        raise DpoMathError(f"{key} is gone")

    with pytest.raises(DpoMathError) as error:
        list(each_export(workspace, RAW, KEYS, work))
    assert str(error.value) == f"{A} is gone\n{B} is gone"


def test_an_export_at_which_processes_die_is_passed_over_until_something_changes(
    workspace: Workspace,
) -> None:
    note = workspace.store.root / "attempts" / RAW / f"{A}.json"
    before = progress(workspace, [A])
    for _ in range(MOST_DEATHS):
        with attempts(workspace, RAW).begun(A):
            left = note.read_text()
        write_text(note, left)
    assert progress(workspace, [A]) != before, "a run that died at it did something"
    first, *_ = each_export(workspace, RAW, KEYS, str)
    assert f"the process died {MOST_DEATHS} times" in (first.failure or "")
    intake = workspace.settings.intake.model_copy(update={"settle_seconds": 5.0})
    settings = workspace.settings.model_copy(update={"intake": intake})
    changed = Workspace.at(workspace.store.root, settings=settings)
    assert next(each_export(changed, RAW, KEYS, str)).result == A
