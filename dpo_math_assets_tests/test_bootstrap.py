"""bootstrap.py before it installs anything: which commands a line of arguments stands for."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import pytest

import dpo_math_assets

SCRIPT = Path(dpo_math_assets.__file__).parents[1] / "bootstrap.py"


@pytest.fixture
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def started(bootstrap, monkeypatch, tmp_path):
    """Run main over a project with two benchmarks and a baseline: (exit code, what it started)."""
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


def test_instance_settings_that_nobody_edited_follow_the_project_and_edited_ones_stay(
    bootstrap, monkeypatch, tmp_path
):
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    earlier = b"run_monitoring: {enabled: true}\n"
    monkeypatch.setattr(bootstrap, "EARLIER_INSTANCE_SETTINGS", {bootstrap.sha256(earlier)})
    (tmp_path / "dagster.yaml").write_text("run_launcher: ours\n")
    copy = tmp_path / "home" / "dagster.yaml"
    bootstrap.environment()
    assert copy.read_text() == "run_launcher: ours\n"
    copy.write_bytes(earlier)
    bootstrap.environment()
    assert copy.read_text() == "run_launcher: ours\n"
    copy.write_bytes(earlier + b"storage: postgres\n")
    bootstrap.environment()
    assert copy.read_bytes() == earlier + b"storage: postgres\n"


# Ignores whoever asks it to end, and holds the pipe of whoever started it.
STUBBORN = """
import signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
print("started", flush=True)
while True:
    signal.pause()
"""
COMMAND = f"""
import signal, subprocess, sys
try:
    subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
    signal.pause()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
WRAPPER = """
import importlib.util, os, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("bootstrap", sys.argv[1])
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)
bootstrap.STOP_SECONDS = 0.2 if "STUBBORN" in os.environ else 60
bootstrap.answer_signals()
sys.exit(bootstrap.run([sys.executable, "-c", sys.argv[2]], dict(os.environ), Path.cwd()))
"""


@pytest.mark.fault
@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_ends_the_script_ends_its_command_and_all_that_it_started(number):
    # As a shell's background job is started: it ignores Ctrl-C, and so would all its children.
    script = subprocess.Popen(
        [sys.executable, "-c", WRAPPER, SCRIPT, COMMAND],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert script.stdout.readline() == "started\n"
    script.send_signal(number)
    said, _ = script.communicate()  # until nobody holds the pipe any more
    assert said == "Stopping\ninterrupted\n", "the command could end its own work"
    assert script.returncode == 0


@pytest.mark.fault
@pytest.mark.process
def test_a_command_that_does_not_end_when_asked_is_killed_after_a_while():
    script = subprocess.Popen(
        [sys.executable, "-c", WRAPPER, SCRIPT, STUBBORN],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "STUBBORN": "1"},
    )
    assert script.stdout.readline() == "started\n"
    script.terminate()
    script.communicate()
    assert script.returncode != 0
