"""Floats as programs print them stand for what was computed, and for nothing near it."""

import pytest

from dpo_math_assets.verifier import verify


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (repr(0.1 + 0.2), "0.3"),
        (repr(1.1 * 3), "3.3"),
        (repr(0.1 * 3 * 70), "21"),
        (repr(1 - 0.9), r"\frac{1}{10}"),
        (repr(2 / 3 + 1e-16), "2/3"),
        (repr(2**0.5 * 2**0.5), "2"),
        ("1.4142135623730954", r"\sqrt{2}"),
        ("2.718281828459046", "e"),
        (f"({0.1 + 0.2!r}, 2)", "(0.3, 2)"),
        (f"[{0.1 + 0.2!r}, 1)", "[0.3, 1)"),
        (f"-{0.1 + 0.2!r}", "-0.3"),
        (f"{0.1 + 0.2!r} cm", "0.3 cm"),
    ],
)
def test_a_printed_float_is_the_value_that_was_computed(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict == "correct"
    assert verify(gold, answer).verdict == "correct"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("0.30000000000001", "0.3"),
        ("0.3000000000000004", "0.3"),
        ("99.9999999999999", "100"),
        ("1.4142135623730999", r"\sqrt{2}"),
        ("0.3", "0.30001"),
    ],
)
def test_a_decimal_that_is_further_off_is_another_value(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict == "incorrect"
