"""Commas in the text of an answer: before decimals, between groups of digits, between values."""

import re
from fractions import Fraction

__all__ = ["as_list", "decimal_comma"]

_GROUPS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+")
_COMMA = re.compile(r"(-?)(\d+),(\d+)")


def decimal_comma(text: str) -> Fraction | None:
    """`16,5` read as 16.5; None for any other text, with a space in it or grouped in threes."""
    match = _COMMA.fullmatch(text)
    if match is None or _GROUPS.fullmatch(text):
        return None
    return Fraction(int(f"{match[1]}{match[2]}{match[3]}"), 10 ** len(match[3]))


def as_list(text: str) -> str:
    """`100,200` with its commas as separators, where the other answer is a list."""
    return text.replace(",", ", ") if _GROUPS.fullmatch(text) else text
