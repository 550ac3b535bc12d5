"""Chat messages, and several completions of one prompt, as traces."""

import json
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.traces.chat import completion_texts, prompt_text
from dpo_math_assets_tests.traces.reading import lines, read

USER = {"role": "user", "content": "What is 4+5?"}
SYSTEM = {"role": "system", "content": "Be brief."}
REPLY = {"role": "assistant", "content": "The answer is 9"}


def test_a_prompt_and_a_completion_of_messages_are_a_trace_like_any_other(tmp_path: Path) -> None:
    record = {"prompt": [USER], "completion": [REPLY], "ground_truth": "9", "ok": True}
    export = read(tmp_path, lines(record))
    trace = export.trace
    assert export.report.shapes == {"chat": 1}
    assert (trace["prompt"], trace["candidate"]) == ("What is 4+5?", "The answer is 9")
    assert (trace["ground_truth"], trace["logged_ok"]) == ("9", True)
    assert export.meta == {}


def test_messages_of_several_roles_keep_their_roles_and_are_kept_whole(tmp_path: Path) -> None:
    record = {"prompt": [SYSTEM, USER], "response": "9", "gold": "9"}
    export = read(tmp_path, lines(record))
    assert export.trace["prompt"] == "System: Be brief.\n\nUser: What is 4+5?"
    assert export.meta == {"prompt_messages": [SYSTEM, USER]}


def test_of_a_conversation_the_last_turn_is_the_completion(tmp_path: Path) -> None:
    export = read(tmp_path, lines({"messages": [USER, REPLY], "ground_truth": "9"}))
    assert (export.trace["prompt"], export.trace["candidate"]) == (
        "What is 4+5?",
        "The answer is 9",
    )
    beside = {"messages": [USER], "completion": "It is 9", "ground_truth": "9"}
    assert read(tmp_path, lines(beside)).trace["candidate"] == "It is 9"
    (entry,) = read(tmp_path, lines({"messages": [SYSTEM, USER], "gold": "9"})).quarantine
    assert entry["reason"] == "no_candidate", "the last turn asks"


def test_messages_as_json_text_are_messages(tmp_path: Path) -> None:
    record = {"prompt": json.dumps([USER]), "completion": "9", "gold": "9"}
    assert read(tmp_path, lines(record)).trace["prompt"] == "What is 4+5?"


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("9", ["9"]),
        ([REPLY], ["The answer is 9"]),
        (
            [REPLY, {"role": "tool", "content": "4+5=9"}, REPLY],
            ["The answer is 9\n\nThe answer is 9"],
        ),
        ({"role": "assistant", "content": [{"type": "text", "text": "9"}]}, ["9"]),
        (["a", "b"], ["a", "b"]),
        (["a", None], ["a", None]),
        ([["a", "b"]], ["a", "b"]),
        ([[REPLY], [REPLY]], ["The answer is 9", "The answer is 9"]),
        ([{"text": "a"}, {"message": {"role": "assistant", "content": "b"}}], ["a", "b"]),
        ([{"role": "assistant", "content": None}], None),
        ([USER], None),
        ([], None),
        ([1], None),
        ({"logprobs": []}, None),
    ],
)
def test_completions_are_found_in_what_logs_hold(value: Any, texts: list[str] | None) -> None:
    assert completion_texts(value) == texts


def test_a_prompt_with_a_picture_is_no_text() -> None:
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]
    assert prompt_text(picture) == picture


def test_a_list_of_completions_gives_a_trace_each_with_its_own_verdict(tmp_path: Path) -> None:
    record = {
        "id": "p1",
        "prompt": "What is 4+5?",
        "completions": ["It is 9.", None, "It is 10."],
        "ok": [True, None, False],
        "ground_truth": "9",
        "seed": 3,
    }
    export = read(tmp_path, lines(record))
    assert export.report.shapes == {"completions": 1}
    assert [
        (trace["trace_id"], trace["candidate"], trace["logged_ok"]) for trace in export.traces
    ] == [("p1/0", "It is 9.", True), ("p1/2", "It is 10.", False)]
    assert {trace["meta"] for trace in export.traces} == {'{"seed": 3}'}


def test_a_list_that_a_field_map_names_gives_a_trace_each(tmp_path: Path) -> None:
    record = {"problem": "What is 4+5?", "samples": [{"text": "9"}, {"text": "10"}], "answer": "9"}
    field_map = {"candidate": "samples", "ground_truth": "answer"}
    export = read(tmp_path, lines(record), field_map=field_map)
    assert [trace["candidate"] for trace in export.traces] == ["9", "10"]
    assert [trace["trace_id"] for trace in export.traces] == ["0001-export:1/0", "0001-export:1/1"]


@pytest.mark.parametrize("completions", [[], [None], [{"logprobs": 1}], ["9", {"image": 1}]])
def test_a_list_without_any_text_is_told_and_loses_nothing(
    tmp_path: Path, completions: list[Any]
) -> None:
    record = {"prompt": "What is 4+5?", "completions": completions, "ground_truth": "9"}
    (entry,) = read(tmp_path, lines(record)).quarantine
    assert entry["reason"] == "no_candidate"
