"""After a SIGKILL nothing that the killed process started stays."""

import os
import subprocess
import sys
import textwrap

import psutil
import pytest

from dpo_math_assets_tests.killed import left_behind

# Long work of a child: in Python, and in a call into C that lets no other thread run.
WORK = {
    "python": "while True: pass",
    "a call into C": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "sleep": "import time; time.sleep(3600)",
}
CHILD = """
import sys
from dpo_math_assets.orphans import end_with_parent

end_with_parent(int(sys.argv[1]), held_s=2.0)
print("begun", flush=True)
"""
PARENT = """
import os, subprocess, sys

child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.fault
@pytest.mark.parametrize("work", WORK)
def test_a_child_ends_with_its_killed_parent_whatever_it_is_doing(work: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD + WORK[work]], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    told = {parent.stdout.readline().strip() for _ in range(2)}
    child = psutil.Process(int((told - {"begun"}).pop()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], timeout=60)
    assert not alive


@pytest.mark.fault
def test_a_child_whose_parent_is_gone_before_it_looks_ends_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(os.getpid() + 1)], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.fault
def test_a_command_that_is_killed_while_it_verifies_leaves_no_worker() -> None:
    script = textwrap.dedent(
        """
        import psutil, polars as pl
        from dpo_math_assets.verifier import verify_frame

        def told(done, total):
            children = psutil.Process().children(recursive=True)
            if len(children) >= 2:
                print(*[child.pid for child in children], flush=True)

        rows = [(f"FINAL ANSWER: x^{n}*(x+1)", f"x^{n+1}+x^{n}") for n in range(30_000)]
        frame = pl.DataFrame(rows, schema=["candidate", "ground_truth"], orient="row")
        verify_frame(frame, workers=2, on_progress=told)
        """
    )
    assert not left_behind(script, seconds=60)
