"""Sets of real numbers: intervals, inequalities and set builders as sorted, disjoint pieces.

Two descriptions of a set are equal if their pieces are, end by end; the ends are compared by the
caller, who has all the tiers. An approximate value of each end is used only to sort and merge, and
ends that cannot be told apart by it are left to the caller as they stand.
"""

import cmath
import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from dpo_math_assets.verifier.algebra.equations import between
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import SCALAR_KINDS, Node, free_symbols, make

__all__ = [
    "INFINITY",
    "MINUS_INFINITY",
    "NoSet",
    "Piece",
    "approximate",
    "complement",
    "integer_ranges",
    "intersection",
    "merged",
    "pieces_of",
    "says_integers",
]

INFINITY = make("const", ("oo",))
MINUS_INFINITY = tree.neg(INFINITY)


class Piece(NamedTuple):
    """An interval, or one point where both ends are the same closed node."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


class NoSet(Exception):
    """Not a set of reals that this module can describe."""


_HALF_LINES = {
    **dict.fromkeys(("R+", "R>0"), Piece(tree.rational(Fraction(0)), INFINITY, False, False)),
    **dict.fromkeys(
        ("R\\ge 0", "R\\geq 0", "R>=0", "R\\ge0", "R\\geq0"),
        Piece(tree.rational(Fraction(0)), INFINITY, True, False),
    ),
    **dict.fromkeys(("R-", "R<0"), Piece(MINUS_INFINITY, tree.rational(Fraction(0)), False, False)),
}
_DOTS = make("dots", ())
_ZERO = tree.rational(Fraction(0))
# Integers of a bounded set that are written out.
MAX_INTEGERS = 1_000
_REALS = [Piece(MINUS_INFINITY, INFINITY, False, False)]


def pieces_of(node: Node) -> list[Piece] | None:
    """The pieces of a set of reals, sorted and merged, or None for what is no such set."""
    try:
        return merged(_pieces(node))
    except NoSet:
        return None


def _pieces(node: Node) -> list[Piece]:
    kind, args = node
    if kind == "interval":
        low, high, low_closed, high_closed = args
        return [
            Piece(low, high, low_closed and not _infinite(low), high_closed and not _infinite(high))
        ]
    if kind == "tuple" and len(args) == 2:
        return [Piece(args[0], args[1], False, False)]
    if kind == "set":
        if any(item.kind not in SCALAR_KINDS for item in args):
            raise NoSet
        return [Piece(item, item, True, True) for item in args]
    if kind == "domain" and args[0] == "R":
        return _REALS
    if kind == "domain" and args[0] in _HALF_LINES:
        return [_HALF_LINES[args[0]]]
    stated = kind in ("union", "inter") and all(item.kind in ("rel", "chain") for item in args)
    if stated and len(free_symbols(node)) > 1:
        raise NoSet
    if kind == "union":
        return [piece for item in args for piece in _pieces(item)]
    if kind == "inter":
        found = _pieces(args[0])
        for item in args[1:]:
            found = intersection(found, _pieces(item))
        # `x < 1, x > 3` cannot both be meant
        return found if found or not stated else [piece for x in args for piece in _pieces(x)]
    if kind == "setminus":
        return intersection(_pieces(args[0]), complement(_pieces(args[1])))
    if kind == "setbuilder":
        element, condition = args
        domain = "R"
        if element.kind == "rel" and element.args[0] == "in" and element.args[2].kind == "domain":
            domain, element = element.args[2].args[0], element.args[1]
        if element.kind != "sym" or not _about(condition, element):
            raise NoSet
        found = _pieces(condition)
        if domain == "R" or domain in _HALF_LINES:
            return intersection(found, _pieces(make("domain", (domain,))))
        return _integers(found, domain)
    if kind == "rel":
        return _relation(args[0], args[1], args[2])
    if kind == "chain":
        if len(free_symbols(node)) > 1 and (interval := between(node)):
            return _pieces(interval)
        operators, items = args[0], args[1:]
        found = _REALS
        for k, operator in enumerate(operators):
            found = intersection(found, _relation(operator, items[k], items[k + 1]))
        return found
    raise NoSet


def integer_ranges(node: Node) -> list[tuple[float, float]] | None:
    r"""The first and last integers of each piece of `n > 2` or `3, 4, 5, ...`.

    None for what is no set of integers, nor a condition that may be about one.
    """
    try:
        if node.kind in ("set", "list") and node.args and node.args[-1].kind == "dots":
            first = [_value(item) for item in node.args[:-1]]
            counts = len(first) > 2 and first == [first[0] + k for k in range(len(first))]
            return [(first[0], math.inf)] if counts else None
        if not says_integers(node):
            return _ranges(_pieces(node)) if node.kind != "setbuilder" else None
        found = _ranges(_pieces(node.args[1]))
    except NoSet:
        return None
    lowest = 1.0 if _domain(node.args[0]) == "Z+" else -math.inf
    return [(max(low, lowest), high) for low, high in found if high >= lowest]


def says_integers(node: Node) -> bool:
    """Whether a set is one of integers by what it says of its elements, or lists them."""
    if node.kind != "setbuilder":
        return node.kind in ("set", "list") and node.args[-1:] == (_DOTS,)
    return _domain(node.args[0]) in ("Z", "Z+")


def _domain(element: Node) -> str | None:
    r"""The domain that is named before the condition of a set: Z for `x \in \mathbb{Z}`."""
    domain = element.args[2] if element.kind == "rel" and element.args[0] == "in" else element
    return str(domain.args[0]) if domain.kind == "domain" else None


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
    """The integers in bounded pieces, as points; NoSet for other domains and endless sets."""
    if domain not in ("Z", "Z+"):  # whether N holds 0 is a convention
        raise NoSet
    points = []
    for piece in pieces:
        low = 0.0 if domain == "Z+" and _value(piece.low) < 0 else _value(piece.low)
        high = _value(piece.high)
        if not (math.isfinite(low) and math.isfinite(high)) or high - low > MAX_INTEGERS:
            raise NoSet
        first, last = _outermost(piece)
        if domain == "Z+":
            first = max(first, 1)
        for value in range(int(first), int(last) + 1):
            node = tree.rational(Fraction(value))
            points.append(Piece(node, node, True, True))
    return points


def _infinite(node: Node) -> bool:
    return node in (INFINITY, MINUS_INFINITY)


def _about(condition: Node, variable: Node) -> bool:
    return variable.args[0] in free_symbols(condition)


_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _relation(operator: str, left: Node, right: Node) -> list[Piece]:
    """The reals that satisfy a relation between one variable (or its multiple) and a bound."""
    if operator == "in" and left.kind == "sym":
        return _pieces(right)
    if operator == "notin" and left.kind == "sym":
        return complement(_pieces(right))
    if operator not in _MIRROR:
        raise NoSet
    if not _bounded_by(left, right):
        if not _bounded_by(right, left):
            raise NoSet
        left, right, operator = right, left, _MIRROR[operator]
    if left.kind == "abs":
        return _solved(_absolute(operator, right), _line(left.args[0]))
    factor, shift = _line(left)
    right = _on_the_line(right, factor, shift)
    if factor < 0:
        operator = _MIRROR[operator]
    if operator == "=":
        return [Piece(right, right, True, True)]
    if operator == "!=":
        return complement([Piece(right, right, True, True)])
    if operator.startswith("<"):
        return [Piece(MINUS_INFINITY, right, False, operator == "<=" and not _infinite(right))]
    return [Piece(right, INFINITY, operator == ">=" and not _infinite(right), False)]


def _bounded_by(left: Node, right: Node) -> bool:
    """Whether left is a line a*x + b in one variable or its size, and right does not hold x."""
    names = free_symbols(left)
    if len(names) != 1 or names & free_symbols(right) or right.kind not in SCALAR_KINDS:
        return False
    try:
        return _line(left.args[0] if left.kind == "abs" else left)[0] != 0
    except NoSet:
        return False


def _line(node: Node) -> tuple[Fraction, Node]:
    """(a, b) of a*x + b with a rational a and a constant b; NoSet for anything else."""
    if not free_symbols(node):
        return Fraction(0), node
    if node.kind == "sym":
        return Fraction(1), _ZERO
    if node.kind == "add":
        terms = [_line(term) for term in node.args]
        return sum((term[0] for term in terms), Fraction(0)), tree.add(*(term[1] for term in terms))
    if node.kind == "mul":
        holding = [factor for factor in node.args if free_symbols(factor)]
        others = [factor for factor in node.args if not free_symbols(factor)]
        scale = exact(tree.mul(*others)) if others else Fraction(1)
        if len(holding) == 1 and scale is not None:
            factor, shift = _line(holding[0])
            return scale * factor, tree.mul(tree.rational(scale), shift)
    raise NoSet


def _on_the_line(value: Node, factor: Fraction, shift: Node) -> Node:
    """The x at which factor*x + shift has this value."""
    if (factor == 1 and shift == _ZERO) or _infinite(value):
        return tree.neg(value) if _infinite(value) and factor < 0 else value
    return tree.divide(tree.add(value, tree.neg(shift)), tree.rational(factor))


def _solved(pieces: list[Piece], line: tuple[Fraction, Node]) -> list[Piece]:
    """The x at which factor*x + shift lies in the pieces."""
    factor, shift = line
    found = []
    for piece in pieces:
        low, high = (_on_the_line(end, factor, shift) for end in (piece.low, piece.high))
        turned = Piece(high, low, piece.high_closed, piece.low_closed)
        found.append(Piece(low, high, *piece[2:]) if factor > 0 else turned)
    return found


def _absolute(operator: str, bound: Node) -> list[Piece]:
    value = approximate(bound)
    if value is None or value < 0:
        raise NoSet
    closed = operator in ("<=", ">=")
    inside = [Piece(tree.neg(bound), bound, closed, closed)]
    if operator.startswith("<"):
        return inside
    if operator.startswith(">"):
        return complement([Piece(tree.neg(bound), bound, not closed, not closed)])
    points = [Piece(end, end, True, True) for end in (tree.neg(bound), bound)]
    return points if operator == "=" else complement(points)


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
        raise NoSet
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


_FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "asin": cmath.asin,
    "acos": cmath.acos,
    "atan": cmath.atan,
    "ln": cmath.log,
}


def approximate(node: Node) -> float | None:
    """A real constant in floating point, good enough to sort by; None for anything else."""
    if node == INFINITY:
        return math.inf
    if node == MINUS_INFINITY:
        return -math.inf
    if free_symbols(node):
        return None
    value = exact(node)
    try:
        if value is not None:
            return float(value)
        found = _float(node)
    except (ArithmeticError, ValueError, KeyError):
        return None
    if abs(found.imag) > 1e-9 * max(1.0, abs(found)) or not math.isfinite(found.real):
        return None
    return found.real


def _float(node: Node) -> complex:
    kind, args = node
    if kind in ("num", "dec"):
        return complex(args[0] / args[1])
    if kind == "const":
        return {"pi": complex(math.pi), "e": complex(math.e), "i": 1j}[args[0]]
    if kind == "add":
        return sum((_float(term) for term in args), 0j)
    if kind == "mul":
        return math.prod((_float(factor) for factor in args), start=1 + 0j)
    if kind == "pow":
        return _float(args[0]) ** _float(args[1])
    if kind == "root":
        radicand, index = _float(args[0]), _float(args[1])
        if radicand.imag == 0 and radicand.real < 0 and index.real % 2 == 1:
            return -((-radicand) ** (1 / index))
        return radicand ** (1 / index)
    if kind == "abs":
        return complex(abs(_float(args[0])))
    if kind == "func" and args[0] == "log":
        return cmath.log(_float(args[1])) / cmath.log(_float(args[2]))
    if kind == "func" and len(args) == 2:
        return _FUNCTIONS[args[0]](_float(args[1]))
    raise KeyError(kind)
