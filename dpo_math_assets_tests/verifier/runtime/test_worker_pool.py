import asyncio
import multiprocessing
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster
import psutil
import pytest

from dpo_math_assets.errors import MachineError
from dpo_math_assets.verifier.runtime import worker_pool
from dpo_math_assets.verifier.runtime.encoding import decode, encode
from dpo_math_assets.verifier.runtime.worker_pool import WorkerPool
from dpo_math_assets.verifier.syntax.nodes import (
    Derivative,
    Function,
    Integral,
    Power,
    Product,
    Sum,
    Symbol,
    Tuple,
    UnknownFunction,
    num,
)
from dpo_math_assets_tests.killed import left_behind

X = Symbol("x")
SQUARE = Power(X, num(2))
THIRD = num(1, 3)
# The integral of x^2 from 0 to 1: numeric probing cannot settle it, SymPy can at once.
INTEGRAL = Integral(SQUARE, X, num(0), num(1))
SIN = Function("sin", (Function("sin", (X,)),))
EXP = Function("exp", (Power(X, num(3)),))
# SymPy looks for this primitive for minutes.
ENDLESS = Integral(Product((SIN, EXP, Function("ln", (X,)))), X, num(0), num(1))


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool() as pool:
        yield pool


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if child.is_running()}


def _ask(pool: WorkerPool) -> str:
    return pool.equal(INTEGRAL, THIRD, 60.0)


def _ask_in_child(pool: WorkerPool, answers: "multiprocessing.Queue[str]") -> None:
    answers.put(_ask(pool))


def _ask_afresh(answers: "multiprocessing.Queue[str]") -> None:
    with WorkerPool() as pool:
        answers.put(_ask(pool))


def test_an_integral_equals_its_value_and_no_other(pool: WorkerPool) -> None:
    assert pool.equal(INTEGRAL, THIRD, 60.0) == "equal"
    assert pool.equal(INTEGRAL, num(1, 4), 60.0) == "different"


def test_no_process_starts_before_the_first_question() -> None:
    before = _children()
    with WorkerPool(workers=2):
        assert _children() == before


def test_an_endless_row_ends_at_its_deadline_and_the_next_row_is_answered(pool: WorkerPool) -> None:
    _ask(pool)
    assert pool.equal(ENDLESS, num(1), 1.0) == "timeout"
    assert _ask(pool) == "equal"


def test_an_endless_row_among_many_costs_no_other_row(pool: WorkerPool) -> None:
    rows = [[encode(INTEGRAL), encode(THIRD)]] * 3
    rows[1:1] = [[encode(ENDLESS), encode(THIRD)]]
    assert pool.map("equal", rows, 2.0) == ["equal", "timeout", "equal", "equal"]


@pytest.mark.parametrize(("kills", "answer"), [(1, "different"), (2, "worker_crashed")])
def test_a_row_whose_worker_is_killed_is_asked_once_more_and_no_other_row_is_lost(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, kills: int, answer: str
) -> None:
    """As the kernel kills for want of memory, which may have had nothing to do with the row."""
    row = [encode(INTEGRAL), encode(num(1, 7))]
    send = worker_pool._Worker.send
    met: list[int] = []

    def send_and_kill(worker: worker_pool._Worker, job: worker_pool._Job) -> None:
        send(worker, job)
        if job.items[worker.start] == row and len(met) < kills:
            met.append(worker.process.pid)
            worker.process.kill()

    monkeypatch.setattr(worker_pool._Worker, "send", send_and_kill)
    other = [encode(INTEGRAL), encode(THIRD)]
    assert pool.map("equal", [row, other, other], 60.0) == [answer, "equal", "equal"]
    assert len(set(met)) == kills


def test_a_worker_that_died_while_idle_costs_no_row(pool: WorkerPool) -> None:
    before = _children()
    _ask(pool)
    (worker,) = _children() - before
    os.kill(worker, 9)
    psutil.wait_procs([psutil.Process(worker)], timeout=10)
    assert _ask(pool) == "equal"


def test_a_row_that_eats_memory_ends_its_worker_and_no_other_row() -> None:
    # The coefficients of (x + y + z + w + 1)^60, expanded, need far more than 64 MiB.
    total = Sum((*(Symbol(name) for name in "xyzw"), num(1)))
    power = Power(total, num(60))
    greedy = Derivative(Product((power, power)), X, 5)
    with WorkerPool(memory_mb=64) as pool:
        rows = [[encode(greedy), encode(X)], [encode(INTEGRAL), encode(THIRD)]]
        lost, right = pool.map("equal", rows, 60.0)
    assert lost == "too_large"
    assert right == "equal"


def test_answers_do_not_depend_on_the_number_of_workers() -> None:
    rows = [[encode(INTEGRAL), encode(num(1, n))] for n in range(1, 41)]
    answers = []
    for workers in (1, 3):
        with WorkerPool(workers=workers) as pool:
            answers.append(pool.map("equal", rows, 60.0))
    assert answers[0] == answers[1]
    assert answers[0].index("equal") == 2
    assert answers[0].count("equal") == 1


def test_progress_counts_every_row_up_to_the_last(pool: WorkerPool) -> None:
    seen: list[tuple[int, int]] = []
    rows = [[encode(INTEGRAL), encode(THIRD)]] * 3
    pool.map("equal", rows, 60.0, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)
    assert seen == sorted(seen)


def test_no_rows_need_no_worker(pool: WorkerPool) -> None:
    before = _children()
    assert pool.map("equal", [], 1.0) == []
    assert _children() == before


def test_many_threads_share_one_pool() -> None:
    with WorkerPool(workers=2) as pool, ThreadPoolExecutor(8) as threads:
        assert list(threads.map(_ask, [pool] * 16)) == ["equal"] * 16


def test_the_pool_answers_inside_an_event_loop(pool: WorkerPool) -> None:
    async def ask_twice() -> list[str]:
        here = _ask(pool)
        return [here, *await asyncio.gather(*(asyncio.to_thread(_ask, pool) for _ in range(2)))]

    assert asyncio.run(ask_twice()) == ["equal"] * 3


def test_a_forked_child_gets_workers_of_its_own_and_leaves_the_parents_alone(
    pool: WorkerPool,
) -> None:
    assert _ask(pool) == "equal"
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_ask_in_child, args=(pool, answers))
    child.start()
    assert answers.get(timeout=60) == "equal"
    child.join()
    assert _ask(pool) == "equal"


def test_a_spawned_daemon_may_have_a_pool() -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    child = context.Process(target=_ask_afresh, args=(answers,), daemon=True)
    child.start()
    assert answers.get(timeout=120) == "equal"
    child.join()


def test_workers_end_when_their_parent_is_killed_in_the_middle_of_a_row() -> None:
    script = textwrap.dedent(
        """
        import threading
        from dpo_math_assets_tests.verifier.runtime.test_worker_pool import ENDLESS, THIRD
        from dpo_math_assets_tests.verifier.runtime.test_worker_pool import _ask, _children
        from dpo_math_assets.verifier.runtime.worker_pool import WorkerPool
        pool = WorkerPool()
        _ask(pool)
        print(*_children(), flush=True)
        pool.equal(ENDLESS, THIRD, 600.0)
        """
    )
    assert not left_behind(script, seconds=20)


def test_a_worker_imports_neither_the_callers_main_module_nor_the_current_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "main.py").write_text(
        "print('started')\n"
        "from dpo_math_assets_tests.verifier.runtime.test_worker_pool import WorkerPool, _ask\n"
        "print(_ask(WorkerPool()))\n"
    )
    (tmp_path / "sympy.py").write_text("raise SystemExit('not to be imported')\n")
    done = subprocess.run(
        [sys.executable, "-P", tmp_path / "main.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "started\nequal\n", done.stderr


def test_importing_the_verifier_loads_no_sympy() -> None:
    code = "import sys, dpo_math_assets.verifier; print('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_workers_that_cannot_start_are_the_machine_s_fault_and_no_row_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs = [["FINAL ANSWER: 1", "1"]] * 100
    with WorkerPool() as pool:
        with monkeypatch.context() as broken:
            broken.setattr(worker_pool, "_BOOT", "raise SystemExit(3)")
            with pytest.raises(MachineError, match=r"did not start .* exit code 3.*100 items"):
                pool.map("compare", pairs, 5.0, context={})
            with pytest.raises(MachineError, match="did not start"):
                _ask(pool)
        assert _ask(pool) == "equal", "the pool goes on once the machine does"


def test_a_machine_without_room_for_a_process_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(worker_pool.subprocess, "Popen", no_room)
    with WorkerPool() as pool, pytest.raises(MachineError, match="temporarily unavailable"):
        _ask(pool)


def test_a_worker_that_dies_while_it_starts_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    started = WorkerPool._start
    starts: list[int] = []

    def start(pool: WorkerPool) -> object:
        starts.append(1)
        worker = started(pool)
        if len(starts) < worker_pool.FAILED_STARTS:
            worker.process.kill()
        return worker

    monkeypatch.setattr(WorkerPool, "_start", start)
    with WorkerPool() as pool:
        assert pool.map("compare", [["1", "1"]] * 3, 60.0, context={})[2][0] == "correct"
    assert len(starts) == worker_pool.FAILED_STARTS


def test_trees_travel_unchanged_even_with_numbers_too_long_to_print() -> None:
    tree = Sum((num(7**9000), UnknownFunction("f", (X,)), Integral(X, X, None, None)))
    assert decode(encode(tree)) == tree


def test_a_single_question_is_answered_in_time_even_before_a_worker_has_started() -> None:
    with WorkerPool() as pool:
        assert pool.equal(INTEGRAL, THIRD, 0.01) == "timeout"
        assert _ask(pool) == "equal"


def test_what_sympy_cannot_be_given_is_unknown_and_starts_no_worker() -> None:
    before = _children()
    with WorkerPool() as pool:
        point = Tuple((num(1), num(2)))
        assert pool.equal(Product((num(2), point)), point, 5.0) == "unknown"
        assert _children() == before


@dagster.op
def ask_in_a_step(context: dagster.OpExecutionContext) -> str:
    with WorkerPool() as pool:
        return _ask(pool)


@dagster.job(executor_def=dagster.multiprocess_executor)
def asking_in_a_process_of_a_run() -> None:
    ask_in_a_step()


@pytest.mark.slow
def test_the_pool_answers_in_the_process_of_a_dagster_step(tmp_path: Path) -> None:
    with (
        dagster.DagsterInstance.local_temp(str(tmp_path)) as instance,
        dagster.execute_job(
            dagster.reconstructable(asking_in_a_process_of_a_run), instance=instance
        ) as result,
    ):
        assert result.success
        assert result.output_for_node("ask_in_a_step") == "equal"
