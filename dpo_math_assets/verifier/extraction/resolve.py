"""Which candidate stands: the one place of extraction that decides between answers.

The strongest kind of marker that has an answer decides. Answers of one kind that disagree are
ambiguous, as is a stronger kind contradicted by a later one of kinds 1 to 3 (see `extract`), by
second thoughts in the text after it, or by another value with which that text ends. Several boxes
are handed on together, because they may answer several parts, unless second thoughts stand between
them. Whether two answers are equal is asked of the `Equality` that the caller hands in.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.candidate import (
    AMBIGUOUS,
    MAX_MARKERS,
    NONE,
    Candidate,
    Equality,
    Extraction,
)
from dpo_math_assets.verifier.extraction.choices import is_value, listed_choices
from dpo_math_assets.verifier.extraction.cleanup import (
    MAX_ANSWER,
    MAX_BARE,
    clean_answer,
)
from dpo_math_assets.verifier.extraction.continuations import is_set_aside, sets_aside
from dpo_math_assets.verifier.extraction.endings import last_number
from dpo_math_assets.verifier.extraction.markers.bare import ABOUT, Bare, bare_answers, is_prose
from dpo_math_assets.verifier.extraction.restatements import chained_value, restated_value
from dpo_math_assets.verifier.extraction.segments import BEGINS_JSON
from dpo_math_assets.verifier.extraction.tokens import (
    CHOICE,
    CHOICE_ALONE,
    LATEX_WORD,
    NUMBER,
    NUMBERS,
    PART,
    WORD,
    has_digits,
    lower_words,
)
from dpo_math_assets.verifier.extraction.vetoes import (
    has_second_thoughts,
    is_retracted,
    is_vetoed,
)
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, TENS, word_set
from dpo_math_assets.verifier.syntax.normalization import normalise
from dpo_math_assets.verifier.trace import applied

MAX_BOXES = 64
# Words of an answer below a heading.
MAX_WORDS = 6
# Other labels that the last one is compared with.
MAX_OTHERS = 8
# Kinds of markers, the strongest first. The first three contradict each other.
KINDS = ("final", "boxed", "hashes", "json", "label")
_STRONG = KINDS[:3]

# Answers without a marker, and what their marker is called.
_BARE_RULES = {
    "conclusion": "marker.conclusion",
    "formula": "marker.formula",
    "last_line": "marker.last_line",
    "aligned": "marker.last_line",
    "parts": "marker.listed_parts",
}
_SHOWN_AS = {"aligned": "last_line"}

Candidates = dict[str, list[Candidate]]

_BEGINS_JSON = re.compile(BEGINS_JSON)
_BLANK = re.compile(r"(?:\\(?:phantom|hspace)\{[^{}]*\}|\\square|\\[,;: ]|[-_?.#*\s])+")
# What a text tells of its answer and not of its question, on a line or in a field of its own.
_ABOUT_ANSWER = re.compile(
    rf"^[ \t,{{*_#>-]*+\"?{ABOUT}|time|steps|score|level)\b[^\n:=]{{0,30}}[:=][^\n=]{{0,24}}$"
    r"|^[*_#> ]*+(?:sources?|references?)\b[*_ ]*(?::[^\n]*)?(?:\s*\[\d+\]:? \S[^\n]*)*"
    rf"|\"{ABOUT}|score)\"\s*:\s*\"?[\d.]+%?\"?",
    re.IGNORECASE | re.MULTILINE,
)
# Between boxes or behind them: the last one replaces the others, or only some of them stand.
_INSTEAD = re.compile(
    r"\b(?:correct(?:ed|ion)|revis\w+|re-?(?:calculat|comput|check|evaluat)\w*|"
    r"double-?[ ]?check\w*|attempt|better|exact|fails?|reject\w*|but|step \d|final)\b|\bno:",
    re.IGNORECASE,
)
_SELECTED = re.compile(r"\b(?:only|candidates?|rejected|accepted|discarded)\b", re.IGNORECASE)
_VALUE_FIRST = re.compile(rf"[-$]{{0,2}}{NUMBER}(?=[\s,;(])")
# What a part of an answer is called, on its line.
_PART_NAME = re.compile(
    rf"\((?:{PART}|\d)\)|\b(?:Part|Question|Problem) \(?\w\b|(?<!\w)[A-Z][a-z]+[*_]*[:=]"
)
# `(a)`, `Part B`, `Question 2` at the beginning of a line or sentence.
_PART = re.compile(
    rf"(?:^|[.;\n]\s*)[*_#\s-]*(?:\(?({PART}|\d{{1,2}})[.)]|"
    r"(?:(?:For |In )?[Pp]art|Question|Problem|Q)\s*\(?([A-Ha-h]|\d)\)?)"
    r"[^\n]*$"
)
_NUMERALS = NUMBER_WORDS.keys() | TENS.keys()
# What stands behind an answer and says nothing.
_CLOSING = " \t\r\n.,;*$`\"'\\)]}"
_CHOSEN = re.compile(
    r"(?:\b(?:[Oo]ption|[Cc]hoice|choose|pick|select|[Ss]o|[Bb]ut|[Tt]hus|[Hh]ence|[Tt]herefore,?) "
    r"|^|\n)"
    rf"\**\(?({CHOICE})\)?\**(?=[.\s]*$"
    r"| is (?:the |also )?(?:correct|right|better|best|answer|possible))"
)
# What is left of the formula around a box: `\\pmod{7}$`
_FORMULA_ENDS = re.compile(
    r"\s*(?:\\[a-z]+\{[^{}\n]*\}|\\[pb]?mod(?:\s*\d+|\s+[a-z])|\(?\\?mod\s*\d+\)?)"
    r"[ .]*(?:\$|\\[\])])"
)
# What is counted, and circumstances, up to the end of the sentence: ` weeks to save \\$80.`
_COUNTED = re.compile(r"[\s$\\)\]]*+(?=[a-z])(?P<words>[^.,;:=(\n–—]{1,120}+)[.\n]?(?=\s|$)")
_GOES_ON = word_set(
    "is are was were equals equal gives give makes make so then leaving leaves leads rounds "
    "rounded becomes means plus minus or and but than which that total totals"
)
_CHECKED = re.compile(r"\b(?:[Cc]heck|[Vv]erif|sanity|[Cc]onfirm)|[✓✔✅]")
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


def _behind_counted(rest: str) -> str:
    """What stands behind the formula of an answer and what is counted there."""
    if formula := _FORMULA_ENDS.match(rest):
        rest = rest[formula.end() :]
    counted = _COUNTED.match(rest)
    if counted and _GOES_ON.isdisjoint(lower_words(counted["words"])):
        return rest[counted.end() :]
    return rest


def resolve(text: str, given: Candidates, equality: Equality) -> Extraction:
    """The answer of a text, by the candidates of each kind that its markers have given."""
    for kind in ("final", "label"):
        if given[kind]:
            given[kind] = [each for each in given[kind] if not _is_sentence(each, equality)]
    if any(given.values()):
        return _Resolver(text, equality).decide(given)
    return _resolve_bare(text, equality)


def _is_sentence(candidate: Candidate, equality: Equality) -> bool:
    """Whether a sentence stands below a heading, and no answer."""
    if not candidate.below_heading:
        return False
    words = WORD.findall(LATEX_WORD.sub("", clean_answer(candidate.text, equality)))
    return len(words) > MAX_WORDS


def _resolve_bare(text: str, equality: Equality) -> Extraction:
    """The answer of a text without a marker."""
    for bare in bare_answers(text):
        if bare.marker == "conclusion" and bare.other and not equality.quick_equal(*bare.other):
            continue
        if bare.marker == "last_line" and bare.other and equality.differ(*bare.other) is True:
            return AMBIGUOUS
        if (value := _VALUE_FIRST.match(bare.texts[0])) and is_set_aside(
            bare.texts[0], value.end()
        ):
            return AMBIGUOUS
        answer = _bare_answer(bare, equality)
        if bare.marker == "aligned" and not answer:
            continue
        if not answer:
            return NONE
        applied(_BARE_RULES.get(bare.marker, "marker.bare"), text, answer)
        return Extraction(answer, _SHOWN_AS.get(bare.marker, bare.marker), None)
    return NONE


def _bare_answer(bare: Bare, equality: Equality) -> str | None:
    """The answer that stands at such a place, without its wrapping."""
    first = bare.texts[0]
    if bare.marker == "aligned":
        return chained_value(first, equality)
    if bare.marker == "conclusion":
        return restated_value(first, equality) or first
    if bare.marker == "parts":
        return "; ".join(f"\\boxed{{{clean_answer(part, equality)}}}" for part in bare.texts)
    return first if bare.marker in ("formula", "json") else clean_answer(first, equality)


class _Resolver(NamedTuple):
    """A text, and how its answers are compared."""

    text: str
    equality: Equality

    def decide(self, given: Candidates) -> Extraction:
        given["boxed"] = [self.with_other_form(box) for box in given["boxed"]]
        if given["final"] and given["json"] and self.is_repeated(given["final"][-1], given["json"]):
            given["final"] = []
        if len(given["label"]) > 1:
            given["label"] = self.last_labels(sorted(given["label"]))
        strong = {kind: self.standing(given[kind]) for kind in _STRONG if given[kind]}
        for kind in filter(given.get, KINDS):
            answers = strong[kind] if kind in strong else self.standing(given[kind])
            if answers:
                return self.decide_kind(kind, answers, given, strong if kind in strong else {})
        # blanks and doubtful ones, or boxes in larger formulas
        return AMBIGUOUS if any(not box.text for box in given["boxed"]) else NONE

    def is_repeated(self, final: Candidate, fields: list[Candidate]) -> bool:
        """Whether a sentence in the reasoning of JSON is given again as a value by a field."""
        if final.start > fields[-1].start or not is_prose(clean_answer(final.text, self.equality)):
            return False
        applied("resolve.repeated_as_field", final.text)
        return True

    def decide_kind(
        self, kind: str, answers: list[Candidate], given: Candidates, strong: Candidates
    ) -> Extraction:
        """The answer of the strongest kind that has one, unless the text behind takes it back."""
        last = answers[-1]
        end = self.end_of(last)
        if kind == "label" and end == len(self.text) and _BEGINS_JSON.match(self.text):
            applied("resolve.cut_off", last.text)
            return NONE
        rest = self.text[end:]
        if rest.strip(_CLOSING):
            # what is told of an answer is told at the end
            rest = rest[: -2 * MAX_BARE] + _ABOUT_ANSWER.sub("", rest[-2 * MAX_BARE :])
        if rest.strip(_CLOSING):
            if is_retracted(last.text, rest):
                return AMBIGUOUS
            if strong and self.renumbered(last, given["label"] + given["json"]):
                applied("resolve.later_label", last.text)
                return AMBIGUOUS
            if self.leads_elsewhere(last.text, rest):
                applied("resolve.last_value", last.text, rest)
                return AMBIGUOUS
        if self.are_set_aside(answers, rest):
            return AMBIGUOUS
        return self.with_letter(self.settle(kind, answers, strong), last, given["label"])

    def are_set_aside(self, answers: list[Candidate], rest: str) -> bool:
        """Whether the sentence of an answer, or one behind the last, sets it aside."""
        if rest.strip(_CLOSING) and sets_aside(rest, answers[-1].text):
            return True
        return any(is_set_aside(self.text, self.value_end(each)) for each in answers)

    def value_end(self, candidate: Candidate) -> int:
        """Where the number ends with which an answer begins, as in `5, I guess`; or all of it."""
        end = self.end_of(candidate)
        value = _VALUE_FIRST.match(candidate.text)
        at = end - len(candidate.text)
        return at + value.end() if value and self.text.startswith(candidate.text, at) else end

    def with_other_form(self, box: Candidate) -> Candidate:
        """`\\boxed{3} or 4` has no answer, unless both are the same value."""
        if box.other is None or self.equality.differ(*box.other) is False:
            return box
        applied("resolve.other_form", *box.other)
        return box._replace(text="")

    def standing(self, candidates: list[Candidate]) -> list[Candidate]:
        """The candidates without their wrapping; blanks to fill in and vetoed ones are none."""
        standing = []
        for candidate in candidates[-MAX_MARKERS:]:
            answer = clean_answer(candidate.text, self.equality)
            if (
                answer
                and not _BLANK.fullmatch(answer)
                and not is_vetoed(self.text, candidate.start, candidate.end)
            ):
                standing.append(Candidate(candidate.start, candidate.end, answer))
        return standing

    def end_of(self, candidate: Candidate) -> int:
        """Where an answer ends and second thoughts about it may begin."""
        if self.text.startswith("\\", candidate.start):  # a box
            return candidate.end
        at = self.text.find(candidate.text, candidate.start)
        return at + len(candidate.text) if at >= 0 else candidate.end

    def settle(self, kind: str, answers: list[Candidate], strong: Candidates) -> Extraction:
        """One answer from several of a kind, if they agree and no later marker contradicts them."""
        last = answers[-1]
        if len(answers) == 1 and len(strong) < 2:
            return Extraction(last.text, kind, None)
        several = kind == "boxed" or self.of_parts(answers)
        distinct = self.distinct([each.text for each in answers], MAX_BOXES if several else 1)
        if len(distinct) > 1:
            return self.settle_parts(kind, answers, distinct)
        if not distinct or self.contradicted(kind, last, strong):
            applied("resolve.disagreement", answers[0].text, last.text)
            return AMBIGUOUS
        return Extraction(last.text, kind, None)

    def settle_parts(self, kind: str, answers: list[Candidate], distinct: list[str]) -> Extraction:
        """Several answers that differ, joined as parts of one."""
        if self.corrected(answers):
            applied("resolve.correction", answers[0].text, answers[-1].text)
            return AMBIGUOUS  # an answer and its correction are no two parts
        parts = len(distinct) == len(answers) and self.of_named_parts(answers)
        joined = ("; " if parts else ", ").join(f"\\boxed{{{answer}}}" for answer in distinct)
        applied("resolve.parts", answers[-1].text, joined)
        return Extraction(joined, kind, None)

    def contradicted(self, kind: str, last: Candidate, strong: Candidates) -> bool:
        """Whether a later marker of another strong kind has another answer."""
        return any(
            other != kind
            and candidates
            and candidates[-1].start >= self.end_of(last)
            and not self.distinct([last.text, candidates[-1].text], 1)
            for other, candidates in strong.items()
        )

    def corrected(self, answers: list[Candidate]) -> bool:
        """Whether the last of several answers replaces the ones before it."""
        between = self.text[answers[0].end : answers[-1].start]
        return bool(
            has_second_thoughts(between)
            or _INSTEAD.search(between)
            or _SELECTED.search(self.text, answers[-1].end)
        )

    def of_named_parts(self, answers: list[Candidate]) -> bool:
        """Whether the boxes stand behind `(a)` and `(b)`, or `Area:` and `Perimeter:`."""
        names, begins = [], 0
        for found in answers:
            begins = max(begins, self.line_of(found))
            named = _PART_NAME.search(self.text, max(begins, found.start - MAX_BARE), found.start)
            names.append(named[0] if named else "")
            begins = found.end
        return "" not in names and len(set(names)) == len(names)

    def of_parts(self, answers: list[Candidate]) -> bool:
        """Whether each answer belongs to another part of the question."""
        parts = []
        for found in answers:
            begins = max(self.line_of(found), found.start - MAX_BARE)
            part = _PART.search(self.text[begins : found.start])
            parts.append(part[1] or part[2] if part else None)
        return None not in parts and len(set(parts)) == len(parts)

    def line_of(self, found: Candidate) -> int:
        return self.text.rfind("\n", max(0, found.start - MAX_BARE), found.start) + 1

    def distinct(self, answers: list[str], limit: int) -> list[str]:
        """The answers without those equal to an earlier one by the cheap tiers.

        None if there are more than `limit`. Long ones are compared by their text alone.
        """
        kept: dict[str, str] = {}
        for answer in answers:
            key = normalise(answer) if len(answer) <= MAX_ANSWER else answer
            if key in kept or (
                len(answer) <= MAX_BARE
                and any(self.equality.quick_equal(answer, other) for other in kept.values())
            ):
                continue
            if len(kept) == limit:
                return []
            kept[key] = answer
        return list(kept.values())

    def last_labels(self, labels: list[Candidate]) -> list[Candidate]:
        """The last label that stands; all, if each answers another part or they disagree."""
        if len(labels) <= MAX_BOXES and self.of_parts(labels):
            return labels
        standing = self.standing(labels)
        if len(standing) > 1 and CHOICE_ALONE.fullmatch(standing[-1].text):
            value, letter = standing[-2:]
            if is_value(value.text):
                both = self.lettered(value.text, letter.text)
                if both is None:
                    return standing  # the letter of another value
                standing[-2:] = [Candidate(letter.start, letter.end, both)]
        if len(standing) > 1 and self.disagree([each.text for each in standing]):
            return standing  # `Answer: 5`, `Answer: 6`
        return standing[-1:] or labels[-1:]

    def disagree(self, answers: list[str]) -> bool:
        """Whether one of the answers is known to differ from the last."""
        others = dict.fromkeys(answers[:-1])
        others.pop(answers[-1], None)
        last = answers[-1]
        return any(self.equality.differ(last, other) is True for other in [*others][-MAX_OTHERS:])

    def renumbered(self, last: Candidate, labels: list[Candidate]) -> bool:
        """Whether `the answer is 6` follows a final answer 5."""
        labels = self.standing(sorted(label for label in labels if label.start > last.start))
        if not labels:
            return False
        later = labels[-1].text
        lettered = CHOICE_ALONE.fullmatch(later) and CHOICE_ALONE.fullmatch(last.text)
        told = has_digits(later) or "\\" in later or lettered or later.lower() in _NUMERALS
        if not told or len(later) > MAX_BARE:
            return False
        return self.equality.differ(last.text, later) is True

    def with_letter(
        self, found: Extraction, last: Candidate, labels: list[Candidate]
    ) -> Extraction:
        """A value with the letter of the choice that the text calls correct behind it."""
        later = [label for label in labels if label.start > last.start]
        if not later:
            return found
        letters = {
            label.text for label in self.standing(later) if CHOICE_ALONE.fullmatch(label.text)
        }
        if not letters or found.answer is None or not is_value(found.answer):
            return found
        both = self.lettered(found.answer, letters.pop())
        applied("resolve.letter", found.answer, both)
        return Extraction(both, found.marker, None) if both and not letters else AMBIGUOUS

    def lettered(self, value: str, letter: str) -> str | None:
        """`(C) 28` for the two, unless the text lists another value for the letter."""
        letter = letter.strip("()")
        listed = listed_choices(self.text).get(letter, set())
        if any(self.equality.differ(value, other) for other in listed):
            return None
        return f"({letter}) {value}"

    def leads_elsewhere(self, answer: str, rest: str) -> bool:
        """Whether the text behind an answer goes on to another value and ends with it."""
        if CHOICE_ALONE.fullmatch(answer):
            chosen = _CHOSEN.findall(rest)
            return bool(chosen) and chosen[-1] != answer.strip("()")
        if any(sign in answer for sign in _SEVERAL) and _ONE_OF_THEM.search(rest):
            return True
        rest = _behind_counted(rest)
        checks = " but " not in rest and _CHECKED.search(rest)
        another = None if checks else last_number(rest[-2 * MAX_BARE :])
        if another is None:
            return False
        own = NUMBERS.findall(answer)
        before = another.before.rpartition(" but ")[2]
        sum_before = _SUM_BEFORE.search(before)
        told = before[: sum_before.start()] if sum_before else before
        if another.value in own or not set(own).isdisjoint(NUMBERS.findall(told)):
            return False
        return (
            self.equality.differ(answer, another.value) is True
            and self.equality.differ(answer, another.value + another.thing) is not False
        )
