"""No text takes more than linear time: ten times the text takes no more than about ten times the
work, whatever it repeats."""

import time
from collections.abc import Callable

import pytest

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.equality import equality_under
from dpo_math_assets.verifier.extraction.cleanup import MAX_ANSWER, clean_answer
from dpo_math_assets.verifier.extraction.endings import last_number
from dpo_math_assets.verifier.extraction.prose import (
    is_assertion,
    may_change_value,
    stated_value,
)
from dpo_math_assets.verifier.extraction.restatements import (
    chained_value,
    restated_value,
    summed_value,
)
from dpo_math_assets.verifier.extraction.tokens import FORMULA, first_sentence, has_words
from dpo_math_assets.verifier.extraction.vetoes import has_second_thoughts, is_retracted, is_vetoed
from dpo_math_assets.verifier.syntax.normalization import clean, normalise

EQUALITY = equality_under(Conventions())
LONG = 100_000
# A quadratic reader has a ratio of 100.
MOST = 35
# What is faster than this is too fast to be compared.
SHORTEST_S = 0.002

# What a text repeats, and what stands before and behind it.
UNITS = (
    *("\n", "!x", "! x", "✓", "✓!x", " ", ", ", ". ", "$", "$1", "\\(", "\\[", "\\frac{", "{", ")"),
    *("\\text{", "*", "** ", "~~", "~~a", "-> 1", "→1", "= 1", "a=1, ", "x ", "1,", "1,234", "12:"),
    *("wait ", ". Wait, ", "not ", "on reing ", "However, ", "the actual x ", "is actually 7 "),
    *(", so 1", ", which ", "ratio ", "is correct, ", "- a\n", "1. \n", "\n\n", "\t", '"a": 1, '),
    *(
        "\\begin{align} a",
        "\\\\",
        "\\\\ ",
        "\\qed ",
        "1/2 ",
        " (1) ",
        " or ",
        "Mr. ",
        "答",
        "a total of ",
    ),
)
AROUND = (("", ""), ("", "x!"), ("7 ", " and 7."), ("as we ", "答"))

READERS: dict[str, tuple[Callable[[str], object], int]] = {
    "clean_answer": (lambda text: clean_answer(text, EQUALITY), MAX_ANSWER - 20),
    "last_number": (last_number, LONG),
    "stated_value": (stated_value, LONG),
    "is_assertion": (is_assertion, LONG),
    "may_change_value": (may_change_value, LONG),
    "chained_value": (lambda text: chained_value(text, EQUALITY), LONG),
    "summed_value": (lambda text: summed_value(text, EQUALITY), LONG),
    "restated_value": (lambda text: restated_value(text, EQUALITY), LONG),
    "is_vetoed": (lambda text: is_vetoed(text, len(text), len(text)), LONG),
    "is_retracted": (lambda text: is_retracted("7", text), LONG),
    "has_second_thoughts": (has_second_thoughts, LONG),
    "first_sentence": (first_sentence, LONG),
    "has_words": (has_words, LONG),
    "formulas": (lambda text: FORMULA.sub("", text), LONG),
    "clean": (clean, LONG),
    "normalise": (normalise, LONG),
}


def spent(read: Callable[[str], object], text: str) -> float:
    """CPU seconds that reading takes; the least of several, because others share the machine."""
    times = []
    for _ in range(2):
        begin = time.process_time()
        read(text)
        times.append(time.process_time() - begin)
    return min(times)


def growth(read: Callable[[str], object], unit: str, length: int) -> float:
    """How much longer ten times a text takes, for the worst of the texts around it."""
    worst = 0.0
    for before, behind in AROUND:
        short, long = (
            spent(read, before + unit * (size // len(unit)) + behind)
            for size in (length // 10, length)
        )
        worst = max(worst, long / max(short, SHORTEST_S))
    return worst


@pytest.mark.parametrize("name", READERS)
def test_a_text_of_ten_times_the_length_takes_about_ten_times_the_work(name: str) -> None:
    read, length = READERS[name]
    grown = {unit: growth(read, unit, length) for unit in UNITS}
    assert {unit: ratio for unit, ratio in grown.items() if ratio > MOST} == {}


def test_a_reader_of_quadratic_time_is_noticed() -> None:
    def read(text: str) -> int:
        return sum(text.count("\n", at) for at in range(0, len(text), 10))

    assert growth(read, "\n", LONG) > MOST
