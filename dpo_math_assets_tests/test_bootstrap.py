"""bootstrap.py before it installs anything: which commands a line of arguments stands for."""

import importlib.util
from pathlib import Path
from unittest.mock import ANY

import pytest

import dpo_math_assets

SCRIPT = Path(dpo_math_assets.__file__).parents[1] / "bootstrap.py"


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Run main over a project with two benchmarks and a baseline: (exit code, what it started)."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    (tmp_path / "benchmarks").mkdir()
    for name in ("verifier", "intake"):
        (tmp_path / "benchmarks" / f"{name}.py").write_text('if __name__ == "__main__": ...')
    (tmp_path / "benchmarks" / "a_baseline.py").write_text("BASELINE = 'imported alone'")
    commands = []
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "install", lambda: None)
    monkeypatch.setattr(
        bootstrap, "environment", lambda: {"DAGSTER_HOME": str(tmp_path), "DPO_MATH_DATA": "data"}
    )
    monkeypatch.setattr(
        bootstrap, "run", lambda command, *_: commands.append([Path(command[1]).stem, *command[2:]])
    )

    def start(*arguments):
        monkeypatch.setattr(bootstrap.sys, "argv", ["bootstrap.py", *arguments])
        return bootstrap.main(), commands

    return start


def test_bench_without_a_name_runs_every_benchmark_in_its_short_form(started):
    assert started("bench", "--short") == (0, [["intake", "--short"], ["verifier", "--short"]])


def test_the_suite_runs_in_several_processes_and_what_follows_goes_to_pytest(started):
    by_file = ["--dist", "loadfile", "--no-loadscope-reorder"]
    assert started("test", "-m", "unit", "-n", "0") == (
        0,
        [["-m", "pytest", "-n", ANY, *by_file, "-m", "unit", "-n", "0"]],
    )


def test_a_named_benchmark_runs_alone_with_what_follows_its_name(started):
    assert started("bench", "verifier", "--short", "--show") == (
        0,
        [["verifier", "--short", "--show"]],
    )


def test_a_benchmark_that_does_not_exist_is_answered_with_those_that_do(started, capsys):
    assert started("bench", "trainings") == (2, [])
    assert "'trainings'. Choose from intake, verifier." in capsys.readouterr().out
