"""What an answer holds that has no value: it makes no wrong answer."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import all_pass, nobody_knows, none_pass


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        # unknown functions, also by names that nobody knows
        ("4", "g(2)"),
        ("h(a)", "h(b)"),
        ("2t", "u(t)"),
        ("3", "y(0)"),
        ("7", "blorp(7)"),
        ("x^2", "foo(x, 2)"),
        ("\\frac{1}{4}", "P(A)"),
        ("(2, 5)", "F(2)"),
        ("f(2) + 3", "g(2) + 3"),
        ("12", "\\lfloor f(3) \\rfloor"),
        ("\\{1, 2\\}", "\\{f(1), 2\\}"),
        ("x = 8", "x = f(2)"),
        # units and words
        ("14", "13 zorkles"),
        ("10", "5 pairs"),
        ("8 zorkles", "9 blarps"),
        ("20", "\\text{vingt}"),
        ("5 cm", "\\text{blue}"),
        # names
        ("0.4", "\\hat{p}"),
        ("2x", "y'"),
        ("11", "a_5"),
        ("25", "AB"),
        ("\\{1, 2\\}", "S"),
        ("(1, 2)", "P"),
        ("14", "B"),
        ("14", "(B)"),
    ],
)
def test_what_may_be_any_value_is_not_called_wrong(gold: str, answer: str) -> None:
    nobody_knows(gold, answer)


def test_what_may_be_any_value_does_not_hide_another_difference() -> None:
    none_pass("(f(1), 2)", "(f(1), 3)", "(7, 3)")
    none_pass("f(x) + 1", "f(x) + 2", "2f(x) + 1")
    none_pass("f(x) = x^2", "f(x) = x^3", "f(t) = t^2 + 1")
    none_pass("H_n + 1", "H_n + 2")
    none_pass("12 apples", "13", "13 oranges")
    none_pass("12", "no solution", "undefined", "\\text{infinitely many}")
    nobody_knows("0", "none", "no solutions")


def test_a_letter_before_a_bracketed_value_is_a_factor_beside_one() -> None:
    all_pass("3u", "u(3)")
    all_pass("-2ab", "a(-2)b")
    none_pass("3u", "u(4)")
    none_pass("P(1 + r)", "P(1 + 2r)")
