"""Numeric probing: are two scalar expressions equal, judged by their values at random points.

Rational functions with rational coefficients are evaluated modulo large primes: a difference is a
proof, agreement at three primes and points is one up to a chance below 2**-80 (Schwartz 1980,
Zippel 1979). Everything else is evaluated in ball arithmetic (python-flint, Johansson 2017), where
a difference that excludes zero is again a proof; without python-flint, mpmath at two precisions
takes its place. Agreement counts only where the difference is known to be zero to 42 digits,
relative to the smallest value that went into it, at several points.

Readings:

- Symbols are real. Points where both sides are real, and every value on the way is, decide (so
  `sqrt(x) sqrt(y)` is `sqrt(x y)`); only where there are none, complex values do. Where `re`, `im`,
  `conj` or `arg` occur, agreement must hold at complex points too.
- Symbols inside factorials, binomials, `gcd`, `lcm`, `mod`, in bounds of sums, or in the exponent
  of a negative constant are positive integers.
- Functions take principal values. An odd root of a negative real is real; for a power such as
  `(-8)^(1/3)` the real root is tried first and the principal value after it.
- Unknown functions, and sums, integrals, limits that are not finite sums, stand for themselves:
  equal arguments give equal values, and nothing else is known of them.

Points come from a generator seeded with the two expressions, so a verdict never changes between
runs, and does not depend on which side is which.
"""

import importlib.util
import os
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb, factorial, gcd, isqrt, lcm, prod
from random import Random
from typing import Any, Literal

from dpo_math_assets.verifier.nodes import Node, children, free_symbols

__all__ = ["ProbeResult", "exact", "integer_symbols", "probe"]

ProbeResult = Literal["equal", "different", "unknown"]

# Limits before work: nodes of one side, evaluations of one probe, bits of an exact value, terms of
# a sum, bits of an exponent, and the size (degree times height) of a rational function.
MAX_NODES = 2_000
MAX_STEPS = 60_000
MAX_EXACT_BITS = 20_000
MAX_TERMS = 400
MAX_EXPONENT_BITS = 64
MAX_SIZE = 1 << 33

PRIME_BITS = 61
PRIMES = 3

# 2**-140 is 42 decimal digits.
AGREEMENT_BITS = 140
# Working precisions in bits, tried in turn until a point is settled.
PRECISIONS = (192, 768, 3072)

AGREEMENTS = 4
POINTS = 12
# Where both sides are rarely real, or piecewise, more points are looked at.
MORE_POINTS = 48

Values = Mapping[str, Fraction]
# Real and imaginary part of every symbol.
Point = Mapping[str, tuple[Fraction, Fraction]]


class _Unknown(Exception):
    """The expression, or this way of evaluating it, is beyond the limits or the tier."""


class _Undefined(Exception):
    """No finite value at this point."""


class _Vague(Exception):
    """The precision does not settle a sign, a branch or an integer part."""


def probe(a: Node, b: Node) -> ProbeResult:
    """Compare two scalar expressions: `equal` and `different` are established, else `unknown`."""
    if max(_count(a), _count(b)) > MAX_NODES:
        return "unknown"
    try:
        a, b, opaque = _name_atoms(a, b)
        # The same seed for (a, b) and (b, a).
        random = Random("\n".join(sorted((repr(a), repr(b)))))
        result = _probe_rational(a, b, random)
        if result == "unknown":
            result = _probe_points(a, b, random)
    except (_Unknown, RecursionError):
        return "unknown"
    if result == "different" and opaque:
        return "unknown"
    return result


def _count(node: Node) -> int:
    """Nodes of the tree, counted up to just above the limit."""
    total, waiting = 0, [node]
    while waiting and total <= MAX_NODES:
        total += 1
        waiting.extend(children(waiting.pop()))
    return total


# Atoms: what is compared by structure alone.


def _name_atoms(a: Node, b: Node) -> tuple[Node, Node, bool]:
    """Put a fresh symbol for every unknown call, and every sum or integral that has no value here.

    Calls of the same name whose arguments are equal get the same symbol. The third value says
    whether the sides hold different atoms that may be equal all the same, so that a difference
    proves nothing.
    """
    known: list[tuple[Node, Node]] = []

    def name(node: Node) -> Node:
        if node.kind in ("sum", "prod") and _is_finite_sum(node):
            return node
        if node.kind in ("call", "deriv", "integral", "sum", "prod", "limit"):
            for atom, symbol in known:
                if _same_atom(atom, node):
                    return symbol
            known.append((node, Node("sym", (f"#{len(known)}",))))
            return known[-1][1]
        if not children(node):
            return node
        return Node(node.kind, tuple(name(x) if isinstance(x, Node) else x for x in node.args))

    a = name(a)
    in_a = len(known)
    b = name(b)
    in_b = free_symbols(b)
    opaque = any(
        atom.kind != "call" and (index >= in_a or symbol.args[0] not in in_b)
        for index, (atom, symbol) in enumerate(known)
    )
    return a, b, opaque


def _same_atom(a: Node, b: Node) -> bool:
    if a.kind != "call" or b.kind != "call":
        return a == b
    return (
        a.args[0] == b.args[0]
        and len(a.args) == len(b.args)
        and all(
            x == y or probe(x, y) == "equal" for x, y in zip(a.args[1:], b.args[1:], strict=True)
        )
    )


def _is_finite_sum(node: Node) -> bool:
    """Whether the bounds can be integers: no infinity, nothing but integer arithmetic."""
    return all(
        bound is not None and not _holds(bound, lambda part: part.kind == "const")
        for bound in node.args[2:4]
    )


def _holds(node: Node, test: Callable[[Node], bool]) -> bool:
    return test(node) or any(_holds(child, test) for child in children(node))


# Exact values.


def exact(node: Node, values: Values | None = None) -> Fraction | None:
    """The rational value of an expression, or None where it has none within the limits.

    `values` gives values to symbols. Powers and roots count where they come out rational.
    """
    try:
        return _exact(node, values or {})
    except (_Unknown, _Undefined, RecursionError):
        return None


def _exact(node: Node, values: Values) -> Fraction:
    kind, args = node
    if kind in ("num", "dec"):
        return _bounded(Fraction(args[0], args[1]))
    if kind == "sym" and args[0] in values:
        return values[args[0]]
    if kind == "add":
        total = Fraction(0)
        for term in args:
            total = _bounded(total + _exact(term, values))
        return total
    if kind == "mul":
        product = Fraction(1)
        for factor in args:
            product = _bounded(product * _exact(factor, values))
        return product
    if kind == "pow":
        return _exact_power(_exact(args[0], values), _exact(args[1], values))
    if kind == "root":
        index = _exact(args[1], values)
        if index == 0:
            raise _Undefined
        return _exact_power(_exact(args[0], values), 1 / index)
    if kind == "abs":
        return abs(_exact(args[0], values))
    if kind in ("fact", "fact2"):
        return Fraction(_exact_factorial(kind, _integer(_exact(args[0], values))))
    if kind == "func" and args[0] in _EXACT_FUNCTIONS:
        return _bounded(_EXACT_FUNCTIONS[args[0]](*(_exact(x, values) for x in args[1:])))
    if kind in ("sum", "prod"):
        total = Fraction(kind == "prod")
        for inner in _terms(node, values):
            value = _exact(args[0], inner)
            total = _bounded(total + value if kind == "sum" else total * value)
        return total
    raise _Unknown


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_EXACT_BITS:
        raise _Unknown
    return value


def _integer(value: Fraction) -> int:
    if value.denominator != 1:
        raise _Unknown
    return value.numerator


def _exact_power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0:
        if exponent <= 0:
            raise _Undefined
        return base
    if base in (1, -1) and exponent.denominator == 1:
        return base if exponent.numerator % 2 else Fraction(1)
    p, q = exponent.numerator, exponent.denominator
    if q != 1:
        if base < 0 and q % 2 == 0:
            raise _Unknown
        base = Fraction(_exact_root(base.numerator, q), _exact_root(base.denominator, q))
    if abs(p) * max(base.numerator.bit_length(), base.denominator.bit_length()) > MAX_EXACT_BITS:
        raise _Unknown
    return base**p


def _exact_root(value: int, index: int) -> int:
    """The integer root of a perfect power; an odd root of a negative integer is negative."""
    size = abs(value)
    if size < 2:
        return value
    if index > size.bit_length():
        raise _Unknown
    low, high = 1, 1 << (size.bit_length() // index + 1)
    if index == 2:
        low = high = isqrt(size)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**index <= size else (low, middle - 1)
    if low**index != size:
        raise _Unknown
    return low if value > 0 else -low


def _exact_factorial(kind: str, n: int) -> int:
    if n < 0:
        raise _Undefined
    # n! has about n log2(n/e) bits.
    if n * n.bit_length() > 2 * MAX_EXACT_BITS:
        raise _Unknown
    return factorial(n) if kind == "fact" else prod(range(n, 0, -2))


def _over_common_denominator(
    combine: Callable[..., int],
) -> Callable[..., Fraction]:
    """gcd and lcm of rationals: of the numerators over the common denominator."""

    def function(*values: Fraction) -> Fraction:
        denominator = lcm(*(value.denominator for value in values))
        return Fraction(combine(*(int(value * denominator) for value in values)), denominator)

    return function


def _exact_mod(a: Fraction, n: Fraction) -> Fraction:
    if n == 0:
        raise _Undefined
    return a % n


def _exact_binomial(n: Fraction, k: Fraction) -> Fraction:
    top, bottom = _integer(n), _integer(k)
    if top < 0 or bottom > 10_000:
        raise _Unknown
    if min(bottom, top - bottom) * top.bit_length() > MAX_EXACT_BITS:
        raise _Unknown
    return Fraction(comb(top, bottom)) if bottom >= 0 else Fraction(0)


_EXACT_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
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
    "mod": _exact_mod,
    "binom": _exact_binomial,
}


def _terms(node: Node, values: Values) -> Iterator[Values]:
    """The values of a finite sum's or product's terms: `values` with the variable added."""
    low, high = (_integer(_exact(bound, values)) for bound in node.args[2:4])
    if high - low >= MAX_TERMS:
        raise _Unknown
    for index in range(low, high + 1):
        yield {**values, node.args[1].args[0]: Fraction(index)}


# Rational functions, modulo primes.


def _probe_rational(a: Node, b: Node, random: Random) -> ProbeResult:
    """`equal` or `different` for rational functions, `unknown` for anything else."""
    try:
        if _size(a) > MAX_SIZE or _size(b) > MAX_SIZE:
            return "unknown"
        # Sorted, so that a symbol's value does not depend on the order of a set.
        names = sorted(free_symbols(a) | free_symbols(b))
        for _ in range(PRIMES):
            prime = _prime(random)
            point = {name: random.randrange(1, prime) for name in names}
            if _modulo(a, point, prime) != _modulo(b, point, prime):
                return "different"
    except (_Unknown, _Undefined):
        return "unknown"
    return "equal"


def _size(node: Node) -> int:
    """A bound of degree and bits of a rational function; raises `_Unknown` for other trees."""
    kind, args = node
    if kind in ("num", "dec"):
        return max(int(args[0]).bit_length(), int(args[1]).bit_length(), 1)
    if kind == "sym":
        return 1
    if kind in ("add", "mul"):
        return sum(map(_size, args))
    if kind == "pow":
        exponent = _integer(_exact(args[1], {}))
        return abs(exponent) * _size(args[0])
    value = _exact(node, {})
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
    if kind == "pow":
        base, exponent = _modulo(args[0], point, prime), _integer(_exact(args[1], {}))
        if base == 0 and exponent <= 0:
            raise _Undefined
        return pow(base, exponent, prime)
    value = _exact(node, {})
    return value.numerator * pow(value.denominator, -1, prime) % prime


_SMALL_PRIMES = prod(n for n in range(3, 1000, 2) if all(n % d for d in range(3, isqrt(n) + 1, 2)))


def _prime(random: Random) -> int:
    """A random prime; one Fermat test errs too rarely at this size to matter, and harmlessly."""
    while True:
        candidate = random.getrandbits(PRIME_BITS) | 1 << PRIME_BITS | 1
        if gcd(candidate, _SMALL_PRIMES) == 1 and pow(2, candidate - 1, candidate) == 1:
            return candidate


# Everything else, at random points.


def _probe_points(a: Node, b: Node, random: Random) -> ProbeResult:
    """Evaluate at points until a difference is proved or agreement is confirmed."""
    steps = _Steps()
    result, ambiguous = _compare_at_points(a, b, random, steps, real_powers=True)
    if result == "different" and ambiguous:
        result, _ = _compare_at_points(a, b, random, steps, real_powers=False)
    return result


class _Steps:
    """Counts evaluations of nodes, so that a probe ends."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Unknown


def _compare_at_points(
    a: Node, b: Node, random: Random, steps: _Steps, *, real_powers: bool
) -> tuple[ProbeResult, bool]:
    """The outcome, and whether it depends on how a power of a negative number is read."""
    names = sorted(free_symbols(a) | free_symbols(b))
    ambiguous = False
    found: Counter[Outcome] = Counter()
    complex_too = bool(names) and any(_holds(side, _is_complex_part) for side in (a, b))
    piecewise = any(_holds(side, _is_piecewise) for side in (a, b))
    points = _points(a, b, names, random)
    for tried in range(1, MORE_POINTS + 1):
        if not names and tried > 1:
            break
        if tried > POINTS and not piecewise and found["agree"] >= AGREEMENTS:
            break
        outcome, unsure = _compare_at(a, b, next(points), steps, real_powers)
        ambiguous = ambiguous or unsure
        if outcome == "different":
            return "different", ambiguous
        found[outcome] += 1
    needed = AGREEMENTS if names else 1
    if found["agree"] < needed:
        if found["agree"]:
            return "unknown", ambiguous
        if found["different as complex"]:
            return "different", ambiguous
        if found["agree as complex"] < needed:
            only_mixed = found["mixed"] >= needed and not found["agree as complex"]
            return "different" if only_mixed else "unknown", ambiguous
    if complex_too and not _agree_at_complex_points(a, b, names, random, steps, real_powers):
        return "unknown", ambiguous
    return "equal", ambiguous


def _is_complex_part(node: Node) -> bool:
    return node.kind == "func" and node.args[0] in ("re", "im", "conj", "arg")


def _is_piecewise(node: Node) -> bool:
    return node.kind == "abs" or (
        node.kind == "func" and node.args[0] in ("floor", "ceil", "sign", "max", "min", "mod")
    )


def _points(a: Node, b: Node, names: list[str], random: Random) -> Iterator[Point]:
    """Real points of several sizes and signs, some as large as the numbers in the expressions."""
    integers = integer_symbols(a) | integer_symbols(b)
    largest = min(max(_largest(a), _largest(b), 1), 10**6)
    scales = [Fraction(scale) for scale in (2, 4, 2, 1, 12, 2 * largest)]
    turn = 0
    while True:
        scale = scales[turn % len(scales)]
        point: dict[str, tuple[Fraction, Fraction]] = {}
        for name in names:
            if name in integers:
                point[name] = (Fraction(random.randrange(1, 7 + 2 * turn)), Fraction(0))
                continue
            size = scale * Fraction(random.randrange(1, 1 << 24), 1 << 24)
            # The first point is all positive: there most expressions are defined.
            sign = random.choice((1, -1)) if turn else 1
            point[name] = (sign * size, Fraction(0))
        yield point
        turn += 1


def integer_symbols(node: Node) -> frozenset[str]:
    """Symbols that stand for positive integers, by where they occur."""
    kind, args = node
    found = frozenset[str]().union(*map(integer_symbols, children(node)))
    if kind in ("fact", "fact2"):
        return found | free_symbols(args[0])
    if kind == "func" and args[0] in ("binom", "gcd", "lcm", "mod"):
        return found.union(*map(free_symbols, args[1:]))
    if kind in ("sum", "prod"):
        return found | free_symbols(args[2]) | free_symbols(args[3])
    if kind == "pow":
        base = exact(args[0])
        if base is not None and base < 0:
            return found | free_symbols(args[1])
    return found


def _largest(node: Node) -> int:
    """The largest number written in the expression, rounded up."""
    if node.kind in ("num", "dec"):
        return abs(int(node.args[0])) // int(node.args[1]) + 1
    return max(map(_largest, children(node)), default=0)


Outcome = Literal["agree", "different", "agree as complex", "different as complex", "mixed", "none"]


def _compare_at(
    a: Node, b: Node, point: Point, steps: _Steps, real_powers: bool
) -> tuple[Outcome, bool]:
    """Compare the values at one point, at growing precision until they are told apart or agree.

    The second value says whether a negative number was raised to a power that has two readings.
    """
    ambiguous = False
    with _ARITHMETIC:
        for precision in PRECISIONS:
            arithmetic = _arithmetic(precision)
            try:
                x, y = (arithmetic.enclose(side, point, steps, real_powers) for side in (a, b))
            except _Vague:
                continue
            except _Undefined:
                return "none", ambiguous
            ambiguous = x.ambiguous or y.ambiguous
            apart = arithmetic.apart(x, y)
            if apart is None:
                continue
            if x.clean and y.clean:
                return "different" if apart else "agree", ambiguous
            if x.real != y.real:
                return "mixed", ambiguous
            return "different as complex" if apart else "agree as complex", ambiguous
    return "none", ambiguous


def _agree_at_complex_points(
    a: Node, b: Node, names: list[str], random: Random, steps: _Steps, real_powers: bool
) -> bool:
    agreed, n = 0, len(names)
    for _ in range(POINTS):
        parts = [Fraction(random.randrange(-(1 << 24), 1 << 24), 1 << 23) for _ in range(2 * n)]
        point = dict(zip(names, zip(parts[:n], parts[n:], strict=True), strict=True))
        outcome, _ = _compare_at(a, b, point, steps, real_powers)
        if outcome in ("different", "different as complex", "mixed"):
            return False
        agreed += outcome != "none"
    return agreed >= AGREEMENTS


# Arithmetic with a known error: balls where python-flint is installed, else mpmath twice.


@dataclass(frozen=True)
class _Enclosure:
    """A value, and what is needed to judge it."""

    value: Any
    # log2 of the smallest magnitude that went into the value, at most 0.
    smallest: int
    real: bool
    # Whether every value on the way was real too.
    clean: bool
    ambiguous: bool
    # Bound of the error where the value does not carry its own.
    error: Any = None


class _Evaluation(ABC):
    """Evaluates a tree at a point; subclasses supply the numbers."""

    def __init__(self, point: Point, steps: _Steps, real_powers: bool) -> None:
        self.point = dict(point)
        self.reals = {name: re for name, (re, im) in point.items() if im == 0}
        self.steps = steps
        self.real_powers = real_powers
        self.ambiguous = False
        self.seen: list[Any] = []

    # What a kind of number must be able to do.

    @abstractmethod
    def number(self, re: Fraction, im: Fraction) -> Any: ...

    @abstractmethod
    def constant(self, name: str) -> Any: ...

    @abstractmethod
    def apply(self, name: str, x: Any) -> Any:
        """An analytic function of one argument, by its common name, principal value."""

    @abstractmethod
    def general_power(self, x: Any, y: Any) -> Any: ...

    @abstractmethod
    def real_root(self, x: Any, index: int) -> Any:
        """The positive root of a positive real."""

    @abstractmethod
    def finite(self, x: Any) -> bool: ...

    @abstractmethod
    def is_zero(self, x: Any) -> bool:
        """Whether x is zero; raises `_Vague` where that cannot be told."""

    @abstractmethod
    def sign(self, x: Any) -> int | None:
        """The sign of a real, None for what is not real; raises `_Vague` where unclear."""

    @abstractmethod
    def floor(self, x: Any) -> int:
        """The integer part of a real."""

    @abstractmethod
    def extreme(self, name: str, x: Any, y: Any) -> Any:
        """The greater (`max`) or smaller (`min`) of two reals."""

    @abstractmethod
    def log2(self, x: Any) -> int | None:
        """An estimate of log2 |x|, None if x may be zero."""

    # The expression's kinds, in these terms.

    def of(self, node: Node) -> Any:
        self.steps.take()
        value = getattr(self, f"_{node.kind}", self._beyond)(node)
        if not self.finite(value):
            raise _Vague
        self.seen.append(value)
        return value

    def _beyond(self, node: Node) -> Any:
        raise _Unknown

    def _num(self, node: Node) -> Any:
        return self.number(Fraction(node.args[0], node.args[1]), Fraction(0))

    _dec = _num

    def _const(self, node: Node) -> Any:
        if node.args[0] not in ("pi", "e", "i"):
            raise _Unknown
        return self.constant(node.args[0])

    def _sym(self, node: Node) -> Any:
        return self.number(*self.point[node.args[0]])

    def _add(self, node: Node) -> Any:
        total = self.of(node.args[0])
        for term in node.args[1:]:
            total = total + self.of(term)
        return total

    def _mul(self, node: Node) -> Any:
        product = self.of(node.args[0])
        for factor in node.args[1:]:
            product = product * self.of(factor)
        return product

    def _pow(self, node: Node) -> Any:
        base, exponent = self.of(node.args[0]), exact(node.args[1], self.reals)
        if exponent is None:
            power = self.of(node.args[1])
            if self.is_zero(base):
                raise _Undefined
            return self.general_power(base, power)
        p, q = exponent.numerator, exponent.denominator
        if p.bit_length() > MAX_EXPONENT_BITS:
            raise _Unknown
        if q == 1:
            return self.integer_power(base, p)
        if q % 2 and self.sign(base) == -1 and not free_symbols(node.args[1]):
            self.ambiguous = True
            if self.real_powers:
                return self.integer_power(-self.real_root(-base, q), p)
        if p < 0:
            return 1 / self.nonzero(self._principal(base, -exponent))
        return self._principal(base, exponent)

    def _principal(self, base: Any, exponent: Fraction) -> Any:
        """A power with a positive exponent that is no integer."""
        if exponent.denominator == 2:
            return self.integer_power(self.apply("sqrt", base), exponent.numerator)
        if self.is_zero(base):
            return base
        return self.general_power(base, self.number(exponent, Fraction(0)))

    def integer_power(self, base: Any, exponent: int) -> Any:
        if exponent <= 0:
            base = self.nonzero(base)
        size = self.log2(base)
        if size is not None and abs(size * exponent) > 1 << 40:
            raise _Unknown
        return base**exponent

    def nonzero(self, x: Any) -> Any:
        if self.is_zero(x):
            raise _Undefined
        return x

    def _root(self, node: Node) -> Any:
        base, index = self.of(node.args[0]), exact(node.args[1], self.reals)
        if index is None:
            return self.general_power(self.nonzero(base), 1 / self.of(node.args[1]))
        if index == 0:
            raise _Undefined
        if index.denominator == 1 and index % 2 and index > 0 and self.sign(base) == -1:
            return -self.real_root(-base, int(index))
        if index < 0:
            return 1 / self._principal(self.nonzero(base), -1 / index)
        return self._principal(base, 1 / index) if index != 1 else base

    def _abs(self, node: Node) -> Any:
        return self.number(Fraction(0), Fraction(0)) + abs(self.of(node.args[0]))

    def _fact(self, node: Node) -> Any:
        value = exact(node, self.reals)
        if value is not None:
            return self.number(value, Fraction(0))
        x = self.of(node.args[0])
        size = self.log2(x)
        if size is not None and size > 64:
            raise _Unknown
        return self.apply("gamma", x + 1)

    def _fact2(self, node: Node) -> Any:
        value = exact(node, self.reals)
        if value is None:
            raise _Unknown
        return self.number(value, Fraction(0))

    def _sum(self, node: Node) -> Any:
        total = self.number(Fraction(node.kind == "prod"), Fraction(0))
        name = node.args[1].args[0]
        outer, outer_reals = self.point, self.reals
        for values in _terms(node, outer_reals):
            self.reals = dict(values)
            self.point = {**outer, name: (values[name], Fraction(0))}
            term = self.of(node.args[0])
            total = total + term if node.kind == "sum" else total * term
        self.point, self.reals = outer, outer_reals
        return total

    _prod = _sum

    def _func(self, node: Node) -> Any:
        name, arguments = node.args[0], node.args[1:]
        if name in _EXACT_FUNCTIONS:
            value = exact(node, self.reals)
            if value is not None:
                return self.number(value, Fraction(0))
        values = [self.of(x) for x in arguments]
        if name in _ONE_ARGUMENT:
            return self.apply(_ONE_ARGUMENT[name], values[0])
        if name in _OF_RECIPROCAL:
            if name == "acot" and self.is_zero(values[0]):
                return self.constant("pi") / 2
            return self.apply(_OF_RECIPROCAL[name], 1 / self.nonzero(values[0]))
        if name == "log":
            logarithms = [self.apply("log", self.nonzero(x)) for x in values]
            return logarithms[0] / self.nonzero(logarithms[1])
        if name in ("max", "min"):
            best = values[0]
            for value in values[1:]:
                best = self.extreme(name, best, value)
            return best
        if name in ("floor", "ceil"):
            sign = 1 if name == "floor" else -1
            return self.number(Fraction(sign * self.floor(sign * values[0])), Fraction(0))
        if name == "mod":
            return values[0] - values[1] * self.floor(values[0] / self.nonzero(values[1]))
        if name == "sign":
            sign_of = self.sign(values[0])
            if sign_of is None:
                raise _Undefined
            return self.number(Fraction(sign_of), Fraction(0))
        zero = self.number(Fraction(0), Fraction(0))
        if name == "re":
            return zero + values[0].real
        if name == "im":
            return zero + values[0].imag
        if name == "conj":
            return values[0].conjugate()
        if name == "arg":
            return zero + self.apply("log", self.nonzero(values[0])).imag
        raise _Unknown


# Functions by the name that python-flint and mpmath share, and those of 1/x.
_ONE_ARGUMENT = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan")},
    **{name: name for name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
    **{name: name for name in ("asinh", "acosh", "atanh", "exp")},
    "ln": "log",
}
_OF_RECIPROCAL = {
    **{"acot": "atan", "asec": "acos", "acsc": "asin"},
    **{"acoth": "atanh", "asech": "acosh", "acsch": "asinh"},
}


class _Balls(_Evaluation):
    """Complex balls of python-flint: every value encloses the true one."""

    def __init__(self, point: Point, steps: _Steps, real_powers: bool) -> None:
        import flint

        super().__init__(point, steps, real_powers)
        self.flint = flint

    def number(self, re: Fraction, im: Fraction) -> Any:
        parts = (self.flint.fmpq(part.numerator, part.denominator) for part in (re, im))
        return self.flint.acb(*parts)

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.flint.acb(0, 1)
        return self.flint.acb.pi() if name == "pi" else self.flint.acb(1).exp()

    def apply(self, name: str, x: Any) -> Any:
        return getattr(x, name)()

    def general_power(self, x: Any, y: Any) -> Any:
        return x.pow(y)

    def real_root(self, x: Any, index: int) -> Any:
        return self.flint.acb(x.real.root(index))

    def finite(self, x: Any) -> bool:
        return bool(x.is_finite())

    def is_zero(self, x: Any) -> bool:
        if x.is_zero():
            return True
        if x.contains(0):
            raise _Vague
        return False

    def sign(self, x: Any) -> int | None:
        if not x.imag.is_zero():
            if x.imag.contains(0):
                raise _Vague
            return None
        if x.real.contains(0):
            if not x.real.is_zero() and not _is_tiny(x.real.rad()):
                raise _Vague
            return 0
        return 1 if x.real > 0 else -1

    def floor(self, x: Any) -> int:
        if not x.imag.contains(0):
            raise _Undefined
        low, high = x.real.lower().floor(), x.real.upper().floor()
        if low == high and low.is_exact():
            return int(low.fmpz())
        near = (x.real + self.flint.arb(self.flint.fmpq(1, 2))).mid().floor()
        if near.is_exact() and x.real.contains(near) and _is_tiny(x.real.rad()):
            return int(near.fmpz())
        raise _Vague

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        if not (x.imag.is_zero() and y.imag.is_zero()):
            raise _Undefined
        return self.flint.acb(getattr(x.real, name)(y.real))

    def log2(self, x: Any) -> int | None:
        mantissa, exponent = x.abs_lower().man_exp()
        return int(mantissa).bit_length() + int(exponent) if mantissa else None


def _is_tiny(radius: Any) -> bool:
    mantissa, exponent = radius.man_exp()
    return not mantissa or int(mantissa).bit_length() + int(exponent) < -AGREEMENT_BITS


class _Floats(_Evaluation):
    """mpmath's complex numbers at a working precision; the error shows from two evaluations."""

    def __init__(self, context: Any, point: Point, steps: _Steps, real_powers: bool) -> None:
        super().__init__(point, steps, real_powers)
        self.context = context

    def number(self, re: Fraction, im: Fraction) -> Any:
        parts = (self.context.mpf(part.numerator) / part.denominator for part in (re, im))
        return self.context.mpc(*parts)

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.context.mpc(0, 1)
        return self.context.mpc(+getattr(self.context, name))

    def apply(self, name: str, x: Any) -> Any:
        size = self.log2(x)
        if size is not None and size > (40 if name in ("exp", "gamma") else 2_000):
            raise _Unknown
        try:
            return self.context.mpc(getattr(self.context, name)(x))
        except (ValueError, ZeroDivisionError) as pole:
            raise _Undefined from pole

    def general_power(self, x: Any, y: Any) -> Any:
        return self.apply("exp", y * self.apply("log", x))

    def real_root(self, x: Any, index: int) -> Any:
        return self.context.mpc(self.context.root(x.real, index))

    def finite(self, x: Any) -> bool:
        return bool(self.context.isfinite(x))

    def _negligible(self, x: Any, scale: Any) -> bool:
        return bool(abs(x) <= abs(scale) * self.context.mpf(2) ** (24 - self.context.prec))

    def is_zero(self, x: Any) -> bool:
        return bool(x == 0)

    def sign(self, x: Any) -> int | None:
        if not self._negligible(x.imag, max(abs(x.real), 1)):
            return None
        if self._negligible(x.real, 1):
            return 0
        return 1 if x.real > 0 else -1

    def floor(self, x: Any) -> int:
        if self.sign(x) is None:
            raise _Undefined
        near = self.context.nint(x.real)
        if self._negligible(x.real - near, max(abs(x.real), 1)):
            return int(near)
        return int(self.context.floor(x.real))

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        if self.sign(x) is None or self.sign(y) is None:
            raise _Undefined
        return self.context.mpc({"max": max, "min": min}[name](x.real, y.real))

    def log2(self, x: Any) -> int | None:
        return None if x == 0 else int(self.context.mag(x))


class _BallArithmetic:
    """Values as balls of python-flint at one precision."""

    def __init__(self, precision: int) -> None:
        self.precision = precision

    def enclose(self, node: Node, point: Point, steps: _Steps, real_powers: bool) -> _Enclosure:
        import flint

        with flint.ctx.workprec(self.precision):
            evaluation = _Balls(point, steps, real_powers)
            value = evaluation.of(node)
        clean = all(bool(inner.imag.contains(0)) for inner in evaluation.seen)
        real = clean or bool(value.imag.contains(0))
        sizes = map(evaluation.log2, evaluation.seen)
        return _Enclosure(value, _smallest(sizes), real, clean, evaluation.ambiguous)

    def apart(self, x: _Enclosure, y: _Enclosure) -> bool | None:
        """True if the values certainly differ, False if they agree, None if neither is clear."""
        import flint

        with flint.ctx.workprec(self.precision):
            difference = x.value - y.value
            if not difference.contains(0):
                return True
            bound = flint.arb(2) ** (min(x.smallest, y.smallest) - AGREEMENT_BITS)
            if difference.real.rad() < bound and difference.imag.rad() < bound:
                return False
        return None


def _smallest(sizes: Iterable[int | None]) -> int:
    return min((size for size in sizes if size is not None), default=0)


class _FloatArithmetic:
    """Values by mpmath, at this precision and at more than twice that, to see the error."""

    def __init__(self, precision: int) -> None:
        import mpmath

        self.precision = precision
        self.low, self.high = mpmath.MPContext(), mpmath.MPContext()
        self.low.prec, self.high.prec = precision, 2 * precision + 64

    def enclose(self, node: Node, point: Point, steps: _Steps, real_powers: bool) -> _Enclosure:
        evaluation = _Floats(self.low, point, steps, real_powers)
        rough, seen_rough = evaluation.of(node), evaluation.seen
        evaluation = _Floats(self.high, point, steps, real_powers)
        value = evaluation.of(node)
        if len(seen_rough) != len(evaluation.seen):
            raise _Vague
        # What changes by half of itself between the precisions may be zero.
        sizes = (
            evaluation.log2(inner)
            for inner, before in zip(evaluation.seen, seen_rough, strict=True)
            if 2 * abs(inner - before) < abs(inner)
        )
        two = self.high.mpf(2)
        error = 2**16 * abs(value - rough) + abs(value) * two ** (16 - self.precision)
        real = bool(abs(value.imag) <= error)
        clean = real and all(inner.imag == 0 for inner in evaluation.seen[:-1])
        return _Enclosure(value, _smallest(sizes), real, clean, evaluation.ambiguous, error)

    def apart(self, x: _Enclosure, y: _Enclosure) -> bool | None:
        """True if the values differ, False if they agree, None if neither is clear."""
        error = x.error + y.error
        if abs(x.value - y.value) > error:
            return True
        bound = self.high.mpf(2) ** (min(x.smallest, y.smallest) - AGREEMENT_BITS)
        return False if error < bound else None


Arithmetic = _BallArithmetic | _FloatArithmetic


@cache
def _arithmetic(precision: int) -> Arithmetic:
    if importlib.util.find_spec("flint") is not None:
        return _BallArithmetic(precision)
    return _FloatArithmetic(precision)


# Both libraries keep their working precision in one place for all threads.
_ARITHMETIC = threading.Lock()


def _new_lock() -> None:
    global _ARITHMETIC
    _ARITHMETIC = threading.Lock()


# A forked child may inherit the lock in the hand of a thread that it has not.
os.register_at_fork(after_in_child=_new_lock)
