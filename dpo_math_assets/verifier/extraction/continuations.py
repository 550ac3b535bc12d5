r"""What a text says of its answer, in the answer's own sentence and in those behind it.

Most continuations change nothing: what is counted, a reason, praise, a check, an offer. Others set
the answer aside without naming another one: `\boxed{5} would be wrong`, `That is the radius.`,
`However, they ask for cents.` Where a sentence speaks of the answer itself, what it may say is a
whitelist; elsewhere, words that deny, doubt or ask for more set the answer aside. The words are
data: `lexicon/languages/english_continuations.toml`.
"""

import re

from dpo_math_assets.verifier.extraction.markers.international import is_doubted
from dpo_math_assets.verifier.extraction.tokens import (
    LATEX_WORD,
    NUMBERS,
    SENTENCE_BREAK,
    TEXT_COMMAND,
    has_digits,
    lower_words,
)
from dpo_math_assets.verifier.lexicon.phrases import Phrases, phrases
from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, TENS, words
from dpo_math_assets.verifier.trace import applied

# How far behind an answer its own sentence is looked at.
REACH = 400
# Sentences of so few words have no subject.
MAX_SHORT = 3

_LANGUAGE = "english_continuations"

_DENYING = words(_LANGUAGE, "denying")
_SUPPOSING = words(_LANGUAGE, "supposing")
_TURNING = words(_LANGUAGE, "turning")
_AGAINST = _DENYING | _SUPPOSING | words(_LANGUAGE, "faulting")
_SHORT = words(_LANGUAGE, "short") | _AGAINST
_HARMLESS = words(_LANGUAGE, "harmless")
_OFFERING = words(_LANGUAGE, "offering")
_SUPPORTING = words(_LANGUAGE, "supporting")
_BEING = words(_LANGUAGE, "being")
_NAMED = words(_LANGUAGE, "named")
_UNDENIED = words(_LANGUAGE, "undenied")
_MODALS = frozenset(("should", "can", "will", "must"))
_ADVERBS = words(_LANGUAGE, "adverbs")
_OPENING = frozenset(
    ("so", "and", "then", "thus", "hence", "therefore", "also", "now", "note", "clearly", "or")
)
_COPULAS = frozenset(("is", "are", "was", "were", "seems", "looks", "sounds", "feels"))
_KNOWN = frozenset[str]().union(
    words(_LANGUAGE, "known"),
    *(_HARMLESS, _OFFERING, _SUPPORTING, _BEING, _NAMED, _UNDENIED),
    *(NUMBER_WORDS, TENS),
)
_NUMERALS = NUMBER_WORDS | TENS
_EVERYDAY = _KNOWN | _OPENING | _AGAINST
_CIRCUMSTANCES = words(_LANGUAGE, "circumstances")
_CONTRASTS = frozenset(("but", "however", "although", "though", "except"))
_PREDICATES = _COPULAS | _MODALS | _SUPPORTING | words(_LANGUAGE, "predicates")

_ABOUT_COUNTED = phrases(_LANGUAGE, "about_counted")
_AS_ASKED = phrases(_LANGUAGE, "as_asked")
_EXPLANATION = phrases(_LANGUAGE, "explanation")
_CONDITION = phrases(_LANGUAGE, "condition")
_UNFINISHED = phrases(_LANGUAGE, "unfinished")
_NOTHING = phrases(_LANGUAGE, "nothing")
_CLOSING_WORDS = phrases(_LANGUAGE, "closing")
_BESIDE = phrases(_LANGUAGE, "beside")
# What a sentence may say of any answer.
_SAYING = {
    "veto.doubted": phrases(_LANGUAGE, "doubting"),
    "veto.thrown_away": phrases(_LANGUAGE, "thrown_away"),
    "veto.failed_check": phrases(_LANGUAGE, "failed_check"),
}

_ARTICLES = frozenset(("the", "our", "my", "your"))
_REFERRING = frozenset(("this", "that", "it", "these", "those"))
_REASONS = frozenset(("since", "because", "as", "for"))
_A = frozenset(("a", "an"))
# What one may write about: `the box above`.
_SUBJECTS = _NAMED | words(_LANGUAGE, "subjects")
_SUPERLATIVES = words(_LANGUAGE, "superlatives")
_ENDS_NAME = frozenset(
    ("of", "that", "which", "for", "to", "in", "when", "with", "we", "you", "at")
)
_QUESTION = frozenset(("the", "this", "our", "your", "problem", "question", "exercise", "task"))
# Answers of which a text may say that there is nothing.
_EMPTY = re.compile(
    r"\W*(?:0|no\b.*|none|zero|\\(?:emptyset|varnothing|text\{\s*no.*))\W*", re.DOTALL
)

# What closes the formula, emphasis or string of an answer.
_CLOSING = re.compile(r"(?:[ \t$*)\]}\"']|\\[\])]|\\end\{\w+\*?\})*+")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{\w+\*?\}")
# Where the answer of JSON ends, or the object with which it is given begins.
_NEXT_FIELD = re.compile(r'"|\{|\s*,\s*(?=")')
# A field of JSON behind the one with the answer.
_KEY = re.compile(r"\"\w+\"\s*:")
_GOES_ON = re.compile(r"\s*,?\s*(?=[a-z])")
_CLAUSE = re.compile(r"[,;:–—()\[\]]\s*|\.{3}\s*|\s-\s+")
_NOT_ANOTHER = re.compile(r"\b(?:and )?(?:not|instead of|rather than)[\s$]{1,3}-?[\d.,/]+")
# `5 (apples)`
_COUNTED_IN_BRACKETS = re.compile(r"\([a-z]+s\)\W*$")
_SENSE = re.compile(r"\bmakes? (?:perfect |good )?sense\b")
_TURNED_INSIDE = re.compile(r",\s(?:however|though|alas|unfortunately|sadly)\W*(?:,|$)")
_SUBJECT_IS = re.compile(r"\b(it|that|this|he|she)'s\b")


def is_set_aside(text: str, end: int) -> bool:
    """Whether the sentence of an answer that ends at `end` goes on to set it aside."""
    if text.startswith('"', end) or end == len(text):
        return False
    behind = _own_sentence(text, end)
    if not behind or _EXPLANATION.pattern.match(behind):
        return False
    first, *others = _CLAUSE.split(_NOT_ANOTHER.sub("", _plain(behind)))
    if _COUNTED_IN_BRACKETS.match(behind):
        first, *others = others
    aside = _CONDITION.pattern.search(behind) is not None or _is_against_noun(first)
    if aside or any(map(_is_against, others)):
        applied("veto.set_aside", behind)
        return True
    return False


def sets_aside(rest: str, answer: str) -> bool:
    """Whether a sentence behind the one of an answer sets it aside; `rest` begins at its end."""
    if explained := _EXPLANATION.pattern.search(rest):
        rest = rest[: explained.start()]
    later = _KEY.sub("\n", rest[_own_sentence_ends(rest, 0)[1] :])
    return any(_sets_aside(sentence, answer) for sentence in SENTENCE_BREAK.split(later))


def _own_sentence(text: str, end: int) -> str:
    """What stands behind an answer in its sentence, without what closes its formula."""
    begins, ends = _own_sentence_ends(text, end)
    return text[begins:ends]


def _own_sentence_ends(text: str, end: int) -> tuple[int, int]:
    """Where the rest of an answer's sentence begins and ends; it may go on below a formula."""
    if text.startswith(('"', "{", ","), end) and (field := _NEXT_FIELD.match(text, end)):
        return field.end(), field.end()
    behind = text[end : end + REACH]
    closed = _CLOSING.match(behind)
    begins = closed.end() if closed else 0
    if behind.startswith("\n", begins) and (goes_on := _GOES_ON.match(behind, begins)):
        begins = goes_on.end()
    stop = SENTENCE_BREAK.search(behind, begins)
    if behind[begins : begins + 1] in (".", "!", "?", "\n"):
        return end + begins, end + begins
    return end + begins, end + (stop.start() if stop else len(behind))


def _plain(text: str) -> str:
    """A text in lower case with straight quotes and without commands of LaTeX."""
    if "\\" in text:
        text = LATEX_WORD.sub(" ", TEXT_COMMAND.sub(r" \1 ", _ENVIRONMENT.sub(" ", text)))
    text = _SUBJECT_IS.sub(r"\1 is", text.lower().replace("’", "'"))
    text = _SENSE.sub("fits", text) if " sense" in text else text
    if not _AS_ASKED.words.isdisjoint(lower_words(text)):
        text = _AS_ASKED.pattern.sub(" the answer", text)
    return text


def _is_against_noun(clause: str) -> bool:
    """Whether the words at once behind an answer set it aside; they may be what is counted."""
    found = lower_words(clause)
    while found and found[0] in _ADVERBS:
        found.pop(0)
    if not found:
        return False
    if found[0] in _PREDICATES:
        return _denies(found)
    if _AGAINST.issuperset(_without_opening(found)):
        return bool(_without_opening(found))
    counted = lower_words(_ABOUT_COUNTED.pattern.sub("", clause))
    return not (_SUPPOSING | _TURNING).isdisjoint(counted)


def _is_against(clause: str) -> bool:
    """Whether a further clause of an answer's own sentence sets it aside."""
    found = lower_words(clause)
    if not found or found[0] in _REASONS:
        return False
    if found[0] == "which" or found[0] in _REFERRING:
        return _denies(found[1:])
    clause = _ABOUT_COUNTED.pattern.sub("", clause)
    found = lower_words(clause)
    if not (_AGAINST | _TURNING).isdisjoint(found):
        return True
    known = (
        not found or found[0] in _CIRCUMSTANCES or _is_formal(clause) or all(map(_is_known, found))
    )
    return not known or _BESIDE.pattern.search(clause) is not None


def _sets_aside(sentence: str, answer: str) -> bool:
    """Whether a sentence behind an answer sets it aside."""
    if _CLOSING_WORDS.pattern.match(sentence):
        return False
    plain = _plain(sentence)
    found = _without_opening(lower_words(plain))
    if not found:
        return False
    rule = _rule_against(plain, found, answer)
    if rule:
        applied(rule, sentence)
    return rule != ""


def _rule_against(plain: str, found: list[str], answer: str) -> str:
    """The rule by which a sentence sets an answer aside; nothing where it does not."""
    repeated = _repeats(plain, answer)
    if len(found) <= MAX_SHORT and not _SHORT.isdisjoint(found) and not repeated:
        return "veto.short"
    if _KNOWN.isdisjoint(found) and _AGAINST.isdisjoint(found):
        return "veto.other_language" if is_doubted(plain) else ""
    if found[0] == "the" and found[1:2] in (["other"], ["others"]):
        return ""
    if found[0] in _TURNING or _TURNED_INSIDE.search(plain):
        return "" if _turns_nowhere(found, repeated=repeated) else "veto.contrasted"
    return _rule_of_phrases(plain, found, answer)


def _rule_of_phrases(plain: str, found: list[str], answer: str) -> str:
    """The rule by which a phrase, or else a clause, sets an answer aside."""
    for rule, phrase in _SAYING.items():
        if _holds(phrase, plain, found):
            return rule
    if _holds(_NOTHING, plain, found):
        return "" if _EMPTY.fullmatch(answer) else "veto.nothing"
    if not _repeats(plain, answer) and _holds(_UNFINISHED, plain, found):
        return "veto.unfinished"
    return _rule_of_clauses(plain, found, answer)


def _rule_of_clauses(plain: str, found: list[str], answer: str) -> str:
    """The rule by which a clause of a sentence sets an answer aside, or what is not known of it."""
    first, *others = _CLAUSE.split(plain)
    repeated = _repeats(plain, answer)
    spoken = [
        _speaks_for(words, repeated=repeated)
        for clause in (first, *others)
        if (words := _without_opening(lower_words(clause)))
    ]
    if False in spoken:
        return "veto.denied_later"
    if any(_turns(clause, answer) for clause in others):
        return "veto.contrasted"
    if _BESIDE.pattern.search(plain):
        return "veto.beside"
    if spoken[:1] == [True]:
        return ""
    return _rule_of_words(plain, found, repeated=repeated)


def _rule_of_words(plain: str, found: list[str], *, repeated: bool) -> str:
    """The rule by which the words of a sentence about other things set an answer aside."""
    if repeated or _is_formal(plain):
        stripped = lower_words(_ABOUT_COUNTED.pattern.sub("", plain))
        against = not (_AGAINST - _SUPPOSING).isdisjoint(stripped) and "other" not in found
        return "veto.denied_later" if against else ""
    against = not (_AGAINST - _SUPPOSING).isdisjoint(found) and not _is_undenied(found)
    return "veto.unknown_remark" if against or not all(map(_is_known, found)) else ""


def _repeats(text: str, answer: str) -> bool:
    """Whether a text gives a number of an answer again, in digits or in a word."""
    own = set(NUMBERS.findall(answer))
    if not own.isdisjoint(NUMBERS.findall(text)):
        return True
    return any(str(_NUMERALS[word]) in own for word in lower_words(text) if word in _NUMERALS)


def _holds(phrase: Phrases, plain: str, found: list[str]) -> bool:
    return not phrase.words.isdisjoint(found) and phrase.pattern.search(plain) is not None


def _is_known(word: str) -> bool:
    return len(word) == 1 or _EVERYDAY.issuperset(word.split("-")) or unit_named(word) is not None


def _turns(clause: str, answer: str) -> bool:
    """Whether a clause turns against an answer and does not give its value again."""
    found = lower_words(clause)
    if not found or found[0] not in _TURNING:
        return False
    return not _repeats(clause, answer) or not _AGAINST.isdisjoint(found)


def _is_formal(text: str) -> bool:
    """Whether a text holds a number or a formula, as steps, checks and restatements do."""
    signs = ("=", "$", "<", ">", "≤", "≥", "\\(", "\\[")
    return has_digits(text) or any(map(text.__contains__, signs))


def _without_opening(found: list[str]) -> list[str]:
    """The words of a sentence without `so`, `note that` and the like before them."""
    begins = 0
    while begins < len(found) and found[begins] in _OPENING:
        begins += 1
    if begins and found[begins - 1] == "note" and found[begins : begins + 1] == ["that"]:
        begins += 1
    return found[begins:]


def _turns_nowhere(found: list[str], *, repeated: bool) -> bool:
    """Whether a sentence with `However` or its like only remarks on the answer, or offers help."""
    if found[0] == "alternatively":
        return repeated or not _OFFERING.isdisjoint(found[1:2])
    return _HARMLESS.issuperset(found)


def _speaks_for(found: list[str], *, repeated: bool) -> bool | None:
    """Whether a clause speaks for the answer (`this`, `the result`); None: it speaks of others.

    `repeated`: the sentence gives the value of the answer again, and may suppose something.
    """
    first = found[0]
    if first in ("neither", "none"):
        return found[2:4] == ["the", "other"]
    if first in _A | {"just", "only", "merely", "mere"}:  # `A guess.`
        return None if not _COPULAS.isdisjoint(found) or _AGAINST.isdisjoint(found) else False
    if first in _REFERRING:
        begins = 1 + (found[1:2] != [] and found[1] in _SUBJECTS)
    elif first in _ARTICLES:
        begins = next((k for k, word in enumerate(found) if k and word not in _SUBJECTS), 1)
        if begins == 1 or found[begins] not in _PREDICATES:
            return None
    else:
        return None
    return _supports(first, found[begins:], repeated=repeated)


def _supports(subject: str, predicate: list[str], *, repeated: bool) -> bool | None:
    """Whether what is said of an answer supports it; None: it is said of other things."""
    if subject == "it" and predicate and predicate[0] not in _COPULAS:  # `it` may be anything
        against = not _AGAINST.isdisjoint(predicate[:6]) and not _is_undenied(predicate)
        return False if against else None
    if repeated and predicate[:2] == ["is", "that"]:
        return (_AGAINST - _SUPPOSING).isdisjoint(predicate)
    return not _denies(predicate)


def _is_undenied(predicate: list[str]) -> bool:
    """Whether what is denied changes nothing: `is not surprising`, `does not matter`."""
    return any(
        word in _DENYING and not _UNDENIED.isdisjoint(predicate[place + 1 : place + 3])
        for place, word in enumerate(predicate)
    )


def _denies(predicate: list[str]) -> bool:
    """Whether what is said of an answer is more than what supports it."""
    if not predicate or _is_undenied(predicate):
        return False
    if not (_AGAINST | _CONTRASTS).isdisjoint(predicate) or _is_restricted(predicate):
        return True
    if predicate[0] in _COPULAS:
        return not _is_harmless_being(predicate[1:])
    if predicate[0] in _MODALS:
        return predicate[1:2] != ["be"] or not _is_harmless_being(predicate[2:])
    return predicate[0] not in _SUPPORTING


def _is_restricted(predicate: list[str]) -> bool:
    """Whether it is too much or holds in part: `holds only for squares`, not `is the only one`."""
    return "too" in predicate[:-1] or any(
        word in ("only", "merely") and predicate[place - 1] not in _ARTICLES
        for place, word in enumerate(predicate)
    )


def _is_harmless_being(found: list[str]) -> bool:
    """Whether an answer may be what stands behind `is`: `the answer`, `the sum of both`, `odd`."""
    while len(found) > 1 and found[0] in _ADVERBS:
        found = found[1:]
    if not found:
        return True
    if found[0] not in _ARTICLES | _A:
        return found[0] in _BEING or len(found[0]) == 1
    named = found[1:]
    while named and named[0] in _NAMED | _BEING:
        if named[0] in _SUPERLATIVES:
            return True
        named = named[1:]
    if not named:
        return True
    if found[len(found) - len(named) - 1] in ("answer", "solution") and named[0] in ("to", "for"):
        return _QUESTION.issuperset(named[1:3])
    return named[0] in _ENDS_NAME
