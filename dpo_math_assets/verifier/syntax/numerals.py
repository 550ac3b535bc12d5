r"""Numbers written in digits: decimals, grouped thousands, repeating decimals, other bases.

`1,234.5`, `1\,234`, `12,34,567`, `1.234,5`, `0{,}5`, `1.5e3`, `0.\overline{3}`, `0.1666...`,
`101_2`, `1A_{16}`, and what words add behind them: `2 and a half`, `5 thousand and two`, `3rd`.
"""

import re
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import BasedInteger, Decimal, Node, Number
from dpo_math_assets.verifier.syntax.number_words import fraction_tail, scale_tail
from dpo_math_assets.verifier.syntax.scanner import Token

MAX_DIGITS = 1_000
MAX_EXPONENT = 2_000

_NUMBER = re.compile(
    # grouped by LaTeX or thin spaces, grouped by commas (outside brackets only), plain, or .5
    r"(?:(?P<thin>[1-9]\d{0,2}(?:(?:\{,\}|,\\!\s*|\\!,|\\,|\\ |\\;|[~ ])\d{3})+(?!\d))"
    r"|(?P<comma>[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)|[1-9]\d?(?:,\d{2})+,\d{3}(?!,?\d))"
    r"|(?P<plain>\d+))?"
    # `0{,}5` cannot group thousands, so its comma is the decimal sign
    r"(?P<fraction>\.\d+|\.(?![.\d])|\{,\}(?:\d{1,2}|\d{4,}|(?<=(?<!\d)0\{,\})\d+)(?!\d))?"
    r"(?P<exponent>[eE][+-]?\d+(?![A-Za-z\d.]))?",
    re.ASCII,
)
# Groups with points or spaces between them, a decimal comma behind: `1.234,56`, `1 234,5`; and
# groups that only points can part: `1.234.567`.
_WITH_COMMA = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?:(?:\.\d{3})+|(?: \d{3})+)),(?P<fraction>\d+)(?![,.]?\d| \d)"
    r"|(?P<pointed>[1-9]\d{0,2}(?:(?:\.\d{3}){2,}|(?:'\d{3})+|(?:_\d{3})+))(?![.,'_]?\d)",
    re.ASCII,
)
# A numeral, and behind it nothing that could belong to it: no group, base, exponent or ordinal, no
# word such as `and` (a half) or a scale (hundred, thousand, ...). An integer may also stand against
# a letter, a command or a numeral above.
_ALONE = re.compile(
    r"[0-9]{1,18}(?:\.[0-9]{1,18})?"
    r"(?=\s{0,9}(?:[-+*/=<>()\[\]|}!;&%]|,\s|$)|\s{1,9}(?i:(?!and|hund|thou|mill|bill|trill)[a-z]))"
    r"|[0-9]{1,18}(?=[a-df-mo-qu-zA-DF-Z]|\\[A-Za-z]|\^\{?[0-9])"
)
_UNGROUPED = re.compile(
    r"(?P<thin>)(?P<comma>)(?P<plain>\d+)(?P<fraction>\.\d+)?"
    r"(?P<exponent>[eE][+-]?\d+(?![A-Za-z\d.]))?",
    re.ASCII,
)
_NOT_DIGIT = re.compile(r"[^0-9]+")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![A-Za-z])|\^\{?(?:\\text\{)?(?:st|nd|rd|th)\}?\}?")
_DOTS = re.compile(r"\s?(?:\.\.\.|\\[lc]?dots(?![A-Za-z]))")
_REPEATING = re.compile(r"\\(?:overline|bar|dot|overset\{\.\})\s*(?:\{(\d{1,50})\}|(\d))", re.ASCII)
# `0.(3)`; behind other digits a bracket is a factor: `1.5(20)`
_REPEATING_IN_BRACKETS = re.compile(r"\(([0-9]{1,50})\)")
# `0.\\overline{ab}`: letters in the place of digits
_LETTER_DIGITS = re.compile(r"[A-Za-z]|\\(?:overline|bar|dot)(?![A-Za-z])")
_SAME_DIGIT = re.compile(r"(\d*?)(\d)\2\2+")
_BASE_WORDS = {word: value for word, value in NUMBER_WORDS.items() if 2 <= value <= 10}
_BRACED_BASE = r"_(?:\{\s*(?:\\text\{\s*)?(\d{1,2}|" + "|".join(_BASE_WORDS) + r")(?:\s*\})?\s*\}"
_BASE = re.compile(_BRACED_BASE + r"|(\d))", re.ASCII)
# Digits beyond 9, or in a bracket of their own: `1A_{16}`, `(101)_2`
_WITH_BASE = re.compile(
    r"(?:\(\s*(?P<bracketed>[0-9A-Z]+)\s*\)|\\(?:text|mathrm|textbf)\{\s*(?P<upright>[0-9A-Z]+)\s*\}"
    r"|(?P<bare>[0-9A-Z]{2,}))" + _BRACED_BASE + r"|(\d{1,2}))",
    re.ASCII,
)


class _Digits(NamedTuple):
    """A numeral as it is written; `end` is the offset behind it."""

    whole: str  # its groups taken together
    point: str  # `.` or `{,}`, or empty
    fraction: str
    exponent: str  # of ten, or empty
    end: int


# What a bracket before a base is an argument of, or a power or index.
_NAMES = ("sym", "func")
_RAISED = ("_", "^")

# A number, and the offset behind it.
_Read = tuple[Node, int]


def literal(numeral: str) -> Number | Decimal:
    """The number that a plain numeral such as `-12.50` is."""
    if "." not in numeral:
        return Number(int(numeral), 1)
    whole, _, fraction = numeral.partition(".")
    return _decimal(whole.lstrip("-"), fraction, 0, -1 if whole[0] == "-" else 1)


def rational(value: Fraction) -> Number:
    """The node of a rational."""
    return Number(value.numerator, value.denominator)


def number_at(text: str, at: int, separated: bool, before: str) -> _Read:
    """The number that begins at `at`, with all that belongs to it, and the offset behind it.

    `separated` says that commas separate items there, and `before` is the sign before the number:
    behind `_` is no group and behind `^` no base. Raises ParseError for digits that are no number,
    and VerifierLimitError for too many of them.
    """
    if alone := _ALONE.match(text, at):
        return literal(alone[0]), alone.end()
    digits = _digits_at(text, at, separated or _behind_comma(text, at), before)
    if len(digits.whole) + len(digits.fraction) > MAX_DIGITS:
        raise VerifierLimitError(f"number of more than {MAX_DIGITS} digits")
    for ending in (_repeating, _in_base, _approximate, _with_words):
        if found := ending(text, digits, before):
            return found
    node = _value(digits)
    ordinal = _ORDINAL.match(text, digits.end)
    return node, ordinal.end() if ordinal else digits.end


def _digits_at(text: str, at: int, separated: bool, before: str) -> _Digits:
    if not separated and (digits := _with_comma(text, at)):
        return digits
    found = _grouped(text, at, separated) if before != "_" else None
    found = found or _UNGROUPED.match(text, at)
    if found is None:
        raise ParseError("an index that begins with a point")
    written = found["fraction"] or ""
    return _Digits(
        _NOT_DIGIT.sub("", found["thin"] or found["comma"] or found["plain"] or ""),
        written.rstrip("0123456789"),
        written.lstrip(".{,}"),
        (found["exponent"] or "")[1:],
        found.end(),
    )


def _grouped(text: str, at: int, separated: bool) -> "re.Match[str] | None":
    """The digits with their groups, unless commas that separate items part them."""
    found = _NUMBER.match(text, at)
    if found and separated and (found["comma"] or (found["fraction"] or "").startswith("{")):
        return None
    return found


def _behind_comma(text: str, at: int) -> bool:
    """Whether a comma without a space is before: the numbers of `27,54,108,135` are no groups."""
    return at > 1 and text[at - 1] == "," and text[at - 2].isdigit()


def _with_comma(text: str, at: int) -> _Digits | None:
    """`1.234,56`, `1.234.567`."""
    found = _WITH_COMMA.match(text, at)
    if found is None:
        return None
    whole = _NOT_DIGIT.sub("", found["whole"] or found["pointed"])
    fraction = found["fraction"] or ""
    return _Digits(whole, "," if fraction else "", fraction, "", found.end())


def _value(digits: _Digits) -> Number | Decimal:
    if len(digits.exponent) > 9:
        raise VerifierLimitError(f"exponent of {len(digits.exponent)} digits")
    return _decimal(digits.whole, digits.fraction, int(digits.exponent or 0))


def _decimal(whole: str, fraction: str, exponent: int, sign: int = 1) -> Number | Decimal:
    """The exact value of a decimal literal; one without point and exponent is a `Number`."""
    if abs(exponent) > MAX_EXPONENT:
        raise VerifierLimitError(f"exponent {exponent}; the limit is {MAX_EXPONENT}")
    value = sign * int(whole + fraction or "0")
    if not fraction and not exponent:
        return Number(value, 1)
    places = len(fraction) - exponent
    p, q = (value, 10**places) if places > 0 else (value * 10**-places, 1)
    shared = gcd(p, q)
    return Decimal(p // shared, q // shared, places)


def _repeating(text: str, digits: _Digits, _before: str) -> _Read | None:
    r"""`0.1\overline{6}`, `0.(3)`."""
    if not digits.point:
        return None
    repeat = _REPEATING.match(text, digits.end)
    if repeat is None and digits.point == "." and not digits.fraction:
        repeat = _REPEATING_IN_BRACKETS.match(text, digits.end)
        if repeat is None and _LETTER_DIGITS.match(text, digits.end):
            raise ParseError("digits that are letters")
    if repeat is None:
        return None
    return _period(digits.whole, digits.fraction, repeat[repeat.lastindex or 1]), repeat.end()


def _period(whole: str, fraction: str, repeat: str) -> Number:
    shift, period = 10 ** len(fraction), 10 ** len(repeat) - 1
    p = int(whole + fraction or "0") * period + int(repeat)
    q = shift * period
    shared = gcd(p, q)
    return Number(p // shared, q // shared)


def _in_base(text: str, digits: _Digits, before: str) -> _Read | None:
    """`101_2`; in `x^2_1`, the power is one of x_1."""
    if digits.point or digits.exponent or before == "^":
        return None
    found = _BASE.match(text, digits.end)
    if found is None:
        return None
    base = _base(found[1] or found[2])
    if base < 2 or not _are_digits(digits.whole, base):
        raise ParseError(f"{digits.whole[:30]} is not a number in base {base}")
    return _based(digits.whole, base), found.end()


def _base(written: str) -> int:
    return _BASE_WORDS.get(written) or int(written)


def _based(digits: str, base: int) -> BasedInteger:
    value = 0
    for digit in digits:
        value = value * base + int(digit, 36)
    return BasedInteger(value, base)


def number_in_base_at(text: str, at: int, before: Token | None) -> _Read | None:
    """The number at `at` whose digits hold letters or stand in a bracket: `1A_{16}`, `(101)_2`."""
    found = _WITH_BASE.match(text, at)
    if found is None:
        return None
    if found["bracketed"] and before and (before.kind in _NAMES or before.value in _RAISED):
        return None
    digits, base = (
        found["bracketed"] or found["upright"] or found["bare"],
        _base(found[4] or found[5]),
    )
    # digits alone have their base read behind them, and a letter alone has an index
    if digits.isdigit() if found["bare"] else len(digits) == 1 and digits.isalpha():
        return None
    if len(digits) > MAX_DIGITS or not 2 <= base <= 36:
        return None
    return (_based(digits, base), found.end()) if _are_digits(digits, base) else None


def _are_digits(written: str, base: int) -> bool:
    return all(int(digit, 36) < base for digit in written)


def _approximate(text: str, digits: _Digits, _before: str) -> _Read | None:
    r"""`0.333...` and `3.14\ldots`: the dots only say that the digits go on."""
    dots = _DOTS.match(text, digits.end) if digits.fraction else None
    if dots is None:
        return None
    if goes_on := _SAME_DIGIT.fullmatch(digits.fraction):  # `0.1666...`
        return _period(digits.whole, goes_on[1], goes_on[2]), dots.end()
    return _value(digits), dots.end()


def _with_words(text: str, digits: _Digits, _before: str) -> _Read | None:
    """`2 and a half`, `5 thousand and two`."""
    if digits.point or digits.exponent or not text[digits.end : digits.end + 1].isspace():
        return None
    whole = int(digits.whole or "0")
    if tail := fraction_tail(text, digits.end):
        return rational(whole + tail[0]), tail[1]
    scaled = scale_tail(text, digits.end)
    if scaled is None or not scaled[1]:
        return None
    factor, more, end = scaled
    return Number(whole * factor + more, 1), end
