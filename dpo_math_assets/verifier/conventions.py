"""The conventions of answer checking: what mathematics leaves open, decided in one place.

`CONVENTIONS.md` beside this file gives the same table with examples.
"""

import re
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dpo_math_assets.verifier.custom_units import CustomUnit, unit_table
from dpo_math_assets.verifier.lexicon.units import using
from dpo_math_assets.verifier.verdict import VERIFIER_VERSION

# Shorter ones stand in answers too.
MIN_DELIMITER = 4
# One letter alone would mark every word that begins with it.
_LABEL = re.compile(r"[^\W\d_][^\n]{0,38}\S")
_NOTHING_CHANGES = nullcontext()


class Conventions(BaseModel):
    """How answers are read where projects differ. Frozen and hashable."""

    model_config = ConfigDict(frozen=True)

    percent_matches_number: bool = Field(
        default=True, description="`10%` equals the bare 10 and 0.1 (from 1% on); else only 0.1"
    )
    units_optional: bool = Field(
        default=True, description="a value with a unit or currency equals the bare value"
    )
    bare_list_ordered: bool = Field(
        default=False, description="`1, 2` and `2, 1` differ (tuples in brackets always do)"
    )
    assignment_matches_value: bool = Field(
        default=True, description="`x = 5` equals `5`, and `y = x + 1` equals `x + 1`"
    )
    interval_matches_inequality: bool = Field(
        default=True, description="`2 < x < 3` equals `(2, 3)`; `x >= 1` equals `[1, oo)`"
    )
    choice_matches_value: bool = Field(
        default=True, description="`(C) 14` equals `C` and equals `14`"
    )
    decimal_comma: bool = Field(default=True, description="`16,5` equals the single decimal 16.5")
    rounded_digits: int = Field(
        default=3,
        ge=1,
        description="significant digits that a decimal must show to stand for a value it rounds",
    )
    symbols: Literal["real", "positive"] = Field(
        default="real",
        description="letters stand for any reals, or for positive ones: `\\sqrt{a^2}` is a",
    )
    units: tuple[CustomUnit, ...] = Field(default=(), description="units beside the usual ones")

    markers: tuple[str, ...] = Field(
        default=(),
        description="labels that mark an answer as `Answer:` does, beside the usual ones",
    )

    thoughts: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="what begins and ends a model's thoughts, beside `<think>` and the usual ones",
    )

    @field_validator("thoughts")
    @classmethod
    def _thoughts_are_told_apart(
        cls, thoughts: tuple[tuple[str, str], ...]
    ) -> tuple[tuple[str, str], ...]:
        for begins, ends in thoughts:
            if begins == ends or min(len(begins.strip()), len(ends.strip())) < MIN_DELIMITER:
                raise ValueError(
                    f"{[begins, ends]} are no delimiters of thoughts: write two texts of "
                    f"{MIN_DELIMITER} or more characters that differ, such as [<plan>, </plan>]"
                )
        return thoughts

    @field_validator("markers")
    @classmethod
    def _markers_are_labels(cls, markers: tuple[str, ...]) -> tuple[str, ...]:
        for label in markers:
            if not _LABEL.fullmatch(label):
                raise ValueError(
                    f"the marker {label!r} is no label: write one of 2 to 40 characters on a line "
                    "that begins with a letter, such as `Result:`"
                )
        return markers

    @field_validator("units")
    @classmethod
    def _units_are_known(cls, units: tuple[CustomUnit, ...]) -> tuple[CustomUnit, ...]:
        unit_table(units)
        return units

    def in_force(self) -> AbstractContextManager[None]:
        """Inside the block, this thread reads answers with the units of these conventions."""
        return using(unit_table(self.units)) if self.units else _NOTHING_CHANGES


_DEFAULT = Conventions()


def version_of(conventions: Conventions) -> str:
    """The version of a verifier with these conventions, by which labels made by others are stale.

    It is VERIFIER_VERSION by default, and `VERSION+DIGEST` where some convention differs.
    """
    if conventions == _DEFAULT:
        return VERIFIER_VERSION
    return _version(conventions)


@lru_cache(maxsize=64)
def _version(conventions: Conventions) -> str:
    from hashlib import sha256

    written = conventions.model_dump_json(exclude_defaults=True)
    return f"{VERIFIER_VERSION}+{sha256(written.encode()).hexdigest()[:8]}"
