"""The conventions of answer checking: what mathematics leaves open, decided in one place.

`CONVENTIONS.md` beside this file gives the same table with examples.
"""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Conventions"]


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
