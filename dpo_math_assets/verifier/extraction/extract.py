r"""The final answer in a completion: where people and models put it, strongest marker first.

1. a `FINAL ANSWER:` line or a heading `Final Answer` (Markdown and case aside), the rest of the
   line or the next line
2. `\boxed{}` and `\fbox{}`, balanced, with the sign, factor or unit that touches them
3. `####`
4. a JSON field `"answer"` or `"final"` (`"final_answer"`)
5. `A:`, `Answer:`, "the (final) answer is", "the correct option is", `<answer>`, and what is as
   clear in other languages
6. a completion that is itself an answer: one short line, one formula in a single short sentence,
   a last line that is a bare answer, or a last sentence that states a value (`Therefore, ...`)

What somebody else may have answered, or what is denied, asked or supposed, is no answer; text
inside `<think>` does not count where an answer follows it, nor do thoughts that are cut off.
Answers of one kind that disagree are `ambiguous_answer`, as is a stronger kind contradicted by a
later one of kinds 1 to 3, by second thoughts in the text after it (`Wait, ...`), or by another
value with which that text ends; several boxes are handed on together, because they may answer
several parts, unless second thoughts stand between them. What follows a question that the
completion asks itself after its answer, and what is written in a programming language, is not read.
Everything here is linear in the length of the text.
"""

import json
import re
from itertools import islice
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.cleanup import (
    EQUALS_VALUE,
    MAX_ANSWER,
    MAX_BARE,
    chained,
    restated,
    tidy,
)
from dpo_math_assets.verifier.extraction.endings import last_number
from dpo_math_assets.verifier.extraction.markers import international as tongues
from dpo_math_assets.verifier.extraction.markers.boxed import boxes
from dpo_math_assets.verifier.extraction.prose import is_assertion, stated_value
from dpo_math_assets.verifier.extraction.resolve import Equality
from dpo_math_assets.verifier.extraction.tokens import (
    AMOUNT,
    CHOICE,
    CHOICE_ALONE,
    FORMULA,
    LATEX_WORD,
    NUMBER,
    NUMBERS,
    NUMERIC,
    PART,
    SENTENCE_END,
    VALUE_START,
    WORD,
    first_sentence,
    has_digits,
    has_words,
)
from dpo_math_assets.verifier.extraction.vetoes import (
    has_second_thoughts,
    is_retracted,
    is_vetoed,
)
from dpo_math_assets.verifier.lexicon.vocabulary import NUMBER_WORDS, TENS
from dpo_math_assets.verifier.syntax.normalization import clean, normalise

__all__ = ["Extraction", "extract", "split_boxes"]

MAX_BOXES = 64
# Lines of one answer.
MAX_PARTS = 8
# Markers of a kind that are looked at: the last ones.
MAX_MARKERS = 100


class Extraction(NamedTuple):
    """`answer` and the `marker` it stood behind, or None and the `reason` there is none.

    Several boxes are kept as `\\boxed{a}, \\boxed{b}`: only the gold can tell whether they are the
    parts of one answer. So are the answers to several parts of a question; `;` stands between
    parts with names of their own, of which each has its place.
    """

    answer: str | None
    marker: str | None
    reason: str | None


class _Found(NamedTuple):
    """An answer in a text: where its marker begins, where second thoughts about it may begin."""

    at: int
    end: int
    answer: str


_NONE = Extraction(None, None, "no_final_answer")
_AMBIGUOUS = Extraction(None, None, "ambiguous_answer")

_STRONG = ("final", "boxed", "hashes")

# Four hashes are a Markdown heading too: an answer begins like a value and is no numbered title.
_HASHES = re.compile(
    rf"(?<!#)#{{4,}}+[ \t]*+(?=[-+$€£.(\\\[{{\d]|{CHOICE}\s*$)(?!\d+[.)]\s+[A-Za-z])([^\n]*)",
    re.MULTILINE,
)
_COLON = re.compile(
    r"(?:\(s\)|s)?"
    r"(?: \((?:final|numeric|exact|simplified|number only|in (?P<unit>[A-Za-z]{1,12}))\))?"
    r"\]?[ \t*_]*(?:[:=：→]|->)[ \t*_]*"
)
_HEADING = re.compile(r"(?:\(s\)|s)?[ \t*_:]*(?=\n)")
_JSON_COLON = re.compile(r"[\"'][ \t]*:[ \t]*")
_JSON_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?!\s*:)' + r"|'((?:[^'\\\n]|\\.)*)'(?!\s*:)")
_JSON_UNIT = re.compile(r'\s*,\s*"units?"\s*:\s*"([^"\\\n]{1,20})"')
# The last field, where none is called an answer.
_JSON_RESULT = re.compile(r'"(?:final_)?(?:result|solution)"\s*:\s*"?([^"\n{}\[\]]{1,80}+)"?\s*\}$')
# Other answers than the one given: `"student_answer"`, `"intermediate_answer"`.
_JSON_KEY = re.compile(
    r"(?:[\"'\n]|\\n)[ \t]*(?:(?:the|my|final|correct|numerical|numeric|short|exact)[ _-]?)*a$",
    re.IGNORECASE,
)
# Longer objects are no answers.
MAX_OBJECT = 500
_JSON_ARRAY = re.compile(r"\[([^\[\]{}\n]*)\]")
_JSON_SCALAR = re.compile(
    rf"(?:\$?-?|-\$)(?:{NUMBER}\.?|\.\d+)(?:[eE][+-]?\d+)?(?=\s*[,}}\n]|\s*$)"
)
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
_IS = re.compile(
    r"\s+(?:is|are|will be|would be|should be|must be|equals|=)(?:\s*:)?\s+(?=\S)", re.IGNORECASE
)
_THEREFORE = re.compile(
    r"(?:^|(?<=[.!?]\s))[*_\s]*(?:Therefore|So|Thus|Hence|Consequently|It follows that|"
    r"As a result|(?:We|I) conclude that|In (?:total|conclusion|summary))\b"
)
_HOPE = re.compile(r"(?<!\s)\s*I hope it is correct\.?\s*$")
_BLANK = re.compile(r"(?:\\(?:phantom|hspace)\{[^{}]*\}|\\square|\\[,;: ]|[-_?.#*\s])+")
_OPTION_IS = re.compile(
    r"\b(?:[Cc]orrect|[Rr]ight|[Bb]est|answer) (?:option|choice)[\s*]*(?:is\b|:)[:\s*]{0,3}"
    rf"\(?({CHOICE})\)?(?![A-Za-z'’])"
)
_OPTION_NAMED = ("ption is", "hoice is", "ption:", "hoice:", "ption*", "hoice*")
_IS_OPTION = re.compile(
    rf"(?<![\w(])(?<!tatement )(?:(?:[Oo]ption|[Cc]hoice) )?\(?({CHOICE})\)? is (?:the )?"
    r"(?:correct|right)(?: (?:answer|option|choice|one))?(?![\w'’]| \w)"
)
_NUMBERING = re.compile(r"^\d+[.)]\s+(?=[*_]*[A-Z])")
# The number of a step that was not written any more: `### 2.`, `**2. `
_ITEM_ONLY = re.compile(r"(?:#+ *|\*+|\()\d{1,2}[.)]+[\s*]*")
_NOT_BUT = re.compile(r"not\s+[-$\d\\(][^,;.\n]{0,40}?,?\s+but\s+(?:rather\s+)?(?=[-$\d\\])")
_SPECIAL = re.compile(
    r"<\|[A-Za-z_]{1,20}\|>|</?s>|\[/?(?:INST|EOS)\]|<(?:eos|EOS|(?:end|start)_of_turn)>|<｜[^｜<>\n]{1,40}｜>"
)


# A marker with a number and nothing else, as most of what `decisive.py` leaves of completions is.
_NUMBER_ALONE = re.compile(
    rf"(?:FINAL ANSWER|F(?i:inal answer)):[ \t]*(?P<final>{AMOUNT})\s*"
    r'|[ \t]*\{?[ \t]*"(?:final_)?answer"[ \t]*:[ \t]*(?P<quote>"?)'
    rf"(?P<json>{AMOUNT})(?P=quote)\s*\}}\s*(?:```\s*)?"
)


def extract(candidate: str, equality: Equality) -> Extraction:
    """The final answer of a completion."""
    if (alone := _NUMBER_ALONE.fullmatch(candidate)) and (marker := alone.lastgroup):
        return Extraction(alone[marker], marker, None)
    text = _after_thinking(candidate.replace("\r\n", "\n") if "\r" in candidate else candidate)
    if "```" in text:
        text = _CODE.sub("", text)
    found = _before_next_question(text, equality) or _answer_of(text, equality)
    if found.answer and CHOICE_ALONE.fullmatch(found.answer):
        return _valued(text, found)
    if found.answer and "C)" in text and "A)" in text and _VALUE_OF_CHOICE.match(found.answer):
        letters = [letter for letter, values in _options(text).items() if values == {found.answer}]
        if len(letters) == 1:
            return Extraction(f"({letters[0]}) {found.answer}", found.marker, None)
    return found


_OPTION_LINE = re.compile(
    rf"(?:^|(?<=[\s(]))(?P<letter>{CHOICE})(?P<sign>[).:])\s+(?P<value>{VALUE_START}[^\n()]{{0,60}}?)(?=\s*(?:\n|$|\(?{CHOICE}[).:]))",
    re.MULTILINE,
)


def _options(text: str) -> dict[str, set[str]]:
    """The choices that a text lists, with their values."""
    values: dict[str, set[str]] = {}
    for option in islice(_OPTION_LINE.finditer(text), MAX_MARKERS):
        value = _OPTION_REMARK.sub("", option["value"])
        values.setdefault(option["letter"], set()).add(clean(value))
    return values


def _valued(text: str, found: Extraction) -> Extraction:
    """The letter of a choice with its value, where the text lists the choices."""
    letter = (found.answer or "").strip("()")
    values = _options(text)
    if len(values) < 2 or len(values.get(letter, ())) != 1:
        return found
    return Extraction(f"({letter}) {values[letter].pop()}", found.marker, None)


# `15 - matches`, `15 ✓`
_OPTION_REMARK = re.compile(r"\s+(?:[-–—:] [A-Za-z]|[✓✔✅❌✗✘(]).*$|[*_]+\s*$", re.DOTALL)

# What is written in a programming language says nothing to a reader.
LANGUAGES = "python|py|sage|cpp|c|java|javascript|js|r|matlab"
_CODE = re.compile(rf"```(?:{LANGUAGES})\b.*?(?:```|\Z)", re.DOTALL)
# Where a completion that has given its answer begins another dialogue.
QUESTIONS = (
    "Q|Question|QUESTION|Problem|PROBLEM|Exercise|Task|Example|Input|Instruction|Human|HUMAN|"
    "User|USER|Bonus|Follow-up|Extension"
)
_QUESTION = (
    r"(?:(?:Next|New|Another|Practice|Similar|Sample|Extra) )?"
    rf"(?:{QUESTIONS}|(?<= )(?:question|problem))"
    r"(?P<number> ?#?\d{1,3})?[*_\]]*(?::|\.(?= )|\n)"
)
_NEXT_QUESTION = re.compile(rf"\n[#*\[>_ \t-]*+{_QUESTION}")
# Who may ask it in the middle of a line.
ASKING = ("Q", "Question", "Human", "User")
_ASKS = tuple(f" {speaker}:" for speaker in ASKING)
_QUESTION_BEHIND = re.compile(rf"(?<=[\d.!?$}})*]) +(?P<number>)(?:{'|'.join(ASKING)}):")
_FIRST_QUESTION = re.compile(rf"[#*\[>_\s-]*+{_QUESTION}")
# Beginnings of other dialogues that are looked at.
MAX_QUESTIONS = 4


def _before_next_question(text: str, equality: Equality) -> Extraction | None:
    """The answer that stands before a question which the completion goes on to ask itself.

    What follows such a question answers it, and not the one that was asked. Where the text begins
    with a question too, or its answer is told by nothing but its place, nobody can tell which
    answer is meant, unless they agree. Numbered questions are parts of one.
    """
    questions = _QUESTION_BEHIND if any(asks in text for asks in _ASKS) else _NEXT_QUESTION
    if not questions.search(text):
        return None
    for question in islice(questions.finditer(text), MAX_QUESTIONS):
        first = _FIRST_QUESTION.match(text)
        if first and first["number"] and question["number"]:
            return None
        found = _answer_of(text[: question.start()], equality)
        if found.reason == "no_final_answer" or (
            found.marker in ("bare", "last_line") and not has_digits(found.answer or "")
        ):
            continue
        if found.answer is None or (first is None and found.marker != "last_line"):
            return found
        other = _answer_of(text[question.start() :], equality)
        agree = other.answer is None or equality.differ(found.answer, other.answer) is False
        return found if agree else _AMBIGUOUS
    return None


def _answer_of(text: str, equality: Equality) -> Extraction:
    """The answer of a text with one speaker who answers one question."""
    given = _marked(text, equality)
    if given["final"] and given["json"]:
        # in the reasoning of JSON, a sentence as final answer is told again as a value
        last = given["final"][-1]
        if last.at < given["json"][-1].at and _prose(tidy(last.answer, equality)):
            given["final"] = []
    strong = {marker: _tidied(text, given[marker], equality) for marker in _STRONG if given[marker]}
    for marker, found in given.items():
        if not found:
            continue
        answers = strong[marker] if marker in strong else _tidied(text, found, equality)
        if answers:
            last = answers[-1]
            end = _end(text, last)
            if marker == "label" and end == len(text) and _BEGINS_JSON.match(text):
                return _NONE  # cut off in the middle of its reasoning
            rest = text[end:]
            if rest.strip(_CLOSING):
                # what is told of an answer is told at the end
                rest = rest[: -2 * MAX_BARE] + _ABOUT_ANSWER.sub("", rest[-2 * MAX_BARE :])
            if rest.strip(_CLOSING) and (
                is_retracted(last.answer, rest)
                or (
                    marker in strong
                    and _renumbered(text, last, given["label"] + given["json"], equality)
                )
                or _leads_elsewhere(last.answer, rest, equality)
            ):
                return _AMBIGUOUS
            settled = _settle(text, marker, answers, strong if marker in strong else {}, equality)
            return _lettered(text, settled, last, given["label"], equality)
    if any(given.values()):
        return _refused(given)
    return _bare(text, equality)


BEGINS_JSON = r"\s*(?:```\s*json\s*)?\{\s*\""
_BEGINS_JSON = re.compile(BEGINS_JSON)
# What a text tells of its answer and not of its question, on a line or in a field of its own.
_ABOUT = (
    r"(?:confidence|certainty|(?:\w+ )?tokens|word count|step count|difficulty|"
    r"(?:time|space) complexity"
)
_ABOUT_ANSWER = re.compile(
    rf"^[ \t,{{*_#>-]*+\"?{_ABOUT}|time|steps|score|level)\b[^\n:=]{{0,30}}[:=][^\n=]{{0,24}}$"
    r"|^[*_#> ]*+(?:sources?|references?)\b[*_ ]*(?::[^\n]*)?(?:\s*\[\d+\]:? \S[^\n]*)*"
    rf"|\"{_ABOUT}|score)\"\s*:\s*\"?[\d.]+%?\"?",
    re.IGNORECASE | re.MULTILINE,
)
_ABOUT_LAST = re.compile(
    rf"[\s*_#>-]*+(?:{_ABOUT})\b[^\n:=]{{0,30}}[:=][^\n=]{{0,24}}$|\[\d+\]:? \S)",
    re.IGNORECASE,
)


# Where a model that speaks in channels says its answer.
_FINAL_CHANNEL = "<|channel|>final<|message|>"
# How models mark where their thoughts end.
_THOUGHT = re.compile(
    r"<(?:(/?)(?:think|thinking|thought|thoughts|reasoning|scratchpad)|"
    r"\|(?:begin|(end))_of_thought\|)>"
)


def _after_thinking(text: str) -> str:
    """The text without thoughts before it and without tokens of a chat behind it.

    Thoughts that are not closed were cut off: nothing follows from them.
    """
    if "<" not in text and "INST]" not in text and "EOS]" not in text:
        return text
    if "think" in text or "thought" in text or "reasoning>" in text or "scratchpad>" in text:
        tags = list(_THOUGHT.finditer(text))
        if tags and not (tags[-1][1] or tags[-1][2]):
            text = text[: tags[-1].start()]
        elif tags and text[tags[-1].end() :].strip():
            text = text[tags[-1].end() :]
    if (channel := text.rfind(_FINAL_CHANNEL)) >= 0:
        text = text[channel + len(_FINAL_CHANNEL) :]
    if any(sign in text for sign in ("<|", "s>", "S>", "T]", "S]", "_turn>", "<｜")):
        begins = 0
        for special in _SPECIAL.finditer(text):
            if text[begins : special.start()].strip():
                return text[begins : special.start()]
            begins = special.end()
    return text


def _tidied(text: str, answers: list[_Found], equality: Equality) -> list[_Found]:
    """The answers without their wrapping; blanks to fill in and answers in doubt are none."""
    tidied = []
    for found in answers[-MAX_MARKERS:]:
        answer = tidy(found.answer, equality)
        if answer and not _BLANK.fullmatch(answer) and not is_vetoed(text, found.at, found.end):
            tidied.append(_Found(found.at, found.end, answer))
    return tidied


def _end(text: str, found: _Found) -> int:
    """Where an answer ends and second thoughts about it may begin."""
    if text.startswith("\\", found.at):  # a box
        return found.end
    at = text.find(found.answer, found.at)
    return at + len(found.answer) if at >= 0 else found.end


def _refused(given: dict[str, list[_Found]]) -> Extraction:
    """Markers without an answer: blanks and doubtful ones, or boxes in larger formulas."""
    return _AMBIGUOUS if any(not found.answer for found in given["boxed"]) else _NONE


def _settle(
    text: str,
    marker: str,
    answers: list[_Found],
    others: dict[str, list[_Found]],
    equality: Equality,
) -> Extraction:
    """One answer from several of a kind, if they agree and no later marker contradicts them."""
    if len(answers) == 1 and len(others) < 2:
        return Extraction(answers[0].answer, marker, None)
    several = marker == "boxed" or _of_parts(text, answers)
    distinct = _distinct([found.answer for found in answers], MAX_BOXES if several else 1, equality)
    if not distinct:
        return _AMBIGUOUS
    if len(distinct) > 1:
        between = text[answers[0].end : answers[-1].at]
        if (
            has_second_thoughts(between)
            or _INSTEAD.search(between)
            or _SELECTED.search(text, answers[-1].end)
        ):
            return _AMBIGUOUS  # an answer and its correction are no two parts
        parts = len(distinct) == len(answers) and _of_named_parts(text, answers)
        joined = ("; " if parts else ", ").join(f"\\boxed{{{answer}}}" for answer in distinct)
        return Extraction(joined, marker, None)
    last = answers[-1]
    for other, found in others.items():
        later = other != marker and found and found[-1].at >= _end(text, last)
        if later and not _distinct([last.answer, found[-1].answer], 1, equality):
            return _AMBIGUOUS
    return Extraction(last.answer, marker, None)


# Between boxes or behind them: the last one replaces the others, or only some of them stand.
_INSTEAD = re.compile(
    r"\b(?:correct(?:ed|ion)|revis\w+|re-?(?:calculat|comput|check|evaluat)\w*|"
    r"double-?[ ]?check\w*|attempt|better|exact|fails?|reject\w*|but|step \d|final)\b|\bno:",
    re.IGNORECASE,
)
_SELECTED = re.compile(r"\b(?:only|candidates?|rejected|accepted|discarded)\b", re.IGNORECASE)
# What a part of an answer is called, on its line.
_PART_NAME = re.compile(
    rf"\((?:{PART}|\d)\)|\b(?:Part|Question|Problem) \(?\w\b|(?<!\w)[A-Z][a-z]+[*_]*[:=]"
)


def _of_named_parts(text: str, answers: list[_Found]) -> bool:
    """Whether the boxes stand behind `(a)` and `(b)`, or `Area:` and `Perimeter:`."""
    names, begins = [], 0
    for found in answers:
        begins = max(begins, text.rfind("\n", max(0, found.at - MAX_BARE), found.at) + 1)
        named = _PART_NAME.search(text, max(begins, found.at - MAX_BARE), found.at)
        names.append(named[0] if named else "")
        begins = found.end
    return "" not in names and len(set(names)) == len(names)


# `(a)`, `Part B`, `Question 2` at the beginning of a line or sentence.
_PART = re.compile(
    rf"(?:^|[.;\n]\s*)[*_#\s-]*(?:\(?({PART}|\d{{1,2}})[.)]|"
    r"(?:(?:For |In )?[Pp]art|Question|Problem|Q)\s*\(?([A-Ha-h]|\d)\)?)"
    r"[^\n]*$"
)


def _of_parts(text: str, answers: list[_Found]) -> bool:
    """Whether each answer belongs to another part of the question."""
    parts = []
    for found in answers:
        line = text.rfind("\n", max(0, found.at - MAX_BARE), found.at) + 1
        part = _PART.search(text[max(line, found.at - MAX_BARE) : found.at])
        parts.append(part[1] or part[2] if part else None)
    return None not in parts and len(set(parts)) == len(parts)


_NUMERALS = NUMBER_WORDS.keys() | TENS.keys()


def _renumbered(text: str, last: _Found, labels: list[_Found], equality: Equality) -> bool:
    """Whether `the answer is 6` follows a final answer 5."""
    labels = _tidied(text, sorted(found for found in labels if found.at > last.at), equality)
    if not labels:
        return False
    later = labels[-1].answer
    lettered = CHOICE_ALONE.fullmatch(later) and CHOICE_ALONE.fullmatch(last.answer)
    told = has_digits(later) or "\\" in later or lettered or later.lower() in _NUMERALS
    return bool(told) and len(later) <= MAX_BARE and equality.differ(last.answer, later) is True


def _lettered(
    text: str, found: Extraction, last: _Found, labels: list[_Found], equality: Equality
) -> Extraction:
    """A value with the letter of the choice that the text calls correct behind it."""
    later = [label for label in labels if label.at > last.at]
    if not later:
        return found
    later = _tidied(text, later, equality)
    letters = {label.answer for label in later if CHOICE_ALONE.fullmatch(label.answer)}
    if not letters or found.answer is None or not _VALUE_OF_CHOICE.match(found.answer):
        return found
    both = _both(text, found.answer, letters.pop(), equality)
    return Extraction(both, found.marker, None) if both and not letters else _AMBIGUOUS


def _both(text: str, value: str, letter: str, equality: Equality) -> str | None:
    """`(C) 28` for the two, unless the text lists another value for the letter."""
    letter = letter.strip("()")
    listed = _options(text).get(letter, set())
    return None if any(equality.differ(value, other) for other in listed) else f"({letter}) {value}"


_VALUE_OF_CHOICE = re.compile(r"-?[$\\\d][^,;]{0,60}$")

# What stands behind an answer and says nothing.
_CLOSING = " \t\r\n.,;*$`\"'\\)]}"
_CHOSEN = re.compile(
    r"(?:\b(?:[Oo]ption|[Cc]hoice|choose|pick|select|[Ss]o|[Bb]ut|[Tt]hus|[Hh]ence|[Tt]herefore,?) "
    r"|^|\n)"
    rf"\**\(?({CHOICE})\)?\**(?=[.\s]*$"
    r"| is (?:the |also )?(?:correct|right|better|best|answer|possible))"
)
# What is left of the formula around a box: `\\pmod{7}$`
_FORMULA_ENDS = re.compile(r"\s*\\[a-z]+\{[^{}\n]*\}[ .]*(?:\$|\\[\])])")
_CHECKED = re.compile(r"\b(?:[Cc]heck|[Vv]erif|sanity|[Cc]onfirm)|[✓✔✅]")


def _leads_elsewhere(answer: str, rest: str, equality: Equality) -> bool:
    """Whether the text behind an answer goes on to another value and ends with it."""
    if CHOICE_ALONE.fullmatch(answer):
        chosen = _CHOSEN.findall(rest)
        return bool(chosen) and chosen[-1] != answer.strip("()")
    if any(sign in answer for sign in _SEVERAL) and _ONE_OF_THEM.search(rest):
        return True
    if formula := _FORMULA_ENDS.match(rest):
        rest = rest[formula.end() :]
    checks = " but " not in rest and _CHECKED.search(rest)
    another = None if checks else last_number(rest[-2 * MAX_BARE :])
    if another is None:
        return False
    own = NUMBERS.findall(answer)
    before = another.before.rpartition(" but ")[2]
    sum_before = _SUM_BEFORE.search(before)
    told = before[: sum_before.start()] if sum_before else before
    return (
        another.value not in own
        and set(own).isdisjoint(NUMBERS.findall(told))
        and equality.differ(answer, another.value) is True
        and equality.differ(answer, another.value + another.thing) is not False
    )


# Of several values in an answer, the text behind it takes some away.
_SEVERAL = (" or ", "or}", ", ", "\\pm", "±", " and ")
_ONE_OF_THEM = re.compile(
    r"(?<!the )\b[Oo]nly (?:[$\d-]|\\\(|[a-z]\b|the (?:positive|negative|first|second|larger|"
    r"smaller))|\b(?:rejected|discarded|excluded|ruled out)\b"
    r"|\b(?:must|has to) be (?:positive|negative|an integer|greater|less|larger|smaller)\b"
    r"|[Ss]ince [a-z] [<>]"
)
# `12 + 36 =`
_SUM_BEFORE = re.compile(r"(?<![\w)])[\d$(][\d\s.,$()+*/×÷x−-]*=$")


def _distinct(answers: list[str], limit: int, equality: Equality) -> list[str]:
    """The answers without those equal to an earlier one by the cheap tiers; none if over `limit`.

    Long ones are compared by their text alone.
    """
    kept: dict[str, str] = {}
    for answer in answers:
        key = normalise(answer) if len(answer) <= MAX_ANSWER else answer
        short = len(answer) <= MAX_BARE
        if key in kept or (
            short and any(equality.quick_equal(answer, other) for other in kept.values())
        ):
            continue
        if len(kept) == limit:
            return []
        kept[key] = answer
    return list(kept.values())


def _marked(text: str, equality: Equality) -> dict[str, list[_Found]]:
    """What stands behind the markers of each kind, the strongest kind first.

    Of labels the last only, or the last of each part of the question. All but boxes and hashes hold
    the word `answer` (but for `"final"` and `A:`), so one search finds them.
    """
    final: list[_Found] = []
    fields: list[_Found] = []
    label: list[_Found] = []
    for end, stands in tongues.marks(text):
        _add(label, end, tongues.legible(_rest(text, end)) if stands else "")
    for at in _occurrences(text, ("nswer", "NSWER")):
        end = at + 5
        if text[end : end + 1] in ('"', "'") and (found := _JSON_COLON.match(text, end)):
            bare = text[at - 2 : at - 1] in ('"', "'")
            if bare or _JSON_KEY.search(text, max(0, at - 24), at):
                _json_value(text, end, found.end(), fields)
        elif found := _COLON.match(text, end):
            kind = final if _is_final(text, at) else label
            # a label ends a word of its own: `reanswer:` is none
            answer = _rest(text, found.end())
            _add(kind, end, f"{answer.rstrip('.* ')} {found['unit']}" if found["unit"] else answer)
        elif (found := _HEADING.match(text, end)) and _is_heading(text, at):
            line = _below(text, found.end())
            if len(WORD.findall(LATEX_WORD.sub("", tidy(line, equality)))) <= 6:
                _add(final if _is_final(text, at) else label, end, line)
        elif text.startswith(">", end) and _TAG.search(text, max(0, at - 8), at):
            close = text.find("</", end)  # <answer>5</answer>
            _add(label, end, text[end + 1 : close] if close >= 0 else _line(text, end + 1))
        elif text.startswith("]", end) and text[at - 2 : at].lower() == "[a":
            close = text.find("[/", end)  # [ANSWER] 5 [/ANSWER]
            if close >= 0:
                _add(label, end, text[end + 1 : close])
        elif (
            (found := _IS.match(text, end + text.startswith("s", end)))
            and (article := _ARTICLE.search(text, max(0, at - 30), at - 1))
            and not _OF.search(text, max(0, article.start() - 10), article.start())
            and not _REMARKED.match(text, found.end())
        ):
            denied = _NOT_BUT.match(text, found.end())
            end, start = (denied.end(), denied.end()) if denied else (end, found.end())
            _add(label, end, first_sentence(_display(text, start).rstrip("* "), ask=True))
    if '"final"' in text:
        for at in _occurrences(text, ('"final"',)):
            if found := _JSON_COLON.match(text, at + 6):
                _json_value(text, at, found.end(), fields)
    if ("ption" in text or "hoice" in text) and any(said in text for said in _OPTION_NAMED):
        label += [_Found(at.start(), at.end(), at[1]) for at in _OPTION_IS.finditer(text)]
    if not label and (
        ("correct" in text and (" is correct" in text or " is the correct" in text))
        or " is the right" in text
    ):
        label += [_Found(at.start(), at.end(), at[1]) for at in _IS_OPTION.finditer(text)]
    for mark in ("A:", "Ans:"):
        if mark in text and text.startswith(mark, at := text.rfind("\n" + mark) + 1):
            end = at + len(mark)
            label.append(_Found(end - 1, end, _line(text, end)))
    if len(label) > 1:
        label = _last(text, sorted(label), equality)
    return {
        "final": final,
        "boxed": _boxed(text, equality) if "box" in text else [],
        "hashes": _hashes(text) if "####" in text else [],
        "json": fields,
        "label": label,
    }


def _last(text: str, labels: list[_Found], equality: Equality) -> list[_Found]:
    """The last label that nothing denies; all, if each answers another part or they disagree."""
    if len(labels) <= MAX_BOXES and _of_parts(text, labels):
        return labels
    standing = _tidied(text, labels, equality)
    if len(standing) > 1 and CHOICE_ALONE.fullmatch(standing[-1].answer):
        value = standing[-2]
        both = _VALUE_OF_CHOICE.match(value.answer) and _both(
            text, value.answer, standing[-1].answer, equality
        )
        if both:
            standing[-2:] = [_Found(standing[-1].at, standing[-1].end, both)]
    if len(standing) > 1 and _disagree([found.answer for found in standing], equality):
        return standing  # `Answer: 5`, `Answer: 6`
    return standing[-1:] or labels[-1:]


def _disagree(answers: list[str], equality: Equality) -> bool:
    """Whether one of the answers is known to differ from the last."""
    others = dict.fromkeys(answers[:-1])
    others.pop(answers[-1], None)
    return any(equality.differ(answers[-1], other) is True for other in list(others)[-MAX_PARTS:])


_TAG = re.compile(r"<(?:final_?)?[aA]$", re.IGNORECASE)


def _add(kind: list[_Found], end: int, answer: str) -> None:
    """An answer whose marker ends at `end`; a question is none."""
    kind.append(_Found(end, end, "" if _asked(answer) else answer))


def _asked(answer: str) -> bool:
    end = SENTENCE_END.search(answer) if "?" in answer else None
    return end is not None and end[0] == "?"


def _occurrences(text: str, words: tuple[str, ...]) -> list[int]:
    """Where the words begin, in order; the last ones if there are very many."""
    found: list[int] = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)[-MAX_MARKERS:]


_BEFORE_FINAL = " \t>*_#-0123456789.)"


def _is_final(text: str, at: int) -> bool:
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
    before = text[line + 1 : at].strip(_BEFORE_FINAL)
    return before in ("A", "Final A", "Final a", "FINAL A", "The Final A", "The Answer")


_SIGN_OR_BULLET = re.compile(rf"-\s+{NUMERIC}")


def _rest(text: str, start: int) -> str:
    """The rest of the line, or the next line with text; without a phrase that opens it."""
    rest = _display(text, start)
    if not rest.strip(" *_#$\\[]()"):
        rest = _next_line(text, start)
    at = rest[:40].lower().find("answer")
    if at >= 0 and (found := _IS.match(rest, at + 6)):
        rest = rest[found.end() :]
    where = text.find(rest, start)
    if below := _led_to(text, where, rest):
        return below
    if where >= 0:
        rest = _with_following(text, where + len(rest), rest)
    # a single `- 5` below the marker: a bullet, or a sign
    return "" if where > start and _SIGN_OR_BULLET.fullmatch(rest.strip()) else rest


# `The value is`, `We have:` at the end of a line
_LEADS_ON = re.compile(r"(?:\b(?:is|are)|:)\s*$")


def _below(text: str, start: int) -> str:
    """The line below the one at `start`, or the one that it leads on to."""
    line = _next_line(text, start)
    return _led_to(text, text.find(line, start), line) or line


def _led_to(text: str, at: int, line: str) -> str:
    """What a line that leads on leads to: a value below it and no block of another format."""
    if at < 0 or not line.rstrip().endswith(("is", "are", ":")) or not _LEADS_ON.search(line):
        return ""
    below = _next_line(text, at + len(line) - 1)
    return "" if below.startswith("{") else below


# One part of an answer on a line of its own, behind a bullet, a letter or a name.
_PART_LINE = re.compile(
    r"\s*(?:(?P<bullet>[-*•])\s+|\(?(?P<letter>[a-e])\)\s*|\${0,2}(?P<name>[A-Za-z])\s*=)\s*(?P<value>[^=\n]{1,60})"
)


def _with_following(text: str, end: int, first: str) -> str:
    """An answer with the lines below it that give its other parts in the same way.

    `x = 3` above `y = 4`, `(a) 3` above `(b) 4`, bullets, and what an `or` at the end leads on to.
    """
    lines = [first.strip()]
    while text.startswith("\n", end) and len(lines) < MAX_PARTS:
        line = _line(text, end + 1)
        above, below = _PART_LINE.fullmatch(lines[-1]), _PART_LINE.fullmatch(line.rstrip(" ."))
        open_ended = lines[-1].endswith((" or", " and", ","))
        if not open_ended and not (above and below and _goes_on(above, below)):
            break
        if has_words(line) and not below:
            break
        lines.append(line.strip())
        end += 1 + len(line)
    if len(lines) == 1:
        return first
    values = [re.sub(r"^[-*•]\s+", "", line).rstrip(" .,;") for line in lines]
    return re.sub(r"\b(or|and),", r"\1", ", ".join(values))


def _goes_on(above: "re.Match[str]", below: "re.Match[str]") -> bool:
    """Whether two lines are parts of one answer: another letter, another name, another bullet."""
    if above["bullet"] and below["bullet"]:
        return not has_words(above["value"]) and not has_words(below["value"])
    kind = "letter" if above["letter"] else "name"
    return bool(above[kind] and below[kind]) and above[kind] != below[kind]


def _json_value(text: str, at: int, start: int, answers: list[_Found]) -> None:
    if string := _JSON_STRING.match(text, start):
        value, end = _unescape(string[1] or string[2] or ""), string.end()
    elif array := _JSON_ARRAY.match(text, start):
        value, end = array[1].replace('"', ""), array.end()
    elif scalar := _JSON_SCALAR.match(text, start):
        value, end = scalar[0], scalar.end()
    elif text.startswith("{", start):
        answers.append(_Found(at, start, _json_object(text, start)))
        return
    else:
        return
    if value[-1:].isdigit() and "$" not in value and (unit := _JSON_UNIT.match(text, end)):
        value = f"{value} {unit[1]}"
    answers.append(_Found(at, start, value))


def _json_object(text: str, start: int) -> str:
    """The values of an object with their names, or the one that it calls so with its unit."""
    try:
        end = text.index("}", start, start + MAX_OBJECT) + 1
        fields = json.loads(text[start:end], parse_int=str, parse_float=str)
    except ValueError:
        return ""
    if not all(isinstance(value, str) for value in fields.values()):
        return ""
    if value := fields.get("value"):
        return f"{value} {fields.get('unit', '')}".strip()
    if len(fields) == 1:
        return str(*fields.values())
    signs = {name: " = " if len(name) == 1 else ": " for name in fields}
    return ", ".join(f"{name}{signs[name]}{value}" for name, value in fields.items())


def _hashes(text: str) -> list[_Found]:
    found = _HASHES.finditer(text, text.find("####"))
    return [_Found(at.start(), at.start(1), at[1]) for at in found]


def _line(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


_ONE_LINE_FENCED = re.compile(r"[ \t]*+```\w*+[ \t]*+\n[ \t]*+([^\n`{]++)\n?[ \t]*+(?:```|\Z)")
# Where the string of JSON that holds an answer ends.
_NEXT_FIELD = re.compile(r'"\s*,\s*"\w+"\s*:')
_DISPLAY_ENDS = {"$$": "$$", "\\[": "\\]"}


def _display(text: str, start: int) -> str:
    """The rest of the line; of a display formula that begins it all, of a block its only line."""
    line = _line(text, start)
    if line.lstrip().startswith("```"):
        fenced = _ONE_LINE_FENCED.match(text, start)
        return fenced[1] if fenced else ""
    if '":' in line and (field := _NEXT_FIELD.search(line)):
        line = line[: field.start()]
    opening = line.strip()[:2]
    closing = _DISPLAY_ENDS.get(opening)
    if closing is None:
        return line
    begins = start + line.index(opening) + 2
    close = text.find(closing, begins)
    return line if close < start + len(line) else text[begins:close].strip()


def _next_line(text: str, start: int) -> str:
    """The first line with text after the one at `start`; a display formula is taken whole."""
    end = text.find("\n", start)
    while end >= 0:
        if _line(text, end + 1).strip():
            return _display(text, end + 1)
        end = text.find("\n", end + 1)
    return ""


_LETTER_IS = re.compile(r"(?<![A-Za-z\\])([A-Za-z])\s*=\s*$")


def _boxed(text: str, equality: Equality) -> list[_Found]:
    """The boxes with their answers, and the letters they are given to if these differ."""
    found = boxes(text, equality)
    if len(found) > 1:
        named = [_LETTER_IS.search(text[max(0, box.start - 12) : box.start]) for box in found]
        letters = [name[1] for name in named if name]
        if len(found) == len(letters) == len(set(letters)):
            return [
                _Found(box.start, box.end, f"{letter}={box.answer}" if box.answer else "")
                for box, letter in zip(found, letters, strict=True)
            ]
    return [_Found(box.start, box.end, box.answer or "") for box in found]


_ESCAPE = re.compile(r'\\(["\\/n])')


def _unescape(text: str) -> str:
    r"""JSON escapes of an answer; a lone `\frac`, which is no JSON, is left alone."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: " " if found[1] == "n" else found[1], text)


# `{"answer": null}` gives none, and is no answer as a whole.
_JSON_FIELD = re.compile(r'"(?:final|(?:final_)?answer)"\s*:')
_REFUSAL = re.compile(
    r"(?:(?:sorry|unfortunately),?\s+(?:but\s+)?)?(?:I|we)(?:(?:['’]m|\s+am|\s+are|\s+was)\s+"
    r"(?:not|unable|sorry)|\s+(?:do|did|can|could)(?:\s*not|n['’]t)|\s+can['’]t|\s+have no)\b",
    re.IGNORECASE,
)


def _bare(text: str, equality: Equality) -> Extraction:
    """A completion that is itself an answer."""
    stripped = text.strip()
    if not stripped or _REFUSAL.match(stripped) or _JSON_FIELD.search(stripped):
        return _NONE
    if "\n" in stripped:
        aside = _ASIDE.search(stripped)
        stripped = stripped[: aside.start()] if aside else stripped
        stripped = (_FENCE.sub("", stripped) if "```" in stripped else stripped).strip()
        stripped = _without_ends(stripped)
    if not stripped[-1:].isascii():
        stripped = _SMILEYS.sub("", stripped)
    lines = (_HOPE.sub("", stripped) if "I hope" in stripped else stripped).rsplit("\n", 1)
    last = _NUMBERING.sub("", lines[-1].strip())
    if last.endswith("?"):
        return _NONE
    if lines[-1].endswith(("}", "}$$", "}\\]", "$$", "\\]")) and "\\end{" in stripped[-60:]:
        begins = stripped.rfind("\\begin{")
        value = (
            chained(stripped[begins:], equality)
            if begins >= 0 and len(stripped) - begins <= 2000
            else None
        )
        if value:
            return Extraction(value, "last_line", None)
    if stripped.rfind("\\[") > stripped.rfind("\\]") or stripped.count("$$") % 2:
        return _NONE  # a formula that was cut off
    if stripped.endswith("}") and '":' in stripped:
        result = _JSON_RESULT.search(stripped[-MAX_BARE:])
        return Extraction(result[1], "json", None) if result else _NONE
    if stripped.endswith(">") and (tagged := _TAGGED.search(stripped[-MAX_BARE:])):
        answer = tidy(tagged[2], equality)
        return Extraction(answer, "label", None) if answer else _NONE
    short = len(stripped) <= MAX_BARE
    if short and (formula := _one_formula(stripped)):
        return Extraction(clean(formula), "formula", None)
    if short and "\n" not in stripped:
        if not _prose(stripped):
            answer = tidy(stripped, equality)
            return Extraction(answer, "bare", None) if answer else _NONE
        if first_sentence(stripped) == stripped.rstrip(".!") and (value := stated_value(stripped)):
            return Extraction(restated(value, equality) or value, "conclusion", None)
    if _LISTED.fullmatch(last):
        parts = _listed(stripped, equality)
        return Extraction(parts, "parts", None) if parts else _NONE
    concluded = _conclusion(last[-2 * MAX_BARE :])
    if concluded is None and len(lines) == 2 and last.rstrip("*").endswith("."):
        concluded = _result_told(lines[0], last, equality)
    if concluded is not None:
        return Extraction(restated(concluded, equality) or concluded, "conclusion", None)
    if (
        len(lines) == 2
        and len(last) <= MAX_BARE
        and not _prose(last)
        and not _ITEM_ONLY.fullmatch(last)
        and not _next_item(lines[0], last)
        and (not _THEREFORE.match(last) or (stated_value(last) and not last[-1].isdigit()))
        and has_digits(last)
        and (not last.startswith("=") or EQUALS_VALUE.match(last))  # no half-done sum
    ):
        before = _NUMBERING.sub("", lines[0].rstrip().rsplit("\n", 1)[-1].strip())
        if (
            before != last
            and _GIVEN.fullmatch(before)
            and _GIVEN.fullmatch(last)
            and not _TOTAL.match(last)
        ):
            return _NONE  # `x = 3` above `y = 4`: one of several parts
        if _PREMISE.match(before):
            return _NONE
        if _OPTION_LINE.match(before) and _OPTION_LINE.match(last):
            return _NONE  # the choices, and none of them chosen
        stated = stated_value(before) if ":" in last or last.startswith("[") else None
        if stated and equality.differ(stated, last.rsplit(":", 1)[-1].strip(" *[]")) is True:
            return _AMBIGUOUS  # `Confidence: 95%` below the sentence that gives the answer
        answer = tidy(last, equality)
        return Extraction(answer, "last_line", None) if answer else _NONE
    return _NONE


# Smileys, and what makes them colourful.
_SMILEYS = re.compile(r"[\s\u2600-\u27BF\uFE0F\U0001F000-\U0001FAFF]+$")


# A mark without an answer, a rule; `**` is the beginning of what was cut off.
_EMPTY = re.compile(r"\s*(?:\**#{4,}\**|-{3,}|\*{3,}|_{3,})\s*")


def _without_ends(text: str) -> str:
    """The text without the last lines that tell of its answer or are marks without one."""
    for _ in range(MAX_PARTS):
        begins = text.rfind("\n") + 1
        if not begins or not (_EMPTY.fullmatch(text, begins) or _ABOUT_LAST.match(text, begins)):
            break
        text = text[:begins].rstrip()
    return text


_TAGGED = re.compile(r"<(result|output|final|response)>\s*([^<>]+)</\1>$", re.IGNORECASE)
_RESULT = re.compile(rf"=\s*[$*\\(\[]*(-?{NUMBER})[^=\d]*$")


def _result_told(before: str, sentence: str, equality: Equality) -> str | None:
    """The value of a last sentence that states the result of the last sum before it."""
    result = _RESULT.search(before[-MAX_BARE:])
    if result is None:
        return None
    value = stated_value(sentence)
    if value is None and _THEREFORE.match(sentence):
        value = stated_value(_alone(sentence, result[1]))
    return value if value and equality.quick_equal(value, result[1]) else None


_AMOUNT = re.compile(rf"(?<![\w.,/]){NUMBER}(?![\w/%]|[.,]\d)")


# `Therefore, he spent $36, leaving 4`
_GOES_FURTHER = re.compile(
    r"(?<!^Therefore)(?<!^So)(?<!^Thus)(?<!^Hence),(?!\d{3})|\blea(?:v|f)|\bhalf\b"
)


def _alone(sentence: str, number: str) -> str:
    """A sentence in plain words with its other numbers left open: `96 cows in some stalls`."""
    if any(sign in sentence for sign in "\\^%=/") or _GOES_FURTHER.search(sentence):
        return ""
    plain = number.replace(",", "")
    return _AMOUNT.sub(
        lambda found: found[0] if found[0].replace(",", "") == plain else "some", sentence
    )


def _next_item(text: str, last: str) -> bool:
    """Whether the last line is `3.` or `3` below `2. ...`: an item that was cut off."""
    number = last.rstrip(".) ")
    if not number.isdecimal() or len(number) > 2 or number in ("0", "1"):
        return False
    return re.search(rf"^[ \t]*{int(number) - 1}[.)]\s", text, re.MULTILINE) is not None


# A name with its value, or a value alone.
_GIVEN = re.compile(
    rf"[*\s]*\${{0,2}}(?:[A-Za-z][A-Za-z0-9 ]{{0,40}}(?:[:=]|(?<= is))[*\s]*)?\s*\$?-?\$?{NUMERIC}"
    r"(?:\s*[A-Za-z%]+)?\${0,2}[.*]*"
)
# `Given:`, `Let us list what is known.`
_PREMISE = re.compile(r"\W*Given\W*$|.{0,80}\b(?:is known|are given|denote|define)\b")
_TOTAL = re.compile(r"[*\s]*(?:(?:grand )?total|sum|(?:al)?together)\b", re.IGNORECASE)
# Checks, remarks and offers behind an answer that has no marker.
_ASIDE = re.compile(
    r"\n[*_#> \t-]*+(?:(?:To |Let['’]s |Let me |We can )?(?:[Dd]ouble[- ]?|[Ss]anity )?"
    r"(?:[Cc]heck|[Vv]erif|[Cc]onfirm)|Probe\b|V[ée]rif|Comprob|Провер|验证|検算|"
    r"Note\b|I hope|Let me know|Thank|Feel free|Is there anything|"
    r"Would you like|As a (?:sanity )?check)"
)
_FENCE = re.compile(r"^```[a-z]*[ \t]*$|\n```$", re.MULTILINE)
_LISTED = re.compile(rf"[*_\s-]*\(?({PART})\)[*_:\s]+(\S[^\n]*)")


def _listed(text: str, equality: Equality) -> str | None:
    """The answers of the last lines, which begin with `(a)`, `(b)`, ...: one for each part."""
    parts: dict[str, str] = {}
    for line in reversed(text[-2 * MAX_BARE :].splitlines()):
        part = _LISTED.fullmatch(line.rstrip())
        if part and part[1] in parts:
            return None
        if part:
            parts[part[1]] = tidy(part[2], equality)
        elif line.strip():
            break
    if len(parts) < 2 or not ({"a", "i"} & parts.keys()):
        return None
    return "; ".join(f"\\boxed{{{answer}}}" for answer in reversed(parts.values()))


def _one_formula(text: str) -> str | None:
    """The only formula of one sentence with words around it."""
    formulas = FORMULA.findall(text)
    if len(formulas) != 1 or len(SENTENCE_END.findall(" ".join(text.split()))) > 1:
        return None
    around = FORMULA.sub(" ", text)
    if not has_words(around) or not is_assertion(around):
        return None
    words = WORD.findall(around.lower())
    plain = _PLAIN_AROUND.issuperset(words)
    shown = _SHOWN.search(text) is not None and _TASKS.isdisjoint(words)
    stated = plain or shown or stated_value(FORMULA.sub(" 7 ", " ".join(text.split()))) is not None
    return formulas[0] if stated else None


# `Here is the matrix: $...$`, and no task or premise
_SHOWN = re.compile(r":\s*(?:\$|\\\(|\\\[)")
_TASKS = frozenset(
    (
        *("simplify", "find", "evaluate", "compute", "calculate", "solve", "determine", "consider"),
        *("let", "given", "suppose", "note", "first", "recall", "define", "step", "case", "using"),
    )
)
# Words around the formula of a sentence that says nothing but it.
_PLAIN_AROUND = frozenset(
    (
        *("the", "answer", "final", "is", "are", "equals", "equal", "to", "so", "thus", "hence"),
        *("therefore", "and", "we", "get", "have", "obtain", "find", "that", "it", "which"),
        *("gives", "value", "solution", "result", "of", "solutions", "correct", "our", "this"),
    )
)


def _conclusion(line: str) -> str | None:
    """The value that a last sentence which begins with `Therefore` and is complete states."""
    starts = [found.start() for found in _THEREFORE.finditer(line)]
    if not starts or line.rstrip(" *$")[-1:] != ".":
        return None
    sentence = line[starts[-1] :]
    return stated_value(clean(sentence.replace("*", ""))) if first_sentence(sentence) else None


def _prose(text: str) -> bool:
    """Whether a line is a sentence and not a value with a word or two."""
    words = WORD.findall(LATEX_WORD.sub(" ", text))
    return len(words) > 6 or bool(re.search(r"(?:[a-z]{2}|[\d$)])[.!?]\s+[A-Z](?:[a-z]| )", text))


def split_boxes(answer: str, equality: Equality) -> list[str]:
    """The contents of several boxes, or nothing where there are fewer than two."""
    found = [clean(box.answer or "") for box in boxes(answer, equality)]
    return found if len(found) > 1 else []
