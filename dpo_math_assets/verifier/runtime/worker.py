"""The life of a worker process: it answers the requests of a `WorkerPool` until its input ends."""

import gc
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, Literal

from dpo_math_assets.orphans import end_with_parent
from dpo_math_assets.verifier.runtime.encoding import decode
from dpo_math_assets.verifier.syntax.nodes import Node

# The exit code of a worker whose memory an item used up.
OUT_OF_MEMORY = 77


def serve(memory_mb: int, parent: int) -> None:
    """Answer requests from standard input until it ends: the whole life of a worker.

    A request is one line, `{"op", "context", "items"}`; each item is answered by one line of JSON.
    Operations: `equal` (two encoded trees -> `equal`, `different` or `unknown`), `compare` (answer
    and gold as text -> verdict, reason, method) and `extract` (completions -> the answers, and the
    reasons where there is none); the `context` of both is the conventions.
    """
    import signal
    import warnings

    warnings.simplefilter("ignore")
    # Ctrl-C is the parent's to handle; it reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    end_with_parent(parent)
    # Imported now, so that no row pays for it; everything else is small.
    importlib.import_module("sympy")
    gc.freeze()  # what is loaded stays: garbage is looked for among what rows leave behind
    _limit_memory(memory_mb)
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answer = _operation(request["op"], request["context"])
        for item in request["items"]:
            try:
                reply = json.dumps(answer(item))
            except MemoryError:
                # Too little is left to trust anything; the parent sees the end and starts anew.
                os._exit(OUT_OF_MEMORY)
            except Exception:
                # A fault of ours in one row is no reason to lose the others; it shows in the log.
                traceback.print_exc()
                reply = json.dumps("worker_crashed")
            answers.write(reply.encode() + b"\n")
            answers.flush()


def _operation(op: str, context: Any) -> Callable[[Any], Any]:
    """What answers the items of a request."""
    if op == "equal":
        return lambda item: _equal(decode(item[0]), decode(item[1]))
    from dpo_math_assets.verifier.conventions import Conventions
    from dpo_math_assets.verifier.runtime.pipeline import compare_with, extract

    conventions = Conventions(**context)
    if op == "compare":
        return lambda item: compare_with(item[0], item[1], conventions, _equal)
    if op == "extract":

        def read(texts: list[str]) -> tuple[list[str | None], list[str | None]]:
            found = [extract(text, conventions) for text in texts]
            return [each.answer for each in found], [each.reason for each in found]

        return read
    raise ValueError(op)


def _equal(a: Node, b: Node) -> Literal["equal", "different", "unknown"]:
    """SymPy in the worker itself: its parent holds it to the deadline."""
    from dpo_math_assets.verifier.backends.symbolic import equal

    return equal(a, b)


def _limit_memory(memory_mb: int) -> None:
    """Cap this process's address space at what it has now plus `memory_mb` MiB; no core dumps."""
    import resource
    from pathlib import Path

    statm = Path("/proc/self/statm")
    # Without /proc (macOS) the imports count too.
    present = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0
    limit = present + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
