"""What an explanation shows of a verdict."""

import pytest

from dpo_math_assets.verifier.runtime.explain import explain

# Answers that differ from each other, a kind each.
DIFFERENT = [
    ("17", "18"),
    ("2.5", "\\frac{7}{3}"),
    ("\\sqrt{3}", "1.8"),
    ("\\sin x", "\\cos x"),
    ("x^2 + 1", "x^2 + 2"),
    ("(3, \\sqrt{5})", "(3, \\sqrt{6})"),
    ("\\{1, 4\\}", "\\{1, 5\\}"),
    ("[1, 4)", "[1, 4]"),
    ("4, 5", "4, 5, 6"),
    ("y = 3x", "y = 4x"),
    ("5\\text{ kg}", "5\\text{ m}"),
    ("\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 1 & 3 \\end{pmatrix}"),
    ("2 < x < 4", "2 < x < 5"),
    ("\\text{odd}", "\\text{even}"),
    ("(A)", "(B)"),
    ("3 \\pmod 7", "4 \\pmod 7"),
    ("2 + 3i", "2 - 3i"),
    ("\\sum_{k=1}^{n} k^2", "\\sum_{k=1}^{n} k"),
]


@pytest.mark.parametrize(("answer", "gold"), DIFFERENT)
def test_every_incorrect_verdict_shows_what_differs(answer: str, gold: str) -> None:
    shown = explain(answer, gold)
    assert shown.verdict.verdict == "incorrect"
    witnesses = [step for step in shown.steps if step.rule.startswith("witness.")]
    assert witnesses
    assert all(step.before != step.after and step.after for step in witnesses)


def test_a_witness_gives_the_point_and_both_values_with_their_errors() -> None:
    [step] = [s for s in explain("e^{-x}", "e^{-x} + x").steps if s.rule == "witness.point"][-1:]
    name, _, _ = step.before.partition(" = ")
    one, _, other = step.after.partition(" and ")
    assert name == "x"
    assert "+/-" in one
    assert float(one.strip("[]").split()[0]) != float(other.strip("[]").split()[0])


def test_what_has_no_value_is_named_and_is_no_witness() -> None:
    shown = explain("f(3)", "(1, 2)")
    assert shown.verdict.verdict == "undecided"
    assert "reading.without_value" in [step.rule for step in shown.steps]
    assert "witness.parts" not in [step.rule for step in shown.steps]
