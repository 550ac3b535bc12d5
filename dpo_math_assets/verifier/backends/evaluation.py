"""The value of an expression at a point, in complex balls of python-flint.

Every ball encloses the true value (Johansson, "Arb", 2017); two that do not meet differ.

Functions take principal values. An odd root of a negative real is real; a power of a negative real
with an odd denominator, such as `(-8)^(1/3)`, is read as asked.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from dpo_math_assets.errors import InternalError
from dpo_math_assets.verifier.algebra.budget import Budget, UndefinedValueError, UnknownValueError
from dpo_math_assets.verifier.algebra.exact import EXACT_FUNCTIONS, exact, terms
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import free_symbols

# Real and imaginary part of every symbol.
Point = Mapping[str, tuple[Fraction, Fraction]]

# Values agree where their difference is known to be below 2**-640, 192 decimal digits: 40 digits
# would do for what people mix up, and not for tanh(200) and 1.
AGREEMENT_BITS = 640
MAX_EXPONENT_BITS = 64
MAX_ROOT_INDEX = 1 << 20


class InsufficientPrecisionError(InternalError):
    """The precision does not settle a sign, a branch or an integer part."""


class Evaluation:
    """Evaluates a tree at a point, in complex balls of the precision that is in force."""

    def __init__(
        self, costs: tuple[int, int, int], point: Point, budget: Budget, real_powers: bool
    ) -> None:
        """`costs`: steps of an operation, an analytic function and a gamma function."""
        import flint

        self.flint = flint
        self.costs = costs
        self.point = dict(point)
        self.reals = {name: re for name, (re, im) in point.items() if im == 0}
        self.budget = budget
        self.real_powers = real_powers
        self.ambiguous = False
        self.seen: list[Any] = []

    # What is asked of a ball.

    def ratio(self, p: int, q: int) -> Any:
        return self.flint.acb(self.flint.fmpq(p, q))

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.flint.acb(0, 1)
        return self.flint.acb.pi() if name == "pi" else self.flint.acb(1).exp()

    def is_zero(self, x: Any) -> bool:
        """Whether x is zero; raises `InsufficientPrecisionError` where that cannot be told."""
        if x.is_zero():
            return True
        if x.contains(0):
            raise InsufficientPrecisionError
        return False

    def sign(self, x: Any) -> int | None:
        """The sign of a real, None for what is not real.

        Raises `InsufficientPrecisionError` where that is unclear.
        """
        if not x.imag.is_zero():
            if x.imag.contains(0):
                raise InsufficientPrecisionError
            return None
        if x.real.contains(0):
            if not _is_tiny(x.real.rad()):
                raise InsufficientPrecisionError
            return 0
        return 1 if x.real > 0 else -1

    def floor(self, x: Any) -> int:
        """The integer part of a real."""
        if not x.imag.contains(0):
            raise UndefinedValueError
        near = (x.real.mid() + self.flint.fmpq(1, 2)).floor().unique_fmpz()
        if near is not None and x.real.contains(near) and _is_tiny(x.real.rad()):
            return int(near)
        below = x.real.floor().unique_fmpz()
        if below is None:
            raise InsufficientPrecisionError
        return int(below)

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        """The greater (`max`) or smaller (`min`) of two reals."""
        if not (x.imag.is_zero() and y.imag.is_zero()):
            raise UndefinedValueError
        return self.flint.acb(getattr(x.real, name)(y.real))

    # The expression's kinds, in these terms.

    def of(self, node: Node) -> Any:
        self.budget.spend(self.costs[0])
        evaluated = _EVALUATED.get(type(node))
        if evaluated is None:
            raise UnknownValueError
        value = evaluated(self, node)
        if not value.is_finite():
            raise InsufficientPrecisionError
        self.seen.append(value)
        return value

    def apply(self, name: str, x: Any) -> Any:
        self.budget.spend(self.costs[2 if name == "gamma" else 1])
        return getattr(x, name)()

    def general(self, x: Any, y: Any) -> Any:
        self.budget.spend(2 * self.costs[1])
        return x.pow(y)

    def _rational(self, node: nodes.Number | nodes.Decimal) -> Any:
        return self.ratio(node.p, node.q)

    def fraction(self, value: Fraction) -> Any:
        return self.ratio(value.numerator, value.denominator)

    def _constant(self, node: nodes.Constant) -> Any:
        if node.name not in ("pi", "e", "i"):
            raise UnknownValueError
        return self.constant(node.name)

    def _symbol(self, node: nodes.Symbol) -> Any:
        re, im = self.point[node.name]
        if im == 0:
            return self.fraction(re)
        return self.fraction(re) + self.fraction(im) * self.constant("i")

    def _sum(self, node: nodes.Sum) -> Any:
        total = self.of(node.terms[0])
        for term in node.terms[1:]:
            total = total + self.of(term)
        return total

    def _product(self, node: nodes.Product) -> Any:
        product = self.of(node.factors[0])
        for factor in node.factors[1:]:
            product = product * self.of(factor)
        return product

    def _power(self, node: nodes.Power) -> Any:
        base, exponent = self.of(node.base), exact(node.exponent, self.reals, self.budget)
        if exponent is None:
            return self.general(self.nonzero(base), self.of(node.exponent))
        p, q = exponent.numerator, exponent.denominator
        if p.bit_length() > MAX_EXPONENT_BITS:
            raise UnknownValueError
        if q == 1:
            return self.integer_power(base, p)
        if q % 2 and not free_symbols(node.exponent) and self.sign(base) == -1:
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
        size = log2(base)
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
        return self.flint.acb(-(-base).real.root(index))

    def _root(self, node: nodes.Root) -> Any:
        base, index = self.of(node.radicand), exact(node.index, self.reals, self.budget)
        if index is None:
            power = 1 / self.nonzero(self.of(node.index))
            return self.general(self.nonzero(base), power)
        if index == 0:
            raise UndefinedValueError
        if index.denominator == 1 and index % 2 and index > 0 and self.sign(base) == -1:
            return self.odd_root(base, int(index))
        if index < 0:
            return 1 / self._principal(self.nonzero(base), -1 / index)
        return self._principal(base, 1 / index) if index != 1 else base

    def _absolute(self, node: nodes.AbsoluteValue) -> Any:
        return self.ratio(0, 1) + abs(self.of(node.operand))

    def _factorial(self, node: nodes.Factorial) -> Any:
        value = exact(node, self.reals, self.budget)
        if value is not None:
            return self.fraction(value)
        x = self.of(node.operand)
        size = log2(x)
        if size is not None and size > 64:
            raise UnknownValueError
        return self.apply("gamma", x + 1)

    def _double_factorial(self, node: nodes.DoubleFactorial) -> Any:
        value = exact(node, self.reals, self.budget)
        if value is None:
            raise UnknownValueError
        return self.fraction(value)

    def _total(self, node: nodes.Summation | nodes.IndexedProduct) -> Any:
        adds = isinstance(node, nodes.Summation)
        term = node.term if isinstance(node, nodes.Summation) else node.factor
        assert isinstance(node.variable, nodes.Symbol)
        name = node.variable.name
        bounds = [exact(bound, self.reals, self.budget) for bound in (node.low, node.high)]
        if any(bound is None or bound.denominator != 1 for bound in bounds):
            raise UnknownValueError
        low, high = (int(bound or 0) for bound in bounds)
        total = self.ratio(int(not adds), 1)
        outer, outer_reals = self.point, self.reals
        for values in terms(name, low, high, outer_reals):
            self.reals = dict(values)
            self.point = {**outer, name: (values[name], Fraction(0))}
            value = self.of(term)
            total = total + value if adds else total * value
        self.point, self.reals = outer, outer_reals
        return total

    def _function(self, node: nodes.Function) -> Any:
        if node.name in EXACT_FUNCTIONS:
            value = exact(node, self.reals, self.budget)
            if value is not None:
                return self.fraction(value)
        values = [self.of(x) for x in node.arguments]
        if node.name in _ONE_ARGUMENT:
            return self.apply(_ONE_ARGUMENT[node.name], values[0])
        if node.name in _OF_RECIPROCAL:
            if node.name == "acot" and self.is_zero(values[0]):
                return self.constant("pi") / 2
            return self.apply(_OF_RECIPROCAL[node.name], 1 / self.nonzero(values[0]))
        if node.name in _OTHER_FUNCTIONS:
            return _OTHER_FUNCTIONS[node.name](self, *values)
        raise UnknownValueError

    def _logarithm(self, x: Any, base: Any) -> Any:
        logarithms = [self.apply("log", self.nonzero(value)) for value in (x, base)]
        return logarithms[0] / self.nonzero(logarithms[1])

    def _greatest(self, best: Any, *values: Any) -> Any:
        for value in values:
            best = self.extreme("max", best, value)
        return best

    def _least(self, best: Any, *values: Any) -> Any:
        for value in values:
            best = self.extreme("min", best, value)
        return best

    def _floor(self, x: Any) -> Any:
        return self.ratio(self.floor(x), 1)

    def _ceiling(self, x: Any) -> Any:
        return self.ratio(-self.floor(-x), 1)

    def _remainder(self, x: Any, modulus: Any) -> Any:
        return x - modulus * self.floor(x / self.nonzero(modulus))

    def _sign(self, x: Any) -> Any:
        sign = self.sign(x)
        if sign is None:
            raise UndefinedValueError
        return self.ratio(sign, 1)

    def _real_part(self, x: Any) -> Any:
        return self.ratio(0, 1) + x.real

    def _imaginary_part(self, x: Any) -> Any:
        return self.ratio(0, 1) + x.imag

    def _conjugate(self, x: Any) -> Any:
        return x.conjugate()

    def _argument(self, x: Any) -> Any:
        return self.ratio(0, 1) + self.apply("log", self.nonzero(x)).imag


_EVALUATED: dict[type[Node], Callable[[Evaluation, Any], Any]] = {
    nodes.Number: Evaluation._rational,
    nodes.Decimal: Evaluation._rational,
    nodes.Constant: Evaluation._constant,
    nodes.Symbol: Evaluation._symbol,
    nodes.Sum: Evaluation._sum,
    nodes.Product: Evaluation._product,
    nodes.Power: Evaluation._power,
    nodes.Root: Evaluation._root,
    nodes.AbsoluteValue: Evaluation._absolute,
    nodes.Factorial: Evaluation._factorial,
    nodes.DoubleFactorial: Evaluation._double_factorial,
    nodes.Summation: Evaluation._total,
    nodes.IndexedProduct: Evaluation._total,
    nodes.Function: Evaluation._function,
}

# Functions by their name in python-flint, and those of 1/x.
_ONE_ARGUMENT = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan")},
    **{name: name for name in ("sinh", "cosh", "tanh", "coth", "sech", "csch")},
    **{name: name for name in ("asinh", "acosh", "atanh", "exp")},
    **{"ln": "log", "gamma": "gamma"},
}
_OF_RECIPROCAL = {
    **{"acot": "atan", "asec": "acos", "acsc": "asin"},
    **{"acoth": "atanh", "asech": "acosh", "acsch": "asinh"},
}
_OTHER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": Evaluation._logarithm,
    "max": Evaluation._greatest,
    "min": Evaluation._least,
    "floor": Evaluation._floor,
    "ceil": Evaluation._ceiling,
    "mod": Evaluation._remainder,
    "sign": Evaluation._sign,
    "re": Evaluation._real_part,
    "im": Evaluation._imaginary_part,
    "conj": Evaluation._conjugate,
    "arg": Evaluation._argument,
}


def log2(x: Any) -> int | None:
    """The exponent of a power of two just above a lower bound of |x|; None if x may be zero."""
    mantissa, exponent = x.abs_lower().man_exp()
    return int(mantissa).bit_length() + int(exponent) if mantissa else None


def _is_tiny(radius: Any) -> bool:
    mantissa, exponent = radius.man_exp()
    return not mantissa or int(mantissa).bit_length() + int(exponent) < -AGREEMENT_BITS
