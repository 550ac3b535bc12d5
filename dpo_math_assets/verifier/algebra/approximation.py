"""Real constants in floating point, good enough to sort by and never a proof."""

import cmath
import math
from collections.abc import Callable

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import free_symbols

INFINITY = nodes.Constant("oo")
MINUS_INFINITY = tree.neg(INFINITY)

_CONSTANTS = {"pi": complex(math.pi), "e": complex(math.e), "i": 1j}
_FUNCTIONS: dict[str, Callable[..., complex]] = {
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "asin": cmath.asin,
    "acos": cmath.acos,
    "atan": cmath.atan,
    "ln": cmath.log,
    "log": lambda x, base: cmath.log(x) / cmath.log(base),
}


def approximate(node: Node) -> float | None:
    """A real constant in floating point; None for anything else."""
    if node == INFINITY:
        return math.inf
    if node == MINUS_INFINITY:
        return -math.inf
    if free_symbols(node):
        return None
    value = exact(node)
    try:
        if value is not None:
            return float(value)
        found = _float(node)
    except (ArithmeticError, ValueError, KeyError):
        return None
    if abs(found.imag) > 1e-9 * max(1.0, abs(found)) or not math.isfinite(found.real):
        return None
    return found.real


def _float(node: Node) -> complex:
    match node:
        case nodes.Number() | nodes.Decimal():
            return complex(node.p / node.q)
        case nodes.Constant():
            return _CONSTANTS[node.name]
        case nodes.Sum():
            return sum(map(_float, node.terms), 0j)
        case nodes.Product():
            return math.prod(map(_float, node.factors), start=1 + 0j)
        case nodes.Power():
            return _float(node.base) ** _float(node.exponent)
        case nodes.Root():
            radicand, index = _float(node.radicand), _float(node.index)
            if radicand.imag == 0 and radicand.real < 0 and index.real % 2 == 1:
                return -((-radicand) ** (1 / index))
            return radicand ** (1 / index)
        case nodes.AbsoluteValue():
            return complex(abs(_float(node.operand)))
        case nodes.Function():
            return _FUNCTIONS[node.name](*map(_float, node.arguments))
    raise KeyError(node)
