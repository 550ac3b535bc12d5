"""An index that is bound is no constant, and may be renamed like any bound variable."""

import pytest

from dpo_math_assets.verifier import verify


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"n b_k", r"\sum_{k=1}^{n} b_k"),
        (r"4b_j", r"\sum_{j=1}^{4} b_j"),
        (r"y_i^m", r"\prod_{i=1}^{m} y_i"),
        (r"b_m", r"\lim_{m \to \infty} b_m"),
        (r"\sum_{k=2}^{n} b_k", r"\sum_{k=1}^{n} b_k"),
        (r"n c_{2k}", r"\sum_{k=1}^{n} c_{2k}"),
        (r"n c_{k,1}", r"\sum_{k=1}^{n} c_{k,1}"),
    ],
)
def test_a_term_with_the_bound_index_is_not_taken_for_a_constant(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict == "undecided"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"\sum_{j=1}^{n} b_j", r"\sum_{k=1}^{n} b_k"),
        (r"\sum_{j=1}^{n} b_{2j+1} x^j", r"\sum_{k=1}^{n} b_{2k+1} x^k"),
        (r"\lim_{k \to \infty} b_k", r"\lim_{n \to \infty} b_n"),
        (r"\sum_{i=1}^m \sum_{j=1}^n c_{ij}", r"\sum_{p=1}^m \sum_{q=1}^n c_{pq}"),
        (r"1 + \sum_{k=1}^{3} b_k", r"\sum_{k=1}^{3} b_k + 1"),
        (r"n b_{max}", r"\sum_{x=1}^{n} b_{max}"),
        (r"n b_{min}", r"\sum_{i=1}^{n} b_{min}"),
    ],
)
def test_a_bound_index_has_any_name(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict == "correct"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"b_1 + b_2", r"\sum_{k=1}^{2} b_k"),
        (r"\sum_{k=0}^{n-1} b_{k+1}", r"\sum_{k=1}^{n} b_k"),
    ],
)
def test_a_sum_that_is_written_out_or_shifted_is_never_called_wrong(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict != "incorrect"
