"""SymPy, the last tier: expressions built node by node, compared in a worker process.

SymPy is given trees and never text. Its constructors evaluate as they build, so sizes are bounded
before (integers, exponents, factorials), and `equal` is only ever called in a worker that is killed
at its deadline and limited in memory (see `pool.py`).

Readings are those of `numeric.py`: symbols are real, unless `conj` and the like are there; those in
factorials and the like are positive integers; an odd root of a real is real. An indefinite integral
stands for one primitive, so two of them are equal where their integrands are.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.backends.numeric import holds_complex_part, integer_symbols
from dpo_math_assets.verifier.syntax.nodes import Node, children

__all__ = ["build", "equal"]

# Bits of a power or factorial of numbers that SymPy may write out.
MAX_BITS = 40_000
# Digits to which a difference is evaluated before it is called one.
DIGITS = 50


class _Beyond(Exception):
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
        if result == "different" and (_is_indefinite(a) or _is_indefinite(b)):
            return "unknown"
        return result
    except MemoryError:
        raise
    except Exception:
        # SymPy raises errors of every kind on what it cannot do; none of them is a verdict.
        return "unknown"


def _is_indefinite(node: Node) -> bool:
    """Whether an indefinite integral is in the tree: its value is free by a constant."""
    if node.kind == "integral" and node.args[2] is None:
        return True
    return any(map(_is_indefinite, children(node)))


def _compare(left: Any, right: Any) -> Literal["equal", "different", "unknown"]:
    import sympy

    undefined = (sympy.nan, sympy.zoo)
    if left.has(*undefined) or right.has(*undefined):
        return "unknown"
    if left == right:
        return "equal"
    left, right = left.doit(), right.doit()
    if left.has(*undefined) or right.has(*undefined):
        return "unknown"
    if left == right:
        return "equal"
    infinities = (sympy.oo, -sympy.oo)
    if left in infinities or right in infinities:
        settled = all(side in infinities or side.is_finite for side in (left, right))
        return "different" if settled else "unknown"
    difference = left - right
    if sympy.simplify(difference) == 0:
        return "equal"
    verdict = difference.equals(0)
    if verdict:
        return "equal"
    if verdict is False and _is_visible(difference):
        return "different"
    return "unknown"


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
        return getattr(self, f"_{node.kind}", self._beyond)(*node.args)

    def _beyond(self, *_: Any) -> Any:
        raise _Beyond

    def _num(self, p: int, q: int) -> Any:
        if max(p.bit_length(), q.bit_length()) > MAX_BITS:
            raise _Beyond
        return self.sympy.Rational(p, q)

    def _dec(self, p: int, q: int, _places: int) -> Any:
        return self._num(p, q)

    def _const(self, name: str) -> Any:
        names = {"pi": "pi", "e": "E", "i": "I", "oo": "oo", "nan": "nan"}
        return getattr(self.sympy, names[name])

    def _sym(self, name: str) -> Any:
        if name in self.bound:
            return self.bound[name]
        if name in self.integers:
            return self.sympy.Symbol(name, integer=True, positive=True)
        return self.sympy.Symbol(name, real=True) if self.real else self.sympy.Symbol(name)

    def _add(self, *terms: Node) -> Any:
        return self.sympy.Add(*map(self.build, terms))

    def _mul(self, *factors: Node) -> Any:
        return self.sympy.Mul(*map(self.build, factors))

    def _pow(self, base: Node, exponent: Node) -> Any:
        x, y = self.build(base), self.build(exponent)
        self._check_power(x, y)
        power = exact(exponent)
        if power is not None and power.denominator % 2 and power.denominator > 1:
            return self._real_root(x, power.denominator) ** power.numerator
        return self.sympy.Pow(x, y)

    def _check_power(self, x: Any, y: Any) -> None:
        """Refuse a power of numbers whose digits would not fit the limit."""
        if not (x.is_number and y.is_number):
            return
        if x.is_Rational and y.is_Rational:
            if abs(Fraction(y.p, y.q)) * max(x.p.bit_length(), x.q.bit_length()) > MAX_BITS:
                raise _Beyond
        elif y.is_Rational and abs(y.p) > MAX_BITS:
            raise _Beyond

    def _root(self, radicand: Node, index: Node) -> Any:
        x, n = self.build(radicand), self.build(index)
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

    def _abs(self, x: Node) -> Any:
        return self.sympy.Abs(self.build(x))

    def _fact(self, x: Node) -> Any:
        return self._factorial(self.sympy.factorial, x)

    def _fact2(self, x: Node) -> Any:
        return self._factorial(self.sympy.factorial2, x)

    def _factorial(self, function: Callable[[Any], Any], x: Node) -> Any:
        argument = self.build(x)
        if argument.is_number and abs(argument) > MAX_BITS // 16:
            raise _Beyond
        return function(argument)

    def _func(self, name: str, *arguments: Node) -> Any:
        values = [self.build(argument) for argument in arguments]
        if name == "log":
            return self.sympy.log(values[0]) / self.sympy.log(values[1])
        if name == "mod":
            return self.sympy.Mod(*values)
        if name in ("gcd", "lcm"):
            return self._common(name, values)
        if name == "binom":
            if any(value.is_number and abs(value) > MAX_BITS for value in values):
                raise _Beyond
            return self.sympy.binomial(*values)
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

    def _call(self, name: str, *arguments: Node) -> Any:
        return self.sympy.Function(name, real=True)(*map(self.build, arguments))

    def _deriv(self, f: Node, variable: Node, order: int) -> Any:
        return self.sympy.Derivative(self.build(f), (self.build(variable), order))

    def _integral(self, f: Node, variable: Node, low: Node | None, high: Node | None) -> Any:
        symbol = self.build(variable)
        if low is None or high is None:
            return self.sympy.Integral(self.build(f), symbol)
        return self.sympy.Integral(self.build(f), (symbol, self.build(low), self.build(high)))

    def _sum(self, f: Node, variable: Node, low: Node, high: Node) -> Any:
        return self._over(self.sympy.Sum, f, variable, low, high)

    def _prod(self, f: Node, variable: Node, low: Node, high: Node) -> Any:
        return self._over(self.sympy.Product, f, variable, low, high)

    def _over(self, operator: Any, f: Node, variable: Node, low: Node, high: Node) -> Any:
        first, last = self.build(low), self.build(high)
        name = variable.args[0]
        symbol = self.sympy.Symbol(name, integer=True)
        outer = self.bound
        self.bound = {**outer, name: symbol}
        term = self.build(f)
        self.bound = outer
        return operator(term, (symbol, first, last))

    def _limit(self, f: Node, variable: Node, to: Node, side: str) -> Any:
        return self.sympy.Limit(self.build(f), self.build(variable), self.build(to), side)


# Our names of functions where SymPy has another.
_NAMES = {
    "ceil": "ceiling",
    "conj": "conjugate",
    "max": "Max",
    "min": "Min",
    "ln": "log",
}
