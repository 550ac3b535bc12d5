import os
import signal
import subprocess
import sys
import time

import pytest

CHILD = """
import os, signal, threading
from dpo_math_assets.processes import _end_with_the_run
threading.Thread(target=_end_with_the_run, args=(os.getppid(),), daemon=True).start()
print(os.getpid(), flush=True)
signal.pause()
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.mark.fault
def test_a_trainer_ends_when_the_run_that_started_it_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child went on for ten seconds without its parent")
