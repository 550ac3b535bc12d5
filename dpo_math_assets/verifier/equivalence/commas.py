"""Commas in the text of an answer: before decimals, between groups of digits, between values."""

import re
from fractions import Fraction

# `1,234`, `12,34,567`, `1.234,56`: one number, or several
_GROUPS = re.compile(
    r"-?(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|[1-9]\d{0,2}(?:\.\d{3})+,\d+)"
)
_COMMA = re.compile(r"(-?)(\d+),(\d+)")


def decimal_comma(text: str) -> Fraction | None:
    """`16,5` read as 16.5; None for any other text, with a space in it or grouped in threes."""
    match = _COMMA.fullmatch(text)
    if match is None or _GROUPS.fullmatch(text):
        return None
    return Fraction(int(f"{match[1]}{match[2]}{match[3]}"), 10 ** len(match[3]))


# A comma between two digits; brackets without a semicolon, whose commas separate.
_BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:,|\{,\})(?=\d)")
_BRACKETS = re.compile(r"[(\[][^;()\[\]]*+[)\]]")


def with_points(text: str) -> str:
    """`(0,5; 1)` as `(0.5, 1)`: semicolons separate where commas are decimal; else the text."""
    if ";" not in text or (pointed := _BETWEEN_DIGITS.sub(".", text)) == text:
        return text
    if "," in pointed or any(map(_BETWEEN_DIGITS.search, _BRACKETS.findall(text))):
        return text
    return pointed.replace(";", ",")


def as_list(text: str) -> str:
    """`100,200` with its commas as separators, where the other answer is a list."""
    return text.replace(",", ", ") if _GROUPS.fullmatch(text) else text
