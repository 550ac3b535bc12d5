"""A JSON field `"answer"` or `"final"` (`"final_answer"`), in JSON and what looks like it."""

import json
import re

from dpo_math_assets.verifier.extraction.candidate import (
    Anchor,
    Candidate,
    Finder,
    last_occurrences,
)
from dpo_math_assets.verifier.extraction.markers.final_answer import ANSWER, answer_words
from dpo_math_assets.verifier.extraction.tokens import NUMBER

# Longer objects are no answers.
MAX_OBJECT = 500
_COLON = re.compile(r"[\"'][ \t]*:[ \t]*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*+)"(?!\s*:)' + r"|'((?:[^'\\\n]|\\.)*+)'(?!\s*:)")
_UNIT = re.compile(r'\s*,\s*"units?"\s*:\s*"([^"\\\n]{1,20})"')
# Other answers than the one given: `"student_answer"`, `"intermediate_answer"`.
_KEY = re.compile(
    r"(?:[\"'\n]|\\n)[ \t]*(?:(?:the|my|final|correct|numerical|numeric|short|exact)[ _-]?)*a$",
    re.IGNORECASE,
)
_ARRAY = re.compile(r"\[([^\[\]{}\n]*)\]")
_SCALAR = re.compile(rf"(?:\$?-?|-\$)(?:{NUMBER}\.?|\.\d+)(?:[eE][+-]?\d+)?(?=\s*[,}}\n]|\s*$)")
_ESCAPE = re.compile(r'\\(["\\/n])')


def _find(text: str) -> list[Candidate]:
    fields: list[Candidate] = []
    _, keys = answer_words(text)
    for at in keys:
        end = at + 5
        if colon := _COLON.match(text, end):
            bare = text[at - 2 : at - 1] in ('"', "'")
            if bare or _KEY.search(text, max(0, at - 24), at):
                fields += _value(text, end, colon.end())
    if '"final"' in text:
        for at in last_occurrences(text, '"final"'):
            if colon := _COLON.match(text, at + 6):
                fields += _value(text, at, colon.end())
    return fields


def _value(text: str, at: int, start: int) -> list[Candidate]:
    """The value at `start` of the field whose name is at `at`."""
    if string := _STRING.match(text, start):
        value, end = _unescape(string[1] or string[2] or ""), string.end()
    elif array := _ARRAY.match(text, start):
        value, end = array[1].replace('"', ""), array.end()
    elif scalar := _SCALAR.match(text, start):
        value, end = scalar[0], scalar.end()
    elif text.startswith("{", start):
        return [Candidate(at, start, _object(text, start))]
    else:
        return []
    if value[-1:].isdigit() and "$" not in value and (unit := _UNIT.match(text, end)):
        value = f"{value} {unit[1]}"
    return [Candidate(at, start, value)]


def _object(text: str, start: int) -> str:
    """The values of an object with their names, or the one that it calls so with its unit."""
    try:
        end = text.index("}", start, start + MAX_OBJECT) + 1
        fields = json.loads(text[start:end], parse_int=str, parse_float=str)
    except ValueError:
        return ""
    if not all(isinstance(value, str) for value in fields.values()):
        return ""
    if value := fields.get("value"):
        return f"{value} {fields.get('unit', '')}".strip()
    if len(fields) == 1:
        return str(*fields.values())
    signs = {name: " = " if len(name) == 1 else ": " for name in fields}
    return ", ".join(f"{name}{signs[name]}{value}" for name, value in fields.items())


def _unescape(text: str) -> str:
    r"""JSON escapes of an answer; a lone `\frac`, which is no JSON, is left alone."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: " " if found[1] == "n" else found[1], text)


JSON_FIELD = Finder(
    "marker.json_field",
    "json",
    (ANSWER, '"final"'),
    _find,
    # A field behind another field or at the beginning of a line; its key ends what stood before it.
    (
        Anchor(
            ANSWER,
            r'(?:^|\n|",\s*)([ \t]*\{?[ \t]*"(?:final_)?a)',
            rf'(?:{ANSWER})"[ \t]*:',
            in_json=True,
        ),
    ),
)
