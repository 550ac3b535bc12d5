from fractions import Fraction

import pytest

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2^{-3}", Fraction(1, 8)),
        (r"\sqrt{4/9}", Fraction(2, 3)),
        (r"\sqrt[3]{-27}", Fraction(-3)),
        ("5!", Fraction(120)),
        ("6!!", Fraction(48)),
        (r"\binom{10}{3}", Fraction(120)),
        (r"\gcd(2.4, 3.6)", Fraction(6, 5)),
        (r"\sum_{k=1}^{3} \frac{1}{k}", Fraction(11, 6)),
        (r"\log_2(8)", Fraction(3)),
        (r"\log_{1/3}(9)", Fraction(-2)),
        (r"\log_7(1)", Fraction(0)),
        (r"\log_2(7)", None),
        (r"\log_1(5)", None),
        (r"\log_2(-8)", None),
        (r"\sqrt{2}", None),
        ("x", None),
        (r"\frac{1}{0}", None),
        ("0^0", None),
        ("2^{10^9}", None),
        ("(10^8)!", None),
        (r"\sum_{k=1}^{10^9} k", None),
    ],
)
def test_exact_values_are_exact_or_none(text: str, value: Fraction | None) -> None:
    assert exact(parse(text)) == value
