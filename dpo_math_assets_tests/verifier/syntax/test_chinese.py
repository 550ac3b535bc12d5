"""Chinese numbers have their value, or stay as they are."""

import pytest

from dpo_math_assets.verifier import compare
from dpo_math_assets.verifier.syntax.chinese import in_english


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("\u4e03", "7"),
        ("\u4e8c\u5341\u4e09", "23"),
        ("\u4e09\u767e\u96f6\u4e94", "305"),
        ("\u4e24\u5343\u4e07", "20000000"),
        ("\u8d1f\u4e94", "-5"),
        ("3\u4e07", "30000"),
        ("\u5341\u5206\u4e4b\u4e09", "3/10"),
    ],
)
def test_a_number_has_its_value(text: str, number: str) -> None:
    assert compare(text, number)[0] == "correct"


@pytest.mark.parametrize(
    "text", ["\u4e00\u4e8c\u4e09", "5\u5343\u514b", "\u6700\u591a5", "\u7b2c\u4e00"]
)
def test_what_is_no_number_stays(text: str) -> None:
    assert in_english(text).replace(" kilograms", "\u5343\u514b") == text
