"""Exact values: the rational number that an expression is, if it is one.

Limits come before work: bits of a value, terms of a sum, steps of one evaluation.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, isqrt, lcm, log2, prod

from dpo_math_assets.verifier.algebra.budget import (
    Budget,
    UndefinedValueError,
    UnknownValueError,
)
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import contents, free_symbols

MAX_BITS = 20_000
MAX_STEPS = 50_000
MAX_TERMS = 400

# Sums and products have a value where there are no terms, whatever letters these would hold.
_TOTALS = frozenset((nodes.Summation, nodes.IndexedProduct))

_LITERALS = (nodes.Number, nodes.Decimal)

Values = Mapping[str, Fraction]


def exact(
    node: Node, values: Values | None = None, budget: Budget | None = None
) -> Fraction | None:
    """The rational value of an expression, or None where it has none within the limits.

    `values` gives values to symbols; `budget` is what may be spent. Powers and roots count where
    they come out rational; an odd root of a negative number is negative.
    """
    if isinstance(node, _LITERALS):
        return Fraction(node.p) if node.q == 1 else Fraction(node.p, node.q)
    try:
        if values is None and budget is None:
            if free_symbols(node) and _TOTALS.isdisjoint(contents(node)):
                return None
            return _constant_value(node)
        return _Evaluation(values or {}, budget or Budget(MAX_STEPS)).of(node)
    except (UnknownValueError, UndefinedValueError, RecursionError):
        return None


@lru_cache(maxsize=256)  # one comparison asks for the same few values again and again
def _constant_value(node: Node) -> Fraction | None:
    try:
        return _Evaluation({}, Budget(MAX_STEPS)).of(node)
    except (UnknownValueError, UndefinedValueError):
        return None


class _Evaluation:
    """One exact evaluation: the values of symbols, and the work that is left."""

    def __init__(self, values: Values, budget: Budget) -> None:
        self.values = values
        self.budget = budget

    def of(self, node: Node) -> Fraction:
        value = self._of(node)
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        self.budget.spend(1 + bits // 100)
        if bits > MAX_BITS:
            raise UnknownValueError
        return value

    def _of(self, node: Node) -> Fraction:
        match node:
            case nodes.Number() | nodes.Decimal():
                return Fraction(node.p) if node.q == 1 else Fraction(node.p, node.q)
            case nodes.Symbol() if node.name in self.values:
                return self.values[node.name]
            case nodes.Sum():
                return sum(map(self.of, node.terms), Fraction(0))
            case nodes.Product():
                return prod(map(self.of, node.factors), start=Fraction(1))
            case nodes.Power():
                return _power(self.of(node.base), self.of(node.exponent))
            case nodes.Root():
                index = self.of(node.index)
                if index == 0:
                    raise UndefinedValueError
                return _power(self.of(node.radicand), 1 / index)
            case nodes.AbsoluteValue():
                return abs(self.of(node.operand))
            case nodes.Factorial():
                return Fraction(factorial(self._count(node.operand)))
            case nodes.DoubleFactorial():
                return Fraction(prod(range(self._count(node.operand), 0, -2)))
            case nodes.Function() if node.name in EXACT_FUNCTIONS:
                return EXACT_FUNCTIONS[node.name](*map(self.of, node.arguments))
            case nodes.Summation():
                return sum(self._terms(node, node.term), Fraction(0))
            case nodes.IndexedProduct():
                return prod(self._terms(node, node.factor), start=Fraction(1))
        raise UnknownValueError

    def _terms(
        self, node: nodes.Summation | nodes.IndexedProduct, term: Node
    ) -> Iterator[Fraction]:
        """The terms of a finite sum or product."""
        if not isinstance(node.variable, nodes.Symbol):
            raise UnknownValueError
        outer = self.values
        low, high = (_integer(self.of(bound)) for bound in (node.low, node.high))
        for self.values in terms(node.variable.name, low, high, outer):
            yield self.of(term)
        self.values = outer

    def _count(self, node: Node) -> int:
        """What a factorial may be asked of: n! has about n log2(n/e) bits."""
        n = _integer(self.of(node))
        if n < 0:
            raise UndefinedValueError
        if n * n.bit_length() > 2 * MAX_BITS:
            raise UnknownValueError
        return n


def terms(name: str, low: int, high: int, values: Values) -> Iterator[Values]:
    """The values of symbols in each term of a sum or product from `low` to `high`."""
    if high - low >= MAX_TERMS:
        raise UnknownValueError
    for index in range(low, high + 1):
        yield {**values, name: Fraction(index)}


def _integer(value: Fraction) -> int:
    if value.denominator != 1:
        raise UnknownValueError
    return value.numerator


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0:
        if exponent <= 0:
            raise UndefinedValueError
        return base
    if base in (1, -1) and exponent.denominator == 1:
        return base if exponent.numerator % 2 else Fraction(1)
    p, q = exponent.numerator, exponent.denominator
    if q != 1:
        if base < 0 and q % 2 == 0:
            raise UnknownValueError
        base = Fraction(_root(base.numerator, q), _root(base.denominator, q))
    if abs(p) * max(base.numerator.bit_length(), base.denominator.bit_length()) > MAX_BITS:
        raise UnknownValueError
    return base**p


def _root(value: int, index: int) -> int:
    """The integer root of a perfect power; an odd root of a negative integer is negative."""
    size = abs(value)
    if size < 2:
        return value
    if index > size.bit_length():
        raise UnknownValueError
    low, high = 1, 1 << (size.bit_length() // index + 1)
    if index == 2:
        low = high = isqrt(size)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**index <= size else (low, middle - 1)
    if low**index != size:
        raise UnknownValueError
    return low if value > 0 else -low


def _over_common_denominator(combine: Callable[..., int]) -> Callable[..., Fraction]:
    """gcd and lcm of rationals: of the numerators over the common denominator."""

    def function(*values: Fraction) -> Fraction:
        denominator = lcm(*(value.denominator for value in values))
        return Fraction(combine(*(int(value * denominator) for value in values)), denominator)

    return function


def _mod(a: Fraction, n: Fraction) -> Fraction:
    if n == 0:
        raise UndefinedValueError
    return a % n


def _binomial(n: Fraction, k: Fraction) -> Fraction:
    top, bottom = _integer(n), _integer(k)
    if top < 0 or bottom > 10_000:
        raise UnknownValueError
    if min(bottom, top - bottom) * top.bit_length() > MAX_BITS:
        raise UnknownValueError
    return Fraction(comb(top, bottom)) if bottom >= 0 else Fraction(0)


def _logarithm(x: Fraction, base: Fraction) -> Fraction:
    """The integer exponent of an exact power; other logarithms are `UnknownValueError`."""
    if x <= 0 or base <= 0 or base == 1:
        raise UnknownValueError
    # log of a quotient of long integers, each of which `math.log2` takes at any length
    size, growth = (log2(value.numerator) - log2(value.denominator) for value in (x, base))
    if growth == 0 or abs(size / growth) > MAX_BITS:
        raise UnknownValueError
    exponent = round(size / growth)
    if _power(base, Fraction(exponent)) != x:
        raise UnknownValueError
    return Fraction(exponent)


# Functions whose value at rationals is rational.
EXACT_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "floor": lambda x: Fraction(x.__floor__()),
    "ceil": lambda x: Fraction(x.__ceil__()),
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "re": lambda x: x,
    "im": lambda x: Fraction(0),
    "conj": lambda x: x,
    "gcd": _over_common_denominator(gcd),
    "lcm": _over_common_denominator(lcm),
    "max": max,
    "min": min,
    "mod": _mod,
    "binom": _binomial,
    "log": _logarithm,
}
