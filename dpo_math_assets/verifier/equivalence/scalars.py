"""Two scalar expressions compared: exact values, canonical forms, rounded decimals, probing, SymPy.

The first tier that knows decides; what none establishes is unknown.
"""

from fractions import Fraction
from math import floor

from dpo_math_assets.verifier.algebra.approximation import approximate
from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import has_infinity, holds, is_infinity, undefined
from dpo_math_assets.verifier.backends.numeric import probe
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.comparison import (
    DIFFERENT,
    EQUAL_EXACT,
    EQUAL_STRUCTURE,
    UNKNOWN,
    Outcome,
    Pool,
)
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Node, free_symbols, make, num

__all__ = ["Scalars"]

# Seconds that SymPy may take over one pair of expressions.
SYMPY_DEADLINE_S = 5.0
# Digits that only a printed float shows; its last one may be off by one.
FLOAT_DIGITS = 15


class Scalars:
    """The tiers for scalar expressions under one set of conventions.

    Without `probing` only the tiers that cost microseconds are asked.
    """

    def __init__(self, conventions: Conventions, pool: Pool | None, probing: bool) -> None:
        self.conventions = conventions
        self.pool = pool
        self.probing = probing

    def compare(self, a: Node, b: Node) -> Outcome:
        """Two expressions: exact values, canonical forms, rounded decimals, probing, SymPy."""
        if a == b:
            return UNKNOWN if undefined(a) else EQUAL_STRUCTURE
        x, y = exact(a), exact(b)
        if x is not None and y is not None:
            if x == y or self.rounds(a, x, b, y) or self.rounds(b, y, a, x):
                return EQUAL_EXACT
            return DIFFERENT
        if undefined(a) or undefined(b):
            return UNKNOWN
        if has_infinity(a) or has_infinity(b):
            return _infinities(a, b)
        result: str | None = None
        letters = free_symbols(a)
        if self.probing and (not letters or letters != free_symbols(b)):
            result = probe(a, b)  # which differ, as a rule, and are seen to by one evaluation
            if result == "different" and "dec" not in (a.kind, b.kind):
                return DIFFERENT
        if canonical(a) == canonical(b):
            return EQUAL_STRUCTURE
        for decimal, other in ((a, b), (b, a)):
            value = approximate(other) if decimal.kind == "dec" else None
            if value is not None and self.probing and self.rounded(decimal, other, value):
                return Outcome("equal", "numeric")
        if not self.probing:
            return UNKNOWN
        result = result or probe(a, b)
        if result == "equal":
            return Outcome("equal", "numeric")
        if result == "different":
            return UNKNOWN if self.may_round(a, b) or _rounds_inside(a, b) else DIFFERENT
        stepped = any(holds(side, f"{name}()") for side in (a, b) for name in ("floor", "ceil"))
        if self.pool is None or (stepped and letters):  # SymPy takes the letters for reals
            return UNKNOWN
        result = self.pool.equal(a, b, SYMPY_DEADLINE_S)
        if result == "equal":
            return Outcome("equal", "symbolic")
        if result == "different":
            return UNKNOWN if self.may_round(a, b) else DIFFERENT
        return UNKNOWN if result == "unknown" else Outcome("unknown", reason=result)

    def may_round(self, a: Node, b: Node) -> bool:
        """Whether a decimal may round a sum or an integral, whose digits nobody has looked at."""
        return any(
            decimal.kind == "dec"
            and len(str(_shown_digits(decimal))) >= self.conventions.rounded_digits
            and any(holds(other, kind) for kind in _MAY_DIVERGE)
            for decimal, other in ((a, b), (b, a))
        )

    def rounds(self, decimal: Node, value: Fraction, node: Node, other: Fraction) -> bool:
        """Whether `decimal` is the rational `other` rounded or cut to the digits it shows.

        Another decimal is only rounded: who cuts 6.018 to 6.01 has made a mistake.
        """
        if decimal.kind != "dec" or other.denominator == 1 or (value < 0) != (other < 0):
            return False
        shown = _shown_digits(decimal)
        exactly = abs(other) * 10 ** decimal.args[2] if shown else Fraction(0)
        if exactly.denominator == 1:  # the digits shown could have said it exactly
            return False
        ways = self.roundings(shown)
        if node.kind == "dec":
            ways = ways[:1]
        return any(floor(exactly + shift) == shown + offset for shift, offset in ways)

    def roundings(self, shown: int) -> list[tuple[Fraction, int]]:
        """How floor(x * 10^places + shift) may relate to the digits shown for x.

        Rounded, or cut off; in a full float's digits, one unit of its noise either way.
        None where too few digits are shown to stand for another value.
        """
        digits = len(str(shown))
        if digits < self.conventions.rounded_digits or not shown:
            return []
        ways = [(Fraction(1, 2), 0), (Fraction(0), 0)]
        return [*ways, (Fraction(0), -1), (Fraction(-1), 0)] if digits >= FLOAT_DIGITS else ways

    def rounded(self, decimal: Node, other: Node, value: float) -> bool:
        """Whether a decimal is an irrational constant, about `value`, rounded or cut."""
        unit = Fraction(1, 10) ** decimal.args[2]
        shown = _shown_digits(decimal)
        far = abs(value - decimal.args[0] / decimal.args[1]) > 2 * unit + 1e-9 * abs(value)
        if far:
            return False
        # the float says near; balls say which digits
        size = tree.neg(other) if value < 0 else other
        for shift, offset in self.roundings(shown):
            scaled = tree.add(tree.mul(tree.rational(1 / unit), size), tree.rational(shift))
            if probe(make("func", ("floor", scaled)), num(shown + offset)) == "equal":
                return True
        return False


def _infinities(a: Node, b: Node) -> Outcome:
    """Infinity equals itself and no finite value; arithmetic with it decides nothing."""
    if is_infinity(a) and is_infinity(b):
        return EQUAL_STRUCTURE if a == b else DIFFERENT
    if not (is_infinity(a) or is_infinity(b)) or (has_infinity(a) and has_infinity(b)):
        return UNKNOWN
    # what is not evaluated may diverge
    open_ended = any(holds(node, kind) for node in (a, b) for kind in _MAY_DIVERGE)
    return UNKNOWN if open_ended else DIFFERENT


# How far a coefficient of three digits may lie from what it rounds, and for which letters to look.
_ROUNDING = 0.005
_SOMEWHERE = (num(1, 40), num(17, 10), num(40))


def _rounds_inside(a: Node, b: Node) -> bool:
    """Whether a decimal among letters may round what the other side has there: `0.433x^2`."""
    if holds(a, "dec") == holds(b, "dec") or not free_symbols(a):
        return False
    for number in _SOMEWHERE:
        x, y = (approximate(_at(node, number)) for node in (a, b))
        if x is None or y is None or abs(x - y) >= _ROUNDING * abs(x):
            return False
    return True


def _at(node: Node, number: Node) -> Node:
    return tree.replace(node, lambda part: number if part.kind == "sym" else None)


_MAY_DIVERGE = ("limit", "sum", "prod", "integral")


def _shown_digits(decimal: Node) -> int:
    """The digits that a decimal shows, as an integer; 0 if it shows none after the point."""
    p, q, places = decimal.args
    return int(abs(p) * 10**places // q) if places > 0 else 0
