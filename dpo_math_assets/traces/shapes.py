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
a `RecordProblem`, which names what is missing and goes to the quarantine with the record.

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

import json
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dpo_math_assets.traces.chat import completion_texts, is_messages, prompt_text
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
from dpo_math_assets.traces.json_records import LoggedFloat, json_field
from dpo_math_assets.traces.verdicts import logged_verdict, says_nothing

DEFAULT_VERIFIER = "math.sympy.verify"

# A larger number is a time in milliseconds (as seconds it would be past the year 5000).
_LARGEST_SECONDS = 1e11


class RecordProblem(Exception):
    """Why a record gives no trace: a reason code, and what is wrong and what to do."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: what its traces are named after where it names none."""

    export: str
    line_number: int
    ordinal: int = 1

    @property
    def made_id(self) -> str:
        suffix = f".{self.ordinal}" if self.ordinal > 1 else ""
        return f"{self.export}:{self.line_number}{suffix}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record is, and its traces as rows of TRACE_SCHEMA."""

    kind: str
    traces: list[Fields]
    passed_over: tuple[str, ...] = ()  # fields in which the field map says otherwise


# Problems of a record that a field map may solve.
_NAMELESS = ("unrecognised_record", "no_prompt", "no_candidate", "no_ground_truth")


def read_record(record: Fields, place: Place, field_map: FieldMap) -> Reading:
    """The record's kind and traces; none for a record that is no attempt. Raises RecordProblem."""
    found = field_map.find(record)
    try:
        reading = _read(record, place, found)
    except RecordProblem as problem:
        if problem.reason not in _NAMELESS:
            raise
        detail = f"{problem.detail}. {suggestion(record)}"
        raise RecordProblem(problem.reason, detail) from None
    return replace(reading, passed_over=found.passed_over) if found.passed_over else reading


def _read(record: Fields, place: Place, found: Found) -> Reading:
    if found.values.keys().isdisjoint(("prompt", "candidate")):
        return _by_shape({**record, **found.values} if found.values else record, place)
    rest = {key: value for key, value in record.items() if key not in found.sources}
    mapped = {**rest, **found.values}
    if not found.holds:
        # A shape that has prompt and completion in places of its own is read as that, if it can be.
        if _is_nested(record):
            with suppress(RecordProblem):
                if (reading := _by_shape(record, place)).traces:
                    return reading
        elif "candidate" not in found.values and (other := _other_kind(record)):
            return Reading(other, [])
    return Reading("mapped", _flat_traces(mapped, place))


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
        raise RecordProblem("unrecognised_record", "none of the fields of a known log shape")
    kind = "flat" if "candidate" in record or "solver_output" in record else "generation"
    if is_messages(record.get(CONVERSATION)) or is_messages(record.get("prompt")):
        kind = "chat"
    elif kind == "generation" and first_key(record, FIELD_NAMES["candidate"]) in LISTS:
        kind = "completions"
    return Reading(kind, _flat_traces(record, place))


def _nested(record: Fields, place: Place) -> Reading:
    if str(record.get("version", "")).startswith("essence-trace-export"):
        return _task_trace(_exported_row(record), place, "trace_export")
    if ("steps" in record or "plan_json" in record) and "goal" in record:
        return _task_trace(record, place, "task_trace")
    if isinstance(json_field(record.get("problem")), dict):
        return Reading("verifier_call", [_verifier_call(record, place)])
    return _evaluated(record, place)


# Recognised records that are no attempt at a problem -------------------------------------------


_CUT_BY_DOCKER = (
    "a line of a container's log that holds a part of a record: Docker cuts lines at 16 KiB. "
    "Export with `docker logs`, which joins the parts."
)


def _other_kind(record: Fields) -> str | None:
    if record.get("kind") == "training-trace":
        return "training_trace"
    if "stream" in record and isinstance(record.get("log"), str):
        if record["log"].lstrip().startswith("{"):
            raise RecordProblem("container_line_cut", _CUT_BY_DOCKER)
        return "container_output"
    if "y_pos" in record and "y_neg" in record:
        return "refinery_pair"
    if "chosen" in record and "rejected" in record:
        return "preference_pair"
    if "qid" in record and "text" in record and "label" in record:
        return "verifier_example"
    if "total_questions" in record and "by_difficulty" in record:
        return "evaluation_summary"
    attempt_names = ("trace_id", "verifier", *FIELD_NAMES["candidate"], *FIELD_NAMES["logged_ok"])
    if {"id", "prompt"} <= record.keys() and not any(name in record for name in attempt_names):
        return "question" if first_key(record, FIELD_NAMES["ground_truth"]) else None
    return None


# Flat records and generations -------------------------------------------------------------------


def _flat_traces(record: Fields, place: Place) -> list[Fields]:
    """A trace for each completion of a flat record; what is chat becomes text first."""
    record = _without_chat(record)
    key = first_key(record, FIELD_NAMES["candidate"])
    value = record[key] if key else None
    if key is None or not (isinstance(value, list | dict) or key in LISTS):
        return [_flat_trace(record, place)]
    texts = None if key == "solver_output" else completion_texts(json_field(value))
    if texts is None or not any(text is not None for text in texts):
        return [_flat_trace(record, place)]  # which says what there is in place of a completion
    traces = []
    for position, text in enumerate(texts):
        if text is not None:
            own = {**record, **_items(record, position, len(texts)), key: text}
            trace = _flat_trace(own, place)
            if len(texts) > 1:
                trace["trace_id"] += f"/{position}"
            traces.append(trace)
    return traces


def _items(record: Fields, position: int, count: int) -> Fields:
    """What belongs to one completion, where the record lists it for each: its verdict, say."""
    found = {}
    for name in ("logged_ok", "logged_reason", "final"):
        key = first_key(record, FIELD_NAMES[name])
        values = json_field(record[key]) if key else None
        if key and isinstance(values, list) and len(values) == count:
            found[key] = values[position]
    return found


def _without_chat(record: Fields) -> Fields:
    """The record with text in place of messages, which `prompt_messages` keeps where they say more.

    Of a conversation the last turn is the completion, unless the record has one beside it.
    """
    asked_key = first_key(record, FIELD_NAMES["prompt"]) or "prompt"
    asked = _messages(record.get(asked_key))
    changed: Fields = {}
    turns = _messages(record.get(CONVERSATION))
    if turns and record.get(asked_key) is None:
        asked = turns
        if len(turns) > 1 and not first_key(record, FIELD_NAMES["candidate"]):
            asked, changed["candidate"] = turns[:-1], turns[-1:]
    if asked is None:
        return record
    changed[asked_key] = prompt_text(asked)
    if asked is not turns and (len(asked) > 1 or asked[0].keys() != {"role", "content"}):
        changed["prompt_messages"] = asked
    return {**record, **changed}


def _messages(value: Any) -> list[Fields] | None:
    """The value's chat messages, where it is some, as an array or as its JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("[{"):
        value = json_field(value)
    return value if is_messages(value) else None


def _flat_trace(record: Fields, place: Place) -> Fields:
    keys = {name: first_key(record, names) for name, names in FIELD_NAMES.items()}
    fields = {name: record[key] if key else None for name, key in keys.items()}
    ok_key = keys.pop("logged_ok")
    used = {key for key in keys.values() if key}
    meta = {key: value for key, value in record.items() if key not in used and key != ok_key}
    if keys["candidate"] == "solver_output":
        output = json_field(record["solver_output"])
        if isinstance(output, dict) and "summary" in output:
            fields["candidate"] = output["summary"]
            fields["final"] = _final(output) if fields["final"] is None else fields["final"]
            meta["solver_output"] = _without_summary(output)
    repeated = json_field(record.get("repeated_keys"))
    if isinstance(repeated, dict):
        _reject_contradictions(repeated, used)
        if ok_key and _verdicts_differ(repeated.get(ok_key)):
            fields["logged_ok"] = None
    fields["ground_truth"] = _required_truth(fields["ground_truth"])
    return _trace(place, meta, **fields)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _verdicts_differ(values: Any) -> bool:
    return isinstance(values, list) and len({logged_verdict(each) for each in values}) > 1


def _reject_contradictions(repeated: Fields, used: set[str]) -> None:
    for name in sorted(used & repeated.keys()):
        values = repeated[name]
        if isinstance(values, list) and any(each != values[0] for each in values):
            raise RecordProblem("repeated_field", f"the record has {name!r} twice, not the same")


def _evaluated(record: Fields, place: Place) -> Reading:
    """run_eval.py's candidates and verifier_math.py's scores: the verdict is `verifier`."""
    outcome = json_field(record["verifier"])
    completion = first_key(record, FIELD_NAMES["candidate"])
    # An answer that the script could not parse has no verdict, although its `ok` says false.
    used = {"prompt", completion, "final"}
    meta = {key: value for key, value in record.items() if key not in used}
    id_key = first_key(record, FIELD_NAMES["trace_id"])
    trace_id = record[id_key] if id_key else None
    if id_key and record.get("sample_id") is not None:
        trace_id = f"{_name(trace_id)}/{_name(record['sample_id'])}"
    truth = _first(*map(record.get, FIELD_NAMES["ground_truth"]), outcome.get("gold_final"))
    final = _first(record.get("final"), outcome.get("pred_final"))
    trace = _trace(
        place,
        meta,
        trace_id=trace_id,
        prompt=record.get("prompt"),
        candidate=record[completion] if completion else (final or ""),
        final=final,
        ground_truth=_required_truth(truth),
        logged_ok=outcome.get("is_correct"),
        logged_reason=outcome.get("reason"),
        verifier="verifier_math",
        solver=record.get("model"),
        created_at=record.get("created_at"),
    )
    return Reading("run_eval" if completion else "score", [trace])


# Verifier calls and task traces -----------------------------------------------------------------


def _verifier_call(record: Fields, place: Place) -> Fields:
    """{problem, solver_output, check | result, …}: a verifier's input with its outcome."""
    check_key = first_key(record, ("check", "result"))
    check = json_field(record[check_key]) if check_key else record
    problem = json_field(record["problem"])
    return _attempt(
        place,
        problem=problem,
        output=json_field(record.get("solver_output")),
        check=check if isinstance(check, dict) else {"ok": check},
        meta={
            key: value
            for key, value in record.items()
            if key not in ("problem", "solver_output", "trace_id")
        },
        trace_id=_first(record.get("trace_id"), problem.get("id"), record.get("id")),
        verifier=record.get("verifier"),
        solver=record.get("solver"),
        created_at=_first(record.get("created_at"), record.get("started_at")),
    )


def _exported_row(record: Fields) -> Fields:
    """The task trace inside a trace export, with the export's other fields beside its own."""
    row = json_field(record.get("trace"))
    if not isinstance(row, dict):
        raise RecordProblem("bad_task_trace", "the trace export has no `trace` object")
    rest = {
        key: value
        for key, value in record.items()
        if key != "trace" and (key not in row or row[key] != value)
    }
    row = dict(row)
    for name, source in (("steps", "executor_steps"), ("plan_json", "plan")):
        if not row.get(name):
            row[name] = rest.pop(source, None)
    clashing = {key: rest.pop(key) for key in list(rest) if key in row}
    return {**rest, **row, **({"trace_export": clashing} if clashing else {})}


def _task_trace(row: Fields, place: Place, kind: str) -> Reading:
    steps = _objects(row.get("steps"), "steps")
    plan = json_field(row.get("plan_json"))
    plan = plan.get("nodes", plan.get("steps", [])) if isinstance(plan, dict) else plan
    nodes = {str(node.get("id")): node for node in _objects(plan, "plan_json")}
    attempts = [step for step in steps if _is_attempt(step)]
    checks: dict[str, list[Fields]] = {str(step.get("id")): [] for step in attempts}
    others = []
    for step in steps:
        source = nodes.get(str(step.get("id")), {}).get("source")
        if step.get("kind") == "specialist.verify" and str(source) in checks:
            checks[str(source)].append(step)
        elif not _is_attempt(step):
            others.append(step)
    traces = []
    for step in attempts:
        verifications = checks[str(step.get("id"))]
        traces.append(_step_trace(row, place, step, verifications, nodes, others))
        others = []  # stored once a record
    return Reading(kind if traces else "task_without_attempt", traces)


def _is_attempt(step: Fields) -> bool:
    if step.get("kind") != "specialist.run":
        return False
    output = json_field(step.get("output"))
    solved = json_field(output.get("solver_output")) if isinstance(output, dict) else None
    return isinstance(solved, dict) and isinstance(solved.get("summary"), str)


def _step_trace(
    row: Fields,
    place: Place,
    step: Fields,
    verifications: list[Fields],
    nodes: dict[str, Fields],
    other_steps: list[Fields],
) -> Fields:
    """The trace of one specialist.run step.

    Its verdict is that of the first verify step on it that says something of the answer, else of
    its own check; `meta` holds them all.
    """
    step_id = str(step.get("id"))
    output = json_field(step["output"])
    node = nodes.get(step_id, {})
    verdicts = [
        (json_field(each.get("output")), nodes.get(str(each.get("id")), {}).get("verifier"))
        for each in verifications
    ]
    verdicts.append((json_field(output.get("check")), node.get("verifier")))
    given = [(check, name) for check, name in verdicts if isinstance(check, dict)]
    telling = [pair for pair in given if not says_nothing(_name(pair[0].get("reason")))]
    check, verifier = (telling or given or [({}, None)])[0]
    problem = json_field(output.get("problem"))
    own = {
        **{key: value for key, value in step.items() if key != "output"},
        "output": {
            key: value for key, value in output.items() if key not in ("problem", "solver_output")
        },
    }
    meta = {key: value for key, value in row.items() if key != "steps"}
    meta["steps"] = [*other_steps, own, *verifications]
    return _attempt(
        place,
        problem=problem if isinstance(problem, dict) else {"goal": row.get("goal")},
        output=json_field(output.get("solver_output")),
        check=check,
        meta=meta,
        trace_id=f"{_name(row.get('id')) or place.made_id}:{step_id}",
        verifier=verifier,
        solver=node.get("solver"),
        created_at=_first(output.get("started_at"), row.get("created_at")),
    )


def _attempt(
    place: Place,
    *,
    problem: Fields,
    output: Any,
    check: Fields,
    meta: Fields,
    trace_id: Any,
    verifier: Any,
    solver: Any,
    created_at: Any,
) -> Fields:
    """A ProblemStatement, a SolverOutput and a CheckResult as a trace."""
    context = json_field(problem.get("context"))
    context = context if isinstance(context, dict) else {}
    output = output if isinstance(output, dict) else {"summary": output}
    data = json_field(output.get("data"))
    data = data if isinstance(data, dict) else {}
    # math.word solves the text of its context; the goal only says that there is one.
    worded = [context.get("text"), data.get("problemText")]
    goal = [problem.get("goal"), context.get("text")]
    prompts = [*worded, *goal] if "problemText" in data else goal
    prompt = next((text for text in prompts if isinstance(text, str) and text.strip()), None)
    meta = {
        **meta,
        "problem": {k: value for k, value in problem.items() if k != "goal" or value != prompt},
        "solver_output": _without_summary(output),
    }
    truth = context.get("ground_truth")
    return _trace(
        place,
        meta,
        trace_id=trace_id,
        prompt=prompt,
        candidate=output.get("summary"),
        final=_final(output),
        ground_truth=None if truth is None else _truth(truth),
        logged_ok=check.get("ok"),
        logged_reason=check.get("reason"),
        verifier=verifier,
        solver=solver,
        created_at=created_at,
    )


def _without_summary(output: Fields) -> Fields:
    return {key: value for key, value in output.items() if key != "summary"}


def _final(output: Fields) -> Any:
    data = json_field(output.get("data"))
    return data.get("final") if isinstance(data, dict) else None


# Fields -----------------------------------------------------------------------------------------


def _trace(
    place: Place,
    meta: Fields,
    *,
    trace_id: Any,
    prompt: Any,
    candidate: Any,
    final: Any,
    ground_truth: str | None,
    logged_ok: Any,
    logged_reason: Any,
    verifier: Any,
    solver: Any,
    created_at: Any,
) -> Fields:
    if not isinstance(prompt, str) or not prompt.strip():
        raise RecordProblem("no_prompt", f"the prompt must be non-blank text, not {prompt!r:.60}")
    if not isinstance(candidate, str):
        raise RecordProblem("no_candidate", f"the completion must be text, not {candidate!r:.60}")
    meta = _flattened(meta)
    if solver is None:
        solver = meta.get("model", meta.get("solver"))
    reason = _name(logged_reason)
    verdict = None if says_nothing(reason) else logged_verdict(logged_ok)
    if logged_ok is not None and logged_ok is not verdict:
        meta.setdefault("ok", logged_ok)
    trace = {
        "trace_id": _name(trace_id),
        "prompt": prompt,
        "candidate": candidate,
        "final": _name(final),
        "ground_truth": ground_truth,
        "logged_ok": verdict,
        "logged_reason": reason,
        "verifier": _name(verifier),
        "solver": _name(solver),
        "created_at": moment(created_at),
    }
    given = {
        "trace_id": trace_id,
        "final": final,
        "logged_reason": logged_reason,
        "verifier": verifier,
        "solver": solver,
        "created_at": created_at,
    }
    for name, value in given.items():
        if value is not None and trace[name] is None:  # of a type that the column cannot hold
            meta.setdefault(name, value)
    for name, text in trace.items():
        if isinstance(text, str) and not _is_unicode(text):
            meta[f"{name}_as_logged"] = text.encode("ascii", "backslashreplace").decode("ascii")
            trace[name] = _clean(text)
    trace["trace_id"] = trace["trace_id"] or place.made_id
    trace["verifier"] = trace["verifier"] or DEFAULT_VERIFIER
    return {
        **trace,
        "meta": strict_json(meta),
        "export": place.export,
        "line_number": place.line_number,
    }


def _flattened(meta: Fields) -> Fields:
    """The record's own `meta` object at the top level, unless a field has the same name."""
    own = json_field(meta.get("meta"))
    if not isinstance(own, dict):
        return dict(meta)
    rest = {key: value for key, value in meta.items() if key != "meta"}
    return {**meta} if rest.keys() & own.keys() else {**own, **rest}


def _required_truth(value: Any) -> str:
    if value is None:
        raise RecordProblem("no_ground_truth", "the record has no reference answer")
    return _truth(value)


def _truth(value: Any) -> str:
    """The reference answer as text: a number is taken as it is written, other types are not."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, LoggedFloat):
        return value.text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    raise RecordProblem(
        "no_ground_truth",
        f"the reference answer must be text with content or a number, not {value!r:.60}",
    )


def _name(value: Any) -> str | None:
    """A short field as text; numbers are names too, other types are none."""
    if isinstance(value, str):
        return value
    if isinstance(value, LoggedFloat):
        return value.text
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else None


def _objects(value: Any, name: str) -> list[Fields]:
    value = json_field(value)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise RecordProblem("bad_task_trace", f"`{name}` must be a JSON array of objects")
    return value


def moment(value: Any) -> datetime | None:
    """A time as ISO 8601 text, or as seconds or milliseconds since 1970; UTC where it says none."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _LARGEST_SECONDS else value
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        pass
    return None


# Text that every reader takes -------------------------------------------------------------------


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold the text: no unpaired surrogates."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _clean(text: str) -> str:
    """The text with U+FFFD for unpaired surrogates."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def strict_json(value: Fields) -> str:
    """JSON that any parser takes: NaN and infinities as text, no unpaired surrogate."""
    try:
        text = _ENCODER.encode(value)
        text.encode("utf-8")
    except (ValueError, TypeError):
        text = _ENCODER.encode(_strict(value))
    return text


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {_clean(str(key)): _strict(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(each) for each in value]
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return value.text if isinstance(value, LoggedFloat) else str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
