"""Two scalar expressions: tiers, cheapest first, each of which proves or abstains.

`exact` values, `infinite` ones, `canonical` forms, `rounded` decimals, `probing` by values at
points, and `symbolic`, which asks SymPy. What none of them establishes is unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from dpo_math_assets.verifier.algebra.approximation import approximate
from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import has_infinity, holds, is_infinity, undefined
from dpo_math_assets.verifier.backends.numeric import ProbeResult, probe
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.commutativity import order_may_count, same_capitals
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.outcome import (
    AMBIGUOUS,
    DOMAIN,
    EQUAL_EXACT,
    EQUAL_NUMERIC,
    EQUAL_STRUCTURE,
    EQUAL_SYMBOLIC,
    UNKNOWN,
    Outcome,
    different,
)
from dpo_math_assets.verifier.equivalence.printed_floats import (
    FLOAT_DIGITS,
    as_decimal,
    differ_by_noise,
    has_float,
    is_noise,
    is_noise_of_constant,
    is_noise_of_zero,
    shown_digits,
    snapped,
)
from dpo_math_assets.verifier.equivalence.quantities import right_in_another_unit
from dpo_math_assets.verifier.equivalence.roman import roman_value
from dpo_math_assets.verifier.equivalence.unit_readings import thousands, unit_letters
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.trace import applied

# How far a coefficient of three digits may lie from what it rounds, and for which letters to look.
_ROUNDING = 0.005
_SOMEWHERE = (num(1, 40), num(17, 10), num(40))
_MAY_DIVERGE = (nodes.Limit, nodes.Summation, nodes.IndexedProduct, nodes.Integral)


def compare_scalars(a: Node, b: Node, context: Context) -> Outcome:
    """Two scalar answers: letters that may mean something else, then the tiers."""
    if outcome := _letters_behind_numbers(a, b, context):
        return outcome
    same = compare_expressions(a, b, context)
    if context.conventions.symbols == "positive":  # no letter is a matrix or a name
        return same
    if same.state == "different" and same_capitals(a, b):
        applied("reading.order_of_capitals", a, b)
        return UNKNOWN
    if same.state != "equal" or same.method == "exact" or a == b or not order_may_count(a, b):
        return same
    applied("reading.order_of_capitals", a, b)
    return UNKNOWN


def _letters_behind_numbers(a: Node, b: Node, context: Context) -> Outcome | None:
    """`5k` beside 5000 and `26 g` beside 26, of which nobody can tell what the letter is."""
    for value, other in ((a, b), (b, a)):
        thousand = thousands(value)
        if thousand and exact(other) is not None and exact(other) == exact(thousand):
            applied("reading.thousands", value, thousand)
            return AMBIGUOUS
    for letters, other in ((a, b), (b, a)):
        number = roman_value(letters)
        if number is not None and exact(other) == number:
            applied("reading.roman_numeral", letters, other)
            return AMBIGUOUS
    for value, other in ((a, b), (b, a)):
        quantity = unit_letters(value)
        if isinstance(quantity, nodes.Quantity) and not free_symbols(other):
            same = compare_expressions(quantity.value, other, context).state == "equal"
            if not same and not right_in_another_unit(quantity.value, quantity.unit, other):
                return different(a, b)
            applied("reading.unit_letters", value, quantity)
            return AMBIGUOUS
    return None


@dataclass(slots=True)
class _Question:
    """Two expressions that are not the same tree, and what probing says, once it is asked."""

    a: Node
    b: Node
    context: Context
    result: ProbeResult | None = None

    def probed(self) -> ProbeResult:
        if self.result is None:
            self.result = probe(self.a, self.b)
        return self.result


def compare_expressions(a: Node, b: Node, context: Context) -> Outcome:
    """Two expressions by the tiers alone."""
    if a == b:
        return UNKNOWN if undefined(a) else EQUAL_STRUCTURE
    question = _Question(as_decimal(a), as_decimal(b), context)
    for tier in TIERS.values():
        if outcome := tier(question):
            return outcome if outcome.state == "equal" else _without_noise(question, outcome)
    return _without_noise(question, UNKNOWN)


def _without_noise(question: _Question, outcome: Outcome) -> Outcome:
    """The outcome of expressions that are not equal: the noise of floats may be what differs."""
    a, b = question.a, question.b
    if not (has_float(a) or has_float(b)) or not question.context.probing:
        return outcome
    x, y = snapped(a), snapped(b)
    same = compare_expressions(x, y, question.context) if (x, y) != (a, b) else outcome
    if same.state == "equal" or differ_by_noise(a, b):
        applied("reading.float_noise", a, b)
        return EQUAL_NUMERIC
    return UNKNOWN if same.state == "unknown" or is_noise_of_zero(a, b) else outcome


def _exact(question: _Question) -> Outcome | None:
    """Two rational numbers, of which a decimal may round the other."""
    a, b = question.a, question.b
    x, y = exact(a), exact(b)
    if x is None or y is None:
        return None
    if x == y:
        return EQUAL_EXACT
    conventions = question.context.conventions
    if _rounds(a, b, y, conventions) or _rounds(b, a, x, conventions):
        applied("reading.rounded_decimal", a, b)
        return EQUAL_EXACT
    if any(is_noise(decimal, x - y, value) for decimal, value in ((a, y), (b, x))):
        applied("reading.float_noise", a, b)
        return EQUAL_NUMERIC
    return different(a, b)


def _undefined(question: _Question) -> Outcome | None:
    return UNKNOWN if undefined(question.a) or undefined(question.b) else None


def _infinite(question: _Question) -> Outcome | None:
    """Infinity equals itself and no finite value; arithmetic with it decides nothing."""
    a, b = question.a, question.b
    if not (has_infinity(a) or has_infinity(b)):
        return None
    if is_infinity(a) and is_infinity(b):
        return EQUAL_STRUCTURE if a == b else different(a, b)
    if not (is_infinity(a) or is_infinity(b)) or (has_infinity(a) and has_infinity(b)):
        return UNKNOWN
    # what is not evaluated may diverge
    return UNKNOWN if _may_diverge(a) or _may_diverge(b) else different(a, b)


def _distinct(question: _Question) -> Outcome | None:
    """Constants, and expressions in other letters: they differ, as a rule, at the first point."""
    a, b = question.a, question.b
    letters = free_symbols(a)
    if not question.context.probing or (letters and letters == free_symbols(b)):
        return None
    exactly = not isinstance(a, nodes.Decimal) and not isinstance(b, nodes.Decimal)
    return different(a, b) if exactly and question.probed() == "different" else None


def _canonical(question: _Question) -> Outcome | None:
    return EQUAL_STRUCTURE if canonical(question.a) == canonical(question.b) else None


def _rounded(question: _Question) -> Outcome | None:
    """A decimal and the irrational constant that it is rounded or cut."""
    if not question.context.probing:
        return UNKNOWN
    for decimal, other in ((question.a, question.b), (question.b, question.a)):
        if not isinstance(decimal, nodes.Decimal):
            continue
        value = approximate(other)
        conventions = question.context.conventions
        if value is not None and _rounds_constant(decimal, other, value, conventions):
            applied("reading.rounded_decimal", decimal, other)
            return EQUAL_NUMERIC
        if value is not None and is_noise_of_constant(decimal, other, value):
            applied("reading.float_noise", decimal, other)
            return EQUAL_NUMERIC
    return None


def _probing(question: _Question) -> Outcome | None:
    result = question.probed()
    if result == "equal":
        return EQUAL_NUMERIC
    if result == "unknown":
        return None
    if result == "untold":
        applied("reading.points_that_tell", question.a, question.b)
        return UNKNOWN
    positive = question.context.conventions.symbols == "positive"
    if result == "positive":
        applied("reading.positive_domain", question.a, question.b)
        return EQUAL_NUMERIC if positive else DOMAIN
    if result == "partial" or (result == "acute" and positive):
        applied("reading.partial_domain", question.a, question.b)
        return DOMAIN
    if _may_round(question) or _rounds_inside(question.a, question.b):
        return UNKNOWN
    return different(question.a, question.b)


def _symbolic(question: _Question) -> Outcome | None:
    a, b, symbolic = question.a, question.b, question.context.symbolic
    stepped = any(holds(side, f"{name}()") for side in (a, b) for name in ("floor", "ceil"))
    if symbolic is None or (stepped and free_symbols(a)):  # SymPy takes the letters for reals
        return None
    result = symbolic(a, b)
    if result == "equal":
        return EQUAL_SYMBOLIC
    if result == "different":
        return UNKNOWN if _may_round(question) else different(a, b)
    return UNKNOWN if result == "unknown" else Outcome("unknown", reason=result)


TIERS: dict[str, Callable[[_Question], Outcome | None]] = {
    "exact": _exact,
    "undefined": _undefined,
    "infinite": _infinite,
    "distinct": _distinct,
    "canonical": _canonical,
    "rounded": _rounded,
    "probing": _probing,
    "symbolic": _symbolic,
}


def _may_diverge(node: Node) -> bool:
    return any(holds(node, kind) for kind in _MAY_DIVERGE)


def _may_round(question: _Question) -> bool:
    """Whether a decimal may round a sum or an integral, whose digits nobody has looked at."""
    digits = question.context.conventions.rounded_digits
    return any(
        isinstance(decimal, nodes.Decimal)
        and len(str(shown_digits(decimal))) >= digits
        and _may_diverge(other)
        for decimal, other in ((question.a, question.b), (question.b, question.a))
    )


def _rounds(decimal: Node, node: Node, value: Fraction, conventions: Conventions) -> bool:
    """Whether a decimal is another rational rounded or cut to the digits it shows.

    Another decimal is only rounded: who cuts 6.018 to 6.01 has made a mistake.
    """
    if not isinstance(decimal, nodes.Decimal):
        return False
    if (decimal.p < 0) != (value < 0):
        return False
    shown = shown_digits(decimal)
    exactly = abs(value) * Fraction(10) ** decimal.places if shown else Fraction(0)
    if exactly.denominator == 1:  # the digits shown could have shown it exactly
        return False
    ways = _roundings(shown, conventions)
    if isinstance(node, nodes.Decimal):
        ways = ways[:1]
    return any(floor(exactly + shift) == shown + offset for shift, offset in ways)


def _roundings(shown: int, conventions: Conventions) -> list[tuple[Fraction, int]]:
    """How floor(x * 10^places + shift) may relate to the digits shown for x.

    Rounded, or cut off; in a full float's digits, one unit of its noise either way.
    None where too few digits are shown to stand for another value.
    """
    digits = len(str(shown))
    if digits < conventions.rounded_digits or not shown:
        return []
    ways = [(Fraction(1, 2), 0), (Fraction(0), 0)]
    return [*ways, (Fraction(0), -1), (Fraction(-1), 0)] if digits >= FLOAT_DIGITS else ways


def _rounds_constant(
    decimal: nodes.Decimal, other: Node, value: float, conventions: Conventions
) -> bool:
    """Whether a decimal is an irrational constant, about `value`, rounded or cut."""
    unit = Fraction(1, 10) ** decimal.places
    if abs(value - decimal.p / decimal.q) > 2 * unit + 1e-9 * abs(value):
        return False
    # the float says near; balls say which digits
    shown = shown_digits(decimal)
    size = tree.neg(other) if value < 0 else other
    for shift, offset in _roundings(shown, conventions):
        scaled = tree.add(tree.mul(tree.rational(1 / unit), size), tree.rational(shift))
        if probe(nodes.Function("floor", (scaled,)), num(shown + offset)) == "equal":
            return True
    return False


def _rounds_inside(a: Node, b: Node) -> bool:
    """Whether a decimal among letters may round what the other side has there: `0.433x^2`."""
    if holds(a, nodes.Decimal) == holds(b, nodes.Decimal) or not free_symbols(a):
        return False
    for number in _SOMEWHERE:
        x, y = (approximate(_at(node, number)) for node in (a, b))
        if x is None or y is None or abs(x - y) >= _ROUNDING * abs(x):
            return False
    applied("reading.rounded_coefficient", a, b)
    return True


def _at(node: Node, number: Node) -> Node:
    return tree.replace(node, lambda part: number if isinstance(part, nodes.Symbol) else None)
