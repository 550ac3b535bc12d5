"""The canonical form of an expression: flat, sorted, like terms and like powers gathered.

Products are not expanded and no identity beyond arithmetic of rationals is used: equal forms mean
equal values wherever both are defined, and different forms mean nothing.
"""

from fractions import Fraction
from typing import Any

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import SCALAR_KINDS, Node, children, make, num

__all__ = ["canonical", "determinant", "matrix_value", "numerator"]

# A power of a matrix is multiplied out up to this exponent.
MAX_MATRIX_POWER = 8

# A determinant is expanded up to this size.
MAX_DETERMINANT = 4

ZERO: Node = num(0)
ONE: Node = num(1)
_BINDING = frozenset(("sum", "prod", "integral", "limit"))
_TRANSPOSE = make("sym", ("T",))


def canonical(node: Node) -> Node:
    """The canonical form of a scalar expression; other nodes come back as they are."""
    value = exact(node)
    if value is not None:
        return tree.rational(value)
    kind, args = node
    if kind == "add":
        return _sum([canonical(term) for term in args])
    if kind == "mul":
        return _product([canonical(factor) for factor in args])
    if kind == "pow":
        return _power(canonical(args[0]), canonical(args[1]))
    if kind in _BINDING and args[2] is not None and args[1].kind == "sym":
        node = _bound_by_number(node)
        args = node.args
    if kind in SCALAR_KINDS and kind not in ("sym", "const", "num", "dec", "deriv"):
        inner = (canonical(arg) if isinstance(arg, Node) else arg for arg in args)
        return make(kind, tuple(inner))
    return node


def _bound_by_number(node: Node) -> Node:
    """A sum, integral or limit whose variable is named by how deep others lie inside it."""
    variable = node.args[1]
    name = make("sym", (f"bound_{_depth(node.args[0])}",))
    body = tree.substituted(node.args[0], variable, name)
    return make(node.kind, (body, name, *node.args[2:]))


def _depth(node: Node) -> int:
    inside = max(map(_depth, children(node)), default=0)
    return inside + (node.kind in _BINDING)


def _coefficient(node: Node) -> tuple[Fraction, Node]:
    """A term as a rational times the rest."""
    if node.kind == "num":
        return Fraction(*node.args), ONE
    if node.kind == "mul" and node.args[0].kind == "num":
        rest = node.args[1:]
        return Fraction(*node.args[0].args), rest[0] if len(rest) == 1 else make("mul", rest)
    return Fraction(1), node


def _sum(terms: list[Node]) -> Node:
    gathered: dict[Node, Fraction] = {}
    for term in terms:
        for part in term.args if term.kind == "add" else (term,):
            factor, rest = _coefficient(part)
            gathered[rest] = gathered.get(rest, Fraction(0)) + factor
    parts = [
        _product([tree.rational(factor), rest]) for rest, factor in gathered.items() if factor != 0
    ]
    if not parts:
        return ZERO
    return parts[0] if len(parts) == 1 else make("add", tuple(sorted(parts, key=repr)))


def _product(factors: list[Node]) -> Node:
    coefficient = Fraction(1)
    powers: dict[Node, list[Node]] = {}
    flat = [
        part for factor in factors for part in (factor.args if factor.kind == "mul" else (factor,))
    ]
    for part in flat:
        if part.kind == "num":
            coefficient *= Fraction(*part.args)
            continue
        base, exponent = part.args if part.kind == "pow" else (part, ONE)
        powers.setdefault(base, []).append(exponent)
    if coefficient == 0:
        return ZERO
    parts = []
    for base, exponents in powers.items():
        exponent = exponents[0] if len(exponents) == 1 else _sum(exponents)
        if exponent == ZERO:
            continue
        # a product or rational that comes out of a power again joins the product
        part = base if exponent == ONE else _power(base, exponent)
        parts.append(part)
    value = tree.rational(coefficient)
    if any(part.kind in ("num", "mul") for part in parts):
        return _product([value, *parts])
    parts.sort(key=repr)
    if len(parts) == 1 and parts[0].kind == "add" and coefficient != 1:
        # 2(x+1) and 2x+2 are one form
        return _sum([_product([value, term]) for term in parts[0].args])
    if coefficient != 1 or not parts:
        parts.insert(0, value)
    return parts[0] if len(parts) == 1 else make("mul", tuple(parts))


def _power(base: Node, exponent: Node) -> Node:
    """base ^ exponent; integer exponents go through products and powers."""
    if exponent == ONE:
        return base
    node = make("pow", (base, exponent))
    value = exact(node)
    if value is not None:
        return tree.rational(value)
    if exponent.kind == "num" and exponent.args[1] == 1:
        power: int = exponent.args[0]
        if base.kind == "pow" and base.args[1].kind == "num" and base.args[1].args[1] == 1:
            return _power(base.args[0], num(base.args[1].args[0] * power))
        if base.kind == "mul":
            return _product([_power(factor, exponent) for factor in base.args])
        if base.kind == "root" and base.args[1].kind == "num":
            index = base.args[1].args[0]
            if power % index == 0 and base.args[1].args[1] == 1 and power > 0:
                return _power(base.args[0], num(power // index))
    return node


def matrix_value(node: Node) -> Node | None:
    """The matrix that a sum, product or whole power of matrices comes to, or None."""
    if node.kind == "matrix":
        return node
    if node.kind in ("tuple", "list"):
        return make("matrix", (node.args,))
    if node.kind == "interval":  # `[1, -1]`
        return make("matrix", (node.args[:2],))
    if node.kind == "add":
        parts = [matrix_value(term) for term in node.args]
        shapes = {(len(part.args), len(part.args[0])) for part in parts if part is not None}
        if None in parts or len(shapes) != 1:
            return None
        rows = zip(*(part.args for part in parts if part is not None), strict=True)
        return make(
            "matrix",
            tuple(tuple(tree.add(*cells) for cells in zip(*row, strict=True)) for row in rows),
        )
    if node.kind == "pow" and node.args[1] == _TRANSPOSE:
        inner = matrix_value(node.args[0])
        return make("matrix", tuple(zip(*inner.args, strict=True))) if inner else None
    if node.kind == "pow" and node.args[1] == num(-1):
        inner = matrix_value(node.args[0])
        return _inverse(inner) if inner else None
    if node.kind == "pow" and node.args[1].kind == "num":
        power, unit = node.args[1].args
        if unit != 1 or not 1 <= power <= MAX_MATRIX_POWER:
            return None
        return matrix_value(make("mul", (node.args[0],) * power)) if power > 1 else node.args[0]
    if node.kind != "mul":
        return None
    factor, result = ONE, None
    for part in node.args:
        matrix = matrix_value(part)
        if matrix is None:
            if part.kind not in SCALAR_KINDS:
                return None
            factor = tree.mul(factor, part)
        elif result is None:
            result = matrix
        elif len(result.args[0]) != len(matrix.args):
            return None
        else:
            columns = list(zip(*matrix.args, strict=True))
            result = make(
                "matrix",
                tuple(
                    tuple(
                        tree.add(*(tree.mul(x, y) for x, y in zip(row, column, strict=True)))
                        for column in columns
                    )
                    for row in result.args
                ),
            )
    if result is None or factor == ONE:
        return result
    return make(
        "matrix", tuple(tuple(tree.mul(factor, cell) for cell in row) for row in result.args)
    )


def determinant(matrix: Node) -> Node | None:
    """The determinant by expansion along the first row; None unless small, square and scalar."""
    rows = matrix.args
    if len(rows) != len(rows[0]) or len(rows) > MAX_DETERMINANT:
        return None
    if any(cell.kind not in SCALAR_KINDS for row in rows for cell in row):
        return None
    return canonical(_expanded(rows))


def _expanded(rows: tuple[tuple[Node, ...], ...]) -> Node:
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for place, cell in enumerate(rows[0]):
        term = tree.mul(cell, _expanded(_without(rows, 0, place)))
        terms.append(tree.neg(term) if place % 2 else term)
    return tree.add(*terms)


def _without(rows: tuple[tuple[Node, ...], ...], row: int, column: int) -> tuple[Any, ...]:
    kept = (cells for place, cells in enumerate(rows) if place != row)
    return tuple(cells[:column] + cells[column + 1 :] for cells in kept)


def _inverse(matrix: Node) -> Node | None:
    """The adjugate over the determinant; None where that is not known to be other than zero."""
    rows, value = matrix.args, determinant(matrix)
    if value is None or not exact(value) or len(rows) < 2:
        return None
    size = range(len(rows))
    cofactor = [
        [
            tree.mul(num((-1) ** (i + j)), _expanded(_without(rows, i, j)), tree.divide(ONE, value))
            for j in size
        ]
        for i in size
    ]
    return make("matrix", tuple(tuple(cofactor[j][i] for j in size) for i in size))


def numerator(node: Node) -> Node:
    """The numerator over a common denominator: zero where `node` is zero."""
    return _fraction(node)[0]


def _fraction(node: Node) -> tuple[Node, Node]:
    if node.kind == "add":
        top, bottom = _fraction(node.args[0])
        for term in node.args[1:]:
            other, under = _fraction(term)
            if under == bottom:
                top = tree.add(top, other)
            else:
                top = tree.add(tree.mul(top, under), tree.mul(other, bottom))
                bottom = tree.mul(bottom, under)
        return top, bottom
    if node.kind == "mul":
        parts = [_fraction(factor) for factor in node.args]
        return tree.mul(*(part[0] for part in parts)), tree.mul(*(part[1] for part in parts))
    if node.kind == "pow" and node.args[1].kind == "num" and node.args[1].args[0] < 0:
        p, q = node.args[1].args
        return ONE, node.args[0] if (p, q) == (-1, 1) else make("pow", (node.args[0], num(-p, q)))
    return node, ONE
