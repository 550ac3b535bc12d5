"""Answers in words, beside other words and beside anything else.

Words equal the same words; a few words differ from other words and from a number.
"""

import re

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.outcome import (
    EQUAL_TEXT,
    UNKNOWN,
    UNPARSABLE_ANSWER,
    UNPARSABLE_GOLD,
    Outcome,
    different,
)
from dpo_math_assets.verifier.lexicon.words import NOUNS, ORDINALS, WITHOUT_VALUE, table, words
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Decimal, Node, Number, Quantity, Text, Tuple
from dpo_math_assets.verifier.trace import applied

_MONTH = "(?P<{}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"(?:{_MONTH.format('month')} (?P<day>\d\d?)"
    rf"|(?P<early>\d\d?) (?:of )?{_MONTH.format('later')})(?: (?P<year>\d\d\d\d))?"
)
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs?|ur)?(?:day)?")
_ONLY_MONTH = re.compile(
    r"(jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)(?:t|uary|ruary|ch|il|e|y|ust|tember|ober|ember)?"
)
_REMAINDER = re.compile(r"(\d+) remainder (\d+)")
_SMALL_ROMAN = frozenset(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"))
# Words that may say a number.
_MAY_COUNT = ORDINALS | words("international", "numbers") | words("english", "countings")
_MAY_COUNT |= _SMALL_ROMAN
# Words that may say the same.
_ALIKE = [words("english", "affirmative"), words("english", "negative")] + [
    frozenset(line.split()) for line in table("languages/english")["alike"].strip().splitlines()
]
_ENDINGS = re.compile(r"(?<=[bcdfghjklmnpqrstvwxz])re\b|our\b|lled\b|lling\b")
_SPELLED = {"re": "er", "our": "or", "lled": "led", "lling": "ling"}
_POLAR = frozenset(("yes", "no", "true", "false"))
_IT_IS = re.compile(r"^(?:it|this|that|they) (?:is|are) ")
_ARTICLES = ("the", "a", "an")
# Words that few enough are to differ from others.
_FEW = 2
# Letters of a common beginning that make one stem.
_STEM = 5


def compare_words(a: Node, b: Node, context: Context) -> Outcome:
    """Words beside anything."""
    if isinstance(a, Text) and isinstance(b, Text):
        return _compare_texts(a, b)
    text, other = (a, b) if isinstance(a, Text) else (b, a)
    assert isinstance(text, Text)
    name = tree.letters(other)
    if name and name.isalpha() and name.lower() == text.words:  # a word read as a product
        applied("reading.word_of_letters", other, text)
        return EQUAL_TEXT
    content = _content_words(text)
    said = " ".join(content)
    if said in WITHOUT_VALUE and isinstance(other, Number | Decimal | Quantity | Tuple):
        # no solutions may be 0 of them, and so may `none`
        return UNKNOWN if _is_zero(other) or holds(other, Text) else different(a, b)
    return UNPARSABLE_ANSWER if text is a else UNPARSABLE_GOLD


def _is_zero(node: Node) -> bool:
    return exact(node.value if isinstance(node, Quantity) else node) == 0


def _compare_texts(a: Text, b: Text) -> Outcome:
    first, second = _facts(a.words), _facts(b.words)
    if first and second:
        applied("reading.date_or_remainder", a, b)
        if len(first) != len(second) and set(first) & set(second):
            return UNPARSABLE_ANSWER  # one with its year
        return EQUAL_TEXT if first == second else different(a, b)
    if a.words in _POLAR and b.words in _POLAR:
        return _compare_polarity(a, b)
    words = _content_words(a), _content_words(b)
    if words[0] == words[1]:
        return EQUAL_TEXT
    if _same_but_noun(*words):
        applied("reading.noun_left_out", a, b)
        return EQUAL_TEXT
    few = max(map(len, words)) <= _FEW and _alphabetic(a) and _alphabetic(b)
    return different(a, b) if few and not _related(*words) else UNPARSABLE_ANSWER


def _facts(words: str) -> tuple[str, ...] | None:
    """Day and month of `march 5` or `5 march`, or the parts of `3 remainder 2`."""
    if day := _WEEKDAY.fullmatch(words) or _ONLY_MONTH.fullmatch(words):
        return (day[1],)
    date = _DATE.fullmatch(words) if words[:1].isalnum() and len(words) < 24 else None
    if date:
        found = date["day"] or date["early"], date["month"] or date["later"]
        return (*found, date["year"]) if date["year"] else found
    division = _REMAINDER.fullmatch(words)
    return division.groups() if division else None


def _compare_polarity(a: Text, b: Text) -> Outcome:
    """`yes` beside `true`: the statement that is true may be the opposite of what is asked."""
    if a == b:
        return EQUAL_TEXT
    kinds = {word in ("yes", "no") for word in (a.words, b.words)}
    return different(a, b) if len(kinds) == 1 else UNPARSABLE_ANSWER


def _related(first: list[str], second: list[str]) -> bool:
    """Whether words may say the same: some more than others, one stem, numbers in other words."""
    if set(first) <= set(second) or set(second) <= set(first):
        return True
    if ORDINALS.isdisjoint(first) != ORDINALS.isdisjoint(second):
        return True
    if any(not group.isdisjoint(first) and not group.isdisjoint(second) for group in _ALIKE):
        return True
    return any(
        a[:_STEM] == b[:_STEM] for a in first for b in second if a != b and len(a) > _STEM < len(b)
    )


def _same_but_noun(first: list[str], second: list[str]) -> bool:
    """`isosceles` and `isosceles triangle`: the question has named what it asks for."""
    shorter, longer = sorted((first, second), key=len)
    return shorter != [] and shorter == longer[:-1] and longer[-1] in NOUNS


def _content_words(text: Text) -> list[str]:
    said = _ENDINGS.sub(lambda end: _SPELLED[end[0]], _IT_IS.sub("", text.words))
    return [word for word in said.split() if word not in _ARTICLES]


def _alphabetic(text: Text) -> bool:
    return text.words.replace(" ", "").isalpha()
