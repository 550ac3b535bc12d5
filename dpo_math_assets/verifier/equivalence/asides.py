"""Words beside a value: its label, its unknown unit and directions, which must not contradict.

A label or a counted noun says nothing that a value needs: `5 apples` is 5. But `mean: 5` is not
`median: 5`, and `5 minutes earlier` is not `5 minutes later`. So what the grammar leaves aside on
both sides must be the same, or one more exact than the other. A direction (`5 dollars loss`) must
be in both, wherever it stands.
"""

import re
from functools import lru_cache

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.lexicon.units import UnitTable, known_units, unit_named
from dpo_math_assets.verifier.lexicon.words import words
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.parser import parse
from dpo_math_assets.verifier.trace import recording

# The steps of the grammar that set words aside; the words are in what they give.
_LABEL, _UNIT = "grammar.label", "grammar.unit"
# Words that say nothing of what is meant.
_EMPTY = words("english", "fillers") | words("english", "empty_words")
_WAYS = words("english", "ways")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
# What a label or a counted noun has at least; commands have none.
_LONG_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")


def asides_differ(answer: str, gold: str) -> bool:
    """Whether two texts with equal values call them by words that contradict each other."""
    if _ways(answer) != _ways(gold):
        return True
    if not (_LONG_WORD.search(answer) and _LONG_WORD.search(gold)):
        return False
    first, second = _asides(answer, known_units()), _asides(gold, known_units())
    if not first or not second or first == second:
        return False
    words_of = [{word for phrase in side for word in phrase.split()} for side in (first, second)]
    same = words_of[0] == words_of[1]  # in another order: `east of north`
    return same or not (words_of[0] < words_of[1] or words_of[1] < words_of[0])


def _ways(text: str) -> list[str]:
    """The words of a text that say which way its value goes, in their order: `east of north`."""
    return [word for word in _WORD.findall(text.lower()) if word in _WAYS]


@lru_cache(maxsize=1024)
def _asides(text: str, _known: UnitTable) -> frozenset[str]:
    """The labels and unknown units of a text, each in its words without the empty ones."""
    with recording() as steps:
        try:
            parse(text)
        except (ParseError, VerifierLimitError):
            return frozenset()
    phrases = (
        _phrase(step.before if step.rule == _LABEL else _unit_of(step.after))
        for step in steps
        if step.rule in (_LABEL, _UNIT)
    )
    return frozenset(filter(None, phrases))


def _unit_of(measured: str) -> str:
    """The unit behind a value that is shown as text."""
    return measured.partition(" ")[2] if " " in measured else ""


def _phrase(text: str) -> str:
    said = [word.strip("().,") for word in text.lower().split()]
    return " ".join(
        word
        for word in said
        if word.isalpha() and len(word) > 1 and word not in _EMPTY and unit_named(word) is None
    )
