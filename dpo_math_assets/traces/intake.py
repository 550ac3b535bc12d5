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
from dpo_math_assets.traces.json_records import (
    RECORD_TOO_LONG,
    JsonRecords,
    Record,
    is_copy,
    over_long,
)
from dpo_math_assets.traces.limits import MB, LimitError, ReadingLimits
from dpo_math_assets.traces.schema import QUARANTINE_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.traces.shapes import read_record
from dpo_math_assets.traces.tables import RowTable
from dpo_math_assets.traces.texts import strict_json
from dpo_math_assets.traces.trace_rows import Place, RecordError
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
    # Settings of `limits` that kept a record, or all of it, from being read, as they were.
    limits_met: dict[str, int] = field(default_factory=dict)


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
    limits: ReadingLimits = ReadingLimits(),  # noqa: B008 - never changed
) -> IntakeReport:
    """Read the export file at `path` into traces and quarantine; `export` is its partition key.

    `field_map` is what the settings say of this export (`field_names.map_of_export`). `approve` is
    called with the report before the files appear, and an error that it raises keeps them from
    appearing; `on_progress` with the number of records read so far. Raises LogFormatError where the
    file cannot be read at all, which a bad record never does, LimitError where it is beyond one of
    the `limits`, and DpoMathError where the field map is wrong.
    """
    names = FieldMap(field_map or {})
    told = on_progress or (lambda records: None)
    source = ExportFile(path, limits)
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
            else _text_reader(path, names.columns, limits)
        )
        coverage = Coverage(
            isinstance(reader, JsonRecords) and reader.copy_text, limits.record_bytes
        )
        for item in reader.read(coverage.watch(source.lines())):
            if item.offset is not None:
                raw = item.raw() if isinstance(item, Record) else item.raw
                coverage.take(item.offset, raw, item)
            if isinstance(item, Header):
                continue
            taken += 1
            for part in unwrapped(item, names) if isinstance(item, Record) else [item]:
                counts.records_in += 1
                if counts.records_in % _PROGRESS_EVERY == 0:
                    told(counts.records_in)
                damage = (
                    _take(part, export, names, traces, counts) if isinstance(part, Record) else part
                )
                if damage:
                    counts.quarantined[damage.reason] += 1
                    quarantine.add(_quarantine_row(damage, export), len(damage.raw))
        coverage.finish(source.mark_bytes)
        told(counts.records_in)
        report = _report(counts, source, reader, coverage, taken, limits)
        if approve:
            approve(report)
    return report


def _report(
    counts: _Counts,
    source: ExportFile,
    reader: _Reader,
    coverage: Coverage,
    taken: int,
    limits: ReadingLimits,
) -> IntakeReport:
    """What was read of the export; `taken` are the records and damaged parts of its file."""
    rows = reader.rows_held if isinstance(reader, _ParquetRecords) else None
    return IntakeReport(
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
        limits_met={"max_record_mb": limits.max_record_mb}
        if RECORD_TOO_LONG in counts.quarantined
        else {},
    )


def _take(
    record: Record, export: str, names: FieldMap, traces: RowTable, counts: _Counts
) -> Damage | None:
    """Store the record's traces; give back the damage that it is where it has none.

    A fault of ours costs the record and not the export.
    """
    place = Place(export, record.line_number, record.ordinal)
    try:
        reading = read_record(record.value, place, names)
    except RecordError as problem:
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


def _text_reader(path: Path, mapped: set[str], limits: ReadingLimits) -> _Reader:
    if _is_csv(ExportFile(path, limits), path):
        return CsvRecords(mapped, limits)
    return JsonRecords(is_copy(ExportFile(path, limits).lines()), limits)


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


# Values of a column in a row group: some bytes stand for as many of them as one likes.
_MOST_VALUES = 50_000_000
_BATCH_ROWS, _BATCH_BYTES = 1000, 16 * MB


class _ParquetRecords:
    """A record a row of a Parquet file; the row's number stands for its line.

    Texts are read as dictionaries, so that one that a thousand rows repeat is in memory once, and
    rows become records one by one: a batch takes the memory of its distinct texts and of one row.
    Pages are read one after the other. A row beyond the limit on records is set aside unread.
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
                self._require_plausible(footer)
                number = 0
                for batch in _batches(whole, footer):
                    for place in range(batch.num_rows):
                        number += 1
                        yield _parquet_row(batch, place, number, self._source.limits)
            except (pa.ArrowException, OSError) as error:
                raise LogFormatError(
                    f"{path}: is not a whole Parquet file ({error}). "
                    "Fetch it again from where it was written."
                ) from error

    def _require_plausible(self, footer: Any) -> None:
        """Refuse a file of which a row group unpacks to more than the memory should hold."""
        path, limits = self._source.path, self._source.limits
        for number in range(footer.num_row_groups):
            group = footer.row_group(number)
            columns = [group.column(place) for place in range(group.num_columns)]
            unpacked = sum(column.total_uncompressed_size for column in columns)
            if max(unpacked, group.total_byte_size) > limits.max_row_group_mb * MB:
                what = (
                    f"row group {number} unpacks to {unpacked} bytes; smaller row groups are read"
                )
                raise LimitError(path, what, limits, "max_row_group_mb")
            for column in columns:
                if column.num_values > _MOST_VALUES:
                    raise LogFormatError(
                        f"{path}: column {column.path_in_schema} of row group {number} holds "
                        f"{column.num_values} values, which is not read. Write the log again with "
                        "smaller row groups, or as JSON lines."
                    )


def _batches(file: Any, footer: Any) -> Iterator[Any]:
    """The rows in batches of about as many bytes."""
    import pyarrow.parquet as pq

    columns = [footer.schema.column(place) for place in range(footer.num_columns)]
    texts = [each.path for each in columns if each.physical_type == "BYTE_ARRAY"]
    parquet = pq.ParquetFile(file, read_dictionary=texts, pre_buffer=False, buffer_size=MB)
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        of_a_row = group.total_byte_size // max(1, group.num_rows) + 1
        rows = max(1, min(_BATCH_ROWS, _BATCH_BYTES // of_a_row))
        yield from parquet.iter_batches(rows, row_groups=[number])


def _parquet_row(batch: Any, place: int, number: int, limits: ReadingLimits) -> Record | Damage:
    """A row as a record; as damage where it is too long or holds what Python cannot."""
    value: dict[str, Any] = {}
    problem = None
    left = limits.record_bytes
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        scalar = column[place]
        left -= _parquet_size(scalar, left)
        if left < 0:
            told = f"{over_long(limits)[1]} Column {name} is where it became too long."
            return Damage(number, None, RECORD_TOO_LONG, told, strict_json(value).encode())
        try:
            cell = _parquet_cell(scalar)
        except (ValueError, OverflowError, KeyError) as error:
            problem = f"column {name} holds what cannot be read here ({error}). Write it as text."
            continue
        if cell is not None:
            value[name] = cell
    if problem:
        return Damage(number, None, "unreadable_value", problem, strict_json(value).encode())
    return Record(value, number, 1, None, lambda: strict_json(value).encode())


def _parquet_size(scalar: Any, most: int) -> int:
    """About the bytes of a cell's value, without making it; anything over `most` where it is more.

    A value in a list takes the eight bytes of Python's reference to it.
    """
    import pyarrow as pa

    if not scalar.is_valid:
        return 0
    if isinstance(scalar, pa.DictionaryScalar):
        return _parquet_size(scalar.value, most)
    if isinstance(scalar, pa.BinaryScalar):
        return len(scalar.as_buffer())
    if isinstance(scalar, pa.StructScalar):
        return sum(_parquet_size(each, most) for each in scalar.values())
    if not isinstance(scalar, pa.ListScalar):
        return 8
    size = 8 * len(scalar.values)
    nested = pa.types.is_nested(scalar.values.type) or pa.types.is_dictionary(scalar.values.type)
    if nested or pa.types.is_binary(scalar.values.type) or pa.types.is_string(scalar.values.type):
        for each in scalar.values:
            if size > most:
                break
            size += _parquet_size(each, most - size)
    return size


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
