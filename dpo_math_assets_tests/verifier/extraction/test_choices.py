"""Letters of choices, and the values that a text lists for them."""

import pytest

from dpo_math_assets.verifier import verify


def test_a_letter_is_handed_on_with_the_value_that_the_text_lists_for_it() -> None:
    text = "A. 14\nB. 21\nC. 28\n\nThe answer is B."
    assert verify(text, "B").ok is True
    assert verify(text, "21").ok is True
    assert verify(text, "C").ok is False
    assert verify(text, "28").ok is not True


@pytest.mark.parametrize("more", ["So C is correct.", "I choose C.", "C", "But C is better."])
def test_another_letter_behind_a_letter_leaves_none(more: str) -> None:
    assert verify(f"The answer is B.\n\n{more}", "B").reason == "ambiguous_answer"


@pytest.mark.parametrize("answer", ["F - 32", "A, 5", "C - \\cos x", "(a, 0)", "(a - 1)(b - 1)"])
def test_letters_that_only_look_like_choices_leave_an_answer_what_it_is(answer: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", answer).ok is True


@pytest.mark.parametrize(
    "text",
    [
        "The best answer is C because 28 is even.",
        "A) 14\nB) 21\nC) 28\n\nCorrect option: C",
        "Option A is incorrect because 14 is odd. Option B is incorrect. Option C is correct.",
        "A is wrong since 14 < 20. Therefore C is the correct answer.",
        "Hence, option (C) is the right answer.\n\nThe others: option (A) forgets the sign.",
        "\\boxed{28}\n\nThe correct option is C.",
        "The answer is 28, so the correct option is **C**.",
        "A) 14 - too small\nB) 21 - odd\nC) 28 - fits\n\n**Answer: C**",
    ],
)
def test_a_choice_is_found_however_the_text_calls_it_correct(text: str) -> None:
    assert verify(text, "C").ok is True
    assert verify(text, "A").ok is False
    if "28" in text and "even" not in text:
        assert verify(text, "28").ok is True


def test_choices_marked_in_chinese_are_found() -> None:
    for text in ("故选B。", "答案选 B。", "因此，故选：B"):
        assert verify(text, "B").ok is True
