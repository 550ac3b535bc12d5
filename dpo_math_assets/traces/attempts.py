"""Verifier calls and task traces: the runtime's own objects, nested in each other."""

from typing import Any

from dpo_math_assets.traces.field_names import Fields, first_key
from dpo_math_assets.traces.json_records import json_field
from dpo_math_assets.traces.trace_rows import (
    Place,
    Reading,
    RecordError,
    first_of,
    short_text,
    trace_row,
    truth_text,
)
from dpo_math_assets.traces.verdicts import says_nothing


def verifier_call(record: Fields, place: Place) -> Fields:
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
        trace_id=first_of(record.get("trace_id"), problem.get("id"), record.get("id")),
        verifier=record.get("verifier"),
        solver=record.get("solver"),
        created_at=first_of(record.get("created_at"), record.get("started_at")),
    )


def exported_row(record: Fields) -> Fields:
    """The task trace inside a trace export, with the export's other fields beside its own."""
    row = json_field(record.get("trace"))
    if not isinstance(row, dict):
        raise RecordError("bad_task_trace", "the trace export has no `trace` object")
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


def task_trace(row: Fields, place: Place, kind: str) -> Reading:
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
    check, verifier = _first_telling(verdicts)
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
        trace_id=f"{short_text(row.get('id')) or place.made_id}:{step_id}",
        verifier=verifier,
        solver=node.get("solver"),
        created_at=first_of(output.get("started_at"), row.get("created_at")),
    )


def _first_telling(verdicts: list[tuple[Any, Any]]) -> tuple[Fields, Any]:
    """Of checks and their verifiers' names the first that says something of the answer."""
    given = [(check, name) for check, name in verdicts if isinstance(check, dict)]
    telling = [pair for pair in given if not says_nothing(short_text(pair[0].get("reason")))]
    return (telling or given or [({}, None)])[0]


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
        "solver_output": without_summary(output),
    }
    truth = context.get("ground_truth")
    return trace_row(
        place,
        meta,
        trace_id=trace_id,
        prompt=prompt,
        candidate=output.get("summary"),
        final=final_of(output),
        ground_truth=None if truth is None else truth_text(truth),
        logged_ok=check.get("ok"),
        logged_reason=check.get("reason"),
        verifier=verifier,
        solver=solver,
        created_at=created_at,
    )


def without_summary(output: Fields) -> Fields:
    return {key: value for key, value in output.items() if key != "summary"}


def final_of(output: Fields) -> Any:
    data = json_field(output.get("data"))
    return data.get("final") if isinstance(data, dict) else None


def _objects(value: Any, name: str) -> list[Fields]:
    value = json_field(value)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise RecordError("bad_task_trace", f"`{name}` must be a JSON array of objects")
    return value
