"""Boxes with what stands around them: part of the answer, a change of it, or a circumstance."""

import pytest

from dpo_math_assets.verifier import verify


@pytest.mark.parametrize(
    "text",
    [
        "The bell rings $\\boxed{9}$ times in an hour.",
        "The lamp flashes $\\boxed{9}$ times a minute.",
        "She visits him \\boxed{9} times.",
        "He needs $\\boxed{9}$ weeks to earn \\$70.",
        "It takes $\\boxed{9}$ hours to drive from $A$ to $B$.",
        "Hence $20 \\equiv \\boxed{9} \\pmod{11}$.",
        "Hence $20 \\equiv \\boxed{9} \\pmod 11$.",
        "Hence $n \\equiv \\boxed{9}\\bmod 11$",
    ],
)
def test_circumstances_behind_a_box_change_nothing(text: str) -> None:
    assert verify(text, "9").verdict == "correct"


@pytest.mark.parametrize(
    "text",
    [
        "It is $\\boxed{9}$ times 4.",
        "It is $\\boxed{9}$ times the first number.",
        "It rises from 3 to $\\boxed{9}$ to \\$12.",
        "The area is $\\boxed{9}\\pi$.",
        "It is $\\boxed{9}$, or 10.",
        "So we need $n < \\boxed{9}$.",
    ],
)
def test_a_factor_a_range_or_another_value_behind_a_box_is_not_dropped(text: str) -> None:
    assert verify(text, "9").verdict != "correct"


@pytest.mark.parametrize(
    ("text", "part", "whole", "other"),
    [
        ("So $t \\geq \\boxed{9}$.", "9", "t \\ge 9", "t \\le 9"),
        ("So we need $n \\le \\boxed{9}$.", "9", "n \\leq 9", "n < 9"),
        ("The term is $\\boxed{-8}y^5$.", "-8", "-8y^5", "-8y^4"),
        ("It is $\\boxed{8}ab$.", "8", "8ab", "8a"),
    ],
)
def test_of_a_bound_or_a_coefficient_the_gold_says_whether_all_of_it_is_asked_for(
    text: str, part: str, whole: str, other: str
) -> None:
    assert verify(text, part).verdict == "correct"
    assert verify(text, whole).verdict == "correct"
    assert verify(text, other).verdict != "correct"
    assert verify(text, "77").verdict == "incorrect"
