"""No text takes more than linear time: ten times the text, about ten times the work."""

import re
import time
from collections.abc import Callable
from itertools import product

import pytest

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.equality import equality_under
from dpo_math_assets.verifier.extraction.choices import listed_choices
from dpo_math_assets.verifier.extraction.continuations import sets_aside
from dpo_math_assets.verifier.extraction.extract import extract, split_boxes
from dpo_math_assets.verifier.extraction.markers import finders_with
from dpo_math_assets.verifier.extraction.markers.bare import bare_answers
from dpo_math_assets.verifier.extraction.segments import answering_part, next_questions

FINDERS = finders_with(("Result:",))
EQUALITY = equality_under(Conventions())
UNITS = (
    *(" ", "\n", "\t", "{", "}", "$", "\\", "(", ")", '"', ",", ".", "?", "!x", "#", "*", "-"),
    *("1", "a", "A", "é", "=", "<", "|", "[", "✓", "🎉", "\\[", "\\begin{", "```", "1,"),
    *("\\boxed{", "\\boxed{5}", "\\fbox{", "\\boxed{5} or 4\n", "\\text{", "x = \\boxed{5}\n"),
    *("answer", "answer:", "Answer: 5\n", "Final Answer\n", "the answer is ", "the answer is 5. "),
    *('"answer": ', '"answer": "5",', '"final": {', "#### 5\n", "####", "#### ", "A: 5\n", "A:"),
    *("答え：", "答案 ", "答案：5\n", "Antwort: ", "réponse ", "Result: ", "Result:\n", "(A) 5 "),
    *("the correct option is ", "option A is correct. ", "<think>", "</think>", "<|x|>", "INST]"),
    *("```python\n", " Q:", "1 Q: 2\n", "\nProblem 2: ", "\n\n", "I hope it is correct. "),
    *("[asy]", "[/asy]", "\\begin{tikz", ". This is ", " check ", " I was ", ", so "),
    "so ignore the ",
    *("Confidence: 5\n", "Therefore, 5. ", "1. ", "- 5\n", "x = 3\n", "the answer\n", "[ANSWER] "),
)
SMALL = 8_000
# A hundred where time is quadratic; below a tenth of a millisecond, the clock counts nothing.
MOST = 60
FLOOR_S = 0.0003


def _seconds(function: Callable[[str], object], text: str, most: float) -> float:
    best = float("inf")
    for _ in range(6):
        begins = time.process_time()
        function(text)
        best = min(best, time.process_time() - begins)
        if best < most:
            break
    return best


def _grows(function: Callable[[str], object], unit: str, end: str, small: int = SMALL) -> float:
    """How much more work a text of ten times the size is."""
    short, long = (unit * (size // len(unit)) + end for size in (small, 10 * small))
    before = max(_seconds(function, short, 0), FLOOR_S)
    return _seconds(function, long, before * MOST) / before


@pytest.mark.parametrize(
    "function",
    [
        *(pytest.param(finder.find, id=finder.rule) for finder in FINDERS),
        pytest.param(answering_part, id="segments"),
        pytest.param(lambda text: list(next_questions(text)), id="next_questions"),
        pytest.param(listed_choices, id="choices"),
        pytest.param(lambda text: list(bare_answers(text)), id="bare"),
        pytest.param(lambda text: split_boxes(text, EQUALITY), id="split_boxes"),
        pytest.param(lambda text: sets_aside(text, "5"), id="continuations"),
    ],
)
def test_time_grows_with_the_length_of_the_text(function: Callable[[str], object]) -> None:
    slow = [
        (unit, end, round(grown))
        for unit, end in product(UNITS, ("", "5"))
        if (grown := _grows(function, unit, end)) > MOST
    ]
    assert slow == []


@pytest.mark.parametrize("unit", UNITS)
def test_time_of_the_whole_extraction_grows_with_the_length_of_the_text(unit: str) -> None:
    assert _grows(lambda text: extract(text, EQUALITY, FINDERS), unit, "5") < MOST


def test_quadratic_time_is_seen() -> None:
    assert _grows(re.compile("a*b").search, "a", "", small=1_000) > MOST
