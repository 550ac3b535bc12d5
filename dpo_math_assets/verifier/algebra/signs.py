"""Answers with plus-minus signs, written out."""

from itertools import product

from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import (
    FiniteSet,
    MinusPlus,
    Node,
    PlusMinus,
    Relation,
    SetDifference,
    SetIntersection,
    Tuple,
    ValueList,
)

__all__ = ["one_or_list", "sign_choices"]

# Items of a tuple or list with a plus-minus sign that are written out.
MAX_SIGNS = 4


def sign_choices(node: Node) -> list[Node] | None:
    """The answers that a node with plus-minus signs stands for; None if there are too many.

    Signs within one expression go together; the items of a tuple or list choose independently.
    """
    if not _is_signed(node):
        return [node]
    match node:
        case SetDifference() | Relation(op="!="):
            return _excluded(node)
        case Tuple() | ValueList() | FiniteSet():
            return _items(node)
    return [_signed(node, plus=True), _signed(node, plus=False)]


def _is_signed(node: Node) -> bool:
    return holds(node, PlusMinus, MinusPlus)


def _excluded(node: SetDifference | Relation) -> list[Node] | None:
    """What excludes both: `x != \\pm 2`, and a set without `\\pm 2`."""
    choices = sign_choices(node.right)
    if choices is None or _is_signed(node.left):
        return None
    if isinstance(node, SetDifference):
        return [SetDifference(node.left, one_or_list(choices))]
    return [SetIntersection(tuple(Relation("!=", node.left, choice) for choice in choices))]


def _items(node: Tuple | ValueList | FiniteSet) -> list[Node] | None:
    if sum(map(_is_signed, node.items)) > MAX_SIGNS:
        return None
    items = [choices for item in node.items if (choices := sign_choices(item))]
    if len(items) < len(node.items):
        return None
    if isinstance(node, Tuple):
        return list(map(Tuple, product(*items)))
    return [type(node)(tuple(choice for choices in items for choice in choices))]


def _signed(node: Node, *, plus: bool) -> Node:
    def change(part: Node) -> Node | None:
        if not isinstance(part, PlusMinus | MinusPlus):
            return None
        value = tree.replace(part.operand, change)
        return value if plus == isinstance(part, PlusMinus) else tree.neg(value)

    return tree.replace(node, change)


def one_or_list(choices: list[Node]) -> Node:
    """One choice as it is, several as a list."""
    return choices[0] if len(choices) == 1 else ValueList(tuple(choices))
