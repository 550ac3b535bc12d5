"""Formulas of logic, by their truth tables."""

import pytest

from dpo_math_assets.verifier.syntax.logic import formula
from dpo_math_assets_tests.verifier.equivalence.checks import all_pass, nobody_knows, none_pass


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\lnot(r \\lor s)", "\\lnot r \\land \\lnot s"),
        ("r & ~s", "r \\land \\neg s"),
        ("Or(And(a, b), c)", "(a \\lor c) \\land (b \\lor c)"),
        ("r \\to s", "\\lnot s \\to \\lnot r"),
        ("r \\to (s \\to t)", "(r \\land s) \\to t"),
        ("r \\leftrightarrow s", "(r \\to s) \\land (s \\to r)"),
        ("Xor(a, b)", "(a & ~b) | (~a & b)"),
        ("r \\lor \\lnot r", "True"),
        ("r \\land \\lnot r", "\\bot"),
    ],
)
def test_formulas_of_one_truth_table_pass(one: str, other: str) -> None:
    all_pass(one, other)


def test_formulas_that_differ_in_one_row_never_pass() -> None:
    none_pass("r \\land s", "r \\lor s", "r", "\\lnot r \\land s")
    none_pass("a | b & c", "(a | b) & c")
    none_pass("r \\to (s \\to t)", "(r \\to s) \\to t")
    none_pass("r \\to s", "s \\to r")


def test_a_formula_is_no_list_of_its_letters() -> None:
    nobody_knows("r, s", "r \\lor s", "r \\land s", "r & s")


@pytest.mark.parametrize("text", ["p q", "p \\land", "(p", "p \\land 2", "~" * 100 + "p", "pq & r"])
def test_what_is_no_formula_is_not_read_as_one(text: str) -> None:
    assert formula(text) is None
