"""Sentences that state a value, and sentences in which a number only stands."""

import pytest

from dpo_math_assets.verifier import extract, verify


@pytest.mark.parametrize(
    "sentence",
    ["He ate half of 12 pies.", "There are 12 million people.", "It does not cost $12 in total."],
)
def test_the_number_in_a_sentence_is_no_answer_where_words_change_it(sentence: str) -> None:
    assert verify(f"FINAL ANSWER: {sentence}", "12").ok is not True


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("FINAL ANSWER: The drive takes 45 minutes altogether.", "45 minutes"),
        ("We add.\nTherefore, his speed is 30 km per hour.", "30 km per hour"),
        ("We add.\nSo she needs 12 square feet of cloth.", "12 square feet"),
        ("FINAL ANSWER: Tim is paid $15 an hour", "$15 per hour"),
        ("FINAL ANSWER: The balance is minus 20 dollars.", "-20 dollars"),
    ],
)
def test_a_unit_stays_with_its_number_so_that_minutes_never_pass_for_hours(
    text: str, answer: str
) -> None:
    assert extract(text).answer == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "The water is 7 degrees below zero",
        "the number of factors of 7",
        "There are four bags of 7",
        "Three out of 7 children",
        "It is 7 to the fourth power",
        "There are 7 choose two teams",
        "It is 7 less than the other",
        "The first 7 odd numbers",
        "None of the 7 boats",
        "One-third of the 7 pies",
        "The score is 7 to one",
        "See line 7 of the table",
        "She has 7 crore rupees",
        "He has 7 dozen eggs",
    ],
)
def test_the_only_number_of_a_sentence_is_no_answer_unless_the_sentence_states_it(
    sentence: str,
) -> None:
    assert verify(f"FINAL ANSWER: {sentence}", "7").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "The value is 7 x.",
        "The area is 7 pi square feet.",
        "The sum is 7, which is wrong.",
        "Ann is 7 and Ben is 9.",
        "The price rose from $7 to $9.",
        "It is 7 and a half years old.",
        "Seven or 7 thousand people came.",
        "The number has 7 as a divisor.",
        "The result could be 7.",
        "The trick is to use 7.",
        "Twice the sum is 7.",
        "The bill is 7 without the tip.",
        "The gain is 7, or 9% of the price.",
    ],
)
def test_a_factor_or_a_second_value_behind_the_number_is_not_dropped(sentence: str) -> None:
    assert verify(f"FINAL ANSWER: {sentence}", "7").ok is not True


@pytest.mark.parametrize("answer", [".4", "1, 3, 5, ...", "]0, 1]", "[2, 5)", "(3, 4)", "f(2)"])
def test_points_and_brackets_of_the_value_itself_are_kept(answer: str) -> None:
    assert extract(f"FINAL ANSWER: {answer}").answer == answer
