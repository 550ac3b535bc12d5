r"""Functions given by cases: on which real numbers they have which value.

Two of them are compared piece by piece, so that neither the order of the cases nor the side on
which an end lies counts where the values meet, and `|x|` is its two cases.
"""

from collections.abc import Iterator
from typing import NamedTuple

from dpo_math_assets.verifier.algebra.real_sets import (
    INFINITY,
    MINUS_INFINITY,
    NoSet,
    Piece,
    complement,
    intersection,
    merged,
    pieces_of,
)
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import SCALAR_KINDS, Node, free_symbols, make, num

__all__ = ["common_values", "same_conditions"]

_ANYWHERE = make("domain", ("R",))


class _Branch(NamedTuple):
    pieces: list[Piece]
    value: Node


def common_values(a: Node, b: Node) -> list[tuple[Node, Node]] | None:
    """Pairs of values that must be equal; None where the pieces are not known.

    One of the nodes is of kind `cases`, the other too or an expression.
    """
    names = free_symbols(a) | free_symbols(b)
    variables = _variables(a) | _variables(b)
    if len(variables) != 1 or not variables <= names:
        return None
    variable = make("sym", tuple(variables))
    try:
        first, second = _branches(a), _branches(b)
        domains = [
            merged([p for branch in side for p in branch.pieces]) for side in (first, second)
        ]
        if domains[0] != domains[1]:
            return None
        return list(_pairs(first, second, variable))
    except NoSet:
        return None


def same_conditions(a: Node, b: Node) -> list[tuple[Node, Node]] | None:
    """The values under conditions that read the same; None for other conditions."""
    sides = [{condition: value for value, condition in node.args} for node in (a, b)]
    if sides[0].keys() != sides[1].keys():
        return None
    return [(value, sides[1][condition]) for condition, value in sides[0].items()]


def _variables(node: Node) -> frozenset[str]:
    if node.kind != "cases":
        return frozenset()
    conditions = [condition for _, condition in node.args if condition is not None]
    return frozenset().union(*map(free_symbols, conditions))


def _branches(node: Node) -> list[_Branch]:
    """The pieces of the reals with their values; an earlier case goes before a later one."""
    if node.kind != "cases":
        return [_Branch(pieces_of(_ANYWHERE) or [], node)]
    found: list[_Branch] = []
    taken: list[Piece] = []
    for value, condition in node.args:
        if value.kind not in SCALAR_KINDS:
            raise NoSet
        pieces = pieces_of(_ANYWHERE if condition is None else condition)
        if pieces is None:
            raise NoSet
        found.append(_Branch(intersection(pieces, complement(taken)), value))
        taken = merged([*taken, *pieces])
    return found


def _pairs(
    first: list[_Branch], second: list[_Branch], variable: Node
) -> Iterator[tuple[Node, Node]]:
    for one in first:
        for other in second:
            for piece in intersection(one.pieces, other.pieces):
                point = _point_of(piece, variable)
                yield (
                    tree.substituted(one.value, variable, point),
                    tree.substituted(other.value, variable, point),
                )


def _point_of(piece: Piece, variable: Node) -> Node:
    """Any number of a piece, by a variable that may be any number."""
    low, high, *_ = piece
    if low == high:
        return low
    square = make("pow", (variable, num(2)))
    ends = [end not in (INFINITY, MINUS_INFINITY) for end in (low, high)]
    if ends == [True, True]:
        share = tree.divide(square, tree.add(num(1), square))
        return tree.add(low, tree.mul(tree.add(high, tree.neg(low)), share))
    if ends == [True, False]:
        return tree.add(low, square)
    if ends == [False, True]:
        return tree.add(high, tree.neg(square))
    return variable
