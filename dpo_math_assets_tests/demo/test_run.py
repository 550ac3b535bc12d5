import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dpo_math_assets.demo.run import NOTE, _configure, _end_dead_runs
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.resources import Project
from dpo_math_assets.settings import write_settings
from dpo_math_assets_tests.test_run_launcher import started_run


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def test_the_run_of_a_killed_demo_is_failed_so_that_training_is_not_blocked_for_ever(
    instance: dg.DagsterInstance,
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = started_run(instance, ended.pid)
    alive = started_run(instance, os.getpid())
    said: list[str] = []
    _end_dead_runs(instance, said.append)
    statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses[dead] == dg.DagsterRunStatus.FAILURE
    assert statuses[alive] == dg.DagsterRunStatus.STARTED
    assert any(alive in line and "waits" in line for line in said)


def test_the_demo_never_overwrites_the_settings_of_a_person(tmp_path: Path) -> None:
    project = Project(data_root=str(tmp_path), landing_folder=str(tmp_path / "landing"))
    write_settings(project.settings_file, {"gate": {"min_prompts": 300}})
    with pytest.raises(DpoMathError, match="is not the demo's"):
        _configure(project, "model", "default")
    write_settings(
        project.settings_file,
        {"training": {"base_model": "model"}, "gate": {"min_prompts": 300}},
        NOTE,
    )
    _configure(project, "model", "default")
    assert project.workspace().settings.gate.min_prompts == 300
    _configure(project, "another model", "default")
    assert project.workspace().settings.training.base_model == "another model"
