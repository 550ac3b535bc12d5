"""What stands behind a marker, without the prose and the wrapping around it.

`so **$18**, as desired.` is `$18`, `(C) because 10 is even` is C, `5 (five)` is 5. What a
sentence states is for `said.py` to tell; an answer that was cut off or that its own text goes on
from gives nothing.
"""

import re
from fractions import Fraction

from dpo_math_assets.verifier.extraction.candidate import Equality
from dpo_math_assets.verifier.extraction.markers.boxed import boxes
from dpo_math_assets.verifier.extraction.prose import is_assertion, may_change_value, stated_value
from dpo_math_assets.verifier.extraction.tokens import (
    CHOICE,
    LATEX_WORD,
    NUMBERS,
    NUMERIC,
    PLAIN_NUMBER,
    VALUE_START,
    WORD,
    first_sentence,
    has_digits,
    has_words,
)
from dpo_math_assets.verifier.extraction.vetoes import is_vetoed
from dpo_math_assets.verifier.lexicon.vocabulary import unit_named
from dpo_math_assets.verifier.syntax.normalization import clean

__all__ = ["EQUALS_VALUE", "MAX_ANSWER", "MAX_BARE", "chained", "restated", "tidy"]

# Longer answers are handed on as they stand; no later step takes them.
MAX_ANSWER = 10_000
MAX_BARE = 300
_REMARK = re.compile(
    r"(?<![\s,]),?\s+\(?(?:because|since|as we|which|so that|i hope|as (?:desired|required|needed|"
    r"requested|claimed|expected|wanted|stated|shown|before))\b",
    re.IGNORECASE,
)
_WRONG = re.compile(r"\b(?:not|never|wrong|incorrect|false|impossible|too)\b")
_EMPHASIS = re.compile(r"\*\*(?=[\s.,;:]|$)|(?<=\s)\*\*")
_CHOICE_SAID = re.compile(
    rf"(?:for sure |definitely |certainly |clearly )?\(?({CHOICE})\)?[,;] [a-z]+ "
)
_IS_CORRECT = re.compile(
    rf"(?:.*[,;:]\s+|)(?:therefore |so |thus |hence )?(?:option |choice )?\(?({CHOICE})\)? is "
    r"(?:the )?(?:correct|right|best|answer)(?: answer| option| choice| one)?",
    re.IGNORECASE,
)
_OPTION = re.compile(rf"(?:option|choice)\s+\(?({CHOICE})\)?", re.IGNORECASE)
# \textbf{(B)} as contests number their choices
_SET_CHOICE = re.compile(
    rf"\\(?:text|textbf|mathrm|mathbf|textrm)\s*\{{\s*\(({CHOICE})\)\s*\}}(?:\\ |~)?"
)
_TEXT = re.compile(r"\\(?:text|textrm|textbf|mbox|mathrm)\s*\{([^{}]*)\}")
# What was cut off had more to say: `The answer is 7 and`
_DANGLING = (
    *(" and", " or", " but", " than", " times", " plus", " minus", " to", " of", " is", " are"),
    *(" the", "+", "/", "=", "^", "(", "{"),
)
_AT = re.compile(
    r"^(?:at (?=\d)|given by |simply |just |exactly |indeed |then |clearly |obviously |thus |"
    rf"(?:so|therefore|in total),? (?={VALUE_START})|in bold: |(?:I think )?it(?:['’]s| is) "
    rf"(?={VALUE_START}|[a-z-]+$)|"
    r"(?:so |thus )?we (?:have|get|obtain|find) (?=[^A-Za-z]*$))",
    re.IGNORECASE,
)
_CUT_OFF = frozenset(("The", "the"))
# `see above`, and `12!`, where it is open whether somebody shouts
_NOWHERE = re.compile(r"(?:(?:as )?(?:see|shown|given) )?(?:above|below)|\d+!", re.IGNORECASE)
_BOLD_TAG = re.compile(r"</?(?:b|i|em|strong|u|span)>")
# Signs before and behind an answer that say nothing: the end of a proof, a tick.
_SIGNS_BEFORE = re.compile(r"^(?:∴|=>|→|\\therefore|[Aa]ns[.:])\s*")
_SIGNS_BEHIND = re.compile(
    r"[\s.$\\]*(?:[✓✔✅∎□■🎉]\uFE0F?|(?<=[\s$])\$?\\(?:blacksquare|qed|checkmark)\$?)+\s*$"
)
_SIGNS_IN_LATEX = ("\\blacksquare", "\\qed", "\\checkmark")
_STRUCK = re.compile(r"~~[^~\n]{1,60}~~\s*")
_NOT_ANOTHER = re.compile(rf"([^,()]{{1,60}}?),?\s+\(?not\s+\$?-?{NUMERIC}\$?\)?")
# `an even number, namely 36`, `the sum: 36`
_NAMELY = re.compile(
    rf"((?:[Aa]n?|[Tt]he) [a-z ]{{2,40}})(?:, namely|, i\.e\.,?|:)\s+({VALUE_START}[^,;]{{0,60}})"
)
EQUALS_VALUE = re.compile(r"^=\s*(?=-?\$?[\d.,]+%?(?:\s+[A-Za-z ]+)?$)")
# A choice with its value, in other orders than `(C) 10`
_CHOICE_FIRST = re.compile(
    r"(?P<named>(?i:option|choice) )?(?P<open>\()?(?P<letter>[A-Ja-j])(?(open)\))"
    rf"(?:(?P<comma>,)|:|,? which is)\s+(?P<value>{VALUE_START}[^,]{{0,40}})"
)
_CHOICE_BEFORE = re.compile(
    rf"(?:option|choice) \(?(?P<named>{CHOICE})\)?\s+(?:[-–]\s+)?"
    rf"(?P<value>{VALUE_START}[^,()]{{0,40}})|"
    rf"(?P<letter>{CHOICE})\s+\((?P<inner>{VALUE_START}[^,()]{{0,40}})\)"
)
_CHOICE_LAST = re.compile(
    rf"(?P<value>{VALUE_START}[^,()]{{0,40}}?)(?:\s+\((?P<letter>{CHOICE})\)|"
    rf",?\s+(?:which is )?\(?(?:option|choice) \(?(?P<named>{CHOICE})\)?)\s*"
)
_CHOICE_ENDS = frozenset("ABCDEFGHIJ)")
_RATIO = re.compile(r"[A-Za-z, ]*\bratio\b[A-Za-z ]* is (\d+) to (\d+)")
_LED_TO = re.compile(rf"[\w)] ?(?:->|→) ?-?{NUMERIC}$")
# Words of which nobody knows what they do to the equation behind them: `Si es par, x = 3`
_CLAUSE_BEFORE = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{1,20}){0,4}, [a-zA-Z] ?= ?[^,=]+")
# `a) 3 b) 5`
_LETTER_OF_PART = re.compile(r"(?<![\w(])([a-e])\)")
_SO = re.compile(r",\s+so\b", re.IGNORECASE)
_GOES_ON = re.compile(r"\b(?:then|so|total|therefore|thus|hence)\b", re.IGNORECASE)


def _new_numbers(behind: str, before: str) -> bool:
    """Whether a text goes on with numbers that did not stand before."""
    return not set(NUMBERS.findall(behind)) <= set(NUMBERS.findall(before))


def tidy(answer: str, equality: Equality) -> str:
    """What stands behind a marker, without the prose and the wrapping around it."""
    if len(answer) > MAX_ANSWER:
        return answer
    plain = answer.strip(" *").rstrip(".")
    if PLAIN_NUMBER.fullmatch(plain):
        return plain
    if plain.endswith(_DANGLING) or plain in _CUT_OFF or _NOWHERE.fullmatch(plain):
        return ""
    if plain.endswith("\\") and "$" in plain:
        return ""  # a formula that was cut off
    if "<" in answer:
        answer = _BOLD_TAG.sub("", answer)
    if "</" in answer:
        answer = answer[: answer.index("</")]
    answer = _without_bracket(answer)
    answer = answer.replace('\\"', '"').strip("*#_ \t")
    if "**" in answer:
        answer = _EMPHASIS.sub("", answer)
    if "\\boxed" in answer or "\\fbox" in answer:
        inner = boxes(answer)
        if len(inner) == 1:
            [box] = inner
            if box.other and equality.differ(*box.other) is not False:
                return ""
            return "" if is_vetoed(answer, box.start, box.end) else clean(box.answer or "")
    answer = clean(answer)
    if answer.startswith("="):
        answer = EQUALS_VALUE.sub("", answer)
    if "~~" in answer:
        answer = _STRUCK.sub("", answer)
    if not answer.isascii() or answer.rstrip("\n\t $").endswith(_SIGNS_IN_LATEX):
        answer = _SIGNS_BEHIND.sub("", answer)
    if not answer.isascii() or answer[:1] in ("=", "A", "a", "\\"):
        answer = _SIGNS_BEFORE.sub("", answer)
    if answer.startswith("a)") and "b)" in answer:
        answer = _LETTER_OF_PART.sub(r"(\1)", answer)
    if ("->" in answer or "→" in answer) and _LED_TO.search(answer):
        return ""  # `54 → 27`
    if len(answer) <= MAX_BARE:
        if both := _with_choice(_TEXT.sub(r"\1", answer) if "\\text" in answer else answer):
            return both
        if "=" in answer and (value := chained(answer, equality) or _summed(answer, equality)):
            return value
        if (" x " in answer or " I " in answer) and answer[:1].isdigit():
            answer = _HEDGE.sub("", _CROSS.sub(" × ", answer))
        if "not" in answer and (first := _NOT_ANOTHER.fullmatch(answer)):
            answer = first[1]
    if not has_words(answer) and "\\text" not in answer:
        return (restated(answer, equality) if " (" in answer else None) or clean(answer)
    sentence = first_sentence(answer)
    behind = answer[len(sentence) :]
    if behind and has_words(behind):
        if _GOES_ON.search(behind) and _new_numbers(behind, sentence):
            return ""  # the first sentence was not the last word
        answer = sentence
    so = _SO.search(answer)
    if so and _new_numbers(answer[so.end() :], answer[: so.start()]):
        return ""  # `12 minus 3, so 9`
    if remark := _REMARK.search(answer):
        if "which" in remark[0] and _WRONG.search(answer, remark.end()):
            return ""  # which is wrong
        answer = answer[: remark.start()]
    answer = _AT.sub("", clean(answer))
    if "ratio" in answer and (ratio := _RATIO.fullmatch(answer)):
        return f"{ratio[1]}:{ratio[2]}"
    if (named := _NAMELY.fullmatch(answer)) and is_assertion(named[1]):
        answer = named[2]
    if choice := (
        _CHOICE_SAID.match(answer) or _IS_CORRECT.fullmatch(answer) or _OPTION.fullmatch(answer)
    ):
        return choice[1]
    if len(answer) > MAX_BARE:
        return answer
    if "\\text" in answer or "\\math" in answer:
        if _WRONG.search(answer):
            return ""  # 7 \text{ is too small}
        answer = _SET_CHOICE.sub(r"(\1) ", answer)
    stated = _stated(answer)
    if not stated and "=" in answer and _CLAUSE_BEFORE.fullmatch(answer):
        return ""
    return restated(stated or answer, equality) or stated or answer


def _with_choice(answer: str) -> str | None:
    """`(C) 10` for a choice with its value in any order."""
    if found := _CHOICE_FIRST.fullmatch(answer):
        letter = found["letter"]
        marked = found["named"] or found["open"]
        if not marked and (letter.islower() or found["comma"]):
            return None  # `a: 5` gives a value to a letter, `A, 5` are two answers
    elif found := _CHOICE_BEFORE.fullmatch(answer):
        return f"({found['named'] or found['letter']}) {clean(found['value'] or found['inner'])}"
    elif answer.rstrip()[-1:] in _CHOICE_ENDS and (found := _CHOICE_LAST.fullmatch(answer)):
        letter = found["letter"] or found["named"]
    else:
        return None
    return f"({letter.upper()}) {clean(found['value'])}"


# Rows of one value each: `x &= 3 + 4 \\\\ &= 7`
_ALIGNED = re.compile(
    r"(?:\$\$|\\\[)?\s*\\begin\{(align\*?|aligned|split|eqnarray\*?)\}((?:[^\\]|\\(?!end\{))*)\\end\{\1\}"
    r"\s*(?:\$\$|\\\])?"
)


def chained(answer: str, equality: Equality) -> str | None:
    """One value for `2/5 = 0.4 = 40\\%`, `12/5 = 2.4 hours` and aligned rows that go on with `=`.

    The last with its unit, or else the first; nothing where they are not known to be equal.
    """
    if "\\begin" in answer:
        aligned = _ALIGNED.fullmatch(answer)
        rows = (
            [row.replace("&", " ").strip() for row in aligned[2].split("\\\\")] if aligned else []
        )
        rows = [row for row in rows if row]
        if len(rows) < 2 or not all(row.startswith("=") for row in rows[1:]):
            return None
        values = "".join(rows).split("=")[1:]
        agree = values and not any(equality.differ(value, values[-1]) for value in values[:-1])
        return clean(values[-1]) if agree else None
    if "%" not in answer and not has_words(answer) and "\\text" not in answer:
        return None
    parts = [clean(part) for part in answer.split("=")]
    words = WORD.findall(LATEX_WORD.sub("", parts[-1]))
    if words and not any(map(unit_named, words)):
        return None
    if len(parts) > 4 or any(has_words(part) or "\\text" in part for part in parts[:-1]):
        return None
    if any(equality.differ(part, parts[0]) is not False for part in parts[1:]):
        return None
    return parts[-1] if words else parts[0]


# `54, I think`
_HEDGE = re.compile(r",? I (?:think|believe|guess)$")
# `3 x 4 = 12`
_CROSS = re.compile(r"(?<=\d) x (?=\d)")
# `m = 5, n = 31, m + n = 36`
_LAST_OF_SUM = re.compile(
    r"(?:[a-z] = [^,=]{1,20}, (?:and |so |thus )?)+([a-z] ?[-+*] ?[a-z] = [^,=]{1,30})"
)


_LETTER = re.compile(r"[A-Za-z](?:_\w+)?")
# Not that in `\\sum_{k=1}`
_EQUALS = re.compile(r"=(?![^{}]{0,20}\})")


def _summed(answer: str, equality: Equality) -> str | None:
    """The sum that assignments lead to; or a quantity without what is between it and its value."""
    if answer.count("=") < 2:
        return None
    if found := _LAST_OF_SUM.fullmatch(answer):
        return found[1]
    parts = [part.strip() for part in _EQUALS.split(answer)]
    name = parts[0].strip("$ ")
    lettered = any(map(str.isalpha, LATEX_WORD.sub("", name)))
    if len(parts) != 3 or not lettered or _LETTER.fullmatch(name) or "," in name or "$" in name:
        return None
    same = equality.differ(clean(parts[1]), clean(parts[2])) is False
    return f"{name} = {clean(parts[2])}" if same else None


_BRACKET = re.compile(r"[()\[\]{}]")


def _without_bracket(answer: str) -> str:
    """An answer without the bracket that closes what its sentence opened: `(The answer is 12.)`."""
    answer = answer.removeprefix("}")
    end = answer.rstrip(" .")
    if end.endswith((")", "]", "}")) and not _BRACKET.search(end, 0, len(end) - 1):
        return end[:-1]
    return answer


def _stated(answer: str) -> str | None:
    """The value that an answer states in a sentence, in plain text or in a formula's."""
    plain = _TEXT.sub(r" \1 ", answer) if "\\text" in answer else answer
    return stated_value(plain)


_TWICE = re.compile(
    r"(.{1,60}?)(?:,?\s+(?:or|i\.e\.,?|that is,?|or equivalently|equivalently)"
    r"|,(?= (?:about|approx)))"
    r",?\s+([^,]{1,60})"
)
_AGAIN = (" or", "i.e", "that is", "equivalently", ", about", ", approx")
_ABOUT = re.compile(r"^\s*(?:about|approximately|approx\.?|roughly|around|≈|~|\\approx)\s*")
_IN_BRACKETS = re.compile(r"(.{0,60}[\w$}%])(?:\s*\\?\s+|~)\(([^()]{1,60})\)")


def restated(answer: str, equality: Equality) -> str | None:
    r"""The first of two forms of a value: `$\frac{3}{4}$ or 0.75`, `5 (five)`, `5 (apples)`."""
    plain = " ".join((_TEXT.sub(r" \1 ", answer) if "\\" in answer else answer).split())
    twice = any(word in plain for word in _AGAIN)
    if twice and (found := _TWICE.fullmatch(plain)):
        first, second = clean(found[1]), clean(_ABOUT.sub("", found[2]))
        same = equality.differ(first, second) is False
        return first if same or (_ABOUT.match(found[2]) and _rounded(first, second)) else None
    found = _IN_BRACKETS.fullmatch(plain) if plain.endswith(")") else None
    if found is None:
        return None
    first, second = clean(found[1]), clean(_ABOUT.sub("", found[2].removeprefix("or ")))
    if PLAIN_NUMBER.fullmatch(second) and equality.differ(second, first.lower()) is False:
        return second  # thirty-six (36)
    if "=" in first or not has_digits(first):
        return None
    if _ABOUT.match(found[2]) and _rounded(first, second):
        return first
    remark = (
        has_words(second)
        and not may_change_value(second)
        and not has_words(first)
        and is_assertion(second)
    )
    return first if remark or equality.differ(first, second) is False else None


_FRACTION = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}|(\d+)/(\d+)|(\d+)(\.\d+)")


def _rounded(exact: str, rounded: str) -> bool:
    """Whether a decimal is a fraction rounded to its digits, however few: 0.67 is 2/3."""
    given = _FRACTION.fullmatch(exact)
    point = rounded.find(".")
    if given is None or point < 0 or not rounded.replace(".", "", 1).isdecimal() or len(exact) > 40:
        return False
    above, below = given[1] or given[3], given[2] or given[4]
    if above and not int(below):
        return False
    value = Fraction(f"{above}/{below}") if above else Fraction(exact)
    last_digit = Fraction(1, 10 ** (len(rounded) - point - 1))
    return 2 * abs(value - Fraction(rounded)) <= last_digit
