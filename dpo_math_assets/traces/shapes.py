"""A log record, of whichever shape, as canonical traces.

| shape | told by | traces |
| --- | --- | --- |
| `task_trace` | `steps` or `plan_json` beside `goal` | one a `specialist.run` step with an output |
| `trace_export` | `version: essence-trace-export/…` | as its task trace |
| `verifier_call` | `problem` an object | one; the verdict in `check`, `result` or the record |
| `run_eval` | `verifier` an object, `response` | one; reference answer `verifier.gold_final` |
| `score` | `verifier` an object, no completion | one; all it has of the completion is `final` |
| `flat` | `candidate` or `solver_output` | one |
| `generation` | `model_output`, `response`, `completion` | one, mostly without a verdict |
| `completions` | `completions`, `responses`, … (a list) | one a completion |
| `chat` | `prompt` or `messages` a list of messages | one a completion |
| `mapped` | prompt or completion by the field map | one a completion |

Other records of the runtime are recognised and counted by kind (`_other_kind`). Everything else is
a `RecordError`, which names what is missing and goes to the quarantine with the record.

Rules for the fields of a trace:

- `prompt` is non-blank text and `candidate` text (blank is an empty completion, which happens).
- `ground_truth` is non-blank text or a number, taken with the digits that the log wrote; in
  verifier calls and task traces it may be absent, as the runtime logs calls without one.
- `trace_id` is text or a number; where there is none it is made of export, line and position.
- A field given twice in one object with different values: a contradictory verdict is none, and
  other contradictory fields of a trace are a problem of the record.
- `logged_ok` is null where the reason says that nothing was checked (`verdicts.says_nothing`).
- Unpaired surrogates, which UTF-8 cannot hold, become U+FFFD.

`meta` holds every other field: those of the record's own `meta` object at the top, beside them
the fields with no place in a trace, and what a rule above changed, as it was logged.
"""

from contextlib import suppress
from dataclasses import replace

from dpo_math_assets.traces.attempts import exported_row, task_trace, verifier_call
from dpo_math_assets.traces.chat import is_messages
from dpo_math_assets.traces.field_names import (
    CONVERSATION,
    FIELD_NAMES,
    KNOWN_NAMES,
    LISTS,
    FieldMap,
    Fields,
    Found,
    first_key,
    suggestion,
)
from dpo_math_assets.traces.flat_records import evaluated, flat_traces
from dpo_math_assets.traces.json_records import json_field
from dpo_math_assets.traces.trace_rows import Place, Reading, RecordError

# Problems of a record that a field map may solve.
_NAMELESS = ("unrecognised_record", "no_prompt", "no_candidate", "no_ground_truth")


def read_record(record: Fields, place: Place, field_map: FieldMap) -> Reading:
    """The record's kind and traces; none for a record that is no attempt. Raises RecordError."""
    found = field_map.find(record)
    try:
        reading = _read(record, place, found)
    except RecordError as problem:
        if problem.reason not in _NAMELESS:
            raise
        detail = f"{problem.detail}. {suggestion(record)}"
        raise RecordError(problem.reason, detail) from None
    return replace(reading, passed_over=found.passed_over) if found.passed_over else reading


def _read(record: Fields, place: Place, found: Found) -> Reading:
    if found.values.keys().isdisjoint(("prompt", "candidate")):
        return _by_shape({**record, **found.values} if found.values else record, place)
    rest = {key: value for key, value in record.items() if key not in found.sources}
    mapped = {**rest, **found.values}
    if not found.holds:
        # A shape that has prompt and completion in places of its own is read as that, if it can be.
        if _is_nested(record):
            with suppress(RecordError):
                if (reading := _by_shape(record, place)).traces:
                    return reading
        elif "candidate" not in found.values and (other := _other_kind(record)):
            return Reading(other, [])
    return Reading("mapped", flat_traces(mapped, place))


def _is_nested(record: Fields) -> bool:
    """Whether the record has a shape whose prompt and completion lie deeper in it."""
    return (
        str(record.get("version", "")).startswith("essence-trace-export")
        or (("steps" in record or "plan_json" in record) and "goal" in record)
        or isinstance(json_field(record.get("problem")), dict)
        or isinstance(json_field(record.get("verifier")), dict)
    )


def _by_shape(record: Fields, place: Place) -> Reading:
    if other := _other_kind(record):
        return Reading(other, [])
    if _is_nested(record):
        return _nested(record, place)
    if KNOWN_NAMES.isdisjoint(record):
        raise RecordError("unrecognised_record", "none of the fields of a known log shape")
    kind = "flat" if "candidate" in record or "solver_output" in record else "generation"
    if is_messages(record.get(CONVERSATION)) or is_messages(record.get("prompt")):
        kind = "chat"
    elif kind == "generation" and first_key(record, FIELD_NAMES["candidate"]) in LISTS:
        kind = "completions"
    return Reading(kind, flat_traces(record, place))


def _nested(record: Fields, place: Place) -> Reading:
    if str(record.get("version", "")).startswith("essence-trace-export"):
        return task_trace(exported_row(record), place, "trace_export")
    if ("steps" in record or "plan_json" in record) and "goal" in record:
        return task_trace(record, place, "task_trace")
    if isinstance(json_field(record.get("problem")), dict):
        return Reading("verifier_call", [verifier_call(record, place)])
    return evaluated(record, place)


_CUT_BY_DOCKER = (
    "a line of a container's log that holds a part of a record: Docker cuts lines at 16 KiB. "
    "Export with `docker logs`, which joins the parts."
)


# Fields that a record of another kind has, and no attempt.
_OTHER_KINDS = (
    ({"y_pos", "y_neg"}, "refinery_pair"),
    ({"chosen", "rejected"}, "preference_pair"),
    ({"qid", "text", "label"}, "verifier_example"),
    ({"total_questions", "by_difficulty"}, "evaluation_summary"),
)


def _other_kind(record: Fields) -> str | None:
    if record.get("kind") == "training-trace":
        return "training_trace"
    if "stream" in record and isinstance(record.get("log"), str):
        if record["log"].lstrip().startswith("{"):
            raise RecordError("container_line_cut", _CUT_BY_DOCKER)
        return "container_output"
    for fields, kind in _OTHER_KINDS:
        if fields <= record.keys():
            return kind
    attempt_names = ("trace_id", "verifier", *FIELD_NAMES["candidate"], *FIELD_NAMES["logged_ok"])
    if {"id", "prompt"} <= record.keys() and not any(name in record for name in attempt_names):
        return "question" if first_key(record, FIELD_NAMES["ground_truth"]) else None
    return None
