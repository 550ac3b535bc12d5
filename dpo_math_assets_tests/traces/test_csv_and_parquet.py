"""Exports that are tables: CSV with jsonb as quoted text, and Parquet."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces.intake import imbalance
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
    assert export.report.quarantined == {"no_csv_header": 1, "unrecognised_record": 2}


@pytest.mark.parametrize(
    "first",
    [
        "t-1,What is 1+1?,FINAL ANSWER: 2,2,true",
        "t-1,What is 1+1?,it is two,two,ok",  # `ok` is a field's name as well
        "ok,ok,2,2,final",
        "one,two,three,four,five",
    ],
)
def test_the_first_row_of_a_csv_without_a_header_is_kept(tmp_path: Path, first: str) -> None:
    content = f"{first}\nt-2,What is 1+2?,FINAL ANSWER: 3,3,true\n".encode()
    export = read(tmp_path, content, "e.csv")
    assert imbalance(export.report) is None
    entry = export.quarantine[0]
    assert (entry["reason"], entry["line"], entry["line_number"]) == (
        "no_csv_header",
        first.encode(),
        1,
    )
    assert "intake.field_map" in entry["detail"]
    assert export.report.records_in == 2


@pytest.mark.parametrize("header", ["prompt,mine,its gold", "a.b,c"])
def test_a_header_with_a_name_that_is_known_is_no_record(tmp_path: Path, header: str) -> None:
    cells = ",".join("x" * (header.count(",") + 1))
    field_map = {"candidate": "a.b"} if "a.b" in header else None
    export = read(tmp_path, f"{header}\n{cells}\n".encode(), "e.csv", field_map=field_map)
    assert export.report.records_in == 1
    assert "no_csv_header" not in export.report.quarantined


def test_a_column_that_a_csv_has_twice_loses_no_cell(tmp_path: Path) -> None:
    content = b"trace_id,prompt,candidate,ground_truth,note,note\nt-1,1+1?,2,2,one,two\n"
    export = read(tmp_path, content, "e.csv")
    entry = [json.loads(trace["meta"]) for trace in export.traces] or export.quarantine
    assert "one" in str(entry) and "two" in str(entry)


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


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (pa.timestamp("us", "UTC"), 2**62),
        (pa.timestamp("ms"), -(2**48)),
        (pa.timestamp("ns", "Nowhere/Town"), 1),
        (pa.date32(), 10_000_000),
        (pa.duration("s"), 2**60),
    ],
    ids=str,
)
def test_a_parquet_time_that_python_cannot_hold_costs_no_row(
    tmp_path: Path, kind: pa.DataType, count: int
) -> None:
    rows = pa.Table.from_pylist([FLAT, {**FLAT, "trace_id": "t-2"}])
    times = pa.array([count, None], pa.int32() if kind == pa.date32() else pa.int64())
    pq.write_table(rows.append_column("at", times.view(kind)), tmp_path / "e.parquet")
    export = read(tmp_path, tmp_path / "e.parquet")
    assert [trace["trace_id"] for trace in export.traces] == ["t-1", "t-2"]
    assert json.loads(export.traces[0]["meta"])["at"] == f"{count} {kind}"


def test_a_nested_parquet_value_that_python_cannot_hold_costs_its_row_alone(
    tmp_path: Path,
) -> None:
    rows = pa.Table.from_pylist([FLAT, {**FLAT, "trace_id": "t-2"}])
    far = pa.array([[2**62], []], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("us")))
    pq.write_table(rows.append_column("at", far), tmp_path / "e.parquet")
    export = read(tmp_path, tmp_path / "e.parquet")
    assert export.trace["trace_id"] == "t-2"
    (entry,) = export.quarantine
    assert (entry["reason"], entry["line_number"]) == ("unreadable_value", 1)
    assert "column at" in entry["detail"] and json.loads(entry["line"])["trace_id"] == "t-1"


MEASURED = """
import resource, sys
from pathlib import Path
from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces.intake import read_export
folder = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    report = read_export(folder / "e.parquet", "e", folder / "t.parquet", folder / "q.parquet")
    said = report.records_in
except LogFormatError as error:
    said = str(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, said)
"""


@pytest.mark.slow
@pytest.mark.parametrize("bomb", ["repeated text", "nested text", "packed text", "empty list"])
def test_a_small_parquet_file_never_fills_the_memory(tmp_path: Path, bomb: str) -> None:
    text = "x" * 1_000_000
    settings: dict[str, Any] = {"compression": "zstd", "dictionary_pagesize_limit": 2**30}
    if bomb == "packed text":
        settings = {"compression": "zstd", "use_dictionary": False}
    values: dict[str, pa.Array] = {
        "repeated text": pa.array([text] * 600),
        "nested text": pa.array([[{"output": text}]] * 600),
        "packed text": pa.array([text] * 400),
        "empty list": pa.ListArray.from_arrays([0, 110_000_000], pa.nulls(110_000_000, pa.int8())),
    }
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"note": values[bomb]}), path, **settings)
    assert path.stat().st_size < 100_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    megabytes, _, said = done.stdout.partition(" ")
    assert int(megabytes) < 500
    if bomb in ("packed text", "empty list"):
        assert "smaller row groups" in said
    else:
        assert said.strip() == "600"


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
