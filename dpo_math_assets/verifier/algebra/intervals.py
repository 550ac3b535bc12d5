"""Sets of real numbers: intervals, inequalities and set builders as sorted, disjoint pieces.

Two descriptions of a set are equal if their pieces are, end by end; the ends are compared by the
caller, who has all the tiers. An approximate value of each end is used only to sort and merge, and
ends that cannot be told apart by it are left to the caller as they stand.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from dpo_math_assets.errors import InternalError
from dpo_math_assets.verifier.algebra.approximation import INFINITY, MINUS_INFINITY, approximate
from dpo_math_assets.verifier.algebra.equations import between
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import free_symbols


class Piece(NamedTuple):
    """An interval, or one point where both ends are the same closed node."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


class NotASetError(InternalError):
    """Not a set of reals that this module can describe."""


_ZERO = num(0)
# Integers of a bounded set that are written out.
MAX_INTEGERS = 1_000
REALS = [Piece(MINUS_INFINITY, INFINITY, False, False)]
_POSITIVE, _NOT_NEGATIVE = (Piece(_ZERO, INFINITY, closed, False) for closed in (False, True))
_NEGATIVE = Piece(MINUS_INFINITY, _ZERO, False, False)
_DOMAINS = {
    "R": REALS[0],
    **dict.fromkeys(("R+", "R>0"), _POSITIVE),
    **dict.fromkeys(("R\\ge 0", "R\\geq 0", "R>=0", "R\\ge0", "R\\geq0"), _NOT_NEGATIVE),
    **dict.fromkeys(("R-", "R<0"), _NEGATIVE),
}


def pieces_of(node: Node) -> list[Piece] | None:
    """The pieces of a set of reals, sorted and merged, or None for what is no such set."""
    try:
        return merged(_pieces(node))
    except NotASetError:
        return None


def _pieces(node: Node) -> list[Piece]:
    match node:
        case nodes.Interval():
            low_closed = node.low_closed and not _infinite(node.low)
            high_closed = node.high_closed and not _infinite(node.high)
            return [Piece(node.low, node.high, low_closed, high_closed)]
        case nodes.Tuple(items=(low, high)):
            return [Piece(low, high, False, False)]
        case nodes.FiniteSet() if all(isinstance(item, nodes.SCALARS) for item in node.items):
            return [_point(item) for item in node.items]
        case nodes.NumberDomain() if node.name in _DOMAINS:
            return [_DOMAINS[node.name]]
        case nodes.SetUnion() | nodes.SetIntersection():
            return _combined(node)
        case nodes.SetDifference():
            return intersection(_pieces(node.left), complement(_pieces(node.right)))
        case nodes.SetBuilder():
            return _built(node)
        case nodes.Relation():
            return _relation(node.op, node.left, node.right)
        case nodes.RelationChain():
            return _chain(node)
    raise NotASetError


def _combined(node: nodes.SetUnion | nodes.SetIntersection) -> list[Piece]:
    stated = all(isinstance(part, nodes.Relation | nodes.RelationChain) for part in node.operands)
    if stated and len(free_symbols(node)) > 1:
        raise NotASetError
    sets = list(map(_pieces, node.operands))
    if isinstance(node, nodes.SetIntersection):
        found = reduce(intersection, sets)
        if found or not stated:  # `x < 1, x > 3` cannot both be meant
            return found
    return [piece for pieces in sets for piece in pieces]


def _built(node: nodes.SetBuilder) -> list[Piece]:
    variable, domain = node.element, "R"
    if isinstance(variable, nodes.Relation) and isinstance(variable.right, nodes.NumberDomain):
        domain = variable.right.name
        variable = variable.left if variable.op == "in" else variable
    if not isinstance(variable, nodes.Symbol) or variable.name not in free_symbols(node.condition):
        raise NotASetError
    found = _pieces(node.condition)
    if domain in _DOMAINS:
        return intersection(found, [_DOMAINS[domain]])
    return _integers(found, domain)


def _chain(node: nodes.RelationChain) -> list[Piece]:
    if len(free_symbols(node)) > 1 and (interval := between(node)):
        return _pieces(interval)
    pairs = zip(node.ops, pairwise(node.items), strict=True)
    return reduce(intersection, [_relation(op, *pair) for op, pair in pairs], REALS)


_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _relation(operator: str, left: Node, right: Node) -> list[Piece]:
    """The reals that satisfy a relation between one variable (or its multiple) and a bound."""
    if isinstance(left, nodes.Symbol) and operator in ("in", "notin"):
        return _pieces(right) if operator == "in" else complement(_pieces(right))
    if operator not in _MIRROR:
        raise NotASetError
    if not _bounded_by(left, right):
        if not _bounded_by(right, left):
            raise NotASetError
        left, right, operator = right, left, _MIRROR[operator]
    if isinstance(left, nodes.AbsoluteValue):
        return _solved(_sizes(operator, right), *_line(left.operand))
    return _solved(_values(operator, right), *_line(left))


def _bounded_by(left: Node, right: Node) -> bool:
    """Whether left is a line a*x + b in one variable or its size, and right does not hold x."""
    names = free_symbols(left)
    if len(names) != 1 or names & free_symbols(right) or not isinstance(right, nodes.SCALARS):
        return False
    try:
        return _line(left.operand if isinstance(left, nodes.AbsoluteValue) else left)[0] != 0
    except NotASetError:
        return False


def _line(node: Node) -> tuple[Fraction, Node]:
    """(a, b) of a*x + b with a rational a and a constant b; NotASetError for anything else."""
    if not free_symbols(node):
        return Fraction(0), node
    if isinstance(node, nodes.Symbol):
        return Fraction(1), _ZERO
    if isinstance(node, nodes.Sum):
        factors, shifts = zip(*map(_line, node.terms), strict=True)
        return sum(factors, Fraction(0)), tree.add(*shifts)
    if isinstance(node, nodes.Product):
        holding = [factor for factor in node.factors if free_symbols(factor)]
        others = [factor for factor in node.factors if not free_symbols(factor)]
        scale = exact(tree.mul(*others)) if others else Fraction(1)
        if len(holding) == 1 and scale is not None:
            factor, shift = _line(holding[0])
            return scale * factor, tree.mul(tree.rational(scale), shift)
    raise NotASetError


def _solved(pieces: list[Piece], factor: Fraction, shift: Node) -> list[Piece]:
    """The x at which factor*x + shift lies in the pieces."""

    def at(end: Node) -> Node:
        if _infinite(end):
            return end if factor > 0 else tree.neg(INFINITY) if end == INFINITY else INFINITY
        if factor == 1 and shift == _ZERO:
            return end
        return tree.divide(tree.add(end, tree.neg(shift)), tree.rational(factor))

    if factor > 0:
        return [piece._replace(low=at(piece.low), high=at(piece.high)) for piece in pieces]
    return [
        Piece(at(high), at(low), high_closed, low_closed)
        for low, high, low_closed, high_closed in pieces
    ]


def _values(operator: str, bound: Node) -> list[Piece]:
    """The y for which `y < bound`, or another relation, holds."""
    if operator in ("=", "!="):
        point = [_point(bound)]
        return point if operator == "=" else complement(point)
    closed = operator in ("<=", ">=") and not _infinite(bound)
    if operator in ("<", "<="):
        return [Piece(MINUS_INFINITY, bound, False, closed)]
    return [Piece(bound, INFINITY, closed, False)]


def _sizes(operator: str, bound: Node) -> list[Piece]:
    """The y for which `|y| < bound`, or another relation, holds."""
    value = approximate(bound)
    if value is None or value < 0:
        raise NotASetError
    ends = tree.neg(bound), bound
    if operator in ("=", "!="):
        points = list(map(_point, ends))
        return points if operator == "=" else complement(points)
    closed = operator in ("<=", ">=")
    if operator in ("<", "<="):
        return [Piece(*ends, closed, closed)]
    return complement([Piece(*ends, not closed, not closed)])


def _point(node: Node) -> Piece:
    return Piece(node, node, True, True)


def _infinite(node: Node) -> bool:
    return node in (INFINITY, MINUS_INFINITY)


def integer_ranges(node: Node) -> list[tuple[float, float]] | None:
    r"""The first and last integers of each piece of `n > 2` or `3, 4, 5, ...`.

    None for what is no set of integers, nor a condition that may be about one.
    """
    try:
        match node:
            case (
                nodes.FiniteSet(items=(*shown, nodes.Dots()))
                | nodes.ValueList(items=(*shown, nodes.Dots()))
            ):
                first = list(map(_value, shown))
                counts = len(first) > 2 and first == [first[0] + k for k in range(len(first))]
                return [(first[0], math.inf)] if counts else None
            case nodes.SetBuilder() if not says_integers(node):
                return None
            case nodes.SetBuilder():
                lowest = 1.0 if _domain(node.element) == "Z+" else -math.inf
                found = _ranges(_pieces(node.condition))
                return [(max(low, lowest), high) for low, high in found if high >= lowest]
        return _ranges(_pieces(node))
    except NotASetError:
        return None


def says_integers(node: Node) -> bool:
    """Whether a set is one of integers by what it says of its elements, or lists them."""
    match node:
        case nodes.SetBuilder():
            return _domain(node.element) in ("Z", "Z+")
        case nodes.FiniteSet(items=(*_, nodes.Dots())) | nodes.ValueList(items=(*_, nodes.Dots())):
            return True
    return False


def _domain(element: Node) -> str | None:
    r"""The domain that is named before the condition of a set: Z for `x \in \mathbb{Z}`."""
    match element:
        case (
            nodes.NumberDomain(name=name)
            | nodes.Relation(op="in", right=nodes.NumberDomain(name=name))
        ):
            return name
    return None


def _ranges(pieces: list[Piece]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for piece in merged(pieces):
        low, high = _outermost(piece)
        if found and found[-1][1] + 1 >= low:
            found[-1] = found[-1][0], high
        elif low <= high:
            found.append((low, high))
    return found


def _outermost(piece: Piece) -> tuple[float, float]:
    """The first and the last integer of a piece."""
    low, high = _value(piece.low), _value(piece.high)
    if math.isfinite(low):
        low = math.ceil(low) + (low == math.ceil(low) and not piece.low_closed)
    if math.isfinite(high):
        high = math.floor(high) - (high == math.floor(high) and not piece.high_closed)
    return low, high


def _integers(pieces: list[Piece], domain: str) -> list[Piece]:
    """The integers in bounded pieces, as points; `NotASetError` for endless sets and others."""
    if domain not in ("Z", "Z+"):  # whether N holds 0 is a convention
        raise NotASetError
    points = []
    for piece in pieces:
        low, high = _value(piece.low), _value(piece.high)
        low = max(low, 0.0) if domain == "Z+" else low
        if not (math.isfinite(low) and math.isfinite(high)) or high - low > MAX_INTEGERS:
            raise NotASetError
        first, last = _outermost(piece)
        if domain == "Z+":
            first = max(first, 1)
        for value in range(int(first), int(last) + 1):
            points.append(_point(num(value)))
    return points


def complement(pieces: list[Piece]) -> list[Piece]:
    """The reals outside the pieces."""
    found: list[Piece] = []
    low, low_closed = MINUS_INFINITY, False
    for piece in merged(pieces):
        if piece.low != MINUS_INFINITY:
            found.append(Piece(low, piece.low, low_closed, not piece.low_closed))
        low, low_closed = piece.high, not piece.high_closed
    if low != INFINITY:
        found.append(Piece(low, INFINITY, low_closed, False))
    return found


def intersection(first: list[Piece], second: list[Piece]) -> list[Piece]:
    """The reals in pieces of both."""
    found = []
    for a in first:
        for b in second:
            low, low_closed = _end(a.low, a.low_closed, b.low, b.low_closed, max)
            high, high_closed = _end(a.high, a.high_closed, b.high, b.high_closed, min)
            x, y = _value(low), _value(high)
            if x < y or (x == y and low_closed and high_closed):
                found.append(Piece(low, high, low_closed, high_closed))
    return found


def _end(
    a: Node, a_closed: bool, b: Node, b_closed: bool, pick: Callable[[float, float], float]
) -> tuple[Node, bool]:
    """The tighter of two ends; symbolic ends only beat infinite ones."""
    if a == b:
        return a, a_closed and b_closed
    if _infinite(a):
        return b, b_closed
    if _infinite(b):
        return a, a_closed
    x, y = _value(a), _value(b)
    if x == y:
        return a, a_closed and b_closed
    return (a, a_closed) if pick(x, y) == x else (b, b_closed)


def _value(node: Node) -> float:
    value = approximate(node)
    if value is None:
        raise NotASetError
    return value


def merged(pieces: list[Piece]) -> list[Piece]:
    """Sorted by low end, touching pieces joined. One piece is left as it is, symbolic or not."""
    if len(pieces) < 2:
        return list(pieces)
    ordered = sorted(pieces, key=lambda piece: (_value(piece.low), not piece.low_closed))
    found = [ordered[0]]
    for piece in ordered[1:]:
        last = found[-1]
        end, start = _value(last.high), _value(piece.low)
        if start > end or (start == end and not (last.high_closed or piece.low_closed)):
            found.append(piece)
            continue
        high, closed = last.high, last.high_closed
        if _value(piece.high) > end:
            high, closed = piece.high, piece.high_closed
        elif _value(piece.high) == end:
            closed = closed or piece.high_closed
        found[-1] = Piece(last.low, high, last.low_closed, closed)
    return found
