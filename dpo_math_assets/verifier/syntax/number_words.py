"""Numbers spelled out in English: `twenty-one`, `three hundred and five`, `two thirds`.

Only well-formed numerals of more than one plain word count: `one two` and `twenty twenty` are not
numbers, and a lone `two` is a word that the parser weighs.
"""

import re
from fractions import Fraction

from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, SCALES, TENS

_BELOW_TWENTY = {word: value for word, value in NUMBER_WORDS.items() if 0 < value < 20}
# What a numeral may begin with: `a hundred`, `twenty-one`, `two thirds`.
NUMERAL_WORDS = frozenset(("a", *_BELOW_TWENTY, *TENS))
_UNITS = {word: value for word, value in _BELOW_TWENTY.items() if value < 10}
# Denominators: the ordinals, and words of their own.
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "eighth": 8}
_PARTS |= {"ninth": 9, "twelfth": 12, "hundredth": 100, "thousandth": 1000}
_PARTS |= {
    f"{word}th": value
    for word, value in _BELOW_TWENTY.items()
    if value in (4, 6, 7, 10, 11) or value > 12
}
_PARTS |= {f"{word[:-1]}ieth": value for word, value in TENS.items()}
_PARTS |= {"millionth": 10**6, "billionth": 10**9}
_LARGE = {word: value for word, value in SCALES.items() if value >= 1000}


def _any(words: dict[str, int]) -> str:
    return "(?:" + "|".join(sorted(words, key=lambda word: -len(word))) + ")"


_GAP = r"(?:\s+|-)"
_BELOW_100 = rf"(?:{_any(TENS)}(?:{_GAP}{_any(_UNITS)})?|{_any(_BELOW_TWENTY)})"
_ONE_OR_MORE = rf"(?:a|{_any(_BELOW_TWENTY)})"
_BELOW_1000 = rf"(?:{_ONE_OR_MORE}\s+hundred(?:\s+(?:and\s+)?{_BELOW_100})?|{_BELOW_100})"
_LARGE_PART = rf"(?:a|{_BELOW_1000})\s+{_any(_LARGE)}(?:,?\s+(?:and\s+)?)?"
_WHOLE = rf"(?:(?:{_LARGE_PART})+(?:{_BELOW_1000})?|{_BELOW_1000})"
_END = r"(?![A-Za-z]|-[A-Za-z])"
_NUMBER = re.compile(_WHOLE + _END, re.IGNORECASE)
_FRACTION = re.compile(rf"({_any(_BELOW_TWENTY)}){_GAP}({_any(_PARTS)})s?{_END}", re.IGNORECASE)
_SCALE = re.compile(
    rf"\s+(hundred|{_any(_LARGE)})(?:,?\s+(?:and\s+)?({_BELOW_1000}))?{_END}", re.IGNORECASE
)
_TAIL = re.compile(
    rf"\s+and\s+(a|{_any(_BELOW_TWENTY)}){_GAP}({_any(_PARTS)})s?{_END}", re.IGNORECASE
)


def spelled_number(text: str, at: int) -> tuple[Fraction, int] | None:
    """The numeral that begins at `at` and the offset of its end; None for none, or a lone word."""
    if found := _FRACTION.match(text, at):
        return Fraction(_BELOW_TWENTY[found[1].lower()], _PARTS[found[2].lower()]), found.end()
    found = _NUMBER.match(text, at)
    if found is None:
        return None
    tail = fraction_tail(text, found.end())
    if tail is not None:
        return _whole(found[0]) + tail[0], tail[1]
    if found[0].lower() in _BELOW_TWENTY:
        return None
    return Fraction(_whole(found[0])), found.end()


def fraction_tail(text: str, at: int) -> tuple[Fraction, int] | None:
    """The fraction in ` and a half` behind a number, and the offset of its end."""
    found = _TAIL.match(text, at)
    if found is None:
        return None
    share = Fraction(_BELOW_TWENTY.get(found[1].lower(), 1), _PARTS[found[2].lower()])
    return (share, found.end()) if share < 1 else None


def scale_tail(text: str, at: int) -> tuple[int, int, int] | None:
    """(factor, what is added, offset of the end) of ` thousand and two` behind digits."""
    found = _SCALE.match(text, at)
    if found is None:
        return None
    word = found[1].lower()
    return _LARGE.get(word, 100), _whole(found[2] or ""), found.end()


def _whole(words: str) -> int:
    total = current = 0
    for word in re.findall("[a-z]+", words.lower()):
        if word in _LARGE:
            total, current = total + current * _LARGE[word], 0
        elif word == "hundred":
            current *= 100
        elif word != "and":
            current += 1 if word == "a" else TENS.get(word) or _BELOW_TWENTY[word]
    return total + current
