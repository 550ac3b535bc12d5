"""Values of expressions with a known error: balls of python-flint, or mpmath at two precisions.

A ball encloses the true value (Johansson, "Arb", 2017), so that two balls which do not meet prove
a difference. Without python-flint, an expression is evaluated by mpmath at a precision and at more
than twice that, and what the two have in common counts.

Functions take principal values. An odd root of a negative real is real; a power of a negative real
with an odd denominator, such as `(-8)^(1/3)`, is read as asked. Both libraries keep their working
precision in one place for all threads, so a lock holds each evaluation together.
"""

import importlib.util
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from dpo_math_assets.verifier.algebra.budget import (
    Budget,
    UndefinedValueError,
    UnknownValueError,
)
from dpo_math_assets.verifier.algebra.exact import EXACT_FUNCTIONS, exact, terms
from dpo_math_assets.verifier.syntax.nodes import Node, free_symbols

__all__ = ["Comparison", "Point", "compare_values"]

# Real and imaginary part of every symbol.
Point = Mapping[str, tuple[Fraction, Fraction]]

# Values agree where their difference is known to be below 2**-640, 192 decimal digits: 40 digits
# would do for what people mix up, and not for tanh(200) and 1. mpmath, which is much slower, has to
# make do with 42 digits.
AGREEMENT_BITS = 640
FLOAT_AGREEMENT_BITS = 140
MAX_EXPONENT_BITS = 64
MAX_ROOT_INDEX = 1 << 20


class _Vague(Exception):
    """The precision does not settle a sign, a branch or an integer part."""


class Comparison(NamedTuple):
    """What two values at one point say of two expressions.

    `apart` is True where the values certainly differ, False where they agree, None where neither
    is known. `real`: both are real; `mixed`: just one is; `clean`: both are, and every value on the
    way was. `ambiguous`: a power of a negative number was read in one of its two senses.
    """

    apart: bool | None
    real: bool = False
    mixed: bool = False
    clean: bool = False
    ambiguous: bool = False


def compare_values(
    a: Node, b: Node, point: Point, budget: Budget, *, real_powers: bool
) -> Comparison:
    """Compare the values of two expressions at a point, at growing precision until that is settled.

    `real_powers` reads powers of negative reals with an odd denominator as real. Raises
    `UnknownValueError` for what cannot be evaluated, and when the budget is spent.
    """
    with _LOCK:
        for arithmetic in _arithmetics():
            try:
                x = arithmetic.enclose(a, point, budget, real_powers)
                y = arithmetic.enclose(b, point, budget, real_powers)
            except _Vague:
                continue
            except UndefinedValueError:
                break
            apart = arithmetic.apart(x, y)
            if apart is not None:
                return Comparison(
                    apart,
                    real=x.real and y.real,
                    mixed=x.real != y.real,
                    clean=x.clean and y.clean,
                    ambiguous=x.ambiguous or y.ambiguous,
                )
    return Comparison(None)


class _Enclosure(NamedTuple):
    """The value of one expression, and what is needed to judge it."""

    value: Any
    # log2 of the smallest magnitude that went into the value, at most 0. Values that differ, as
    # most do, are told apart without it.
    smallest: Callable[[], int]
    real: bool
    clean: bool
    ambiguous: bool
    # Bound of the error where the value does not carry its own.
    error: Any = None


class _Evaluation(ABC):
    """Evaluates a tree at a point; subclasses supply the numbers."""

    # Steps that an operation, an analytic function and a gamma function take at this precision.
    costs: tuple[int, int, int]

    def __init__(self, point: Point, budget: Budget, real_powers: bool) -> None:
        self.point = dict(point)
        self.reals = {name: re for name, (re, im) in point.items() if im == 0}
        self.budget = budget
        self.real_powers = real_powers
        self.ambiguous = False
        self.seen: list[Any] = []

    # What a kind of number must be able to do.

    @abstractmethod
    def ratio(self, p: int, q: int) -> Any:
        """The rational p/q."""

    @abstractmethod
    def constant(self, name: str) -> Any: ...

    @abstractmethod
    def function(self, name: str, x: Any) -> Any:
        """An analytic function of one argument, by its common name, principal value."""

    @abstractmethod
    def power(self, x: Any, y: Any) -> Any:
        """The principal power of a base that is not zero."""

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
        self.budget.spend(self.costs[0])
        value = getattr(self, f"_{node.kind}", self._beyond)(node)
        if not self.finite(value):
            raise _Vague
        self.seen.append(value)
        return value

    def _beyond(self, node: Node) -> Any:
        raise UnknownValueError

    def apply(self, name: str, x: Any) -> Any:
        self.budget.spend(self.costs[2 if name == "gamma" else 1])
        return self.function(name, x)

    def general(self, x: Any, y: Any) -> Any:
        self.budget.spend(2 * self.costs[1])
        return self.power(x, y)

    def _num(self, node: Node) -> Any:
        return self.ratio(node.args[0], node.args[1])

    _dec = _num

    def fraction(self, value: Fraction) -> Any:
        return self.ratio(value.numerator, value.denominator)

    def _const(self, node: Node) -> Any:
        if node.args[0] not in ("pi", "e", "i"):
            raise UnknownValueError
        return self.constant(node.args[0])

    def _sym(self, node: Node) -> Any:
        re, im = self.point[node.args[0]]
        if im == 0:
            return self.fraction(re)
        return self.fraction(re) + self.fraction(im) * self.constant("i")

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
        base, exponent = self.of(node.args[0]), exact(node.args[1], self.reals, self.budget)
        if exponent is None:
            return self.general(self.nonzero(base), self.of(node.args[1]))
        p, q = exponent.numerator, exponent.denominator
        if p.bit_length() > MAX_EXPONENT_BITS:
            raise UnknownValueError
        if q == 1:
            return self.integer_power(base, p)
        if q % 2 and not free_symbols(node.args[1]) and self.sign(base) == -1:
            self.ambiguous = True
            if self.real_powers:
                return self.integer_power(self.odd_root(base, q), p)
        if p < 0:
            return 1 / self.nonzero(self._principal(base, -exponent))
        return self._principal(base, exponent)

    def _principal(self, base: Any, exponent: Fraction) -> Any:
        """A power with a positive exponent that is no integer."""
        if exponent.denominator == 2:
            return self.integer_power(self.apply("sqrt", base), exponent.numerator)
        if self.is_zero(base):
            return base
        return self.general(base, self.fraction(exponent))

    def integer_power(self, base: Any, exponent: int) -> Any:
        if exponent == 1:
            return base
        if exponent <= 0:
            base = self.nonzero(base)
        size = self.log2(base)
        if size is not None and abs(size * exponent) > 1 << 40:
            raise UnknownValueError
        return base**exponent

    def nonzero(self, x: Any) -> Any:
        if self.is_zero(x):
            raise UndefinedValueError
        return x

    def odd_root(self, base: Any, index: int) -> Any:
        """The real root of a negative real."""
        if index > MAX_ROOT_INDEX:
            raise UnknownValueError
        self.budget.spend(self.costs[1])
        return -self.real_root(-base, index)

    def _root(self, node: Node) -> Any:
        base, index = self.of(node.args[0]), exact(node.args[1], self.reals, self.budget)
        if index is None:
            power = 1 / self.nonzero(self.of(node.args[1]))
            return self.general(self.nonzero(base), power)
        if index == 0:
            raise UndefinedValueError
        if index.denominator == 1 and index % 2 and index > 0 and self.sign(base) == -1:
            return self.odd_root(base, int(index))
        if index < 0:
            return 1 / self._principal(self.nonzero(base), -1 / index)
        return self._principal(base, 1 / index) if index != 1 else base

    def _abs(self, node: Node) -> Any:
        return self.ratio(0, 1) + abs(self.of(node.args[0]))

    def _fact(self, node: Node) -> Any:
        value = exact(node, self.reals, self.budget)
        if value is not None:
            return self.fraction(value)
        x = self.of(node.args[0])
        size = self.log2(x)
        if size is not None and size > 64:
            raise UnknownValueError
        return self.apply("gamma", x + 1)

    def _fact2(self, node: Node) -> Any:
        value = exact(node, self.reals, self.budget)
        if value is None:
            raise UnknownValueError
        return self.fraction(value)

    def _sum(self, node: Node) -> Any:
        name = node.args[1].args[0]
        bounds = [exact(bound, self.reals, self.budget) for bound in node.args[2:4]]
        if any(bound is None or bound.denominator != 1 for bound in bounds):
            raise UnknownValueError
        low, high = (int(bound or 0) for bound in bounds)
        total = self.ratio(int(node.kind == "prod"), 1)
        outer, outer_reals = self.point, self.reals
        for values in terms(name, low, high, outer_reals):
            self.reals = dict(values)
            self.point = {**outer, name: (values[name], Fraction(0))}
            term = self.of(node.args[0])
            total = total + term if node.kind == "sum" else total * term
        self.point, self.reals = outer, outer_reals
        return total

    _prod = _sum

    def _func(self, node: Node) -> Any:
        name, arguments = node.args[0], node.args[1:]
        if name in EXACT_FUNCTIONS:
            value = exact(node, self.reals, self.budget)
            if value is not None:
                return self.fraction(value)
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
            return self.ratio(sign * self.floor(sign * values[0]), 1)
        if name == "mod":
            return values[0] - values[1] * self.floor(values[0] / self.nonzero(values[1]))
        if name == "sign":
            sign_of = self.sign(values[0])
            if sign_of is None:
                raise UndefinedValueError
            return self.ratio(sign_of, 1)
        zero = self.ratio(0, 1)
        if name == "re":
            return zero + values[0].real
        if name == "im":
            return zero + values[0].imag
        if name == "conj":
            return values[0].conjugate()
        if name == "arg":
            return zero + self.apply("log", self.nonzero(values[0])).imag
        raise UnknownValueError


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

    def __init__(
        self, costs: tuple[int, int, int], point: Point, budget: Budget, real_powers: bool
    ) -> None:
        import flint

        super().__init__(point, budget, real_powers)
        self.costs = costs
        self.flint = flint

    def ratio(self, p: int, q: int) -> Any:
        return self.flint.acb(self.flint.fmpq(p, q))

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.flint.acb(0, 1)
        return self.flint.acb.pi() if name == "pi" else self.flint.acb(1).exp()

    def function(self, name: str, x: Any) -> Any:
        return getattr(x, name)()

    def power(self, x: Any, y: Any) -> Any:
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
            if not _is_tiny(x.real.rad()):
                raise _Vague
            return 0
        return 1 if x.real > 0 else -1

    def floor(self, x: Any) -> int:
        if not x.imag.contains(0):
            raise UndefinedValueError
        near = (x.real.mid() + self.flint.fmpq(1, 2)).floor().unique_fmpz()
        if near is not None and x.real.contains(near) and _is_tiny(x.real.rad()):
            return int(near)
        below = x.real.floor().unique_fmpz()
        if below is None:
            raise _Vague
        return int(below)

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        if not (x.imag.is_zero() and y.imag.is_zero()):
            raise UndefinedValueError
        return self.flint.acb(getattr(x.real, name)(y.real))

    def log2(self, x: Any) -> int | None:
        mantissa, exponent = x.abs_lower().man_exp()
        return int(mantissa).bit_length() + int(exponent) if mantissa else None


def _is_tiny(radius: Any) -> bool:
    mantissa, exponent = radius.man_exp()
    return not mantissa or int(mantissa).bit_length() + int(exponent) < -AGREEMENT_BITS


class _Floats(_Evaluation):
    """mpmath's complex numbers at a working precision; the error shows from two evaluations."""

    def __init__(
        self,
        context: Any,
        costs: tuple[int, int, int],
        point: Point,
        budget: Budget,
        real_powers: bool,
    ) -> None:
        super().__init__(point, budget, real_powers)
        self.costs = costs
        self.context = context

    def ratio(self, p: int, q: int) -> Any:
        return self.context.mpc(self.context.mpf(p) / q)

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.context.mpc(0, 1)
        return self.context.mpc(+getattr(self.context, name))

    def function(self, name: str, x: Any) -> Any:
        size = self.log2(x)
        # mpmath works to as many more digits as an argument has before its point.
        if size is not None and size > (40 if name in ("exp", "gamma") else 2_000):
            raise UnknownValueError
        try:
            return self.context.mpc(getattr(self.context, name)(x))
        except (ValueError, ZeroDivisionError) as pole:
            raise UndefinedValueError from pole

    def power(self, x: Any, y: Any) -> Any:
        return self.function("exp", y * self.function("log", x))

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
            raise UndefinedValueError
        near = self.context.nint(x.real)
        if self._negligible(x.real - near, max(abs(x.real), 1)):
            return int(near)
        return int(self.context.floor(x.real))

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        if self.sign(x) is None or self.sign(y) is None:
            raise UndefinedValueError
        return self.context.mpc({"max": max, "min": min}[name](x.real, y.real))

    def log2(self, x: Any) -> int | None:
        return None if x == 0 else int(self.context.mag(x))


class _BallArithmetic:
    """Balls of python-flint at one precision in bits."""

    def __init__(self, precision: int, costs: tuple[int, int, int]) -> None:
        self.precision = precision
        self.costs = costs

    def enclose(self, node: Node, point: Point, budget: Budget, real_powers: bool) -> _Enclosure:
        import flint

        with flint.ctx.workprec(self.precision):
            evaluation = _Balls(self.costs, point, budget, real_powers)
            value = evaluation.of(node)
            clean = all(bool(inner.imag.contains(0)) for inner in evaluation.seen)
        return _Enclosure(
            value,
            lambda: _smallest(map(evaluation.log2, evaluation.seen)),
            real=clean or bool(value.imag.contains(0)),
            clean=clean,
            ambiguous=evaluation.ambiguous,
        )

    def apart(self, x: _Enclosure, y: _Enclosure) -> bool | None:
        """True if the values certainly differ, False if they agree, None if neither is clear."""
        import flint

        with flint.ctx.workprec(self.precision):
            difference = x.value - y.value
        if not difference.contains(0):
            return True
        bound = flint.arb(2) ** (min(x.smallest(), y.smallest()) - AGREEMENT_BITS)
        if difference.real.rad() < bound and difference.imag.rad() < bound:
            return False
        return None


class _FloatArithmetic:
    """mpmath at a precision in bits, and at more than twice that, to see the error."""

    def __init__(self, precision: int, costs: tuple[int, int, int]) -> None:
        import mpmath

        self.precision = precision
        self.costs = costs
        self.low, self.high = mpmath.MPContext(), mpmath.MPContext()
        self.low.prec, self.high.prec = precision, 2 * precision + 64

    def enclose(self, node: Node, point: Point, budget: Budget, real_powers: bool) -> _Enclosure:
        rough = _Floats(self.low, self.costs, point, budget, real_powers)
        about = rough.of(node)
        fine = _Floats(self.high, self.costs, point, budget, real_powers)
        value = fine.of(node)
        if len(rough.seen) != len(fine.seen):
            raise _Vague
        two = self.high.mpf(2)
        error = two**16 * abs(value - about) + abs(value) * two ** (16 - self.precision)
        real = bool(abs(value.imag) <= error)
        # What changes by half of itself between the precisions may be zero.
        sizes = [
            fine.log2(inner)
            for inner, before in zip(fine.seen, rough.seen, strict=True)
            if 2 * abs(inner - before) < abs(inner)
        ]
        return _Enclosure(
            value,
            lambda: _smallest(sizes),
            real=real,
            clean=real and all(inner.imag == 0 for inner in fine.seen[:-1]),
            ambiguous=fine.ambiguous,
            error=error,
        )

    def apart(self, x: _Enclosure, y: _Enclosure) -> bool | None:
        """True if the values differ, False if they agree, None if neither is clear."""
        error = x.error + y.error
        if abs(x.value - y.value) > error:
            return True
        bound = self.high.mpf(2) ** (min(x.smallest(), y.smallest()) - FLOAT_AGREEMENT_BITS)
        return False if error < bound else None


def _smallest(sizes: Iterable[int | None]) -> int:
    """The least of the sizes (log2) that are known, and of 0."""
    return min((size for size in sizes if size is not None and size < 0), default=0)


@cache
def _arithmetics() -> tuple[_BallArithmetic, ...] | tuple[_FloatArithmetic, ...]:
    """The arithmetics to try in turn, coarsest first, with what their steps cost (measured)."""
    if importlib.util.find_spec("flint") is not None:
        return (
            _BallArithmetic(192, (6, 12, 40)),
            _BallArithmetic(768, (8, 30, 200)),
            _BallArithmetic(3072, (25, 500, 6_000)),
        )
    return (
        _FloatArithmetic(192, (25, 250, 3_000)),
        _FloatArithmetic(768, (50, 1_500, 30_000)),
    )


_LOCK = threading.Lock()


def _new_lock() -> None:
    global _LOCK
    _LOCK = threading.Lock()


# A forked child may inherit the lock in the hand of a thread that it has not.
os.register_at_fork(after_in_child=_new_lock)
