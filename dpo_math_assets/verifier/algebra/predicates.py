"""Looking into trees: what they hold, where they are infinite or undefined."""

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, contents

_INFINITIES = (nodes.Constant("oo"), tree.neg(nodes.Constant("oo")))
_UNDEFINED = nodes.Constant("nan")
_MAY_BE_UNDEFINED = frozenset(("nan", "oo", nodes.Power, "ln()", "log()"))
# What has infinity as a bound, and may have a finite value.
_WITH_BOUNDS = (nodes.Summation, nodes.IndexedProduct, nodes.Integral, nodes.Limit)


def holds(node: Node, *parts: type[Node] | str, shallow: bool = False) -> bool:
    """Whether a tree has a node of one of the classes, or a constant or `function()` so named."""
    if shallow:
        return any(type(part) in parts for part in (node, *children(node)))
    return not contents(node).isdisjoint(parts)


def undefined(node: Node) -> bool:
    """Whether a node holds what has no value.

    That is a division by zero, 0^0, the logarithm of zero, arithmetic with infinity (but for the
    bounds of sums and the like), or an undefined constant.
    """
    return not _MAY_BE_UNDEFINED.isdisjoint(contents(node)) and _undefined(node)


def _undefined(node: Node) -> bool:
    inner = children(node)
    if not inner or is_infinity(node):
        return node == _UNDEFINED
    arithmetic = isinstance(node, nodes.SCALARS) and not isinstance(node, _WITH_BOUNDS)
    if arithmetic and any(map(is_infinity, inner)):
        return True
    if isinstance(node, nodes.Function) and node.name in ("ln", "log") and exact(inner[0]) == 0:
        return True
    if isinstance(node, nodes.Power) and exact(node.base) == 0:
        exponent = exact(node.exponent)
        if exponent is None or exponent <= 0:
            return True
    return any(map(_undefined, inner))


def is_infinity(node: Node) -> bool:
    return node in _INFINITIES


def has_infinity(node: Node) -> bool:
    """Whether infinity stands in a node, other than as a bound."""
    if isinstance(node, _WITH_BOUNDS) or "oo" not in contents(node):
        return False
    return is_infinity(node) or any(map(has_infinity, children(node)))
