r"""One value that an answer gives in several forms: `2/5 = 0.4 = 40\%`, `\frac{3}{4}$ or 0.75`,
`5 (five)`.

Forms that are not known to be equal are no restatement, and neither are values whose words may
change them.
"""

import re
from fractions import Fraction

from dpo_math_assets.verifier.extraction.candidate import Equality
from dpo_math_assets.verifier.extraction.prose import is_assertion, may_change_value
from dpo_math_assets.verifier.extraction.tokens import (
    LATEX_WORD,
    PLAIN_NUMBER,
    TEXT_COMMAND,
    WORD,
    has_digits,
    has_words,
)
from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.syntax.normalization import clean
from dpo_math_assets.verifier.trace import applied

# Rows of one value each: `x &= 3 + 4 \\\\ &= 7`
_ALIGNED = re.compile(
    r"(?:\$\$|\\\[)?\s*\\begin\{(align\*?|aligned|split|eqnarray\*?)\}((?:[^\\]|\\(?!end\{))*)"
    r"\\end\{\1\}\s*(?:\$\$|\\\])?"
)
# `m = 5, n = 31, m + n = 36`
_LAST_OF_SUM = re.compile(
    r"(?:[a-z] = [^,=]{1,20}, (?:and |so |thus )?)+([a-z] ?[-+*] ?[a-z] = [^,=]{1,30})"
)
_LETTER = re.compile(r"[A-Za-z](?:_\w+)?")
# Not that in `\\sum_{k=1}`
_EQUALS = re.compile(r"=(?![^{}]{0,20}\})")
_TWICE = re.compile(
    r"(.{1,60}?)(?:,?\s+(?:or|i\.e\.,?|that is,?|or equivalently|equivalently)"
    r"|,(?= (?:about|approx)))"
    r",?\s+([^,]{1,60})"
)
_AGAIN = (" or", "i.e", "that is", "equivalently", ", about", ", approx")
_ABOUT = re.compile(r"^\s*(?:about|approximately|approx\.?|roughly|around|≈|~|\\approx)\s*")
_IN_BRACKETS = re.compile(r"(.{0,60}[\w$}%])(?:\s*\\?\s+|~)\(([^()]{1,60})\)")
_EXACT = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}|(\d+)/(\d+)|(\d+)(\.\d+)")


def chained_value(answer: str, equality: Equality) -> str | None:
    r"""One value for `2/5 = 0.4 = 40\%`, `12/5 = 2.4 hours` and aligned rows that go on with `=`.

    The last with its unit, or else the first; nothing where they are not known to be equal.
    """
    if "\\begin" in answer:
        return _aligned_value(answer, equality)
    if "%" not in answer and not has_words(answer) and "\\text" not in answer:
        return None
    parts = [clean(part) for part in answer.split("=")]
    words = WORD.findall(LATEX_WORD.sub("", parts[-1]))
    if len(parts) > 4 or (words and not any(map(unit_named, words))):
        return None
    if any(has_words(part) or "\\text" in part for part in parts[:-1]):
        return None
    if any(equality.differ(part, parts[0]) is not False for part in parts[1:]):
        return None
    return parts[-1] if words else parts[0]


def _aligned_value(answer: str, equality: Equality) -> str | None:
    aligned = _ALIGNED.fullmatch(answer)
    rows = [row.replace("&", " ").strip() for row in aligned[2].split("\\\\")] if aligned else []
    rows = [row for row in rows if row]
    if len(rows) < 2 or not all(row.startswith("=") for row in rows[1:]):
        return None
    values = "".join(rows).split("=")[1:]
    if not values or any(equality.differ(value, values[-1]) for value in values[:-1]):
        return None
    return clean(values[-1])


def summed_value(answer: str, equality: Equality) -> str | None:
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


def restated_value(answer: str, equality: Equality) -> str | None:
    r"""The first of two forms of a value: `$\frac{3}{4}$ or 0.75`, `5 (five)`, `5 (apples)`."""
    plain = " ".join((TEXT_COMMAND.sub(r" \1 ", answer) if "\\" in answer else answer).split())
    if any(sign in plain for sign in _AGAIN) and (found := _TWICE.fullmatch(plain)):
        value = _one_of_two(found, equality)
    elif plain.endswith(")") and (found := _IN_BRACKETS.fullmatch(plain)):
        value = _with_brackets(found, equality)
    else:
        return None
    if value is not None:
        applied("cleanup.restated", answer, value)
    return value


def _one_of_two(found: "re.Match[str]", equality: Equality) -> str | None:
    first, second = clean(found[1]), clean(_ABOUT.sub("", found[2]))
    same = equality.differ(first, second) is False
    return first if same or (_ABOUT.match(found[2]) and _rounds_to(first, second)) else None


def _with_brackets(found: "re.Match[str]", equality: Equality) -> str | None:
    first, second = clean(found[1]), clean(_ABOUT.sub("", found[2].removeprefix("or ")))
    if PLAIN_NUMBER.fullmatch(second) and equality.differ(second, first.lower()) is False:
        return second  # thirty-six (36)
    if "=" in first or not has_digits(first):
        return None
    if _ABOUT.match(found[2]) and _rounds_to(first, second):
        return first
    remark = has_words(second) and not has_words(first) and not may_change_value(second)
    if (remark and is_assertion(second)) or equality.differ(first, second) is False:
        return first
    return None


def _rounds_to(exact: str, rounded: str) -> bool:
    """Whether a decimal is a fraction rounded to its digits, however few: 0.67 is 2/3."""
    given = _EXACT.fullmatch(exact)
    point = rounded.find(".")
    if given is None or point < 0 or not rounded.replace(".", "", 1).isdecimal() or len(exact) > 40:
        return False
    above, below = given[1] or given[3], given[2] or given[4]
    if above and not int(below):
        return False
    value = Fraction(f"{above}/{below}") if above else Fraction(exact)
    last_digit = Fraction(1, 10 ** (len(rounded) - point - 1))
    return 2 * abs(value - Fraction(rounded)) <= last_digit
