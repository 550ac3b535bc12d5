import pytest

from dpo_math_assets.verifier.algebra.equations import (
    assigned,
    between,
    called,
    is_name,
    is_polynomial,
    is_quantity,
    labelled_items,
    measured,
)
from dpo_math_assets.verifier.syntax.nodes import Relation, Symbol
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    "text", ["x", "f(x)", "AB", "|AB|", "|z|", "A^{-1}", "\\gcd(a, b)", "(p, q)"]
)
def test_names_may_be_given_a_value(text: str) -> None:
    assert is_name(parse(text))


@pytest.mark.parametrize("text", ["2", "2x", "x + y", "|x|", "x^2", "(1, q)", "\\sin x"])
def test_other_expressions_are_no_names(text: str) -> None:
    assert not is_name(parse(text))


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("x = 5", ("x", "5")),
        ("5 = x", ("x", "5")),
        ("y = 2x", ("y", "2x")),
        ("x = x + 1", None),
        ("2x = 10", None),
        ("x < 5", None),
        ("5", None),
    ],
)
def test_an_equation_gives_a_value_to_a_name(text: str, pair: tuple[str, str] | None) -> None:
    assert assigned(parse(text)) == (pair and (parse(pair[0]), parse(pair[1])))


@pytest.mark.parametrize(
    ("text", "value"),
    [("a + b = 7", "7"), ("7 = x^2 + y^2", "7"), ("2x = 5", None), ("x^2 = 4", None)],
)
def test_an_equation_may_state_a_quantity(text: str, value: str | None) -> None:
    equation = parse(text)
    assert isinstance(equation, Relation)
    assert measured(equation) == (value and parse(value))


def test_quantities_hold_each_letter_once() -> None:
    assert is_quantity(parse("a + b + c"))
    assert not is_quantity(parse("x + xy"))


def test_a_sequence_is_a_function_of_its_index() -> None:
    assert called(Symbol("a_n"), parse("3n")) == ("a", Symbol("n"))
    assert called(Symbol("a_1"), parse("3n")) is None
    assert called(parse("f(x)"), parse("2x")) == ("f", Symbol("x"))


def test_a_letter_between_two_bounds_lies_in_an_interval() -> None:
    assert between(parse("0 \\le x < 1")) == parse("[0, 1)")
    assert between(parse("0 > x > -1")) is None
    assert between(parse("y < y < 2")) is None


def test_polynomials_have_whole_powers_of_letters() -> None:
    assert is_polynomial(parse("x^2 y + \\sqrt{2}"))
    assert not is_polynomial(parse("x^{-1}"))
    assert not is_polynomial(parse("\\sqrt{x}"))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("(p, q) = (3, 2)", "p = 3, q = 2"),
        ("n = 1, 2, 3", "1, 2, 3"),
        ("x = 1, y = 2", "x = 1, y = 2"),
    ],
)
def test_labels_of_several_values_are_taken_apart(text: str, items: str) -> None:
    assert labelled_items(parse(text)) == parse(items)
