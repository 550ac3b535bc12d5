"""What a unit measures: its dimension, and its factor to the dimension's base unit."""

import re
from fractions import Fraction
from functools import cache, lru_cache

from dpo_math_assets.verifier.lexicon.units import Unit, UnitTable, known_units

_UNIT_POWER = re.compile(r"([A-Za-z]+)(?:\^(-?\d))?")
_COMPOUND = {"kmh": "km / hour"}


@lru_cache(maxsize=8)
def _factors(units: UnitTable) -> dict[str, set[Fraction]]:
    """The factors of all units that have a name, by dimension."""
    found: dict[str, set[Fraction]] = {}
    for dimension, factor in set(units.values()):
        found.setdefault(_in_order(_powers(dimension)), set()).add(factor)
    return found


def is_unit_of(dimension: str, factor: Fraction) -> bool:
    """Whether some unit of the dimension has this factor."""
    return factor in _factors(known_units()).get(dimension, ())


def unit_factor(name: str) -> Unit | None:
    """(dimension, factor) of a unit such as `cm^2` or `kg m / s^2`; None for one not known."""
    return _measure(name, known_units())


@lru_cache(maxsize=4096)
def _measure(name: str, units: UnitTable) -> Unit | None:
    if name in units:
        dimension, factor = units[name]
        return Unit(_in_order(_powers(dimension)), factor)
    powers: dict[str, int] = {}
    factor, sign = Fraction(1), 1
    for word in _COMPOUND.get(name, name).split():
        if word == "/":
            sign = -1
            continue
        if word == "*":
            continue
        found = _UNIT_POWER.fullmatch(word)
        if found is None or found[1] not in units:
            return None
        dimension, each = units[found[1]]
        power = sign * int(found[2] or 1)
        factor *= each**power
        for base, own in _powers(dimension).items():
            powers[base] = powers.get(base, 0) + power * own
    return Unit(_in_order(powers), factor)


@cache
def _powers(dimension: str) -> dict[str, int]:
    """The base units of a dimension such as `g m^2 s^-2`, with their exponents."""
    parts = (part.partition("^") for part in dimension.split())
    return {base: int(power or 1) for base, _, power in parts}


def _in_order(powers: dict[str, int]) -> str:
    return " ".join(f"{base}^{power}" for base, power in sorted(powers.items()) if power)
