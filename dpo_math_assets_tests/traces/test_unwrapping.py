"""Records that were wrapped once more on their way into the log."""

import json
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets_tests.traces.reading import FLAT, lines, read

OTHER = {**FLAT, "trace_id": "t-2", "candidate": "FINAL ANSWER: 15", "ok": False}


def ids(traces: list[dict[str, Any]]) -> list[str]:
    return [trace["trace_id"] for trace in traces]


def test_a_record_inside_a_json_string_is_read(tmp_path: Path) -> None:
    export = read(tmp_path, lines(json.dumps(FLAT), json.dumps(OTHER)))
    assert ids(export.traces) == ["t-1", "t-2"]
    (entry,) = read(tmp_path, lines("no record, a text")).quarantine
    assert entry["reason"] == "not_an_object"


def docker(text: str) -> dict[str, Any]:
    return {"log": text, "stream": "stdout", "time": "2026-11-30T10:00:00Z"}


def test_a_container_s_log_gives_its_records_and_counts_what_else_was_printed(
    tmp_path: Path,
) -> None:
    export = read(tmp_path, lines(docker("starting\n"), docker(json.dumps(FLAT) + "\n")))
    assert ids(export.traces) == ["t-1"]
    assert export.meta == {"wrapped_in": {"stream": "stdout", "time": "2026-11-30T10:00:00Z"}}
    assert export.report.other_records == {"container_output": 1}


def test_a_record_that_docker_cut_in_two_is_told_with_what_helps(tmp_path: Path) -> None:
    text = json.dumps(FLAT)
    export = read(tmp_path, lines(docker(text[:40]), docker(text[40:] + "\n")))
    assert export.traces == []
    (entry,) = export.quarantine
    assert entry["reason"] == "container_line_cut"
    assert "docker logs" in entry["detail"]


@pytest.mark.parametrize(
    "table",
    [
        {"data": [FLAT, OTHER]},
        {"model": "m1", "rows": [FLAT, OTHER], "count": 2},
        {"0": FLAT, "1": OTHER},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_table_that_is_one_object_gives_its_records(
    tmp_path: Path, table: dict[str, Any], indent: int | None
) -> None:
    content = json.dumps(table, indent=indent).encode()
    export = read(tmp_path, content, "table.json")
    assert ids(export.traces) == ["t-1", "t-2"]
    assert export.report.records_in == 2


def test_a_bad_row_of_a_table_is_quarantined_alone_and_whole(tmp_path: Path) -> None:
    bad = {"prompt": "3+4?", "ground_truth": "7", "ok": True}
    export = read(tmp_path, lines({"data": [FLAT, bad]}))
    assert ids(export.traces) == ["t-1"]
    (entry,) = export.quarantine
    assert entry["reason"] == "no_candidate"
    assert json.loads(entry["line"]) == bad


def test_rows_without_ids_get_different_ones(tmp_path: Path) -> None:
    rows = [
        {key: value for key, value in row.items() if key != "trace_id"} for row in (FLAT, OTHER)
    ]
    export = read(tmp_path, lines({"id": "the run's", "data": rows}))
    assert len(set(ids(export.traces))) == 2


def test_a_table_of_another_log_is_read_through_its_field_map(tmp_path: Path) -> None:
    rows = [{"q": "4+5?", "a": "9", "answer": "9"}, {"q": "4+5?", "a": "10", "answer": "9"}]
    field_map = {"prompt": "q", "candidate": "a", "ground_truth": "answer"}
    export = read(tmp_path, lines({"data": rows}), field_map=field_map)
    assert [trace["candidate"] for trace in export.traces] == ["9", "10"]


def test_lists_inside_a_record_are_no_table(tmp_path: Path) -> None:
    record = {**FLAT, "history": [{"prompt": "an earlier one"}]}
    assert ids(read(tmp_path, lines(record)).traces) == ["t-1"]
    export = read(tmp_path, lines({"conversation": [{"from": "a", "value": "b"}]}))
    assert [entry["reason"] for entry in export.quarantine] == ["unrecognised_record"]
