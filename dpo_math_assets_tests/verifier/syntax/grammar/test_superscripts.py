r"""Superscripts in brackets, or at a line, are no exponents."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import all_pass, nobody_knows, verdicts


@pytest.mark.parametrize(
    "written",
    [
        "t^{(3)}",
        "t^{(n)}",
        "(t + 1)^{(3)}",
        "t^{[3]}",
        r"t^{\{3\}}",
        r"t^{\langle 3 \rangle}",
        r"t^{\underline{3}}",
        r"t^{\overline{n}}",
        r"t^{\left( 3 \right)}",
    ],
)
def test_what_a_superscript_in_brackets_means_nobody_knows(written: str) -> None:
    base = "(t + 1)" if "1" in written else "t"
    exponent = "n" if "n}" in written or "n)" in written else "3"
    nobody_knows(written, f"{base}^{{{exponent}}}", base)
    all_pass(written, written)


def test_derivatives_of_higher_order_are_those_with_primes() -> None:
    all_pass("g''(t)", "g^{(2)}(t)", "g^(2)(t)")
    all_pass("y'''", "y^{(3)}")
    all_pass("y^{(4)}", "y^{(iv)}")
    all_pass("g(t)", "g^{(0)}(t)")
    all_pass("g^{(n+1)}(0)", "g^{( n + 1 )}(0)")
    for power in ("g^2(t)", "g(t)^2"):
        assert verdicts("g^{(2)}(t)", power).isdisjoint({True})
    assert verdicts("y^{(3)}", "y^3").isdisjoint({True})
    assert verdicts("g^{(n)}(0)", "g^{(m)}(0)").isdisjoint({True})


def test_brackets_around_other_exponents_are_mere_brackets() -> None:
    all_pass("8", "2^{(3)}")
    all_pass(r"\sqrt{t}", "t^{(1/2)}", "t^(1/2)")
    all_pass("t^2", "t^(2)")
    all_pass("t^{n-1}", "t^{(n-1)}")
    all_pass("e^{t}", "e^{(t)}")
