"""What the comparison of two answers gives: an `Outcome`, with what shows a difference.

`SymbolicEqual` is who answers what only SymPy can.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from dpo_math_assets.verifier.syntax.nodes import Node

Ternary = Literal["equal", "different", "unknown"]
Method = Literal["text", "exact", "structural", "numeric", "symbolic"]
# Whether SymPy finds two expressions equal, by the deadline of who asks: `equal`, `different`,
# `unknown`, `timeout`, `too_large` or `worker_crashed`.
SymbolicEqual = Callable[[Node, Node], str]
# Verdict, reason and method of a pair.
Comparison = tuple[str, str, str | None]


class Witness(NamedTuple):
    """What shows a difference: a part of each answer."""

    answer: Node
    gold: Node


class Outcome(NamedTuple):
    """`method` belongs to `equal`, `reason` to `unknown`, `witness` to `different`."""

    state: Ternary
    method: Method = "exact"
    reason: str = "undetermined"
    witness: Witness | None = None

    def demoted(self) -> "Outcome":
        """The outcome where an equality proves nothing: unknown in its place."""
        return UNKNOWN if self.state == "equal" else self

    def comparison(self) -> Comparison:
        """The verdict, its reason, and the method of a pass."""
        if self.state == "equal":
            return "correct", "pass", self.method
        if self.state == "different":
            return "incorrect", "mismatch", None
        return "undecided", self.reason, None


EQUAL_TEXT = Outcome("equal", "text")
EQUAL_EXACT = Outcome("equal", "exact")
EQUAL_STRUCTURE = Outcome("equal", "structural")
EQUAL_NUMERIC = Outcome("equal", "numeric")
EQUAL_SYMBOLIC = Outcome("equal", "symbolic")
UNKNOWN = Outcome("unknown")
UNPARSABLE_ANSWER = Outcome("unknown", reason="unparsable_answer")
UNPARSABLE_GOLD = Outcome("unknown", reason="unparsable_gold")
TOO_LARGE = Outcome("unknown", reason="too_large")
DOMAIN = Outcome("unknown", reason="domain")
AMBIGUOUS = Outcome("unknown", reason="ambiguous_answer")


def different(answer: Node, gold: Node) -> Outcome:
    """The outcome of two trees that differ, and that show it by themselves."""
    return Outcome("different", witness=Witness(answer, gold))
