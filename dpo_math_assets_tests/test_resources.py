"""What a run says of a process of its own that did not end well."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets import resources
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.resources import TaskRunner, goes_on, killed_by
from dpo_math_assets.storage import write_json


@pytest.mark.process
@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("KILL", "was ended by SIGKILL: usually by the system because memory ran out"),
        ("TERM", "was ended by SIGTERM: somebody"),
        ("USR1", "was ended by SIGUSR1. Re-execute"),
    ],
)
def test_a_trainer_that_was_killed_says_by_what_and_from_where_a_re_execution_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str, says: str
) -> None:
    dying = tmp_path / "python"
    dying.write_text(f"#!/bin/sh\nkill -{number} $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(resources.sys, "executable", str(dying))
    told: list[str] = []

    @dg.asset
    def model(context: dg.AssetExecutionContext, tasks: TaskRunner) -> None:
        try:
            tasks.run(context, "train", {"work": str(tmp_path / "states")})
        except DpoMathError as error:
            told.append(str(error))
            raise

    tasks = TaskRunner(pipes=dg.PipesSubprocessClient())
    assert not dg.materialize([model], resources={"tasks": tasks}, raise_on_error=False).success
    (words,) = told
    assert says in words
    assert "Re-execute the run to do it again" in words


def test_the_step_from_which_a_run_goes_on_is_that_of_the_newest_whole_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert goes_on(tmp_path / "none") == goes_on(None) == "Re-execute the run to do it again"
    from dpo_math_assets.training.checkpoints import mark_whole

    for step in (40, 80):
        write_json(tmp_path / "dpo-1" / f"checkpoint-{step}" / "trainer_state.json", {"step": step})
    mark_whole(tmp_path / "dpo-1" / "checkpoint-40")  # 80 was cut while it was saved
    assert goes_on(tmp_path) == "Re-execute the run: it goes on from step 40"


@pytest.mark.parametrize("told", ["External execution process failed with code 1", "", "code -x"])
def test_a_process_that_failed_by_itself_was_not_killed(told: str) -> None:
    assert killed_by(told) is None


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    found: Any = killed_by("External execution process failed with code -99")
    assert found == "was ended by signal 99"
