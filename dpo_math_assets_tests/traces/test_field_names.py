"""Logs with names of their own: field maps for all exports or for some, and how to write one."""

from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import DpoMathError, LogFormatError
from dpo_math_assets.traces.field_names import FieldMap, map_of_export, suggestion, value_at
from dpo_math_assets_tests.traces.reading import FLAT, Export, lines, read


def one(folder: Path, record: dict[str, Any], **field_map: Any) -> Export:
    return read(folder, lines(record), field_map=field_map)


def test_a_field_map_reads_a_log_with_names_of_its_own(tmp_path: Path) -> None:
    record = {
        "uid": "u1",
        "input": {"question": "1+1?"},
        "generated": "FINAL ANSWER: 2",
        "answer": 2,
        "graded": "no",
        "why": "mismatch",
    }
    field_map = {
        "trace_id": "uid",
        "prompt": "input.question",
        "candidate": "generated",
        "ground_truth": "answer",
        "ok": "graded",
        "reason": "why",
    }
    export = read(tmp_path, lines(record), field_map=field_map)
    trace = export.trace
    assert export.report.shapes == {"mapped": 1}
    assert (trace["trace_id"], trace["prompt"], trace["candidate"], trace["ground_truth"]) == (
        "u1",
        "1+1?",
        "FINAL ANSWER: 2",
        "2",
    )
    assert (trace["logged_ok"], trace["logged_reason"]) == (False, "mismatch")
    assert export.meta == {"input": {"question": "1+1?"}, "ok": "no"}


def test_a_field_map_with_an_unknown_field_says_which_there_are(tmp_path: Path) -> None:
    for wrong in ({"promt": "q"}, {"games/*": {"promt": "q"}}):
        with pytest.raises(DpoMathError, match=r"'promt'.*prompt, candidate") as caught:
            read(tmp_path, lines(FLAT), field_map=wrong)
        assert not isinstance(caught.value, LogFormatError)  # the export is not at fault


# For every export, and for some ------------------------------------------------------------------


def test_a_map_that_another_log_needed_does_not_replace_this_log_s_reference_answers(
    tmp_path: Path,
) -> None:
    right = {**FLAT, "trace_id": "right", "answer": "14"}
    wrong = {**FLAT, "trace_id": "wrong", "candidate": "FINAL ANSWER: 15", "answer": "15"}
    export = read(tmp_path, lines(right, wrong), field_map={"ground_truth": "answer"})
    assert [trace["ground_truth"] for trace in export.traces] == ["14", "14"]
    assert export.report.map_passed_over == {"ground_truth": 1}, "it is told"
    assert '"answer": "15"' in export.traces[1]["meta"]


@pytest.mark.parametrize("own", ["gold", "ground_truth"])
def test_a_map_fills_what_is_absent_null_or_blank_and_nothing_else(
    tmp_path: Path, own: str
) -> None:
    record = {"id": "g1", "prompt": "7+7?", "model_output": "14", "answer": "15"}
    for stated, truth in ((None, "15"), (" ", "15"), ("14", "14"), (14, "14")):
        export = one(tmp_path, {**record, own: stated}, ground_truth="answer")
        assert export.trace["ground_truth"] == truth, stated


def test_equal_answers_under_both_names_are_no_contradiction(tmp_path: Path) -> None:
    export = one(tmp_path, {**FLAT, "answer": 14}, ground_truth="answer")
    assert export.report.map_passed_over == {}


def test_a_map_for_a_file_pattern_holds_there_whatever_the_record_has(tmp_path: Path) -> None:
    setting = {"candidate": "reply", "games/*.jsonl": {"ground_truth": "answer", "prompt": "text"}}
    assert map_of_export(setting, "games/day1.jsonl", "000001-day1.jsonl") == {
        "candidate": "reply",
        "*": {"ground_truth": "answer", "prompt": "text"},
    }
    assert map_of_export(setting, "other.jsonl", "000002-other.jsonl") == {"candidate": "reply"}
    by_key = map_of_export({"000002-*": {"prompt": "text"}}, "other.jsonl", "000002-other.jsonl")
    assert by_key == {"*": {"prompt": "text"}}

    record = {**FLAT, "answer": "15", "text": "the real question", "reply": "not asked for"}
    of_games = map_of_export(setting, "games/day1.jsonl", "000001-day1.jsonl")
    export = read(tmp_path, lines(record), field_map=of_games)
    trace = export.trace
    assert (trace["prompt"], trace["ground_truth"]) == ("the real question", "15")
    assert trace["candidate"] == FLAT["candidate"]
    assert export.report.map_passed_over == {"candidate": 1}


def test_a_map_for_every_export_leaves_logs_of_known_shapes_as_they_are(tmp_path: Path) -> None:
    task = {
        "id": "t1",
        "goal": "Compute 2+3",
        "steps": [
            {
                "id": "s1",
                "kind": "specialist.run",
                "output": {
                    "problem": {"goal": "Compute 2+3", "context": {"ground_truth": "5"}},
                    "solver_output": {"summary": "FINAL ANSWER: 5"},
                    "check": {"ok": True, "reason": "pass"},
                },
            }
        ],
    }
    call = {
        "problem": {"id": "p1", "goal": "2+4", "context": {"ground_truth": "6"}},
        "solver_output": {"summary": "FINAL ANSWER: 6"},
        "check": {"ok": True},
    }
    field_map = {"prompt": "goal", "candidate": "steps", "solver": "problem.id"}
    export = read(tmp_path, lines(FLAT, task, call), field_map=field_map)
    assert export.report.shapes == {"flat": 1, "task_trace": 1, "verifier_call": 1}
    assert [trace["candidate"] for trace in export.traces] == [
        FLAT["candidate"],
        "FINAL ANSWER: 5",
        "FINAL ANSWER: 6",
    ]


def test_a_log_whose_problem_is_an_object_of_its_own_kind_is_read_by_the_map(
    tmp_path: Path,
) -> None:
    record = {"problem": {"text": "6*7?"}, "output": "It is 42.", "answer": 42}
    export = one(tmp_path, record, prompt="problem.text", candidate="output", ground_truth="answer")
    assert export.trace["prompt"] == "6*7?"
    assert export.trace["ground_truth"] == "42"


# Paths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("messages.-1.content", "The answer is 9"),
        ("messages.0.content", "Q"),
        ("choices.0.message.content", "from a choice"),
        ("resps.0.0", "from a harness"),
        ("resps.0.-1", "from a harness"),
        ("resps.0.1", None),
        ("resps.x", None),
        ("packed.answer.0", 9),
        ("dotted.name", "a name with a dot"),
        ("messages.99999999999999999999", None),
        ("messages.0.content.0", None),
    ],
)
def test_a_path_reaches_items_of_lists_and_text_that_is_json(path: str, value: Any) -> None:
    record = {
        "messages": [
            {"role": "user", "content": "Q"},
            {"role": "assistant", "content": "The answer is 9"},
        ],
        "choices": [{"message": {"content": "from a choice"}}],
        "resps": [["from a harness"]],
        "packed": '{"answer": [9]}',
        "dotted.name": "a name with a dot",
    }
    assert value_at(record, path) == value


def test_a_harness_s_samples_and_a_batch_s_responses_are_read_by_paths(tmp_path: Path) -> None:
    harness = {"doc": {"question": "4+5?"}, "target": "9", "resps": [["The answer is 9"]]}
    batch = {
        "request": {"messages": [{"role": "user", "content": "4+5?"}]},
        "response": {"body": {"choices": [{"message": {"content": "The answer is 9"}}]}},
        "ground_truth": "9",
    }
    maps = {
        "doc": {"prompt": "doc.question", "candidate": "resps.0.0", "ground_truth": "target"},
        "request": {
            "prompt": "request.messages.0.content",
            "candidate": "response.body.choices.0.message.content",
        },
    }
    for record in (harness, batch):
        trace = one(tmp_path, record, **maps[next(iter(record))]).trace
        read_as = (trace["prompt"], trace["candidate"], trace["ground_truth"])
        assert read_as == ("4+5?", "The answer is 9", "9")


def test_a_path_into_a_field_chooses_a_part_of_it(tmp_path: Path) -> None:
    record = {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "4+5?"}],
        "completion": "9",
        "gold": "9",
    }
    export = one(tmp_path, record, prompt="prompt.1.content")
    assert export.trace["prompt"] == "4+5?"
    assert export.report.map_passed_over == {}


# What to write in a map --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "snippet"),
    [
        (
            {"question_text": "4+5?", "model_answer": "9", "gold_label": "9", "n": 1},
            "{prompt: question_text, candidate: model_answer, ground_truth: gold_label}",
        ),
        (
            {"doc": {"question": "Q"}, "target": "9", "resps": [["The answer is 9"]]},
            "{prompt: doc.question, candidate: resps.0, ground_truth: target}",
        ),
        (
            {
                "request": {"messages": [{"role": "user", "content": "Q"}]},
                "response": {"body": {"choices": [{"message": {"content": "9"}}]}},
                "ground_truth": "9",
            },
            "{prompt: request.messages.0.content, "
            "candidate: response.body.choices.0.message.content}",
        ),
        ({"a": "1", "b": "2"}, "{prompt: ..., candidate: ..., ground_truth: ...}"),
        ({"prompt": "4+5?", "reply": "9", "answer": 9}, "{candidate: reply, ground_truth: answer}"),
    ],
)
def test_an_unknown_record_says_what_it_has_and_what_to_write(
    tmp_path: Path, record: dict[str, Any], snippet: str
) -> None:
    (entry,) = read(tmp_path, lines(record)).quarantine
    assert f"intake: {{field_map: {snippet}}}" in entry["detail"]
    assert next(iter(record)) in entry["detail"]


def test_the_map_that_a_record_s_message_proposes_reads_it(tmp_path: Path) -> None:
    import yaml

    record = {"question_text": "4+5?", "model_answer": "So it is 9.", "gold_label": "9"}
    proposed = suggestion(record).split("`")[1]
    field_map = yaml.safe_load(proposed)["intake"]["field_map"]
    trace = read(tmp_path, lines(record), field_map=field_map).trace
    assert (trace["prompt"], trace["candidate"]) == ("4+5?", "So it is 9.")
    assert trace["ground_truth"] == "9"


def test_a_record_of_thousands_of_fields_gives_a_short_message() -> None:
    record = {f"f{n}": {"inner": [{"x": "1"}]} for n in range(5000)}
    assert len(suggestion(record)) < 2000


def test_a_map_without_entries_finds_nothing() -> None:
    assert FieldMap({}).find(FLAT).values == {}
