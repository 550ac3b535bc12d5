"""Worker processes for everything that may hang, crash or eat memory.

A `WorkerPool` keeps up to `workers` Python processes. Each reads requests from its standard input
and answers them one line an item, so the pool always knows which item a worker is on. A worker
that overruns the item's deadline is killed, a worker that dies is dropped, and both are replaced:
the item is lost to `timeout`, `too_large` (its worker's memory) or `worker_crashed`, the items
behind it go to another worker. An item whose worker was killed from outside is asked once more.
Where no worker can be started at all, that is the machine's fault and no item's: MachineError.

Why not `multiprocessing`: a fork of a process that holds threads (Polars has them) may deadlock,
daemonic processes may not have children, and a spawned child imports the caller's `__main__`.
A plain subprocess has none of these troubles, and neither signals nor an event loop are needed, so
the pool works from threads, from asyncio, and in forked and spawned processes. Texts and trees
travel as JSON: nothing is unpickled or evaluated on either side.
"""

import json
import math
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, cast

from dpo_math_assets.errors import MachineError
from dpo_math_assets.verifier.runtime.encoding import encode, is_scalar
from dpo_math_assets.verifier.runtime.worker import OUT_OF_MEMORY
from dpo_math_assets.verifier.syntax.nodes import Node

Failure = Literal["timeout", "too_large", "worker_crashed"]
SymbolicResult = Literal["equal", "different", "unknown", "timeout", "too_large", "worker_crashed"]

DEFAULT_MEMORY_MB = 1024
# Importing SymPy takes about half a second; a loaded machine may need far more.
START_DEADLINE_S = 120.0
# Starts in a row that may fail before the machine is at fault.
FAILED_STARTS = 5
# A process has so long to end after its output has.
END_S = 5.0
# Items a worker is handed at once: enough to hide the pipe, few enough to keep workers even.
CHUNK_ITEMS = 32
CHUNK_CHARACTERS = 1_000_000

# The worker imports from where its parent does, and never from the current folder.
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from dpo_math_assets.verifier.runtime.worker import serve; "
    "serve(int(sys.argv[2]), int(sys.argv[3]))"
)


@dataclass
class _Job:
    """One call of `WorkerPool.map`: what to ask, what is left, what came back."""

    op: str
    context: Any
    items: Sequence[Any]
    deadline_s: float
    sizes: Sequence[int] | None = None
    # When the last answer is due, whether or not a worker was there to give it.
    end: float = math.inf
    done: int = 0
    failed_starts: int = 0
    asked_again: set[int] = field(default_factory=set)
    chunks: deque[tuple[int, int]] = field(init=False)
    results: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.chunks = _chunks(self.sizes or [sum(map(len, item)) for item in self.items])
        self.results = [None] * len(self.items)

    def settle(self, index: int, result: Any) -> None:
        self.results[index] = result
        self.done += 1

    def give_up(self, failure: Failure) -> None:
        """Settle every item that no worker has been handed yet."""
        while self.chunks:
            for index in range(*self.chunks.popleft()):
                self.settle(index, failure)

    def next_deadline(self) -> float:
        return min(time.monotonic() + self.deadline_s, self.end)


@dataclass(eq=False)
class _Worker:
    """A process, and the run of items `[start, stop)` it is working through."""

    process: subprocess.Popen[bytes]
    deadline: float
    ready: bool = False
    start: int = 0
    stop: int = 0
    received: bytearray = field(default_factory=bytearray)

    @property
    def busy(self) -> bool:
        return self.start < self.stop

    def send(self, job: _Job) -> None:
        """Hand over the next chunk of `job`, and start the clock of its first item."""
        self.start, self.stop = job.chunks.popleft()
        request = {"op": job.op, "context": job.context, "items": job.items[self.start : self.stop]}
        pipe = self.process.stdin
        assert pipe is not None
        # If it died, the end of its output says so to the loop that reads it.
        with suppress(BrokenPipeError):
            pipe.write(json.dumps(request).encode() + b"\n")
            pipe.flush()
        self.deadline = job.next_deadline()

    def lines(self) -> tuple[list[bytes], bool]:
        """Whole lines that have arrived, and whether the process still lives."""
        pipe = self.process.stdout
        assert pipe is not None
        block = os.read(pipe.fileno(), 1 << 20)
        self.received += block
        *whole, rest = self.received.split(b"\n")
        self.received = bytearray(rest)
        return list(map(bytes, whole)), bool(block)

    def exit_code(self) -> int | None:
        """The exit code of a process whose output has ended; None if it does not end."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(END_S)
        return self.process.poll()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._close()

    def leave(self) -> None:
        """Forget a process that belongs to the parent this process was forked from."""
        self.process.returncode = 0
        self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            # What was still to be written may have no reader any more.
            with suppress(BrokenPipeError):
                assert pipe is not None
                pipe.close()


class WorkerPool:
    """Up to `workers` persistent worker processes, started when first needed.

    Each may allocate `memory_mb` MiB beyond what its imports take (RLIMIT_AS). Threads may share a
    pool; a forked child starts workers of its own. Use it as a context manager, or leave it:
    workers end when their parent does.
    """

    def __init__(self, workers: int = 1, memory_mb: int = DEFAULT_MEMORY_MB) -> None:
        if workers < 1 or memory_mb < 1:
            raise ValueError(f"a pool needs workers and memory, not {workers} and {memory_mb} MiB")
        self.workers = workers
        self.memory_mb = memory_mb
        self._reset()
        _POOLS.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(self.workers)
        self._idle: list[_Worker] = []

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the idle workers. The pool stays usable and starts new ones if asked again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill()

    def after_fork_in_child(self) -> None:
        """Start afresh: locks may be held by threads, and pipes be shared, that stayed behind."""
        for worker in self._idle:
            worker.leave()
        self._reset()

    def equal(self, a: Node, b: Node, deadline_s: float) -> SymbolicResult:
        """Whether SymPy can show two scalar expressions equal or different.

        An answer comes within `deadline_s`, even if a worker must start first; only waiting for
        other callers to free one is not counted.
        """
        if not (is_scalar(a) and is_scalar(b)):
            return "unknown"
        job = _Job("equal", None, [[encode(a), encode(b)]], deadline_s)
        self._run(job, None, to_the_end=True)
        return cast(SymbolicResult, job.results[0])

    def map(
        self,
        op: str,
        items: Sequence[Any],
        deadline_s: float,
        *,
        context: Any = None,
        sizes: Sequence[int] | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Any]:
        """Answer every item by an operation of `worker.serve`, in order, each within `deadline_s`.

        An answer is what the operation gives, as JSON carries it, or a `Failure` for an item that
        overran its deadline or ended its worker. Waiting for a worker is not counted.
        `sizes` are the characters of each item, where the items are costly to look at.
        `on_progress(done, total)` is called from this thread as answers arrive.
        Raises MachineError where no worker can be started.
        """
        job = _Job(op, context, items, deadline_s, sizes)
        self._run(job, on_progress)
        return job.results

    def _run(
        self,
        job: _Job,
        on_progress: Callable[[int, int], None] | None,
        to_the_end: bool = False,
    ) -> None:
        with self._borrowed(len(job.chunks)) as (workers, slots):
            if to_the_end:
                job.end = time.monotonic() + job.deadline_s
            while job.done < len(job.items):
                while len(workers) < slots and job.chunks:
                    workers.append(self._start())
                self._step(job, workers)
                if on_progress is not None:
                    on_progress(job.done, len(job.items))

    @contextmanager
    def _borrowed(self, wanted: int) -> Iterator[tuple[list[_Worker], int]]:
        """Take at least one slot, and at most `wanted` of those that are free, with their workers.

        The list is the borrower's to change; living workers in it go back to the pool.
        """
        slots = 0
        workers: list[_Worker] = []
        try:
            while slots < wanted and self._slots.acquire(blocking=slots == 0):
                slots += 1
            with self._lock:
                while self._idle and len(workers) < slots:
                    worker = self._idle.pop()
                    if worker.process.poll() is None:
                        workers.append(worker)
                    else:
                        worker.kill()
            yield workers, slots
        finally:
            with self._lock:
                for worker in workers:
                    if worker.busy:
                        worker.kill()
                    else:
                        self._idle.append(worker)
            for _ in range(slots):
                self._slots.release()

    def _start(self) -> _Worker:
        try:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path)),
                    *(str(self.memory_mb), str(os.getpid())),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # A fixed hash seed, so that SymPy takes the same path in every worker.
                env={**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
            )
        except OSError as error:
            raise MachineError(
                f"No verifier worker can be started ({error}). Look at free memory and at the "
                "number of processes that this user may have, then run this again."
            ) from error
        return _Worker(process, time.monotonic() + START_DEADLINE_S)

    def _step(self, job: _Job, workers: list[_Worker]) -> None:
        """Feed idle workers, wait, read answers, drop the overrun and the dead."""
        for worker in workers:
            if worker.ready and not worker.busy and job.chunks:
                worker.send(job)
        working = [worker for worker in workers if worker.busy or not worker.ready]
        answered = _wait_for(working, job.end)
        for worker in working:
            failure = self._failure(job, worker, worker in answered)
            if failure:
                workers.remove(worker)
                self._lose(job, worker, failure)
        if time.monotonic() >= job.end:
            job.give_up("timeout")

    def _failure(self, job: _Job, worker: _Worker, has_answered: bool) -> Failure | None:
        """What became of a worker that was waited for; takes the answers that have arrived.

        Only one that stayed silent is judged by the clock: an answer that has arrived counts,
        however late this process came round to read it.
        """
        if has_answered:
            return None if self._read(job, worker) else "worker_crashed"
        return "timeout" if time.monotonic() >= worker.deadline else None

    def _read(self, job: _Job, worker: _Worker) -> bool:
        """Take the answers that have arrived; False where the process has ended."""
        lines, alive = worker.lines()
        for line in lines:
            if not worker.ready:
                worker.ready = True
                job.failed_starts = 0
                continue
            job.settle(worker.start, json.loads(line))
            worker.start += 1
            worker.deadline = job.next_deadline()
        return alive

    def _lose(self, job: _Job, worker: _Worker, failure: Failure) -> None:
        """Drop a worker: the item it was on is lost, those behind it go back to the queue.

        What killed it from outside, such as the kernel for want of memory, may have had nothing to
        do with the item: the first time that one goes back as well.
        """
        code = worker.exit_code() if failure == "worker_crashed" else None
        worker.kill()
        if not worker.ready:
            job.failed_starts += 1
            if job.failed_starts == FAILED_STARTS:
                raise MachineError(
                    f"{FAILED_STARTS} verifier workers in a row did not start ({failure}, exit "
                    f"code {code}), so {len(job.items) - job.done} items are not answered. Run "
                    f"`{sys.executable} -c 'import sympy'`, look at free memory and at the "
                    "messages above, then run this again."
                )
        if worker.busy:
            item = worker.start
            if code == -signal.SIGKILL and item not in job.asked_again:
                job.asked_again.add(item)
            else:
                job.settle(item, "too_large" if code == OUT_OF_MEMORY else failure)
                item += 1
            if item < worker.stop:
                job.chunks.append((item, worker.stop))


def _wait_for(workers: list[_Worker], end: float) -> list[_Worker]:
    """Those whose output can be read, by the first of their deadlines and `end`."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            assert worker.process.stdout is not None
            selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        soonest = min([end, *(worker.deadline for worker in workers)])
        events = selector.select(max(0.0, soonest - time.monotonic()))
        return [key.data for key, _ in events]


def _chunks(sizes: Sequence[int]) -> deque[tuple[int, int]]:
    """Cut items of these sizes into runs that are short in number and in text."""
    runs: deque[tuple[int, int]] = deque()
    start = total = 0
    for end, size in enumerate(sizes, start=1):
        total += size
        if end - start >= CHUNK_ITEMS or total >= CHUNK_CHARACTERS or end == len(sizes):
            runs.append((start, end))
            start, total = end, 0
    return runs


_POOLS: "weakref.WeakSet[WorkerPool]" = weakref.WeakSet()


@cache
def shared_pool(workers: int = 1) -> WorkerPool:
    """The pool of `workers` processes that all callers of this process share."""
    return WorkerPool(workers)


def _after_fork_in_child() -> None:
    for pool in list(_POOLS):
        pool.after_fork_in_child()


os.register_at_fork(after_in_child=_after_fork_in_child)
