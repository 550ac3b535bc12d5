r"""The value that a sentence states: `Jack has $120 now.` states $120, `It takes 90 minutes in all`
states 90 minutes, `The roots are $3$ and $4$` these two.

A whitelist: somebody or something, a verb that states (is, has, costs, ...), the value at once
behind it, what is counted, and an end that changes nothing (`in total`, `to her friend`). Any other
sentence states nothing here, because numbers stand in sentences for many reasons (`half of 12`,
`consider 5 cases`, `the first 10 primes`). What is counted stays with the number: units are
compared, and only the comparison knows which words are units. The words and phrases are data:
`lexicon/languages/english_sentences.toml`.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.tokens import (
    FORMULA,
    NUMBER,
    VALUE_START,
    has_words,
    lower_words,
)
from dpo_math_assets.verifier.lexicon.phrases import phrases
from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, SCALES, TENS, in_order, words
from dpo_math_assets.verifier.trace import applied

MAX_SENTENCE = 300

_LANGUAGE = "english_sentences"

# -- values

# A number that ends where its word ends: a mixed number, a ratio, a share too.
_STATED_NUMBER = rf"-?\$?-?{NUMBER}(?:/\d+|\s\d+/\d+|(?::\d+)+)?%?(?![\w/*+^=(]|[.,:]\d|-\d)"
_VALUE = rf"(?:{FORMULA.pattern}|{_STATED_NUMBER})"
# `9 * 2 = $18`: a sum with its result
_TERM = r"[$\d.,()]++\s*+"
_SUM = rf"-?(?:{_TERM}[-+*/×÷=]\s*+)*?{_TERM}=\s*+(?=[-$\d])"
# One value, or several in a row.
_VALUES = re.compile(
    rf"(?<![\w$\\./])(?={VALUE_START})(?:{_SUM})?{_VALUE}"
    rf"(?:(?:\s*,\s*|,?\s+(?:and|or)\s+){_VALUE})*"
)
_EQUATION = re.compile(
    r"(?:.*\b(?:is|are)\s+)?([A-Za-z](?:_\w+|\(\w\))?\s*(?:=|<|>|\\(?:[gln]eq?|in)\b).+)"
)
# What every value and every equation holds one of.
_OF_VALUES = re.compile(r"[\d$\\=<>]")
_SYMBOL = re.compile(r"[\d=+*/<>_(){}\[\]|\\$^%;:]")

# -- sentences

_DENYING = words(_LANGUAGE, "denying")
_DENIED = phrases(_LANGUAGE, "denied")
_OF_ANOTHER = phrases(_LANGUAGE, "of_another").pattern
_HARMLESS = phrases(_LANGUAGE, "harmless").pattern
_NEEDED = phrases(_LANGUAGE, "needed").pattern
_OPENER = phrases(_LANGUAGE, "opener").pattern

# -- words before a value

_COPULAS = words(_LANGUAGE, "copulas")
_STATING = words(_LANGUAGE, "stating")
_CALCULATING = tuple(in_order(_LANGUAGE, "calculating"))
_AUXILIARIES = words(_LANGUAGE, "auxiliaries")
_ADVERBS = words(_LANGUAGE, "adverbs")
_PARTICLES = words(_LANGUAGE, "particles")
_ARTICLES = words(_LANGUAGE, "articles")
_AMOUNTS = words(_LANGUAGE, "amounts")
_MEASURES = words(_LANGUAGE, "measures")
_TIMED = words(_LANGUAGE, "timed")
_TRADING = words(_LANGUAGE, "trading")
_GIVING = words(_LANGUAGE, "giving")
_RECIPIENTS = words(_LANGUAGE, "recipients")
_TAKING = words(_LANGUAGE, "taking")
_COMES_TO = (" equal to", " comes to", " amounts to", " add up to", " adds up to")
_ENDS_UP_WITH = (" left with", " up with")

# -- words behind a value

_PARTS = words(_LANGUAGE, "parts")
_CHANGING = (
    (NUMBER_WORDS.keys() | TENS.keys() | _PARTS) - {"one"}
    | {f"{ten}-{one}" for ten in TENS for one in NUMBER_WORDS}
    | {f"{number}-{part}" for number in NUMBER_WORDS for part in (*_PARTS, "fifths", "sixths")}
    | words(_LANGUAGE, "changing")
)
_MULTIPLES = SCALES.keys() | {f"{scale}s" for scale in SCALES} | {"pair", "pairs"}
_CIRCUMSTANCES = words(_LANGUAGE, "circumstances")
_DIRECTIONS = words(_LANGUAGE, "directions")
# Two words that have an opposite, of which the last alone has none: `12 apples left`.
_OPPOSITES = (["the", "left"], ["from", "now"])
_PLACES = words(_LANGUAGE, "places")
_DAY_HALVES = words(_LANGUAGE, "day_halves")
_PADDING = words(_LANGUAGE, "padding")
_RATES = words(_LANGUAGE, "rates")
_ALL_OF_THEM = phrases(_LANGUAGE, "all_of_them", numbers="|".join(NUMBER_WORDS)).pattern
_SPANS = phrases(_LANGUAGE, "spans").pattern
_WHEN = phrases(_LANGUAGE, "when").pattern
_IS_SO = phrases(_LANGUAGE, "is_so").pattern


def stated_value(sentence: str) -> str | None:
    """The value that a sentence states, with what is counted, or None for any other sentence."""
    if len(sentence) > MAX_SENTENCE:
        return None
    if " not " in sentence or " over" in sentence:
        sentence = _HARMLESS.sub("", sentence)
    if " least " in sentence:
        sentence = _NEEDED.sub(r"\1", sentence)
    if not _OF_VALUES.search(sentence) or not is_assertion(sentence):
        return None
    if is_of_another(sentence):
        applied("prose.of_another", sentence)
        return None
    text = sentence.replace("**", "").replace("#", "").replace("\\$", "$").replace("\\%", "%")
    text = text.strip(" \t.!*,`'\"")
    opener = _OPENER.match(text)
    return _first_statement(text, opener.end() if opener else 0)


def is_of_another(sentence: str) -> bool:
    """Whether a sentence gives the value of something else: `The answer squared is 9.`"""
    return _OF_ANOTHER.search(sentence) is not None


def is_assertion(sentence: str) -> bool:
    """Whether the words of a sentence claim something, and neither deny, suppose nor ask it."""
    found = lower_words(sentence)
    may_deny = not _DENIED.words.isdisjoint(found) or any(mark in sentence for mark in "?'’")
    if not _DENYING.isdisjoint(found) or (may_deny and _DENIED.pattern.search(sentence)):
        applied("prose.denied", sentence)
        return False
    return True


def _first_statement(text: str, start: int) -> str | None:
    """The value that a sentence states from `start` on, if it states one and no other."""
    stated: str | None = None
    for value in _VALUES.finditer(text):
        if value.start() == start:
            return _stated_first(value[0], text[value.end() :])
        rule, sign = _governor(text, value)
        if not rule:
            continue
        counted = _counted(text[value.end() :], value[0], bare_sum=rule == "prose.being")
        if stated is not None or counted is None:
            return None
        if " or " in value[0] and not FORMULA.search(value[0]):
            return None  # one of them, or another name for it: `$70, or 35% of the cost`
        stated = sign + value[0] + counted
        applied(rule, text, stated)
    return stated or _equation(text[start:])


def _stated_first(value: str, rest: str) -> str | None:
    """The value a sentence begins with: `12 apples are left`, `90 minutes of driving`."""
    if verb := _IS_SO.search(rest):
        if may_change_value(rest[verb.end() :]):
            return None
        rest = rest[: verb.start()]
    elif "=" not in value and _CIRCUMSTANCES.isdisjoint(rest.lower().replace(",", " ").split()):
        return None  # a value with its unit: nothing to take away
    said = rest.lower().replace(",", " ").rstrip(".").split()
    if not _DIRECTIONS.isdisjoint(said) or said[-2:] in _OPPOSITES:
        return None  # `5 minutes earlier` is not 5 minutes
    counted = _counted(rest, value, bare_sum=True)
    if counted is None:
        return None
    applied("prose.first", value + rest, value + counted)
    return value + counted


def _equation(text: str) -> str | None:
    """An equation that is all the sentence says, or all behind its verb."""
    found = _EQUATION.fullmatch(text)
    if found is None or has_words(found[1]):
        return None
    applied("prose.equation", text, found[1])
    return found[1]


# -- before the value: what states it


def _governor(text: str, value: "re.Match[str]") -> tuple[str, str]:
    """The rule by which the words before a value state it (or nothing), and a sign in words."""
    before = text[max(0, value.start() - 80) : value.start()]
    found = before.lower().replace(":", " ").split()
    sign = ""
    if found and found[-1] in ("negative", "minus"):
        found.pop()
        sign = "-"
    while found and found[-1] in _ADVERBS:
        found.pop()
    rule = _stating_rule(found, price="$" in value[0]) if found else ""
    if not rule and _WHEN.match(text, value.end()):
        return "prose.when", ""
    return rule, sign


def _stating_rule(found: list[str], *, price: bool) -> str:
    """The rule by which words that end before a value state it; nothing for any other words."""
    last, end = found[-1], " " + " ".join(found[-3:])
    if last == "of" and len(found) > 2:
        return "prose.amount" if _names_amount(found) else ""
    if end.endswith(" or equal to"):
        return ""  # `less than or equal to 5`
    if last in _COPULAS or end.endswith(_COMES_TO):
        return "prose.being"
    verb = found[:-1] if last in _PARTICLES else found
    if end.endswith(_ENDS_UP_WITH) or _is_stating_verb(found) or _is_stating_verb(verb):
        return "prose.verb"
    return _preposition_rule(found, last, price=price)


def _preposition_rule(found: list[str], last: str, *, price: bool) -> str:
    if last in ("for", "at") and price and not _TRADING.isdisjoint(found):
        return "prose.price"  # sold each of them for $3
    if last == "at" and not _TIMED.isdisjoint(found[-2:]):
        return "prose.when"
    return ""


def _names_amount(found: list[str]) -> bool:
    """Whether words end with `an area of`, `a total of` or `the grand total of`."""
    noun = found[-2:-1]
    if found[-3:-2] in (["a"], ["an"]) and not _MEASURES.isdisjoint(noun):
        return True
    return not _AMOUNTS.isdisjoint(noun) and not _ARTICLES.isdisjoint(found[-4:-2])


def _is_stating_verb(found: list[str]) -> bool:
    """Whether words end with a verb that may stand at once before how much it is."""
    if not found:
        return False
    last, before = found[-1], found[-2] if len(found) > 1 else ""
    if last in _RECIPIENTS and before in _GIVING:
        return True
    if before == "to" and (len(found) == 2 or found[-3] in _COPULAS):
        return False  # `the trick is to use 12`: nobody does it
    if last in _STATING:
        return True
    # other verbs are known by what stands before them or by their ending
    likely = before in _AUXILIARIES or last.endswith("ed")
    if likely and last.isalpha() and not last.startswith(_CALCULATING):
        return True
    # it takes Max 215 minutes, it took the dog 5 minutes
    taking = found[-3:-2] if before == "the" else [before]
    return not _TAKING.isdisjoint(taking)


# -- behind the value: what is counted, and whether that is all


def may_change_value(text: str) -> bool:
    """Whether words behind a number may make it another."""
    return bool(_SYMBOL.search(text)) or not _CHANGING.isdisjoint(lower_words(text))


class _Behind(NamedTuple):
    """The words behind a value: what is counted, the word that ends it, and circumstances."""

    thing: list[str]
    end: str
    tail: list[str]


def _counted(rest: str, value: str, *, bare_sum: bool) -> str | None:
    """What is counted, as ` apples` or ` km per hour`; None if the rest may change the number.

    `bare_sum`: `5 less than ...` would be a sum here, as it is behind `is`.
    """
    behind = _split(rest)
    # a ratio, a score, a power
    ratio = behind.end == "to" and not behind.thing and not ("$" in value or "%" in value)
    if ratio or _thing_changes(behind.thing) or _circumstances_change(behind, bare_sum=bare_sum):
        applied("prose.changed", rest)
        return None
    thing = _unit([word for word in behind.thing if word not in _PADDING])
    if behind.tail and "=" not in value and _is_rate(behind.end, behind.tail[0]):
        thing = [*thing, "per", behind.tail[0]]
    return "".join(f" {word}" for word in thing)


def _is_rate(end: str, of: str) -> bool:
    return of.isalpha() if end == "per" else end in ("a", "an", "each", "every") and of in _RATES


def _split(rest: str) -> _Behind:
    found = rest.replace(",", " , ").split()
    ends = found[:-1] if found[-1:] == ["in"] else found  # inches
    cut = next((k for k, word in enumerate(ends) if word.lower() in _CIRCUMSTANCES), len(found))
    if found[-1:] == ["A"]:
        cut = len(found)  # no article but amperes, which only upright letters are
    thing, end = found[:cut], "".join(found[cut : cut + 1]).lower()
    if thing[-1:] == [","] and end:
        thing.pop()
    return _Behind(thing, end, found[cut + 1 :])


def _thing_changes(thing: list[str]) -> bool:
    """Whether what is counted makes the number another: `5 and`, `3 dozen eggs`, `12 x y`."""
    return (
        thing[-1:] == ["A"]
        or not {",", "and", "choose"}.isdisjoint(thing)
        or may_change_value(" ".join(thing).replace("/", " "))
        # 36 or 3, as the question wants it
        or not _MULTIPLES.isdisjoint(thing)
        or (len(thing) > 1 and any(len(word) == 1 or word == "pi" for word in thing))
    )


def _circumstances_change(behind: _Behind, *, bare_sum: bool) -> bool:
    """Whether circumstances make the number another: `5 before tax`, `5 less than that`."""
    end = behind.end
    circumstances = _ALL_OF_THEM.sub("", _SPANS.sub("", " ".join([end, *behind.tail])))
    if end in _PLACES:
        circumstances = FORMULA.sub("", circumstances)
    if may_change_value(circumstances):
        return True
    if end == "than":
        return not _names_difference(behind.thing, bare_sum=bare_sum)
    return bare_sum and end in ("before", "without", "when") and circumstances.strip() != end


def _names_difference(thing: list[str], *, bare_sum: bool) -> bool:
    """Whether `than` ends a comparison that names a difference: `5 more apples than Bob`."""
    compares = any(word in ("more", "less", "fewer") or word.endswith("er") for word in thing)
    return compares and (len(thing) > 1 or not bare_sum)


def _unit(thing: list[str]) -> list[str]:
    """The words that say in what was counted, if they are a known unit.

    Other things change no comparison, and of several words nobody knows which is the thing
    (`red blocks`, `people show up`).
    """
    if len(thing) == 1 and (len(thing[0]) == 1 or thing[0] == "pi"):
        return thing  # 12 x, 12 m, 12 pi: no thing but a factor, or a unit
    for place, word in enumerate(thing):
        if len(word) > 1 and (
            unit_named(word) or word in _DAY_HALVES or "/" in word or "^" in word
        ):
            area = place > 0 and thing[place - 1].rstrip(".") in ("square", "cubic", "sq", "cu")
            return thing[place - area : place + 1]
    return []
