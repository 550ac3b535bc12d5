"""The units of measure that have a name: spelling → dimension and factor. The data: units.toml.

A user's own units join them for as long as `using` holds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import NamedTuple

from dpo_math_assets.verifier.lexicon.functions import by_spelling
from dpo_math_assets.verifier.lexicon.words import table, word_set


class Unit(NamedTuple):
    """`dimension` is a product of base units such as `g m s^-2`, `factor` the number of them."""

    dimension: str
    factor: Fraction


class UnitTable(dict[str, Unit]):
    """Spelling → unit. A table equals only itself, so that what was read by it can be kept."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def _with_prefixes() -> UnitTable:
    units = UnitTable()
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
CURRENCY_CODES = word_set(_DATA["currency_codes"])
_CAPITALS: dict[str, str] = {word.upper(): word for word in _DATA["also_in_capitals"].split()}
CURRENCY_SIGNS = by_spelling(_DATA["currency_signs"])

_KNOWN: ContextVar[UnitTable] = ContextVar("units", default=UNITS)


def known_units() -> UnitTable:
    """The units by which answers are read at present."""
    return _KNOWN.get()


@contextmanager
def using(units: UnitTable) -> Iterator[None]:
    """Inside the block, this thread reads answers by these units."""
    token = _KNOWN.set(units)
    try:
        yield
    finally:
        _KNOWN.reset(token)


def unit_named(word: str) -> str | None:
    """The spelling of a known unit that a word has, a plural `s` aside; `ms` is no plural of m."""
    units = _KNOWN.get()
    if word in units:
        return word
    word = _CAPITALS.get(word.upper(), word)  # `KG`, `Hrs`
    if word in units:
        return word
    plural = word.endswith("s") and len(word) > 2 and word[:-1] in units
    return word[:-1] if plural else None
