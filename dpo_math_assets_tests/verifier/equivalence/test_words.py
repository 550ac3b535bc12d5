"""Answers in words."""

import pytest

from dpo_math_assets.verifier import compare
from dpo_math_assets_tests.verifier.equivalence.checks import (
    all_pass,
    differs_either_way,
    is_not_passed,
    is_undecided,
    nobody_knows,
    none_pass,
    passes_either_way,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\text{Yes}", "yes"),
        ("DNE", "does not exist"),
        ("infinitely many solutions", "infinitely many"),
        ("red", "\\textbf{Red}"),
        ("March 15th", "March 15"),
        ("diverges", "the series diverges"),
        ("converges", "convergent"),
        ("It is increasing", "\\text{increasing}"),
        ("isosceles triangle", "isosceles"),
        ("3\\text{ R }2", "3 remainder 2"),
    ],
)
def test_equal_words_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\text{odd}", "\\text{even}"),
    ],
)
def test_different_words_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("4 but not 5", "4"),
        ("less than 4", "4"),
        ("3 for even n, 5 for odd n", "3"),
        ("5 squared", "5"),
        ("3 quarters", "3"),
        ("one two", "1"),
        ("first", "1"),
        ("3 with remainder 2", "3"),
        ("3 R 2", "3"),
        ("3 R 2", "3\\text{ R }4"),
        ("isosceles triangle", "triangle"),
        ("right isosceles triangle", "isosceles"),
        ("n + 1 for even n", "n + 1"),
        ("4 July", "4"),
        ("10 more", "10"),
        ("0.5 repeating", "0.5"),
        ("5 maybe", "5"),
        ("square root of 5", "5"),
        ("5 tens", "5"),
        ("Jack has less than 5 apples", "5"),
    ],
)
def test_words_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("second quadrant", "Quadrant II"),
    ],
)
def test_words_that_pass_in_another_reading_are_undecided(answer: str, gold: str) -> None:
    is_undecided(answer, gold)


def test_words_for_what_has_a_sign_are_this_sign() -> None:
    all_pass("\\infty", "positive infinity")
    all_pass("-\\infty", "negative infinity", "minus infinity")
    all_pass("\\mathbb{R}", "any real number")
    all_pass("(2, 3)", "the point (2, 3)")
    all_pass("\\text{absolutely convergent}", "The series converges absolutely")
    none_pass("\\text{absolutely convergent}", "converges conditionally")
    none_pass("\\infty", "negative infinity")


def test_a_day_is_the_same_day_whichever_way_it_is_written() -> None:
    all_pass("March 5", "5 March", "Mar 5", "March 5th")
    none_pass("March 5", "March 15", "May 5")
    all_pass("17 R 3", "17 remainder 3", "17 r 3")
    none_pass("17 R 3", "17 remainder 4", "3 remainder 17")


def test_a_date_in_digits_is_no_difference() -> None:
    nobody_knows("2017", "2020-01-02")


def test_dates_and_days_are_one_however_they_are_written() -> None:
    all_pass("March 5, 2019", "5 March 2019", "5th of March 2019")
    none_pass("March 5, 2019", "6 March 2019", "March 5, 2020")
    all_pass("Thursday", "Thu", "thurs")
    none_pass("Thursday", "Tue")


def test_a_sentence_of_short_words_is_no_value() -> None:
    for sentence in ("I used the law", "A man saw the box", "I did it", "I need the big box"):
        assert compare(sentence, "14")[0] == "undecided"


def test_yes_is_not_known_to_be_true() -> None:
    nobody_knows("yes", "true", "false")
    none_pass("yes", "no")


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("yes", "correct"),
        ("no", "never"),
        ("sphere", "ball"),
        ("indeterminate", "undefined"),
        ("2", "twice"),
        ("0", "none"),
        ("Quadrant III", "3"),
    ],
)
def test_words_that_may_say_the_same_are_not_called_wrong(gold: str, answer: str) -> None:
    is_undecided(answer, gold)


def test_spellings_of_two_countries_are_one() -> None:
    all_pass("center", "centre")
    all_pass("the colour red", "the color red")
