"""Explanations show trees as people write them."""

import pytest

from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x^2 - 1", "x^2 + -1"),
        ("2(x + 1)", "2*(x + 1)"),
        (r"\frac{1}{2} x", "(1/2)*x"),
        ("1.50", "1.50"),
        ("150 cm", "150 cm"),
        ("(1, 2)", "(1, 2)"),
        (r"\sin(2x)", "sin(2*x)"),
        (r"\sqrt{x+1}", "root(x + 1, 2)"),
        ("(x+1)^2", "(x + 1)^2"),
        ("x = 5", "x = 5"),
        (r"\int_0^1 x dx", "Integral(x, x, 0, 1)"),
    ],
)
def test_a_tree_is_shown_as_plain_text(text: str, shown: str) -> None:
    assert str(parse(text)) == shown
