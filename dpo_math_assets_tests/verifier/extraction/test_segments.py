"""Thoughts, channels and figures are no part of the answer."""

import polars as pl
import pytest
from pydantic import ValidationError

from dpo_math_assets.verifier import Conventions, extract, verify, verify_frame
from dpo_math_assets.verifier.conventions import version_of
from dpo_math_assets.verifier.extraction.segments import THOUGHTS


@pytest.mark.parametrize(("begins", "ends"), THOUGHTS)
def test_what_a_model_thinks_is_no_answer_and_cut_off_thoughts_have_none(
    begins: str, ends: str
) -> None:
    assert extract(f"{begins}It is \\boxed{{4}}.{ends}So it is \\boxed{{5}}.").answer == "5"
    assert extract(f"{begins}It is \\boxed{{4}}.").answer is None


def test_delimiters_of_ones_own_hide_thoughts_and_make_verdicts_of_others_stale() -> None:
    conventions = Conventions(thoughts=(("<plan>", "</plan>"),))
    text = "<plan>FINAL ANSWER: 4</plan>\nWe are done."
    assert verify(text, "4").verdict == "correct"
    frame = pl.DataFrame({"candidate": [text], "ground_truth": ["4"]})
    row = verify_frame(frame, conventions=conventions).row(0, named=True)
    assert verify(text, "4", conventions).verdict == row["verdict"] == "undecided"
    assert version_of(conventions) != version_of(Conventions())


@pytest.mark.parametrize("delimiters", [("<plan>", "<plan>"), ("<p", "</plan>"), ("    ", "####")])
def test_delimiters_that_stand_in_answers_too_are_refused(delimiters: tuple[str, str]) -> None:
    with pytest.raises(ValidationError, match="no delimiters of thoughts"):
        Conventions(thoughts=(delimiters,))


def test_a_model_that_speaks_in_channels_answers_in_the_final_one_alone() -> None:
    thought = "<|channel|>analysis<|message|>It is \\boxed{4}."
    assert extract(thought).answer is None
    assert extract(f"{thought}<|end|><|channel|>final<|message|>\\boxed{{5}}").answer == "5"


@pytest.mark.parametrize(
    "figure",
    [
        '[asy]\nlabel("However, 6", (0, 0));\n[/asy]',
        "\\begin{asy}\nint n = 6;\n\\end{asy}",
        "\\begin{tikzpicture}\\node {not 6};\\end{tikzpicture}",
        "[asy]\nint n = 6;",
    ],
)
def test_the_code_of_a_figure_says_nothing_of_the_answer(figure: str) -> None:
    assert verify(f"So it is $\\boxed{{5}}$.\n\n{figure}", "5").verdict == "correct"
    assert verify(f"{figure[:0]}{figure}\nSo it is 5.", "6").verdict != "correct"
