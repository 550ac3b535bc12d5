"""Matrices, tuples and vectors."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import (
    all_pass,
    differs_either_way,
    none_pass,
    passes_either_way,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "(1, 2)"),
        ("\\begin{pmatrix} 0.5 & 1 \\end{pmatrix}", "\\begin{bmatrix} 1/2 & 1 \\end{bmatrix}"),
        ("[[1, 2], [3, 4]]", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"),
        ("<1, 2, 3>", "(1, 2, 3)"),
        ("\\begin{pmatrix} 1 \\\\[2pt] 2 \\end{pmatrix}", "(1, 2)"),
        ("Matrix([[1, 2], [3, 4]])", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"),
        ("(1{,}2)", "(1, 2)"),
        ("]2; 3[", "(2, 3)"),
        ("(a) yes (b) no", "(a) yes; (b) no"),
        ("(1) $(0,1)$ (2) $x>3$", "(1) (0,1); (2) x > 3"),
    ],
)
def test_equal_matrices_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1) 5 (2) 6", "(1) 6 (2) 5"),
        ("(1, 2)", "(2, 1)"),
        (
            "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
            "\\begin{pmatrix} 1 & 3 \\\\ 2 & 4 \\end{pmatrix}",
        ),
    ],
)
def test_different_matrices_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


def test_a_line_through_a_point_is_added_up_in_tuples_as_in_columns() -> None:
    line = "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix} + t\\begin{pmatrix} 1 \\\\ -1 \\end{pmatrix}"
    all_pass(line, "(2, 1) + t(1, -1)", "(2 + t, 1 - t)")
    none_pass(line, "(2, 1) + t(1, 1)")
