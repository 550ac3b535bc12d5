"""What a unit measures: its dimension, and its factor to the dimension's base unit."""

import re
from fractions import Fraction
from functools import cache, lru_cache

from dpo_math_assets.verifier.lexicon.units import UNITS

__all__ = ["is_unit_of", "unit_factor"]

_UNIT_POWER = re.compile(r"([A-Za-z]+)(?:\^(-?\d))?")
_COMPOUND = {"kmh": "km / hour"}


@cache
def _factors() -> dict[str, set[Fraction]]:
    """The factors of all units that have a name, by dimension."""
    found: dict[str, set[Fraction]] = {}
    for dimension, factor in set(UNITS.values()):
        found.setdefault(_in_order(_powers(dimension)), set()).add(factor)
    return found


def is_unit_of(dimension: str, factor: Fraction) -> bool:
    """Whether some unit of the dimension has this factor."""
    return factor in _factors().get(dimension, ())


@lru_cache(maxsize=4096)
def unit_factor(name: str) -> tuple[str, Fraction] | None:
    """(dimension, factor) of a unit such as `cm^2` or `kg m / s^2`; None for one not known."""
    if name in UNITS:
        dimension, factor = UNITS[name]
        return _in_order(_powers(dimension)), factor
    powers: dict[str, int] = {}
    factor, sign = Fraction(1), 1
    for word in _COMPOUND.get(name, name).split():
        if word == "/":
            sign = -1
            continue
        if word == "*":
            continue
        found = _UNIT_POWER.fullmatch(word)
        if found is None or found[1] not in UNITS:
            return None
        dimension, each = UNITS[found[1]]
        power = sign * int(found[2] or 1)
        factor *= each**power
        for base, own in _powers(dimension).items():
            powers[base] = powers.get(base, 0) + power * own
    return _in_order(powers), factor


@cache
def _powers(dimension: str) -> dict[str, int]:
    """The base units of a dimension such as `g m^2 s^-2`, with their exponents."""
    parts = (part.partition("^") for part in dimension.split())
    return {base: int(power or 1) for base, _, power in parts}


def _in_order(powers: dict[str, int]) -> str:
    return " ".join(f"{base}^{power}" for base, power in sorted(powers.items()) if power)
