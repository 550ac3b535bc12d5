"""Values that hold under conditions."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import (
    all_pass,
    differs_either_way,
    is_not_passed,
    none_pass,
    passes_either_way,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\sqrt{x}, x \\ge 0", "\\sqrt{x}"),
        ("\\begin{cases} x & x \\ge 0 \\\\ -x & x < 0 \\end{cases}", "|x|"),
        (
            "\\begin{cases} x^2, & \\text{if } x \\ge 0, \\\\ -x, & \\text{otherwise} \\end{cases}",
            "\\begin{cases} -x & x \\le 0 \\\\ x^2 & 0 < x \\end{cases}",
        ),
        (
            "\\begin{cases} 0 & n \\text{ even} \\\\ 1 & n \\text{ odd} \\end{cases}",
            "\\begin{cases} 1 & \\text{if } n \\text{ is odd} "
            "\\\\ 0 & n \\text{ is even} \\end{cases}",
        ),
        ("f(x) = ax + b, a, b \\in \\mathbb{R}", "f(x) = ax + b"),
    ],
)
def test_equal_cases_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "\\begin{cases} x & x \\ge 1 \\\\ 0 & x < 1 \\end{cases}",
            "\\begin{cases} x & x > 1 \\\\ 0 & x \\le 1 \\end{cases}",
        ),
        ("\\begin{cases} x & x \\ge 0 \\\\ -x & x < 0 \\end{cases}", "x"),
    ],
)
def test_different_cases_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("x^2 for x < 0", "x^2 for x > 0"),
    ],
)
def test_cases_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


def test_cases_may_stand_in_an_array_or_as_computer_algebra_prints_them() -> None:
    gold = "f(x) = \\begin{cases} x + 4 & x < 0 \\\\ 3x & x \\ge 0 \\end{cases}"
    array = "\\left\\{\\begin{array}{ll} x + 4, & x < 0 \\\\ 3x, & x \\ge 0 \\end{array}\\right."
    all_pass(gold, f"f(x) = {array}", "Piecewise((x + 4, x < 0), (3*x, True))")
    none_pass(gold, "Piecewise((x + 5, x < 0), (3*x, True))")
    all_pass("(1, 2)", "\\left\\{\\begin{array}{l} x = 1 \\\\ y = 2 \\end{array}\\right.")
