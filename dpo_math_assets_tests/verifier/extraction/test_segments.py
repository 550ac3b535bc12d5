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


def test_thoughts_that_are_cut_off_have_no_final_answer() -> None:
    assert extract("<think>Maybe \\boxed{5}? Then again").answer is None
    assert extract("<thinking>\\boxed{5}</thinking>\nSo \\boxed{6}.").answer == "6"


def test_comments_in_code_answer_nothing_and_its_output_does() -> None:
    code = "```python\n# The answer is 9\nprint(4 + 4)\n```\n"
    assert verify(code + "```output\n8\n```", "8").ok is True
    assert verify(code + "So the sum is 8.", "9").ok is not True


def test_what_stands_behind_the_end_of_a_turn_was_said_by_nobody() -> None:
    for end in ("<end_of_turn>", "<eos>", "[EOS]", "<|EOT|>", "<｜end▁of▁sentence｜>"):
        assert verify(f"The answer is 25{end}\nThe answer is 36", "25").ok is True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        (
            "<|channel|>analysis<|message|>The answer is 6?<|end|><|channel|>final<|message|>21",
            "21",
        ),
        ("所以答案是 21。", "21"),
        ("解得 $x = 21$。\n\n答案：21", "21"),
        ("The answer is the sum: 21.", "21"),
        ("The answer is an odd number, namely 21.", "21"),
        ("#### 21\n\nThe answer is plausible.", "21"),
    ],
)
def test_answers_in_channels_in_chinese_and_behind_a_description_are_found(
    text: str, gold: str
) -> None:
    assert verify(text, gold).ok is True
