"""Numeric probing: are two scalar expressions equal, judged by their values at random points.

Rational functions are compared modulo primes (`algebra`), everything else by values with a known
error (`ball_arithmetic.py`): there a difference is a proof, and agreement counts only where the
difference is known to be zero to 192 digits, relative to the smallest value that went into it, at
several points.

Readings:

- Symbols are real. Points where both sides are real, and every value on the way is, decide; only
  where there are none, complex values do. Where `re`, `im`, `conj` or `arg` occur, agreement must
  hold at complex points too.
- Two sides that agree there are equal if neither is real without the other, or if their complex
  values agree as well: `sqrt(x)^2` is x, and `sqrt(x) sqrt(y)` is no `sqrt(x y)`.
- Sides that are not equal may be so where every symbol is positive (`sqrt(x^2)` and x).
- No number of points shows two expressions with `gcd`, `lcm` or `mod` of symbols equal.
- A power such as `(-8)^(1/3)` is the real root; where that makes a difference, the principal value
  is tried after it.

Points come from a generator seeded with the two expressions, so a verdict never changes between
runs, and does not depend on which side is which.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Literal, NamedTuple

from dpo_math_assets.verifier.algebra.budget import Budget, UnknownValueError
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.modular import compare_rational
from dpo_math_assets.verifier.backends.ball_arithmetic import (
    Comparison,
    bounds,
    compare_values,
)
from dpo_math_assets.verifier.backends.breakpoints import follows_rules, telling_points
from dpo_math_assets.verifier.backends.evaluation import Point
from dpo_math_assets.verifier.backends.opaque import any_part, with_names
from dpo_math_assets.verifier.backends.points import (
    POINTS,
    Region,
    acute_region,
    complex_points,
    hinges,
    holds_complex_part,
    integer_points,
    integer_symbols,
    is_arithmetic,
    is_combinatorial,
    is_divisor_of_expressions,
    is_piecewise,
    is_stepped,
    moved_into,
    positive_region,
    real_points,
    small_points,
)
from dpo_math_assets.verifier.syntax.builders import replace as replaced
from dpo_math_assets.verifier.syntax.nodes import Node, Symbol, num
from dpo_math_assets.verifier.syntax.trees import children, free_symbols, sort_key
from dpo_math_assets.verifier.trace import applied, is_recording

# `untold`: equal at all points, of which none tells: the same zeros, or floors that never step.
# `positive`: equal where every symbol is positive, and not elsewhere; `acute`: where besides angles
# are acute. `partial`: equal where both are real, and one is real without the other.
ProbeResult = Literal["equal", "untold", "positive", "acute", "partial", "different", "unknown"]

# Limits before work: nodes of one side, and steps of one probe.
MAX_NODES = 2_000
MAX_STEPS = 300_000

# Which of the many sequences of points is drawn for a pair; any text would do.
_SEQUENCE = "1"
AGREEMENTS = 4
# Points at which what may vanish does not.
TELLING = 2
# Where both sides are rarely real, or piecewise, more points are looked at.
MORE_POINTS = 48
# Letters that rarely stand for anything else where a value is rounded.
INTEGER_LETTERS = frozenset("kmnpq")


def probe(a: Node, b: Node) -> ProbeResult:
    """Compare two scalar expressions: what is not `unknown` is established.

    Raises `DeadlineExceededError` after the time that `within` allows.
    """
    if max(_count(a), _count(b)) > MAX_NODES:
        return "unknown"
    try:
        budget = Budget(MAX_STEPS)
        budget.spend(1)
        a, b, undecided = with_names(a, b, lambda x, y: probe(x, y) == "equal")
        names = sorted(free_symbols(a) | free_symbols(b))
        probing = _Probe(a, b, names, {}, budget)
        result = probing.as_rational()
        if result == "unknown":
            result = probing.as_reals()
    except (UnknownValueError, RecursionError):
        return "unknown"
    return "unknown" if result == "different" and undecided else result


def _count(node: Node) -> int:
    """Nodes of the tree, counted up to just above the limit."""
    total, waiting = 0, [node]
    while waiting and total <= MAX_NODES:
        total += 1
        waiting.extend(children(waiting.pop()))
    return total


@dataclass(frozen=True, slots=True)
class _Probe:
    """One comparison: two expressions, their symbols, and what may be spent on it."""

    a: Node
    b: Node
    names: list[str]
    region: Region
    budget: Budget

    def draw(self) -> Random:
        """The same draws for (a, b) and (b, a), in every run."""
        return Random(_SEQUENCE + repr(sorted((sort_key(self.a), sort_key(self.b)))))

    def either(self, test: Callable[[Node], bool]) -> bool:
        """Whether a test holds for a node of either expression."""
        return any_part(self.a, test) or any_part(self.b, test)

    def as_rational(self) -> ProbeResult:
        """The result for two rational functions, which are equal everywhere or nowhere."""
        result = compare_rational(self.a, self.b, self.draw)
        if result == "different" and is_recording():
            self.record_witness()
        return result

    def as_reals(self) -> ProbeResult:
        """The result for any real values, else for positive ones."""
        result = self.in_both_senses()
        if result not in ("different", "partial") or not self.names:
            return result
        there = self.within(positive_region(self.a, self.b))
        if there == "equal":
            return "positive"
        if there == "different" and (acute := acute_region(self.a, self.b)):
            return "acute" if self.within(acute) in ("equal", "partial") else result
        return result if there in ("different", "acute") else there

    def within(self, region: Region) -> ProbeResult:
        """The result for values in a region."""
        return replace(self, region=region, budget=Budget(MAX_STEPS)).in_both_senses()

    def in_both_senses(self) -> ProbeResult:
        """The result with powers of negative numbers as real or, where it matters, principal."""
        result, ambiguous = self.at_points(real_powers=True)
        if result in ("different", "partial") and ambiguous:
            result, _ = self.at_points(real_powers=False)
        return result

    def record(self, point: Point, real_powers: bool) -> None:
        """For an explanation: a point at which the values differ, and both values."""
        if is_recording():
            values = bounds(self.a, self.b, point, real_powers=real_powers)
            applied("witness.point", _Place(point), values)

    def record_witness(self) -> None:
        """For an explanation: integers at which two rational functions have different values."""
        for point in integer_points(self.names, self.draw()):
            values = {name: re for name, (re, _) in point.items()}
            x, y = exact(self.a, values), exact(self.b, values)
            if x is not None and y is not None and x != y:
                applied("witness.point", _Place(point), f"{x} and {y}")
                return

    def at_points(self, *, real_powers: bool) -> tuple[ProbeResult, bool]:
        """The result, and whether it depends on how a power of a negative number is read."""
        piecewise = bool(self.names) and self.either(is_piecewise)
        found, ambiguous, differs, agreed = self.outcomes(piecewise, real_powers)
        if differs:
            if self.either(is_divisor_of_expressions):  # of polynomials they may not differ
                return "unknown", ambiguous
            return ("partial" if self.agrees_at_integers() else "different"), ambiguous
        result = _conclusion(found, AGREEMENTS if self.names else 1)
        if result == "equal" and self.names:
            result = self.confirmed(piecewise, real_powers, agreed)
        return (
            "unknown" if result == "equal" and self.either(is_arithmetic) else result
        ), ambiguous

    def confirmed(self, piecewise: bool, real_powers: bool, agreed: list[Point]) -> ProbeResult:
        """The result for expressions that agree at the usual points."""
        rules = piecewise or follows_rules(self.a) or follows_rules(self.b)
        if rules and self.told_apart(real_powers):
            return "different"
        told = self.tells(agreed)
        if self.either(is_combinatorial):
            agree, apart = self.at_small(real_powers)
            if apart:  # of what is zero beyond, these are the values
                return "partial" if told or not all(map(_is_positive, apart)) else "different"
            told = told or self.tells([*agreed, *agree])
        if not told:
            return "untold"
        if holds_complex_part(self.a) or holds_complex_part(self.b):
            return self.confirmed_as_complex(real_powers)
        return "equal"

    def outcomes(self, piecewise: bool, real_powers: bool) -> "_Outcomes":
        """What the points say."""
        found: Counter[str] = Counter()
        agreed: list[Point] = []
        ambiguous = False
        needed = AGREEMENTS if self.names else 1
        points: Iterable[Point] = ({},)  # a constant has one value
        if self.names:
            points = real_points(self.a, self.b, self.names, self.draw())
        for tried, point in enumerate(points):
            enough = found["agree"] >= needed and not piecewise
            if tried == MORE_POINTS or (tried >= POINTS and enough):
                break
            point = moved_into(self.region, point)
            values = self.values_at(point, real_powers)
            ambiguous = ambiguous or values.ambiguous
            outcome = _outcome(values)
            if outcome == "differ":
                self.record(point, real_powers)
                return _Outcomes(found, ambiguous, True, agreed)
            found[outcome] += 1
            found["one-sided"] += values.one_sided
            found["apart"] += values.apart is True
            if outcome == "agree":
                agreed.append(point)
        return _Outcomes(found, ambiguous, False, agreed)

    def tells(self, points: list[Point]) -> bool:
        """Whether the points tell what is equal at them: nothing vanishes, and floors step."""
        budget = Budget(MAX_STEPS)
        stepped: list[Node] = []
        counting: list[Node] = []
        for node in (*hinges(self.a), *hinges(self.b)):
            (stepped if is_stepped(node) else counting).append(node)
        if not all(_steps(node, points, budget) for node in stepped):
            return False
        return not counting or _count_together(counting, points, budget)

    def values_at(self, point: Point, real_powers: bool) -> Comparison:
        return compare_values(self.a, self.b, point, self.budget, real_powers=real_powers)

    def told_apart(self, real_powers: bool) -> bool:
        """Whether expressions that agree at the usual points differ where one of them may jump."""
        integers = integer_symbols(self.a) | integer_symbols(self.b)
        budget = Budget(MAX_STEPS)
        for values in telling_points(self.a, self.b, self.names, self.draw()):
            point = {
                name: (Fraction(max(1, round(value))) if name in integers else value, Fraction(0))
                for name, value in values.items()
            }
            point = moved_into(self.region, point)
            try:
                found = compare_values(self.a, self.b, point, budget, real_powers=real_powers)
            except UnknownValueError:  # too large a value there
                continue
            if _outcome(found) == "differ":
                self.record(point, real_powers)
                return True
        return False

    def at_small(self, real_powers: bool) -> tuple[list[Point], list[Point]]:
        """Small integers at which combinatorial expressions agree, and at which they differ."""
        budget = Budget(MAX_STEPS)
        points: dict[bool, list[Point]] = {False: [], True: []}
        for point in small_points(self.a, self.b, self.names, self.draw()):
            try:
                found = compare_values(self.a, self.b, point, budget, real_powers=real_powers)
            except UnknownValueError:
                continue
            if found.apart is not None:
                points[found.apart].append(point)
        return points[False], points[True]

    def agrees_at_integers(self) -> bool:
        """Whether two expressions differ only at values that letters such as n rarely have."""
        if not self.names or not INTEGER_LETTERS.issuperset(self.names):
            return False
        budget = Budget(MAX_STEPS)
        return all(
            compare_values(self.a, self.b, point, budget, real_powers=True).apart is False
            for point in integer_points(self.names, self.draw())
        )

    def confirmed_as_complex(self, real_powers: bool) -> ProbeResult:
        """`equal` if two expressions that agree at real points do so at complex ones, too."""
        found = [
            self.values_at(point, real_powers).apart
            for point in complex_points(self.names, self.draw())
        ]
        return "equal" if found.count(False) >= AGREEMENTS and True not in found else "unknown"


class _Outcomes(NamedTuple):
    """What the points say, and the points that agree.

    `ambiguous`: a power was read in one of two senses; `differs`: a point tells the sides apart.
    """

    found: "Counter[str]"
    ambiguous: bool
    differs: bool
    agreed: list[Point]


def _count_together(parts: list[Node], points: list[Point], budget: Budget) -> bool:
    """Whether there are two points at which none of the parts is zero."""
    found = 0
    for point in points:
        found += all(_differs(part, num(0), point, budget) for part in parts)
        if found == TELLING:
            return True
    return False


def _steps(node: Node, points: list[Point], budget: Budget) -> bool:
    """Whether a node has another value at some point than at the first."""
    if not points:
        return False
    first = {f"{name}'": value for name, value in points[0].items()}
    there = replaced(node, lambda part: _primed(part) if isinstance(part, Symbol) else None)
    return any(_differs(node, there, {**point, **first}, budget) for point in points[1:])


def _primed(symbol: Symbol) -> Symbol:
    return Symbol(f"{symbol.name}'")


def _differs(a: Node, b: Node, point: Point, budget: Budget) -> bool:
    try:
        return compare_values(a, b, point, budget, real_powers=True).apart is True
    except UnknownValueError:
        return False


def _is_positive(point: Point) -> bool:
    return all(re > 0 for re, _ in point.values())


@dataclass(frozen=True, slots=True)
class _Place:
    """A point as an explanation shows it; written out only where somebody asks."""

    point: Point

    def __str__(self) -> str:
        if not self.point:
            return "the values differ"
        return ", ".join(
            f"{name} = {re}" + (f" + {im} i" if im else "") for name, (re, im) in self.point.items()
        )


def _outcome(values: Comparison) -> str:
    """What one point says: `agree` or `differ`, among reals or as complex values, or nothing."""
    if values.apart is None:
        return "none"
    if values.clean:
        return "differ" if values.apart else "agree"
    if not values.apart:
        return "agree as complex"
    return "mixed" if values.mixed else "differ as complex"


def _conclusion(found: "Counter[str]", needed: int) -> ProbeResult:
    """What all points say together, none of them having told two reals apart."""
    if found["agree"]:
        if found["one-sided"] and found["apart"]:
            return "partial"
        return "equal" if found["agree"] >= needed else "unknown"
    if found["differ as complex"]:
        return "different"
    if found["agree as complex"]:
        enough = found["agree as complex"] >= needed and not found["mixed"]
        return "equal" if enough else "unknown"
    # Real on one side and not on the other, wherever both have a value.
    return "different" if found["mixed"] >= needed else "unknown"
