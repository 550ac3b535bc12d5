"""Matrices and tuples, cell by cell; a tuple is a row where the other side is a matrix."""

from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.outcome import UNKNOWN, Outcome, different
from dpo_math_assets.verifier.syntax.nodes import Dots, Matrix, Node, Tuple
from dpo_math_assets.verifier.syntax.trees import children

Rows = tuple[tuple[Node, ...], ...]


def rows_of(node: Node) -> Rows:
    """The rows of a matrix, or of a tuple taken as one row."""
    if isinstance(node, Matrix):
        return node.rows
    return (node.items,) if isinstance(node, Tuple) else ()


def compare_rows(a: Node, b: Node, context: Context) -> Outcome:
    """Two matrices or tuples: of one shape, or vectors of one length."""
    if holds(a, Dots) or holds(b, Dots):
        return UNKNOWN
    rows, others = rows_of(a), rows_of(b)
    shapes = (len(rows), len(rows[0])), (len(others), len(others[0]))
    alike = type(a) is type(b)
    if alike and isinstance(a, Matrix) and shapes[0] != shapes[1]:
        return different(a, b)
    if not alike and not all(min(shape) == 1 for shape in shapes):
        return different(a, b)
    return context.in_order(children(a), children(b))


def compare_scalar_beside(a: Node, b: Node, context: Context) -> Outcome:
    """A scalar beside what is none: different, unless powers of a matrix are involved."""
    powers = any(is_scalar(node) and holds(node, Matrix) for node in (a, b))
    return UNKNOWN if powers else different(a, b)
