"""What comparing two trees gives, and who answers what only SymPy can."""

from typing import NamedTuple, Protocol

from dpo_math_assets.verifier.syntax.nodes import Node

__all__ = [
    "AMBIGUOUS",
    "DIFFERENT",
    "EQUAL_EXACT",
    "EQUAL_STRUCTURE",
    "EQUAL_TEXT",
    "UNKNOWN",
    "UNPARSABLE_ANSWER",
    "UNPARSABLE_GOLD",
    "Outcome",
    "Pool",
]


class Pool(Protocol):
    """What answers the hard questions: `pool.WorkerPool`."""

    def equal(self, a: Node, b: Node, deadline_s: float) -> str:
        """`equal`, `different`, `unknown`, `timeout` or `worker_crashed`."""
        ...


class Outcome(NamedTuple):
    """`state` is equal, different or unknown; `method` for equal, `reason` for unknown."""

    state: str
    method: str = "exact"
    reason: str = "undetermined"


EQUAL_TEXT = Outcome("equal", "text")
EQUAL_EXACT = Outcome("equal", "exact")
EQUAL_STRUCTURE = Outcome("equal", "structural")
DIFFERENT = Outcome("different")
UNKNOWN = Outcome("unknown")
UNPARSABLE_ANSWER = Outcome("unknown", reason="unparsable_answer")
UNPARSABLE_GOLD = Outcome("unknown", reason="unparsable_gold")
AMBIGUOUS = Outcome("unknown", reason="ambiguous_answer")
