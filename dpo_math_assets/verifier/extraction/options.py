r"""The options that a question lists, and a lone letter as the one of them that it names.

`(A) 5 (B) 7`, `A. 5` and `B. 7` on lines of their own, `\textbf{(A)}\ 5\qquad\textbf{(B)}\ 7`. A
question with several lists that disagree names none.
"""

import re
from functools import lru_cache
from itertools import islice, pairwise

from dpo_math_assets.verifier.trace import applied

__all__ = ["LONE_LETTER", "options_of", "with_option"]

# What is no longer an option but text behind it.
MAX_VALUE = 300
# Marks that are looked at.
MAX_MARKS = 200
_COMMAND = r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|bf|rm)"
# `(A)`, `A.`, `A)`, `**A:**`, `\textbf{(A)}`, `{\rm (A)}`, where an item of a list may begin
_MARK = re.compile(
    rf"(?:\{{?{_COMMAND}\s*(?:\{{\s*)?|(?:^|(?<=[\s~$,;}}\]\[*|-]))(?:\*\*)?\{{?)"
    r"(?:\((?P<round>[A-J])\)|(?P<plain>[A-J])(?:\s?[.):](?=[\s*~\\$}\]]|$)|(?=\s?\})))"
    r"[.:]?\s?[}\]]?\s?[.):]?(?:\*\*)?",
    re.MULTILINE,
)
# What may stand around a value and says nothing.
_SIGNS = " \t\r\n~;,*|"
_SPACES = (
    "\\qquad",
    "\\quad",
    "\\ ",
    "\\,",
    "\\;",
    "\\:",
    "\\!",
    "\\\\",
    "\\hfill",
    "\\item[",
    "\\item",
    "\n-",
)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[a-z*]{1,20}\}")
_WIDE = str.maketrans({"：": ": ", "．": ". ", "、": ". ", "（": "(", "）": ")"})
LONE_LETTER = (
    r"^[\s$*]*(?:\\boxed\s*\{\s*)?(?:\\(?:text|textbf|textrm|mathrm|mathbf)\s*\{\s*)?"
    r"\(?([A-J])\)?[.:]?[\s$*}]*\.?$"
)
_LONE = re.compile(LONE_LETTER)


@lru_cache(maxsize=1024)
def options_of(question: str) -> dict[str, str]:
    """The options of a question by their letters, in order from A on; empty where it lists none."""
    found: dict[str, str] = {}
    question = _ENVIRONMENT.sub("", question.translate(_WIDE))
    marks = list(islice(_MARK.finditer(question), MAX_MARKS))
    for first, start in enumerate(marks):
        if _letter(start) != "A":
            continue
        run = [start]
        for mark in marks[first + 1 :]:
            if _letter(mark) != chr(ord(_letter(run[-1])) + 1):
                break
            run.append(mark)
        options = _values(question, run) if len(run) > 1 else {}
        if not options:
            continue
        if found and found != options:
            return {}
        found = options
    return found


def with_option(text: str, question: str | None) -> str:
    """`(C) 14` for a lone letter C where the question lists 14 as its option C; else the text."""
    lone = _LONE.match(text) if question else None
    value = options_of(question or "").get(lone[1]) if lone else None
    if lone is None or value is None:
        return text
    changed = f"({lone[1]}) {value}"
    applied("resolve.option_of_question", text, changed)
    return changed


def _letter(mark: "re.Match[str]") -> str:
    return mark["round"] or mark["plain"]


def _values(question: str, run: "list[re.Match[str]]") -> dict[str, str]:
    """The value behind each mark, up to the next, the last one up to the end of its line."""
    start = run[-1].end()
    line = question[start : start + MAX_VALUE + 2].partition("\n")[0]
    ends = [*(mark.start() for _, mark in pairwise(run)), start + len(line)]
    options: dict[str, str] = {}
    for mark, end in zip(run, ends, strict=True):
        value = _bare(question[mark.end() : min(end, mark.end() + MAX_VALUE + 2)])
        if not value or len(value) > MAX_VALUE or "\n\n" in value:
            return {}
        options[_letter(mark)] = value
    return options


def _bare(value: str) -> str:
    """A value without the spaces and signs around it, and without half a pair of dollar signs."""
    while (shorter := _without_space(value.strip(_SIGNS))) != value:
        value = shorter
    if value.count("$") % 2:
        value = value.removesuffix("$") if value.endswith("$") else value.removeprefix("$")
    return value.strip(_SIGNS)


def _without_space(value: str) -> str:
    for space in _SPACES:
        value = value.removeprefix(space).removesuffix(space)
    return value
