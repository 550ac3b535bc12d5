r"""Functions given by cases: on which real numbers they have which value.

Two of them are compared piece by piece, so that neither the order of the cases nor the side on
which an end lies counts where the values meet, and `|x|` is its two cases.
"""

from collections.abc import Iterator
from typing import NamedTuple

from dpo_math_assets.verifier.algebra import intervals
from dpo_math_assets.verifier.algebra.approximation import INFINITY, MINUS_INFINITY
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import SCALARS, Cases, Node, Power, Symbol, num
from dpo_math_assets.verifier.syntax.trees import free_symbols


class _Branch(NamedTuple):
    pieces: list[intervals.Piece]
    value: Node


def common_values(a: Node, b: Node) -> list[tuple[Node, Node]] | None:
    """Pairs of values that must be equal; None where the pieces are not known.

    One of the nodes is a `Cases`, the other too or an expression.
    """
    variables = _variables(a) | _variables(b)
    if len(variables) != 1 or not variables <= free_symbols(a) | free_symbols(b):
        return None
    variable = Symbol(*variables)
    try:
        first, second = _branches(a), _branches(b)
        if _domain(first) != _domain(second):
            return None
        return list(_pairs(first, second, variable))
    except intervals.NotASetError:
        return None


def same_conditions(a: Node, b: Node) -> list[tuple[Node, Node]] | None:
    """The values under conditions that read the same (`n even`); None for other conditions."""
    if not (isinstance(a, Cases) and isinstance(b, Cases)):
        return None
    first, second = ({condition: value for value, condition in x.branches} for x in (a, b))
    if first.keys() != second.keys():
        return None
    return [(value, second[condition]) for condition, value in first.items()]


def _variables(node: Node) -> frozenset[str]:
    branches = node.branches if isinstance(node, Cases) else ()
    return frozenset[str]().union(
        *(free_symbols(condition) for _, condition in branches if condition is not None)
    )


def _branches(node: Node) -> list[_Branch]:
    """The pieces of the reals with their values; an earlier case goes before a later one."""
    if not isinstance(node, Cases):
        return [_Branch(intervals.REALS, node)]
    found: list[_Branch] = []
    taken: list[intervals.Piece] = []
    for value, condition in node.branches:
        pieces = intervals.REALS if condition is None else intervals.pieces_of(condition)
        if pieces is None or not isinstance(value, SCALARS):
            raise intervals.NotASetError
        found.append(_Branch(intervals.intersection(pieces, intervals.complement(taken)), value))
        taken = intervals.merged([*taken, *pieces])
    return found


def _domain(branches: list[_Branch]) -> list[intervals.Piece]:
    return intervals.merged([piece for branch in branches for piece in branch.pieces])


def _pairs(
    first: list[_Branch], second: list[_Branch], variable: Node
) -> Iterator[tuple[Node, Node]]:
    for one in first:
        for other in second:
            for piece in intervals.intersection(one.pieces, other.pieces):
                point = _point_of(piece, variable)
                yield (
                    tree.substituted(one.value, variable, point),
                    tree.substituted(other.value, variable, point),
                )


def _point_of(piece: intervals.Piece, variable: Node) -> Node:
    """Any number of a piece, by a variable that may be any number."""
    low, high, *_ = piece
    if low == high:
        return low
    square = Power(variable, num(2))
    match low != MINUS_INFINITY, high != INFINITY:
        case True, True:
            share = tree.divide(square, tree.add(num(1), square))
            return tree.add(low, tree.mul(tree.add(high, tree.neg(low)), share))
        case True, False:
            return tree.add(low, square)
        case False, True:
            return tree.add(high, tree.neg(square))
    return variable
