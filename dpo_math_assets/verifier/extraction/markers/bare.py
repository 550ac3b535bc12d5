"""A completion that is itself an answer, without any marker.

One short line, one formula in a single short sentence, a last line that is a bare answer, parts
`(a)`, `(b)`, or a last sentence that states a value (`Therefore, ...`).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.choices import is_listed
from dpo_math_assets.verifier.extraction.cleanup import EQUALS_VALUE, MAX_BARE
from dpo_math_assets.verifier.extraction.prose import is_assertion, stated_value
from dpo_math_assets.verifier.extraction.tokens import (
    FORMULA,
    LATEX_WORD,
    NUMBER,
    NUMERIC,
    PART,
    SENTENCE_END,
    WORD,
    first_sentence,
    has_digits,
    has_words,
)
from dpo_math_assets.verifier.lexicon.words import word_set
from dpo_math_assets.verifier.syntax.normalization import clean

# A line of a program that no fence marks as one.
_PROGRAM = re.compile(
    r"^[ \t]*+(?:(?:for|while|if|elif|def|class|with)\b[^\n]{1,100}:[ \t]*$|(?:else|try):[ \t]*$"
    r"|(?:import|from) [\w.]+(?: import [\w*, ]+)?[ \t]*$|(?:print|println|printf|console\.log)\("
    r"|return [\w(]|#include\b|[\w.]+ ?[-+*/]= ?\S)",
    re.MULTILINE,
)
# Last lines that are looked at for what is no answer.
MAX_ENDS = 8
# Longer environments are no answer.
MAX_ENVIRONMENT = 2_000


class Bare(NamedTuple):
    """An answer by its place, and the `marker` that says which place that is.

    There are several `texts` where each is the answer to a part. `other` holds two values: a
    conclusion stands only if they are equal, a last line is ambiguous if they differ.
    """

    marker: str
    texts: tuple[str, ...]
    other: tuple[str, str] | None = None


_FIELD = re.compile(r'"(?:final|(?:final_)?answer)"\s*:')
# The last field, where none is called an answer.
_RESULT_FIELD = re.compile(
    r'"(?:final_)?(?:result|solution)"\s*:\s*"?([^"\n{}\[\]]{1,80}+)"?\s*\}$'
)
_REFUSAL = re.compile(
    r"(?:(?:sorry|unfortunately),?\s+(?:but\s+)?)?(?:I|we)(?:(?:['’]m|\s+am|\s+are|\s+was)\s+"
    r"(?:not|unable|sorry)|\s+(?:do|did|can|could)(?:\s*not|n['’]t)|\s+can['’]t|\s+have no)\b",
    re.IGNORECASE,
)
_THEREFORE = re.compile(
    r"(?:^|(?<=[.!?]\s))[*_\s]*(?:Therefore|So|Thus|Hence|Consequently|It follows that|"
    r"As a result|(?:We|I) conclude that|In (?:total|conclusion|summary))\b"
)
_HOPE = re.compile(r"(?<!\s)\s*I hope it is correct\.?\s*$")
_NUMBERING = re.compile(r"^\d+[.)]\s+(?=[*_]*[A-Z])")
# The number of a step that was not written any more: `### 2.`, `**2. `
_ITEM_ONLY = re.compile(r"(?:#+ *|\*+|\()\d{1,2}[.)]+[\s*]*")
# What a text tells of its answer and not of its question.
ABOUT = (
    r"(?:confidence|certainty|(?:\w+ )?tokens|word count|step count|difficulty|"
    r"(?:time|space) complexity"
)
_ABOUT_LAST = re.compile(
    rf"[\s*_#>-]*+(?:{ABOUT})\b[^\n:=]{{0,30}}[:=][^\n=]{{0,24}}$|\[\d+\]:? \S)",
    re.IGNORECASE,
)
# Smileys, and what makes them colourful.
_SMILEYS = re.compile(r"[\s\u2600-\u27BF\uFE0F\U0001F000-\U0001FAFF]+$")
# A mark without an answer, a rule; `**` is the beginning of what was cut off.
_EMPTY = re.compile(r"\s*(?:\**#{4,}\**|-{3,}|\*{3,}|_{3,})\s*")
# `sin(` is no word of a sentence.
_CALLED = re.compile(r"[A-Za-z]+(?=\()")
_TAGGED = re.compile(r"<(result|output|final|response)>\s*([^<>]+)</\1>$", re.IGNORECASE)
_RESULT = re.compile(rf"=\s*[$*\\(\[]*(-?{NUMBER})[^=\d]*$")
_AMOUNT = re.compile(rf"(?<![\w.,/]){NUMBER}(?![\w/%]|[.,]\d)")
# `Therefore, he spent $36, leaving 4`
_GOES_FURTHER = re.compile(
    r"(?<!^Therefore)(?<!^So)(?<!^Thus)(?<!^Hence),(?!\d{3})|\blea(?:v|f)|\bhalf\b"
)
# A name with its value, or a value alone.
_GIVEN = re.compile(
    rf"[*\s]*\${{0,2}}(?:[A-Za-z][A-Za-z0-9 ]{{0,40}}(?:[:=]|(?<= is))[*\s]*)?\s*\$?-?\$?{NUMERIC}"
    r"(?:\s*[A-Za-z%]+)?\${0,2}[.*]*"
)
# `Given:`, `Let us list what is known.`
_PREMISE = re.compile(r"\W*Given\W*$|.{0,80}\b(?:is known|are given|denote|define)\b")
_TOTAL = re.compile(r"[*\s]*(?:(?:grand )?total|sum|(?:al)?together)\b", re.IGNORECASE)
# Checks, remarks and offers behind an answer that has no marker.
_ASIDE = re.compile(
    r"\n[*_#> \t-]*+(?:(?:To |Let['’]s |Let me |We can )?(?:[Dd]ouble[- ]?|[Ss]anity )?"
    r"(?:[Cc]heck|[Vv]erif|[Cc]onfirm)|Probe\b|V[ée]rif|Comprob|Провер|验证|検算|"
    r"Note\b|I hope|Let me know|Thank|Feel free|Is there anything|"
    r"Would you like|As a (?:sanity )?check)"
)
_FENCE = re.compile(r"^```[a-z]*[ \t]*$|\n```$", re.MULTILINE)
_LISTED = re.compile(rf"[*_\s-]*\(?({PART})\)[*_:\s]+(\S[^\n]*)")
_NEXT_SENTENCE = re.compile(r"(?:[a-z]{2}|[\d$)])[.!?]\s+[A-Z](?:[a-z]| )")
# `Here is the matrix: $...$`, and no task or premise
_SHOWN = re.compile(r":\s*(?:\$|\\\(|\\\[)")
_TASKS = word_set(
    "simplify find evaluate compute calculate solve determine consider "
    "let given suppose note first recall define step case using"
)
# Words around the formula of a sentence that says nothing but it.
_PLAIN_AROUND = word_set(
    "the answer final is are equals equal to so thus hence therefore and we get have obtain find "
    "that it which gives value solution result of solutions correct our this"
)


def bare_answers(text: str) -> Iterator[Bare]:
    """The answers that a text without a marker may give, in the order in which they are asked."""
    stripped = _without_remarks(text.strip())
    above, _, line = stripped.rpartition("\n")
    last = _NUMBERING.sub("", line.strip())
    if not stripped or last.endswith("?"):
        return
    if environment := _environment(stripped, line):
        yield Bare("aligned", (environment,))
    if stripped.rfind("\\[") > stripped.rfind("\\]") or stripped.count("$$") % 2:
        return  # a formula that was cut off
    if (enclosed := _enclosed(stripped)) is not None:
        yield from enclosed
        return
    if len(stripped) <= MAX_BARE:
        yield from _short(stripped)
        if "\n" not in stripped and not is_prose(stripped):
            return
    if _LISTED.fullmatch(last):
        if parts := _listed(stripped):
            yield Bare("parts", parts)
        return
    yield from _conclusions(above, last)
    if above and _stands_alone(above, last):
        yield from _last_line(above, last)


def _environment(text: str, line: str) -> str:
    """The environment with which a text ends."""
    if not line.endswith(("}", "}$$", "}\\]", "$$", "\\]")) or "\\end{" not in text[-60:]:
        return ""
    begins = text.rfind("\\begin{")
    return text[begins:] if begins >= 0 and len(text) - begins <= MAX_ENVIRONMENT else ""


def _enclosed(text: str) -> list[Bare] | None:
    """The answer of a text that ends as JSON or with a tag; None for any other text."""
    if text.endswith("}") and '":' in text:
        result = _RESULT_FIELD.search(text[-MAX_BARE:])
        return [Bare("json", (result[1],))] if result else []
    if text.endswith(">") and (tagged := _TAGGED.search(text[-MAX_BARE:])):
        return [Bare("label", (tagged[2],))]
    return None


def is_prose(text: str) -> bool:
    """Whether a line is a sentence and not a value with a word or two."""
    words = WORD.findall(_CALLED.sub(" ", LATEX_WORD.sub(" ", text)))
    return len(words) > 6 or _NEXT_SENTENCE.search(text) is not None


def _without_remarks(stripped: str) -> str:
    """The text without checks, offers and marks behind its answer; nothing of a refusal."""
    if _REFUSAL.match(stripped) or _FIELD.search(stripped):
        return ""
    if "\n" in stripped:
        if _PROGRAM.search(stripped):
            return ""
        aside = _ASIDE.search(stripped)
        stripped = stripped[: aside.start()] if aside else stripped
        stripped = (_FENCE.sub("", stripped) if "```" in stripped else stripped).strip()
        stripped = _without_ends(stripped)
    if not stripped[-1:].isascii():
        stripped = _SMILEYS.sub("", stripped)
    return _HOPE.sub("", stripped) if "I hope" in stripped else stripped


def _without_ends(text: str) -> str:
    """The text without the last lines that tell of its answer or are marks without one."""
    for _ in range(MAX_ENDS):
        begins = text.rfind("\n") + 1
        if not begins or not (_EMPTY.fullmatch(text, begins) or _ABOUT_LAST.match(text, begins)):
            break
        text = text[:begins].rstrip()
    return text


def _short(text: str) -> Iterator[Bare]:
    """A short text that is its answer, or one sentence with it."""
    if formula := _one_formula(text):
        yield Bare("formula", (clean(formula),))
    elif "\n" not in text:
        if not is_prose(text):
            yield Bare("bare", (text,))
        elif first_sentence(text) == text.rstrip(".!") and (value := stated_value(text)):
            yield Bare("conclusion", (value,))


def _one_formula(text: str) -> str | None:
    """The only formula of one sentence with words around it."""
    formulas = FORMULA.findall(text)
    if len(formulas) != 1 or len(SENTENCE_END.findall(" ".join(text.split()))) > 1:
        return None
    around = FORMULA.sub(" ", text)
    if not has_words(around) or not is_assertion(around):
        return None
    words = WORD.findall(around.lower())
    plain = _PLAIN_AROUND.issuperset(words)
    shown = _SHOWN.search(text) is not None and _TASKS.isdisjoint(words)
    stated = plain or shown or stated_value(FORMULA.sub(" 7 ", " ".join(text.split()))) is not None
    return formulas[0] if stated else None


def _listed(text: str) -> tuple[str, ...]:
    """The answers of the last lines, which begin with `(a)`, `(b)`, ...: one for each part."""
    parts: dict[str, str] = {}
    for line in reversed(text[-2 * MAX_BARE :].splitlines()):
        part = _LISTED.fullmatch(line.rstrip())
        if part and part[1] in parts:
            return ()
        if part:
            parts[part[1]] = part[2]
        elif line.strip():
            break
    if len(parts) < 2 or not ({"a", "i"} & parts.keys()):
        return ()
    return tuple(reversed(parts.values()))


def _conclusions(above: str, last: str) -> Iterator[Bare]:
    """The value that a last sentence states."""
    line = last[-2 * MAX_BARE :]
    starts = [found.start() for found in _THEREFORE.finditer(line)]
    if starts and line.rstrip(" *$")[-1:] == ".":
        sentence = line[starts[-1] :]
        value = stated_value(clean(sentence.replace("*", ""))) if first_sentence(sentence) else None
        if value is not None:
            yield Bare("conclusion", (value,))
            return
    result = _RESULT.search(above[-MAX_BARE:]) if last.rstrip("*").endswith(".") else None
    if result:
        # the sentence that states the result of the last sum before it
        value = stated_value(last)
        if value is None and _THEREFORE.match(last):
            value = stated_value(_alone(last, result[1]))
        if value:
            yield Bare("conclusion", (value,), (value, result[1]))


def _alone(sentence: str, number: str) -> str:
    """A sentence in plain words with its other numbers left open: `96 cows in some stalls`."""
    if any(sign in sentence for sign in "\\^%=/") or _GOES_FURTHER.search(sentence):
        return ""
    plain = number.replace(",", "")
    return _AMOUNT.sub(
        lambda found: found[0] if found[0].replace(",", "") == plain else "some", sentence
    )


def _stands_alone(above: str, last: str) -> bool:
    """Whether a last line can be an answer: a value with a word or two, and no item cut off."""
    return (
        len(last) <= MAX_BARE
        and not is_prose(last)
        and not _ITEM_ONLY.fullmatch(last)
        and not _is_next_item(above, last)
        and (not _THEREFORE.match(last) or (bool(stated_value(last)) and not last[-1].isdigit()))
        and has_digits(last)
        and (not last.startswith("=") or EQUALS_VALUE.match(last) is not None)  # no half-done sum
    )


def _is_next_item(text: str, last: str) -> bool:
    """Whether the last line is `3.` or `3` below `2. ...`: an item that was cut off."""
    number = last.rstrip(".) ")
    if not number.isdecimal() or len(number) > 2 or number in ("0", "1"):
        return False
    return re.search(rf"^[ \t]*{int(number) - 1}[.)]\s", text, re.MULTILINE) is not None


def _last_line(above: str, last: str) -> Iterator[Bare]:
    """A last line that is a value, unless the line above says that it is one of several."""
    before = _NUMBERING.sub("", above.rstrip().rsplit("\n", 1)[-1].strip())
    several = (  # `x = 3` above `y = 4`
        before != last
        and _GIVEN.fullmatch(before)
        and _GIVEN.fullmatch(last)
        and not _TOTAL.match(last)
    )
    # the choices, and none of them chosen
    choices = is_listed(before) and is_listed(last)
    if several or choices or _PREMISE.match(before):
        return
    stated = stated_value(before) if ":" in last or last.startswith("[") else None
    # `Confidence: 95%` below the sentence that gives the answer
    other = (stated, last.rsplit(":", 1)[-1].strip(" *[]")) if stated else None
    yield Bare("last_line", (last,), other)
