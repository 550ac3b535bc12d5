r"""The final answer in a completion: where people and models put it, strongest marker first.

1. a `FINAL ANSWER:` line (Markdown and case aside), the rest of the line or the next line
2. `\boxed{}` and `\fbox{}`, balanced
3. `####`
4. a JSON field `"answer"` or `"final"` (`"final_answer"`)
5. `A:`, `Answer:`, "the (final) answer is", "the correct option is", `<answer>`
6. a completion that is itself an answer: one short line, one formula in a single short sentence,
   a last line that is a bare answer, or a last sentence `Therefore, ...` with one number in it

Text inside `<think>` does not count where an answer follows it. Answers of one kind that disagree
are `ambiguous_answer`, as is a stronger kind contradicted by a later one of kinds 1 to 3, or by
second thoughts in the text after it (`Wait, ...`); several boxes are handed on together, because
they may answer several parts. Everything here is linear in the length of the text.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.match import same_at_sight
from dpo_math_assets.verifier.normal import clean, normalise

__all__ = ["Extraction", "extract", "split_boxes"]

# Longer answers are handed on as they stand; no later step takes them.
MAX_ANSWER = 10_000
MAX_BARE = 300
MAX_BOXES = 64
# Markers of a kind that are looked at: the last ones.
MAX_MARKERS = 100


class Extraction(NamedTuple):
    """`answer` and the `marker` it stood behind, or None and the `reason` there is none.

    Several boxes are kept as `\\boxed{a}, \\boxed{b}`: only the gold can tell whether they are the
    parts of one answer.
    """

    answer: str | None
    marker: str | None
    reason: str | None


# (offset in the text, answer)
_Found = list[tuple[int, str]]

_NONE = Extraction(None, None, "no_final_answer")
_AMBIGUOUS = Extraction(None, None, "ambiguous_answer")

_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*\{|\\beginboxed[ \t]*\{")
# Four hashes are a Markdown heading too: an answer begins like a value and is no numbered title.
_HASHES = re.compile(
    r"(?<!#)#{4,}+[ \t]*+(?=[-+$€£.(\\\[{\d]|[A-J]\s*$)(?!\d+[.)]\s+[A-Za-z])([^\n]*)",
    re.MULTILINE,
)
_COLON = re.compile(r"(?:\(s\)|s)?[ \t*_]*[:=：][ \t*_]*")
_JSON_COLON = re.compile(r'"[ \t]*:[ \t]*')
_JSON_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_JSON_ARRAY = re.compile(r"\[([^\[\]{}\n]*)\]")
_JSON_SCALAR = re.compile(r"\$?-?[\d.]+(?:[eE][+-]?\d+)?(?=\s*[,}\n]|\s*$)")
_ARTICLE = re.compile(
    r"\b(?:the|our|my|final|correct)\s+(?:(?:final|correct|right)\s+)?$", re.IGNORECASE
)
_IS = re.compile(
    r"\s+(?:is|are|will be|would be|should be|must be|equals|=)(?:\s*:)?\s+(?=\S)", re.IGNORECASE
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
_HOPE = re.compile(r"(?<!\s)\s*I hope it is correct\.?\s*$")
_BECAUSE = re.compile(
    r"(?<![\s,]),?\s+\(?(?:because|since|as we|which|so that|i hope)\b", re.IGNORECASE
)
_BLANK = re.compile(r"(?:\\(?:phantom|hspace)\{[^{}]*\}|\\square|\\[,;: ]|[_?.#*\s])+")
_EMPHASIS = re.compile(r"\*\*(?=[\s.,;:]|$)|(?<=\s)\*\*")
_CHOICE_SAID = re.compile(
    r"(?:for sure |definitely |certainly |clearly )?\(?([A-J])\)?[,;] [a-z]+ "
)
_OPTION_IS = re.compile(
    r"\b(?:correct|right|best|answer) (?:option|choice) is[:\s*]{1,3}\(?([A-J])\)?(?![A-Za-z'’])"
)
_NUMBERING = re.compile(r"^\d+[.)]\s+(?=[A-Z])")
_EQUALS_VALUE = re.compile(r"^=\s*(?=-?\$?[\d.,]+%?(?:\s+[A-Za-z ]+)?$)")
_SPECIAL = re.compile(r"<\|[a-z_]{1,20}\|>|</?s>")
_LATEX_WORD = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_PLAIN_NUMBER = re.compile(r"-?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


def extract(candidate: str) -> Extraction:
    """The final answer of a completion."""
    text = _after_thinking(candidate)
    final, json, label = _marked(text)
    strong = {
        "final": _tidied(final),
        "boxed": _tidied(_boxes(text)) if "box" in text else [],
        "hashes": _tidied(_hashes(text)) if "####" in text else [],
    }
    labels = _tidied(label)
    for marker, answers in strong.items():
        if answers:
            denied = _takes_back(text, answers[-1]) or _renumbered(answers[-1], labels)
            return _AMBIGUOUS if denied else _settle(marker, answers, strong)
    for marker, answers in (("json", _tidied(json)), ("label", labels)):
        if answers:
            denied = _takes_back(text, answers[-1])
            return _AMBIGUOUS if denied else _settle(marker, answers, {})
    return _bare(text)


def _after_thinking(text: str) -> str:
    end = text.rfind("</think>")
    if end >= 0 and text[end + 8 :].strip():
        text = text[end + 8 :]
    special = _SPECIAL.search(text) if "<|" in text or "s>" in text else None
    if special and text[: special.start()].strip():
        text = text[: special.start()]
    return text


def _tidied(answers: _Found) -> _Found:
    """The answers without their wrapping; empty ones and blanks to fill in are none."""
    tidied = [(at, _tidy(answer)) for at, answer in answers[-MAX_MARKERS:]]
    return [(at, answer) for at, answer in tidied if answer and not _BLANK.fullmatch(answer)]


def _settle(marker: str, answers: _Found, strong: dict[str, _Found]) -> Extraction:
    """One answer from several of a kind, if they agree and no later marker contradicts them."""
    if len(answers) == 1 and sum(map(bool, strong.values())) < 2:
        return Extraction(answers[0][1], marker, None)
    distinct = _distinct([answer for _, answer in answers], MAX_BOXES if marker == "boxed" else 1)
    if not distinct:
        return _AMBIGUOUS
    if len(distinct) > 1:
        return Extraction(", ".join(f"\\boxed{{{answer}}}" for answer in distinct), marker, None)
    last_at, answer = answers[-1]
    for other, found in strong.items():
        later = other != marker and found and found[-1][0] > last_at
        if later and not _distinct([answer, found[-1][1]], 1):
            return _AMBIGUOUS
    return Extraction(answer, marker, None)


_RETRACTION = re.compile(
    r"(?:^|[.!?,;:)}$*\n–—-])\s*(?:(?:wait|hold on|scratch that|oops|hm+|correction|actually|sorry|"
    r"my mistake)\b|no,)"
    r"|\bI (?:have )?made an? (?:\w+ )?(?:mistake|error)\b|\blet me (?:correct|fix|redo)\b"
    r"|\b(?:it|that|this|answer) (?:is|was) (?:wrong|incorrect|not (?:right|correct))\b"
    r"|\b(?:it|that|this|answer) should (?:actually |really |instead |rather )?(?:be|have been)\b",
    re.IGNORECASE,
)


# What stands behind an answer and says nothing.
_CLOSING = " \t\r\n.,;*$`\"'\\)]}"


def _takes_back(text: str, last: tuple[int, str]) -> bool:
    """Whether the text goes on, after its last answer, with second thoughts about it."""
    at, answer = last
    found = text.find(answer, at)
    end = found + len(answer) if found >= 0 else at
    return bool(text[end:].strip(_CLOSING)) and _RETRACTION.search(text, end) is not None


def _renumbered(last: tuple[int, str], labels: _Found) -> bool:
    """Whether `the answer is 6` follows a final answer 5."""
    if not labels or labels[-1][0] <= last[0]:
        return False
    numbers = last[1], labels[-1][1]
    return all(map(_PLAIN_NUMBER.fullmatch, numbers)) and not same_at_sight(*numbers)


def _distinct(answers: list[str], limit: int) -> list[str]:
    """The answers without those equal to an earlier one by the cheap tiers; none if over `limit`.

    Long ones are compared by their text alone.
    """
    kept: dict[str, str] = {}
    for answer in answers:
        key = normalise(answer) if len(answer) <= MAX_ANSWER else answer
        short = len(answer) <= MAX_BARE
        if key in kept or (short and any(same_at_sight(answer, other) for other in kept.values())):
            continue
        if len(kept) == limit:
            return []
        kept[key] = answer
    return list(kept.values())


def _marked(text: str) -> tuple[_Found, _Found, _Found]:
    """(offset, answer) behind final-answer lines, JSON fields and labels; the last label only.

    All three hold the word `answer` (but for `"final"` and `A:`), so one search finds them.
    """
    final: _Found = []
    json: _Found = []
    label: _Found = []
    for at in _occurrences(text, ("nswer", "NSWER")):
        end = at + 5
        if text.startswith('"', end) and (found := _JSON_COLON.match(text, end)):
            _json_value(text, at, found.end(), json)
        elif found := _COLON.match(text, end):
            kind = final if _is_final(text, at) else label
            # a label ends a word of its own: `reanswer:` is none
            kind.append((at, _rest(text, found.end())))
        elif text.startswith(">", end) and text[at - 2 : at] == "<a":  # <answer>5</answer>
            close = text.find("</answer>", end)
            label.append((at, text[end + 1 : close] if close >= 0 else _line(text, end + 1)))
        elif (found := _IS.match(text, end)) and _ARTICLE.search(text, max(0, at - 30), at - 1):
            label.append((at, _sentence(_line(text, found.end()))))
    for at in _occurrences(text, ('"final"',)):
        if found := _JSON_COLON.match(text, at + 6):
            _json_value(text, at, found.end(), json)
    if "ption is" in text or "hoice is" in text:
        label += [(found.start(), found[1]) for found in _OPTION_IS.finditer(text)]
    at = text.rfind("\nA:") + 1
    if text.startswith("A:") and text.rfind("\nQ", 0, max(at, 0)) >= 0:
        at = 0  # what follows answers other questions
    if text.startswith("A:", at):
        label.append((at, _line(text, at + 2)))
    return final, json, sorted(label)[-1:]


def _occurrences(text: str, words: tuple[str, ...]) -> list[int]:
    """Where the words begin, in order; the last ones if there are very many."""
    found: list[int] = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)[-MAX_MARKERS:]


_BEFORE_FINAL = " \t>*_#-0123456789.)"


def _is_final(text: str, at: int) -> bool:
    """Whether `answer` at this offset ends `final answer` as a marker of its own.

    At the start of a line in any case, or capitalised anywhere; `the final answer: 5` in the middle
    of a sentence is a label like others.
    """
    word = text[max(0, at - 7) : at - 1]
    if word[:-1] in ("Final", "FINAL") and text[at - 1] == "A":
        return True
    line = text.rfind("\n", max(0, at - 60), at)
    if word[:-1].lower() != "final" or (line < 0 and at > 60):
        return False
    return not text[line + 1 : at - 7].strip(_BEFORE_FINAL)


def _rest(text: str, start: int) -> str:
    """The rest of the line, or the next line with text; without a phrase that opens it."""
    rest = _line(text, start)
    if not rest.strip(" *_#$\\[]()"):
        rest = _next_line(text, start)
    at = rest[:40].lower().find("answer")
    if at >= 0 and (found := _IS.match(rest, at + 6)):
        rest = rest[found.end() :]
    return rest


def _json_value(text: str, at: int, start: int, answers: _Found) -> None:
    string = _JSON_STRING.match(text, start)
    if string:
        answers.append((at, _unescape(string[1])))
    elif array := _JSON_ARRAY.match(text, start):
        answers.append((at, array[1].replace('"', "")))
    elif scalar := _JSON_SCALAR.match(text, start):
        answers.append((at, scalar[0]))


def _hashes(text: str) -> _Found:
    return [(found.start(), found[1]) for found in _HASHES.finditer(text)]


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


def _boxes(text: str) -> _Found:
    """Contents of the outermost boxes; one scan of the braces serves them all."""
    starts = [(found.start(), found.end()) for found in _BOX.finditer(text)]
    if not starts:
        return []
    closing = _closing_braces(text, {end - 1 for _, end in starts})
    answers: _Found = []
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


_ESCAPE = re.compile(r'\\(["\\/n])')


def _unescape(text: str) -> str:
    r"""JSON escapes of an answer; a lone `\frac`, which is no JSON, is left alone."""
    return _ESCAPE.sub(lambda found: " " if found[1] == "n" else found[1], text)


def _sentence(text: str) -> str:
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def _tidy(answer: str) -> str:
    """What stands behind a marker, without the prose and the wrapping around it."""
    if len(answer) > MAX_ANSWER or _PLAIN_NUMBER.fullmatch(answer):
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
    if choice := _CHOICE_SAID.match(answer):
        return choice[1]
    return _number_said(answer) or answer


_NUMBER_SAID = re.compile(
    r"(?<![^\s$])-?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+|/\d+)?%?(?![^\s.,;!?])(?![.,]\d)"
)
_LETTER_ALONE = re.compile(r"(?<![\w'’])[B-HJ-Zb-z](?![\w'’])")
_BOUNDED = re.compile(r"\b(?:than|below|above|beyond|exceeds?)\s*\$?\d", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(?:not|no|never|cannot|wrong|incorrect|false|least|most|between|except|or|times|minus|plus|"
    r"over|under|if|unless|either|half|halves|thirds?|quarters?|twice|double|triple|squared|cubed|"
    r"dozen|hundred|thousand|million|billion|trillion|hundredths|tenths|maybe|perhaps|possibly|"
    r"probably)\b|n['’]t\b|\b(?:roots?|square|cube|"
    r"powers?|reciprocal|inverse|opposite|negative|logarithm|log|factorial|multiples?|factors?|"
    r"remainder)\s+of\b",
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
    if _HEDGED.search(rest) or _BOUNDED.search(answer) or _LETTER_ALONE.search(rest):
        return None
    return str(numbers[0])


# `{"answer": null}` gives none, and is no answer as a whole.
_JSON_FIELD = re.compile(r'"(?:final|(?:final_)?answer)"\s*:')
_REFUSAL = re.compile(
    r"(?:(?:sorry|unfortunately),?\s+(?:but\s+)?)?(?:I|we)(?:(?:['’]m|\s+am|\s+are|\s+was)\s+"
    r"(?:not|unable|sorry)|\s+(?:do|did|can|could)(?:\s*not|n['’]t)|\s+can['’]t|\s+have no)\b",
    re.IGNORECASE,
)


def _bare(text: str) -> Extraction:
    """A completion that is itself an answer."""
    stripped = text.strip()
    if not stripped or _REFUSAL.match(stripped) or _JSON_FIELD.search(stripped):
        return _NONE
    short = len(stripped) <= MAX_BARE
    if short and (formula := _one_formula(stripped)):
        return Extraction(clean(formula), "formula", None)
    if short and "\n" not in stripped and not _prose(stripped):
        answer = _tidy(stripped)
        return Extraction(answer, "bare", None) if answer else _NONE
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
        and (not last.startswith("=") or _EQUALS_VALUE.match(last))  # no half-done sum
    ):
        return Extraction(_tidy(last), "last_line", None)
    return _NONE


def _one_formula(text: str) -> str | None:
    """The only formula of one sentence with words around it."""
    formulas = [next(filter(None, found.groups())) for found in _FORMULA.finditer(text)]
    if len(formulas) != 1 or len(_SENTENCE_END.findall(" ".join(text.split()))) > 1:
        return None
    around = _WORD.search(_LATEX_WORD.sub(" ", _FORMULA.sub(" ", text)))
    return formulas[0] if around else None


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
