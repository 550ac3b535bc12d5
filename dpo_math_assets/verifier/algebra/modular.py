"""Rational functions with rational coefficients, compared modulo large primes.

Both are evaluated at random points of prime fields: a difference is a proof, agreement at three
primes and points is one up to a chance below 2**-80 (Schwartz 1980, Zippel 1979).
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import gcd, isqrt, prod
from random import Random
from typing import Literal

from dpo_math_assets.verifier.algebra.budget import UndefinedValueError, UnknownValueError
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax.nodes import Node, Power, Product, Sum, Symbol
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

# Degree times height of a rational function.
MAX_SIZE = 1 << 33
PRIME_BITS = 61
PRIMES = 3

_SMALL = (3, 5, 11, 17, 29, 41, 59, 73)
_SMALL_PRIMES = prod(n for n in range(3, 1000, 2) if all(n % d for d in range(3, isqrt(n) + 1, 2)))


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
    except (UnknownValueError, UndefinedValueError):
        return "unknown"
    return "equal"


def _constant(node: Node) -> Fraction:
    value = exact(node)
    if value is None:
        raise UnknownValueError
    return value


def _size(node: Node) -> int:
    """A bound of degree and bits of a rational function; `UnknownValueError` for other trees."""
    if isinstance(node, Symbol):
        return 1
    if isinstance(node, Sum | Product):
        return sum(map(_size, children(node)))
    if isinstance(node, Power) and (exponent := _constant(node.exponent)).denominator == 1:
        return abs(exponent.numerator) * _size(node.base)
    value = _constant(node)
    return max(value.numerator.bit_length(), value.denominator.bit_length(), 1)


def _modulo(node: Node, point: Mapping[str, int], prime: int) -> int:
    """The value of a rational function in the field of `prime` elements."""
    if isinstance(node, Symbol):
        return point[node.name]
    if isinstance(node, Sum):
        return sum(_modulo(term, point, prime) for term in node.terms) % prime
    if isinstance(node, Product):
        product = 1
        for factor in node.factors:
            product = product * _modulo(factor, point, prime) % prime
        return product
    if isinstance(node, Power) and (exponent := _constant(node.exponent)).denominator == 1:
        base = _modulo(node.base, point, prime)
        if base == 0 and exponent <= 0:
            raise UndefinedValueError
        return pow(base, exponent.numerator, prime)
    value = _constant(node)
    return value.numerator * pow(value.denominator, -1, prime) % prime


def _prime(random: Random) -> int:
    """A random prime; one Fermat test errs too rarely at this size to matter, and harmlessly."""
    while True:
        candidate = random.getrandbits(PRIME_BITS) | 1 << PRIME_BITS | 1
        if gcd(candidate, _SMALL_PRIMES) == 1 and pow(2, candidate - 1, candidate) == 1:
            return candidate
