"""Answers that are told by their place alone."""

import pytest

from dpo_math_assets.verifier import extract, verify


@pytest.mark.parametrize(
    "program",
    [
        "total = 4\nfor n in range(3):\n    total += n\n7",
        "def add(n):\n    return n + 4\nadd(3)\n7",
        "import math\nn = 7",
        "n = 7\nprint(n)",
    ],
)
def test_the_lines_of_a_program_without_a_fence_state_nothing(program: str) -> None:
    assert extract(program).answer is None


@pytest.mark.parametrize(
    "hedge", [", I guess", " with probability 1/3, else 8", " unless it rains"]
)
def test_a_bare_answer_that_its_own_line_hedges_is_ambiguous(hedge: str) -> None:
    assert verify(f"7{hedge}", "7").reason == "ambiguous_answer"


@pytest.mark.parametrize(
    "sentence",
    [
        "So next we divide this by 7.",
        "So let us assume that she has 7 coins.",
        "Therefore, we must consider 7 cases.",
        "So it is unclear whether there are 7 coins.",
        "So how much are 7 of them?",
        "Thus we still need to multiply by 7.",
    ],
)
def test_a_last_sentence_that_concludes_nothing_gives_no_answer(sentence: str) -> None:
    assert extract(f"We count them.\n{sentence}").answer is None


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("So x = 8.\n\n**Check:** 2(8) + 1 = 17 ✓", "8"),
        ("Therefore, there are 8 cats.\n\nI hope this helps!", "8"),
        ("5 + 3 = 8 cats\n\nAnn needs to feed **8** cats.", "8"),
    ],
)
def test_what_stands_below_a_conclusion_does_not_hide_it(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True


@pytest.mark.parametrize("more", ["Confidence: 95%", "Total points: 45", "Check: 12 + 33 = 45"])
def test_a_label_below_the_conclusion_is_not_taken_for_the_answer(more: str) -> None:
    value = more.rsplit(" ", 1)[1]
    assert verify(f"So the team needs 7 more points.\n\n{more}", value).ok is not True


@pytest.mark.parametrize(
    "text",
    [
        "Part 1: 9\nPart 2: 12",
        "x is 9\ny is 12",
        "**Ann:** 9\n**Ben:** 12",
        "1. Total: $9\n2. Price of a pear: $12",
        "We find\n\\[\nx = 24 - 12 = 12",
        "We find\n$$\nx = 12",
        "The sum is 9.\n\nDifficulty: 12",
        "Tom has 9 pens.\n[12]",
    ],
)
def test_a_last_line_that_is_one_of_several_or_was_cut_off_never_passes(text: str) -> None:
    assert verify(text, "12").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "Consequently, Ann has 12 pens.",
        "It follows that $x = 12$.",
        "In conclusion, Ann has a total of 12 pens. 😊",
        "So Ann has 12 pens left over.",
        "Therefore, the number of pens that are not used is **12**.",
        "Therefore, there are 12 children who do not like tea.",
        "Therefore, **Ann needs to bring at least 12 pens.**",
        "Therefore, the two add up to 12 pens over 5 days.",
        "So Ann puts $12$ in the box.",
        "So Ben gave her 12 pens.",
    ],
)
def test_a_last_sentence_that_concludes_states_its_value_in_many_words(sentence: str) -> None:
    assert verify(f"We count the pens. 5 + 9 = 14\n\n{sentence}", "12").ok is True


@pytest.mark.parametrize(
    "sentence",
    [
        "Therefore, it is clear that there are not 12 pens.",
        "Therefore, the number that is not right is 12.",
        "Therefore, Ann has at least 12 pens.",
        "Therefore, Ann has over 12 pens.",
        "Consequently, 12 is too small.",
    ],
)
def test_a_last_sentence_that_denies_or_bounds_its_number_states_none(sentence: str) -> None:
    assert verify(f"We count the pens. 5 + 9 = 14\n\n{sentence}", "12").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "Therefore, Ben paid **$36** for the 2 shirts.",
        "So, there are 36 pens in 8 of the boxes.",
        "Therefore, 2 shirts and 3 hats cost **$36**.",
        "Thus Ben needs 36 more pens to reach his goal of 72 pens.",
    ],
)
def test_a_conclusion_with_other_numbers_states_the_result_of_the_last_sum(sentence: str) -> None:
    assert verify(f"We subtract.\n60 - 24 = 36\n\n{sentence}", "36").ok is True
    assert verify(f"We subtract.\n60 - 25 = 35\n\n{sentence}", "36").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "Therefore, the number is between 30 and 36.",
        "Therefore, 36 out of 40 children passed.",
        "Therefore, Ben needs 4 more than 36.",
        "Therefore, there are 36 pens and 4 boxes.",
        "Therefore, Ben paid 36 dollars of his 40, leaving 4.",
        "So 36 divided among 4 children is 9.",
        "Therefore, Ben has 4 times 36 pens.",
        "Therefore, Ben does not need 36 of the 40 pens.",
    ],
)
def test_a_conclusion_that_goes_on_from_the_result_of_the_last_sum_states_none(
    sentence: str,
) -> None:
    assert verify(f"We subtract.\n60 - 24 = 36\n\n{sentence}", "36").ok is not True


def test_a_text_cut_off_behind_its_last_sum_concludes_nothing() -> None:
    assert verify("We count.\n6 + 6 = 12 pens\n\n**", "12").ok is not True
