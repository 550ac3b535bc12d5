r"""The value that a sentence states: `Jack has $120 now.` states $120, `It takes 90 minutes in all`
states 90 minutes, `The roots are $3$ and $4$` these two.

A whitelist: somebody or something, a verb that states (is, has, costs, ...), the value at once
behind it, what is counted, and an end that changes nothing (`in total`, `to her friend`). Any other
sentence states nothing here, because numbers stand in sentences for many reasons (`half of 12`,
`consider 5 cases`, `the first 10 primes`). What is counted stays with the number: units are
compared, and only the comparison knows which words are units.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.tokens import (
    FORMULA,
    FRACTION,
    LISTED_CHOICE,
    NUMBER,
    SENTENCE_BREAK,
    VALUE_START,
    has_digits,
    has_words,
    lower_words,
)
from dpo_math_assets.verifier.lexicon.units import known_units
from dpo_math_assets.verifier.lexicon.vocabulary import NUMBER_WORDS, SCALES, TENS, word_set

__all__ = ["asserts", "changes", "last_said", "said"]

MAX_SENTENCE = 300

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


# Verbs that say how much something is, has, takes, gives, in the forms that answers use.
_COPULAS = word_set("is are was were be being equals equal totals that's it's that’s it’s")
_VERBS = word_set(
    """
    has have had having contain contains cost costs take takes took taking make makes made
    making earn earns earning get gets got getting gain gains receive receives pay pays paid
    paying spend spends spent spending need needs save saves saving sell sells sold selling buy
    buys bought buying eat eats ate eaten eating drink drinks drank drive drives drove run runs
    ran walk walks travel travels cover covers read reads write writes wrote written collect
    collects give gives gave giving owe owes lose loses lost weigh weighs last lasts produce
    produces see sees saw bake bakes use uses used raise raises raised miss misses missing
    require requires sleep sleeps slept plant plants pick picks charge charges contribute
    contributes leave leaves left hold holds held fill fills find finds found catch catches
    caught score scores complete completes order orders donate donates bring brings brought win
    wins won grow grows grew invest invests deposit deposits serve serves pack packs burn burns
    puts keep keeps kept carry carries fit fits play plays goes went spins send sends sent score
    scores
    """
)
_COMES_TO = (["equal", "to"], ["comes", "to"], ["amounts", "to"])
_ADDS_UP = (["add", "up", "to"], ["adds", "up", "to"])
_ADVERBS = word_set(
    "only exactly just about approximately around roughly still now also then thus therefore "
    "currently altogether simply additional another an"
)
_PARTICLES = word_set("out up off down for at")
_AMOUNTS = word_set(
    "speed rate total sum amount average number profit loss refund discount cost price balance"
)
# `has an area of 5`; `the area of $ABC$` has one, and is told behind
_MEASURES = word_set(
    "area perimeter volume length width height radius diameter distance probability circumference "
    "mass weight"
)
# What one does with numbers on the way to an answer is no statement of it.
_CALCULATING = (
    *("divid", "multipl", "add", "subtract", "squar", "cub", "rais", "increas", "decreas", "reduc"),
    *("doubl", "tripl", "round", "bas", "label", "number", "call", "nam", "consider", "plug"),
    *("substitut", "simplif", "count", "convert", "go", "be", "us", "need", "exceed", "assum"),
    *("attain", "achiev", "reach", "occur", "evaluat"),
)

# Sentences that deny, compare, suppose, ask or plan state nothing.
_DENYING = word_set(
    """
    not no never none nothing cannot wrong incorrect false least most except if unless either
    neither maybe perhaps possibly probably whether suppose supposing assume assumes assuming
    assumed let let's imagine unclear unknown contradict contradicts contradiction impossible
    thinks believes insufficient hypothetically hypothetical guess guesses guessed what why too
    might consider considering check checking try trying step steps case cases unlikely supposed
    hardly doubt
    """
)
_DENIES = re.compile(
    r"^(?:(?:so|thus|therefore|hence)[, ]+)?(?:twice|double|triple|half|(?:the|its) (?:square|cube|"
    r"reciprocal|inverse|opposite|negative) of)\b|n['’]t\b|\?"
    r"|\b(?:we|i) (?:have|know|get|are given)\b|\bneed to (?:\w+ly )?"
    r"(?:multiply|divide|add(?! up)|subtract|find|calculate|determine|compute|solve|convert)\b"
    r"|\b(?:could|may|can) (?:also )?(?:be|equal)\b"
    r"|\b(?:fails|refuses|hopes|declines) to\b|\b(?:besides|excluding|apart from|aside from)\b"
    r"|\b(?:remains to|first thought|should have been|instead(?! of))\b",
    re.IGNORECASE,
)
# Without one of these, or a mark, it finds none of them.
_DENIALS = word_set(
    """
    twice double triple half square cube reciprocal inverse opposite negative we i need could may
    can remains first should instead fails refuses hopes declines besides excluding apart aside
    """
)
# `2x is 14`, `three times the number is 14`: what is stated is no value of the thing itself.
_OF_ANOTHER = re.compile(
    r"\b\d+[a-z] (?:is|equals)\b"
    r"|\b(?:times the|(?:plus|minus) \d+|(?:a|one) (?:third|half|quarter|fifth) of the \w+|"
    r"(?:in|de)creased by \d+|(?:less|more|greater|smaller) than the \w+|logarithm of \w+|"
    r"(?:upper|lower) bound) (?:\w+ )?(?:is|equals|are)\b"
    r"|\b(?:squared|cubed|doubled|tripled|halved) (?:is|equals)\b|\btimes \w+['’]s \w+ (?:is|are)\b"
    r"|\b(?:twice|half|times) (?:as|the) [^.]{1,60}\b(?:who|which) (?:has|had|have|is)\b"
    # `the last digit of the answer is 5`, `the answer squared is 25`, `the answer has 3 digits`
    r"|\b(?:of|than|times|twice) (?:the|our) (?:final )?answer\b"
    r"|\banswer (?:squared|cubed|doubled|halved|modulo|mod|plus|minus|times|divided|has|holds)\b",
    re.IGNORECASE,
)
# Words behind a number that make it another value, or of which nobody knows whether they do.
_PARTS = word_set(
    "half halves third thirds quarter quarters fourth fifth sixth eighth tenth hundredth"
)
_CHANGING = (
    (NUMBER_WORDS.keys() | TENS.keys() | _PARTS) - {"one"}
    | {f"{ten}-{one}" for ten in TENS for one in NUMBER_WORDS}
    | {f"{number}-{part}" for number in NUMBER_WORDS for part in (*_PARTS, "fifths", "sixths")}
    | word_set(
        """
        fourths fifths sixths eighths tenths hundredths twice double triple times minus plus over
        under squared cubed factorial power powers raised root roots reciprocal inverse
        logarithm multiple multiples lakh lakhs crore crores gross score below above beyond
        exceeds factor divisor sqrt short repeating recurring maximum minimum doubled
        tripled halved doubling tripling halving adding subtracting modulo mod base divided
        multiplied out or but ratio chance odds
        """
    )
)
# `to watch the two movies`: how many there are is known
_ALL_OF_THEM = re.compile(
    rf"\b(?:the|all|these|those|both|his|her|their)\s+(?:{'|'.join(NUMBER_WORDS)})\b"
)
# `$132 after 12 hours`, `7 in one week`, `for two days`
_SPANS = re.compile(
    r"\b(?:in|after|within|for)\s+(?:\d+|[a-z]+)\s+(?:[a-z]+\s+)?"
    r"(?:second|minute|hour|day|night|week|month|year)s?\b"
)
_SYMBOL = re.compile(r"[\d=+*/<>_(){}\[\]|\\$^%;:]")
_MULTIPLES = SCALES.keys() | {f"{scale}s" for scale in SCALES} | {"pair", "pairs"}
# Where the thing counted ends and circumstances begin.
_ENDS = word_set(
    """
    in on at for from to of with during after before by because since when while as left
    remaining total altogether now today tomorrow each every per a an this that which who
    combined so again back away apart ago later earlier together overall there here across along
    around long wide tall deep high thick old through among without than worth into the
    his her their its my our your attained achieved reached saved spent earned sold
    """
)
# of the day
_HALVES = word_set("am pm a.m. p.m. AM PM")
_PADDING = word_set("more less fewer additional extra other further total different new full whole")
# it began 3 hours ago, he arrives 5 minutes before her
_WHEN = re.compile(
    r"\s+(?:second|minute|hour|day|week|month|year)s?\s+(?:ago|later|earlier|before|after)\b"
)
_TIMED = word_set(
    "start starts started begin begins began end ends ended finish finishes arrive arrives"
)
_TRADING = word_set("sell sells sold buy buys bought pay pays paid price priced")
_EACH = word_set("a an each every")
_COMPARISONS = word_set("more less fewer")
_RATES = word_set("second minute hour day night week month year")
# `12 apples are left`: verbs that may follow what is counted
_IS_SO = re.compile(
    r"\s+(?:are|were|was|will|can|remain|remains|remained|have|has|"
    r"is\s+(?:the|our|my)\s+(?:(?:final|correct|right|total|required|desired)\s+)?"
    r"(?:answer|solution|result|number|value|amount|sum|cost|price|maximum|minimum))\b"
)
_OPENER = re.compile(
    r"(?:(?:therefore|so|thus|hence|finally|altogether|overall|in total|in conclusion|in summary|"
    r"consequently|as a result|it follows that|we conclude that)\b[,:]?\s*)?"
    r"(?:(?:only|exactly|about)\s+)?",
    re.IGNORECASE,
)


# What changes no number although its words may: `that are not used`, `left over`, `over 5 days` at
# the end, and `at least` where it is asked how many one needs.
_HARMLESS_WORDS = (" not ", " over", " least ")
_HARMLESS = re.compile(
    r"\b(?:that|which|who) (?:are|is|was|were|do|does|did|have|has|had) not "
    r"(?!an?\b|the\b|right|correct|true|valid|possible|equal|allowed)[a-z]+\b"
    r"|(?<=left) over\b"
    r"|\sover (?:the )?(?:course of )?(?:(?:next|last|past) )?(?:\d+|[a-z]+) "
    r"(?:hour|day|week|month|year)s?\W*$"
)
_NEEDED = re.compile(r"\b(needs? (?:to [a-z]+ )?)at least ")


# What every value and every equation holds one of.
_OF_VALUES = re.compile(r"[\d$\\=<>]")


def said(sentence: str) -> str | None:
    """The value that a sentence states, with what is counted, or None for any other sentence."""
    if len(sentence) > MAX_SENTENCE:
        return None
    if any(word in sentence for word in _HARMLESS_WORDS):
        sentence = _NEEDED.sub(r"\1", _HARMLESS.sub("", sentence))
    if not _OF_VALUES.search(sentence) or not asserts(sentence) or _OF_ANOTHER.search(sentence):
        return None
    text = sentence.replace("**", "").replace("#", "").replace("\\$", "$").replace("\\%", "%")
    text = text.strip(" \t.!*,`'\"")
    opener = _OPENER.match(text)
    start = opener.end() if opener else 0
    stated: str | None = None
    for found in _VALUES.finditer(text):
        if found.start() == start:
            return _said_first(found[0], text[found.end() :])
        before = text[max(0, found.start() - 80) : found.start()]
        verb = _stating(before, price="$" in found[0])
        if not verb and _WHEN.match(text, found.end()):
            verb = "!"
        if verb:
            counted = _counted(text[found.end() :], found[0], bare_sum=verb[0] == "=")
            if stated is not None or counted is None:
                return None
            if " or " in found[0] and not FORMULA.search(found[0]):
                return None  # one of them, or another name for it: `$70, or 35% of the cost`
            stated = verb[1:] + found[0] + counted
    return stated or _equation(text[start:])


_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•>])\s+", re.MULTILINE)
_ENDS_WITH = re.compile(
    rf"(?<![\w.,])(?P<value>-?(?:{NUMBER}(?:/\d+)?|{FRACTION})%?),?"
    r"(?P<thing>(?:[ \\]+[A-Za-z][\w/²³-]*){0,3})$"
)
_NUMERALS = {**NUMBER_WORDS, **TENS} | {
    f"{ten}-{one}": TENS[ten] + NUMBER_WORDS[one]
    for ten in TENS
    for one in list(NUMBER_WORDS)[1:10]
}
# `so they must order eight buses`
_ENDS_WITH_WORD = re.compile(
    rf"(?<![\w-])(?P<value>{'|'.join(sorted(_NUMERALS, key=len, reverse=True))})"
    r"(?P<thing>(?: \w+)?)$"
)
_AROUND_VALUE = " \t$*_`\\()[]{}.,;!\"'✓✔✅"
# What ends with a number and states none: a check, a remark on what would be, an offer.
_CHECKS = re.compile(
    r"\b(?:check|verif|sanity|confirm|validat|plug|substitut|compar|test)|[✓✔✅]", re.IGNORECASE
)
_BESIDE = word_set(
    "if unless would could might may were mistake mistakes wrong let feel please hope happy thank "
    "thanks note example instance explanation suppose assume fact attained achieved reached where "
    "when occurs"
)
# Words before a number that is no statement of its own.
_GOVERNING = word_set(
    "by of from than with in for at on per the all these those both case step part equation line "
    "since until after before question problem and or modulo mod base first last least most "
    "about approximately roughly around over under between every each any to way method not"
)
_OPTION_SIGN = re.compile(rf"{LISTED_CHOICE}$")
_CONCLUDING = word_set(
    "so thus hence therefore leaving leaves gives giving is are be get gets need needs makes "
    "making has it's that's yields obtain have becomes remain remains then only actually equals "
    "was were to"
)
_LEADING_TO = word_set("left equal comes amounts rounds rounded round up down reduces simplifies")


class Ending(NamedTuple):
    """How a text ends with a number: the words behind it and the text of its sentence before it."""

    value: str
    thing: str
    before: str


def last_said(text: str) -> Ending | None:
    """The number with which the last sentence about numbers ends; in words where it concludes.

    None where that sentence is a question, a check or a remark, or the number is part of a phrase.
    """
    for sentence in reversed(SENTENCE_BREAK.split(_ITEM.sub("", text))):
        if sentence.rstrip(' *_)"').endswith("?"):
            continue
        if not has_digits(sentence):
            if ending := _concluded_in_words(sentence):
                return ending
            continue
        words = lower_words(sentence)
        if not _BESIDE.isdisjoint(words) or _CHECKS.search(sentence):
            return None
        found = _ENDS_WITH.search(sentence.strip(_AROUND_VALUE)[-MAX_SENTENCE:])
        if found is None:
            return None
        before = found.string[: found.start()].rstrip(" $*_\\({[~")
        words = before.lower().split()
        if before.endswith(_OPERATORS) or " of " in f"{found['thing']} ":
            return None
        if words and words[-1] in _GOVERNING and _LEADING_TO.isdisjoint(words[-2:-1]):
            return None
        if _OPTION_SIGN.search(before):
            return None
        told = has_digits(before) and not before.endswith(("=", ":", ",", "→", ">"))
        if told and words and words[-1] not in _CONCLUDING:
            return None  # `Tom had 8 and gave away 3` tells of several numbers
        return Ending(found["value"], found["thing"], before)
    return None


# What concludes to a number in words: others stand in sentences for many reasons.
_CONCLUDES = word_set("so thus hence therefore need needs must total actually")


def _concluded_in_words(sentence: str) -> Ending | None:
    """The number in words with which a sentence that concludes something ends."""
    lower = sentence.lower()
    if _NUMERALS.keys().isdisjoint(lower_words(lower[-40:])):
        return None
    words = lower_words(lower)
    if _CONCLUDES.isdisjoint(words) or not _BESIDE.isdisjoint(words):
        return None
    found = _ENDS_WITH_WORD.search(lower.strip(_AROUND_VALUE)[-MAX_SENTENCE:])
    if found is None:
        return None
    before = found.string[: found.start()].rstrip(" $*_\\({[~")
    last = before.split()[-1:]
    if _CONCLUDING.isdisjoint(last) and _VERBS.isdisjoint(last):
        return None
    return Ending(str(_NUMERALS[found["value"]]), found["thing"], before)


_OPERATORS = (
    "+",
    "-",
    "*",
    "/",
    "^",
    "_",
    "<",
    ">",
    "×",
    "÷",
    "≈",
    "\\times",
    "\\cdot",
    "\\approx",
)


def asserts(sentence: str) -> bool:
    """Whether the words of a sentence claim something, and neither deny, suppose nor ask it."""
    words = lower_words(sentence)
    if not _DENYING.isdisjoint(words):
        return False
    may_deny = not _DENIALS.isdisjoint(words) or any(mark in sentence for mark in ("?", "'", "’"))
    return not (may_deny and _DENIES.search(sentence))


def _stating(before: str, *, price: bool) -> str:
    """`=` if the text ends with a verb of being, `!` with another that states; and a minus sign.

    Nothing for any other text.
    """
    words = before.lower().replace(":", " ").split()
    sign = ""
    if words and words[-1] in ("negative", "minus"):
        words.pop()
        sign = "-"
    kind = ""
    while words and words[-1] in _ADVERBS:
        words.pop()
    if words[-3:-2] in (["a"], ["an"]) and words[-1] == "of" and words[-2] in _MEASURES:
        kind = "!"
    elif len(words) > 2 and words[-1] == "of" and words[-2] in _AMOUNTS:
        # `a total of 5`, `a grand total of 5`; behind a verb or by itself
        article = 2 if words[-3] in ("a", "an", "the") else 3
        if words[-article - 1 : -article] in (["a"], ["an"], ["the"]):
            kind = "!"
    elif words[-3:] == ["or", "equal", "to"]:
        return ""  # `less than or equal to 5`
    elif (words and words[-1] in _COPULAS) or words[-2:] in _COMES_TO or words[-3:] in _ADDS_UP:
        kind = "="
    elif words[-2:] in (["left", "with"], ["up", "with"]) or _is_verb(words):
        kind = "!"
    elif words[-1:] in (["for"], ["at"]) and price and not _TRADING.isdisjoint(words):
        kind = "!"  # sold each of them for $3
    elif (words[-1:] == ["at"] and not _TIMED.isdisjoint(words[-2:])) or (
        words and words[-1] in _PARTICLES and _is_verb(words[:-1])
    ):
        kind = "!"
    return kind + sign if kind else ""


_GIVING = word_set("give gives gave giving leave leaves left leaving")
_RECIPIENTS = word_set("us him her them you me each")


def _is_verb(words: list[str]) -> bool:
    """Whether the words end with a verb that may stand at once before how much it is."""
    if not words:
        return False
    if words[-1] in _RECIPIENTS and words[-2:-1] != [] and words[-2] in _GIVING:
        return True
    last, before = words[-1], words[-2:-1]
    if before == ["to"] and (len(words) == 2 or words[-3] in _COPULAS):
        return False  # `the trick is to use 12`: nobody does it
    if last in _VERBS:
        return True
    if not last.startswith(_CALCULATING) and last.isalpha():
        # other verbs are told by what stands before them or by their ending
        if before and before[0] in ("will", "can", "could", "would", "must", "to"):
            return True
        if last.endswith("ed"):
            return True
    # it takes Max 215 minutes, it took the dog 5 minutes
    takes = words[-3:-2] if before == ["the"] else before
    return takes != [] and takes[0] in ("take", "takes", "took", "cost", "costs")


def _said_first(value: str, rest: str) -> str | None:
    """The value a sentence begins with: `12 apples are left`, `90 minutes of driving`."""
    if verb := _IS_SO.search(rest):
        if changes(rest[verb.end() :]):
            return None
        rest = rest[: verb.start()]
    elif "=" not in value and _ENDS.isdisjoint(rest.lower().replace(",", " ").split()):
        return None  # a value with its unit: nothing to take away
    counted = _counted(rest, value, bare_sum=True)
    return None if counted is None else value + counted


def _equation(text: str) -> str | None:
    """An equation that is all the sentence says, or all behind its verb."""
    found = _EQUATION.fullmatch(text)
    return None if found is None or has_words(found[1]) else found[1]


def changes(words: str) -> bool:
    """Whether words behind a number may make it another."""
    return bool(_SYMBOL.search(words)) or not _CHANGING.isdisjoint(lower_words(words))


def _counted(rest: str, value: str, *, bare_sum: bool) -> str | None:
    """What is counted, as ` apples` or ` km per hour`; None if the rest may change the number.

    `bare_sum`: `5 less than ...` would be a sum here, as it is behind `is`.
    """
    words = rest.replace(",", " , ").split()
    if words[-1:] == ["A"]:
        return None  # no article but amperes, which only upright letters are
    ends = words[:-1] if words[-1:] == ["in"] else words  # inches
    cut = next((k for k, word in enumerate(ends) if word.lower() in _ENDS), len(words))
    thing, end, tail = words[:cut], "".join(words[cut : cut + 1]).lower(), words[cut + 1 :]
    if thing[-1:] == [","] and end:
        thing.pop()
    if not {",", "and", "choose"}.isdisjoint(thing) or changes(" ".join(thing).replace("/", " ")):
        return None
    circumstances = _ALL_OF_THEM.sub("", _SPANS.sub("", " ".join([end, *tail])))
    if end in ("attained", "achieved", "reached", "at", "when"):
        circumstances = FORMULA.sub("", circumstances)
    if changes(circumstances) or (end == "than" and not _compared(thing, bare_sum=bare_sum)):
        return None
    if bare_sum and end in ("before", "without", "when") and circumstances.strip() != end:
        return None  # `is 5 before tax`: as much, and yet not all
    if end == "to" and not thing and not ("$" in value or "%" in value):
        return None  # a ratio, a score, a power
    if not _MULTIPLES.isdisjoint(thing):
        return None  # 3 dozen eggs: 36 or 3, as the question wants it
    if any(len(word) == 1 or word == "pi" for word in thing) and len(thing) > 1:
        return None
    thing = _unit([word for word in thing if word not in _PADDING])
    if (
        tail
        and "=" not in value
        and ((end == "per" and tail[0].isalpha()) or (end in _EACH and tail[0] in _RATES))
    ):
        thing = [*thing, "per", tail[0]]
    return "".join(f" {word}" for word in thing)


def _unit(thing: list[str]) -> list[str]:
    """The words that say in what was counted, if they are a known unit.

    Other things change no comparison, and of several words nobody knows which is the thing
    (`red blocks`, `people show up`).
    """
    if len(thing) == 1 and (len(thing[0]) == 1 or thing[0] == "pi"):
        return thing  # 12 x, 12 m, 12 pi: no thing but a factor, or a unit
    for place, word in enumerate(thing):
        name = word.removesuffix("s")
        if len(word) > 1 and (
            name in known_units()
            or word in known_units()
            or word in _HALVES
            or "/" in word
            or "^" in word
        ):
            area = place > 0 and thing[place - 1].rstrip(".") in ("square", "cubic", "sq", "cu")
            return thing[place - area : place + 1]
    return []


def _compared(thing: list[str], *, bare_sum: bool) -> bool:
    """Whether `than` ends a comparison that names a difference: `5 more apples than Bob`."""
    compares = [word for word in thing if word in _COMPARISONS or word.endswith("er")]
    return bool(compares) and (len(thing) > 1 or not bare_sum)
