"""The run launcher of dagster.yaml: Dagster's own, which can also tell whether a run is alive.

Dagster's run monitoring fails a run whose process is gone, and frees what the run held, but only
where the launcher can tell: the default one cannot. Without it a run that was killed together with
its server stays "Started", and all that waits for it waits until somebody marks it by hand.
"""

import json
import signal
import socket
import time

import dagster as dg
import psutil
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.events import EngineEventData
from dagster._core.events.log import EventLogEntry
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._serdes import ConfigurableClassData

# A process's start is counted from a boot time that is known to the second.
CLOCK_SECONDS = 2
# A run logs its process id just after it has started.
START_SECONDS = 60
THIS_MACHINE = (None, "localhost", "127.0.0.1", "::1", "0.0.0.0")


class MonitoredRunLauncher(DefaultRunLauncher):
    """Launches runs as processes of this machine, and finds those whose process is gone.

    A run's process is the one with the id in the run's log, provided that it was there when the log
    was written: an id that was given to another process later is not taken for the run.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        # Once seen, a process is known by the kernel's own clock, which nobody sets.
        self._seen: dict[str, psutil.Process] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks this before it asks for a run."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """RUNNING where the run's process is alive, or on a machine that is not this one."""
        if machine := _other_machine(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"on {machine}: not looked for")
        if process := self._process(run.run_id):
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"process {process.pid}")
        logged = self._logged_process(run.run_id)
        if logged is None:
            started = self._instance.get_run_stats(run.run_id).start_time
            if started and time.time() - started < START_SECONDS:
                return CheckRunHealthResult(WorkerStatus.RUNNING, "just started")
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "it never logged a process")
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND,
            f"process {logged[0]} is gone without a word: it was killed (by the system when memory "
            "ran out, say), or the machine or all of Dagster was stopped",
        )

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run, also where the code server that started it is gone."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or _other_machine(run):
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        if self.check_run_worker_health(run).status != WorkerStatus.RUNNING:
            self._instance.report_run_canceled(run, "The run's process was gone already.")
            return True
        try:
            if super().terminate(run_id):  # type: ignore[no-untyped-call]
                return True
        except DagsterUserCodeUnreachableError:
            pass  # and a code server that was started after the run knows nothing of it
        process = self._process(run_id)
        if process is None or GRPC_INFO_TAG not in run.tags:
            return False
        process.send_signal(signal.SIGINT)
        return True

    def _process(self, run_id: str) -> psutil.Process | None:
        """The run's process, where it is alive."""
        if run_id not in self._seen:
            logged = self._logged_process(run_id)
            try:
                process = psutil.Process(logged[0]) if logged else None
                if process and logged and process.create_time() <= logged[1] + CLOCK_SECONDS:
                    self._seen = {key: old for key, old in self._seen.items() if _alive(old)}
                    self._seen[run_id] = process
            except psutil.NoSuchProcess:
                return None
        process = self._seen.get(run_id)
        return process if process and _alive(process) else None

    def _logged_process(self, run_id: str) -> tuple[int, float] | None:
        """The id of the run's process, and when it was logged (seconds since 1970).

        The first of the log: a step's process, where steps have their own, comes later.
        """
        entries = self._instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        return next(((pid, entry.timestamp) for entry in entries if (pid := _pid(entry))), None)


def _pid(entry: EventLogEntry) -> int | None:
    event = entry.dagster_event
    data = event.event_specific_data if event else None
    value = data.metadata.get("pid") if isinstance(data, EngineEventData) else None
    return int(str(value.value)) if value else None


def _alive(process: psutil.Process) -> bool:
    """Whether it runs; one that ended and was not collected by its parent does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _other_machine(run: dg.DagsterRun) -> str | None:
    """The machine of the code server that started the run, where it is not this one."""
    host: str | None = json.loads(run.tags.get(GRPC_INFO_TAG, "{}")).get("host")
    return None if host in (*THIS_MACHINE, socket.gethostname()) else host
