"""Looking into trees: what they hold, where they are infinite or undefined."""

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import SCALAR_KINDS, Node, children, contents, make

__all__ = ["has_infinity", "holds", "is_infinity", "undefined"]

_INFINITIES = (make("const", ("oo",)), tree.neg(make("const", ("oo",))))
_UNDEFINED = make("const", ("nan",))
_MAY_BE_UNDEFINED = frozenset(("nan", "oo", "pow", "ln()", "log()"))
_ARITHMETIC = SCALAR_KINDS - {"sum", "prod", "integral", "limit"}


def holds(node: Node, kind: str, shallow: bool = False) -> bool:
    """Whether a node of this kind (or the constant of this name) is in the tree."""
    if shallow:
        return node.kind == kind or any(child.kind == kind for child in children(node))
    return kind in contents(node)


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
    kind, args = node
    if kind in _ARITHMETIC and any(map(is_infinity, inner)):
        return True
    if kind == "func" and args[0] in ("ln", "log") and exact(args[1]) == 0:
        return True
    if kind == "pow" and exact(args[0]) == 0:
        exponent = exact(args[1])
        if exponent is None or exponent <= 0:
            return True
    return any(map(_undefined, inner))


def is_infinity(node: Node) -> bool:
    return node in _INFINITIES


def has_infinity(node: Node) -> bool:
    if node.kind in ("sum", "integral", "limit", "prod") or "oo" not in contents(node):
        return False
    return is_infinity(node) or any(has_infinity(child) for child in children(node))
