import pytest

from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.matrices import matrix_value
from dpo_math_assets.verifier.syntax.parser import parse
from dpo_math_assets.verifier.syntax.trees import rebuild

A = r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"
B = r"\begin{pmatrix} 0 & 1 \\ 1 & x \end{pmatrix}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{A} + {B}", r"\begin{pmatrix} 1 & 3 \\ 4 & 4+x \end{pmatrix}"),
        (f"{A} {B}", r"\begin{pmatrix} 2 & 1+2x \\ 4 & 3+4x \end{pmatrix}"),
        (f"2 {A}", r"\begin{pmatrix} 2 & 4 \\ 6 & 8 \end{pmatrix}"),
        (f"{A}^2", r"\begin{pmatrix} 7 & 10 \\ 15 & 22 \end{pmatrix}"),
        (f"{A}^T", r"\begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}"),
        ("(1, 2) + (3, 4)", r"\begin{pmatrix} 4 & 6 \end{pmatrix}"),
    ],
)
def test_matrices_are_added_multiplied_raised_and_transposed(text: str, value: str) -> None:
    matrix, expected = matrix_value(parse(text)), parse(value)
    assert matrix is not None
    assert rebuild(matrix, canonical) == rebuild(expected, canonical)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        f"{A} + (1, 2)",
        rf"{A} \begin{{pmatrix}} 1 & 2 & 3 \end{{pmatrix}}",
        f"{A}^{{-1}}",
        f"{A}^{{99}}",
        f"{A}^{{1/2}}",
    ],
)
def test_what_comes_to_no_matrix_is_left(text: str) -> None:
    assert matrix_value(parse(text)) is None
