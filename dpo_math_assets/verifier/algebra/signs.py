"""Answers with plus-minus signs, written out."""

from itertools import product

from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node

# Items of a tuple or list with a plus-minus sign that are written out.
MAX_SIGNS = 4


def sign_choices(node: Node) -> list[Node] | None:
    """The answers that a node with plus-minus signs stands for; None if there are too many.

    Signs within one expression go together; the items of a tuple or list choose independently.
    """
    if not _is_signed(node):
        return [node]
    match node:
        case nodes.SetDifference() | nodes.Relation(op="!="):
            return _excluded(node)
        case nodes.Tuple() | nodes.ValueList() | nodes.FiniteSet():
            return _items(node)
    return [_signed(node, plus=True), _signed(node, plus=False)]


def _is_signed(node: Node) -> bool:
    return holds(node, nodes.PlusMinus, nodes.MinusPlus)


def _excluded(node: nodes.SetDifference | nodes.Relation) -> list[Node] | None:
    """What excludes both: `x != \\pm 2`, and a set without `\\pm 2`."""
    choices = sign_choices(node.right)
    if choices is None or _is_signed(node.left):
        return None
    if isinstance(node, nodes.SetDifference):
        return [nodes.SetDifference(node.left, one_or_list(choices))]
    return [
        nodes.SetIntersection(tuple(nodes.Relation("!=", node.left, choice) for choice in choices))
    ]


def _items(node: nodes.Tuple | nodes.ValueList | nodes.FiniteSet) -> list[Node] | None:
    if sum(map(_is_signed, node.items)) > MAX_SIGNS:
        return None
    items = [choices for item in node.items if (choices := sign_choices(item))]
    if len(items) < len(node.items):
        return None
    if isinstance(node, nodes.Tuple):
        return list(map(nodes.Tuple, product(*items)))
    return [type(node)(tuple(choice for choices in items for choice in choices))]


def _signed(node: Node, *, plus: bool) -> Node:
    def change(part: Node) -> Node | None:
        if not isinstance(part, nodes.PlusMinus | nodes.MinusPlus):
            return None
        value = tree.replace(part.operand, change)
        return value if plus == isinstance(part, nodes.PlusMinus) else tree.neg(value)

    return tree.replace(node, change)


def one_or_list(choices: list[Node]) -> Node:
    """One choice as it is, several as a list."""
    return choices[0] if len(choices) == 1 else nodes.ValueList(tuple(choices))
