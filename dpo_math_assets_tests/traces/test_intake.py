"""The promises of intake as a whole: balance, repeatability, and outputs whole or absent."""

import gzip
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import DpoMathError, LogFormatError
from dpo_math_assets.traces.containers import Line
from dpo_math_assets.traces.intake import read_export
from dpo_math_assets.traces.json_records import JsonRecords
from dpo_math_assets.traces.schema import QUARANTINE_SCHEMA, TRACE_SCHEMA
from dpo_math_assets_tests.conftest import FAULT_ROUNDS
from dpo_math_assets_tests.traces.reading import FLAT, lines, read

# First bytes of formats that are no log export.
FOREIGN = (
    b"PK\x03\x04",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x04\x22\x4d\x18",
    b"SQLite format 3\x00",
    b"PGDMP",
    b"PAR1",
)

MIXED = lines(FLAT, [1], {"kind": "training-trace"}, {}, FLAT) + b"\n\noops\n"


def test_every_record_is_accounted_for_exactly_once(tmp_path: Path) -> None:
    report = read(tmp_path, MIXED).report
    assert report.records_in == 6
    assert report.trace_records == 2
    assert report.other_records == {"training_trace": 1}
    assert report.quarantined == {"not_an_object": 1, "not_json": 1, "unrecognised_record": 1}
    assert report.blank_lines == 2


def test_the_tables_have_their_schemas_even_when_empty(tmp_path: Path) -> None:
    for content in (b"", MIXED):
        read(tmp_path, content)
        assert pl.read_parquet(tmp_path / "out" / "traces.parquet").schema == TRACE_SCHEMA
        assert pl.read_parquet(tmp_path / "out" / "quarantine.parquet").schema == QUARANTINE_SCHEMA


def test_reading_again_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        read(tmp_path, MIXED)
        written.append([path.read_bytes() for path in sorted((tmp_path / "out").iterdir())])
    assert written[0] == written[1]


@pytest.mark.slow
def test_progress_ends_with_the_number_of_records(tmp_path: Path) -> None:
    seen: list[int] = []
    read(tmp_path, lines(*[FLAT] * 25_000), on_progress=seen.append)
    assert seen == [10_000, 20_000, 25_000]


def test_a_reader_that_skips_a_line_is_found_out_whatever_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_line = JsonRecords._line

    def forgetful(self: JsonRecords, line: Line, text: str) -> Any:
        return iter(()) if line.number == 2 else read_line(self, line, text)

    monkeypatch.setattr(JsonRecords, "_line", forgetful)
    with pytest.raises(AssertionError, match=r"of \d+ bytes .* \d+ are in records"):
        read(tmp_path, lines(FLAT, FLAT, FLAT))


@pytest.mark.parametrize("twice", [1, 2, 3])
def test_a_reader_that_gives_a_record_twice_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, twice: int
) -> None:
    read_line = JsonRecords._line

    def stammering(self: JsonRecords, line: Line, text: str) -> Any:
        yield from read_line(self, line, text)
        if line.number == twice:
            yield from read_line(self, line, text)

    monkeypatch.setattr(JsonRecords, "_line", stammering)
    with pytest.raises(AssertionError, match="bytes"):
        read(tmp_path, lines(FLAT, FLAT, FLAT))


def test_a_reader_that_keeps_other_bytes_than_the_file_holds_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Line, "body", lambda line: line.raw[:5] + b"?")
    with pytest.raises(AssertionError, match="bytes"):
        read(tmp_path, lines(FLAT) + b"oops oops\n")


def test_a_parquet_reader_that_stops_early_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pl.DataFrame([FLAT] * 3).write_parquet(tmp_path / "export.parquet")
    batches = pq.ParquetFile.iter_batches

    def two_rows(self: Any, batch_size: int, **chosen: Any) -> Any:
        return (batch.slice(0, 2) for batch in batches(self, batch_size, **chosen))

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", two_rows)
    with pytest.raises(AssertionError, match=r"of 3 bytes .*rows"):
        read(tmp_path, tmp_path / "export.parquet")


@pytest.mark.slow
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [lines(FLAT), b"{", b"[", b'"', b"\n", b"}\n", b"\\", gzip.compress(b"a")]
            ),
        ),
        max_size=12,
    )
)
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_stop_the_intake_or_unbalance_it(tmp_path: Path, parts: list[bytes]) -> None:
    content = b"".join(parts)
    try:
        read(tmp_path, content)
    except LogFormatError as error:  # another format by its first bytes: refused by name
        assert content.startswith(FOREIGN), error


def test_an_export_that_fails_midway_leaves_the_earlier_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, MIXED)
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dpo_math_assets.traces.tables.RowTable._flush", no_space)
    with pytest.raises(DpoMathError, match=r"did not fit \(No space.*Make room"):
        read(tmp_path, lines(FLAT))
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


READER = """
import sys
from pathlib import Path
from dpo_math_assets.traces.containers import Line
from dpo_math_assets.traces.intake import read_export
from dpo_math_assets.traces.json_records import JsonRecords
from dpo_math_assets.traces.tables import RowTable
folder, flush = Path(sys.argv[1]), RowTable._flush

def told(self):
    print("rows are written", flush=True)
    flush(self)

RowTable._flush = told
while True:
    read_export(folder / "big.jsonl", "big", folder / "t.parquet", folder / "q.parquet")
"""


@pytest.mark.slow
@pytest.mark.fault
def test_a_killed_intake_leaves_whole_tables(tmp_path: Path) -> None:
    records = 30_000
    (tmp_path / "big.jsonl").write_bytes(lines(*[FLAT] * records) + b"oops\n")
    read_export(tmp_path / "big.jsonl", "big", tmp_path / "t.parquet", tmp_path / "q.parquet")
    chance = random.Random(0)
    for _ in range(3 * FAULT_ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", READER, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 4)):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
        assert pl.read_parquet(tmp_path / "t.parquet").height == records
        assert pl.read_parquet(tmp_path / "q.parquet").height == 1
