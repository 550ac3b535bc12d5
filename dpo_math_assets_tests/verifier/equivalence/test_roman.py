"""Roman numerals: nobody knows whether capitals are one."""

import pytest

from dpo_math_assets.verifier.equivalence.roman import roman_value
from dpo_math_assets.verifier.syntax.parser import parse
from dpo_math_assets_tests.verifier.equivalence.checks import nobody_knows, none_pass


@pytest.mark.parametrize(
    ("text", "value"), [("IV", 4), ("XL", 40), ("MCMXC", 1990), ("LXVIII", 68), ("iv", 4)]
)
def test_a_numeral_has_its_value(text: str, value: int) -> None:
    assert roman_value(parse(text)) == value


@pytest.mark.parametrize("text", ["IC", "VX", "IIII", "AB", "mm", "5"])
def test_other_letters_are_no_numeral(text: str) -> None:
    assert roman_value(parse(text)) is None


def test_a_numeral_that_fits_is_not_called_wrong() -> None:
    nobody_knows("40", "XL")
    none_pass("41", "XL")
