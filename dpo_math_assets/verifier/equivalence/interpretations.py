"""Readings that conventions allow: units, digits of a base, decimal commas, choice letters."""

import re
from fractions import Fraction
from math import gcd, lcm

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.lexicon.units import known_units
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Node, free_symbols, make, num
from dpo_math_assets.verifier.syntax.units import unit_factor

__all__ = [
    "as_list",
    "bare_digits",
    "choice_letter",
    "clock",
    "compound_unit",
    "congruent",
    "coprime_letters",
    "decimal_comma",
    "digits_in_base",
    "thousands",
    "unit_letters",
    "unit_vector",
    "with_unit",
]

_MICRO = make("sym", ("mu",))


def unit_letters(node: Node) -> Node | None:
    """`26 g` or `5 N m` as a unit; it may as well be a multiple of g: nobody can tell."""
    if node.kind != "mul" or node.args[0].kind not in ("num", "dec"):
        return None
    letters = [factor for factor in node.args if free_symbols(factor)]
    number = tree.mul(*(factor for factor in node.args if not free_symbols(factor)))
    if letters[:1] == [_MICRO] and len(letters) == 2 and letters[1].kind == "sym":  # `2 \\mu C`
        name = f"u{letters[1].args[0]}"
        return make("unit", (number, name)) if name in known_units() else None
    powers = [power for letter in letters for power in _unit_powers(letter, 1)]
    if not powers or any(name not in known_units() for name, _ in powers):
        return None
    words = [name if power == 1 else f"{name}^{power}" for name, power in powers]
    return make("unit", (number, " ".join(words)))


def _unit_powers(node: Node, power: int) -> list[tuple[str, int]]:
    """The letters of `m s^{-2}` with their powers, or one without a name for what is no unit."""
    if node.kind == "mul":
        return [entry for factor in node.args for entry in _unit_powers(factor, power)]
    if node.kind == "pow" and node.args[1].kind == "num" and node.args[1].args[1] == 1:
        return _unit_powers(node.args[0], power * node.args[1].args[0])
    return [(str(node.args[0]) if node.kind == "sym" else "", power)]


def with_unit(node: Node) -> Node:
    """`2 m` beside another length is two metres."""
    return unit_letters(node) or node


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits_in_base(value: int, base: int) -> str:
    """The digits of `value` in `base`, capital letters for those beyond 9."""
    digits = ""
    size = abs(value)
    while size:
        size, digit = divmod(size, base)
        digits = _DIGITS[digit] + digits
    return ("-" if value < 0 else "") + (digits or "0")


def bare_digits(node: Node) -> str | None:
    """The text of an integer, or of digits with letters among them: `1A` parses as a product."""
    if node.kind == "num" and node.args[1] == 1:
        return str(node.args[0])
    if node.kind == "sym":
        return str(node.args[0])
    if node.kind == "mul":
        parts = [bare_digits(factor) for factor in node.args]
        return "".join(filter(None, parts)) if all(parts) else None
    return None


_GROUPS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+")
_COMMA = re.compile(r"(-?)(\d+),(\d+)")


def decimal_comma(text: str) -> Fraction | None:
    """`16,5` read as 16.5; None for any other text, with a space in it or grouped in threes."""
    found = _COMMA.fullmatch(text)
    if found is None or _GROUPS.fullmatch(text):
        return None
    return Fraction(int(f"{found[1]}{found[2]}{found[3]}"), 10 ** len(found[3]))


def as_list(text: str) -> str:
    """`100,200` with its commas as separators, where the other answer is a list."""
    return text.replace(",", ", ") if _GROUPS.fullmatch(text) else text


def choice_letter(node: Node) -> str | None:
    if node.kind == "choice":
        letter: str = node.args[0]
        return letter
    if node.kind == "sym" and len(node.args[0]) == 1 and node.args[0] in "ABCDEFGHIJ":
        letter = node.args[0]
        return letter
    return None


def clock(node: Node) -> tuple[Fraction, bool] | None:
    """(minutes since midnight, whether the half of the day is known) of `3:30 pm` or `15:30`."""
    half = node.args[1] if node.kind == "unit" else ""
    if half not in ("", "am", "pm"):
        return None
    time = node.args[0] if half else node
    parts = [exact(part) for part in (time.args if time.kind == "ratio" else (time,))]
    if len(parts) > 2 or (len(parts) == 1 and not half) or None in parts:
        return None
    hours, minutes = [part for part in parts if part is not None] + [Fraction(0)] * (2 - len(parts))
    if hours.denominator != 1 or not (0 <= hours < 24 and 0 <= minutes < 60):
        return None
    if half and 1 <= hours <= 12:
        hours = hours % 12 + (12 if half == "pm" else 0)
    return 60 * hours + minutes, bool(half) or hours >= 13 or hours == 0


def thousands(node: Node) -> Node | None:
    """`5k` as 5000; it may as well be a multiple of k."""
    if node.kind == "mul" and len(node.args) == 2 and node.args[0].kind in ("num", "dec"):
        scale = {"k": 10**3, "K": 10**3, "M": 10**6}.get(str(node.args[1].args[0]))
        if scale and node.args[1].kind == "sym":
            return tree.mul(num(scale), node.args[0])
    return None


_BASIS = {"i": 0, "j": 1, "k": 2}


def unit_vector(node: Node, dimension: int) -> Node | None:
    """`2i - 3j` as the tuple of its components, where j or a hat says that i is no number."""
    components: list[list[Node]] = [[] for _ in range(dimension)]
    named = set()
    for term in node.args if node.kind == "add" else (node,):
        factors = list(term.args) if term.kind == "mul" else [term]
        vectors = [factor for factor in factors if _basis(factor) is not None]
        if len(vectors) != 1:
            return None
        place = _basis(vectors[0])
        if place is None or place >= dimension:
            return None
        named.add(vectors[0].args[0])
        factors.remove(vectors[0])
        components[place].append(tree.mul(*factors) if factors else num(1))
    if named <= {"i", "k"}:
        return None
    sums = (tree.add(*terms) if terms else num(0) for terms in components)
    return make("tuple", tuple(sums))


def _basis(node: Node) -> int | None:
    if node.kind not in ("sym", "const"):
        return None
    name = node.args[0]
    for mark in ("hat", "vec"):
        name = name.removeprefix(f"{mark}(").removesuffix(")") if name.startswith(mark) else name
    return _BASIS.get(name)


def congruent(node: Node) -> Node:
    """What a name is congruent to: 3 in `x = 3 (mod 7)`."""
    if node.kind == "rel" and node.args[0] in ("equiv", "=") and node.args[1].kind == "sym":
        value: Node = node.args[2]
        return value
    return node


def compound_unit(node: Node) -> Node | None:
    """`3 hours and 20 minutes` as one value in the first of its units."""
    units = [item for item in node.args if item.kind == "unit"]
    names = {item.args[1] for item in units}
    factors = [unit_factor(item.args[1]) for item in units]
    if len(units) < max(2, len(node.args)) or len(names) < len(units) or not all(factors):
        return None
    known = [factor for factor in factors if factor]
    if len({factor[0] for factor in known}) > 1:
        return None
    parts = [
        tree.mul(tree.rational(factor[1] / known[0][1]), item.args[0])
        for factor, item in zip(known, units, strict=True)
    ]
    return make("unit", (tree.add(*parts), units[0].args[1]))


def coprime_letters(node: Node) -> Node:
    r"""The tree with `\gcd(2x, y)` as 1 and `\lcm(2x, y)` as 2xy, as of polynomials.

    For an answer whose gold speaks of no divisors: there the letters have none in common.
    """

    def change(inner: Node) -> Node | None:
        if inner.kind != "func" or inner.args[0] not in ("gcd", "lcm") or not free_symbols(inner):
            return None
        monomials = [_monomial(argument) for argument in inner.args[1:]]
        known = [monomial for monomial in monomials if monomial is not None]
        if len(known) < len(monomials):
            return None
        join, pick = (gcd, min) if inner.args[0] == "gcd" else (lcm, max)
        whole = all(factor.denominator == 1 for factor, _ in known)
        factor = join(*(factor.numerator for factor, _ in known)) if whole else 1
        letters = sorted({letter for _, powers in known for letter in powers})
        powers = [
            make("pow", (make("sym", (letter,)), tree.rational(Fraction(power))))
            for letter in letters
            if (power := pick(powers.get(letter, 0) for _, powers in known))
        ]
        return tree.mul(tree.rational(Fraction(factor)), *powers)

    return tree.replace(node, change)


def _monomial(node: Node) -> tuple[Fraction, dict[str, int]] | None:
    """A rational and the powers of letters that it multiplies, or None."""
    factor, powers = Fraction(1), dict[str, int]()
    for part in node.args if node.kind == "mul" else (node,):
        base, exponent = part, 1
        if part.kind == "pow" and part.args[1].kind == "num" and part.args[1].args[1] == 1:
            base, exponent = part.args[0], part.args[1].args[0]
        if base.kind in ("num", "dec") and exponent == 1:
            factor *= Fraction(base.args[0], base.args[1])
        elif base.kind == "sym" and exponent > 0:
            powers[base.args[0]] = powers.get(base.args[0], 0) + exponent
        else:
            return None
    return factor, powers
