"""`FINAL ANSWER: 5`, and a heading `Final Answer` (Markdown and case aside) above its line.

What comes behind the word `answer` with a colon, or below it as a heading, is read here for the
plain `Answer:` of `phrases` too.
"""

import re
from functools import lru_cache

from dpo_math_assets.verifier.extraction.candidate import (
    Anchor,
    Candidate,
    Finder,
    last_occurrences,
)
from dpo_math_assets.verifier.extraction.markers.lines import below, rest
from dpo_math_assets.verifier.extraction.tokens import (
    SENTENCE_END,
)

# `answer` and `ANSWER`, however they begin.
ANSWER = "nswer|NSWER"
# The end of what may stand above a label: a line that does not run on into it.
LINE_ABOVE = r"(?:^|(?:^|[^A-Za-z\s])\s*\n)"
_COLON = re.compile(
    r"(?:\(s\)|s)?"
    r"(?: \((?:final|numeric|exact|simplified|number only|in (?P<unit>[A-Za-z]{1,12}))\))?"
    r"\]?[ \t*_]*(?:[:=：→]|->)[ \t*_]*"
)
_HEADING = re.compile(r"(?:\(s\)|s)?[ \t*_:]*(?=\n)")
_HEADINGS = ("A", "Final A", "Final a", "FINAL A", "The Final A", "The Answer")
# A field of JSON behind the label: `Final answer: "answer": "5"`
_FIELD = re.compile(r'[`\s{]*"(?:final_)?answer"\s*:\s*"([^"\n]{1,200})["`\s,.}]*')
_BEFORE_FINAL = " \t>*_#-0123456789.)"


@lru_cache(maxsize=1)
def answer_words(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where the ends of `answer` and `ANSWER` begin, as words and before a quote as keys of JSON.

    Three finders ask it of each text.
    """
    words, keys = list[int](), list[int]()
    for at in last_occurrences(text, "nswer", "NSWER"):
        (keys if text.startswith(('"', "'"), at + 5) else words).append(at)
    return tuple(words), tuple(keys)


def is_final(text: str, at: int) -> bool:
    """Whether `answer` at this offset ends `final answer` as a marker of its own.

    At the start of a line in any case, or capitalised anywhere; `the final answer: 5` in the middle
    of a sentence is a label like others.
    """
    word = text[max(0, at - 7) : at - 1]
    if word[:-1] in ("Final", "FINAL") and text[at - 1] == "A":
        return True
    line = text.rfind("\n", max(0, at - 60), at)
    if word[:-1].lower() != "final" or (line < 0 and at > 60):
        return False
    return not text[line + 1 : at - 7].strip(_BEFORE_FINAL)


def _is_heading(text: str, at: int) -> bool:
    """Whether `answer` at this offset ends a heading: `### Final Answer`, `**Answer**`."""
    line = text.rfind("\n", max(0, at - 60), at)
    if line < 0 and at > 60:
        return False
    return text[line + 1 : at].strip(_BEFORE_FINAL) in _HEADINGS


def labelled(text: str, at: int) -> Candidate | None:
    """The answer behind `answer:` or below it as a heading; None where it is neither."""
    end = at + 5
    if colon := _COLON.match(text, end):
        answer = rest(text, colon.end())
        return stated(end, f"{answer.rstrip('.* ')} {colon['unit']}" if colon["unit"] else answer)
    heading = _HEADING.match(text, end)
    if heading is None or not _is_heading(text, at):
        return None
    return stated(end, below(text, heading.end()))._replace(below_heading=True)


def stated(end: int, answer: str) -> Candidate:
    """An answer whose marker ends at `end`; a question is none."""
    sentence = SENTENCE_END.search(answer) if "?" in answer else None
    asked = sentence is not None and sentence[0] == "?"
    if '"' in answer and (field := _FIELD.fullmatch(answer)):
        answer = field[1]
    return Candidate(end, end, "" if asked else answer)


def label_anchor(label: str) -> Anchor:
    """A label that begins a line, below one that does not run on into it."""
    return Anchor(ANSWER, rf"{LINE_ABOVE}([*#_> \t]{{0,20}}{label})", rf"(?:{ANSWER})[*_ ]*:")


def _find(text: str) -> list[Candidate]:
    words, _ = answer_words(text)
    final = [labelled(text, at) for at in words if is_final(text, at)]
    return [candidate for candidate in final if candidate]


FINAL_ANSWER = Finder(
    "marker.final_answer",
    "final",
    (ANSWER,),
    _find,
    (label_anchor("(?:FINAL A|F(?i:inal a))"),),
)
