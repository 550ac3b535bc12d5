r"""Whether the words around an answer leave it standing.

Before it: `the answer is not`, `a wrong answer:`, `one might think that`, `suppose the answer is`.
Behind it: second thoughts. Some take an answer back whatever follows (`that is wrong`); others
(`However, ...`, `upon rechecking`) only where another number follows, because solvers check their
answers and mostly find them right. The phrases are data: `lexicon/languages/english_vetoes.toml`.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.tokens import FRACTION, NUMBER, SENTENCE_BREAK
from dpo_math_assets.verifier.lexicon.phrases import phrases
from dpo_math_assets.verifier.trace import applied

# How far before an answer its sentence is looked at.
REACH = 120

_NUMBER = re.compile(rf"-?{NUMBER}|{FRACTION}")
# A clause of its own, or another field of JSON, is no part of what stands before it.
_CLAUSE_BREAK = re.compile(r"[.!?;]\s+|\n|\bbut\s|\",\s*|[\d\]}],\s*(?=\")")
# What stands at once before an answer and says nothing.
_WRAPPING = " $*_\\([\n"
_LETTERS = re.compile(r"[a-z]+")


class _Veto(NamedTuple):
    id: str
    words: frozenset[str]
    pattern: "re.Pattern[str]"


def _veto(rule: str) -> _Veto:
    name = rule.removeprefix("veto.")
    return _Veto(rule, *phrases("english_vetoes", name, number=_NUMBER.pattern))


_BEFORE = (
    _veto("veto.denied"),
    _veto("veto.disowned"),
    _veto("veto.reported"),
    _veto("veto.disbelieved"),
    _veto("veto.ruled_out"),
    _veto("veto.supposed"),
    _veto("veto.tempting"),
    _veto("veto.pitfall"),
    _veto("veto.example"),
    _veto("veto.near"),
    _veto("veto.unfinished_before"),
    _veto("veto.tried"),
    _veto("veto.unreal"),
    _veto("veto.hedged"),
)
_AT_ONCE_BEHIND = _veto("veto.denied_behind")
_SECOND_THOUGHTS = (
    _veto("veto.interjection"),
    _veto("veto.mistaken"),
    _veto("veto.redone"),
    _veto("veto.called_wrong"),
    _veto("veto.replaced"),
    _veto("veto.impossible"),
)
_RECONSIDERED = _veto("veto.reconsidered")
_CORRECTED = _veto("veto.corrected")
# Without one of these (in lower case, as runs of letters), nothing before an answer vetoes it.
WORDS_BEFORE = frozenset[str]().union(*(veto.words for veto in _BEFORE))
_WORDS_BEHIND = frozenset[str]().union(*(veto.words for veto in _SECOND_THOUGHTS))


def is_vetoed(text: str, start: int, end: int) -> bool:
    """Whether an answer from `start` to `end` is denied, supposed or somebody else's."""
    if _AT_ONCE_BEHIND.pattern.match(text, end):
        applied(_AT_ONCE_BEHIND.id, text)
        return True
    before = text[max(0, start - REACH) : start]
    begins = before.rfind("\n", 0, len(before.rstrip(_WRAPPING))) + 1
    words = _words(before[begins:])
    if WORDS_BEFORE.isdisjoint(words):
        return False
    for clause in _CLAUSE_BREAK.finditer(before, begins):
        if before[clause.end() :].strip(_WRAPPING):
            begins = clause.end()
    return _holds_one(_BEFORE, words, before[begins:])


def has_second_thoughts(text: str) -> bool:
    """Whether a text behind an answer takes it back, whatever follows."""
    return _takes_back(text, _words(text))


def is_retracted(answer: str, rest: str) -> bool:
    """Whether the rest of a text, behind an answer, goes on with second thoughts about it."""
    words = _words(rest)
    if _takes_back(rest, words):
        return True
    own = {number.replace(",", "") for number in _NUMBER.findall(answer)}
    if not _CORRECTED.words.isdisjoint(words) and any(
        correction["number"].replace(",", "") not in own
        for correction in _CORRECTED.pattern.finditer(rest)
    ):
        applied(_CORRECTED.id, rest)
        return True
    if not _RECONSIDERED.words.isdisjoint(words) and _is_replaced(own, rest):
        applied(_RECONSIDERED.id, rest)
        return True
    return False


def _takes_back(text: str, words: set[str]) -> bool:
    return not _WORDS_BEHIND.isdisjoint(words) and any(
        _holds_one(_SECOND_THOUGHTS, _words(sentence), sentence)
        for sentence in SENTENCE_BREAK.split(text)
    )


def _is_replaced(own: set[str], rest: str) -> bool:
    """Whether a review names numbers beside an answer's own, or is cut off behind `However,`."""
    end = 0
    for review in _RECONSIDERED.pattern.finditer(rest):
        if not end and any(
            number[0].replace(",", "") not in own for number in _NUMBER.finditer(rest, review.end())
        ):
            return True
        end = review.end()
    return end > 0 and not rest[end:].strip(" ,\n")


def _words(text: str) -> set[str]:
    return set(_LETTERS.findall(text.lower()))


def _holds_one(vetoes: tuple[_Veto, ...], words: set[str], text: str) -> bool:
    """Whether a text with these words holds a phrase of one of the vetoes."""
    for veto in vetoes:
        if not veto.words.isdisjoint(words) and veto.pattern.search(text):
            applied(veto.id, text)
            return True
    return False
