"""What stands behind a marker, without the prose and the wrapping around it.

`so **$18**, as desired.` is `$18`, `(C) because 10 is even` is C, `5 (five)` is 5. The rules are
tried in order, each on what the rules before it left. What a sentence states is read in `prose`,
one value in several forms in `restatements`; an answer that was cut off, or that its own text goes
on from, gives nothing.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.candidate import Equality
from dpo_math_assets.verifier.extraction.markers.boxed import boxes
from dpo_math_assets.verifier.extraction.prose import is_assertion, is_of_another, stated_value
from dpo_math_assets.verifier.extraction.restatements import (
    chained_value,
    restated_value,
    summed_value,
)
from dpo_math_assets.verifier.extraction.tokens import (
    CHOICE,
    NUMBERS,
    NUMERIC,
    PLAIN_NUMBER,
    TEXT_COMMAND,
    VALUE_START,
    first_sentence,
    has_words,
)
from dpo_math_assets.verifier.extraction.vetoes import is_vetoed
from dpo_math_assets.verifier.lexicon.words import words
from dpo_math_assets.verifier.syntax.normalization import clean
from dpo_math_assets.verifier.trace import applied

# Longer answers are handed on as they stand; no later step takes them.
MAX_ANSWER = 10_000
MAX_BARE = 300

EQUALS_VALUE = re.compile(rf"^=\s*(?=-?\$?{NUMERIC}%?(?:\s+[A-Za-z ]+)?$)")

# What was cut off had more to say: `The answer is 7 and`
_DANGLING = (
    *(" and", " or", " but", " than", " times", " plus", " minus", " to", " of", " is", " are"),
    *(" the", "+", "/", "=", "^", "(", "{"),
)
_CUT_OFF = ("The", "the")
# `see above`, and `12!`, where it is open whether somebody shouts
_NOWHERE = re.compile(r"(?:(?:as )?(?:see|shown|given) )?(?:above|below)|\d+!", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|em|strong|u|span)>")
_BRACKET = re.compile(r"[()\[\]{}]")
_EMPHASIS = re.compile(r"\*\*(?=[\s.,;:]|$)|(?<=\s)\*\*")
# `a) 3 b) 5`
_LETTER_OF_PART = re.compile(r"(?<![\w(])([a-e])\)")
# `54 → 27`
_LED_TO = re.compile(rf"[\w)] ?(?:->|→) ?-?{NUMERIC}$")
# A choice with its value: `(C) 10` in other orders. `a: 5` gives a value to a letter, and `A, 5`
# are two answers.
_CHOICE_AND_VALUE = (
    rf"(?=\(|(?i:option|choice) )(?:(?i:option|choice) )?(?P<open>\()?(?P<letter>(?i:{CHOICE}))"
    r"(?(open)\))(?:,|:|,? which is)\s+"
    rf"(?P<value>{VALUE_START}[^,]{{0,40}})",
    rf"(?P<letter>{CHOICE})(?::|,? which is)\s+(?P<value>{VALUE_START}[^,]{{0,40}})",
    rf"(?:option|choice) \(?(?P<letter>{CHOICE})\)?\s+(?:[-–]\s+)?"
    rf"(?P<value>{VALUE_START}[^,()]{{0,40}})",
    rf"(?P<letter>{CHOICE})\s+\((?P<value>{VALUE_START}[^,()]{{0,40}})\)",
)
_CHOICE_FIRST = tuple(re.compile(pattern) for pattern in _CHOICE_AND_VALUE)
_CHOICE_LAST = re.compile(
    rf"(?P<value>{VALUE_START}[^,()]{{0,40}}?)(?:\s+(?P<open>\()"
    rf"|,?\s+(?:which is )?\(?(?:option|choice) \(?)(?P<letter>{CHOICE})(?(open)\)|\)?)\s*"
)
_CHOICE_ENDS = frozenset("ABCDEFGHIJ)")
# `3 x 4 = 12`
_CROSS = re.compile(r"(?<=\d) x (?=\d)")
# `54, I think`
_HEDGE = re.compile(r",? I (?:think|believe)$")
_NOT_ANOTHER = re.compile(
    rf"([^,()]{{1,60}}?),?\s+\(?(?:not|instead\s+of|rather\s+than)\s+\$?-?{NUMERIC}\$?\)?"
)
_SO = re.compile(r",\s+so\b", re.IGNORECASE)
_GOES_ON = re.compile(r"\b(?:then|so|total|therefore|thus|hence)\b", re.IGNORECASE)
_REMARK = re.compile(
    r"(?<![\s,]),?\s+\(?(?:because|since|as we|which|so that|i hope|as (?:desired|required|needed|"
    r"requested|claimed|expected|wanted|stated|shown|before))\b",
    re.IGNORECASE,
)
_WRONG = re.compile(r"\b(?:not|never|wrong|incorrect|false|impossible|too)\b")
_LEAD_IN = re.compile(
    r"^(?:at (?=\d)|given by |simply |just |exactly |indeed |then |clearly |obviously |thus |"
    rf"(?:so|therefore|in total),? (?={VALUE_START})|in bold: |(?:I think )?it(?:['’]s| is) "
    rf"(?={VALUE_START}|[a-z-]+$)|"
    r"(?:so |thus )?we (?:have|get|obtain|find) (?=[^A-Za-z]*$))",
    re.IGNORECASE,
)
_RATIO = re.compile(r"[A-Za-z, ]*\bratio\b[A-Za-z ]* is (\d+) to (\d+)")
# `an even number, namely 36`, `the sum: 36`
_NAMELY = re.compile(
    r"((?:[Aa]n?|[Tt]he) [a-z ]{2,40})(?:, namely|, i\.e\.,?|:)\s+"
    rf"({VALUE_START}[^,;]{{0,60}})"
)
_CHOICE_STATED = re.compile(
    rf"(?:for sure |definitely |certainly |clearly )?\(?({CHOICE})\)?[,;] "
    rf"(?!(?:or|{'|'.join(sorted(words('english', 'doubts')))})\b)[a-z]+ "
)
_CHOICE_IS_CORRECT = re.compile(
    rf"(?:.*[,;:]\s+|)(?:therefore |so |thus |hence )?(?:option |choice )?\(?({CHOICE})\)? is "
    r"(?:the )?(?:correct|right|best|answer)(?: answer| option| choice| one)?",
    re.IGNORECASE,
)
_CHOICE_NAMED = re.compile(rf"(?:option|choice)\s+\(?({CHOICE})\)?", re.IGNORECASE)
# \textbf{(B)} as contests number their choices
_SET_CHOICE = re.compile(
    rf"\\(?:text|textbf|mathrm|mathbf|textrm)\s*\{{\s*\(({CHOICE})\)\s*\}}(?:\\ |~)?"
)
# Words of which nobody knows what they do to the equation behind them: `Si es par, x = 3`
_CLAUSE_BEFORE = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{1,20}){0,4}, [a-zA-Z] ?= ?[^,=]+")


class _Rule(NamedTuple):
    """What it makes of an answer that holds one of its signs; None: nothing.

    `settles`: that is the answer, and the rules behind it are not tried.
    """

    id: str
    signs: tuple[str, ...]
    read: Callable[[str, Equality], str | None]
    settles: bool = False
    longest: int = MAX_ANSWER


def clean_answer(answer: str, equality: Equality) -> str:
    """What stands behind a marker, without the prose and the wrapping around it."""
    if len(answer) > MAX_ANSWER:
        return answer
    plain = answer.strip(" *").rstrip(".")
    if PLAIN_NUMBER.fullmatch(plain):
        return plain
    answer, settled = _apply(_FORMS, answer, equality)
    if settled:
        return answer
    if not has_words(answer) and "\\text" not in answer:
        return (restated_value(answer, equality) if " (" in answer else None) or clean(answer)
    answer, settled = _apply(_SENTENCES, answer, equality)
    return answer if settled or len(answer) > MAX_BARE else _stated(answer, equality)


def _stated(answer: str, equality: Equality) -> str:
    """The value that an answer states in a sentence, or all of it, in the first of its forms."""
    stated = stated_value(TEXT_COMMAND.sub(r" \1 ", answer) if "\\text" in answer else answer)
    if not stated and is_of_another(answer):
        return ""
    if not stated and "=" in answer and _CLAUSE_BEFORE.fullmatch(answer):
        applied("cleanup.clause", answer)
        return ""
    return restated_value(stated or answer, equality) or stated or answer


def _apply(rules: tuple[_Rule, ...], answer: str, equality: Equality) -> tuple[str, bool]:
    """What the rules make of an answer, and whether one of them settled it."""
    for rule in rules:
        for sign in rule.signs:
            if sign in answer:
                break
        else:
            continue
        after = rule.read(answer, equality) if len(answer) <= rule.longest else None
        if after is None or (after == answer and not rule.settles):
            continue
        applied(rule.id, answer, after)
        if rule.settles:
            return after, True
        answer = after
    return answer, False


def _text(read: Callable[[str], str | None]) -> Callable[[str, Equality], str | None]:
    """A rule that asks nobody what is equal."""
    return lambda answer, _: read(answer)


def _without(pattern: "re.Pattern[str]", by: str = "") -> Callable[[str, Equality], str]:
    return lambda answer, _: pattern.sub(by, answer)


def _cut_off(answer: str) -> str | None:
    plain = answer.strip(" *").rstrip(".")
    formula = plain.endswith("\\") and "$" in plain
    return "" if formula or plain.endswith(_DANGLING) or plain in _CUT_OFF else None


def _nowhere(answer: str) -> str | None:
    return "" if _NOWHERE.fullmatch(answer.strip(" *").rstrip(".")) else None


def _markup(answer: str) -> str:
    return _TAG.sub("", answer).partition("</")[0]


def _bracket(answer: str) -> str:
    """Without the bracket that closes what its sentence opened: `(The answer is 12.)`."""
    answer = answer.removeprefix("}")
    end = answer.rstrip(" .")
    if end.endswith((")", "]", "}")) and not _BRACKET.search(end, 0, len(end) - 1):
        return end[:-1]
    return answer


def _emphasis(answer: str) -> str:
    answer = answer.replace('\\"', '"').strip("*#_ \t")
    return _EMPHASIS.sub("", answer) if "**" in answer else answer


def _box(answer: str, equality: Equality) -> str | None:
    inner = boxes(answer)
    if len(inner) != 1:
        return None
    [box] = inner
    if box.other and equality.differ(*box.other) is not False:
        return ""
    return "" if is_vetoed(answer, box.start, box.end) else clean(box.answer or "")


def _parts(answer: str) -> str | None:
    return _LETTER_OF_PART.sub(r"(\1)", answer) if answer.startswith("a)") else None


def _arrow(answer: str) -> str | None:
    return "" if _LED_TO.search(answer) else None


def _choice_and_value(answer: str) -> str | None:
    """`(C) 10` for a choice with its value in any order."""
    if "\\text" in answer:
        answer = TEXT_COMMAND.sub(r"\1", answer)
    found = None
    if answer[:1].isalpha() or answer[:1] == "(":
        found = next(filter(None, (form.fullmatch(answer) for form in _CHOICE_FIRST)), None)
    elif answer.rstrip()[-1:] in _CHOICE_ENDS:
        found = _CHOICE_LAST.fullmatch(answer)
    return f"({found['letter'].upper()}) {clean(found['value'])}" if found else None


def _cross(answer: str) -> str | None:
    return _CROSS.sub(" × ", answer) if answer[:1].isdigit() else None


def _hedge(answer: str) -> str | None:
    return _HEDGE.sub("", answer) if answer[:1].isdigit() else None


def _not_another(answer: str) -> str | None:
    found = _NOT_ANOTHER.fullmatch(answer)
    return found[1] if found else None


def _first_sentence(answer: str) -> str:
    sentence = first_sentence(answer)
    return sentence if has_words(answer[len(sentence) :]) else answer


def _goes_on(answer: str) -> str | None:
    """Nothing, if the first sentence is not the last word: `12 minus 3, so 9`."""
    sentence = _first_sentence(answer)
    behind = answer[len(sentence) :]
    if behind and _GOES_ON.search(behind) and _new_numbers(behind, sentence):
        return ""
    so = _SO.search(sentence)
    return "" if so and _new_numbers(sentence[so.end() :], sentence[: so.start()]) else None


def _new_numbers(behind: str, before: str) -> bool:
    """Whether a text goes on with numbers that did not stand before."""
    return not set(NUMBERS.findall(behind)) <= set(NUMBERS.findall(before))


def _remarked_wrong(answer: str) -> str | None:
    remark = _REMARK.search(answer)
    if remark and "which" in remark[0] and _WRONG.search(answer, remark.end()):
        return ""
    return None


def _remark(answer: str) -> str:
    remark = _REMARK.search(answer)
    return answer[: remark.start()] if remark else answer


def _lead_in(answer: str) -> str:
    return _LEAD_IN.sub("", clean(answer))


def _ratio(answer: str) -> str | None:
    found = _RATIO.fullmatch(answer)
    return f"{found[1]}:{found[2]}" if found else None


def _namely(answer: str) -> str | None:
    found = _NAMELY.fullmatch(answer)
    return found[2] if found and is_assertion(found[1]) else None


def _choice(answer: str) -> str | None:
    found = (
        _CHOICE_STATED.match(answer)
        or _CHOICE_IS_CORRECT.fullmatch(answer)
        or _CHOICE_NAMED.fullmatch(answer)
    )
    return found[1] if found else None


def _called_wrong(answer: str) -> str | None:
    return "" if _WRONG.search(answer) else None


_ANY = ("",)
_SET = ("\\text", "\\math")

# Of any answer.
_FORMS = (
    _Rule("veto.cut_off", _ANY, _text(_cut_off), settles=True),
    _Rule("cleanup.nowhere", ("bove", "elow", "BOVE", "ELOW", "!"), _text(_nowhere), settles=True),
    _Rule("cleanup.markup", ("<",), _text(_markup)),
    _Rule("cleanup.bracket", (")", "]", "}"), _text(_bracket)),
    _Rule("cleanup.emphasis", ("*", "#", "_", " ", "\t", '\\"'), _text(_emphasis)),
    _Rule("cleanup.box", ("\\boxed", "\\fbox"), _box, settles=True),
    _Rule("cleanup.wrapping", _ANY, _text(clean)),
    _Rule("cleanup.equals", ("=",), _without(EQUALS_VALUE)),
    _Rule("cleanup.parts", ("b)",), _text(_parts)),
    _Rule("cleanup.arrow", ("->", "→"), _text(_arrow), settles=True),
    _Rule("cleanup.choice_and_value", _ANY, _text(_choice_and_value), True, MAX_BARE),
    _Rule("cleanup.chain", ("=",), chained_value, True, MAX_BARE),
    _Rule("cleanup.sum", ("=",), summed_value, True, MAX_BARE),
    _Rule("cleanup.cross", (" x ",), _text(_cross), longest=MAX_BARE),
    _Rule("cleanup.hedge", (" I ",), _text(_hedge), longest=MAX_BARE),
    _Rule(
        "cleanup.not_another", ("not", "instead", "rather"), _text(_not_another), longest=MAX_BARE
    ),
)
# Of an answer with words.
_SENTENCES = (
    _Rule("veto.goes_on", _ANY, _text(_goes_on), settles=True),
    _Rule("cleanup.first_sentence", _ANY, _text(_first_sentence)),
    _Rule("veto.remarked_wrong", ("which", "Which", "WHICH"), _text(_remarked_wrong), settles=True),
    _Rule("cleanup.remark", (" ",), _text(_remark)),
    _Rule("cleanup.lead_in", _ANY, _text(_lead_in)),
    _Rule("cleanup.ratio", ("ratio",), _text(_ratio), True, MAX_BARE),
    _Rule("cleanup.namely", (":", "namely", "i.e."), _text(_namely)),
    _Rule("cleanup.choice", _ANY, _text(_choice), settles=True),
    _Rule("veto.remarked_wrong", _SET, _text(_called_wrong), True, MAX_BARE),
    _Rule("cleanup.set_choice", _SET, _without(_SET_CHOICE, r"(\1) "), longest=MAX_BARE),
)
