"""SymPy, the last tier: expressions built node by node, compared in a worker process.

SymPy is given trees and never text. Its constructors evaluate as they build, so sizes are bounded
before (integers, exponents, factorials), and `equal` is only ever called in a worker that is killed
at its deadline and limited in memory (see `runtime/worker_pool.py`).

Readings are those of `numeric.py`: symbols are real, unless `conj` and the like are there; those in
factorials and the like are positive integers; an odd root of a real is real. An indefinite integral
stands for one primitive, so two of them are equal where their integrands are.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

from dpo_math_assets.errors import InternalError
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.backends.opaque import any_part
from dpo_math_assets.verifier.backends.points import holds_complex_part, integer_symbols
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node

# Bits of a power or factorial of numbers that SymPy may write out.
MAX_BITS = 40_000
# Digits to which a difference is evaluated before it is called one.
DIGITS = 50


class _BeyondError(InternalError):
    """The tree holds something that SymPy is not given."""


def equal(a: Node, b: Node) -> Literal["equal", "different", "unknown"]:
    """Compare two scalar expressions by SymPy. For worker processes: may take any time and memory.

    The structure as built is compared first, then what evaluation and simplification make of it.
    """
    from sympy.core.cache import clear_cache
    from sympy.core.random import seed

    # The same path, whatever this worker has done before.
    clear_cache()
    seed(0)
    integers = integer_symbols(a) | integer_symbols(b)
    real = not (holds_complex_part(a) or holds_complex_part(b))
    try:
        result = _compare(build(a, integers, real), build(b, integers, real))
        if result == "different" and (_is_unsettled(a) or _is_unsettled(b)):
            return "unknown"
        return result
    except MemoryError:
        raise
    except Exception:
        # SymPy raises errors of every kind on what it cannot do; none of them is a verdict.
        return "unknown"


def _is_unsettled(node: Node) -> bool:
    """Whether a value is open: an integral's constant is, and so are terms such as `a_k`."""
    return any_part(
        node, lambda part: isinstance(part, nodes.Integral) and part.low is None
    ) or any_part(node, lambda part: isinstance(part, nodes.UnknownFunction))


def _compare(left: Any, right: Any) -> Literal["equal", "different", "unknown"]:
    import sympy

    if _is_undefined(left, right):
        return "unknown"
    if left == right:
        return "equal"
    left, right = left.doit(), right.doit()
    if _is_undefined(left, right):
        return "unknown"
    infinities = (sympy.oo, -sympy.oo)
    if left == right:  # two series that diverge are no equality
        return "unknown" if _diverges(left) else "equal"
    if left in infinities or right in infinities:
        settled = all(side in infinities or side.is_finite for side in (left, right))
        return "different" if settled else "unknown"
    difference = left - right
    if sympy.simplify(difference) == 0:
        return "equal"
    verdict = difference.equals(0)
    if verdict:
        return "equal"
    return "different" if verdict is False and _is_visible(difference) else "unknown"


def _diverges(value: Any) -> bool:
    """Whether a value is infinite; infinite bounds of what was not worked out do not count."""
    import sympy

    unsettled = (sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit)
    return bool(value.has(sympy.oo, -sympy.oo)) and not value.has(*unsettled)


def _is_undefined(left: Any, right: Any) -> bool:
    import sympy

    return bool(left.has(sympy.nan, sympy.zoo) or right.has(sympy.nan, sympy.zoo))


def _is_visible(difference: Any) -> bool:
    """Whether a difference is certainly not zero at some positive point, to `DIGITS` digits."""
    import sympy

    # Any fixed numbers that no expression singles out; integers for integer symbols.
    point = {
        symbol: sympy.Integer(2 + place)
        if symbol.is_integer
        else sympy.Rational(1_000_003 + 7919 * place, 733_331)
        for place, symbol in enumerate(sorted(difference.free_symbols, key=str))
    }
    value = difference.subs(point).evalf(DIGITS, maxn=400)
    return bool(
        value.is_number and value.is_finite and abs(value) > sympy.Float(10) ** (10 - DIGITS)
    )


def build(node: Node, integers: frozenset[str] = frozenset(), real: bool = True) -> Any:
    """The SymPy expression of a scalar tree.

    Symbols named in `integers` are positive integers, the others real, or complex if not `real`.
    """
    return _Builder(integers, real).build(node)


class _Builder:
    def __init__(self, integers: frozenset[str], real: bool) -> None:
        import sympy

        self.sympy = sympy
        self.integers = integers
        self.real = real
        # Variables of the sums and products that enclose what is being built.
        self.bound: dict[str, Any] = {}

    def build(self, node: Node) -> Any:
        built = _BUILT.get(type(node))
        if built is None:
            raise _BeyondError
        return built(self, node)

    def _rational(self, node: nodes.Number | nodes.Decimal) -> Any:
        if max(node.p.bit_length(), node.q.bit_length()) > MAX_BITS:
            raise _BeyondError
        return self.sympy.Rational(node.p, node.q)

    def _constant(self, node: nodes.Constant) -> Any:
        return getattr(self.sympy, _CONSTANTS[node.name])

    def _symbol(self, node: nodes.Symbol) -> Any:
        if node.name in self.bound:
            return self.bound[node.name]
        if node.name in self.integers:
            return self.sympy.Symbol(node.name, integer=True, positive=True)
        return self.sympy.Symbol(node.name, real=self.real or None)

    def _sum(self, node: nodes.Sum) -> Any:
        return self.sympy.Add(*map(self.build, node.terms))

    def _product(self, node: nodes.Product) -> Any:
        return self.sympy.Mul(*map(self.build, node.factors))

    def _power(self, node: nodes.Power) -> Any:
        x, y = self.build(node.base), self.build(node.exponent)
        self._check_power(x, y)
        power = exact(node.exponent)
        if power is not None and power.denominator % 2 and power.denominator > 1:
            return self._real_root(x, power.denominator) ** power.numerator
        return self.sympy.Pow(x, y)

    def _check_power(self, x: Any, y: Any) -> None:
        """Refuse a power of numbers whose digits would not fit the limit."""
        if not (x.is_number and y.is_number):
            return
        if x.is_Rational and y.is_Rational:
            if abs(Fraction(y.p, y.q)) * max(x.p.bit_length(), x.q.bit_length()) > MAX_BITS:
                raise _BeyondError
        elif y.is_Rational and abs(y.p) > MAX_BITS:
            raise _BeyondError

    def _root(self, node: nodes.Root) -> Any:
        x, n = self.build(node.radicand), self.build(node.index)
        if n.is_Integer and n > 1 and n % 2:
            return self._real_root(x, int(n))
        return self.sympy.Pow(x, 1 / n)

    def _real_root(self, x: Any, index: int) -> Any:
        """The odd root: real where x is."""
        root = self.sympy.Rational(1, index)
        if x.is_nonnegative or not x.is_extended_real:
            return x**root
        if x.is_negative:
            return -((-x) ** root)
        return self.sympy.sign(x) * self.sympy.Abs(x) ** root

    def _absolute(self, node: nodes.AbsoluteValue) -> Any:
        return self.sympy.Abs(self.build(node.operand))

    def _factorial(self, node: nodes.Factorial | nodes.DoubleFactorial) -> Any:
        argument = self.build(node.operand)
        if argument.is_number and abs(argument) > MAX_BITS // 16:
            raise _BeyondError
        if isinstance(node, nodes.DoubleFactorial):
            return self.sympy.factorial2(argument)
        return self.sympy.factorial(argument)

    def _function(self, node: nodes.Function) -> Any:
        values = [self.build(argument) for argument in node.arguments]
        match node.name:
            case "log":
                return self.sympy.log(values[0]) / self.sympy.log(values[1])
            case "mod":
                return self.sympy.Mod(*values)
            case "gcd" | "lcm":
                return self._common(node.name, values)
            case "binom":
                if any(value.is_number and abs(value) > MAX_BITS for value in values):
                    raise _BeyondError
                return self.sympy.binomial(*values)
            case name:
                return getattr(self.sympy, _NAMES.get(name, name))(*values)

    def _common(self, name: str, values: list[Any]) -> Any:
        """gcd or lcm of constants; with symbols, which are integers there, they stand as they are.

        SymPy would take the polynomials' instead, and call gcd(m, n) 1.
        """
        if any(value.free_symbols for value in values):
            return self.sympy.Function(name, integer=True)(*sorted(values, key=str))
        combine = getattr(self.sympy, name)
        result = values[0]
        for value in values[1:]:
            result = combine(result, value)
        return abs(result) if result.is_number else result

    def _unknown_function(self, node: nodes.UnknownFunction) -> Any:
        return self.sympy.Function(node.name, real=True)(*map(self.build, node.arguments))

    def _derivative(self, node: nodes.Derivative) -> Any:
        return self.sympy.Derivative(
            self.build(node.operand), (self.build(node.variable), node.order)
        )

    def _integral(self, node: nodes.Integral) -> Any:
        symbol = self.build(node.variable)
        if node.low is None or node.high is None:
            return self.sympy.Integral(self.build(node.integrand), symbol)
        bounds = symbol, self.build(node.low), self.build(node.high)
        return self.sympy.Integral(self.build(node.integrand), bounds)

    def _summation(self, node: nodes.Summation) -> Any:
        return self._over(self.sympy.Sum, node.term, node)

    def _indexed_product(self, node: nodes.IndexedProduct) -> Any:
        return self._over(self.sympy.Product, node.factor, node)

    def _over(self, operator: Any, body: Node, node: nodes.Summation | nodes.IndexedProduct) -> Any:
        first, last = self.build(node.low), self.build(node.high)
        assert isinstance(node.variable, nodes.Symbol)
        symbol = self.sympy.Symbol(node.variable.name, integer=True)
        outer = self.bound
        self.bound = {**outer, node.variable.name: symbol}
        term = self.build(body)
        self.bound = outer
        return operator(term, (symbol, first, last))

    def _limit(self, node: nodes.Limit) -> Any:
        parts = map(self.build, (node.operand, node.variable, node.point))
        return self.sympy.Limit(*parts, node.side)


_BUILT: dict[type[Node], Callable[[_Builder, Any], Any]] = {
    nodes.Number: _Builder._rational,
    nodes.Decimal: _Builder._rational,
    nodes.Constant: _Builder._constant,
    nodes.Symbol: _Builder._symbol,
    nodes.Sum: _Builder._sum,
    nodes.Product: _Builder._product,
    nodes.Power: _Builder._power,
    nodes.Root: _Builder._root,
    nodes.AbsoluteValue: _Builder._absolute,
    nodes.Factorial: _Builder._factorial,
    nodes.DoubleFactorial: _Builder._factorial,
    nodes.Function: _Builder._function,
    nodes.UnknownFunction: _Builder._unknown_function,
    nodes.Derivative: _Builder._derivative,
    nodes.Integral: _Builder._integral,
    nodes.Summation: _Builder._summation,
    nodes.IndexedProduct: _Builder._indexed_product,
    nodes.Limit: _Builder._limit,
}

_CONSTANTS = {"pi": "pi", "e": "E", "i": "I", "oo": "oo", "nan": "nan"}
# Our names of functions where SymPy has another.
_NAMES = {
    "ceil": "ceiling",
    "conj": "conjugate",
    "max": "Max",
    "min": "Min",
    "ln": "log",
}
