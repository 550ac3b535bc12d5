"""Phrases that give an answer, and lines that begin with `A:`.

`Answer:`, "the (final) answer is", "the correct option is", `(C) is correct`, `<answer>`,
`[ANSWER]`.
"""

import re

from dpo_math_assets.verifier.extraction.candidate import Anchor, Candidate, Finder
from dpo_math_assets.verifier.extraction.markers.final_answer import (
    ANSWER,
    LINE_ABOVE,
    answer_words,
    is_final,
    label_anchor,
    labelled,
    stated,
)
from dpo_math_assets.verifier.extraction.markers.lines import line_at, opening_line, states
from dpo_math_assets.verifier.extraction.tokens import CHOICE, VALUE_START, first_sentence

_ARTICLE = re.compile(
    r"\b(?:the|our|my|final|correct)\s+(?:(?:final|correct|right|true|actual|real|best)\s+)?$",
    re.IGNORECASE,
)
# `the answer is correct`
_REMARKED = re.compile(
    r"(?:correct|right|verified|confirmed|reasonable|consistent|valid|clear|unique|"
    r"plausible|good|fine|an? (?:positive |whole )?(?:integer|number))\b(?! \w|, (?:namely|i\.e))"
)
# `half of the answer is`: something else is
_OF = re.compile(r"\b(?:of|than|for|on|times|twice|thrice|double|triple|half)\s+$", re.IGNORECASE)
_NOT_BUT = re.compile(
    rf"not\s+[-$\\\d(][^,;.\n]{{0,40}}?,?\s+but\s+(?:rather\s+)?(?={VALUE_START})"
)
_TAG = re.compile(r"<(?:final_?)?[aA]$", re.IGNORECASE)
_OPTION_IS = re.compile(
    r"\b(?:[Cc]orrect|[Rr]ight|[Bb]est|answer) (?:option|choice)[\s*]*(?:is\b|:)[:\s*]{0,3}"
    rf"\(?({CHOICE})\)?(?![A-Za-z'’])"
)
_OPTION_NAMED = ("ption is", "hoice is", "ption:", "hoice:", "ption*", "hoice*")
_IS_OPTION = re.compile(
    rf"(?<![\w(])(?<!tatement )(?:(?:[Oo]ption|[Cc]hoice) )?\(?({CHOICE})\)? is (?:the )?"
    r"(?:correct|right)(?: (?:answer|option|choice|one))?(?![\w'’]| \w)"
)
_IS_OPTION_NEEDLES = (" is correct", " is the correct", " is the right")
_A_LINE = r"(?:^|\n)A:"
_SHORT_LABELS = ("A:", "Ans:")


def _tag(text: str, at: int) -> Candidate | None:
    """`<answer>5</answer>`, `[ANSWER] 5 [/ANSWER]`"""
    end = at + 5
    if text.startswith(">", end) and _TAG.search(text, max(0, at - 8), at):
        close = text.find("</", end)
        return stated(end, text[end + 1 : close] if close >= 0 else line_at(text, end + 1))
    if text.startswith("]", end) and text[at - 2 : at].lower() == "[a":
        close = text.find("[/", end)
        return stated(end, text[end + 1 : close]) if close >= 0 else None
    return None


def _sentence(text: str, at: int) -> Candidate | None:
    """`the answer is 5`"""
    end = at + 5
    states_it = states.match(text, end + text.startswith("s", end))
    article = _ARTICLE.search(text, max(0, at - 30), at - 1) if states_it else None
    if (
        states_it is None
        or article is None
        or _OF.search(text, max(0, article.start() - 10), article.start())
        or _REMARKED.match(text, states_it.end())
    ):
        return None
    denied = _NOT_BUT.match(text, states_it.end())
    end, start = (denied.end(), denied.end()) if denied else (end, states_it.end())
    return stated(end, first_sentence(opening_line(text, start).rstrip("* "), ask=True))


def _behind_answer(text: str) -> list[Candidate]:
    """What each `answer` of the text gives that is no JSON and no final answer."""
    found = []
    words, _ = answer_words(text)
    for at in words:
        if candidate := labelled(text, at):
            if not is_final(text, at):  # which has a finder of its own
                found.append(candidate)
        elif candidate := _tag(text, at) or _sentence(text, at):
            found.append(candidate)
    return found


def _find(text: str) -> list[Candidate]:
    found = _behind_answer(text)
    if ("ption" in text or "hoice" in text) and any(map(text.__contains__, _OPTION_NAMED)):
        found += _letters(_OPTION_IS, text)
    if not found and any(map(text.__contains__, _IS_OPTION_NEEDLES)):
        found += _letters(_IS_OPTION, text)
    for label in _SHORT_LABELS:
        if label in text and text.startswith(label, at := text.rfind("\n" + label) + 1):
            end = at + len(label)
            found.append(Candidate(end - 1, end, line_at(text, end)))
    return found


def _letters(pattern: "re.Pattern[str]", text: str) -> list[Candidate]:
    return [Candidate(at.start(), at.end(), at[1]) for at in pattern.finditer(text)]


PHRASES = Finder(
    "marker.phrases",
    "label",
    (
        *(ANSWER, _A_LINE, r"(?:^|\n)Ans:", "ption", "hoice"),
        " is (?:the )?(?:correct|right|best)",
    ),
    _find,
    (
        label_anchor("A"),
        Anchor(
            ANSWER,
            LINE_ABOVE + r"((?:(?:So|Thus|Hence|Therefore),? )?[Tt]he (?:final |correct )?a)",
            rf"(?:{ANSWER}) is:? [$*\\(\[-]*\d",
        ),
        Anchor(_A_LINE, "()", r"\n?A:[^\n]*\s*$"),
    ),
)
