"""The units of measure that have a name: spelling → dimension and factor. The data: units.toml."""

from fractions import Fraction
from typing import NamedTuple

from dpo_math_assets.verifier.lexicon.functions import by_spelling
from dpo_math_assets.verifier.lexicon.words import table, word_set

__all__ = [
    "CURRENCY_CODES",
    "CURRENCY_SIGNS",
    "LONG_ABBREVIATIONS",
    "SPACED_UNITS",
    "UNITS",
    "UPRIGHT_UNITS",
    "Unit",
    "unit_named",
]


class Unit(NamedTuple):
    """`dimension` is a product of base units such as `g m s^-2`, `factor` the number of them."""

    dimension: str
    factor: Fraction


def _with_prefixes() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    prefixes = {
        sign: (row["name"], Fraction(row["factor"])) for sign, row in _DATA["prefixes"].items()
    }
    for row in _DATA["units"].values():
        sign, names = row.get("sign", ""), row["names"].split()
        unit = Unit(row["dimension"], Fraction(row["factor"]))
        units.update(dict.fromkeys([*filter(None, [sign]), *names], unit))
        for prefix in row.get("prefixes", ""):
            spelled, times = prefixes[prefix]
            spellings = [prefix + sign, *(spelled + name for name in names)]
            units.update(dict.fromkeys(spellings, Unit(unit.dimension, unit.factor * times)))
    return units


_DATA = table("units")
UNITS = _with_prefixes()
LONG_ABBREVIATIONS = word_set(_DATA["long_abbreviations"])
SPACED_UNITS = word_set(_DATA["spaced"])
UPRIGHT_UNITS = word_set(_DATA["upright"])
CURRENCY_CODES = word_set(_DATA["currency_codes"])
CURRENCY_SIGNS = by_spelling(_DATA["currency_signs"])


def unit_named(word: str) -> str | None:
    """The spelling in UNITS that a word has, a plural `s` aside; `ms` is no plural of m."""
    if word in UNITS:
        return word
    plural = word.endswith("s") and len(word) > 2 and word[:-1] in UNITS
    return word[:-1] if plural else None
