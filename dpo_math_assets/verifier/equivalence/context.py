"""What a comparison is made under, and how the outcomes of parts are joined into one.

Containers are equal if all their items are, and different as soon as one is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.outcome import (
    EQUAL_STRUCTURE,
    UNKNOWN,
    Method,
    Outcome,
    SymbolicEqual,
    different,
)
from dpo_math_assets.verifier.syntax.nodes import Node, ValueList
from dpo_math_assets.verifier.verdict import METHODS

__all__ = ["Context", "Pairs"]

Pairs = Iterable[tuple[Node, Node]]

# Items of a list that are matched in any order.
MAX_UNORDERED = 64


@dataclass(frozen=True, slots=True)
class Context:
    """The conventions and backends of a comparison, and `dispatch`, which compares any two trees.

    Without `probing` only the tiers that cost microseconds are asked; without `symbolic`, what only
    SymPy could settle is unknown. The first of two trees is always the candidate's.
    """

    conventions: Conventions
    symbolic: SymbolicEqual | None
    dispatch: Callable[[Node, Node, "Context"], Outcome]
    probing: bool = True

    def compare(self, a: Node, b: Node) -> Outcome:
        """Two trees of any types."""
        return self.dispatch(a, b, self)

    def every(self, pairs: Pairs) -> Outcome:
        """Equal if every pair is; different as soon as one is."""
        method, unknown = EQUAL_STRUCTURE.method, None
        for x, y in pairs:
            outcome = self.compare(x, y)
            if outcome.state == "different":
                return outcome
            if outcome.state == "unknown":
                unknown = unknown or outcome
            else:
                method = _costlier(method, outcome.method)
        return unknown or Outcome("equal", method)

    def any_of(self, pairs: Pairs) -> Outcome:
        """Equal if one pair is; different, as the first pair is, only if all are."""
        first, unknown = None, None
        for x, y in pairs:
            outcome = self.compare(x, y)
            if outcome.state == "equal":
                return outcome
            if outcome.state == "unknown":
                unknown = outcome
            first = first or outcome
        return unknown or first or Outcome("different")

    def in_order(self, first: Sequence[Node], second: Sequence[Node]) -> Outcome:
        """Equal if both have as many items, and each is equal to the one in its place."""
        if len(first) != len(second):
            return _listed(first, second)
        return self.every(zip(first, second, strict=True))

    def unordered(self, first: Sequence[Node], second: Sequence[Node], once: bool) -> Outcome:
        """Equal in any order: each item has its equal on the other side.

        Repeated items count `once`, as in sets, or each time, as in lists.
        """
        if len(first) > MAX_UNORDERED or len(second) > MAX_UNORDERED:
            return self.in_order(first, second) if first == second else UNKNOWN
        method, unknown = EQUAL_STRUCTURE.method, None
        rest = list(second)
        for item in first:
            place, outcome = self._partner(item, rest)
            if outcome is None:
                again = once and self.any_of([(item, other) for other in second]).state == "equal"
                if not again:
                    return _listed([item], second)
            elif outcome.state == "equal":
                del rest[place]
                method = _costlier(method, outcome.method)
            else:
                unknown = outcome
        if rest and unknown is None and not once:
            return _listed(first, second)
        for item in rest:
            outcome = self.any_of([(other, item) for other in first])
            if outcome.state == "different":
                return _listed(first, [item])
            if outcome.state == "unknown":
                unknown = outcome
        return unknown or Outcome("equal", method)

    def _partner(self, item: Node, others: list[Node]) -> tuple[int, Outcome | None]:
        """The place and the outcome of the first equal of an item, else of one that may be it."""
        maybe: tuple[int, Outcome | None] = -1, None
        for place, other in enumerate(others):
            outcome = self.compare(item, other)
            if outcome.state == "equal":
                return place, outcome
            if outcome.state == "unknown":
                maybe = place, outcome
        return maybe


def _costlier(method: Method, other: Method) -> Method:
    return max(method, other, key=METHODS.index)


def _listed(first: Sequence[Node], second: Sequence[Node]) -> Outcome:
    """The outcome of items that differ from others."""
    return different(ValueList(tuple(first)), ValueList(tuple(second)))
