"""The choices that a text lists, `(A) 4 (B) 8`, beside an answer that is one of them."""

import re
from itertools import islice

from dpo_math_assets.verifier.extraction.candidate import MAX_MARKERS, Extraction
from dpo_math_assets.verifier.extraction.tokens import CHOICE, CHOICE_ALONE, VALUE_START
from dpo_math_assets.verifier.syntax.normalization import clean
from dpo_math_assets.verifier.trace import applied

_LISTED = re.compile(
    rf"(?:^|(?<=[\s(]))(?P<letter>{CHOICE})(?P<sign>[).:])\s+"
    rf"(?P<value>{VALUE_START}[^\n()]{{0,60}}?)(?=\s*(?:\n|$|\(?{CHOICE}[).:]))",
    re.MULTILINE,
)
# `15 - matches`, `15 ✓`
_REMARK = re.compile(r"\s+(?:[-–—:] [A-Za-z]|[✓✔✅❌✗✘(]).*$|[*_]+\s*$", re.DOTALL)
_VALUE = re.compile(rf"-?{VALUE_START}[^,;]{{0,60}}$")

# Every text that lists choices has a match of one of these; without lookaround.
NEEDLES = (rf"(?:^|[\s(])(?:A[).]|[B-J][).:])\s+{VALUE_START}", r"C\)")


def listed_choices(text: str) -> dict[str, set[str]]:
    """The values of each letter that a text lists."""
    values: dict[str, set[str]] = {}
    for choice in islice(_LISTED.finditer(text), MAX_MARKERS):
        value = _REMARK.sub("", choice["value"])
        values.setdefault(choice["letter"], set()).add(clean(value))
    return values


def is_listed(text: str) -> bool:
    """Whether a line is one of several choices."""
    return _LISTED.match(text) is not None


def is_value(answer: str) -> bool:
    """Whether an answer can be the value of a choice."""
    return _VALUE.match(answer) is not None


def with_its_choice(text: str, found: Extraction) -> Extraction:
    """`(C) 5` for C, and for 5, where the text lists 5 as the choice C."""
    answer = found.answer
    if not answer:
        return found
    both = None
    if CHOICE_ALONE.fullmatch(answer):
        letter = answer.strip("()")
        values = listed_choices(text)
        if len(values) > 1 and len(values.get(letter, ())) == 1:
            both = f"({letter}) {values[letter].pop()}"
    elif "C)" in text and "A)" in text and is_value(answer):
        letters = [letter for letter, values in listed_choices(text).items() if values == {answer}]
        if len(letters) == 1:
            both = f"({letters[0]}) {answer}"
    if both is None:
        return found
    applied("resolve.choice", answer, both)
    return Extraction(both, found.marker, None)
