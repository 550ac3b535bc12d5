"""Sets of points with letters that run: lines and planes in one of their many forms."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import all_pass, nobody_knows, none_pass


def test_a_letter_before_a_vector_is_multiplied_in() -> None:
    all_pass("(3t, -t)", "t(3, -1)", "-t(-3, 1)", "\\frac{t}{2}(6, -2)")
    all_pass("(a, 2b)", "a(1, 0) + b(0, 2)")
    none_pass("(3t, -t)", "t(3, 1)", "t(3, -1, 0)")


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("(0, 1) + t(2, 5)", "(2, 6) + t(2, 5)"),
        ("(0, 1) + t(2, 5)", "(0, 1) + s(-4, -10)"),
        ("x = 2t, y = 1 + 5t", "x = 2 + 2s, y = 6 + 5s"),
        ("s(1, 0, 2) + t(0, 1, 1)", "s(1, 1, 3) + t(1, -1, 1)"),
        ("(2t, 1 + 5t)", "x = 2k, y = 1 + 5k"),
    ],
)
def test_another_form_of_a_line_is_not_called_wrong(gold: str, answer: str) -> None:
    nobody_knows(gold, answer)


@pytest.mark.parametrize("answer", ["(0, 2) + t(2, 5)", "(0, 1) + t(2, 4)", "x = 2t, y = 5t"])
def test_another_line_is_wrong(answer: str) -> None:
    none_pass("(0, 1) + t(2, 5)", answer)
