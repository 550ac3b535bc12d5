"""Unions, intersections and differences of what may be read as sets."""

from dpo_math_assets.verifier.syntax.nodes import (
    FiniteSet,
    Interval,
    Node,
    SetDifference,
    SetIntersection,
    SetUnion,
    Tuple,
    ValueList,
)

__all__ = ["set_operation"]


def set_operation(operator: str, left: Node, right: Node) -> Node:
    """Union, intersection or difference; bare lists are sets and pairs open intervals here."""
    left, right = _as_set(left), _as_set(right)
    if operator == "setminus":
        return SetDifference(left, right)
    cls = SetUnion if operator == "union" else SetIntersection
    first = left.operands if isinstance(left, cls) else (left,)
    return cls((*first, right))


def _as_set(node: Node) -> Node:
    if isinstance(node, ValueList):
        return FiniteSet(node.items)
    if isinstance(node, Tuple) and len(node.items) == 2:
        return Interval(*node.items, False, False)
    return node
