"""Exports that are tables: CSV with jsonb as quoted text, and Parquet."""

import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets_tests.traces.reading import FLAT, read
from dpo_math_assets_tests.traces.test_shapes import TASK

COLUMNS = ["trace_id", "prompt", "candidate", "ground_truth", "ok"]
HEADER = "trace_id,prompt,candidate,ground_truth,ok\n"
GOOD = "t-1,1+1?,2,2,t\n"


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["e.csv", "e.csv.gz", "e.jsonl"])
def test_csv_is_read_whatever_its_name_and_delimiter(
    tmp_path: Path, delimiter: str, name: str
) -> None:
    content = table([{**FLAT, "candidate": 'He said "14";\n\n14, it\tis'}, FLAT], delimiter)
    export = read(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name)
    assert [trace["candidate"] for trace in export.traces] == [
        'He said "14";\n\n14, it\tis',
        FLAT["candidate"],
    ]
    assert [trace["line_number"] for trace in export.traces] == [2, 5]
    assert export.report.records_in == 2


def test_task_traces_as_csv_with_json_text_and_booleans_of_the_database(tmp_path: Path) -> None:
    row = {
        key: json.dumps(value) if isinstance(value, list) else value for key, value in TASK.items()
    }
    export = read(tmp_path, table([{**row, "ok": "f", "planner_prompt": ""}]), "task_trace.csv")
    assert [trace["trace_id"] for trace in export.traces] == ["task-1:s2", "task-1:s4"]
    assert [trace["logged_ok"] for trace in export.traces] == [True, False]
    assert "planner_prompt" not in json.loads(export.traces[0]["meta"])


@pytest.mark.parametrize(
    ("cell", "logged"), [("t", True), ("f", False), ("false", False), ("", None)]
)
def test_a_verdict_in_a_cell_is_read_by_rule(
    tmp_path: Path, cell: str, logged: bool | None
) -> None:
    export = read(tmp_path, f"{HEADER}t-1,1+1?,2,2,{cell}\n".encode(), "e.csv")
    assert export.trace["logged_ok"] is logged


@pytest.mark.parametrize(
    "damaged",
    [
        "t-2,1+1?,2\n",
        "t-2,1+1?,2,2,t,extra\n",
        't-2,"1+1?,2,2,t\n',
        't-2,1+"1"?,2,"2,t\n',
        "oops\n",
    ],
)
def test_a_damaged_row_costs_no_other_row(tmp_path: Path, damaged: str) -> None:
    quoted = 't-3,"1+\n1?",2,2,t\n'
    content = (HEADER + GOOD + damaged + quoted + GOOD).encode()
    export = read(tmp_path, content, "e.csv")
    assert [trace["trace_id"] for trace in export.traces] == ["t-1", "t-3", "t-1"]
    (entry,) = export.quarantine
    assert (entry["reason"], entry["line_number"]) == ("not_csv", 3)
    assert entry["line"] == damaged.encode().rstrip(b"\n")
    assert entry["byte_offset"] == content.index(damaged.encode())


def test_a_csv_that_was_cut_inside_a_quoted_cell_keeps_every_line(tmp_path: Path) -> None:
    export = read(tmp_path, (HEADER + GOOD + 't-2,"1+\n1').encode(), "e.csv")
    assert export.report.traces == 1
    assert [entry["line"] for entry in export.quarantine] == [b't-2,"1+', b"1"]


def test_a_compressed_csv_that_was_cut_gives_what_is_readable_and_says_so(tmp_path: Path) -> None:
    rows = HEADER + "".join(
        f't-{number},"{os.urandom(90).hex()}\n?",2,2,t\n' for number in range(999)
    )
    whole = gzip.compress(rows.encode())
    export = read(tmp_path, whole[: len(whole) // 2], "e.csv.gz")
    assert export.report.traces > 100
    assert export.quarantine[-1]["reason"] == "compressed_data_cut"
    assert export.report.quarantined["not_csv"] <= 2  # the lines of the row that was cut


def test_a_csv_without_a_field_that_is_needed_is_set_aside_row_by_row(tmp_path: Path) -> None:
    export = read(tmp_path, b"a,b\n1,2\n3,4\n", "e.csv")
    assert export.report.quarantined == {"unrecognised_record": 2}


def test_a_csv_of_another_log_is_read_through_a_field_map(tmp_path: Path) -> None:
    export = read(
        tmp_path,
        b"q,a,gold answer\n1+1?,FINAL ANSWER: 2,2\n",
        "e.csv",
        field_map={"prompt": "q", "candidate": "a", "ground_truth": "gold answer"},
    )
    assert (export.trace["prompt"], export.trace["ground_truth"]) == ("1+1?", "2")
    assert export.trace["trace_id"] == "0001-export:2"


def test_parquet_with_nested_columns_is_read(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        [
            {**FLAT, "problem": None, "meta": {"model": "m", "at": datetime(2026, 1, 1)}},
            {**FLAT, "prompt": None, "problem": None, "meta": {"model": None, "at": None}},
        ],
        schema_overrides={"problem": pl.Struct({"goal": pl.String})},
    )
    frame.write_parquet(tmp_path / "e.parquet")
    export = read(tmp_path, tmp_path / "e.parquet")
    assert (export.trace["logged_ok"], export.trace["solver"]) == (True, "m")
    assert export.meta == {"model": "m", "at": "2026-01-01 00:00:00"}
    (entry,) = export.quarantine
    assert (entry["reason"], entry["line_number"], entry["byte_offset"]) == ("no_prompt", 2, None)
    assert json.loads(entry["line"])["trace_id"] == "t-1"


def test_compressed_parquet_with_a_wrong_name_is_read(tmp_path: Path) -> None:
    pl.DataFrame([FLAT, FLAT]).write_parquet(tmp_path / "e.parquet")
    content = gzip.compress((tmp_path / "e.parquet").read_bytes())
    assert read(tmp_path, content, "e.jsonl").report.traces == 2


def test_times_of_a_database_keep_their_zone(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    pl.DataFrame([{**FLAT, "created_at": moment}]).write_parquet(tmp_path / "e.parquet")
    assert read(tmp_path, tmp_path / "e.parquet").trace["created_at"] == moment


def test_a_cut_parquet_file_says_so(tmp_path: Path) -> None:
    pl.DataFrame([FLAT]).write_parquet(tmp_path / "whole.parquet")
    with pytest.raises(LogFormatError, match=r"e\.parquet: is not a whole Parquet file"):
        read(tmp_path, (tmp_path / "whole.parquet").read_bytes()[:-20], "e.parquet")


@pytest.mark.parametrize("header", ["", "row_to_json\n"])
@pytest.mark.parametrize("indent", [None, 2])
def test_records_that_are_the_one_cell_of_a_csv_row_are_read(
    tmp_path: Path, header: str, indent: int | None
) -> None:
    cells = [json.dumps({**FLAT, "trace_id": name}, indent=indent) for name in ("a", "b")]
    rows = ['"' + cell.replace('"', '""') + '"\n' for cell in cells]
    export = read(tmp_path, (header + "".join(rows)).encode(), name="e.csv")
    assert [trace["trace_id"] for trace in export.traces] == ["a", "b"]
    assert [trace["candidate"] for trace in export.traces] == [FLAT["candidate"]] * 2
