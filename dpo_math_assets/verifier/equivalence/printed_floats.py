"""Decimals as programs print them: the noise of doubles, and scientific notation.

A float of 15 to 17 digits stands for what was computed, within a few units in the last place of a
double; `2.31 \\times 10^{-3}` shows three digits, as `0.00231` does.
"""

from fractions import Fraction
from math import inf, ulp

from dpo_math_assets.verifier.algebra.approximation import approximate
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.backends.numeric import probe
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children, contents, free_symbols

# Digits that only a printed float shows, and the most that it does; its last one may be off.
FLOAT_DIGITS = 15
MOST_FLOAT_DIGITS = 17
# Units in the last place of a double by which a printed float may miss its value, as what a few
# operations of a program add up to.
FLOAT_NOISE = 4
# Digits of a decimal that somebody has written, and a program printed with noise.
MOST_WRITTEN_DIGITS = 12
# What the sine of pi and its like leave, where the value is zero.
_ZERO = Fraction(1, 10**14)
# Values of letters at which the noise of an expression is looked at, each letter in turn the large.
_VALUES = (num(7, 5), num(10_000))


def as_decimal(node: Node) -> Node:
    """A decimal times a power of ten as the decimal that it is; any other node as it is."""
    if not isinstance(node, nodes.Product):
        return node
    mantissas = [factor for factor in node.factors if isinstance(factor, nodes.Decimal)]
    if len(mantissas) != 1:
        return node
    scale = exact(tree.mul(*(part for part in node.factors if part is not mantissas[0]), num(1)))
    power = _power_of_ten(scale) if scale else None
    if scale is None or power is None:
        return node
    value = Fraction(mantissas[0].p, mantissas[0].q) * scale
    return nodes.Decimal(value.numerator, value.denominator, mantissas[0].places - power)


def _power_of_ten(value: Fraction) -> int | None:
    size = abs(value)
    digits = str(max(size.numerator, size.denominator))
    if min(size.numerator, size.denominator) != 1 or digits.strip("0") != "1":
        return None
    power = len(digits) - 1
    return power if size >= 1 else -power


def shown_digits(decimal: nodes.Decimal) -> int:
    """The digits that a decimal shows, as an integer."""
    return int(abs(Fraction(decimal.p, decimal.q)) * Fraction(10) ** decimal.places)


def is_noise(decimal: Node, difference: Fraction, value: Fraction) -> bool:
    """Whether a float as programs print it misses a value only by the noise of its arithmetic."""
    return _is_float(decimal) and abs(difference) <= FLOAT_NOISE * Fraction(ulp(float(value)))


def is_noise_of_constant(decimal: nodes.Decimal, other: Node, value: float) -> bool:
    """The same for an irrational constant, about `value`: balls say that it lies as near."""
    if not _is_float(decimal) or abs(value - decimal.p / decimal.q) > 2 * FLOAT_NOISE * ulp(value):
        return False
    return _is_near(other, decimal, value)


def is_noise_of_zero(a: Node, b: Node) -> bool:
    """Whether a float is what the sine of pi is to a program, beside zero."""
    return any(
        exact(other) == 0 and _is_float(node) and _is_tiny(exact(node))
        for node, other in ((a, b), (b, a))
    )


def _is_tiny(value: Fraction | None) -> bool:
    return value is not None and 0 < abs(value) < _ZERO


def _is_near(a: Node, b: Node, size: float) -> bool:
    """Whether two constants of about a size differ by noise at most."""
    reach = FLOAT_NOISE * Fraction(ulp(size))
    off = nodes.AbsoluteValue(tree.add(a, tree.neg(b)))
    steps = nodes.Function("floor", (tree.mul(tree.rational(1 / reach), off),))
    return probe(steps, num(0)) == "equal"


def _is_float(node: Node) -> bool:
    digits = len(str(shown_digits(node))) if isinstance(node, nodes.Decimal) else 0
    return FLOAT_DIGITS <= digits <= MOST_FLOAT_DIGITS


def snapped(node: Node) -> Node:
    """The expression with printed floats as the short decimals that they miss by noise."""
    return tree.replace(node, _snapped)


def _snapped(node: Node) -> Node | None:
    if not isinstance(node, nodes.Decimal) or not _is_float(node):
        return None
    value = Fraction(node.p, node.q)
    for digits in range(1, MOST_WRITTEN_DIGITS + 1):
        short = Fraction(f"{float(value):.{digits - 1}e}")
        if is_noise(node, value - short, short):
            return nodes.Decimal(short.numerator, short.denominator, node.places)
    return None


def differ_by_noise(a: Node, b: Node) -> bool:
    """Whether two expressions differ by the noise of floats alone, wherever that is looked at."""
    names = sorted(free_symbols(a) | free_symbols(b))
    return all(
        _are_near(_at(a, names, large), _at(b, names, large))
        for large in dict.fromkeys((None, *names))
    )


def _at(node: Node, names: list[str], large: str | None) -> Node:
    values: dict[Node, Node] = {nodes.Symbol(name): _VALUES[name == large] for name in names}
    return tree.replace(node, values.get)


def _are_near(a: Node, b: Node) -> bool:
    size = approximate(nodes.AbsoluteValue(b))
    return size is not None and 0 < size < inf and _is_near(a, b, size)


def has_float(node: Node) -> bool:
    """Whether an expression holds a decimal that looks like a printed float."""
    if nodes.Decimal not in contents(node):
        return False
    return _is_float(node) or any(map(has_float, children(node)))
