"""Which runs are taken for dead: an id of a process is not enough, since ids are given again."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, EngineEventData
from dagster._core.events.log import EventLogEntry
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from dpo_math_assets.run_launcher import MonitoredRunLauncher

ROOT = Path(__file__).parents[1]
HERE = '{"host": "localhost", "socket": "/nowhere/closed"}'


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def launcher(instance: dg.DagsterInstance) -> MonitoredRunLauncher:
    launcher = MonitoredRunLauncher()
    launcher.register_instance(instance)
    return launcher


def test_the_settings_that_are_shipped_find_killed_runs_and_run_them_again(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "dagster.yaml", tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert isinstance(instance.run_launcher, MonitoredRunLauncher)
        assert instance.run_launcher.supports_check_run_worker_health
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled and instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure


def started_run(
    instance: dg.DagsterInstance, pid: int | None, seconds_ago: float = 0, code_server: str = HERE
) -> str:
    """A run under way whose log has, since so long, the id of its process."""
    run = dg.DagsterRun(
        job_name="train_and_evaluate",
        status=dg.DagsterRunStatus.STARTED,
        tags={GRPC_INFO_TAG: code_server} if code_server else {},
    )
    instance.add_run(run)
    if pid is not None:
        event = DagsterEvent(
            dg.DagsterEventType.ENGINE_EVENT.value,
            run.job_name,
            message=f"Started process for run (pid: {pid}).",
            event_specific_data=EngineEventData.in_process(pid),
        )
        logged = time.time() - seconds_ago
        instance.handle_new_event(
            EventLogEntry(None, "info", "", run.run_id, logged, None, run.job_name, event)
        )
    return run.run_id


def status(launcher: MonitoredRunLauncher, run_id: str) -> WorkerStatus:
    run = launcher._instance.get_run_by_id(run_id)
    assert run is not None
    return launcher.check_run_worker_health(run).status


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[str]]:
    """A process that prints what interrupts it."""
    program = """
import signal
print("waits", flush=True)
try:
    signal.pause()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "waits\n"
    yield process
    process.kill()
    process.wait()


@pytest.mark.process
def test_a_run_whose_process_lives_is_left_alone_and_a_killed_one_is_found(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher, worker: subprocess.Popen[str]
) -> None:
    run = started_run(instance, worker.pid)
    assert status(launcher, run) == WorkerStatus.RUNNING
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
    assert status(launcher, run) == WorkerStatus.NOT_FOUND, "ended, not collected by its parent"
    worker.wait()
    assert status(launcher, run) == WorkerStatus.NOT_FOUND


@pytest.mark.process
def test_a_process_that_was_given_the_id_of_a_killed_one_is_not_taken_for_the_run(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher, worker: subprocess.Popen[str]
) -> None:
    # The log had this id an hour before the process that has it now was started.
    run = started_run(instance, worker.pid, seconds_ago=3600)
    assert status(launcher, run) == WorkerStatus.NOT_FOUND
    assert status(launcher, started_run(instance, worker.pid)) == WorkerStatus.RUNNING


@pytest.mark.process
def test_a_clock_that_is_set_forward_kills_no_run(
    instance: dg.DagsterInstance,
    launcher: MonitoredRunLauncher,
    worker: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import psutil

    run = started_run(instance, worker.pid)
    assert status(launcher, run) == WorkerStatus.RUNNING
    later = psutil.boot_time() + 7200
    monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: later)
    assert psutil.Process(worker.pid).create_time() > time.time() + 3600, "as it looks now"
    assert status(launcher, run) == WorkerStatus.RUNNING


def test_a_run_of_another_machine_is_never_called_dead(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher
) -> None:
    run = started_run(instance, 2**22 + 1, code_server='{"host": "gpu-box.example", "port": 4000}')
    assert status(launcher, run) == WorkerStatus.RUNNING


def test_a_run_that_never_logged_a_process_is_dead_after_a_minute_and_not_before(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher
) -> None:
    def begun(seconds_ago: float) -> str:
        run_id = started_run(instance, None)
        event = DagsterEvent(dg.DagsterEventType.RUN_START.value, "train_and_evaluate")
        logged = time.time() - seconds_ago
        instance.handle_new_event(
            EventLogEntry(None, "info", "", run_id, logged, None, "train_and_evaluate", event)
        )
        return run_id

    assert status(launcher, begun(5)) == WorkerStatus.RUNNING
    assert status(launcher, begun(300)) == WorkerStatus.NOT_FOUND


@pytest.mark.process
def test_terminate_reaches_a_run_whose_code_server_is_gone(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher, worker: subprocess.Popen[str]
) -> None:
    run = started_run(instance, worker.pid)
    assert launcher.terminate(run)
    assert worker.stdout is not None and worker.stdout.readline() == "interrupted\n"
    found = instance.get_run_by_id(run)
    assert found is not None and found.status == dg.DagsterRunStatus.CANCELING


def test_terminate_of_a_run_that_was_killed_marks_it_at_once(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher
) -> None:
    run = started_run(instance, 2**22 + 1)
    assert launcher.terminate(run)
    found = instance.get_run_by_id(run)
    assert found is not None and found.status == dg.DagsterRunStatus.CANCELED


def test_terminate_never_signals_a_process_that_no_code_server_started(
    instance: dg.DagsterInstance, launcher: MonitoredRunLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A run of `dpo-math demo`, say, or of a test: its process is more than the run.
    sent: list[int] = []
    monkeypatch.setattr("psutil.Process.send_signal", lambda self, number: sent.append(number))
    run = started_run(instance, os.getpid(), code_server="")
    assert not launcher.terminate(run)
    assert sent == []
