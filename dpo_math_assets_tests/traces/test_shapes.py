"""Every record shape that the runtime and its scripts write, as canonical traces."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.traces.field_names import FieldMap
from dpo_math_assets.traces.json_records import decode
from dpo_math_assets.traces.schema import TRACE_SCHEMA
from dpo_math_assets.traces.shapes import read_record
from dpo_math_assets.traces.trace_rows import Place, RecordError
from dpo_math_assets_tests.traces.reading import FLAT, Export, lines, read

PROBLEM = {
    "id": "session-1:s5",
    "persona_id": "p",
    "goal": "Solve 2*(3+4)",
    "context": {"ground_truth": "14", "level": 1},
}
OUTPUT = {
    "summary": "FINAL ANSWER: 14",
    "data": {"final": "14"},
    "artifacts": [],
    "essence_ids": ["e-1"],
}


def one(folder: Path, record: Any, **options: Any) -> Export:
    export = read(folder, lines(record), **options)
    assert export.quarantine == []
    return export


# Flat records ------------------------------------------------------------------------------------


def test_a_flat_record_is_a_trace(tmp_path: Path) -> None:
    export = one(tmp_path, FLAT)
    assert export.report.shapes == {"flat": 1}
    assert export.trace == {
        "trace_id": "t-1",
        "prompt": "What is 2*(3+4)?",
        "candidate": "3+4 is 7.\nFINAL ANSWER: 14",
        "final": None,
        "ground_truth": "14",
        "logged_ok": True,
        "logged_reason": None,
        "verifier": "math.sympy.verify",
        "solver": None,
        "created_at": None,
        "meta": "{}",
        "export": "0001-export",
        "line_number": 1,
    }


def test_a_completion_that_is_json_text_stays_text(tmp_path: Path) -> None:
    answer = '{"reasoning": "7*2", "answer": "14"}'
    record = {**FLAT, "solver_output": answer}
    del record["candidate"]
    assert one(tmp_path, record).trace["candidate"] == answer


def test_a_solver_output_object_gives_its_summary_and_final(tmp_path: Path) -> None:
    record = {**FLAT, "solver_output": OUTPUT}
    del record["candidate"]
    export = one(tmp_path, record)
    assert (export.trace["candidate"], export.trace["final"]) == ("FINAL ANSWER: 14", "14")
    assert export.meta["solver_output"]["essence_ids"] == ["e-1"]


def test_no_field_of_a_record_is_dropped(tmp_path: Path) -> None:
    record = {
        **FLAT,
        "meta": {"model": "m-7b", "license": "MIT", "deep": {"a": [1, None]}},
        "score": 0.5,
        "created_at": "2026-01-02T03:04:05+02:00",
        "tags": [],
    }
    export = one(tmp_path, record)
    assert export.trace["created_at"] == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert export.trace["solver"] == "m-7b"
    assert export.meta == {
        "model": "m-7b",
        "license": "MIT",
        "deep": {"a": [1, None]},
        "score": 0.5,
        "tags": [],
    }


def test_fields_of_a_type_that_a_column_cannot_hold_are_kept_as_they_are(tmp_path: Path) -> None:
    odd = {"final": [1, 2], "reason": {"code": 3}, "created_at": "yesterday", "verifier": ["a"]}
    export = one(tmp_path, {**FLAT, **odd})
    assert export.meta == {
        "final": [1, 2],
        "logged_reason": {"code": 3},
        "created_at": "yesterday",
        "verifier": ["a"],
    }


def test_a_meta_field_named_as_one_of_the_record_hides_neither(tmp_path: Path) -> None:
    export = one(tmp_path, {**FLAT, "score": 1, "meta": {"score": 2, "model": "m"}})
    assert export.meta == {"score": 1, "meta": {"score": 2, "model": "m"}}


@pytest.mark.parametrize(
    ("value", "logged", "kept"),
    [
        (True, True, {}),
        (False, False, {}),
        ("false", False, {"ok": "false"}),
        (0, False, {"ok": 0}),
        ("no", False, {"ok": "no"}),
        ("pass", True, {"ok": "pass"}),
        (2, None, {"ok": 2}),
        ([], None, {"ok": []}),
        (None, None, {"ok": None}),
    ],
)
def test_a_verdict_in_disguise_is_read_by_rule_and_kept_as_logged(
    tmp_path: Path, value: object, logged: bool | None, kept: dict[str, object]
) -> None:
    export = one(tmp_path, {**FLAT, "ok": value})
    assert export.trace["logged_ok"] is logged
    assert export.meta == kept


@pytest.mark.parametrize("reason", ["python_checker_disabled", "no verifier"])
def test_a_verdict_that_nobody_reached_is_none(tmp_path: Path, reason: str) -> None:
    export = one(tmp_path, {**FLAT, "ok": False, "reason": reason})
    assert (export.trace["logged_ok"], export.trace["logged_reason"]) == (None, reason)
    assert export.meta == {"ok": False}


def test_contradictory_verdicts_in_one_record_are_none(tmp_path: Path) -> None:
    text = json.dumps(FLAT)[:-1] + ', "ok": false}'
    export = read(tmp_path, text.encode())
    assert export.trace["logged_ok"] is None
    assert export.meta["repeated_keys"] == {"ok": [True, False]}


def test_contradictory_answers_in_one_record_are_set_aside(tmp_path: Path) -> None:
    text = json.dumps(FLAT)[:-1] + ', "ground_truth": "15"}'
    export = read(tmp_path, text.encode())
    assert export.report.quarantined == {"repeated_field": 1}
    assert export.quarantine[0]["line"] == text.encode()


@pytest.mark.parametrize(
    ("written", "truth"),
    [("420", "420"), ("420.0", "420.0"), ("0.10", "0.10"), ("NaN", "NaN"), ("1e400", "1e400")],
)
def test_a_reference_number_is_taken_with_the_digits_of_the_log(
    tmp_path: Path, written: str, truth: str
) -> None:
    text = json.dumps({**FLAT, "ground_truth": "?"}).replace('"?"', written)
    assert read(tmp_path, text.encode()).trace["ground_truth"] == truth


def test_metadata_is_strict_json_whatever_the_log_holds(tmp_path: Path) -> None:
    text = json.dumps({**FLAT, "a": "?"}).replace(
        '"?"',
        r'[NaN, -Infinity, 1e400, 1e-3, "\ud83d", "\u0000", {"\udc00": 1}, 99999999999999999999]',
    )
    export = read(tmp_path, text.encode())
    kept = json.loads(export.trace["meta"], parse_constant=pytest.fail)["a"]
    assert kept[:3] == ["NaN", "-Infinity", "1e400"]
    assert kept[3:] == [0.001, "\ufffd", "\0", {"\ufffd": 1}, 99999999999999999999]


def test_half_a_surrogate_pair_neither_stops_the_export_nor_vanishes(tmp_path: Path) -> None:
    export = one(tmp_path, {**FLAT, "prompt": "1+1? \ud83d", "candidate": "2 \ud83d\ude00"})
    assert export.trace["prompt"] == "1+1? \ufffd"
    assert export.trace["candidate"] == "2 😀"
    assert export.meta == {"prompt_as_logged": "1+1? \\ud83d"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"prompt": None}, "no_prompt"),
        ({"prompt": " \n"}, "no_prompt"),
        ({"prompt": 12}, "no_prompt"),
        ({"prompt": ["a"]}, "no_prompt"),
        ({"candidate": None}, "no_candidate"),
        ({"candidate": 42}, "no_candidate"),
        ({"candidate": {"summary": "14"}}, "no_candidate"),
        ({"ground_truth": None}, "no_ground_truth"),
        ({"ground_truth": True}, "no_ground_truth"),
        ({"ground_truth": ["14"]}, "no_ground_truth"),
        ({"ground_truth": " "}, "no_ground_truth"),
    ],
)
def test_a_record_without_what_a_trace_needs_is_set_aside_with_its_reason(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    content = lines({**FLAT, **change}, FLAT)
    export = read(tmp_path, content)
    assert export.report.quarantined == {reason: 1}
    assert export.quarantine[0]["line"] + b"\n" == content.splitlines(keepends=True)[0]
    assert export.trace["line_number"] == 2


def test_an_empty_completion_is_an_attempt(tmp_path: Path) -> None:
    assert one(tmp_path, {**FLAT, "candidate": ""}).trace["candidate"] == ""


@pytest.mark.parametrize(
    ("given", "made"), [(None, "0001-export:1"), ("", "0001-export:1"), (7, "7")]
)
def test_an_attempt_without_a_name_is_named_after_its_place(
    tmp_path: Path, given: object, made: str
) -> None:
    assert one(tmp_path, {**FLAT, "trace_id": given}).trace["trace_id"] == made


def test_attempts_on_one_line_get_names_of_their_own(tmp_path: Path) -> None:
    nameless = json.dumps({**FLAT, "trace_id": None})
    export = read(tmp_path, (nameless + nameless).encode())
    assert [trace["trace_id"] for trace in export.traces] == ["0001-export:1", "0001-export:1.2"]


# Scripts -----------------------------------------------------------------------------------------


def test_a_generation_is_a_trace_without_a_verdict(tmp_path: Path) -> None:
    record = {"id": 3, "prompt": "1+1?", "gold": "2", "model_output": "FINAL ANSWER: 2", "k": 1}
    export = one(tmp_path, record)
    assert export.report.shapes == {"generation": 1}
    assert export.trace["trace_id"] == "3"
    assert (export.trace["ground_truth"], export.trace["logged_ok"]) == ("2", None)
    assert export.meta == {"k": 1}


OUTCOME = {
    "is_correct": True,
    "parsed": True,
    "pred_final": "2",
    "gold_final": "2",
    "parse_error": None,
    "reason": "sympy_equal",
}


def test_a_candidate_of_run_eval_takes_gold_and_verdict_from_its_verifier(tmp_path: Path) -> None:
    record = {
        "qid": "q-9",
        "difficulty": "easy",
        "sample_id": 4,
        "prompt": "1+1?",
        "response": "It is 2.\nFINAL ANSWER: 2",
        "verifier": OUTCOME,
    }
    export = one(tmp_path, record)
    assert export.report.shapes == {"run_eval": 1}
    trace = export.trace
    assert (trace["trace_id"], trace["ground_truth"], trace["final"]) == ("q-9/4", "2", "2")
    assert (trace["logged_ok"], trace["logged_reason"]) == (True, "sympy_equal")
    assert trace["candidate"] == "It is 2.\nFINAL ANSWER: 2"
    assert (export.meta["difficulty"], export.meta["verifier"]) == ("easy", OUTCOME)


def test_an_answer_that_the_script_could_not_parse_was_not_found_wrong(tmp_path: Path) -> None:
    outcome = {**OUTCOME, "is_correct": None, "pred_final": None, "reason": "parse_failed"}
    record = {"id": "g", "prompt": "1+1?", "final": None, "ok": False, "verifier": outcome}
    export = one(tmp_path, record)
    assert export.report.shapes == {"score": 1}
    assert export.trace["logged_ok"] is None
    assert export.trace["candidate"] == ""
    assert export.meta["ok"] is False


# Verifier calls ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["check", "result"])
def test_a_verifier_call_is_a_trace(tmp_path: Path, key: str) -> None:
    check = {"ok": False, "reason": "mismatch", "metrics": {"ms": 3}, "citations": []}
    record = {"problem": PROBLEM, "solver_output": OUTPUT, key: check, "repaired": False}
    export = one(tmp_path, record)
    assert export.report.shapes == {"verifier_call": 1}
    trace = export.trace
    assert trace["trace_id"] == "session-1:s5"
    assert (trace["prompt"], trace["ground_truth"]) == ("Solve 2*(3+4)", "14")
    assert (trace["candidate"], trace["final"]) == ("FINAL ANSWER: 14", "14")
    assert (trace["logged_ok"], trace["logged_reason"]) == (False, "mismatch")
    assert export.meta["problem"]["context"]["level"] == 1
    assert export.meta[key]["metrics"] == {"ms": 3}
    assert export.meta["repaired"] is False


def test_a_call_without_a_reference_answer_is_an_attempt_without_one(tmp_path: Path) -> None:
    record = {
        "problem": {"id": "x", "goal": "Solve 1+1"},
        "solver_output": OUTPUT,
        "check": {"ok": False, "reason": "missing_inputs"},
    }
    trace = one(tmp_path, record).trace
    assert (trace["ground_truth"], trace["logged_ok"]) == (None, None)


def test_a_word_problem_is_the_text_and_not_the_goal(tmp_path: Path) -> None:
    record = {
        "problem": {"id": "x", "goal": "solve the word problem", "context": {"text": "A tank…"}},
        "solver_output": {"summary": "FINAL ANSWER: 39 L", "data": {"problemText": "a tank…"}},
        "check": {"ok": True, "reason": "verified"},
    }
    trace = one(tmp_path, record).trace
    assert (trace["prompt"], trace["final"]) == ("A tank…", None)


# Task traces -------------------------------------------------------------------------------------


def run(step_id: str, summary: str, check: dict[str, object]) -> dict[str, Any]:
    return {
        "id": step_id,
        "kind": "specialist.run",
        "ok": True,
        "latency_ms": 12,
        "output": {
            "ok": True,
            "started_at": "2026-02-03T04:05:06Z",
            "ended_at": "2026-02-03T04:05:07Z",
            "solver_output": {**OUTPUT, "summary": summary},
            "check": check,
            "repaired": False,
            "problem": PROBLEM,
        },
    }


def verification(step_id: str, check: dict[str, object]) -> dict[str, Any]:
    return {"id": step_id, "kind": "specialist.verify", "ok": check["ok"], "output": check}


UNCHECKED = {"ok": True, "reason": "no verifier"}
TASK = {
    "id": "task-1",
    "persona_id": "p",
    "goal": "Solve 2*(3+4)",
    "created_at": "2026-02-03 04:05:00+00",
    "plan_json": [
        {"id": "s1", "kind": "SEARCH"},
        {"id": "s2", "kind": "SOLVE", "solver": "math.expr"},
        {"id": "s3", "kind": "VERIFY", "source": "s2", "verifier": "math.sympy.verify"},
        {"id": "s4", "kind": "SOLVE", "solver": "math.sum", "verifier": "math.sum.verify"},
    ],
    "steps": [
        {"id": "s1", "kind": "search", "ok": True, "output": "found"},
        run("s2", "FINAL ANSWER: 14", UNCHECKED),
        verification("s3", {"ok": True, "reason": "pass"}),
        run("s4", "Computed sum 15", {"ok": False, "reason": "mismatch expected=14 got=15"}),
    ],
    "ok": False,
    "planner_prompt": None,
}


@pytest.mark.parametrize("jsonb_as_text", [False, True])
def test_a_task_trace_gives_an_attempt_a_run_with_the_verdict_of_its_verify_step(
    tmp_path: Path, jsonb_as_text: bool
) -> None:
    row = dict(TASK)
    if jsonb_as_text:
        row.update(steps=json.dumps(TASK["steps"]), plan_json=json.dumps(TASK["plan_json"]))
    export = one(tmp_path, row)
    assert export.report.shapes == {"task_trace": 1}
    first, second = export.traces
    assert (first["trace_id"], second["trace_id"]) == ("task-1:s2", "task-1:s4")
    assert (first["logged_ok"], first["logged_reason"]) == (True, "pass")
    assert (first["solver"], first["verifier"]) == ("math.expr", "math.sympy.verify")
    assert first["candidate"] == "FINAL ANSWER: 14"
    assert first["created_at"] == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert second["logged_ok"] is False
    assert (second["solver"], second["verifier"]) == ("math.sum", "math.sum.verify")
    meta = json.loads(first["meta"])
    assert (meta["persona_id"], meta["ok"]) == ("p", False)
    assert [step["id"] for step in meta["steps"]] == ["s1", "s2", "s3"]
    assert meta["steps"][1]["output"]["check"] == UNCHECKED


def test_a_run_that_nothing_checked_has_no_verdict(tmp_path: Path) -> None:
    export = one(tmp_path, {**TASK, "steps": [run("s2", "FINAL ANSWER: 14", UNCHECKED)]})
    assert export.trace["logged_ok"] is None
    assert export.trace["logged_reason"] == "no verifier"


def test_a_checker_that_failed_does_not_hide_one_that_ran(tmp_path: Path) -> None:
    steps = [
        run("s2", "FINAL ANSWER: 14", {"ok": True, "reason": "pass"}),
        verification("s3", {"ok": False, "reason": "python_checker_disabled"}),
    ]
    export = one(tmp_path, {**TASK, "steps": steps})
    assert (export.trace["logged_ok"], export.trace["logged_reason"]) == (True, "pass")


@pytest.mark.parametrize(
    "steps",
    [
        [],
        None,
        [{"id": "s1", "kind": "search", "ok": True, "output": "found"}],
        [{"id": "s2", "kind": "specialist.run", "ok": False, "error": {"message": "x"}}],
    ],
)
def test_a_task_without_an_attempt_is_counted_and_no_error(tmp_path: Path, steps: object) -> None:
    export = one(tmp_path, {**TASK, "steps": steps})
    assert export.report.other_records == {"task_without_attempt": 1}


def test_a_task_whose_steps_are_broken_is_set_aside(tmp_path: Path) -> None:
    export = read(tmp_path, lines({**TASK, "steps": '[{"id": "s2", "ki'}))
    assert export.report.quarantined == {"bad_task_trace": 1}


def test_an_exported_trace_is_read_as_its_task(tmp_path: Path) -> None:
    row = {key: value for key, value in TASK.items() if key not in ("steps", "plan_json")}
    record = {
        "version": "essence-trace-export/1.0",
        "trace": row,
        "plan": TASK["plan_json"],
        "executor_steps": TASK["steps"],
        "env": {"commit": "abc"},
    }
    export = one(tmp_path, record)
    assert export.report.shapes == {"trace_export": 1}
    assert [trace["trace_id"] for trace in export.traces] == ["task-1:s2", "task-1:s4"]
    assert json.loads(export.traces[0]["meta"])["env"] == {"commit": "abc"}


def test_what_an_export_says_differently_from_its_task_is_kept_too(tmp_path: Path) -> None:
    record = {
        "version": "essence-trace-export/1.0",
        "trace": {**TASK, "routine_json": {"a": 1}, "persona_id": "p"},
        "executor_steps": [{"id": "other"}],
        "routine_json": {"a": 2},
        "persona_id": "p",
    }
    meta = json.loads(one(tmp_path, record).traces[0]["meta"])
    assert meta["routine_json"] == {"a": 1}
    assert meta["trace_export"] == {"routine_json": {"a": 2}}
    assert meta["executor_steps"] == [{"id": "other"}]


def test_a_verify_step_that_no_plan_joins_judges_no_attempt(tmp_path: Path) -> None:
    steps = [
        run("s2", "FINAL ANSWER: 14", UNCHECKED),
        verification("s3", {"ok": False, "reason": "mismatch"}),
    ]
    export = one(tmp_path, {**TASK, "steps": steps, "plan_json": None})
    assert export.trace["logged_ok"] is None
    assert [step["id"] for step in export.meta["steps"]] == ["s3", "s2"]


# Others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("training_trace", {"kind": "training-trace", "version": 1, "id": "x", "pass": True}),
        ("refinery_pair", {"id": "x", "x": "p", "E": [], "y_pos": "a", "y_neg": "b", "meta": {}}),
        ("preference_pair", {"prompt": "p", "chosen": "a", "rejected": "b", "meta": {}}),
        ("verifier_example", {"qid": "q", "text": "t", "label": 1}),
        ("evaluation_summary", {"k_default": 8, "by_difficulty": {}, "total_questions": 5}),
        ("question", {"id": "gsm8k-1", "prompt": "1+1?", "gold": "2", "meta": {"split": "test"}}),
    ],
)
def test_a_record_that_is_no_attempt_is_counted_by_kind_and_is_no_error(
    tmp_path: Path, kind: str, record: dict[str, object]
) -> None:
    export = one(tmp_path, record)
    assert export.report.other_records == {kind: 1}
    assert export.traces == []


@pytest.mark.parametrize("record", [{}, {"a": 1}, {"event": "started", "level": "info"}])
def test_a_record_of_no_known_shape_is_set_aside(tmp_path: Path, record: object) -> None:
    assert read(tmp_path, lines(record)).report.quarantined == {"unrecognised_record": 1}


def test_shapes_may_be_mixed_in_one_export(tmp_path: Path) -> None:
    call = {"problem": PROBLEM, "solver_output": OUTPUT, "check": {"ok": True, "reason": "pass"}}
    generation = {"id": "g", "prompt": "1+1?", "gold": "2", "model_output": "2"}
    training = {"kind": "training-trace", "id": "x"}
    export = read(tmp_path, lines(FLAT, TASK, training, generation, call, [1]))
    assert export.report.shapes == {
        "flat": 1,
        "generation": 1,
        "task_trace": 1,
        "verifier_call": 1,
    }
    assert export.report.other_records == {"training_trace": 1}
    assert export.report.quarantined == {"not_an_object": 1}
    assert (export.report.records_in, export.report.traces) == (6, 5)


NAMES = [
    *("trace_id", "id", "prompt", "problem", "goal", "candidate", "solver_output", "model_output"),
    *("response", "final", "ground_truth", "gold", "ok", "reason", "verifier", "solver", "model"),
    *("created_at", "meta", "check", "result", "steps", "plan_json", "version", "trace", "kind"),
    *("output", "summary", "data", "context", "is_correct", "sample_id", "repeated_keys", "source"),
]
WORDS = ["", "14", "specialist.run", "specialist.verify", "s2", "essence-trace-export/1.0", "[]"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)


ODD_STEP = st.fixed_dictionaries(
    {
        "id": VALUES,
        "kind": st.sampled_from(["specialist.run", "specialist.verify"]),
        "output": st.fixed_dictionaries(
            {"solver_output": st.just(OUTPUT) | VALUES, "problem": VALUES, "check": VALUES}
        ),
    }
)


def check_rows(record: Any) -> None:
    """A record, as its JSON is decoded, gives rows that the table can hold, or a named problem."""
    try:
        reading = read_record(decode(json.dumps(record)), Place("e", 1), FieldMap({}))
    except RecordError as problem:
        assert problem.reason
        return
    frame = pl.DataFrame(reading.traces, schema=TRACE_SCHEMA)
    for meta in frame["meta"]:
        json.loads(meta, parse_constant=pytest.fail)


@pytest.mark.slow
@given(st.lists(ODD_STEP, max_size=4), VALUES, VALUES)
@settings(deadline=None, max_examples=200)
def test_no_task_however_odd_stops_the_intake(steps: list[Any], plan: Any, goal: Any) -> None:
    check_rows({"id": 1, "goal": goal, "steps": steps, "plan_json": plan})


@given(VALUES, VALUES, VALUES)
@settings(deadline=None, max_examples=200)
def test_no_call_however_odd_stops_the_intake(problem: Any, output: Any, check: Any) -> None:
    check_rows({"problem": {"goal": problem}, "solver_output": output, "check": check})
    check_rows({"problem": {"goal": "1+1?", "context": problem}, "solver_output": OUTPUT})


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=9))
@settings(deadline=None, max_examples=300)
def test_no_record_however_odd_stops_the_intake(record: Any) -> None:
    check_rows(record)
