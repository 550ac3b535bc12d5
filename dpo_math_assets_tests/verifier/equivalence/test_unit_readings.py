import pytest

from dpo_math_assets.verifier.equivalence.unit_readings import (
    compound_unit,
    thousands,
    unit_letters,
)
from dpo_math_assets.verifier.equivalence.vectors import unit_vector
from dpo_math_assets.verifier.syntax.nodes import Quantity, ValueList, num
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("text", "unit"),
    [("26g", "g"), ("3 m s^{-2}", "m s^-2"), (r"2 \mu C", "uC"), ("2y", None), ("gm", None)],
)
def test_letters_behind_a_number_may_be_a_unit(text: str, unit: str | None) -> None:
    quantity = unit_letters(parse(text))
    assert (quantity and quantity.unit) == unit


def test_a_letter_may_stand_for_thousands() -> None:
    assert thousands(parse("5k")) is not None
    assert thousands(parse("5x")) is None


def test_several_units_of_one_dimension_are_one_value() -> None:
    hours, minutes = Quantity(num(3), "hour"), Quantity(num(20), "minute")
    joined = compound_unit(ValueList((hours, minutes)))
    assert joined is not None
    assert joined.unit == "hour"
    assert compound_unit(ValueList((hours, Quantity(num(20), "m")))) is None
    assert compound_unit(ValueList((hours, hours))) is None


def test_unit_vectors_are_components_where_i_is_no_number() -> None:
    assert unit_vector(parse("2i - 3j"), 2) is not None
    assert unit_vector(parse("2i - 3"), 2) is None
    assert unit_vector(parse("2i - 3k"), 2) is None
