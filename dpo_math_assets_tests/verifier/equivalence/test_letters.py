"""What letters stand for: parameters, constants, functions."""

import pytest

from dpo_math_assets.verifier import compare, verify
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
        ("(3t, 2t) \\text{ for some integer } t", "(3n, 2n)"),
        ("2 + 3*I", "2 + 3i"),
        ("3*E", "3e"),
        ("-\\frac{\\pi}{4} + k\\pi", "\\frac{3\\pi}{4} + k\\pi"),
        ("\\Gamma(5)", "24"),
        ("\\zeta(2)", "\\frac{\\pi^2}{6}"),
        ("n = 12k + 7", "n \\equiv 7 \\bmod 12"),
        ("\\sin^2 x + C", "-\\cos^2 x + C"),
        ("x = -\\frac{\\pi}{2} + k\\pi, k \\in \\mathbb{Z}", "x = \\frac{\\pi}{2} + k\\pi"),
        ("\\pm \\frac{\\pi}{3} + 2k\\pi", "\\frac{\\pi}{3} + 2k\\pi, \\frac{5\\pi}{3} + 2k\\pi"),
        (
            "(-1)^k \\frac{\\pi}{6} + k\\pi",
            "\\frac{\\pi}{6} + 2k\\pi \\text{ or } \\frac{5\\pi}{6} + 2k\\pi",
        ),
        ("x = \\frac{k\\pi}{2}", "x = k\\pi \\text{ or } x = \\frac{\\pi}{2} + k\\pi"),
        ("[k\\pi, k\\pi + \\frac{\\pi}{2}]", "[k\\pi + \\pi, k\\pi + \\frac{3\\pi}{2}]"),
        ("n \\equiv 1, 4 \\pmod 5", "n \\equiv \\pm 1 \\pmod 5"),
        ("n = 4k \\text{ or } n = 4k + 1", "n \\equiv 0, 1 \\pmod 4"),
        ("\\frac{(a + b)h}{2}", "\\frac{1}{2}h(a + b)"),
        ("\\varphi(100)", "40"),
        ("\\vec{a} = 2\\vec{b}", "\\mathbf{a} = 2\\mathbf{b}"),
        ("f(x) = ax + b", "f(x) = ax + b where a and b are constants"),
        (
            "\\overrightarrow{AB} + \\overrightarrow{BC}",
            "\\overrightarrow{AB} - \\overrightarrow{CB}",
        ),
        ("\\ln|3x| + C", "F(x) = \\ln|x| + C"),
    ],
)
def test_equal_letters_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("k\\pi, k \\in \\mathbb{Z}", "2n\\pi, n \\in \\mathbb{Z}"),
        ("(2k+1)\\pi", "2n\\pi"),
        ("x = \\frac{\\pi}{4} + k\\pi", "x = \\frac{\\pi}{4} + 2k\\pi"),
        ("n \\equiv 0, 1 \\pmod 4", "n = 4k \\text{ or } n = 4k + 2"),
        ("f \\equiv 0", "f(x) = 1"),
        ("\\overrightarrow{AB}", "\\overrightarrow{BA}"),
        ("\\zeta(2)", "\\frac{\\pi^2}{8}"),
    ],
)
def test_different_letters_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("k\\pi, k \\in \\mathbb{N}", "k\\pi, k \\in \\mathbb{Z}"),
        ("k\\pi, where k is an odd integer", "k\\pi, k \\in \\mathbb{Z}"),
        ("k\\pi, where k is a multiple of 5", "k\\pi, where k is a multiple of 3"),
        ("2k for some negative integer k", "2k for some integer k"),
        ("n \\equiv 7 \\pmod{12}", "n = 6k + 1"),
    ],
)
def test_letters_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("\\log 2", "\\ln 2"),
        ("g(a + b)", "g(a) + g(b)"),
        ("H_n", "\\sum_{k=1}^n \\frac{1}{k}"),
        ("A + 2*I", "A + 2i"),
        ("x**2 + E", "x^2 + e"),
    ],
)
def test_letters_that_pass_in_another_reading_are_undecided(answer: str, gold: str) -> None:
    is_undecided(answer, gold)


def test_common_divisors_of_letters_count_where_the_gold_speaks_of_them() -> None:
    assert verify("m + n - 1", "m + n - \\gcd(m, n)").ok is not True
    assert verify("m + n - \\gcd(m, n)", "m + n - 1").ok is True
    assert verify("\\gcd(2m, 4n)", "1").ok is False


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("40 = 2c", "20"),
        ("5 apples", "5 oranges"),
        ("x^2 + C", "K + x^2"),
        ("y = C_1 e^x + C_2 e^{-x}", "y = Ae^{-x} + Be^x"),
        ("C_1 + C_2 x", "C_2 + C_1 x"),
        ("P(A) = \\frac{1}{2}", "P(B) = \\frac{1}{2}"),
        ("f(x) = 2x", "y = 2x"),
        ("f(f(x))", "\\int g(x)\\,dx"),
    ],
)
def test_what_is_understood_but_not_told_apart_is_neither_unparsable_nor_late(
    answer: str, gold: str
) -> None:
    assert compare(answer, gold)[:2] == ("undecided", "undetermined")


def test_a_solution_is_the_same_family_whatever_its_free_constants_are_called() -> None:
    all_pass("\\frac{x^4}{4} + C", "x^4/4 + c", "x^4/4 + 1 + c")
    all_pass("y = C_1 e^{3x} + C_2 e^{-x}", "y = c_1 e^{3x} + c_2 e^{-x}")
    all_pass("y = C_1 e^{3x} + C_2 e^{-x}", "C1*exp(3*x) + C2*exp(-x)", "C_2 e^{3x} + C_1 e^{-x}")
    all_pass("\\frac{x^2}{2} + ax + C", "\\frac{(x + a)^2}{2} + C")
    none_pass("\\frac{x^4}{4} + C", "x^3/4 + c", "x^4 + c", "\\frac{x^4}{4}")
    none_pass("y = C_1 e^{3x} + C_2 e^{-x}", "C_1 e^{3x} + C_2 e^{x}", "C_1 e^{3x} + C_1 e^{-x}")
    nobody_knows("C_1 + C_2 x", "C_2 + C_1 x")  # a fee and a price, as likely
    nobody_knows("\\ln|x + 4| + C", "\\log|x + 4| + C", "\\log|2x + 8| + C")


def test_a_set_of_general_solutions_says_no_more_than_its_condition() -> None:
    turns = "x = \\frac{\\pi}{4} + k\\pi, k \\in \\mathbb{Z}"
    all_pass(
        turns,
        "\\{x | x = \\frac{\\pi}{4} + n\\pi, n \\in \\mathbb{Z}\\}",
        "\\frac{\\pi}{4} - k\\pi",
    )
    none_pass(turns, "\\{x | x = \\frac{\\pi}{3} + k\\pi, k \\in \\mathbb{Z}\\}")
    domain = "x \\ne k\\pi, k \\in \\mathbb{Z}"
    all_pass(domain, "\\{x \\mid x \\ne k\\pi, k \\in \\mathbb{Z}\\}")
    range_ = "(2k\\pi, 2k\\pi + \\pi), k \\in \\mathbb{Z}"
    all_pass(range_, "\\{x | 2k\\pi < x < 2k\\pi + \\pi, k \\in \\mathbb{Z}\\}")
    none_pass(range_, "\\{x | 2k\\pi \\le x < 2k\\pi + \\pi, k \\in \\mathbb{Z}\\}")


def test_the_two_constants_of_planck_are_one_up_to_a_turn() -> None:
    all_pass("\\frac{\\hbar^2 \\pi^2}{2mL^2}", "\\frac{h^2}{8mL^2}")
    none_pass("\\frac{\\hbar^2 \\pi^2}{2mL^2}", "\\frac{h^2}{4mL^2}")


def test_engineers_write_j_for_the_imaginary_unit_beside_a_number() -> None:
    all_pass("3 + 4i", "3 + 4j")
    none_pass("3 + 4i", "3 - 4j")
    none_pass("4i", "4j")  # two unit vectors


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("f(x) = ax + b", "f(x) = cx + d"),
        ("f(x) = c", "f(x) = k"),
        ("y = ax^2 + b", "y = px^2 + q"),
        ("5^n, n \\ge 0", "5^m, m \\ge 0"),
    ],
)
def test_a_constant_under_another_letter_is_not_called_wrong(gold: str, answer: str) -> None:
    nobody_knows(gold, answer)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("y'", "\\frac{dy}{dx}"),
        ("\\dot{x}", "\\frac{dx}{dt}"),
        ("A^T", "A'"),
        ("\\angle ABC", "\\angle B"),
        ("180", "3 h"),
        ("iii", "3"),
        ("n \\ge 1", "all positive integers"),
    ],
)
def test_another_name_is_not_called_wrong(gold: str, answer: str) -> None:
    nobody_knows(gold, answer)
