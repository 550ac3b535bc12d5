"""Floats as programs print them stand for what was computed, and for nothing near it."""

import pytest

from dpo_math_assets.verifier import verify
from dpo_math_assets_tests.verifier.equivalence.checks import (
    nobody_knows,
    none_pass,
    passes_either_way,
)


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.7999999999999999x", "0.8x"),
        ("2.4000000000000004y^2 - 0.1", "2.4y^2 - 0.1"),
        ("z = 1.7999999999999998t + 2", "z = 1.8t + 2"),
        ("\\sin(0.6000000000000001u)", "\\sin(0.6u)"),
        ("7.500000000000001a - 2.2000000000000002b", "7.5a - 2.2b"),
        ("0.5000000000000001 + 0.8660254037844386i", "\\frac{1}{2} + \\frac{\\sqrt{3}}{2}i"),
        ("3.141592653589793r^2", "\\pi r^2"),
        ("-6.283185307179586v + 3.1415926535897931v", "-3.141592653589793v"),
    ],
)
def test_the_noise_of_floats_inside_an_expression_is_no_difference(one: str, other: str) -> None:
    passes_either_way(one, other)


def test_a_coefficient_that_differs_by_more_than_noise_is_not_passed() -> None:
    none_pass("0.8x", "0.7999999999999x", "0.8000000000000004x + 10^{-9}", "0.81x")
    nobody_knows("0", "1.2246467991473532e-16")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.31 \\times 10^{-3}", "\\frac{1}{432}"),
        ("-2.31 \\cdot 10^{-3}", "-\\frac{1}{432}"),
        ("1.23 \\times 10^5", "123456"),
        ("6.022 \\times 10^{23}", "6.02 \\times 10^{23}"),
        ("1.41 \\times 10^2", "100\\sqrt{2}"),
        ("(4.17 \\times 10^{-2}, 1)", "(\\frac{1}{24}, 1)"),
        ("[4.17 \\times 10^{-2}, 1)", "[\\frac{1}{24}, 1)"),
        (
            "\\begin{pmatrix} 4.17 \\times 10^{-2} & 1 \\end{pmatrix}",
            "\\begin{pmatrix} \\frac{1}{24} & 1 \\end{pmatrix}",
        ),
    ],
)
def test_scientific_notation_rounds_as_a_decimal_does(one: str, other: str) -> None:
    passes_either_way(one, other)


def test_scientific_notation_of_other_digits_or_too_few_is_another_value() -> None:
    none_pass(
        "\\frac{1}{432}", "2.32 \\times 10^{-3}", "2.3 \\times 10^{-3}", "2.31 \\times 10^{-2}"
    )
    none_pass("123456", "1.24 \\times 10^5", "1.2 \\times 10^5", "1.23 \\times 10^6")
