"""Runs of letters to tokens: words, names of functions, units, letters of a product.

The rules of `RULES` are tried in order. Each looks at the scanner, which stands before the run, and
at the run, and gives the kind, value and length of the token, or None where it does not apply. A
run that is none of these is a product.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from dpo_math_assets.verifier.lexicon.functions import (
    CALLED,
    CONSTANTS,
    FUNCTION_NAMES,
    GREEK,
    PRINTED,
    PRINTED_SETS,
)
from dpo_math_assets.verifier.lexicon.latex import ACCENTS
from dpo_math_assets.verifier.lexicon.units import (
    CURRENCY_CODES,
    LONG_ABBREVIATIONS,
    SPACED_UNITS,
    unit_named,
)
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, TENS, words
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.number_words import NUMERAL_WORDS, spelled_number
from dpo_math_assets.verifier.syntax.numerals import rational
from dpo_math_assets.verifier.syntax.scanner import Kind, Scanner

Read = tuple[Kind, str, int]
Rule = Callable[[Scanner, str], Read | None]

_LETTERS = re.compile(r"[A-Za-z]+")
_VOWELS = frozenset("aeiou")
# `don't`, `Tom's`, `I'm`, `o'clock`
_CONTRACTION = re.compile(
    r"(?:[A-Za-z]+n't|[A-Za-z]{2,}'(?:s|re|ve|ll|d)|I'(?:m|ve|ll|d)|o'clock)(?![A-Za-z'(])"
)
_NUMBER_AHEAD = re.compile(
    r"\s+\$?(?=[\d.]|\\(?:frac|sqrt|d?frac)|(?:" + "|".join((*NUMBER_WORDS, *TENS)) + r")(?![a-z]))"
)
_NOUN_AHEAD = re.compile(r"\s+([a-z]{4,}|[a-z]{3}(?=\s+[a-z]{2}))")
_SET_AHEAD = re.compile(r"\s*(?:[\[({]|\\\{|\\left|\\mathbb|(?:RR|ZZ|NN|QQ|CC)(?![A-Za-z]))")
_INTERVAL_AHEAD = re.compile(r"\s*(?:\\left)?[(\[]")
# `2.7 g/cm^3`, `20 J/mol`: what divides the letter is a unit, and so the letter is one
_BY_UNIT = re.compile(
    r"\s?/\s?\(?(?:kg|cm|mm|km|dm|mL|min|hr|sec|mol|ft|lb)(?![A-Za-z])|[\s*]\s?(?:kg|mol)\s?\^\s?\{?\s?-"
)
# `at^2` and `2*of` are products; `5\\pi cm` and `(2 + 3) ft.` end in a unit
_POWER_AHEAD = re.compile(r"\s?[\^_*/(]")
_END_AHEAD = re.compile(r"\s*(?:[.,;^/})]|$)")
# `2\\mathrm{C}_5^2`: an upright letter that is no unit
_INDEX_AHEAD = re.compile(r"[ ~}]*_")
# What may stand between one unit and the next, and what has to stand before that.
_IN_POWER = frozenset(("/", "^", "{", "}", "-", "("))
_BEFORE = {"-": ("^", "{"), "(": ("/",)}
_NOON = re.compile(r"([apAP])\.\s?[mM]\b\.?")
# `xandy`, and not `more` or `hands`; `xsinx`, `2pir`: letters that variables have, so that `copies`
# and `tanks` stay words.
_WITH_NAME = re.compile(
    r"([abcknrtx-zA-Z]{0,2}?)(arcsin|arccos|arctan|sin|cos|tan|sec|csc|cot|ln|log|exp|sqrt|pi|theta|"
    r"alpha|beta|Delta)([abhnrx-zA-Z]{0,2})"
)
_WITH_WORD = re.compile(r"([a-cnx-z]?)(and|or)([a-cnx-zA-Z])")
# The end of `\\operatorname{re}`, and the bracket behind it.
BRACKET_AHEAD = re.compile(r"\}?\s?\{?\s?(?:\\left\s?)?\(")
# Letters that do not follow each other, as the corners `ABCD` do.
_NO_FIGURE = re.compile(
    "(?!" + "|".join(f"{chr(code)}{chr(code + 1)}" for code in range(65, 90)) + "|.$)."
)
_SIGN_AHEAD = re.compile(r"\s*[=<>+}^_/-]")
_DOUBLED_DOMAINS = frozenset(("RR", "ZZ", "NN", "QQ", "CC"))
_WORD_BEHIND = re.compile(r"\s+([a-z]{3,})|\s*(?:[.,;}]|$)")
_VOWELS = frozenset("aeiou")
_PRINTED = re.compile(r"([A-Za-z]+(?:(?<=Interval)\.(?:open|Lopen|Ropen))?)(?=\()")
# Single letters that may be a word, half of the day, or the sign of a union.
_LETTERS_IN_WORDS = frozenset("aApPIU")
_NEGATIVE = frozenset(("negative", "minus"))
_SHORT_WORDS = words("english", "short")
_UNIT_WORDS = frozenset(("sq", "cu", "square", "cubic", "per"))
_OF_VALUES = frozenset(("num", "close", "const"))
# Words that are operators wherever they stand.
_OPERATORS: dict[str, tuple[Kind, str]] = {
    **dict.fromkeys(("percent", "pct", "percentage"), ("op", "%")),
    **dict.fromkeys(("degree", "degrees"), ("cmd", "degree")),
    "and": ("sep", "and"),
    "or": ("sep", "or"),
}
_NAMED: dict[str, tuple[Kind, str]] = {
    **{name: (cast(Kind, kind), value) for name, (kind, value) in PRINTED_SETS.items()},
    **{name: ("const", value) for name, value in CONSTANTS.items()},
    **{name: ("func", value) for name, value in FUNCTION_NAMES.items()},
}
# Runs of letters that are no mere words, in this spelling and in any.
_NAMES = GREEK.union(ACCENTS, CALLED, PRINTED, _NAMED)
_MORE_THAN_WORDS = NUMERAL_WORDS.union(_NEGATIVE, _OPERATORS)


def read_letters(scanner: Scanner) -> None:
    """Emits the tokens of the run of letters before which the scanner stands."""
    text, at = scanner.text, scanner.position
    found = _LETTERS.match(text, at)
    assert found is not None
    run = found[0]
    upright = scanner.next_brace == "text"  # \mathrm x
    if upright:
        scanner.next_brace = None
    if len(run) >= 4 and _is_only_a_word(run) and not text.startswith(("'", "("), found.end()):
        scanner.emit("word", run, len(run))
        return
    scanner.upright = upright or "text" in scanner.braces
    if len(run) == 1 and run not in _LETTERS_IN_WORDS:
        scanner.emit(*_letter_or_unit(scanner, run))
        return
    if run.lower() in NUMERAL_WORDS and (spelled := spelled_number(text, at)):
        scanner.emit("num", "", spelled[1] - at, rational(spelled[0]))
        return
    for rule in RULES:
        if token := rule(scanner, run):
            scanner.emit(*token)
            return
    _emit_product(scanner, run)


@lru_cache(maxsize=4096)
def _is_only_a_word(run: str) -> bool:
    """Whether four letters or more are a word wherever they stand: no name, number or product.

    Words with an apostrophe aside, the longer way through the rules comes to the same.
    """
    return _is_no_name(run)


def _is_no_name(run: str) -> bool:
    return not (
        run.isupper() or run in _NAMES or run.lower() in _MORE_THAN_WORDS or _split(run) is not None
    )


def _split(run: str) -> "re.Match[str] | None":
    return _WITH_NAME.fullmatch(run) or _WITH_WORD.fullmatch(run)


def _emit_product(scanner: Scanner, run: str) -> None:
    """`xsinx`, `xandy`, `xy`; but four letters or more, and a name such as `Tom`, are a word."""
    found = _split(run)
    named = len(run) == 3 and run[0].isupper() and run[1:].islower() and scanner.last() != "op"
    if found is None and (named or len(run) >= 4):
        scanner.emit("word", run, len(run))
        return
    before, name, behind = found.groups() if found else (run, "", "")
    for letter in before:
        scanner.emit(*_letter(letter))
    if name:
        kind, value = _OPERATORS.get(name) or _NAMED.get(name) or ("sym", name)
        scanner.emit(kind, value, len(name))
    for letter in behind:
        scanner.emit(*_letter(letter))


def _letter(letter: str) -> Read:
    return ("const", CONSTANTS[letter], 1) if letter in CONSTANTS else ("sym", letter, 1)


def _letter_or_unit(scanner: Scanner, letter: str) -> Read:
    if letter in scanner.known and _is_unit_letter(scanner):
        return "word", letter, 1
    return _letter(letter)


def _is_unit_letter(scanner: Scanner) -> bool:
    if _behind_value(scanner, 1) or _in_unit(scanner):
        return True
    measured = scanner.units and scanner.spaced and scanner.last() == "num"
    return measured and _BY_UNIT.match(scanner.text, scanner.position + 1) is not None


def _behind_value(scanner: Scanner, length: int) -> bool:
    """Whether an upright name stands behind a value."""
    if not scanner.upright or scanner.last() not in _OF_VALUES:
        return False
    return not _INDEX_AHEAD.match(scanner.text, scanner.position + length)


def _in_unit(scanner: Scanner) -> bool:
    """Behind a unit's word, its power, a number or a slash: `5 min 20 s`, `mol^{-1} K`."""
    before = scanner.tokens[-6:]
    if before and before[-1].value == "*":
        before.pop()
    while before and (before[-1].kind == "num" or before[-1].value in _IN_POWER):
        needed = _BEFORE.get(before.pop().value)
        if needed and (not before or before[-1].value not in needed):
            return False
    return bool(before) and before[-1].kind == "word" and _is_unit_word(before[-1].value)


def _is_unit_word(word: str) -> bool:
    return unit_named(word) is not None or word in _UNIT_WORDS


# The rules.


def _sign_in_words(scanner: Scanner, run: str) -> Read | None:
    """`negative 5`."""
    if run.lower() not in _NEGATIVE:
        return None
    ahead = _NUMBER_AHEAD.match(scanner.text, scanner.position + len(run))
    return ("op", "-", len(run)) if ahead else None


def _contraction(scanner: Scanner, run: str) -> Read | None:
    if not scanner.text.startswith("'", scanner.position + len(run)):
        return None
    found = _CONTRACTION.match(scanner.text, scanner.position)
    return ("word", found[0], len(found[0])) if found else None


def _operator(scanner: Scanner, run: str) -> Read | None:
    """`and`, `percent`, `degrees`."""
    found = _OPERATORS.get(run.lower())
    return (*found, len(run)) if found else None


def _relating_word(scanner: Scanner, run: str) -> Read | None:
    """`x in [0, 1]`, `7 mod 3`, `2 to 3`, `30 deg`."""
    text, behind, last = scanner.text, scanner.position + len(run), scanner.last()
    if run == "in" and last == "sym" and _SET_AHEAD.match(text, behind):
        return "rel", "in", 2
    if run == "mod" and not scanner.upright and not text.startswith("(", behind):
        return "op", "mod", 3
    if last == "num" and run.lower() == "to":
        return "punct", ":", 2
    return ("cmd", "degree", 3) if last == "num" and run == "deg" else None


def _one_letter(scanner: Scanner, run: str) -> Read | None:
    """`5 p.m.`, `[0, 1) U (2, 3]`, `a circle`, or a letter."""
    if len(run) != 1:
        return None
    text, behind, last = scanner.text, scanner.position + 1, scanner.last()
    if noon := _NOON.match(text, scanner.position):
        return "word", noon[1].lower() + "m", len(noon[0])
    if run == "U" and last == "close" and _INTERVAL_AHEAD.match(text, behind):
        return "set", "union", 1
    if run in "aA" and last in ("", "word") and (noun := _NOUN_AHEAD.match(text, behind)):
        name = noun[1]
        if name not in FUNCTION_NAMES and name not in GREEK and name not in CONSTANTS:
            return "word", run, 1
    return _letter_or_unit(scanner, run)


def _accent(scanner: Scanner, run: str) -> Read | None:
    if run not in ACCENTS or not scanner.text.startswith("{", scanner.position + len(run)):
        return None
    scanner.next_brace = "group"
    return "accent", run, len(run)


def _name(scanner: Scanner, run: str) -> Read | None:
    """A function, a constant, a set as computer algebra prints it; `5 min` is no minimum."""
    found = _NAMED.get(run)
    unit = found and found[0] == "func" and run in scanner.known and scanner.last() == "num"
    return (*found, len(run)) if found and not unit else None


def _called(scanner: Scanner, run: str) -> Read | None:
    r"""`erf(x)`, `\operatorname{re}{\left(z\right)}`."""
    name = CALLED.get(run)
    if name is None or not BRACKET_AHEAD.match(scanner.text, scanner.position + len(run)):
        return None
    return "func", name, len(run)


def _printed(scanner: Scanner, run: str) -> Read | None:
    """`Interval.open(`, `FiniteSet(`."""
    found = _PRINTED.match(scanner.text, scanner.position) if run in PRINTED else None
    return ("func", found[1], len(found[1])) if found else None


def _upright_word(scanner: Scanner, run: str) -> Read | None:
    return ("word", run, len(run)) if scanner.upright and not run.isupper() else None


def _greek(scanner: Scanner, run: str) -> Read | None:
    return ("sym", run.removeprefix("var"), len(run)) if run in GREEK else None


def _short_word(scanner: Scanner, run: str) -> Read | None:
    if run.lower() not in _SHORT_WORDS:
        return None
    product = _POWER_AHEAD.match(scanner.text, scanner.position + 2)
    return None if product or _is_segment(scanner, run) else ("word", run, len(run))


def _is_segment(scanner: Scanner, run: str) -> bool:
    """`NO = 5`, `\\frac{NO}{BO}`: two capitals beside signs are a segment, alone an answer."""
    if len(run) != 2 or not run.isupper() or scanner.upright:
        return False
    text, at = scanner.text, scanner.position
    return text[max(at - 1, 0)] == "{" or _SIGN_AHEAD.match(text, at + 2) is not None


def _word_among_words(scanner: Scanner, run: str) -> Read | None:
    """`5 red apples`, `3 apples red`: three letters between words are one, too."""
    if not run.islower() or not scanner.spaced or scanner.last() not in ("num", "word"):
        return None
    behind = _WORD_BEHIND.match(scanner.text, scanner.position + len(run))
    follows = behind and behind[1]
    if behind is None or (follows and not (follows in _SHORT_WORDS or _is_no_name(follows))):
        return None
    ends = scanner.last() == "word" and not _VOWELS.isdisjoint(run)
    return ("word", run, len(run)) if follows or ends else None


def _unit(scanner: Scanner, run: str) -> Read | None:
    """A unit's abbreviation behind a number or inside a unit: `5 kg`, `225 lbs`, `9 sq ft`."""
    measures = run in scanner.known and _behind_value(scanner, len(run))
    if not measures and scanner.units and _is_unit_word(run):
        behind_number = scanner.last() == "num" and (scanner.spaced or run not in SPACED_UNITS)
        measures = behind_number or _in_unit(scanner)
    return ("word", run, len(run)) if measures else None


def _unit_of_value(scanner: Scanner, run: str) -> Read | None:
    r"""A unit's abbreviation that ends a value such as `5\pi cm` or `(2 + 3) ft.`"""
    if not (scanner.units and scanner.spaced and run in LONG_ABBREVIATIONS):
        return None
    ends = scanner.last() in ("const", "close", "sym") and _END_AHEAD.match(
        scanner.text, scanner.position + len(run)
    )
    if not ends or any(token.kind == "sym" and token.value in run for token in scanner.tokens):
        return None
    return "word", run, len(run)


def _doubled_domain(scanner: Scanner, run: str) -> Read | None:
    """`x in RR`."""
    within = run in _DOUBLED_DOMAINS and scanner.last_value() == "in"
    return ("domain", run[0], len(run)) if within else None


def _capitals(scanner: Scanner, run: str) -> Read | None:
    """`USD`, `5 APPLES`, `5 KG`; `ABC` as a segment or triangle."""
    if run in CURRENCY_CODES or run == "DNE":
        return "word", run, len(run)
    if scanner.last() == "num" and (scanner.spaced or scanner.upright):
        counted = len(run) >= 4 and _NO_FIGURE.search(run) is not None
        if counted or (unit_named(run) and (scanner.upright or len(run) >= 3)):
            return "word", run, len(run)
        behind = scanner.text[scanner.tokens[-1].start : scanner.position]
        if len(run) >= 2 and behind.endswith("\\text{ "):
            raise ParseError("capitals that are no unit")
    return ("sym", run, len(run)) if len(run) >= 3 and run.isupper() else None


def _unknown_function(scanner: Scanner, run: str) -> Read | None:
    """`foo(3)`: three letters that may be a word, and more, directly before a bracket."""
    if not scanner.text.startswith("(", scanner.position + len(run)):
        return None
    if len(run) < 3 or scanner.upright or _split(run):
        return None
    if scanner.last() == "word" or (scanner.last() == "num" and scanner.spaced):  # a unit
        return None
    spelled = len(run) > 3 or not _VOWELS.isdisjoint(run)
    return ("func", run, len(run)) if spelled else None


RULES: tuple[Rule, ...] = (
    _sign_in_words,
    _contraction,
    _operator,
    _relating_word,
    _one_letter,
    _accent,
    _name,
    _called,
    _printed,
    _upright_word,
    _greek,
    _short_word,
    _word_among_words,
    _unit,
    _unit_of_value,
    _doubled_domain,
    _unknown_function,
    _capitals,
)
