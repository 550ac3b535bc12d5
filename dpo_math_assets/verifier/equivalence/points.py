r"""Points that letters run through: `(1, 2) + t(3, 4)`, `x = 1 + 3t, y = 2 + 4t`, `t(1, -1)`.

A line has many such forms, with other points on it, other lengths of its direction and other
letters. Two forms are of one set of points where they span the same and meet.
"""

from collections.abc import Sequence
from fractions import Fraction

from dpo_math_assets.verifier.algebra.equations import names_of, without_labels
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.matrices import matrix_value
from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.progressions import is_straight
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

# Letters that run through the reals by custom.
_RUNNING = frozenset(("t", "s", "r", "k", "c", "u", "v", "x", "y", "z", "lambda", "mu", "alpha"))
# Directions of a set of points.
MAX_DIRECTIONS = 3

_Row = list[Fraction]


def scaled_vector(node: Node) -> nodes.Tuple | None:
    """`t(1, -1)` multiplied in; None for other nodes, and behind a capital, which names a point."""
    if (
        not isinstance(node, nodes.Product)
        or sum(isinstance(x, nodes.Tuple) for x in node.factors) != 1
    ):
        return None
    letters = [
        name for x in node.factors if not isinstance(x, nodes.Tuple) for name in free_symbols(x)
    ]
    value = None if any(name[:1].isupper() for name in letters) else matrix_value(node)
    return nodes.Tuple(value.rows[0]) if value else None


def same_points(a: Node, b: Node) -> bool:
    """Whether two answers are forms of one set of points, perhaps with other letters."""
    first, second = _coordinates(a), _coordinates(b)
    if not first or not second or (first[0] and second[0] and first[0] != second[0]):
        return False
    one, other = _spanned(first[1]), _spanned(second[1])
    if one is None or other is None or len(first[1]) != len(second[1]):
        return False
    (start, directions), (end, others) = one, other
    between = [x - y for x, y in zip(start, end, strict=True)]
    size = _rank(directions)
    return size == _rank(others) == _rank([*directions, *others, between])


def _coordinates(node: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]] | None:
    """The names and the values of coordinates: no names for a tuple."""
    if isinstance(node, nodes.ValueList):
        names = names_of(node.items)
        if len(names) != len(set(names)) or not names:
            return None
        values = without_labels(node.items)
        pairs = sorted(zip(names, values, strict=True), key=lambda pair: str(pair[0]))
        return tuple(name for name, _ in pairs), tuple(value for _, value in pairs)
    if isinstance(node, nodes.Sum | nodes.Product):
        node = scaled_vector(node) or matrix_value(node) or node
    if isinstance(node, nodes.Matrix) and min(len(node.rows), len(node.rows[0])) > 1:
        return None
    return ((), children(node)) if isinstance(node, nodes.Tuple | nodes.Matrix) else None


def _spanned(values: Sequence[Node]) -> tuple[_Row, list[_Row]] | None:
    """A point, and the direction of each letter; None where the values are not straight in them."""
    names = sorted(frozenset[str]().union(*map(free_symbols, values)))
    if not _is_straight(values, names):
        return None
    nowhere = dict.fromkeys(names, Fraction(0))
    start = _at(values, nowhere)
    ends = [_at(values, {**nowhere, name: Fraction(1)}) for name in names]
    if start is None or None in ends:
        return None
    directions = [[x - y for x, y in zip(end, start, strict=True)] for end in ends if end]
    everywhere = _at(values, dict.fromkeys(names, Fraction(1)))
    together = [sum(steps, value) for value, *steps in zip(start, *directions, strict=True)]
    return (start, directions) if everywhere == together else None


def _is_straight(values: Sequence[Node], names: list[str]) -> bool:
    """Whether several values are straight in a few letters, all of them running ones."""
    if not 0 < len(names) <= MAX_DIRECTIONS or not _RUNNING.issuperset(names) or len(values) < 2:
        return False
    return all(is_scalar(value) and is_straight(value, name) for value in values for name in names)


def _at(values: Sequence[Node], point: dict[str, Fraction]) -> _Row | None:
    found = [exact(value, point) for value in values]
    return None if None in found else [value for value in found if value is not None]


def _rank(rows: list[_Row]) -> int:
    rows = [row for row in rows if any(row)]
    if not rows:
        return 0
    first, *rest = rows
    column = next(place for place, value in enumerate(first) if value)
    reduced = [
        [x - y * row[column] / first[column] for x, y in zip(row, first, strict=True)]
        for row in rest
    ]
    return 1 + _rank(reduced)
