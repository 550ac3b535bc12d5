"""What logs call the fields of a trace: the names known here, and those of a user's field map.

A field map gives the log's own name (or a path) for a canonical field:

    field_map:
      candidate: reply                       # for every export: fills what a record lacks
      "games/*.jsonl":                       # for exports of this name: holds in any case
        prompt: input.messages.-1.content
        ground_truth: answer

What is given for every export cannot know every export: another log's `answer` may be what its
solver said. So there the record's own field stands, and where the two differ the record is counted
(`Found.passed_over`).

A path goes down by names and, in lists, by positions (`choices.0.message.content`, `turns.-1.text`,
-1 for the last); text that is JSON is entered. A name that has dots in it is tried first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.traces.chat import completion_texts, prompt_text
from dpo_math_assets.traces.json_records import LoggedFloat, json_field
from dpo_math_assets.traces.schema import TRACE_SCHEMA

# Of a settings file: a canonical name to a path, or a pattern of file names to such a map.
FieldMapSetting = Mapping[str, str | Mapping[str, str]]
Fields = dict[str, Any]

# Names of a list of completions of one prompt.
LISTS = ("candidates", "completions", "responses", "model_outputs", "generations", "outputs")

# Names that logs use for a field of a flat or generation record, the canonical name first.
FIELD_NAMES = {
    "trace_id": ("trace_id", "id", "qid"),
    "prompt": ("prompt", "problem", "question", "goal"),
    "candidate": ("candidate", "solver_output", "model_output", "response", "completion", *LISTS),
    "final": ("final",),
    "ground_truth": ("ground_truth", "gold"),
    "logged_ok": ("logged_ok", "ok", "is_correct"),
    "logged_reason": ("logged_reason", "reason"),
    "verifier": ("verifier",),
    "solver": ("solver", "model"),
    "created_at": ("created_at", "timestamp", "ts"),
}
# Conversations as a whole: the last turn is the completion, what comes before it the prompt.
CONVERSATION = "messages"
KNOWN_NAMES = frozenset([*(name for names in FIELD_NAMES.values() for name in names), CONVERSATION])

_SYNONYMS = {"ok": "logged_ok", "reason": "logged_reason"}
_MAPPABLE = [name for name in TRACE_SCHEMA if name not in ("meta", "export", "line_number")]
_POSITION = re.compile(r"-?\d{1,9}")


def first_key(record: Fields, names: tuple[str, ...]) -> str | None:
    """The first of the names under which the record has a value."""
    for name in names:
        if record.get(name) is not None:
            return name
    return None


def map_of_export(setting: FieldMapSetting, path: str, key: str) -> FieldMapSetting:
    """What of the setting concerns an export, by its path in the landing area and its key.

    The same for all exports without a pattern; what patterns give stands under `*`.
    """
    own: dict[str, str] = {}
    for pattern, given in setting.items():
        if not isinstance(given, str) and (fnmatchcase(path, pattern) or fnmatchcase(key, pattern)):
            own |= given
    every = {name: given for name, given in setting.items() if isinstance(given, str)}
    return {**every, "*": own} if own else every


@dataclass(frozen=True, slots=True)
class Found:
    """What a field map finds in a record."""

    values: Fields  # by canonical name: what the record lacks, and what holds in any case
    sources: frozenset[str]  # fields of the record that these values are
    passed_over: tuple[str, ...]  # canonical names whose own field stands, and says otherwise
    holds: bool  # whether prompt or completion is what the map says, whatever the record's shape


_NOTHING = Found({}, frozenset(), (), False)


class FieldMap:
    """An export's field map. Raises DpoMathError for a name that no trace has."""

    def __init__(self, setting: FieldMapSetting) -> None:
        self._filling = {name: path for name, path in setting.items() if isinstance(path, str)}
        self._holding = {
            name: path
            for given in setting.values()
            if not isinstance(given, str)
            for name, path in given.items()
        }
        self._filling, self._holding = _checked(self._filling), _checked(self._holding)

    @property
    def columns(self) -> set[str]:
        """Fields of a record, or columns of a table, that the paths begin with."""
        paths = [*self._filling.values(), *self._holding.values()]
        return {name for path in paths for name in (path, path.split(".")[0])}

    def find(self, record: Fields) -> Found:
        """What the map says of a record."""
        if not (self._filling or self._holding):
            return _NOTHING
        values: Fields = {}
        passed_over = []
        used: list[str] = []
        for name, path in {**self._filling, **self._holding}.items():
            value = value_at(record, path)
            if value is None:
                continue
            own = None if name in self._holding else _own(record, name)
            if own in (None, path.split(".")[0]):
                values[name] = value
                used.append(path)
            elif not _same(name, record[own], value):
                passed_over.append(name)
        sources = frozenset(path for path in used if path in record)
        holds = any(name in self._holding and name in values for name in ("prompt", "candidate"))
        return Found(values, sources, tuple(passed_over), holds)


def _checked(given: dict[str, str]) -> dict[str, str]:
    names = {_SYNONYMS.get(name, name): path for name, path in given.items()}
    if unknown := sorted(names.keys() - set(_MAPPABLE)):
        raise DpoMathError(
            f"the field map names {', '.join(map(repr, unknown))}, which no trace has. "
            f"Its keys may be {', '.join(_MAPPABLE)}; or patterns of file names, such as "
            "'games/*.jsonl', each with a map of its own."
        )
    return names


def value_at(record: Fields, path: str) -> Any:
    """The value at a path (see the module's text); None where there is none."""
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        value = json_field(value)
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and _POSITION.fullmatch(part):
            position = int(part)
            value = value[position] if -len(value) <= position < len(value) else None
        else:
            return None
    return value


def _own(record: Fields, name: str) -> str | None:
    """The record's own key of a field, where it holds what such a field may hold."""
    for key in FIELD_NAMES[name]:
        value = record.get(key)
        if name == "candidate" and isinstance(value, str | list):
            return key
        if key == "solver_output" and isinstance(json_field(value), dict):
            return key
        if isinstance(value, bool | int | float) or (isinstance(value, str) and value.strip()):
            return key
        if name == "prompt" and value and isinstance(value, list):
            return key
    return None


def _same(name: str, own: Any, mapped: Any) -> bool:
    if name == "prompt":
        own, mapped = prompt_text(own), prompt_text(mapped)
    if name == "candidate" and list in (type(own), type(mapped)):
        return completion_texts(own) == completion_texts(mapped)
    return own == mapped or _text(own) == _text(mapped)


def _text(value: Any) -> str:
    return (value.text if isinstance(value, LoggedFloat) else str(value)).strip()


# What to write into the settings -----------------------------------------------------------------

_MOST_NAMES = 30
_DEEPEST = 5
# What other logs call these fields, the likeliest first.
_GUESSES = {
    "prompt": (
        "prompt",
        "question",
        "problem",
        "instruction",
        "query",
        "input",
        "task",
        "user",
        "messages",
    ),
    "candidate": (
        *("completion", "response", "generat", "output", "resps", "prediction", "predicted"),
        *("reply", "solution", "choices", "assistant", "content", "text", "answer"),
    ),
    "ground_truth": (
        *("ground", "gold", "target", "reference", "expected", "correct_answer", "label"),
        *("answer", "solution", "truth"),
    ),
}


def suggestion(record: Fields) -> str:
    """Which fields a record has, and the lines of settings.yaml that may make a trace of it."""
    paths = list(_paths(record))
    shown = ", ".join(paths[:_MOST_NAMES]) + (", …" if len(paths) > _MOST_NAMES else "")
    names: dict[str, str] = {}
    for name in ("ground_truth", "prompt", "candidate"):
        own = _own(record, name)
        free = [path for path in paths if path not in names.values() and path[-5:] != ".role"]
        if own is None:
            names[name] = _guess(name, free) or "..."
    order = [name for name in ("prompt", "candidate", "ground_truth") if name in names]
    lines = ", ".join(f"{name}: {names[name]}" for name in order)
    return (
        f"The record has the fields {shown or '(none)'}. To read such a log, name them in "
        f"settings.yaml, as in `intake: {{field_map: {{{lines}}}}}` (check what stands for what)"
    )


def _guess(name: str, paths: list[str]) -> str | None:
    for word in _GUESSES[name]:
        for path in paths:
            if word in path.lower().rsplit(".", 1)[-1]:
                return path
        for path in paths:
            if word in path.lower():
                return path
    return None


def _paths(value: Any, start: str = "") -> Iterator[str]:
    """Paths of the values that may be a field, as a field map writes them."""
    if start.count(".") < _DEEPEST:
        value = json_field(value)
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from _paths(inner, f"{start}.{key}" if start else str(key))
            return
        if isinstance(value, list) and value and isinstance(value[0], dict | list):
            yield from _paths(value[-1 if _is_turn(value[0]) else 0], f"{start}.{_end(value)}")
            return
    if start:
        yield start


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value


def _end(value: list[Any]) -> int:
    return -1 if _is_turn(value[0]) and len(value) > 1 else 0
