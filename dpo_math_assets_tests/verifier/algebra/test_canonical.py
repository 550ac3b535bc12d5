from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.verifier.algebra.canonical import canonical, numerator
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax.nodes import Node, Number, Power, Product, Sum, Symbol, num
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("x + 2x", "3x"),
        ("2(x + 1)", "2x + 2"),
        ("xy^2 \\cdot x", "y^2 x^2"),
        ("(x^2)^3", "x^6"),
        ("(2x)^3", "8x^3"),
        ("\\sqrt{x}^4", "x^2"),
        ("x \\cdot x^{-1}", "1"),
        ("\\sum_{k=1}^{n} k^2", "\\sum_{j=1}^{n} j^2"),
        ("\\int_0^1 \\sum_{k=1}^n x^k dx", "\\int_0^1 \\sum_{x=1}^n t^x dt"),
    ],
)
def test_like_terms_and_powers_are_gathered_and_bound_letters_have_no_name(a: str, b: str) -> None:
    assert canonical(parse(a)) == canonical(parse(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [("x + 1", "x + 2"), ("x^2", "x^3"), ("\\sqrt{x^2}", "x"), ("(x^2)^{1/2}", "x"), ("xy", "x+y")],
)
def test_what_differs_somewhere_has_two_forms(a: str, b: str) -> None:
    assert canonical(parse(a)) != canonical(parse(b))


_LEAVES = st.one_of(
    st.builds(Fraction, st.integers(-5, 5), st.integers(1, 4)).map(
        lambda value: num(value.numerator, value.denominator)
    ),
    st.sampled_from([Symbol(name) for name in "xyz"]),
)


def _grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: Sum(tuple(terms))),
        st.lists(inner, min_size=2, max_size=3).map(lambda factors: Product(tuple(factors))),
        st.builds(Power, inner, st.sampled_from([num(2), num(3), num(-1)])),
    )


EXPRESSIONS: st.SearchStrategy[Node] = st.recursive(_LEAVES, _grown, max_leaves=8)
_POINT = {"x": Fraction(7, 3), "y": Fraction(-5, 11), "z": Fraction(13, 2)}
_PROPERTY = settings(max_examples=200, deadline=None)


@_PROPERTY
@given(EXPRESSIONS)
def test_the_canonical_form_has_the_value_of_the_expression(node: Node) -> None:
    value = exact(node, _POINT)
    if value is not None:  # a form may be defined where the expression is not
        assert exact(canonical(node), _POINT) == value


@_PROPERTY
@given(EXPRESSIONS)
def test_the_canonical_form_is_its_own(node: Node) -> None:
    assert canonical(canonical(node)) == canonical(node)


@pytest.mark.slow
@_PROPERTY
@given(st.lists(EXPRESSIONS, min_size=2, max_size=4), st.randoms())
def test_the_order_of_terms_and_factors_does_not_count(parts: list[Node], random: Random) -> None:
    shuffled = random.sample(parts, len(parts))
    assert canonical(Sum(tuple(parts))) == canonical(Sum(tuple(shuffled)))
    assert canonical(Product(tuple(parts))) == canonical(Product(tuple(shuffled)))


@_PROPERTY
@given(EXPRESSIONS)
def test_a_numerator_vanishes_only_where_the_expression_does(node: Node) -> None:
    value = exact(node, _POINT)
    if value is not None:
        assert (exact(numerator(node), _POINT) == 0) == (value == 0)


def test_other_nodes_come_back_as_they_are() -> None:
    pair = parse("(x + x, 2)")
    assert canonical(pair) is pair
    assert canonical(parse("1/2 + 1/3")) == Number(5, 6)
