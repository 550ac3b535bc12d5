"""Processes that end with the one that started them, however that one ended.

A process that is killed cannot end those it started. So each of them looks whether its parent is
still the one that it was started by, from a thread. A long call into C may keep every thread from
running; a second watch, which needs no Python, ends the process where the thread has not run.
"""

import faulthandler
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

# Of the environment of a process: the id of the one that starts it.
PARENT_VARIABLE = "DPO_MATH_PARENT"
CHECK_S = 0.5
# No call into C of ours keeps the interpreter to itself for so long.
HELD_S = 60.0


def end_with_parent(parent: int, held_s: float = HELD_S) -> None:
    """End this process soon after the process `parent`, which started it.

    That takes `CHECK_S`, or `held_s` seconds in the middle of a call that lets no thread run; such
    a call ends the process in any case.
    """
    if os.getppid() != parent:
        os._exit(1)  # it was gone before this process could look
    nothing = Path(os.devnull).open("w")  # noqa: SIM115 - open as long as the process is

    def watch() -> None:
        while os.getppid() == parent:
            # It needs a thread of its own, for which a process at its limit has no memory.
            with suppress(RuntimeError, MemoryError):
                faulthandler.dump_traceback_later(held_s, exit=True, file=nothing)
            time.sleep(CHECK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
