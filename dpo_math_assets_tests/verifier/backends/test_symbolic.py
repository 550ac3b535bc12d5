import pytest

from dpo_math_assets.verifier.backends.symbolic import build, equal
from dpo_math_assets.verifier.syntax.nodes import (
    Constant,
    Function,
    Sum,
    Summation,
    Symbol,
    UnknownFunction,
    num,
)
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"\int_0^1 x^2 \, dx", r"\frac{1}{3}"),
        (r"\int x \, dx", r"\int x \, dx"),
        (r"\sum_{k=1}^{\infty} \frac{1}{k^2}", r"\frac{\pi^2}{6}"),
        (r"\prod_{k=1}^{n} k", "n!"),
        (r"\lim_{x \to 0} \frac{\sin x}{x}", "1"),
        (r"\gcd(\pi, 3)", "1"),
        (r"1+\gcd(m, n)", r"\gcd(n, m)+1"),
        (r"\frac{n!}{(n-2)!}", "n(n-1)"),
        (r"\infty + 1", r"\infty"),
    ],
)
def test_sympy_establishes_what_values_cannot(a: str, b: str) -> None:
    assert equal(parse(a), parse(b)) == "equal"
    assert equal(parse(b), parse(a)) == "equal"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"\int_0^1 x^2 \, dx", r"\frac{1}{4}"),
        (r"\sum_{k=1}^{\infty} \frac{1}{k^2}", r"\frac{\pi^2}{7}"),
        (r"\infty", r"-\infty"),
        (r"\infty", "5"),
        (r"\int_0^1 x^n \, dx", r"\frac{1}{n}"),
    ],
)
def test_sympy_tells_apart_what_has_other_values(a: str, b: str) -> None:
    assert equal(parse(a), parse(b)) == "different"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"\infty - \infty", "0"),
        (r"\frac{1}{0}", r"\frac{1}{0}"),
        ("9^{9^{9^9}}", "9^{9^{9^9}}"),
        ("(10^8)!", "5"),
        (r"\binom{10^{9}}{10^{8}}", "5"),
    ],
)
def test_the_undefined_and_the_enormous_are_unknown(a: str, b: str) -> None:
    assert equal(parse(a), parse(b)) == "unknown"


def test_not_a_number_equals_nothing_not_even_itself() -> None:
    nan = Constant("nan")
    assert equal(nan, nan) == "unknown"


def test_the_gcd_of_two_letters_is_not_that_of_two_polynomials() -> None:
    assert equal(parse(r"m+n-\gcd(m, n)"), parse("m+n-1")) != "equal"
    assert equal(parse(r"\operatorname{lcm}(2y, x)"), parse("2xy")) != "equal"


def test_a_conjugate_is_not_its_number() -> None:
    z = Symbol("z")
    assert equal(Function("conj", (z,)), z) != "equal"


def test_a_primitive_with_a_constant_is_not_called_different_from_its_integral() -> None:
    assert equal(parse(r"\int x \, dx"), parse(r"\frac{x^2}{2} + C")) == "unknown"
    assert equal(parse(r"\int x \, dx"), parse(r"\frac{x^2}{2}")) == "equal"


def test_a_symbol_named_like_a_command_is_only_a_name() -> None:
    name = "__import__('os').system('true')"
    assert str(build(Symbol(name))) == name
    assert equal(Symbol(name), Symbol("x")) == "different"


def test_an_unknown_function_named_like_a_python_one_is_never_called() -> None:
    call = UnknownFunction("exit", (num(3),))
    assert equal(call, call) == "equal"
    assert equal(call, num(3)) != "equal"


def test_the_variable_of_a_sum_does_not_leak_into_its_surroundings() -> None:
    k = Symbol("k")
    inner = Summation(k, k, num(1), num(3))
    assert equal(Sum((inner, k)), Sum((num(6), k))) == "equal"
