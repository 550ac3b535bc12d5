"""A user's own units of measure, beside those of the lexicon."""

import re
from fractions import Fraction
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dpo_math_assets.verifier.lexicon.functions import CONSTANTS, FUNCTION_NAMES, GREEK
from dpo_math_assets.verifier.lexicon.units import UNITS, Unit, UnitTable, using
from dpo_math_assets.verifier.syntax.units import unit_factor

_LETTERS = re.compile(r"[A-Za-z]{1,40}")
# Above zero as a decimal, with an exponent if need be, or as a fraction.
_POSITIVE = re.compile(
    r"(?=[0.]{0,80}[1-9])[0-9]{1,40}"
    r"(?:(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?|/0{0,39}[1-9][0-9]{0,40})"
)


class CustomUnit(BaseModel):
    """A unit of the user's own: `factor` times the known unit `of`, or a measure for itself.

    It is written by its name, by its other spellings, and with a plural s behind each of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    spellings: tuple[str, ...] = ()
    of: str = Field(default="", description="a known unit such as `m`, `cm^2` or `kg m / s^2`")
    factor: str = Field(default="1", description="an exact number: `201.168`, `1/3`")

    @field_validator("factor", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        return str(value) if isinstance(value, int | float) else value

    @field_validator("factor")
    @classmethod
    def _exact(cls, value: str) -> str:
        if not _POSITIVE.fullmatch(value):
            raise ValueError(
                f"{value!r} is no exact number above 0: write one such as 201.168 or 1/3"
            )
        return value

    @field_validator("name", "spellings")
    @classmethod
    def _readable(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for word in (value,) if isinstance(value, str) else value:
            if not _LETTERS.fullmatch(word):
                raise ValueError(f"{word!r} is no run of 1 to 40 letters from A to Z")
            if word in UNITS:
                raise ValueError(f"{word!r} is a unit already: {UNITS[word]}; take another name")
            if word in FUNCTION_NAMES or word in CONSTANTS or word in GREEK:
                raise ValueError(f"{word!r} is a function, constant or letter; take another name")
        return value


@lru_cache(maxsize=64)
def unit_table(own: tuple[CustomUnit, ...]) -> UnitTable:
    """The usual units and those of the user, each of which may rest on the ones before it.

    Raises ValueError where one rests on a unit that is not known, or a spelling comes twice.
    """
    units = UnitTable(UNITS)
    for unit in own:
        with using(UnitTable(units)):
            base = unit_factor(unit.of) if unit.of else Unit(unit.name, Fraction(1))
        if base is None:
            raise ValueError(
                f"the unit {unit.name} is of {unit.of!r}, which is no known unit: name one such as "
                "m, cm^2 or kg m / s^2, or one of your own that stands before it"
            )
        measure = Unit(base.dimension, base.factor * Fraction(unit.factor))
        for spelling in (unit.name, *unit.spellings):
            if spelling in units:
                raise ValueError(f"the spelling {spelling!r} of the unit {unit.name} comes twice")
            units[spelling] = measure
    return units
