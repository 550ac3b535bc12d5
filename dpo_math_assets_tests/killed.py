"""A program that is killed, and those of its processes that are still there afterwards."""

import subprocess
import sys

import psutil


def left_behind(script: str, seconds: float) -> list[psutil.Process]:
    """Run the script until it prints the ids of its processes on a line, kill it, and wait.

    Gives those of them that are alive after so many seconds; there is at least one to wait for.
    """
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert workers
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(workers, timeout=seconds)
    return list(alive)
