r"""Whether the text around an answer leaves it standing.

Before it: `the answer is not`, `a wrong answer:`, `one might think that`, `suppose the answer is`.
After it: second thoughts. Some words take an answer back whatever follows (`that is wrong`); others
(`However, ...`, `upon rechecking`) only where another number follows, because solvers check their
answers and mostly find them right.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.tokens import FRACTION, NUMBER, SENTENCE_BREAK
from dpo_math_assets.verifier.lexicon.vocabulary import word_set

__all__ = ["DOUBTFUL", "contradicted", "doubtful", "taken_back"]


# How far before an answer its sentence is looked at.
REACH = 120

# A clause of its own, or another field of JSON, is no part of what stands before it.
_SENTENCE_BEGINS = re.compile(r"[.!?;]\s+|\n|\bbut\s|\",\s*|[\d\]}],\s*(?=\")")
_SUPPOSING = (
    r"(?:suppose|supposing|conjecture|assume|assuming|imagine|pretend|if|whether|"
    r"(?:let['’]?s|let us) (?:say|assume|suppose|try|guess))"
)


class _Pattern(NamedTuple):
    """A pattern, and words of which what it finds holds one: most sentences hold none of them."""

    words: frozenset[str]
    pattern: "re.Pattern[str]"


def _patterns(*pairs: tuple[str, str], flags: re.RegexFlag = re.IGNORECASE) -> tuple[_Pattern, ...]:
    return tuple(_Pattern(word_set(words), re.compile(regex, flags)) for words, regex in pairs)


def _words_of(patterns: tuple[_Pattern, ...]) -> frozenset[str]:
    return frozenset().union(*(each.words for each in patterns))


def _found(
    patterns: tuple[_Pattern, ...], words: set[str], text: str, begins: int = 0
) -> Iterator["re.Match[str]"]:
    """The first match of each pattern in a text with these words."""
    for needed, pattern in patterns:
        if not needed.isdisjoint(words) and (found := pattern.search(text, begins)):
            yield found


# `t` and `s` are what is left of `isn't` and `friend's`.
_DOUBTFUL = _patterns(
    (  # denied: `is not 7`, `isn't`, `rather than 7`
        "not never cannot rather instead other different t",
        r"(?:\b(?:not|never|cannot(?:\s+be)?|rather\s+than|instead\s+of|other\s+than|different\s+from)\b"
        r"|n['’]t\b)(?:\s+(?:be|equal|to|the|just|simply|possibly|really|actually|ever|correct|right|final|answer|number|value))*"
        r"[\s:$*(\\\[]*$",
    ),
    (  # of somebody else, or an earlier one
        "incorrect wrong false naive mistaken erroneous tempting first initial previous original "
        "earlier old expected claimed student students s his her their your "
        "given candidate submitted",
        r"\b(?:incorrect|wrong|false|naive|mistaken|erroneous|tempting|first|initial|previous|original|"
        r"earlier|old|expected|claimed|student|students|(?:student|friend|he|she|[A-Z][a-z]+)['’]s|"
        r"his|her|their|your)"
        r"[\s_]+(?:\w+\s+)?(?:answer|guess|attempt|thought)\b[^.\n]*$"
        r"|\b(?:given|candidate|submitted)[\s_]+answer(?:\s+is)?[\s:=$*(\\\[\"]*$"
        r"|\b(?:incorrect|wrong|false|naive|mistaken|erroneous)\s+(?:result|value|solution|number)\b[^.\n]*$",
    ),
    (  # said by others
        "according says said claims claimed thinks believes argues insists told say write get put",
        r"\b(?:(?<!\bI )(?:says|said|claims|claimed|thinks|believes|argues|insists)|told \w+|"
        r"(?:some|many|others|they|people|students|sources|books) (?:\w+ )?(?:say|write|get|put)|"
        r"according to (?:\w+ )?(?:book|textbook|source|teacher|internet|key|manual))\b"
        r"(?:,?\s+(?:that|the|our|correct|final|answer|it|is))*[\s:$*(\\\[]*$",
    ),
    (  # denied with its whole sentence
        "doubt misconception myth impossible unlikely no nobody easy naively want wish try cannot "
        "not t",
        r"(?:\b(?:doubt|misconception|myth|impossible|unlikely|no way|nobody|no one|easy to|"
        r"naively|(?:want|wish|try) to|cannot be)"
        r"|(?:n['’]t|\b(?:not|cannot))(?: \w+)? (?:think|believe|mean|follow|be|true|case|correct|"
        r"right|say|said|claim|conclude)),?"
        r"(?:\s+(?:would|think|say|claim|believe|show|prove|that|the|our|correct|final|answer|it|"
        r"possibly|is|be)"
        r"|['’]s)*[\s:$*(\\\[]*$",
    ),
    (  # ruled out
        "rule ruled ruling exclude excludes excluded discard discarded reject rejected eliminate "
        "eliminated eliminates not never false wrong",
        r"\b(?:rul(?:e|ed|ing) out|exclude[sd]?|discard(?:ed)?|reject(?:ed)?|eliminate[sd]?|"
        r"(?:not|never) (?:true|the case|clear) that|(?:false|wrong) that)\b"
        r"(?:\s+(?:the|answer|is|value|option|case))*[\s:$*(\\\[]*$",
    ),
    (  # supposed
        "suppose supposing conjecture assume assuming imagine pretend if whether let lets",
        rf"\b{_SUPPOSING}\s+(?:that\s+)?(?:(?:the|our|my|this|it|its|final|correct|right|answer|result|"
        r"value|total|solution|number|is|was|were|equals|to\s+be|be)\s*)*[=:$*(\\\[\s]*$",
    ),
    (  # what one might think, or thought at first
        "might may could would first initially originally",
        r"\b(?:one|you|some|many|people|someone|students|we|i)\s+(?:might|may|could|would)\s+(?:be\s+"
        r"tempted\s+to\s+)?(?:first\s+|initially\s+)?(?:think|say|guess|believe|assume|expect|answer)\b"
        r"[^.\n]*$"
        r"|\b(?:i|we)\s+(?:first|initially|originally)\s+(?:thought|got|said|guessed|assumed)\b[^.\n]*$"
        r"|\b(?:at first|first thought|first glance)\b[^.\n]*$",
    ),
)
_DOUBTS = _words_of(_DOUBTFUL)
DOUBTFUL = "|".join(each.pattern.pattern for each in _DOUBTFUL)


_OPENING = r"(?:^|[.!?,;:)}$*\n–—-])\s*"
_VALUE = r"[$\\({*\s]*(?:-?\d|boxed|d?frac|sqrt|pi\b)"
_RETRACTION = _patterns(
    (
        "wait hold scratch oops hm hmm hmmm hmmmm correction actually sorry oh no rather instead "
        "mistake apologies second strike never nevermind",
        rf"{_OPENING}(?:(?:wait|hold on|scratch that|oops|hm+|correction|actually|sorry|oh no|"
        r"no wait|rather|instead|my mistake|my apologies|on second thoughts?|strike that|"
        r"never ?mind)\b|no[,.])",
    ),
    (
        "mistake error slip oversight",
        r"\b(?:I|we) (?:have |had )?made an? (?:\w+ )?(?:mistake|error|slip|oversight)\b"
        r"|\b(?:has|is|was|contains) an (?:error|mistake)\b",
    ),
    (
        "let",
        r"\blet me (?:correct|fix|redo|reconsider|re-?evaluate|re-?do|rethink|re-?calculate)\b"
        r"|\blet(?:['’]s| me| us) (?:try (?:again|a different|another)|start over|"
        r"re-?(?:do|compute|count|read|start|try|examine))\b",
    ),
    (
        "take stand misread miscalculated miscounted mistook misapplied misinterpreted missed",
        r"\bI (?:take (?:it|that) back|stand corrected|mis(?:read|calculated|counted|took|applied|"
        r"interpreted|sed))\b",
    ),
    (
        "wrong incorrect not nope extraneous",
        r"\b(?:it|that|this|answer|result|value|calculation) "
        r"(?:is|was|seems|cannot be|can['’]t be) (?:wrong|incorrect|not (?:right|correct))\b"
        r"|\bI was wrong\b|\bnope\b|\bextraneous\b",
    ),
    ("or", r"\bor is it\b"),
    (
        "should rather",
        r"\bI should have\b|\bor rather\b"
        r"|\b(?:it|that|this|answer) should (?:actually |really |instead |rather )?(?:be|have been)"
        rf"{_VALUE}",
    ),
    (
        "contradicts contradiction impossible look seem not satisfy violates cannot t",
        r"\b(?:this|that|it|which) (?:contradicts|violates|is (?:impossible|a contradiction)|"
        r"(?:cannot|can['’]t) be(?=[.,;!]|$| (?:so|true|possible|right|correct|"
        r"the (?:case|answer|solution))\b)|"
        r"does(?:n['’]t| not) (?:look|seem) right|is not(?: yet)? (?:the|our))\b"
        r"|\b(?:does|do)(?:n['’]t| not) satisfy\b",
    ),
)
_SECOND_THOUGHTS = _words_of(_RETRACTION)
# Only with another number behind it.
_REVIEW = _patterns(
    (
        "however but although yet except edit update revise revised corrected",
        r"(?:^|[.!?\n*]\s*)(?:However|But|Although|Yet|Except|Edit|EDIT|Update|UPDATE|Revised?|"
        r"Corrected)\b",
    ),
    (
        "upon on after",
        r"\b(?:[Uu]pon|[Oo]n|[Aa]fter) (?:re-?\w*ing|re-?examination|re-?evaluation|reflection|"
        r"review|(?:further|closer|second) \w+|double[- ]checking)\b",
    ),
    (
        "rounded rounding closest realize realise asks forgot overlooked corrected revise revised "
        "recheck rechecked rechecking reconsider reconsidered reconsidering re double misread "
        "miscounted miscalculated apologise apologize apologies",
        r"\b(?:[Rr]ound(?:ed|ing) (?:up|down|to)|closest (?:is|choice|option|answer)|reali[sz]e|"
        r"(?:question|problem|it) asks|forgot|overlooked|corrected|revised?|"
        r"re-?check(?:ed|ing)?|re-?consider(?:ed|ing)?|double[- ]counted|misread|miscounted|"
        r"miscalculated|apologi[sz]e(?! for the (?:repetition|length|delay))|apologies)\b",
    ),
    flags=re.NOFLAG,
)
_WORD = re.compile(r"[a-z]+")
_ANY_NUMBER = re.compile(rf"-?{NUMBER}|{FRACTION}")

# `the actual length is 9`, `there are actually 9`
_ACTUALLY = re.compile(
    r"\b(?:the (?:actual|correct) [a-z ]{1,40}?(?:is|are|was|were)|(?:is|are|was|were) actually)"
    rf"[\s:$*\\(]*({_ANY_NUMBER.pattern})",
    re.IGNORECASE,
)

# What stands at once before an answer and says nothing.
_WRAPPING = " $*_\\([\n"


# `\\boxed{7} is not`, `would be the answer if`
_DENIED_AFTER = re.compile(
    r"[\s$*.)\\\]]{0,4}(?:,? ?(?:which )?(?:is|was)(?:n['’]t|\s+(?:not|never|wrong|incorrect|too|"
    r"impossible|false|ruled))|would\b|cannot|can['’]t|could\b|does(?:n['’]t|\s+not)|fails\b|might\b|may\b)"
)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def doubtful(text: str, at: int, end: int) -> bool:
    """Whether an answer from `at` to `end` is denied, supposed or somebody else's."""
    if _DENIED_AFTER.match(text, end):
        return True
    before = text[max(0, at - REACH) : at]
    begins = before.rfind("\n", 0, len(before.rstrip(_WRAPPING))) + 1
    words = _words(before[begins:])
    if _DOUBTS.isdisjoint(words):
        return False
    for found in _SENTENCE_BEGINS.finditer(before, begins):
        if before[found.end() :].strip(_WRAPPING):
            begins = found.end()
    return any(_found(_DOUBTFUL, words, before, begins))


def taken_back(text: str) -> bool:
    """Whether a text behind an answer holds second thoughts, whatever follows from them."""
    return _taken_back(text, _words(text))


def _taken_back(text: str, words: set[str]) -> bool:
    return not _SECOND_THOUGHTS.isdisjoint(words) and any(
        any(_found(_RETRACTION, _words(sentence), sentence))
        for sentence in SENTENCE_BREAK.split(text)
    )


def contradicted(answer: str, rest: str) -> bool:
    """Whether the rest of a text, behind an answer, goes on with second thoughts about it."""
    words = _words(rest)
    if _taken_back(rest, words):
        return True
    own = {number.replace(",", "") for number in _ANY_NUMBER.findall(answer)}
    if not words.isdisjoint(("actual", "actually", "correct")) and any(
        found[1].rstrip(",").replace(",", "") not in own for found in _ACTUALLY.finditer(rest)
    ):
        return True
    for review in _found(_REVIEW, words, rest):
        if not rest[review.end() :].strip(" ,\n"):
            return True  # cut off behind `However,`
        others = (found[0].rstrip(",") for found in _ANY_NUMBER.finditer(rest, review.end()))
        if any(number.replace(",", "") not in own for number in others):
            return True
    return False
