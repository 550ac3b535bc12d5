from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.verifier.backends.numeric import probe
from dpo_math_assets.verifier.syntax.nodes import (
    AbsoluteValue,
    Constant,
    Function,
    Node,
    Power,
    Product,
    Root,
    Sum,
    Symbol,
    num,
)
from dpo_math_assets.verifier.syntax.parser import parse

EQUAL = [
    # constants that cancel
    (r"\sqrt{2}+\sqrt{3}", r"\sqrt{5+2\sqrt{6}}"),
    (r"\sin(7\pi)", "0"),
    (r"2\cos(\pi/5)", r"\frac{1+\sqrt{5}}{2}"),
    (r"e^{i\pi}", "-1"),
    (r"\ln(8)/\ln(2)", "3"),
    (r"\left\lceil\log_{10}(1000)\right\rceil", "3"),
    (r"|3+4i|", "5"),
    # rational functions
    ("(x+1)^2", "x^2+2x+1"),
    (r"\frac{x^2-1}{x-1}", "x+1"),
    ("x^{1000}", r"x^{500} \cdot x^{500}"),
    (r"\frac{1}{x}+\frac{1}{y}", r"\frac{x+y}{xy}"),
    # real branches
    (r"\sqrt{x^2}", "|x|"),
    (r"e^{2\ln x}", "x^2"),
    (r"\sqrt{x}\sqrt[3]{x}", "x^{5/6}"),
    (r"\sqrt[3]{-8}", "-2"),
    (r"(-5)^{1/3}", r"-\sqrt[3]{5}"),
    (r"x^{2/3}", r"\sqrt[3]{x^2}"),
    (r"\sqrt{x-5}\sqrt{x-5}", "x-5"),
    # functions
    (r"\sin^2(x)+\cos^2(x)", "1"),
    (r"\tan(2x)", r"\frac{2\tan(x)}{1-\tan^2(x)}"),
    (r"e^{ix}", r"\cos(x)+i\sin(x)"),
    (r"|x-100|", r"|100-x|"),
    (r"\max(x,y)", r"\max(y,x)"),
    # integers by their place
    ("(n+1)n!", "(n+1)!"),
    ("(-1)^{2n}", "1"),
    (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}"),
    (r"\binom{n}{2}", r"\frac{n(n-1)}{2}"),
    # what stands for itself
    (r"1+\int_0^1 e^{x^2} \, dx", r"\int_0^1 e^{x^2} \, dx + 1"),
]

DIFFERENT = [
    ("4", "4t"),
    ("R^2+1", "r^2+1"),
    ("1/2^{99}", "1/2^{98}"),
    ("1-10^{-600}", "1"),
    ("x+10^{-600}", "x"),
    ("x^{1000}", "2x^{1000}"),
    ("3^{1000000}", "3^{1000001}"),
    (r"e^{\pi\sqrt{163}}", "262537412640768744"),
    (r"\sqrt{x^2}", "-x"),
    (r"\sqrt{x^2}", "x+1"),
    (r"\sqrt{x}", r"-\sqrt{x}"),
    (r"\sin(\pi x)", "0"),
    (r"\cos(2\pi x)", r"\cos(\pi x)"),
    ("|x-100|", "100-x"),
    ("|x-1001|", "1001-x"),
    (r"\sqrt{(x-1001)^2}", "1001-x"),
    (r"|x-1|\cdot|x-1.001|", "(x-1)(x-1.001)"),
    (r"\lfloor x \rfloor", "0"),
    (r"\lfloor x \rfloor", r"\lceil x \rceil - 1.001"),
    ("(-2)^{n-1}", "(-2)^n"),
    (r"x\sqrt{-1}", "x"),
    (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}+1"),
    ("e^x+1", "e^x"),
    (r"\binom{3}{k+2}", r"\binom{3}{k+1}"),
]

POSITIVE = [
    (r"\sqrt{x^2}", "x"),
    (r"\sqrt{\frac{r^2}{3}}", r"\frac{r\sqrt{3}}{3}"),
    (r"\sqrt{x}\sqrt{x+1}", r"\sqrt{x(x+1)}"),
    (r"\frac{\sqrt{x}}{\sqrt{y}}", r"\sqrt{\frac{x}{y}}"),
    (r"\ln(x)+\ln(y)", r"\ln(xy)"),
    (r"\ln(x)-\ln(y)", r"\ln(\frac{x}{y})"),
    (r"\ln(x^2)", r"2\ln(x)"),
    (r"\ln|x|", r"\ln x"),
    ("(x^a)^b", "x^{ab}"),
    ("(xy)^a", "x^a y^a"),
    (r"\arctan(x)+\arctan(1/x)", r"\frac{\pi}{2}"),
]

UNTOLD = [
    # zero on both sides wherever one looks, or a floor that never steps
    (r"\binom{3}{n+4}", "0"),
    (r"\binom{n}{6}\binom{5}{n}", "0"),
    (r"\prod_{k=0}^{n} k", r"\prod_{k=0}^{n} 3k"),
    (r"\lfloor \cos^2 x \rfloor", "0"),
]

PARTIAL = [
    # equal for integers only
    (r"\sin(n\pi)", "0"),
    (r"\cos(2k\pi)", "1"),
    # one side is real without the other, also where x is positive
    (r"\sqrt{x-7}\sqrt{x-8}", r"\sqrt{(x-7)(x-8)}"),
    (r"\ln(2-x)+\ln(1-x)", r"\ln((2-x)(1-x))"),
]

UNKNOWN = [
    # beyond the limits
    ("9^{9^{9^9}}", "9^{9^{9^8}}"),
    # undefined everywhere
    (r"\frac{1}{x-x}", r"\frac{1}{x-x}"),
    (r"\frac{1}{0}", r"\frac{1}{0}"),
    # not for numbers to tell: SymPy may
    (r"\int_0^1 x^2 \, dx", r"\frac{1}{3}"),
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal_expressions_agree_in_both_orders(a: str, b: str) -> None:
    assert probe(parse(a), parse(b)) == "equal"
    assert probe(parse(b), parse(a)) == "equal"


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_expressions_are_told_apart_in_both_orders(a: str, b: str) -> None:
    assert probe(parse(a), parse(b)) == "different"
    assert probe(parse(b), parse(a)) == "different"


@pytest.mark.parametrize(("a", "b"), POSITIVE)
def test_what_is_equal_for_positive_letters_only_is_neither_equal_nor_different(
    a: str, b: str
) -> None:
    assert probe(parse(a), parse(b)) == "positive"
    assert probe(parse(b), parse(a)) == "positive"


@pytest.mark.parametrize(("a", "b"), UNTOLD)
def test_agreement_where_nothing_shows_is_no_equality(a: str, b: str) -> None:
    assert probe(parse(a), parse(b)) == "untold"
    assert probe(parse(b), parse(a)) == "untold"


@pytest.mark.parametrize(("a", "b"), PARTIAL)
def test_what_is_equal_on_a_part_of_its_domain_is_neither_equal_nor_different(
    a: str, b: str
) -> None:
    assert probe(parse(a), parse(b)) == "partial"
    assert probe(parse(b), parse(a)) == "partial"


def test_what_is_equal_for_acute_angles_only_is_told_from_what_differs_everywhere() -> None:
    assert probe(parse(r"k\sqrt{\frac{1}{\cos^2 x}-1}"), parse(r"k\tan x")) == "acute"
    assert probe(parse(r"k\sqrt{\frac{1}{\cos^2 x}-1}"), parse(r"k\sin x")) == "different"


def test_the_exponent_of_a_negative_constant_is_an_integer() -> None:
    n, pi = Symbol("n"), Constant("pi")
    wave = Function("cos", (Product((pi, n)),))
    assert probe(wave, Power(num(-1), n)) == "equal"
    assert probe(wave, Power(num(-1), Sum((n, num(1))))) == "different"


def test_a_gcd_is_told_apart_but_never_found_equal_by_trying() -> None:
    assert probe(parse(r"m+n-\gcd(m, n)"), parse("m+n-1")) == "different"
    assert probe(parse(r"\gcd(n, 6)"), parse(r"\gcd(n, 100003 \cdot 6)")) == "unknown"
    assert probe(parse(r"\gcd(12, 18)"), parse("6")) == "equal"


@pytest.mark.parametrize(("a", "b"), UNKNOWN)
def test_what_values_cannot_settle_is_unknown_and_never_a_guess(a: str, b: str) -> None:
    assert probe(parse(a), parse(b)) == "unknown"
    assert probe(parse(b), parse(a)) == "unknown"


def test_a_conjugate_is_not_its_number_though_they_agree_on_the_reals() -> None:
    z = Symbol("z")
    assert probe(Function("conj", (z,)), z) == "unknown"


def test_an_unknown_function_of_equal_arguments_is_equal_and_of_others_may_be_anything() -> None:
    assert probe(parse("f(2x)"), parse("f(3x-x)")) == "equal"
    assert probe(parse("f(2x)+1"), parse("f(3x-x)+2")) == "different"
    for one, other in (("f(x)", "f(y)"), ("f(x)", "g(x)"), ("f(3)", "3"), ("f(x)+g(x)", "f(x)")):
        assert probe(parse(one), parse(other)) == "unknown"


def test_a_decimal_is_exactly_what_is_written() -> None:
    assert probe(parse("0.3333"), parse(r"\frac{1}{3}")) == "different"
    assert probe(parse("x^{0.5}"), parse(r"\sqrt{x}")) == "equal"


def test_one_verdict_however_often_it_is_asked() -> None:
    a, b = parse(r"\sin(x)\cos(y)"), parse(r"\frac{\sin(x+y)+\sin(x-y)}{2}")
    assert {probe(a, b) for _ in range(5)} == {"equal"}


def test_an_expression_of_thousands_of_nodes_is_refused_and_not_evaluated() -> None:
    sines = [Function("sin", (num(k),)) for k in range(5000)]
    total = Sum(tuple(sines))
    assert probe(total, Sum(tuple(reversed(sines)))) == "unknown"


_NUMBERS = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9))
_LEAVES = st.one_of(
    _NUMBERS.map(lambda value: num(value.numerator, value.denominator)),
    st.sampled_from([Symbol(name) for name in "xyz"]),
    st.sampled_from([Constant(name) for name in ("pi", "e", "i")]),
)


def _grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    exponents = st.sampled_from([num(2), num(3), num(-1), num(1, 2), num(1, 3), num(-2, 3)])
    names = st.sampled_from(["sin", "cos", "exp", "ln", "atan", "sinh", "floor", "conj"])
    return st.one_of(
        st.builds(lambda x, y: Sum((x, y)), inner, inner),
        st.builds(lambda x, y: Product((x, y)), inner, inner),
        st.builds(lambda x, y: Power(x, y), inner, exponents),
        st.builds(lambda x: Root(x, num(3)), inner),
        st.builds(lambda x: AbsoluteValue(x), inner),
        st.builds(lambda name, x: Function(name, (x,)), names, inner),
    )


EXPRESSIONS = st.recursive(_LEAVES, _grown, max_leaves=6)
_PROPERTY = settings(max_examples=80, deadline=None)


def _sum(*terms: Node) -> Node:
    return Sum(terms)


def _product(*factors: Node) -> Node:
    return Product(factors)


@_PROPERTY
@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS)
def test_rearranging_an_expression_never_makes_it_different(a: Node, b: Node, c: Node) -> None:
    rearranged = [
        (_sum(a, b, c), _sum(c, _sum(b, a))),
        (_product(a, _sum(b, c)), _sum(_product(c, a), _product(b, a))),
        (Power(_sum(a, b), num(2)), _product(_sum(b, a), _sum(a, b))),
    ]
    for x, y in rearranged:
        assert probe(x, y) != "different"


@_PROPERTY
@given(EXPRESSIONS, _NUMBERS.filter(bool), st.integers(0, 40))
def test_a_shift_however_small_is_never_equal(a: Node, shift: Fraction, digits: int) -> None:
    small = shift / 10**digits
    assert probe(a, _sum(a, num(small.numerator, small.denominator))) != "equal"


@_PROPERTY
@given(EXPRESSIONS, EXPRESSIONS)
def test_probing_does_not_depend_on_which_side_is_which(a: Node, b: Node) -> None:
    assert probe(a, b) == probe(b, a)


def test_a_gcd_that_may_be_of_polynomials_is_never_called_wrong() -> None:
    assert probe(parse(r"\gcd(x + 6, \sqrt{x})"), parse("1")) == "unknown"
    assert probe(parse(r"\gcd(a, b)"), parse(r"a + b")) == "different"
