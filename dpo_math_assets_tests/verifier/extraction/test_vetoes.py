"""Words before and behind an answer that take it out of play, and words that only look like it."""

import pytest

from dpo_math_assets.verifier import extract, verify


@pytest.mark.parametrize(
    "text",
    [
        "FINAL ANSWER: 5. Wait, it is 6",
        "FINAL ANSWER: 5\nActually, 6 is right.",
        "The answer is \\boxed{5}. Hmm, but 6 fits better.",
        "#### 5\n\nI made a mistake: 6 of them are left.",
        '{"answer": 5}\nNo, that is wrong.',
        "FINAL ANSWER: 5\n\nThe answer is 6.",
    ],
)
def test_an_answer_that_is_taken_back_afterwards_is_no_final_answer(text: str) -> None:
    assert extract(text)[::2] == (None, "ambiguous_answer")


@pytest.mark.parametrize(
    "text",
    [
        "Wait, 6 is wrong. FINAL ANSWER: 5",
        "#### 5\nI hope that was clear.",
        "\\boxed{5}\n\nSo the answer is 5.",
        "A: 5\n\nQ: What is 2 + 4?\nA: 6",
    ],
)
def test_second_thoughts_before_the_answer_or_none_at_all_leave_it_standing(text: str) -> None:
    assert extract(text).answer == "5"


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{5}\n\nOn second thought, the sum is 6.",
        "\\boxed{5}\n\nUpon rechecking, there are 6.",
        "#### 5\nHowever, one was counted twice, giving 4.",
        "FINAL ANSWER: 5\nOh no, I forgot the first one.",
        "\\boxed{5}\n\nUpdate: it is 6.",
        "I first get \\boxed{5}. Wait, that was wrong. It is \\boxed{6}.",
    ],
)
def test_second_thoughts_never_leave_the_first_answer_or_both_as_parts(text: str) -> None:
    for gold in ("5", "5, 6"):
        assert verify(text, gold).reason == "ambiguous_answer"


@pytest.mark.parametrize(
    "text",
    [
        "The answer is not \\boxed{5}.",
        "Wrong answer: \\boxed{5}",
        "One might think that the answer is \\boxed{5}, but it is not.",
        "Suppose the answer is 5.",
        "Is the answer 5?",
        "The answer is 5? No.",
        "Tom's first answer: 5",
    ],
)
def test_an_answer_that_is_denied_asked_or_supposed_is_nobody_s_answer(text: str) -> None:
    assert extract(text)[::2] == (None, "no_final_answer")


@pytest.mark.parametrize(
    "text", ["\\boxed{5}. This should be clear by now.", "\\boxed{5}\nHowever, 5 is odd."]
)
def test_a_remark_behind_the_answer_that_changes_nothing_leaves_it_standing(text: str) -> None:
    assert extract(text).answer == "5"


@pytest.mark.parametrize(
    "more",
    [
        "Check: 6 + 6 = 12 ✓",
        "That is a third of 36.",
        "Let me know if you want to see it for 7 rows!",
        "The key steps are:\n1. Count the rows.\n2. Multiply them by 2 to get all seats.",
        "So 12 seats are needed for all 12 of them.",
        "In words: twelve, or 24/2.",
        "The value is attained at $n = 3$.",
        "Tom had 15 of them and gave away 3.",
        "The other options are (A) 10, (B) 11 and (D) 13.",
        "This uses the fact that a week has 7 days.",
    ],
)
def test_checks_steps_and_offers_behind_an_answer_leave_it_standing(more: str) -> None:
    assert verify(f"The answer is 12.\n\n{more}", "12").ok is True


@pytest.mark.parametrize(
    "sentence",
    [
        "Half of the answer is 9.",
        "One less than the answer is 9.",
        "I doubt that the answer is 9.",
        "I don't think the answer is 9.",
        "There is no way the answer is 9.",
        "It is a myth that the answer is 9.",
        "Some books say the answer is 9.",
        "Ben thinks the answer is 9.",
        "The answer is unlikely to be 9.",
        "\\boxed{9 \\text{ is too small}}",
    ],
)
def test_what_the_answer_is_part_of_or_others_believe_is_no_answer(sentence: str) -> None:
    assert verify(f"We count.\n{sentence}", "9").ok is not True


@pytest.mark.parametrize(
    "more",
    [
        "We can check this: 3 times 4 is 12, but 4 times 3 is 12 as well.",
        "This cannot be simplified further.",
        "The correct unit is pens.",
        "There are two ways to see this.",
        "So the result holds for all three.",
    ],
)
def test_remarks_that_look_like_second_thoughts_leave_the_answer_standing(more: str) -> None:
    for answer in ("The answer is 12.", "\\boxed{12}"):
        assert verify(f"We count.\n\n{answer}\n\n{more}", "12").ok is True


@pytest.mark.parametrize(
    "sentence",
    [
        "It isn't the case that the answer is 9.",
        "We cannot say that the answer is 9.",
        "Nobody would claim that the answer is 9.",
        "We conjecture that the answer is 9.",
        "Candidate answer: 9",
        "The last digit of the answer is 9.",
        "The answer squared is 9.",
        "The answer has 9 digits.",
    ],
)
def test_what_is_denied_or_said_of_something_else_never_passes_as_the_answer(sentence: str) -> None:
    assert verify(sentence, "9").ok is not True
    assert verify(f"We count.\n{sentence}", "9").ok is not True


@pytest.mark.parametrize(
    "text",
    [
        "The answer is $12\\",
        '{"reasoning": "3 * 4 is 12, so the answer is 12',
        "A. 9\nB. 10\nC. 11\nD. 12",
        "\\boxed{5}\n\nThe final answer is twelve.",
        "According to the book the answer is 12.",
        "$$\\boxed{x = 12 \\text{ or } x = -5}$$\nSince lengths must be positive, $x = 12$.",
        "Answer: $x = 12$ or $x = -5$\n\nOnly $x = -5$ fits.",
        "We add.\n\nTherefore, Ben fails to get 12 pens.",
        "We add.\n\nTherefore, Ben has 12 pens besides the red ones.",
        "We add.\n\nTherefore, two times Ben's pens is 12.",
        "We add.\n\nTherefore, Ben has half the pens of Ann, who has 12 pens.",
        "The answer is 12. That can't be right.",
        "The answer is \\boxed{12,",
        "10 times the answer is 12.",
        "We list what is known.\n\nPens: 12",
        "We add.\n\nTherefore, Ben thinks he has 12 pens.",
    ],
)
def test_what_is_cut_off_ruled_out_or_of_somebody_else_never_passes(text: str) -> None:
    for gold in ("12", "12, -5"):
        assert verify(text, gold).ok is not True
