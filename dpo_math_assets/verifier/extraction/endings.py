"""The number with which a text ends, where its last sentence about numbers comes to one.

`So she has 12 left.` ends with 12; a question, a check, a remark and a phrase that holds a number
(`in step 3`) end with none. The words are data: `lexicon/languages/english_sentences.toml`.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.prose import MAX_SENTENCE
from dpo_math_assets.verifier.extraction.tokens import (
    FRACTION,
    LISTED_CHOICE,
    NUMBER,
    SENTENCE_BREAK,
    has_digits,
    lower_words,
)
from dpo_math_assets.verifier.lexicon.phrases import phrases
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, TENS, words
from dpo_math_assets.verifier.trace import applied

_LANGUAGE = "english_sentences"

_ITEM = re.compile(r"^[ \t]*+(?:\d{1,2}[.)]|[-*•>])\s+", re.MULTILINE)
_NUMBER = re.compile(
    rf"(?<![\w.,])(?P<value>-?(?:{NUMBER}(?:/\d+)?|{FRACTION})%?),?"
    r"(?P<thing>(?:[ \\]+[A-Za-z][\w/²³-]*){0,3})$"
)
_NUMERALS = {**NUMBER_WORDS, **TENS} | {
    f"{ten}-{one}": TENS[ten] + NUMBER_WORDS[one]
    for ten in TENS
    for one in list(NUMBER_WORDS)[1:10]
}
_NUMERAL = re.compile(
    rf"(?<![\w-])(?P<value>{'|'.join(sorted(_NUMERALS, key=len, reverse=True))})"
    r"(?P<thing>(?: \w+)?)$"
)
_AROUND_VALUE = " \t$*_`\\()[]{}.,;!\"'✓✔✅"
_OPTION_SIGN = re.compile(rf"{LISTED_CHOICE}$")
_OPERATORS = (*"+-*/^_<>×÷≈", "\\times", "\\cdot", "\\approx")

_CHECKS = phrases(_LANGUAGE, "checks").pattern
_REMARKS = words(_LANGUAGE, "remarks")
_GOVERNING = words(_LANGUAGE, "governing")
_LEADING_TO = words(_LANGUAGE, "leading_to")
_CONCLUDING = words(_LANGUAGE, "concluding")
_STATING = words(_LANGUAGE, "stating")
_DECIDING = words(_LANGUAGE, "deciding")


class Ending(NamedTuple):
    """How a text ends with a number: the words behind it and the text of its sentence before it."""

    value: str
    thing: str
    before: str


def last_number(text: str) -> Ending | None:
    """The number with which the last sentence about numbers ends; in words where it concludes.

    None where that sentence is a question, a check or a remark, or the number is part of a phrase.
    """
    for sentence in reversed(SENTENCE_BREAK.split(_ITEM.sub("", text))):
        if sentence.rstrip(' *_)"').endswith("?"):
            continue
        if has_digits(sentence):
            return _in_digits(sentence)
        if ending := _in_words(sentence):
            return ending
    return None


def _in_digits(sentence: str) -> Ending | None:
    """The number with which a sentence ends, unless it is a part of a phrase."""
    if not _REMARKS.isdisjoint(lower_words(sentence)) or _CHECKS.search(sentence):
        return None
    found = _NUMBER.search(sentence.strip(_AROUND_VALUE)[-MAX_SENTENCE:])
    if found is None:
        return None
    before = _before(found)
    last_words = before.lower().split()[-2:]
    if before.endswith(_OPERATORS) or " of " in f"{found['thing']} " or _OPTION_SIGN.search(before):
        return None
    if not _GOVERNING.isdisjoint(last_words[-1:]) and _LEADING_TO.isdisjoint(last_words[-2:-1]):
        return None
    several = has_digits(before) and not before.endswith(("=", ":", ",", "→", ">"))
    if several and last_words and last_words[-1] not in _CONCLUDING:
        return None  # `Tom had 8 and gave away 3` is about several numbers
    applied("prose.ending", sentence, found["value"])
    return Ending(found["value"], found["thing"], before)


def _in_words(sentence: str) -> Ending | None:
    """The number in words with which a sentence that concludes something ends.

    `so they must order eight buses`: others stand in sentences for many reasons.
    """
    lower = sentence.lower()
    if _NUMERALS.keys().isdisjoint(lower_words(lower[-40:])):
        return None
    all_words = lower_words(lower)
    if _DECIDING.isdisjoint(all_words) or not _REMARKS.isdisjoint(all_words):
        return None
    found = _NUMERAL.search(lower.strip(_AROUND_VALUE)[-MAX_SENTENCE:])
    if found is None:
        return None
    before = _before(found)
    last = before.split()[-1:]
    if _CONCLUDING.isdisjoint(last) and _STATING.isdisjoint(last):
        return None
    value = str(_NUMERALS[found["value"]])
    applied("prose.ending_in_words", sentence, value)
    return Ending(value, found["thing"], before)


def _before(found: "re.Match[str]") -> str:
    return found.string[: found.start()].rstrip(" $*_\\({[~")
