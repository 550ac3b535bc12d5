"""One value in several forms."""

import pytest

from dpo_math_assets.verifier import verify


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("The answer is 0.2 (20%).", "0.2"),
        ("#### 15 (7+8)", "15"),
        ("The answer is $\\sqrt{3}$ (approximately 1.732).", "\\sqrt{3}"),
        ("The answer is $\\frac{1}{6}$ or about 0.1667.", "1/6"),
        ("It is negative $\\boxed{8}$.", "-8"),
        ("The angle is $\\boxed{30}$ degrees.", "\\frac{\\pi}{6}"),
        ("The answer is D, 21.", "21"),
        ("The answer is D, 21.", "D"),
    ],
)
def test_a_second_form_or_a_word_beside_the_value_is_no_factor_of_it(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True


def test_aligned_rows_that_contradict_each_other_pass_for_none_of_their_values() -> None:
    rows = "\\begin{aligned} 3x &= 6 \\\\ &= 2 \\end{aligned}"
    assert verify(f"FINAL ANSWER: {rows}", "2").ok is not True
    assert verify(f"FINAL ANSWER: {rows.replace('6', '1 + 1')}", "2").ok is True
