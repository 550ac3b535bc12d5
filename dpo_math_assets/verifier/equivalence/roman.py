"""Roman numerals, which may as well be products of letters."""

import re

from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Node

_NUMERAL = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_SIGNS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman_value(node: Node) -> int | None:
    """The number that letters such as `XIV` name as a Roman numeral; None for other nodes."""
    name = tree.letters(node) or ""
    if len(name) > 1 and set(name) <= {"i", "v", "x"}:  # `iii`
        name = name.upper()
    if not name or not _NUMERAL.fullmatch(name):
        return None
    values = [_SIGNS[letter] for letter in name]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
