"""Reading one log export into canonical traces, with nothing lost on the way.

`read_export` streams an export file of any container (JSON lines, JSON array, CSV, Parquet; plain,
gzip or zstd; UTF-8 or UTF-16) and any mix of record shapes into two Parquet files: the traces
(TRACE_SCHEMA) and the quarantine (QUARANTINE_SCHEMA), which keeps whole what gave no record. Both
appear whole or not at all, and a second reading gives the same bytes. Memory is bounded by the
longest record (at most 64 MiB) and a batch of rows, not by the export.
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.storage import atomic_file
from dpo_math_assets.traces.containers import PARQUET_MAGIC, Damage, ExportFile, Line
from dpo_math_assets.traces.coverage import Coverage
from dpo_math_assets.traces.csv_records import CsvRecords, Header, is_csv_header
from dpo_math_assets.traces.field_names import FieldMap, FieldMapSetting
from dpo_math_assets.traces.json_records import JsonRecords, Record, is_copy
from dpo_math_assets.traces.schema import QUARANTINE_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.traces.shapes import Place, RecordProblem, read_record, strict_json
from dpo_math_assets.traces.tables import RowTable
from dpo_math_assets.traces.unwrapping import unwrapped

INTAKE_VERSION = "5"

_PROGRESS_EVERY = 10_000


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class IntakeReport:
    """What an export held. Counts are of records; a record is a line in JSON lines."""

    records_in: int  # everything but blank lines: records, and parts that gave none
    trace_records: int  # records that gave at least one trace
    traces: int
    other_records: dict[str, int]  # recognised records that are no attempt at a problem, by kind
    quarantined: dict[str, int]  # by reason; one row of the quarantine each
    shapes: dict[str, int]  # records with traces, by shape
    blank_lines: int
    bytes_in: int  # of the file as it lies on disk
    fingerprint: str  # 32 hex digits of BLAKE2b over the same bytes
    # What the file holds, counted before any reader sees it, and how much of it came out again:
    # bytes of the decompressed text (see `coverage`), or rows by the footer of a Parquet file.
    held: int = 0
    accounted: int = 0
    unreadable: str | None = None  # why nothing of it could be read, where it was set aside whole
    # Records whose own field stands, where the field map says otherwise; by field.
    map_passed_over: dict[str, int] = field(default_factory=dict)


def imbalance(report: IntakeReport) -> str | None:
    """What a report does not account for exactly once; None where it accounts for all."""
    accounted = report.trace_records
    accounted += sum(report.other_records.values()) + sum(report.quarantined.values())
    if accounted != report.records_in:
        return f"{report.records_in} records in, {accounted} accounted for"
    if report.held != report.accounted:
        return (
            f"of {report.held} bytes (or Parquet rows) that the file holds, "
            f"{report.accounted} are in records, in the quarantine or between them"
        )
    return None


@dataclass
class _Counts:
    records_in: int = 0
    trace_records: int = 0
    traces: int = 0
    other_records: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    map_passed_over: Counter[str] = field(default_factory=Counter)


def read_export(
    path: Path,
    export: str,
    traces_out: Path,
    quarantine_out: Path,
    field_map: FieldMapSetting | None = None,
    approve: Callable[[IntakeReport], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> IntakeReport:
    """Read the export file at `path` into traces and quarantine; `export` is its partition key.

    `field_map` is what the settings say of this export (`field_names.map_of_export`). `approve` is
    called with the report before the files appear, and an error that it raises keeps them from
    appearing; `on_progress` with the number of records read so far. Raises LogFormatError where the
    file cannot be read at all, which a bad record never does, and DpoMathError where the field map
    is wrong.
    """
    names = FieldMap(field_map or {})
    source = ExportFile(path)
    counts = _Counts()
    taken = 0
    with (
        atomic_file(traces_out) as traces_file,
        atomic_file(quarantine_out) as quarantine_file,
        RowTable(traces_file, TRACE_SCHEMA) as traces,
        RowTable(quarantine_file, QUARANTINE_SCHEMA) as quarantine,
    ):
        reader: _Reader = (
            _ParquetRecords(source)
            if source.is_parquet()
            else _text_reader(source, path, names.columns)
        )
        coverage = Coverage(shared=isinstance(reader, JsonRecords) and reader.copy_text)
        for item in reader.read(coverage.watch(source.lines())):
            if item.offset is not None:
                raw = item.raw() if isinstance(item, Record) else item.raw
                coverage.take(item.offset, raw, item)
            if isinstance(item, Header):
                continue
            taken += 1
            for part in unwrapped(item, names) if isinstance(item, Record) else [item]:
                counts.records_in += 1
                if on_progress and counts.records_in % _PROGRESS_EVERY == 0:
                    on_progress(counts.records_in)
                damage = part if isinstance(part, Damage) else None
                if isinstance(part, Record):
                    damage = _take(part, export, names, traces, counts)
                if damage:
                    counts.quarantined[damage.reason] += 1
                    quarantine.add(_quarantine_row(damage, export), len(damage.raw))
        coverage.finish(source.mark_bytes)
        if on_progress:
            on_progress(counts.records_in)
        rows = reader.rows_held if isinstance(reader, _ParquetRecords) else None
        report = IntakeReport(
            records_in=counts.records_in,
            trace_records=counts.trace_records,
            traces=counts.traces,
            other_records=dict(sorted(counts.other_records.items())),
            quarantined=dict(sorted(counts.quarantined.items())),
            shapes=dict(sorted(counts.shapes.items())),
            blank_lines=reader.blank_lines,
            bytes_in=source.bytes_in,
            fingerprint=source.fingerprint,
            held=source.bytes_decompressed if rows is None else rows,
            accounted=coverage.accounted if rows is None else taken,
            map_passed_over=dict(sorted(counts.map_passed_over.items())),
        )
        if approve:
            approve(report)
    return report


def _take(
    record: Record, export: str, names: FieldMap, traces: RowTable, counts: _Counts
) -> Damage | None:
    """Store the record's traces; give back the damage that it is where it has none.

    A fault of ours costs the record and not the export.
    """
    place = Place(export, record.line_number, record.ordinal)
    try:
        reading = read_record(record.value, place, names)
    except RecordProblem as problem:
        return Damage(
            record.line_number, record.offset, problem.reason, problem.detail, record.raw()
        )
    except MemoryError:
        raise
    except Exception as error:
        log.exception("%s, line %d: the reader failed at this record", export, record.line_number)
        told = f"{type(error).__name__}: {error}. A mistake of the program: please report it."
        return Damage(record.line_number, record.offset, "reader_failed", told, record.raw())
    if not reading.traces:
        counts.other_records[reading.kind] += 1
        return None
    counts.trace_records += 1
    counts.shapes[reading.kind] += 1
    counts.map_passed_over.update(reading.passed_over)
    counts.traces += len(reading.traces)
    for trace in reading.traces:
        traces.add(trace, len(trace["candidate"]) + len(trace["meta"]) + len(trace["prompt"]))
    return None


def _quarantine_row(damage: Damage, export: str) -> dict[str, Any]:
    return {
        "export": export,
        "line_number": damage.line_number,
        "byte_offset": damage.offset,
        "reason": damage.reason,
        "detail": damage.detail,
        "line": damage.raw,
    }


# Which reader ------------------------------------------------------------------------------------


def _text_reader(source: ExportFile, path: Path, mapped: set[str]) -> _Reader:
    if _is_csv(ExportFile(path), path):
        return CsvRecords(mapped)
    return JsonRecords(copy_text=is_copy(ExportFile(path).lines()))


def _is_csv(source: ExportFile, path: Path) -> bool:
    """By the header, or by a name that says so of a file that does not begin as JSON."""
    for line in source.lines():
        text = line.text if isinstance(line, Line) else None
        if text is None:
            return False
        if text.strip():
            named = {".csv", ".tsv"}.intersection(suffix.lower() for suffix in path.suffixes)
            return is_csv_header(text) or (bool(named) and not text.lstrip().startswith("{"))
    return False


# What a row group may unpack to, where it is far smaller packed, and values of a column in it. No
# log compresses this well; some bytes of such a file would fill the memory.
_LARGEST_UNPACKED = 256 * 1024 * 1024
_LARGEST_RATIO = 1000
_MOST_VALUES = 100_000_000


class _ParquetRecords:
    """A record a row of a Parquet file; the row's number stands for its line.

    Texts are read as dictionaries, so that one that a thousand rows repeat is in memory once, and
    rows become records one by one: a batch takes the memory of its distinct texts and of one row.
    """

    blank_lines = 0
    rows_held = 0  # by the footer

    def __init__(self, source: ExportFile) -> None:
        self._source = source

    def read(self, lines: Iterator[Line | Damage]) -> Iterator[Record | Damage]:
        """Every row. Parquet is read at random, so what is compressed is unpacked to a file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        del lines
        path = self._source.path
        with path.open("rb") as plain, tempfile.TemporaryFile() as unpacked:
            compressed = plain.read(len(PARQUET_MAGIC)) != PARQUET_MAGIC
            for chunk in self._source.chunks():  # all of it in any case, for the fingerprint
                if compressed:
                    unpacked.write(chunk)
            whole = unpacked if compressed else plain
            try:
                footer = pq.read_metadata(whole)
                self.rows_held = footer.num_rows
                _require_plausible(footer, path)
                columns = [footer.schema.column(place) for place in range(footer.num_columns)]
                texts = [each.path for each in columns if each.physical_type == "BYTE_ARRAY"]
                number = 0
                for batch in pq.ParquetFile(whole, read_dictionary=texts).iter_batches(1000):
                    for place in range(batch.num_rows):
                        number += 1
                        yield _parquet_row(batch, place, number)
            except (pa.ArrowException, OSError) as error:
                raise LogFormatError(
                    f"{path}: is not a whole Parquet file ({error}). "
                    "Fetch it again from where it was written."
                ) from error


def _require_plausible(footer: Any, path: Path) -> None:
    """Refuse a file of which a few bytes unpack to more than the memory holds."""
    for group in range(footer.num_row_groups):
        for place in range(footer.num_columns):
            column = footer.row_group(group).column(place)
            unpacked, packed = column.total_uncompressed_size, column.total_compressed_size
            if unpacked > max(_LARGEST_UNPACKED, _LARGEST_RATIO * packed):
                what = f"{packed} bytes that unpack to {unpacked}"
            elif column.num_values > _MOST_VALUES:
                what = f"{column.num_values} values"
            else:
                continue
            raise LogFormatError(
                f"{path}: column {column.path_in_schema} of row group {group} holds {what}, which "
                "is not read. Write the log again with smaller row groups, or as JSON lines."
            )


def _parquet_row(batch: Any, place: int, number: int) -> Record | Damage:
    """A row as a record; as damage where a nested value is none that Python can hold."""
    value, problem = {}, None
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            cell = _parquet_cell(column[place])
        except (ValueError, OverflowError, KeyError) as error:
            problem = f"column {name} holds what cannot be read here ({error}). Write it as text."
            continue
        if cell is not None:
            value[name] = cell
    if problem:
        return Damage(number, None, "unreadable_value", problem, strict_json(value).encode())
    return Record(value, number, 1, None, lambda: strict_json(value).encode())


def _parquet_cell(scalar: Any) -> Any:
    """A cell's value; a time that Python cannot hold as its count and its unit, in text."""
    import pyarrow as pa

    try:
        return scalar.as_py()
    except (ValueError, OverflowError, KeyError):
        if not pa.types.is_temporal(scalar.type):
            raise
        return f"{scalar.value} {scalar.type}"


_Reader = JsonRecords | CsvRecords | _ParquetRecords
