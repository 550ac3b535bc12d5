"""Numbers written in digits have their exact value, or are an error and never a guess."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.lexer import lex
from dpo_math_assets.verifier.syntax.nodes import BasedInteger, Decimal, Node, Number
from dpo_math_assets.verifier.syntax.numerals import MAX_DIGITS, literal
from dpo_math_assets.verifier.syntax.parser import parse


def numbers(text: str) -> list[Node]:
    return [token.node for token in lex(text) if token.node is not None]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", Number(12, 1)),
        ("1.50", Decimal(3, 2, 2)),
        ("1.5e6", Decimal(1_500_000, 1, -5)),
        (".5", Decimal(1, 2, 1)),
        ("5.", Number(5, 1)),
        ("1,234.5", Decimal(2469, 2, 1)),
        (r"1\,234", Number(1234, 1)),
        ("1{,}234", Number(1234, 1)),
        ("0{,}5", Decimal(1, 2, 1)),
        (r"0.\overline{3}", Number(1, 3)),
        (r"0.1\bar{6}", Number(1, 6)),
        ("0.(3)", Number(1, 3)),
        ("0.1666...", Number(1, 6)),
        (r"3.14\ldots", Decimal(157, 50, 2)),
        ("101_2", BasedInteger(5, 2)),
        (r"12_{\text{three}}", BasedInteger(5, 3)),
        ("1A_{16}", BasedInteger(26, 16)),
        ("(101)_2", BasedInteger(5, 2)),
        ("12_{60}", BasedInteger(62, 60)),
        ("2 and a half", Number(5, 2)),
        ("5 thousand and two", Number(5002, 1)),
        ("3rd", Number(3, 1)),
        ("12,34,567", Number(1234567, 1)),
        ("1.234,5", Decimal(2469, 2, 1)),
        ("1 234,5", Decimal(2469, 2, 1)),
        ("1.234.567", Number(1234567, 1)),
        ("1_234_567", Number(1234567, 1)),
        ("1'234'567", Number(1234567, 1)),
    ],
)
def test_a_number_has_its_value(text: str, number: Node) -> None:
    assert numbers(text) == [number]


@pytest.mark.parametrize("text", ["27,54,108,135", "1,234,56", "12,100,300,4"])
def test_numbers_of_a_list_are_no_groups_of_digits(text: str) -> None:
    assert numbers(text) == [Number(int(part), 1) for part in text.split(",")]


def test_commas_separate_inside_brackets_only() -> None:
    assert numbers("1,234") == [Number(1234, 1)]
    assert numbers("(1,234)") == [Number(1, 1), Number(234, 1)]


def test_a_base_is_no_index_of_a_power_nor_an_argument() -> None:
    assert numbers("x^2_1") == [Number(2, 1), Number(1, 1)]
    assert numbers("f(101)_2") == [Number(101, 1), Number(2, 1)]
    assert numbers("log_10 100") == [Number(10, 1), Number(100, 1)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("12_2", "12 is not a number in base 2"),
        ("11_1", "11 is not a number in base 1"),
        (r"0.\overline{ab}", "digits that are letters"),
        ("x_.5", "an index that begins with a point"),
        ("101_.52", "an index that begins with a point"),
    ],
)
def test_digits_that_are_no_number_are_an_error(text: str, problem: str) -> None:
    with pytest.raises(ParseError) as error:
        lex(text)
    assert error.value.problem == problem


@pytest.mark.parametrize("text", ["1" * (MAX_DIGITS + 1), "1e2001", "1e-2001", "1e" + "9" * 4_400])
def test_numbers_beyond_the_limits(text: str) -> None:
    with pytest.raises(VerifierLimitError):
        lex(text)


@settings(deadline=None, max_examples=150)
@given(st.from_regex(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", fullmatch=True))
def test_a_numeral_read_without_the_grammar_is_the_number_that_the_grammar_reads(
    numeral: str,
) -> None:
    assert literal(numeral) == parse(numeral)
    assert parse(numeral) == parse(f" {numeral}")  # with a space, it takes the long way
