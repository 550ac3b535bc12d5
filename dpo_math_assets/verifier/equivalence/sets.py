"""Sets of numbers: described by intervals, conditions and named domains, or known as integers."""

from dpo_math_assets.verifier.algebra.intervals import (
    Piece,
    integer_ranges,
    pieces_of,
    says_integers,
)
from dpo_math_assets.verifier.equivalence.context import Context, Pairs
from dpo_math_assets.verifier.equivalence.families import ROWS
from dpo_math_assets.verifier.equivalence.outcome import (
    EQUAL_STRUCTURE,
    UNKNOWN,
    Outcome,
    different,
)
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols
from dpo_math_assets.verifier.trace import applied

# Letters that count, and the one that rarely does anything else.
_COUNTS = frozenset("nkm")
_WHOLE = frozenset("n")


def compare_pieces(a: Node, b: Node, context: Context) -> Outcome | None:
    """Two sets of reals piece by piece; None where one is no such set."""
    first, second = pieces_of(a), pieces_of(b)
    if first is None or second is None:
        return None
    if len(first) != len(second) or any(x[2:] != y[2:] for x, y in zip(first, second, strict=True)):
        return different(a, b)
    return context.every(pair for x, y in zip(first, second, strict=True) for pair in _ends(x, y))


def _ends(x: Piece, y: Piece) -> Pairs:
    if x.low == x.high and y.low == y.high:
        return [(x.low, y.low)]
    return [(x.low, y.low), (x.high, y.high)]


def compare_sets(a: Node, b: Node, context: Context) -> Outcome:
    """Two sets: by their pieces, else by how they are composed."""
    outcome = compare_pieces(a, b, context)
    if outcome is not None:
        return outcome
    if isinstance(a, nodes.SetUnion | nodes.SetIntersection) and type(a) is type(b):
        return context.unordered(children(a), children(b), once=True)
    if isinstance(a, nodes.SetDifference | nodes.SetBuilder) and type(a) is type(b):
        same = context.in_order(children(a), children(b))
        return same if same.state == "equal" else UNKNOWN
    if isinstance(a, nodes.NumberDomain) and isinstance(b, nodes.NumberDomain):
        # whether N holds 0, and what N^* and Z_0 are, differs from place to place
        counting = all(name[0] == "N" or name[:2] == "Z+" for name in (a.name, b.name))
        return UNKNOWN if counting else different(a, b)
    return compare_others(a, b, context)


def compare_others(a: Node, b: Node, context: Context) -> Outcome:
    """Two answers of families that nothing relates."""
    simple = (*ROWS, nodes.Interval)
    return different(a, b) if isinstance(a, simple) and isinstance(b, simple) else UNKNOWN


def compare_integer_sets(a: Node, b: Node) -> Outcome | None:
    """Sets of which one is of integers, as `n > 2` may be, too; None where none is."""
    names = free_symbols(a), free_symbols(b)
    stated = says_integers(a), says_integers(b)
    if not (any(stated) or names[0] == names[1] == _WHOLE):
        return None
    ranges = integer_ranges(a), integer_ranges(b)
    if None in ranges or ranges[0] != ranges[1]:
        return None
    applied("reading.integers", a, b)
    if not any(stated):
        return UNKNOWN
    counts = [
        known or (name and name <= _COUNTS) for known, name in zip(stated, names, strict=True)
    ]
    return EQUAL_STRUCTURE if all(counts) else None
