"""Exact values of expressions, and rational functions compared modulo large primes.

`exact` gives the rational number that an expression is, if it is one. `compare_rational` evaluates
two rational functions with rational coefficients at random points of prime fields: a difference is
a proof, agreement at three primes and points is one up to a chance below 2**-80 (Schwartz 1980,
Zippel 1979). Limits come before work: bits of a value, terms of a sum, steps of one evaluation.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar, Token
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, inf, isqrt, lcm, log2, prod
from random import Random
from time import monotonic
from typing import Literal

from dpo_math_assets.verifier.syntax.nodes import Node, contents, free_symbols

__all__ = [
    "EXACT_FUNCTIONS",
    "Budget",
    "Overrun",
    "Undefined",
    "Unknown",
    "compare_rational",
    "exact",
    "terms",
    "within",
]

MAX_BITS = 20_000
MAX_STEPS = 50_000
MAX_TERMS = 400
# Degree times height of a rational function.
MAX_SIZE = 1 << 33

_SMALL = (3, 5, 11, 17, 29, 41, 59, 73)
PRIME_BITS = 61
PRIMES = 3
# Sums and products have a value where there are no terms, whatever letters these would hold.
_TOTALS = frozenset(("sum", "prod"))

Values = Mapping[str, Fraction]


class Unknown(Exception):
    """The expression is beyond the limits, or beyond this way of evaluating it."""


class Undefined(Exception):
    """The expression has no finite value here."""


class Overrun(Exception):
    """The time that `within` allows is over."""


_END: ContextVar[float] = ContextVar("end", default=inf)


class within:
    """`with within(seconds):` lets no evaluation inside go on after that: it raises `Overrun`.

    Budgets bound one comparison; a row may hold hundreds of them.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        self.outer: Token[float] = _END.set(min(_END.get(), monotonic() + self.seconds))

    def __exit__(self, *_: object) -> None:
        _END.reset(self.outer)


class Budget:
    """Work that may still be done, in steps of about a microsecond."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.end = _END.get()

    def spend(self, steps: int) -> None:
        """Count the work; raises `Unknown` when there is none left, `Overrun` when time is over."""
        self.left -= steps
        if self.left < 0:
            raise Unknown
        if monotonic() > self.end:
            raise Overrun


def exact(
    node: Node, values: Values | None = None, budget: Budget | None = None
) -> Fraction | None:
    """The rational value of an expression, or None where it has none within the limits.

    `values` gives values to symbols; `budget` is what may be spent. Powers and roots count where
    they come out rational; an odd root of a negative number is negative.
    """
    kind, args = node
    if kind in ("num", "dec"):
        return Fraction(args[0]) if args[1] == 1 else Fraction(args[0], args[1])
    try:
        if values is None and budget is None:
            return _constant_value(node)
        return _Evaluation(values or {}, budget or Budget(MAX_STEPS)).of(node)
    except (Unknown, Undefined, RecursionError):
        return None


@lru_cache(maxsize=256)  # one comparison asks for the same few values again and again
def _constant_value(node: Node) -> Fraction | None:
    if free_symbols(node) and _TOTALS.isdisjoint(contents(node)):
        return None
    try:
        return _Evaluation({}, Budget(MAX_STEPS)).of(node)
    except (Unknown, Undefined):
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
            raise Unknown
        return value

    def _of(self, node: Node) -> Fraction:
        kind, args = node
        if kind in ("num", "dec"):
            return Fraction(args[0]) if args[1] == 1 else Fraction(args[0], args[1])
        if kind == "sym" and args[0] in self.values:
            return self.values[args[0]]
        if kind == "add":
            total = Fraction(0)
            for term in args:
                total += self.of(term)
            return total
        if kind == "mul":
            product = Fraction(1)
            for factor in args:
                product *= self.of(factor)
            return product
        if kind == "pow":
            return _power(self.of(args[0]), self.of(args[1]))
        if kind == "root":
            index = self.of(args[1])
            if index == 0:
                raise Undefined
            return _power(self.of(args[0]), 1 / index)
        if kind == "abs":
            return abs(self.of(args[0]))
        if kind in ("fact", "fact2"):
            return Fraction(_factorial(kind, _integer(self.of(args[0]))))
        if kind == "func" and args[0] in EXACT_FUNCTIONS:
            return EXACT_FUNCTIONS[args[0]](*map(self.of, args[1:]))
        if kind in ("sum", "prod"):
            return self._total(node)
        raise Unknown

    def _total(self, node: Node) -> Fraction:
        """A finite sum or product."""
        outer = self.values
        low, high = (_integer(self.of(bound)) for bound in node.args[2:4])
        total = Fraction(node.kind == "prod")
        for self.values in terms(node.args[1].args[0], low, high, outer):
            term = self.of(node.args[0])
            total = total + term if node.kind == "sum" else total * term
        self.values = outer
        return total


def terms(name: str, low: int, high: int, values: Values) -> Iterator[Values]:
    """The values of symbols in each term of a sum or product from `low` to `high`."""
    if high - low >= MAX_TERMS:
        raise Unknown
    for index in range(low, high + 1):
        yield {**values, name: Fraction(index)}


def _integer(value: Fraction) -> int:
    if value.denominator != 1:
        raise Unknown
    return value.numerator


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0:
        if exponent <= 0:
            raise Undefined
        return base
    if base in (1, -1) and exponent.denominator == 1:
        return base if exponent.numerator % 2 else Fraction(1)
    p, q = exponent.numerator, exponent.denominator
    if q != 1:
        if base < 0 and q % 2 == 0:
            raise Unknown
        base = Fraction(_root(base.numerator, q), _root(base.denominator, q))
    if abs(p) * max(base.numerator.bit_length(), base.denominator.bit_length()) > MAX_BITS:
        raise Unknown
    return base**p


def _root(value: int, index: int) -> int:
    """The integer root of a perfect power; an odd root of a negative integer is negative."""
    size = abs(value)
    if size < 2:
        return value
    if index > size.bit_length():
        raise Unknown
    low, high = 1, 1 << (size.bit_length() // index + 1)
    if index == 2:
        low = high = isqrt(size)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**index <= size else (low, middle - 1)
    if low**index != size:
        raise Unknown
    return low if value > 0 else -low


def _factorial(kind: str, n: int) -> int:
    if n < 0:
        raise Undefined
    # n! has about n log2(n/e) bits.
    if n * n.bit_length() > 2 * MAX_BITS:
        raise Unknown
    return factorial(n) if kind == "fact" else prod(range(n, 0, -2))


def _over_common_denominator(combine: Callable[..., int]) -> Callable[..., Fraction]:
    """gcd and lcm of rationals: of the numerators over the common denominator."""

    def function(*values: Fraction) -> Fraction:
        denominator = lcm(*(value.denominator for value in values))
        return Fraction(combine(*(int(value * denominator) for value in values)), denominator)

    return function


def _mod(a: Fraction, n: Fraction) -> Fraction:
    if n == 0:
        raise Undefined
    return a % n


def _binomial(n: Fraction, k: Fraction) -> Fraction:
    top, bottom = _integer(n), _integer(k)
    if top < 0 or bottom > 10_000:
        raise Unknown
    if min(bottom, top - bottom) * top.bit_length() > MAX_BITS:
        raise Unknown
    return Fraction(comb(top, bottom)) if bottom >= 0 else Fraction(0)


def _logarithm(x: Fraction, base: Fraction) -> Fraction:
    """The integer exponent of an exact power; other logarithms are `Unknown`."""
    if x <= 0 or base <= 0 or base == 1:
        raise Unknown
    # log of a quotient of long integers, each of which `math.log2` takes at any length
    size, growth = (log2(value.numerator) - log2(value.denominator) for value in (x, base))
    if growth == 0 or abs(size / growth) > MAX_BITS:
        raise Unknown
    exponent = round(size / growth)
    if _power(base, Fraction(exponent)) != x:
        raise Unknown
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


def compare_rational(
    a: Node, b: Node, draw: Callable[[], Random]
) -> Literal["equal", "different", "unknown"]:
    """Compare two rational functions; `unknown` for anything else and where both are undefined.

    `draw` gives the source of the points, once it is known that there are points to draw.
    """
    try:
        if _size(a) > MAX_SIZE or _size(b) > MAX_SIZE:
            return "unknown"
        # Sorted, so that a symbol's value does not depend on the order of a set.
        names = sorted(free_symbols(a) | free_symbols(b))
        # most functions that differ do so at small integers already, which costs far less
        small = {name: Fraction(value) for name, value in zip(names, _SMALL, strict=False)}
        x, y = exact(a, small), exact(b, small)
        if x is not None and y is not None and x != y:
            return "different"
        random = draw()
        for _ in range(PRIMES):
            prime = _prime(random)
            point = {name: random.randrange(1, prime) for name in names}
            if _modulo(a, point, prime) != _modulo(b, point, prime):
                return "different"
    except (Unknown, Undefined):
        return "unknown"
    return "equal"


def _constant(node: Node) -> Fraction:
    value = exact(node)
    if value is None:
        raise Unknown
    return value


def _size(node: Node) -> int:
    """A bound of degree and bits of a rational function; raises `Unknown` for other trees."""
    kind, args = node
    if kind == "sym":
        return 1
    if kind in ("add", "mul"):
        return sum(map(_size, args))
    if kind == "pow" and (exponent := _constant(args[1])).denominator == 1:
        return abs(exponent.numerator) * _size(args[0])
    value = _constant(node)
    return max(value.numerator.bit_length(), value.denominator.bit_length(), 1)


def _modulo(node: Node, point: Mapping[str, int], prime: int) -> int:
    """The value of a rational function in the field of `prime` elements."""
    kind, args = node
    if kind == "sym":
        return point[args[0]]
    if kind == "add":
        return sum(_modulo(term, point, prime) for term in args) % prime
    if kind == "mul":
        product = 1
        for factor in args:
            product = product * _modulo(factor, point, prime) % prime
        return product
    if kind == "pow" and (exponent := _constant(args[1])).denominator == 1:
        base = _modulo(args[0], point, prime)
        if base == 0 and exponent <= 0:
            raise Undefined
        return pow(base, exponent.numerator, prime)
    value = _constant(node)
    return value.numerator * pow(value.denominator, -1, prime) % prime


_SMALL_PRIMES = prod(n for n in range(3, 1000, 2) if all(n % d for d in range(3, isqrt(n) + 1, 2)))


def _prime(random: Random) -> int:
    """A random prime; one Fermat test errs too rarely at this size to matter, and harmlessly."""
    while True:
        candidate = random.getrandbits(PRIME_BITS) | 1 << PRIME_BITS | 1
        if gcd(candidate, _SMALL_PRIMES) == 1 and pow(2, candidate - 1, candidate) == 1:
            return candidate
