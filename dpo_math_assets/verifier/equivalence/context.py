"""What a comparison is made under, and how the outcomes of parts are joined into one.

Containers are equal if all their items are, and different as soon as one is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.outcome import (
    EQUAL_STRUCTURE,
    UNKNOWN,
    Outcome,
    SymbolicEqual,
    different,
)
from dpo_math_assets.verifier.syntax.nodes import Node, ValueList
from dpo_math_assets.verifier.verdict import METHODS

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
        outcomes = []
        for x, y in pairs:
            outcome = self.compare(x, y)
            if outcome.state == "different":
                return outcome
            outcomes.append(outcome)
        return _joined(outcomes)

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
        if max(len(first), len(second)) > MAX_UNORDERED:
            return self.in_order(first, second) if first == second else UNKNOWN
        outcomes, rest = [], list(second)
        for item in first:
            outcome, place = self._partner(item, rest)
            if outcome.state == "equal":
                del rest[place]
            elif outcome.state == "different":
                # in a set it may be the equal of one that another is, too
                if not once or not self._has_equal(item, second):
                    return _listed([item], second)
                continue
            outcomes.append(outcome)
        if rest and not once and _joined(outcomes).state == "equal":
            return _listed(first, second)
        for item in rest:
            outcome = self.any_of((other, item) for other in first)
            if outcome.state == "different":
                return _listed(first, [item])
            if outcome.state == "unknown":
                outcomes.append(outcome)
        return _joined(outcomes)

    def _has_equal(self, item: Node, others: Sequence[Node]) -> bool:
        return any(self.compare(item, other).state == "equal" for other in others)

    def _partner(self, item: Node, others: list[Node]) -> tuple[Outcome, int]:
        """The outcome and the place of the first equal of an item, else of one that may be it."""
        maybe = Outcome("different"), -1
        for place, other in enumerate(others):
            outcome = self.compare(item, other)
            if outcome.state == "equal":
                return outcome, place
            if outcome.state == "unknown":
                maybe = outcome, place
        return maybe


def _joined(outcomes: list[Outcome]) -> Outcome:
    """Unknown as the first that is; else equal, by the costliest of the methods."""
    method = EQUAL_STRUCTURE.method
    for outcome in outcomes:
        if outcome.state == "unknown":
            return outcome
        method = max(method, outcome.method, key=METHODS.index)
    return Outcome("equal", method)


def _listed(first: Sequence[Node], second: Sequence[Node]) -> Outcome:
    """The outcome of items that differ from others."""
    return different(ValueList(tuple(first)), ValueList(tuple(second)))
