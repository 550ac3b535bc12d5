"""Sets of numbers."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import (
    all_pass,
    differs_either_way,
    is_not_passed,
    nobody_knows,
    none_pass,
    passes_either_way,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 \\le x < 2", "[1, 2)"),
        ("S = \\{4, 9\\}", "\\{9, 4\\}"),
        ("D = [2, \\infty)", "x \\ge 2"),
        ("A \\cap B = (1, 3)", "1 < x < 3"),
        ("\\text{all reals except }4", "x \\ne 4"),
        ("x \\ne 2", "(-\\infty, 2) \\cup (2, \\infty)"),
        ("(0, 1) \\cup [1, 2)", "(0, 2)"),
        ("\\{x \\mid x > 2\\}", "(2, \\infty)"),
        ("|x| < 3", "(-3, 3)"),
        ("all real numbers", "\\mathbb{R}"),
        ("x < -2 \\text{ or } x > 3", "(-\\infty, -2) \\cup (3, \\infty)"),
        ("x \\ge 0 \\text{ and } x \\ne 1", "[0, 1) \\cup (1, \\infty)"),
        ("x \\ne 0, 1", "\\mathbb{R} \\setminus \\{0, 1\\}"),
        ("[0, 1) U (2, 3]", "[0, 1) \\cup (2, 3]"),
        ("[0, 1[", "[0, 1)"),
        ("x \\in ]0, 1]", "0 < x \\le 1"),
        ("|x - 2| \\le 3", "[-1, 5]"),
        ("1 < x + 1 < 3", "(0, 2)"),
        ("x \\in \\mathbb{R}, x \\ne 2", "all real numbers except 2"),
        ("x is less than or equal to 2", "(-\\infty, 2]"),
        ("x is greater than 2", "(2, \\infty)"),
        ("all real numbers x such that x > 2", "(2, \\infty)"),
        ("{x | -1 < x \\le 3}", "(-1, 3]"),
    ],
)
def test_equal_sets_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[0, 1)", "(0, 1)"),
        ("(0, 1) \\cup (1, 2)", "(0, 2)"),
        ("x < 1 \\text{ or } x > 3", "1 < x < 3"),
        ("\\{x \\in \\mathbb{Z} \\mid 1 < x < 4\\}", "(1, 4)"),
        ("|x - 2| \\le 3", "[-1, 4]"),
    ],
)
def test_different_sets_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("\\{x \\in \\mathbb{Q} \\mid x > 0\\}", "(0, \\infty)"),
        ("x < 1 \\text{ or } x > 2", "y < 1 \\text{ or } y > 2"),
        ("\\mathbb{N}", "all positive integers"),
    ],
)
def test_sets_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


def test_a_set_in_bare_braces_may_have_a_colon() -> None:
    all_pass("[0, 1)", "{x : 0 <= x < 1}")
    none_pass("[0, 1)", "{x : 0 < x < 1}")
    all_pass("(2, -1)", "{x: 2, y: -1}")


def test_integers_from_a_number_on_are_no_interval_of_reals() -> None:
    all_pass("n \\ge 3", "all integers n \\ge 3", "all positive integers $n$ with $n > 2$")
    all_pass("n \\ge 3", "\\{3, 4, 5, \\dots\\}", "\\{\\mathbb{Z} \\mid n > 2\\}")
    all_pass("2k + 1, k \\in \\mathbb{Z}", "all odd integers", "2k - 1, k \\in \\mathbb{Z}")
    none_pass("n \\ge 3", "all integers n \\ge 4")
    none_pass("2k, k \\in \\mathbb{Z}", "all odd integers")
    nobody_knows("n \\ge 3", "n > 2")
    nobody_knows("[3, \\infty)", "all integers n \\ge 3")
    none_pass("x \\ge 3", "x > 2")
