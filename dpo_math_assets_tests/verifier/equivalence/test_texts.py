"""What the text alone can tell: commas, brackets, degrees; numbers at once; what cannot be read."""

import pytest

from dpo_math_assets.verifier import compare, verify
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
        ("180^\\circ - 2x", "180 - 2x"),
        ("12,5\\text{ cm}", "12.5 cm"),
        ("2\\pi hr", "2\\pi rh"),
        ("3km", "3mk"),
        ("(1,5; 2)", "(1.5, 2)"),
        ("7,25; 3,5", "3.5, 7.25"),
        ("(-\\infty; 0,5]", "x \\le 0.5"),
        ("2.345,67", "2345.67"),
        ("4,56,789", "456789"),
        ("4,56,789", "4, 56, 789"),
    ],
)
def test_equal_texts_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2,5 cm", "25 cm"),
        ("(1,5; 2)", "(1.5, 3)"),
        ("2.345,67", "2345.68"),
    ],
)
def test_different_texts_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("2 (or 3)", "2"),
        ("250,3", "3,250"),
        ("dog", "god"),
        ("(2) 3", "6"),
        ("0.\\overline{ab}", "0"),
        ("\\overline{12}", "12"),
        ("5x2", "10x"),
        ("(1,2);(3,4)", "1.2, 3.4"),
        ("8 [WORD]", "8"),
    ],
)
def test_texts_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold", "method"),
    [
        ("x^2+1", "x^{2} + 1", "structural"),
        ("Paris", "paris", "text"),
        ("7.0", "7", "exact"),
        ("$7$", "7", "text"),
        ("0.25", "1/4", "exact"),
        ("x+1", "1+x", "structural"),
        ("\\sin^2 x + \\cos^2 x", "1", "numeric"),
    ],
)
def test_a_pass_says_by_which_tier_it_was_established(answer: str, gold: str, method: str) -> None:
    assert compare(answer, gold) == ("correct", "pass", method)


def test_a_comma_is_a_decimal_sign_only_where_nothing_else_can_be_meant() -> None:
    assert verify("FINAL ANSWER: 16,5", "16.5").ok is True
    assert verify("FINAL ANSWER: 16, 5", "16.5").ok is False
    assert verify("FINAL ANSWER: 1,500", "1.5").ok is False
    assert verify("FINAL ANSWER: 3.4", "3,4").verdict == "undecided"
    assert verify("FINAL ANSWER: 100,200", "100, 200").ok is True
    assert verify("FINAL ANSWER: 100,200", "100200").ok is True


@pytest.mark.parametrize(
    ("decimal", "integer", "verdict"),
    [
        ("2.50", "2", "incorrect"),
        ("-0.5", "0", "incorrect"),
        ("4.9999999999999", "5", "incorrect"),
        ("1,250.5", "1250", "incorrect"),
        ("$1,250.50", "1250", "incorrect"),
        ("$1.50", "150", "undecided"),
        ("1,250.000", "1250", "correct"),
    ],
)
def test_a_decimal_with_fewer_digits_than_a_float_is_an_integer_only_if_all_of_them_say_so(
    decimal: str, integer: str, verdict: str
) -> None:
    assert compare(decimal, integer)[0] == compare(integer, decimal)[0] == verdict


def test_a_gold_outside_the_grammar_is_named_so_that_its_problem_can_be_mended() -> None:
    assert compare("5", "\\undefinedcommand{3}")[:2] == ("undecided", "unparsable_gold")
    assert compare("\\undefinedcommand{3}", "5")[:2] == ("undecided", "unparsable_answer")


def test_equal_text_passes_even_where_nobody_can_read_it() -> None:
    text = "\\undefinedcommand{3}"
    assert compare(text, text) == ("correct", "pass", "text")


def test_an_answer_beyond_the_limits_is_undecided_and_not_wrong() -> None:
    assert compare("1" * 100_000, "1")[:2] == ("undecided", "too_large")


def test_letters_that_touch_a_number_are_factors_where_no_unit_can_stand() -> None:
    all_pass("2 m g \\sin\\theta", "2mg\\sin\\theta", "2*m*g*sin(theta)")
    all_pass("\\frac{h^2}{8 m L^2}", "\\frac{h^2}{8mL^2}", "h^2/(8mL^2)")
    none_pass("2 m g \\sin\\theta", "2mg\\cos\\theta", "mg\\sin\\theta")


def test_a_measured_length_is_no_product_whose_letters_may_change_places() -> None:
    none_pass("3 km", "3 mk")
    none_pass("5 min", "5 nim")


def test_a_comma_before_a_unit_separates_where_the_other_answer_is_a_list() -> None:
    all_pass("30^\\circ, 60^\\circ", "30,60 degrees")
    all_pass("2.5\\text{ cm}", "2,5 cm")
    none_pass("30^\\circ, 60^\\circ", "30,50 degrees")


def test_brackets_beside_floors_are_those_of_gauss() -> None:
    all_pass("\\lfloor m/3 \\rfloor", "[m/3]", "\\left[\\frac{m}{3}\\right]", "$[\\tfrac{m}{3}]$")
    all_pass("\\lfloor x \\rfloor + \\lfloor 2x \\rfloor", "[x] + [2x]")
    none_pass("\\lfloor m/3 \\rfloor", "[m/3] + 1", "[m/2]", "\\frac{m}{3}", "\\lceil m/3 \\rceil")
    none_pass("\\lfloor x \\rfloor", "\\sqrt[3]{x}", "[1, x]")


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("- 8", "8"),
        ("- 8 cups", "8"),
        ("- 8", "7, 8"),
        ("12.345", "12345"),
        ("3 + 5 \\to 8", "8"),
        ("\\frac{3}{5}, m + n = 8", "8"),
        ("8 [WORD]", "8"),
    ],
)
def test_what_may_be_meant_otherwise_is_not_called_wrong(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).verdict == "undecided"


def test_marks_of_an_end_say_nothing() -> None:
    all_pass("8", "8 [PAD][PAD]", "8. [SEP]", "8 QED")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\SI{7}{\\meter\\per\\second}", "7 m/s"),
        ("\\num{1234}", "1234"),
        ("\\ang{45}", "45^\\circ"),
        ("x \\in \\R", "x \\in \\mathbb{R}"),
        ("x in RR", "x \\in \\mathbb{R}"),
        ("y^\\prime", "y'"),
        ("np.sqrt(7)", "\\sqrt{7}"),
        ("Fraction(3, 7)", "3/7"),
        ("comb(7, 2)", "21"),
        ("\U0001d465 + 3", "x + 3"),
    ],
)
def test_macros_programs_and_alphabets_say_the_same(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("p \\land q", "p \\lor q"),
        ("E[X^2]", "E[X]^2"),
        ("\\mathcal{P}(A)", "P(A)"),
        ("\\sigma^2 = 9", "9"),
        ("\\overline{AB}", "\\overline{BA}"),
        ("sept", "7"),
    ],
)
def test_what_only_looks_alike_or_other_proves_nothing(one: str, other: str) -> None:
    assert {verify(f"FINAL ANSWER: {a}", b).ok for a, b in ((one, other), (other, one))} <= {
        None,
        False,
    }


def test_a_number_in_another_language_is_not_called_wrong() -> None:
    assert verify("FINAL ANSWER: sept", "7").verdict == "undecided"
