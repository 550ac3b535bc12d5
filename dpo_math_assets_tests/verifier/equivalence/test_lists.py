"""Lists, sets of values, and values with names."""

import pytest

from dpo_math_assets.verifier import verify
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
        ("\\{1, 2, 3\\}", "\\{3, 2, 1\\}"),
        ("3, 5", "5 and 3"),
        ("x = 3 or x = -2", "-2, 3"),
        ("(p, q) = (3, 2)", "p = 3, q = 2"),
        ("3 \\pm \\sqrt{2}", "3 - \\sqrt{2}, 3 + \\sqrt{2}"),
        ("(\\pm 1, 2)", "(1, 2), (-1, 2)"),
        ("\\begin{cases} x = 1 \\\\ y = 2 \\end{cases}", "y = 2, x = 1"),
        ("Alice and Bob", "Bob and Alice"),
        ("2, 1, 1", "1, 1, 2"),
        ("0, \\pm 1", "-1, 0, 1"),
        ("\\begin{aligned} x &= 3 \\\\ y &= 5 \\end{aligned}", "(3, 5)"),
        ("\\{x \\in \\mathbb{Z} \\mid 1 < x < 4\\}", "\\{2, 3\\}"),
        (
            "\\{\\frac{\\pi}{6} + n\\pi \\mid n \\in \\mathbb{Z}\\}",
            "\\frac{\\pi}{6} + k\\pi, k \\in Z",
        ),
        ("x_1 = 3, x_2 = 2", "2, 3"),
        ("x = 1, y = 2 \\text{ or } x = 3, y = 4", "(1, 2), (3, 4)"),
        ("A, C", "AC"),
        ("There is no solution", "no solution"),
        ("1, 3, 5, \\ldots", "1, 3, 5, ..."),
        ("y = 2, x = 1 \\text{ or } x = 3, y = 4", "(1, 2), (3, 4)"),
        ("(a) 3, (b) 4", "3, 4"),
        ("Ann: 5, Ben: 3", "Ben: 3, Ann: 5"),
        ("Length = 5, width = 3", "5, 3"),
        ("1,2,3", "1, 2, 3"),
        ("(1)(3)", "1, 3"),
        ("①③", "①, ③"),
        ("(1) 5 (2) 6", "5, 6"),
    ],
)
def test_equal_lists_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1) 5 (2) 6", "6, 5"),
        ("\\{1, 2\\}", "\\{1, 2, 3\\}"),
        ("1, 2", "1"),
        ("1, 2", "1, 2, 2"),
        ("Alice and Bob", "Alice and Eve"),
        ("\\{1, 2\\}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"),
        ("\\{1, 2\\}", "(1, 2)"),
        ("1, 1, 2", "1, 2, 2"),
        ("x = 2", "2, 3"),
        ("0, \\pm 1", "0, 1"),
        ("x_1 = 3, x_2 = 2", "(2, 3)"),
        ("\\{1, \\{2\\}\\}", "\\{1, 2\\}"),
        ("Ann: 5, Ben: 3", "Ann: 3, Ben: 5"),
        ("①③", "①②"),
    ],
)
def test_different_lists_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("4 or 5", "4"),
        ("x > 0, x \\in \\mathbb{Z}", "(0, \\infty)"),
        ("x = 1 \\text{ or } y = 2", "x = 1, y = 2"),
        ("x + y = 5, xy = 6", "5, 6"),
        ("x = 1, 2", "y = 1, 2"),
        ("Ann: 5, Ben: 3", "3, 5"),
        ("2 and 1/2", "2.5"),
        ("(1)(3)", "3"),
        ("a, 3", "3"),
        ("1, 2, \\ldots", "1, 2"),
    ],
)
def test_lists_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("1:30", "1 hour 30 minutes"),
        ("5 feet 6 inches", "66"),
    ],
)
def test_lists_that_pass_in_another_reading_are_undecided(answer: str, gold: str) -> None:
    is_undecided(answer, gold)


def test_a_list_in_square_brackets_is_the_list_that_the_gold_has() -> None:
    assert verify("FINAL ANSWER: [2, 1]", "1, 2").ok is True
    assert verify("FINAL ANSWER: [1, 2]", "(1, 2)").ok is False
    assert verify("FINAL ANSWER: [3, 1, 2]", "1, 2, 3").ok is True
    assert verify("FINAL ANSWER: [3, 1, 2]", "(1, 2, 3)").ok is False


def test_parts_numbered_in_roman_or_with_half_a_bracket_come_in_turn() -> None:
    all_pass("5, 7", "(i) 5 (ii) 7", "(i) 5, (ii) 7", "a) 5 b) 7", "1) 5 2) 7")
    all_pass("(1) 5 (2) 7", "\\text{(1) }5\\text{ (2) }7")
    none_pass("(i) 5 (ii) 7", "(i) 7 (ii) 5", "7, 5")
    none_pass("(1) 5 (2) 7", "\\text{(1) }7\\text{ (2) }5")
    nobody_knows("5", "(i) 5")


def test_numbered_unknowns_need_no_sign_of_the_index() -> None:
    all_pass("4, 9", "x1 = 4, x2 = 9")
    none_pass("4, 9", "x1 = 4, x2 = 8")


def test_values_keep_the_names_that_tell_them_apart() -> None:
    all_pass(
        "\\max = 8, \\min = 2", "max 8, min 2", "maximum: 8; minimum: 2", "minimum 2, maximum 8"
    )
    all_pass("8, 2", "the maximum is 8, the minimum is 2")
    all_pass("Ann: 5, Ben: 3", "Ann: 5; Ben: 3", "Ben: 3; Ann: 5")
    all_pass("A: 5, B: 3", "B: 3, A: 5")
    all_pass("8", "\\max = 8", "Maximum: 8")
    none_pass("\\max = 8, \\min = 2", "max 2, min 8", "maximum: 2; minimum: 8")
    none_pass("Ann: 5, Ben: 3", "Ann: 3; Ben: 5")
    none_pass("A: 5, B: 3", "A: 3, B: 5")
    nobody_knows("\\max = 8", "\\min = 8", "Minimum: 8")
    nobody_knows("\\gcd = 6", "\\lcm = 6")


def test_dots_between_numbers_leave_out_what_everybody_would_fill_in() -> None:
    all_pass("\\{1, 2, \\dots, 6\\}", "\\{1, 2, 3, \\ldots, 6\\}", "\\{1, 2, 3, 4, 5, 6\\}")
    all_pass("\\{1, 2, \\dots, 6\\}", "\\{n \\in \\mathbb{Z} : 1 \\le n \\le 6\\}")
    none_pass("\\{1, 2, \\dots, 6\\}", "\\{1, 2, \\dots, 7\\}", "\\{0, 1, \\dots, 6\\}")
    nobody_knows("2, 4, \\dots, 16", "2, 4, 8, 16")  # powers, or even numbers
    nobody_knows("x_1, \\dots, x_n", "x_1, x_2, \\dots, x_n")


def test_two_values_of_one_letter_are_no_point() -> None:
    all_pass("x = 1 \\text{ or } x = 2", "1, 2", "\\{1, 2\\}")
    nobody_knows("x = 1 \\text{ or } x = 2", "(1, 2)")
    none_pass("x = 1 \\text{ or } x = 2", "(1, 3)")


@pytest.mark.parametrize(("one", "other"), [("y = 2, x = 1", "(1, 2)"), ("b = 3, a = 5", "5, 3")])
def test_names_out_of_their_order_do_not_make_a_point_wrong(one: str, other: str) -> None:
    is_undecided(one, other)
    is_undecided(other, one)


def test_names_in_their_order_still_do() -> None:
    differs_either_way("x = 2, y = 1", "(1, 2)")
