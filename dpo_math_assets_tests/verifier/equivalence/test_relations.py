"""Equations, congruences, ratios and inequalities."""

import pytest

from dpo_math_assets.verifier import verify
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
        ("x = 5", "5"),
        ("y = 2x + 3", "2x - y + 3 = 0"),
        ("(x-1)^2 + (y-2)^2 = 9", "x^2 + y^2 - 2x - 4y - 4 = 0"),
        ("f(x) = x^2", "f(t) = t^2"),
        ("x = 2 + 3 = 5", "5"),
        ("x > 2", "2 < x"),
        ("-x > -1", "x < 1"),
        ("6 : 4", "3 : 2"),
        ("f^{-1}(x) = \\frac{x-1}{2}", "\\frac{x-1}{2}"),
        ("\\frac{dy}{dx} = 2x", "2x"),
        ("2:30", "2:30 \\text{ p.m.}"),
        ("x = \\frac{(2k+1)\\pi}{2}", "\\frac{(2n+1)\\pi}{2}"),
        ("C_5^2", "10 = {5 \\choose 2}"),
        ("15:30", "3:30 PM"),
        ("10 \\pmod 7", "x \\equiv 3 \\pmod 7"),
        ("\\mathbb{R} \\setminus \\{\\pm 1\\}", "x \\ne \\pm 1"),
        ("c > b > a", "a < b < c"),
        ("P(A|B) = \\frac{1}{12}", "\\frac{1}{12}"),
        ("x \\ne k\\pi, k \\in \\mathbb{Z}", "x \\ne n\\pi, n \\in \\mathbb{Z}"),
        ("C(5, 2) = 10", "10"),
        ("\\gcd(a, b) = 6", "6"),
        ("\\det(A) = -2", "-2"),
        ("\\text{LCM} = 36", "36"),
        ("\\operatorname{rank}(A) = 2", "2"),
        ("P(X \\ge 3) = 0.5", "\\frac{1}{2}"),
        ("x = n\\pi + (-1)^n \\frac{\\pi}{6}", "x = k\\pi + (-1)^k \\frac{\\pi}{6}"),
        ("dy/dx = 2x", "y' = 2x"),
        ("x = +/-2", "\\pm 2"),
        ("all real numbers except x = 2 and x = -2", "x \\ne \\pm 2"),
        ("A^{-1} = \\begin{pmatrix} 1 & 2 \\end{pmatrix}", "(1, 2)"),
        ("f(x) = 0", "f(x) \\equiv 0"),
        ("E(X) = 3.5", "\\frac{7}{2}"),
        ("f \\equiv 0", "f(x) = 0"),
    ],
)
def test_equal_relations_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 5", "y = 5"),
        ("x \\ge 5", "x > 5"),
        ("x \\ge 5", "x \\le 5"),
        ("x < 2", "x < 2y"),
        ("x^2 = 4", "x = 2"),
        ("3 : 2", "2 : 3"),
        ("12:00", "1:00"),
        ("f(x) = x", "f(y) = x"),
        ("2:30", "2:40 \\text{ p.m.}"),
        ("15:30", "3:30 am"),
        ("4 \\pmod 7", "3 \\pmod 7"),
    ],
)
def test_different_relations_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("x is less than or equal to 4", "4"),
        ("10:40", "5:20"),
        ("x \\in [1, 2]", "y \\in [1, 2]"),
        ("x = 3", "x \\equiv 3 \\pmod 7"),
        ("2x = 5", "5"),
        ("x \\equiv 3 \\pmod 7", "y \\equiv 3 \\pmod 7"),
        ("P(A|B') = 1/3", "P(A|B) = 1/3"),
        ("V = IR", "V = iR"),
        ("x = 7", "n = 12k + 7"),
        ("\\operatorname{Var}(X) = 2", "\\operatorname{Var}(Y) = 2"),
        ("P(X > 3) = 0.5", "P(X > 2) = 0.5"),
        ("x = 3 = 4", "3"),
        ("2 + 2 = 5", "5"),
        ("40 = 2C", "20"),
    ],
)
def test_relations_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("\\ln y = x", "y = e^x"),
    ],
)
def test_relations_that_pass_in_another_reading_are_undecided(answer: str, gold: str) -> None:
    is_undecided(answer, gold)


def test_the_value_of_a_quantity_passes_for_a_number_but_a_number_for_no_equation() -> None:
    assert verify("FINAL ANSWER: a + b = 7", "7").ok is True
    assert verify("FINAL ANSWER: \\sin x = 1/2", "0.5").ok is True
    assert verify("FINAL ANSWER: 25", "x^2 + y^2 = 25").ok is not True
    assert verify("FINAL ANSWER: a + b = 7", "8").ok is False


def test_an_equation_between_absolute_values_gives_no_single_number() -> None:
    nobody_knows("|x| = 5", "5", "-5")


def test_the_length_of_a_segment_has_one_name_with_bars_or_without() -> None:
    all_pass("AB = 5", "|AB| = 5", "\\overline{AB} = 5", "BA = 5")
    none_pass("AB = 5", "|AB| = 6")
    none_pass("|AB| = 5", "|AC| = 5")


def test_a_gold_equation_accepts_what_it_says_of_either_letter() -> None:
    assert verify("FINAL ANSWER: x - 1", "y + 1 = x").ok is True
    assert verify("FINAL ANSWER: x + 1", "y + 1 = x").ok is False


def test_lines_with_roots_are_equal_up_to_a_factor() -> None:
    all_pass("y = \\pm\\frac{\\sqrt{3}}{3}x", "x \\pm \\sqrt{3}y = 0", "\\sqrt{3}x \\pm 3y = 0")
    all_pass("x - \\sqrt{2}y + 2 = 0", "y = \\frac{\\sqrt{2}}{2}x + \\sqrt{2}")
    all_pass("x = 1 \\text{ or } x - 2y + 1 = 0", "x = 1 or y = (x + 1)/2")
    none_pass("y = \\pm\\frac{\\sqrt{3}}{3}x", "x \\pm \\sqrt{2}y = 0")
    none_pass("x - \\sqrt{2}y + 2 = 0", "y = \\frac{\\sqrt{2}}{2}x - \\sqrt{2}")
    none_pass("x = 1 \\text{ or } x - 2y + 1 = 0", "x = 1 or y = (x + 3)/2")
    nobody_knows("\\ln y = x", "y = e^x")


def test_a_sequence_may_be_written_as_a_function_and_numbered_by_another_letter() -> None:
    all_pass("a_n = 3n - 1", "a(n) = 3n - 1", "a_k = 3k - 1")
    none_pass("a_n = 3n - 1", "a_k = 3k + 1", "b_n = 3n - 1")
    none_pass("F_x = 3", "F_y = 3")


def test_the_size_of_a_vector_or_a_complex_number_is_one_number() -> None:
    all_pass("5", "|\\vec{v}| = 5", "|z| = 5")
    none_pass("|z| = 5", "-5", "6")


def test_the_condition_of_a_set_of_points_says_all_of_it() -> None:
    all_pass("x^2 + y^2 \\le 4", "\\{(x, y) : x^2 + y^2 \\le 4\\}")
    none_pass("x^2 + y^2 \\le 4", "\\{(x, y) : x^2 + y^2 < 4\\}")


def test_an_angle_has_its_name_with_the_sign_or_without() -> None:
    all_pass("\\angle A = 60^\\circ", "A = 60°", "60")
    none_pass("\\angle A = 60^\\circ", "A = 30°")


def test_a_product_of_vectors_in_bold_letters_is_not_called_another() -> None:
    nobody_knows("\\vec{a} \\cdot \\vec{b} = 3", "a·b = 3")
    nobody_knows("\\vec{a} \\cdot \\vec{b} = 3", "a·b = 4")


def test_the_greatest_value_of_a_function_is_a_number() -> None:
    all_pass("5", "f(x)_{\\max} = 5", "[f(x)]_{max} = 5")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5k \\equiv 2 \\pmod 9", "k \\equiv 2 \\pmod 9"),
        ("k > 2 \\pmod 9", "k \\equiv 2 \\pmod 9"),
        ("k^2 \\equiv 4 \\pmod 9", "4"),
        ("uv = u^2 - 6u", "u^2 - 6u"),
        ("ab = b^2 + b", "b^2 + b"),
        ("7 where y > 1", "7"),
        ("t + 2 for t = 5", "t + 2"),
    ],
)
def test_the_other_side_of_a_relation_is_not_left_out(one: str, other: str) -> None:
    nobody_knows(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("k \\equiv 11 \\pmod 9", "k \\equiv 2 \\pmod 9"),
        ("5k \\equiv 2 \\pmod 9", "5k \\equiv 2 \\pmod 9"),
        ("y(x) = x^2 + x", "x^2 + x"),
        ("PQ = 8", "8"),
        ("t + 2 for t > 5", "t + 2"),
    ],
)
def test_a_name_and_a_condition_of_its_letters_may_stand_alone(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("A:B = 3", "3"),
        ("\\frac{NO}{BO} = \\frac{1}{\\sqrt 2}", "\\frac{\\sqrt 2}{2}"),
        ("0 < f(x) < 3", "(0, 3)"),
        ("0 < f(x) < 3", "f(x) \\in (0, 3)"),
        ("I_{\\max} = 4", "4"),
        ("\\text{The equation of the line is } y = 3x", "y = 3x"),
        ("2^5 3^4 5^2", "2^5 \\cdot 3^4 \\cdot 5^2"),
    ],
)
def test_the_value_that_a_gold_states_is_the_answer(gold: str, answer: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).verdict == "correct"


def test_one_of_several_named_values_is_not_called_wrong() -> None:
    is_undecided("Ann: 5, Ben: 3", "5")
    is_undecided("x = 5, y = 3", "5")
