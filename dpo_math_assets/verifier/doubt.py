r"""Whether the text around an answer leaves it standing.

Before it: `the answer is not`, `a wrong answer:`, `one might think that`, `suppose the answer is`.
After it: second thoughts. Some words take an answer back whatever follows (`that is wrong`); others
(`However, ...`, `upon rechecking`) only where another number follows, because solvers check their
answers and mostly find them right.
"""

import re

__all__ = ["contradicted", "doubtful", "taken_back"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# How far before an answer its sentence is looked at.
REACH = 120

# A clause of its own, or another field of JSON, is no part of what stands before it.
_SENTENCE_BEGINS = re.compile(r"[.!?;]\s+|\n|\bbut\s|\",\s*")
_SUPPOSING = (
    r"(?:suppose|supposing|assume|assuming|imagine|pretend|if|whether|(?:let['’]?s|let us) (?:say|"
    r"assume|suppose|try|guess))"
)
_DOUBTFUL = re.compile(
    # denied: `is not 7`, `isn't`, `rather than 7`
    r"(?:\b(?:not|never|cannot(?:\s+be)?|rather\s+than|instead\s+of|other\s+than|different\s+from)\b"
    r"|n['’]t\b)(?:\s+(?:be|equal|to|the|just|simply|possibly|really|actually|ever|correct|right|final|answer|number|value))*"
    r"[\s:$*(\\\[]*$"
    # of somebody else, or an earlier one
    r"|\b(?:incorrect|wrong|false|naive|mistaken|erroneous|tempting|first|initial|previous|original|"
    r"earlier|old|expected|claimed|student|students|(?:student|friend|he|she|[A-Z][a-z]+)['’]s|"
    r"his|her|their|your)"
    r"[\s_]+(?:\w+\s+)?(?:answer|guess|attempt|thought)\b[^.\n]*$"
    r"|\b(?:incorrect|wrong|false|naive|mistaken|erroneous)\s+(?:result|value|solution|number)\b[^.\n]*$"
    r"|\b(?:(?<!\bI )(?:says|said|claims|claimed|thinks|believes|argues|insists)|told \w+|"
    r"(?:some|many|others|they|people|students|sources|books) (?:\w+ )?(?:say|write|get|put))\b"
    r"(?:\s+(?:that|the|our|correct|final|answer|it|is))*[\s:$*(\\\[]*$"
    # denied with its whole sentence
    r"|(?:\b(?:doubt|misconception|myth|impossible|unlikely|no way|nobody|no one|easy to|naively|"
    r"(?:want|wish|try) to|cannot be)|(?:n['’]t|\bnot)(?: \w+)? (?:think|believe|mean|follow|be)),?"
    r"(?:\s+(?:would|think|say|believe|show|prove|that|the|our|correct|final|answer|it|possibly|is|be)"
    r"|['’]s)*[\s:$*(\\\[]*$"
    # ruled out
    r"|\b(?:rul(?:e|ed|ing) out|exclude[sd]?|discard(?:ed)?|reject(?:ed)?|eliminate[sd]?|"
    r"(?:not|never) (?:true|the case|clear) that|(?:false|wrong) that)\b"
    r"(?:\s+(?:the|answer|is|value|option|case))*[\s:$*(\\\[]*$"
    # supposed
    rf"|\b{_SUPPOSING}\s+(?:that\s+)?(?:(?:the|our|my|this|it|its|final|correct|right|answer|result|"
    r"value|total|solution|number|is|was|were|equals|to\s+be|be)\s*)*[=:$*(\\\[\s]*$"
    # what one might think, or thought at first
    r"|\b(?:one|you|some|many|people|someone|students|we|i)\s+(?:might|may|could|would)\s+(?:be\s+"
    r"tempted\s+to\s+)?(?:first\s+|initially\s+)?(?:think|say|guess|believe|assume|expect|answer)\b"
    r"[^.\n]*$"
    r"|\b(?:i|we)\s+(?:first|initially|originally)\s+(?:thought|got|said|guessed|assumed)\b[^.\n]*$"
    r"|\b(?:at first|first thought|first glance)\b[^.\n]*$",
    re.IGNORECASE,
)

# Words without which none of these patterns can be: most sentences hold none of them. `t` and `s`
# are what is left of `isn't` and `friend's`.
_DOUBTS = _set(
    """
    not never cannot rather instead other different t s incorrect wrong false naive mistaken
    erroneous tempting first initial previous original earlier old expected claimed student
    students his her their your suppose supposing assume assuming imagine pretend if whether let
    might may could would initially originally rule ruled ruling exclude excludes excluded
    discard discarded reject rejected eliminate eliminated eliminates says said claims thinks
    write get put believes argues insists told say doubt misconception myth impossible unlikely
    nobody easy no want wish naively
    """
)

_OPENING = r"(?:^|[.!?,;:)}$*\n–—-])\s*"
_VALUE = r"[$\\({*\s]*(?:-?\d|boxed|d?frac|sqrt|pi\b)"
_RETRACTION = re.compile(
    rf"{_OPENING}(?:(?:wait|hold on|scratch that|oops|hm+|correction|actually|sorry|oh no|"
    r"no wait|rather|instead|my mistake|my apologies|on second thoughts?|strike that|"
    r"never ?mind)\b|no[,.])"
    r"|\b(?:I|we) (?:have |had )?made an? (?:\w+ )?(?:mistake|error|slip|oversight)\b"
    r"|\blet me (?:correct|fix|redo|reconsider|re-?evaluate|re-?do|rethink|re-?calculate)\b"
    r"|\bI (?:take (?:it|that) back|stand corrected|mis(?:read|calculated|counted|took))\b"
    r"|\b(?:it|that|this|answer|result|value|calculation) (?:is|was|seems|cannot be|can['’]t be) "
    r"(?:wrong|incorrect|not (?:right|correct))\b"
    r"|\bI should have\b|\bor rather\b|\b(?:has|is|was|contains) an (?:error|mistake)\b"
    r"|\b(?:it|that|this|answer) should (?:actually |really |instead |rather )?(?:be|have been)"
    rf"{_VALUE}"
    r"|\b(?:this|that|it|which) (?:contradicts|is (?:impossible|a contradiction)|"
    r"does(?:n['’]t| not) (?:look|seem) right|is not(?: yet)? (?:the|our))\b"
    r"|\blet(?:['’]s| me| us) (?:try (?:again|a different|another)|start over|"
    r"re-?(?:do|compute|count|read|start|try|examine))\b"
    r"|\bI was wrong\b|\bnope\b|\bextraneous\b|\b(?:does|do)(?:n['’]t| not) satisfy\b",
    re.IGNORECASE,
)
# Only with another number behind it.
_REVIEW = re.compile(
    r"(?:^|[.!?\n*]\s*)(?:However|But|Although|Yet|Except|Edit|Update|Revised?|Corrected)\b"
    r"|\b(?:[Uu]pon|[Oo]n|[Aa]fter) (?:re-?\w*ing|re-?examination|re-?evaluation|reflection|"
    r"review|(?:further|closer|second) \w+|double[- ]checking)\b"
    r"|\b(?:[Rr]ound(?:ed|ing) (?:up|down|to)|closest (?:is|choice|option|answer)|reali[sz]e|"
    r"(?:question|problem) asks|forgot|overlooked|corrected|revised?|"
    r"re-?check(?:ed|ing)?|re-?consider(?:ed|ing)?|double[- ]counted|misread|miscounted|"
    r"miscalculated|apologi[sz]e(?! for the (?:repetition|length|delay))|apologies)\b"
)
_SECOND_THOUGHTS = _set(
    """
    wait hold scratch oops hm hmm hmmm hmmmm correction actually sorry oh mistake error apologies
    second strike never nevermind no correct fix redo reconsider evaluate reevaluate re rethink
    calculate recalculate take stand misread miscalculated miscounted mistook wrong incorrect not
    should rather instead slip oversight contradicts contradiction impossible look seem try
    start over recompute recount reread restart retry reexamine nope extraneous satisfy
    """
)
_REVIEWS = _set(
    """
    however but although yet except edit update revise revised corrected upon on after forgot
    rounded rounding closest realize realise asks
    overlooked recheck rechecked rechecking reconsider reconsidered reconsidering re double misread
    miscounted miscalculated apologise apologize apologies
    """
)
_WORDS = re.compile(r"[a-z]+")
_ANY_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?|\\[dt]?frac\{[^{}]*\}\{[^{}]*\}")

# What stands at once before an answer and says nothing.
_WRAPPING = " $*_\\([\n"


# `\\boxed{7} is not`, `would be the answer if`
_DENIED_AFTER = re.compile(
    r"[\s$*.)\\\]]{0,4}(?:,? ?(?:which )?(?:is|was)(?:n['’]t|\s+(?:not|never|wrong|incorrect|too|"
    r"impossible|false|ruled))|would\b|cannot|can['’]t|could\b|does(?:n['’]t|\s+not)|fails\b|might\b|may\b)"
)


def doubtful(text: str, at: int, end: int) -> bool:
    """Whether an answer from `at` to `end` is denied, supposed or somebody else's."""
    if _DENIED_AFTER.match(text, end):
        return True
    before = text[max(0, at - REACH) : at]
    begins = before.rfind("\n", 0, len(before.rstrip(_WRAPPING))) + 1
    if _DOUBTS.isdisjoint(_WORDS.findall(before[begins:].lower())):
        return False
    for found in _SENTENCE_BEGINS.finditer(before, begins):
        if before[found.end() :].strip(_WRAPPING):
            begins = found.end()
    return _DOUBTFUL.search(before, begins) is not None


_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n")


def taken_back(text: str) -> bool:
    """Whether a text behind an answer holds second thoughts, whatever follows from them."""
    if _SECOND_THOUGHTS.isdisjoint(_WORDS.findall(text.lower())):
        return False
    # most sentences of a text hold none of the words, and the pattern is slow
    return any(
        not _SECOND_THOUGHTS.isdisjoint(_WORDS.findall(sentence.lower()))
        and _RETRACTION.search(sentence)
        for sentence in _SENTENCES.split(text)
    )


def contradicted(answer: str, rest: str) -> bool:
    """Whether the rest of a text, behind an answer, goes on with second thoughts about it."""
    if taken_back(rest):
        return True
    if _REVIEWS.isdisjoint(_WORDS.findall(rest.lower())):
        return False
    review = _REVIEW.search(rest)
    if review is None:
        return False
    own = {number.replace(",", "") for number in _ANY_NUMBER.findall(answer)}
    others = (found[0].rstrip(",") for found in _ANY_NUMBER.finditer(rest, review.end()))
    return any(number.replace(",", "") not in own for number in others)
