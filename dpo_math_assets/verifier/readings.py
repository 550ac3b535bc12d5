"""Readings that conventions allow: units, digits of a base, decimal commas, choice letters."""

import re
from fractions import Fraction

from dpo_math_assets.verifier import tree
from dpo_math_assets.verifier.nodes import Node
from dpo_math_assets.verifier.vocabulary import UNITS

__all__ = [
    "choice_letter",
    "compound_unit",
    "decimal_comma",
    "digits_in_base",
    "unit_factor",
    "unit_letter",
    "with_unit",
]

_UNIT_POWER = re.compile(r"([A-Za-z]+)(?:\^(\d))?")


def unit_factor(name: str) -> tuple[str, Fraction] | None:
    """(dimension, factor) of a unit such as `cm` or `cm^2`, or None for one not in the table."""
    found = _UNIT_POWER.fullmatch(name)
    if found is None or found[1] not in UNITS:
        return None
    dimension, p, q = UNITS[found[1]]
    power = int(found[2] or 1)
    return f"{dimension}^{power}", Fraction(p, q) ** power


def unit_letter(node: Node) -> Node | None:
    """The number in `26 g`, which may be grams or a multiple of g: nobody can tell."""
    if node.kind != "mul" or len(node.args) != 2:
        return None
    number, letter = node.args
    if number.kind in ("num", "dec") and letter.kind == "sym" and letter.args[0] in UNITS:
        return Node(*number)
    return None


def with_unit(node: Node) -> Node:
    """`2 m` beside another length is two metres."""
    number = unit_letter(node)
    return node if number is None else Node("unit", (number, node.args[1].args[0]))


def digits_in_base(value: int, base: int) -> int | None:
    """The digits of `value` in `base`, read as a decimal number."""
    if base > 10:
        return None
    digits = ""
    size = abs(value)
    while size:
        size, digit = divmod(size, base)
        digits = str(digit) + digits
    return int(digits or "0") * (-1 if value < 0 else 1)


def decimal_comma(node: Node) -> Fraction | None:
    """`16,5` read as 16.5."""
    if node.kind != "list" or len(node.args) != 2:
        return None
    whole, part = node.args
    if whole.kind != "num" or part.kind != "num" or whole.args[1] != 1 or part.args[1] != 1:
        return None
    if part.args[0] < 0:
        return None
    digits = str(part.args[0])
    sign = -1 if whole.args[0] < 0 else 1
    return Fraction(whole.args[0]) + sign * Fraction(part.args[0], 10 ** len(digits))


def choice_letter(node: Node) -> str | None:
    if node.kind == "choice":
        letter: str = node.args[0]
        return letter
    if node.kind == "sym" and len(node.args[0]) == 1 and node.args[0] in "ABCDEFGHIJ":
        letter = node.args[0]
        return letter
    return None


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
    return Node("unit", (tree.add(*parts), units[0].args[1]))
