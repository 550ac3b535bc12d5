"""Arithmetic of matrices: the one that an expression comes to."""

from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num

# A power of a matrix is multiplied out up to this exponent.
MAX_MATRIX_POWER = 8

_ONE = num(1)
_TRANSPOSE = nodes.Symbol("T")

Rows = tuple[tuple[Node, ...], ...]


def matrix_value(node: Node) -> nodes.Matrix | None:
    """The matrix that a sum, product or whole power of matrices comes to, or None."""
    match node:
        case nodes.Matrix():
            return node
        case nodes.Tuple() | nodes.ValueList():
            return nodes.Matrix((node.items,))
        case nodes.Interval():  # `[1, -1]`
            return nodes.Matrix(((node.low, node.high),))
        case nodes.Sum():
            return _sum(node.terms)
        case nodes.Product():
            return _product(node.factors)
        case nodes.Power():
            return _power(node.base, node.exponent)
    return None


def _sum(terms: tuple[Node, ...]) -> nodes.Matrix | None:
    found = [matrix.rows for term in terms if (matrix := matrix_value(term))]
    shapes = {(len(rows), len(rows[0])) for rows in found}
    if len(found) < len(terms) or len(shapes) > 1:
        return None
    return nodes.Matrix(tuple(tuple(map(tree.add, *rows)) for rows in zip(*found, strict=True)))


def _product(factors: tuple[Node, ...]) -> nodes.Matrix | None:
    scale: Node = _ONE
    rows: Rows | None = None
    for part in factors:
        matrix = matrix_value(part)
        if matrix is None:
            if not isinstance(part, nodes.SCALARS):
                return None
            scale = tree.mul(scale, part)
        elif rows is None:
            rows = matrix.rows
        elif len(rows[0]) != len(matrix.rows):
            return None
        else:
            columns = list(zip(*matrix.rows, strict=True))
            rows = tuple(
                tuple(tree.add(*map(tree.mul, row, column)) for column in columns) for row in rows
            )
    if rows is None:
        return None
    if scale != _ONE:
        rows = tuple(tuple(tree.mul(scale, cell) for cell in row) for row in rows)
    return nodes.Matrix(rows)


def _power(base: Node, exponent: Node) -> nodes.Matrix | None:
    if exponent == _TRANSPOSE:
        matrix = matrix_value(base)
        return matrix and nodes.Matrix(tuple(zip(*matrix.rows, strict=True)))
    if (
        isinstance(exponent, nodes.Number)
        and exponent.q == 1
        and 1 <= exponent.p <= MAX_MATRIX_POWER
    ):
        return _product((base,) * exponent.p)
    return None
