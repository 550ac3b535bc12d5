r"""The final answer in a completion: where people and models put it, strongest marker first.

1. a `FINAL ANSWER:` line (Markdown and case aside), the rest of the line or the next line
2. `\boxed{}` and `\fbox{}`, balanced
3. `####`
4. a JSON field `"answer"` or `"final"` (`"final_answer"`)
5. `A:`, `Answer:`, "the (final) answer is"
6. a completion that is itself an answer: one short line, one formula in a single short sentence,
   a last line that is a bare answer, or a last sentence `Therefore, ...` with one number in it

Text inside `<think>` does not count where an answer follows it. Answers of one kind that disagree
are `ambiguous_answer`, as is a stronger kind contradicted by a later one of kinds 1 to 3; several
boxes are handed on together, because they may answer several parts. Everything here is linear in
the length of the text.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.match import same_at_sight
from dpo_math_assets.verifier.normal import clean, normalise

__all__ = ["Extraction", "extract", "split_boxes"]

MAX_ANSWER = 2_000_000
MAX_BARE = 300
MAX_BOXES = 64


class Extraction(NamedTuple):
    """`answer` and the `marker` it stood behind, or None and the `reason` there is none.

    Several boxes are kept as `\\boxed{a}, \\boxed{b}`: only the gold can tell whether they are the
    parts of one answer.
    """

    answer: str | None
    marker: str | None
    reason: str | None


_NONE = Extraction(None, None, "no_final_answer")
_AMBIGUOUS = Extraction(None, None, "ambiguous_answer")

# At the start of a line in any case, or capitalised anywhere; `the final answer: 5` in the middle
# of a sentence is a label like others.
_FINAL = re.compile(
    r"(?:(?:^|\n)[ \t>*_#\-\d.)]*[Ff]inal[ _][Aa]nswer|Final[ _]Answer|FINAL[ _]ANSWER)"
    r"[ \t]*(?:\(s\)|\*\*|__)?[ \t]*[:=：][ \t*_]*"
)
_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*\{|\\beginboxed[ \t]*\{")
# Four hashes are a Markdown heading too: an answer begins like a value and is no numbered title.
_HASHES = re.compile(
    r"####+[ \t]*(?=[-+$€£.(\\\[{\d]|[A-J]\s*$)(?!\d+[.)]\s+[A-Za-z])([^\n]*)", re.MULTILINE
)
_JSON = re.compile(r'"(?:final_)?(?:answer|final)"[ \t]*:[ \t]*')
_JSON_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_JSON_SCALAR = re.compile(r"-?[\d.]+(?:[eE][+-]?\d+)?(?=\s*[,}\n]|\s*$)")
_LABEL = re.compile(
    r"(?:^|\n)[ \t>*_#]*(?:A|Answer|ANSWER|answer)[*_ \t]*[:：][*_ \t]*([^\n]*)"
    r"|\b[Aa]nswer[*_]*[:：][*_ \t]*([^\n]*)"
)
_PHRASE = re.compile(
    r"\b(?:the|our|my|final|correct)\s+(?:final\s+|correct\s+|right\s+)?answer\s+"
    r"(?:is|are|will be|would be|should be|must be|equals|=)(?:\s*:)?\s+(?=\S)",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"\$\$([^$]+)\$\$|(?<!\\)\$([^$\n]+)(?<!\\)\$(?!\d)|\\\(([^\\]*(?:\\(?![()])[^\\]*)*)\\\)"
    r"|\\\[([^\\]*(?:\\(?![\[\]])[^\\]*)*)\\\]"
)
_SENTENCE_END = re.compile(
    r"(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\bNo)(?<!\bMrs)"
    r"[.!?。](?=\s+[A-Z\"'(*<\\]|\s*$|\s*<|\"?,?\s*$)|\n"
)
_THEREFORE = re.compile(r"(?:^|(?<=[.!?]\s))[*_\s]*(?:Therefore|So|Thus|Hence|In total)\b")
_HOPE = re.compile(r"\s*I hope it is correct\.?\s*$")
_BECAUSE = re.compile(r",?\s+(?:because|since|as we|which|so that|i hope)\b", re.IGNORECASE)
_BLANK = re.compile(r"(?:\\(?:phantom|hspace)\{[^{}]*\}|\\square|\\[,;: ]|[_?.#*\s])+")
_EMPHASIS = re.compile(r"\*\*(?=[\s.,;:]|$)|(?<=\s)\*\*")
_NUMBERING = re.compile(r"^\d+[.)]\s+(?=[A-Z])")
_EQUALS_VALUE = re.compile(r"^=\s*(?=-?\$?[\d.,]+%?(?:\s+[A-Za-z ]+)?$)")
_SPECIAL = re.compile(r"<\|[a-z_]{1,20}\|>|</?s>")
_LATEX_WORD = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")


def extract(candidate: str) -> Extraction:
    """The final answer of a completion."""
    text = _after_thinking(candidate)
    strong = {
        "final": _tidied(_final_lines(text)),
        "boxed": _tidied(_boxes(text)),
        "hashes": _tidied([(found.start(), found[1]) for found in _HASHES.finditer(text)]),
    }
    for marker, answers in strong.items():
        if answers:
            return _settle(marker, answers, strong)
    for marker, answers in (("json", _tidied(_json(text))), ("label", _tidied(_labels(text)))):
        if answers:
            return _settle(marker, answers, {})
    return _bare(text)


def _after_thinking(text: str) -> str:
    end = text.rfind("</think>")
    if end >= 0 and text[end + 8 :].strip():
        text = text[end + 8 :]
    special = _SPECIAL.search(text)
    if special and text[: special.start()].strip():
        text = text[: special.start()]
    return text


def _tidied(answers: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The answers without their wrapping; empty ones and blanks to fill in are none."""
    tidied = [(at, _tidy(answer)) for at, answer in answers]
    return [(at, answer) for at, answer in tidied if answer and not _BLANK.fullmatch(answer)]


def _settle(
    marker: str, answers: list[tuple[int, str]], strong: dict[str, list[tuple[int, str]]]
) -> Extraction:
    """One answer from several of a kind, if they agree and no later marker contradicts them."""
    distinct = {normalise(answer): answer for _, answer in answers}
    if len(distinct) > 1:
        distinct = _agreeing(distinct)
    if len(distinct) > 1:
        if marker != "boxed" or len(distinct) > MAX_BOXES:
            return _AMBIGUOUS
        return Extraction(
            ", ".join(f"\\boxed{{{answer}}}" for answer in distinct.values()), marker, None
        )
    last_at, answer = answers[-1]
    for other, found in strong.items():
        if other != marker and found and found[-1][0] > last_at:
            later = found[-1][1]
            if len(_agreeing({normalise(answer): answer, normalise(later): later})) > 1:
                return _AMBIGUOUS
    return Extraction(answer, marker, None)


def _agreeing(distinct: dict[str, str]) -> dict[str, str]:
    """The answers without those that are equal to an earlier one by the cheap tiers."""
    kept: dict[str, str] = {}
    for key, answer in distinct.items():
        if len(kept) > MAX_BOXES:
            break
        if not any(same_at_sight(answer, other) for other in kept.values()):
            kept[key] = answer
    return kept


def _final_lines(text: str) -> list[tuple[int, str]]:
    answers = []
    for found in _FINAL.finditer(text):
        rest = _line(text, found.end())
        if not rest.strip(" *_#$\\[]()"):
            rest = _next_line(text, found.end())
        phrase = _PHRASE.match(rest)
        if phrase:
            rest = rest[phrase.end() :]
        answers.append((found.start(), rest))
    return answers


def _line(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def _next_line(text: str, start: int) -> str:
    """The first line with text after the one at `start`; a display formula is taken whole."""
    end = text.find("\n", start)
    while end >= 0:
        line = _line(text, end + 1)
        stripped = line.strip()
        if stripped in ("\\[", "$$"):
            close = text.find("\\]" if stripped == "\\[" else "$$", end + 1 + len(line))
            if close >= 0:
                return text[end + 1 + line.index(stripped) + 2 : close]
        if stripped:
            return line
        end = text.find("\n", end + 1)
    return ""


def _boxes(text: str) -> list[tuple[int, str]]:
    """Contents of the outermost boxes; one scan of the braces serves them all."""
    starts = [(found.start(), found.end()) for found in _BOX.finditer(text)]
    if not starts:
        return []
    closing = _closing_braces(text, {end - 1 for _, end in starts})
    answers: list[tuple[int, str]] = []
    covered = -1
    for start, end in starts:
        close = closing.get(end - 1)
        if close is None:
            # an open box at the end of a line, as cut or careless completions have it
            if text.find("\\boxed", end) < 0 and start > covered:
                answers.append((start, _line(text, end).rstrip("$ ")))
            continue
        if start > covered:
            answers.append((start, text[end:close]))
            covered = close
    return answers


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def _closing_braces(text: str, wanted: set[int]) -> dict[int, int]:
    closing: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            start = opened.pop()
            if start in wanted:
                closing[start] = found.start()
    return closing


def _json(text: str) -> list[tuple[int, str]]:
    answers = []
    for found in _JSON.finditer(text):
        string = _JSON_STRING.match(text, found.end())
        if string:
            answers.append((found.start(), _unescape(string[1])))
            continue
        scalar = _JSON_SCALAR.match(text, found.end())
        if scalar:
            answers.append((found.start(), scalar[0]))
    return answers


_ESCAPE = re.compile(r'\\(["\\/n])')


def _unescape(text: str) -> str:
    r"""JSON escapes of an answer; a lone `\frac`, which is no JSON, is left alone."""
    return _ESCAPE.sub(lambda found: " " if found[1] == "n" else found[1], text)


def _labels(text: str) -> list[tuple[int, str]]:
    answers = [
        (found.start(), found[1] if found[1] is not None else found[2])
        for found in _LABEL.finditer(text)
    ]
    for found in _PHRASE.finditer(text):
        answers.append((found.start(), _sentence(_line(text, found.end()))))
    # a label whose own text is the phrase: "Answer: the answer is 5"
    answers = [(at, answer) for at, answer in answers if not _PHRASE.search(answer)]
    return sorted(answers)[-1:] if answers else []


def _sentence(text: str) -> str:
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def _tidy(answer: str) -> str:
    """What stands behind a marker, without the prose and the wrapping around it."""
    if len(answer) > MAX_ANSWER:
        return answer
    answer = _EMPHASIS.sub("", answer.replace('\\"', '"').strip("*#_ \t"))
    answer = _EQUALS_VALUE.sub("", clean(answer))
    if "\\boxed" in answer or "\\fbox" in answer:
        inner = _boxes(answer)
        if len(inner) == 1:
            return clean(inner[0][1])
    sentence = _sentence(answer)
    if len(sentence) < len(answer) and _WORD.search(_LATEX_WORD.sub("", answer[len(sentence) :])):
        answer = sentence
    because = _BECAUSE.search(answer)
    if because:
        answer = answer[: because.start()]
    answer = clean(answer)
    return _number_said(answer) or answer


_NUMBER_SAID = re.compile(
    r"(?<![^\s$])-?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+|/\d+)?%?(?![^\s.,;!?])(?![.,]\d)"
)
_LETTER_ALONE = re.compile(r"(?<![\w'’])[B-HJ-Zb-z](?![\w'’])")
_HEDGED = re.compile(
    r"\b(?:not|no|never|cannot|wrong|incorrect|false|least|most|between|except|or|times|minus|plus|"
    r"over|under|if|unless|either)\b|n['’]t\b",
    re.IGNORECASE,
)


def _number_said(answer: str) -> str | None:
    """The one number of a plain sentence such as `Jack has $120 now`, or None.

    None for a sentence that denies, compares or hedges, and where a letter could be a variable.
    """
    if len(answer) > MAX_BARE or "\\" in answer or len(_WORD.findall(answer)) < 3:
        return None
    answer = answer.replace("**", "").replace("$$", "$")
    numbers = _NUMBER_SAID.findall(answer)
    rest = _NUMBER_SAID.sub(" ", answer)
    if len(numbers) != 1 or any(char.isdigit() or char in "=+*/^<>_()[]{}|" for char in rest):
        return None
    if _HEDGED.search(rest) or _LETTER_ALONE.search(rest):
        return None
    return str(numbers[0])


def _bare(text: str) -> Extraction:
    """A completion that is itself an answer."""
    stripped = text.strip()
    tail = stripped[-2000:]
    formulas = [next(filter(None, found.groups())) for found in _FORMULA.finditer(tail)]
    short = len(stripped) <= MAX_BARE
    around = _WORD.search(_LATEX_WORD.sub(" ", _FORMULA.sub(" ", tail)))
    one_sentence = len(_SENTENCE_END.findall(" ".join(tail.split()))) <= 1
    if short and len(formulas) == 1 and around and one_sentence:
        return Extraction(clean(formulas[0]), "formula", None)
    if short and "\n" not in stripped and not _prose(stripped):
        return Extraction(_tidy(stripped), "bare", None)
    lines = _HOPE.sub("", stripped).rsplit("\n", 1)
    last = _NUMBERING.sub("", lines[-1].strip())
    concluded = _conclusion(last[-2 * MAX_BARE :])
    if concluded is not None:
        return Extraction(concluded, "conclusion", None)
    if (
        len(lines) == 2
        and len(last) <= MAX_BARE
        and not _prose(last)
        and any(map(str.isdigit, last))
    ):
        return Extraction(_tidy(last), "last_line", None)
    return _NONE


def _conclusion(line: str) -> str | None:
    """The one number of a last sentence that begins with `Therefore` and is complete."""
    starts = [found.start() for found in _THEREFORE.finditer(line)]
    if not starts or line.rstrip(" *$")[-1:] != ".":
        return None
    sentence = line[starts[-1] :]
    return _number_said(clean(sentence.replace("*", ""))) if _sentence(sentence) else None


def _prose(text: str) -> bool:
    """Whether a line is a sentence and not a value with a word or two."""
    words = _WORD.findall(_LATEX_WORD.sub(" ", text))
    return len(words) > 6 or bool(re.search(r"[a-z]{2,}[.!?]\s+[A-Z]", text))


def split_boxes(answer: str) -> list[str]:
    """The contents of several boxes, or nothing where there are fewer than two."""
    found = [clean(content) for _, content in _boxes(answer)]
    return found if len(found) > 1 else []
