"""Chinese around an answer in English or LaTeX: lead-ins, numbers in words, fractions, units.

What is not known here stays, so that the answer cannot be read.
"""

import re

from dpo_math_assets.verifier.lexicon.words import in_order, meanings

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_NUMBER_SIGNS = "".join((*_DIGITS, *_PLACES, *_MYRIADS))
# A number in words by itself, perhaps with a minus sign or a counter.
_NUMBER = re.compile(
    rf"(?<![\d\u4e00-\u9fff])(?P<minus>负?)(?P<words>[{_NUMBER_SIGNS}]{{1,20}})"
    rf"(?=[^\u4e00-\u9fff]|$|[{''.join(in_order('chinese', 'counters'))}])"
)
_SCALED = re.compile(r"(?<=\d)\s?([万亿])")
_UNITS = meanings("chinese", "units")
_POWERS = meanings("chinese", "powers")
_HAN = re.compile("[\u4e00-\u9fff]")
_SHARES = {**_DIGITS, "十": 10}
_SHARE = re.compile(
    rf"(?<![\d\u4e00-\u9fff])(?P<below>[{''.join(_SHARES)}百]|\d{{1,9}})分之"
    rf"(?P<above>[{''.join(_SHARES)}]|\d{{1,9}}(?:\.\d{{1,9}})?)(?![\d\u4e00-\u9fff])"
)
_LEAD_IN = re.compile(
    rf"\s*(?:(?:{'|'.join(in_order('chinese', 'conclusions'))})，?)?"
    rf"(?:{'|'.join(in_order('chinese', 'lead_ins'))})\s?[:：]?\s?(?=[^\u4e00-\u9fff])"
)
_UNIT = re.compile(
    # from the first dollar sign or space of several, which are looked at once
    rf"(?:(?<=[\d}})])[\s$]*+|(?<=\$)\s*+)(?:(?P<power>{'|'.join(_POWERS)})?(?P<unit>{'|'.join(_UNITS)})"
    rf"|[{''.join(in_order('chinese', 'counters'))}]"
    rf"(?:(?![{''.join(in_order('chinese', 'changing'))}])[\u4e00-\u9fff]){{0,6}}+)"
    r"(?![\u4e00-\u9fff])"
)


def in_english(text: str) -> str:
    """The text with its Chinese read, as far as it is known."""
    if not _HAN.search(text):
        return text
    text = _SHARE.sub(_share, text)
    if lead_in := _LEAD_IN.match(text):
        text = text[lead_in.end() :]
    text = _NUMBER.sub(_number, text)
    text = _SCALED.sub(lambda sign: f" \\times {_MYRIADS[sign[1]]}", text)
    return _UNIT.sub(_unit_in_english, text)


def _number(said: "re.Match[str]") -> str:
    value = _value(said["words"])
    return said[0] if value is None else f"{'-' if said['minus'] else ''}{value}"


def _value(words: str) -> int | None:
    """The number that words say, such as 305 for three signs of hundreds and ones; or None."""
    total = part = digit = 0
    last = 10**9
    for sign in words:
        if sign in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[sign]
        elif sign in _PLACES:
            if _PLACES[sign] >= last:
                return None
            last = _PLACES[sign]
            part, digit = part + (digit or 1) * last, 0
        else:
            total, part, digit, last = (total + part + digit) * _MYRIADS[sign], 0, 0, 10**9
    return total + part + digit


def _share(share: "re.Match[str]") -> str:
    """A fraction or a percentage, whose denominator is said first in Chinese."""
    above, below = share["above"], share["below"]
    above = str(_SHARES.get(above, above))
    if below == "百":
        return f"{above}%"
    return f"\\frac{{{above}}}{{{_SHARES.get(below, below)}}}"


def _unit_in_english(counted: "re.Match[str]") -> str:
    """` square cm` for the unit behind a number; nothing for what only says that it counts."""
    if counted["unit"] is None:
        return ""
    power = _POWERS[counted["power"]] + " " if counted["power"] else ""
    return f" {power}{_UNITS[counted['unit']]}"
