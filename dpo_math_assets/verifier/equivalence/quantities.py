"""Values that carry a mark: a unit, a currency, a percent sign."""

import re
from fractions import Fraction

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import NUMBERS, is_scalar
from dpo_math_assets.verifier.equivalence.outcome import (
    AMBIGUOUS,
    UNKNOWN,
    Outcome,
    different,
)
from dpo_math_assets.verifier.equivalence.unit_readings import thousands, unit_letters
from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.lexicon.words import THINGS, words
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children
from dpo_math_assets.verifier.syntax.units import is_unit_of, unit_factor
from dpo_math_assets.verifier.trace import applied

# A month has no fixed number of days, an ounce may be a fluid one, a pound may be money.
# The sign of the yen is the yuan's too.
_NO_FIXED_FACTOR = (
    *({"month^1", "s^1"}, {"g^1", "m^3"}, {"g^1", "sterling^1"}),
    {"yen^1", "yuan^1"},
)
# An angle is a number in one book and not in another: `rad/s` and revolutions a second.
_ANGLE = re.compile(r"\brad\^-?\d ?")
_ANGLES = frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "arg"))
_MONEY_IN_POUNDS = {"pound", "GBP"}
# Scale -> what a degree is in kelvin, and where zero lies.
_TEMPERATURES = {
    "degree C": (Fraction(1), Fraction(27315, 100)),
    "degree F": (Fraction(5, 9), Fraction(45967, 180)),
    "K": (Fraction(1), Fraction(0)),
}
# Words of a unit that are no measure.
_SAY_NOTHING = (
    words("english", "fillers")
    | words("english", "empty_words")
    | {*("/", "am", "pm", "degree", "C", "F")}
)
# Sizes that differ from place to place, or have other names here.
_LOOSE_UNITS = frozenset(("ton", "cup", "spoon", "teaspoon", "tablespoon"))
# Units that are no round multiple of others, and bytes: a kilobyte is a thousand, or 1024.
_NEVER_ROUND = ("eV", "electronvolt", "atm", "atmosphere", "B", "byte")

# The dimension of a unit and its size in base units.
Factor = tuple[str, Fraction]


def compare_quantities(a: Node, b: Node, context: Context) -> Outcome:
    """Values of which one or both have a unit."""
    a, b = _with_unit(a), _with_unit(b)
    if isinstance(a, nodes.Quantity):
        if isinstance(b, nodes.Quantity):
            return _compare_units(a, b, context)
        return _compare_bare(a, b, context, candidate_is_bare=False)
    assert isinstance(b, nodes.Quantity)
    return _compare_bare(b, a, context, candidate_is_bare=True)


def _with_unit(node: Node) -> Node:
    """`2 m` beside another length is two metres."""
    quantity = unit_letters(node)
    if quantity is None:
        return node
    applied("reading.unit_letters", node, quantity)
    return quantity


def _compare_units(a: nodes.Quantity, b: nodes.Quantity, context: Context) -> Outcome:
    names = {a.unit, b.unit}
    if len(names) == 1 or names == _MONEY_IN_POUNDS:
        return context.compare(a.value, b.value)
    if names <= _TEMPERATURES.keys():  # two temperatures, or two differences of them
        applied("reading.temperatures", a, b)
        return context.any_of([(a.value, b.value), (_kelvin(a), _kelvin(b))]).demoted()
    if "degree" in names and names & {"rad", "radian"}:
        return context.compare(tree.plain(a), tree.plain(b))
    first, second = unit_factor(a.unit), unit_factor(b.unit)
    if first and second:
        return _compare_known_units(a, first, b, second, context)
    same = context.compare(a.value, b.value)
    if same.state != "equal":
        known = _LOOSE_UNITS.isdisjoint(names) and all(map(_says_what, names))
        return same if known else _undecided(same, a, b)
    words = set(a.unit.split()), set(b.unit.split())
    within = words[0] <= words[1] or words[1] <= words[0]
    return same if within and "/" not in words[0] ^ words[1] else UNKNOWN


def _compare_known_units(
    a: nodes.Quantity, first: Factor, b: nodes.Quantity, second: Factor, context: Context
) -> Outcome:
    names, dimensions = {a.unit, b.unit}, {first[0], second[0]}
    if len(dimensions) > 1:
        sizes = {_ANGLE.sub("", dimension) for dimension in dimensions}
        of_euro = "cent" in names and "euro^1" in dimensions
        undecided = of_euro or len(sizes) == 1 or dimensions in _NO_FIXED_FACTOR
        return UNKNOWN if undecided else different(a, b)
    applied("reading.unit_conversion", a, b)
    scaled = (tree.mul(tree.rational(size), x.value) for (_, size), x in ((first, a), (second, b)))
    same = context.compare(*scaled)
    loose = not _LOOSE_UNITS.isdisjoint(names) or any(name.endswith(_NEVER_ROUND) for name in names)
    return UNKNOWN if loose and same.state == "different" else same


def _kelvin(temperature: nodes.Quantity) -> Node:
    degree, zero = _TEMPERATURES[temperature.unit]
    return tree.add(tree.mul(tree.rational(degree), temperature.value), tree.rational(zero))


def _compare_bare(
    quantity: nodes.Quantity, other: Node, context: Context, *, candidate_is_bare: bool
) -> Outcome:
    """A value with a unit beside one without."""

    def compared(value: Node, bare: Node) -> Outcome:
        return context.compare(*((bare, value) if candidate_is_bare else (value, bare)))

    value, name = quantity.value, quantity.unit
    if _may_be_thousands(quantity, other):
        return AMBIGUOUS
    if (
        isinstance(value, nodes.Ratio)
        and name in ("am", "pm")
        and not isinstance(other, nodes.Ratio)
    ):
        return different(quantity, other)
    if name == "degree" and _in_radians(other):
        applied("reading.degrees_as_radians", quantity, other)
        # A decimal rounds the degrees of an arctangent, not its radians.
        if isinstance(value, nodes.Decimal):
            return compared(value, tree.mul(num(180), tree.divide(other, tree.PI)))
        value = tree.plain(quantity)
    elif not context.conventions.units_optional:
        return different(quantity, other)
    same = compared(value, other)
    if same.state == "equal":
        applied("reading.unit_left_out", quantity, other)
    if same.state == "different" and right_in_another_unit(value, name, other):
        applied("reading.another_unit", quantity, other)
        return AMBIGUOUS
    return same if _says_what(name) else _undecided(same, quantity, other)


def _says_what(unit: str) -> bool:
    """Whether a unit is known, or what is counted: a unit unknown to us may be any number."""
    if unit_factor(unit) is not None:
        return True
    said = (word.partition("^")[0] for word in unit.split())
    return all(word in THINGS or word in _SAY_NOTHING or unit_named(word) for word in said)


def _undecided(same: Outcome, a: Node, b: Node) -> Outcome:
    """The outcome, of which a difference is unknown."""
    if same.state != "different":
        return same
    applied("reading.unknown_unit", a, b)
    return UNKNOWN


def _may_be_thousands(quantity: nodes.Quantity, other: Node) -> bool:
    """`5 K` beside 5000: kelvin, or thousands."""
    if quantity.unit not in ("K", "M") or not isinstance(quantity.value, NUMBERS):
        return False
    thousand = thousands(nodes.Product((quantity.value, nodes.Symbol(quantity.unit))))
    if thousand is None or exact(other) != exact(thousand):
        return False
    applied("reading.thousands", quantity, thousand)
    return True


def _in_radians(node: Node) -> bool:
    """Whether a value without a degree sign says by its form that it is an angle in radians."""
    if isinstance(node, nodes.Function) and node.name in _ANGLES:
        return True
    return holds(node, "pi") or any(map(_in_radians, children(node)))


def right_in_another_unit(value: Node, unit: str, number: Node) -> bool:
    """150 cents against 1.50, 5 feet 6 inches against 66: right if another unit is meant."""
    factor = unit_factor(unit)
    size = exact(value) if is_scalar(value) else None
    meant = exact(number) if is_scalar(number) else None
    if factor is None or not size or not meant:
        return False
    return is_unit_of(factor[0], size * factor[1] / meant)


def compare_percents(a: Node, b: Node, context: Context) -> Outcome:
    """Values of which one or both are per cent: a hundredth, and by convention the bare number."""
    if isinstance(a, nodes.Percent) and isinstance(b, nodes.Percent):
        return context.compare(a.value, b.value)
    percent, other = (a, b) if isinstance(a, nodes.Percent) else (b, a)
    assert isinstance(percent, nodes.Percent)
    if not isinstance(other, nodes.Quantity):
        pairs = _numbers_of(percent, other, context)
    elif unit_factor(other.unit) or other.unit == "degree":
        return different(a, b)
    else:
        pairs = [(percent, other.value)]
    return context.any_of(pairs if percent is a else [pair[::-1] for pair in pairs])


def _numbers_of(percent: nodes.Percent, other: Node, context: Context) -> list[tuple[Node, Node]]:
    """What a percentage beside another answer may be: one of the pairs must be equal."""
    value = percent.value
    pairs = [(tree.plain(percent), other)]
    if isinstance(value, nodes.Decimal) and is_scalar(other):  # 33.33% rounds a third
        pairs.append((value, tree.mul(num(100), other)))
    size = exact(value) if is_scalar(value) else None
    if context.conventions.percent_matches_number and (size is None or abs(size) >= 1):
        applied("reading.percent_as_number", percent, other)
        pairs.append((value, other))
    return pairs
