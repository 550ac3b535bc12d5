"""Flat records, generations and chats: prompt, completion and answer stand beside each other."""

from typing import Any

from dpo_math_assets.traces.attempts import final_of, without_summary
from dpo_math_assets.traces.chat import completion_texts, is_messages, prompt_text
from dpo_math_assets.traces.field_names import CONVERSATION, FIELD_NAMES, LISTS, Fields, first_key
from dpo_math_assets.traces.json_records import json_field
from dpo_math_assets.traces.trace_rows import (
    Place,
    Reading,
    RecordError,
    first_of,
    required_truth,
    short_text,
    trace_row,
)
from dpo_math_assets.traces.verdicts import logged_verdict


def flat_traces(record: Fields, place: Place) -> list[Fields]:
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
            fields["final"] = final_of(output) if fields["final"] is None else fields["final"]
            meta["solver_output"] = without_summary(output)
    if _contradicts_itself(record, used, ok_key):
        fields["logged_ok"] = None
    fields["ground_truth"] = required_truth(fields["ground_truth"])
    return trace_row(place, meta, **fields)


def _contradicts_itself(record: Fields, used: set[str], ok_key: str | None) -> bool:
    """Whether a verdict is given twice, not the same; another field that is so is a problem."""
    repeated = json_field(record.get("repeated_keys"))
    if not isinstance(repeated, dict):
        return False
    for name in sorted(used & repeated.keys()):
        values = repeated[name]
        if isinstance(values, list) and any(each != values[0] for each in values):
            raise RecordError("repeated_field", f"the record has {name!r} twice, not the same")
    verdicts = repeated.get(ok_key) if ok_key else None
    return isinstance(verdicts, list) and len({logged_verdict(each) for each in verdicts}) > 1


def evaluated(record: Fields, place: Place) -> Reading:
    """run_eval.py's candidates and verifier_math.py's scores: the verdict is `verifier`."""
    outcome = json_field(record["verifier"])
    completion = first_key(record, FIELD_NAMES["candidate"])
    # An answer that the script could not parse has no verdict, although its `ok` says false.
    used = {"prompt", completion, "final"}
    meta = {key: value for key, value in record.items() if key not in used}
    id_key = first_key(record, FIELD_NAMES["trace_id"])
    trace_id = record[id_key] if id_key else None
    if id_key and record.get("sample_id") is not None:
        trace_id = f"{short_text(trace_id)}/{short_text(record['sample_id'])}"
    truth = first_of(*map(record.get, FIELD_NAMES["ground_truth"]), outcome.get("gold_final"))
    final = first_of(record.get("final"), outcome.get("pred_final"))
    trace = trace_row(
        place,
        meta,
        trace_id=trace_id,
        prompt=record.get("prompt"),
        candidate=record[completion] if completion else (final or ""),
        final=final,
        ground_truth=required_truth(truth),
        logged_ok=outcome.get("is_correct"),
        logged_reason=outcome.get("reason"),
        verifier="verifier_math",
        solver=record.get("model"),
        created_at=record.get("created_at"),
    )
    return Reading("run_eval" if completion else "score", [trace])
