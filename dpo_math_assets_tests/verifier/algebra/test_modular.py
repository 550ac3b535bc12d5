from random import Random

import pytest

from dpo_math_assets.verifier.algebra.modular import compare_rational
from dpo_math_assets.verifier.syntax.parser import parse


def _compared(a: str, b: str) -> str:
    return compare_rational(parse(a), parse(b), lambda: Random(1))


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [
        ("(x+1)^2", "x^2+2x+1", "equal"),
        ("\\frac{x^2-1}{x-1}", "x+1", "equal"),
        ("(x+y)^{20}", "(y+x)^{20}", "equal"),
        ("(x+1)^2", "x^2+1", "different"),
        ("\\frac{1}{x}", "\\frac{1}{x+10^{-9}}", "different"),
        ("\\sin(x)", "\\sin(x)", "unknown"),
        ("\\frac{1}{x-x}", "1", "unknown"),
        ("x^{10^{12}}", "x^{10^{12}}", "unknown"),
        ("x^y", "x^y", "unknown"),
    ],
)
def test_rational_functions_are_compared_and_nothing_else(a: str, b: str, outcome: str) -> None:
    assert _compared(a, b) == outcome


def test_what_vanishes_at_the_small_integers_tried_first_is_still_different() -> None:
    assert _compared("(x-3)(x-5)(x-11)", "0") == "different"
