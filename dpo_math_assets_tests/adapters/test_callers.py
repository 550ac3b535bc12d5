"""Who may call the verifier: threads, event loops, forked and spawned processes, Ray's actors."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from dpo_math_assets.verifier import verify

# The last one is SymPy's, so each caller's worker is asked as well.
PAIRS = [
    ("So \\boxed{\\frac{1}{2}}.", "0.5"),
    ("FINAL ANSWER: 3", "4"),
    ("\\boxed{x^2 + 2x + 1}", "(x+1)^2"),
    ("\\boxed{\\int_0^1 x^2 e^{x} dx}", "e - 2"),
]
VERDICTS = ["correct", "incorrect", "correct", "correct"]

pytestmark = pytest.mark.process


def judged(number: int) -> str:
    """The verdict on a pair; at module level, for processes that are spawned."""
    return verify(*PAIRS[number % len(PAIRS)], timeout_s=120.0).verdict


def test_sixteen_threads_get_the_verdicts_of_one() -> None:
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(judged, range(64))) == VERDICTS * 16


def test_an_event_loop_gets_them() -> None:
    async def ask() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(judged, n) for n in range(16)))

    assert asyncio.run(ask()) == VERDICTS * 4


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes_gets_them_after_the_parent_has_asked(method: str) -> None:
    assert [judged(n) for n in range(4)] == VERDICTS
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as processes:
        assert list(processes.map(judged, range(8))) == VERDICTS * 2


ACTOR = """
import json, os
import ray
from dpo_math_assets_tests.adapters.test_callers import judged

@ray.remote
class Judge:
    def judge(self, number):
        return judged(number)

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
judges = [Judge.remote() for _ in range(2)]
verdicts = ray.get([judges[n % 2].judge.remote(n // 2) for n in range(8)])
ray.shutdown()
print(json.dumps(verdicts))
"""


def test_an_actor_of_ray_gets_them(told_by: Callable[[str], Any]) -> None:
    assert told_by(ACTOR) == [verdict for verdict in VERDICTS for _ in range(2)]


@pytest.mark.slow
def test_a_hundred_thousand_calls_leave_no_memory_behind() -> None:
    """Rewards are asked for by one process for days; its caches are full after the first calls."""
    process = psutil.Process()
    for number in range(100_000):
        if number == 20_000:
            before = process.memory_info().rss
        # Each one new; one in twenty a polynomial, which is parsed and compared at length.
        answer = f"x^2 + {number}" if number % 20 == 0 else f"{number}.5"
        verify(f"It is \\boxed{{{answer}}}.", f"{number + number % 3}.5")
    assert process.memory_info().rss - before < 16 * 2**20
