"""The fields of a record as a trace, a row of TRACE_SCHEMA.

What is missing is a RecordError, which names it.
"""

from dataclasses import dataclass
from typing import Any

from dpo_math_assets.errors import InternalError
from dpo_math_assets.traces.field_names import Fields
from dpo_math_assets.traces.json_records import LoggedFloat, json_field
from dpo_math_assets.traces.texts import clean, is_unicode, moment, strict_json
from dpo_math_assets.traces.verdicts import logged_verdict, says_nothing

DEFAULT_VERIFIER = "math.sympy.verify"


class RecordError(InternalError):
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


def first_of(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def trace_row(
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
        raise RecordError("no_prompt", f"the prompt must be non-blank text, not {prompt!r:.60}")
    if not isinstance(candidate, str):
        raise RecordError("no_candidate", f"the completion must be text, not {candidate!r:.60}")
    meta = _flattened(meta)
    if solver is None:
        solver = meta.get("model", meta.get("solver"))
    reason = short_text(logged_reason)
    verdict = None if says_nothing(reason) else logged_verdict(logged_ok)
    if logged_ok is not None and logged_ok is not verdict:
        meta.setdefault("ok", logged_ok)
    trace = {
        "trace_id": short_text(trace_id),
        "prompt": prompt,
        "candidate": candidate,
        "final": short_text(final),
        "ground_truth": ground_truth,
        "logged_ok": verdict,
        "logged_reason": reason,
        "verifier": short_text(verifier),
        "solver": short_text(solver),
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
    _keep_what_no_column_holds(given, trace, meta)
    trace["trace_id"] = trace["trace_id"] or place.made_id
    trace["verifier"] = trace["verifier"] or DEFAULT_VERIFIER
    return {
        **trace,
        "meta": strict_json(meta),
        "export": place.export,
        "line_number": place.line_number,
    }


def _keep_what_no_column_holds(given: Fields, trace: Fields, meta: Fields) -> None:
    """Put into `meta` what is of another type than its column, and text that UTF-8 cannot hold."""
    for name, value in given.items():
        if value is not None and trace[name] is None:
            meta.setdefault(name, value)
    for name, text in trace.items():
        if isinstance(text, str) and not is_unicode(text):
            meta[f"{name}_as_logged"] = text.encode("ascii", "backslashreplace").decode("ascii")
            trace[name] = clean(text)


def _flattened(meta: Fields) -> Fields:
    """The record's own `meta` object at the top level, unless a field has the same name."""
    own = json_field(meta.get("meta"))
    if not isinstance(own, dict):
        return dict(meta)
    rest = {key: value for key, value in meta.items() if key != "meta"}
    return {**meta} if rest.keys() & own.keys() else {**own, **rest}


def required_truth(value: Any) -> str:
    if value is None:
        raise RecordError("no_ground_truth", "the record has no reference answer")
    return truth_text(value)


def truth_text(value: Any) -> str:
    """The reference answer as text: a number is taken as it is written, other types are not."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, LoggedFloat):
        return value.text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    raise RecordError(
        "no_ground_truth",
        f"the reference answer must be text with content or a number, not {value!r:.60}",
    )


def short_text(value: Any) -> str | None:
    """A short field as text; numbers are names too, other types are none."""
    if isinstance(value, str):
        return value
    if isinstance(value, LoggedFloat):
        return value.text
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else None
