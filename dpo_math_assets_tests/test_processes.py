"""The process of a task ends with the run that started it; see test_orphans.py for how."""

import os
import subprocess
import sys

import pytest

from dpo_math_assets.orphans import PARENT_VARIABLE


@pytest.mark.fault
def test_a_task_of_a_run_that_died_while_the_task_was_starting_does_not_go_on() -> None:
    """Its parent is another by the time that it looks: init, or whoever takes in orphans."""
    done = subprocess.run(
        [sys.executable, "-m", "dpo_math_assets.processes"],
        env={**os.environ, PARENT_VARIABLE: str(os.getpid() + 1)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
