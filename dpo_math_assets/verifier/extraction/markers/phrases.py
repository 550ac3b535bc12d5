"""Phrases that give an answer, and lines that begin with `A:`.

`Answer:`, "the (final) answer is", "the correct option is", `(C) is correct`, `<answer>`,
`[ANSWER]`.
"""

import re
from collections.abc import Callable, Iterator

from dpo_math_assets.verifier.extraction.candidate import Anchor, Candidate, Finder
from dpo_math_assets.verifier.extraction.markers.final_answer import (
    ANSWER,
    LINE_ABOVE,
    answer_words,
    is_final,
    labelled,
    stated,
)
from dpo_math_assets.verifier.extraction.markers.lines import line_at, opening_line, states
from dpo_math_assets.verifier.extraction.tokens import CHOICE, VALUE_START, first_sentence

__all__ = ["PHRASES"]

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
_SHORT_LABELS = ("A:", "Ans:")


def _label(text: str, at: int) -> Iterator[Candidate]:
    """`Answer:`, or such a heading. Final ones have a finder of their own."""
    if (candidate := labelled(text, at)) is not None:
        yield candidate


def _tag(text: str, at: int) -> Iterator[Candidate]:
    """`<answer>5</answer>`"""
    end = at + 5
    if text.startswith(">", end) and _TAG.search(text, max(0, at - 8), at):
        close = text.find("</", end)
        yield stated(end, text[end + 1 : close] if close >= 0 else line_at(text, end + 1))


def _bracketed(text: str, at: int) -> Iterator[Candidate]:
    """`[ANSWER] 5 [/ANSWER]`"""
    end = at + 5
    if text.startswith("]", end) and text[at - 2 : at].lower() == "[a":
        close = text.find("[/", end)
        if close >= 0:
            yield stated(end, text[end + 1 : close])


def _sentence(text: str, at: int) -> Iterator[Candidate]:
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
        return
    denied = _NOT_BUT.match(text, states_it.end())
    end, start = (denied.end(), denied.end()) if denied else (end, states_it.end())
    yield stated(end, first_sentence(opening_line(text, start).rstrip("* "), ask=True))


# The first one that fits reads an occurrence of `answer`.
_READERS: tuple[Callable[[str, int], Iterator[Candidate]], ...] = (
    _label,
    _tag,
    _bracketed,
    _sentence,
)


def _find(text: str) -> list[Candidate]:
    found: list[Candidate] = []
    for at in answer_words(text):
        for read in _READERS:
            if candidates := list(read(text, at)):
                if read is not _label or not is_final(text, at):
                    found += candidates
                break
    if ("ption" in text or "hoice" in text) and any(name in text for name in _OPTION_NAMED):
        found += _letters(_OPTION_IS, text)
    if not found and any(needle in text for needle in _IS_OPTION_NEEDLES):
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
        *(ANSWER, "ption", "hoice", r"(?:^|\n)Ans:", r"(?:^|\n)A:"),
        " is (?:the )?(?:correct|right|best)",
    ),
    _find,
    (
        # a label or a sentence that begins a line, below one that does not run on into it
        Anchor(LINE_ABOVE + r"([*#_> \t]{0,20}A)", rf"(?:{ANSWER})[*_ ]*:"),
        Anchor(
            LINE_ABOVE + r"((?:(?:So|Thus|Hence|Therefore),? )?[Tt]he (?:final |correct )?a)",
            rf"(?:{ANSWER}) is:? [$*\\(\[-]*\d",
        ),
        Anchor(r"()", r"\n?A:[^\n]*\s*$"),
    ),
)
