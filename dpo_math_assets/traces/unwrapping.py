"""Records that something on the way wrapped once more, each as the record that was logged.

| wrapped as | by |
| --- | --- |
| `"{\"prompt\": …}"`, a JSON string | a log of logs, `json.dumps` called twice |
| `{"log": "{\"prompt\": …}\n", "stream": "stdout", "time": …}` | Docker's json-file logs |
| `{"data": [{…}, {…}]}`, under whatever one name | an API's answer, a table exported whole |
| `{"0": {…}, "1": {…}}` | pandas, by row |

What stands beside the record is kept as its field `wrapped_in`, and so in `meta`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from dpo_math_assets.traces.field_names import CONVERSATION, FIELD_NAMES, FieldMap, Fields
from dpo_math_assets.traces.json_records import Record, json_field
from dpo_math_assets.traces.texts import strict_json

# Every record of an attempt has one of these.
_TELLING = frozenset([*FIELD_NAMES["prompt"], CONVERSATION])
BESIDE = "wrapped_in"


def unwrapped(record: Record, field_map: FieldMap) -> Sequence[Record]:
    """The records that a record holds: itself, where it is no wrapping."""
    if not _TELLING.isdisjoint(record.value):  # as nearly all are
        return (record,)
    value = _logged_line(record.value)
    rows = None if _tells(value, field_map) else _rows(value, field_map)
    if rows is None:
        return (record if value is record.value else replace(record, value=value),)
    return [
        replace(record, value=row, ordinal=record.ordinal + place, raw=partial(_encoded, row))
        for place, row in enumerate(rows)
    ]


def _logged_line(value: Fields) -> Fields:
    """The object that a line of Docker's log holds; the line itself where it holds none."""
    if not isinstance(value.get("log"), str) or "stream" not in value:
        return value
    inner = json_field(value["log"].strip())
    return _with_rest(inner, value, "log") if isinstance(inner, dict) else value


def _rows(value: Fields, field_map: FieldMap) -> list[Fields] | None:
    """The records of a table that is one object, or None where it is something else."""
    tables = [name for name, each in value.items() if _is_table(each)]
    if len(tables) == 1:
        rows = [_with_rest(row, value, tables[0]) for row in value[tables[0]]]
    elif _is_table(list(value.values())):
        rows = list(value.values())
    else:
        return None
    return rows if all(_tells(row, field_map) for row in rows) else None


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _tells(value: Fields, field_map: FieldMap) -> bool:
    return not _TELLING.isdisjoint(value) or "prompt" in field_map.find(value).values


def _with_rest(row: Fields, around: Fields, name: str) -> Fields:
    rest = {key: each for key, each in around.items() if key != name}
    return {**row, BESIDE: rest} if rest else row


def _encoded(value: Fields) -> bytes:
    return strict_json(value).encode()
