"""Records out of CSV: a header line, then a record a row, whose quoted cells may hold line ends.

The delimiter (comma, semicolon or tab) is the one that the header has most of. An empty cell is an
absent field. Where the one cell of a row is a JSON object, that is the record, as `row_to_json` in
PostgreSQL's CSV gives it, with a header or without. A row with another number of cells than the
header is kept aside, and reading goes on at the next line, so that a stray quote costs a line and
not the rest of the export. A first row that names no field that is known, here or by a field map,
may be a record of a file without a header: it is kept aside too, though it names the columns.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from dpo_math_assets.traces.containers import Damage, Line, whole_bytes
from dpo_math_assets.traces.field_names import KNOWN_NAMES
from dpo_math_assets.traces.json_records import Record, decode, object_of
from dpo_math_assets.traces.limits import ReadingLimits

_DELIMITERS = ",;\t"
_QUOTED_RECORD = '"{""'  # a JSON object as the first cell of a row
# A field's name, as opposed to a value: no number, no sentence.
_NAME = re.compile(r"[^\W\d][\w .-]{0,60}")
# What databases and people call the one column of a CSV whose cells are JSON objects.
_JSON_COLUMNS = frozenset(
    ["data", "json", "json_build_object", "jsonb", "line", "record", "row_to_json", "to_jsonb"]
)
_KNOWN = KNOWN_NAMES | {"steps", "plan_json"}


def _cells(text: str, delimiter: str) -> list[str]:
    # The module's own limit is for the whole process; how long a row may be is decided before.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def is_csv_header(text: str) -> bool:
    """Whether a line names at least two fields that a log has, or is a record in one cell."""
    text = text.lstrip("\ufeff")
    if text.startswith(("{", "[")):
        return False
    if text.startswith(_QUOTED_RECORD):
        return True
    try:
        cells = _cells(text.strip("\r\n"), _delimiter(text))
    except csv.Error:
        return False
    return len(_KNOWN.intersection(cell.strip() for cell in cells)) >= 2


@dataclass(slots=True)
class Header:
    """The part of an export that names the columns: no record, and nothing lost."""

    offset: int
    raw: bytes


class CsvRecords:
    """Reads lines into records; `blank_lines` counts lines with nothing on them."""

    def __init__(
        self,
        mapped: Set[str] = frozenset(),
        limits: ReadingLimits = ReadingLimits(),  # noqa: B008 - never changed
    ) -> None:
        """`mapped` are the names that a field map gives to the log's fields."""
        self._longest = limits.record_bytes
        self.blank_lines = 0
        self._mapped = mapped

    def read(self, lines: Iterable[Line | Damage]) -> Iterator[Record | Damage | Header]:
        """The header, every record and every damaged part, in the order of the export."""
        columns = _Columns()
        row = _Row()
        returned: deque[Line] = deque()  # lines to read again after a damaged row
        source = iter(lines)
        while True:
            line = returned.popleft() if returned else next(source, None)
            if isinstance(line, Line) and self._goes_on(row, line):
                continue
            if row.lines:
                cells = columns.cells(row)
                if cells is not None and columns.names is None:
                    columns.names = [name.strip().lstrip("\ufeff") for name in cells]
                    yield self._header(columns.names, row.lines)
                elif cells is not None and columns.fit(cells):
                    yield _record(columns.names or [], cells, row.lines)
                else:
                    yield _damage(row.lines[0])
                    returned.extendleft(reversed(row.lines[1:]))
                    if isinstance(line, Damage):  # the rest of the row comes before it
                        source = chain([line], source)
                row = _Row()
            elif isinstance(line, Damage):
                yield line
            elif line is None:
                return

    def _goes_on(self, row: "_Row", line: Line) -> bool:
        """Take a line into the row; whether the row ends later, or has not begun."""
        if not row.lines and line.text is not None and not line.text.strip():
            self.blank_lines += 1
            return True
        row.add(line)
        return row.goes_on and row.size <= self._longest

    def _header(self, names: list[str], lines: list[Line]) -> Header | Damage:
        """The first row: a header where it names fields, and no cell is a value."""
        known = _KNOWN.intersection(names)
        named = len(known) > 1 or (known and all(map(_NAME.fullmatch, names)))
        known_column = len(names) == 1 and names[0] in _JSON_COLUMNS
        named = (named and len({*names}) == len(names)) or known_column
        if named or not self._mapped.isdisjoint(names):
            return Header(lines[0].offset, whole_bytes(lines))
        detail = (
            "the first row names no field that a log has. If it is a record, write a line with "
            "the names of the fields before it; if it is that line, name its fields in "
            "intake.field_map of settings.yaml."
        )
        first = lines[0]
        return Damage(first.number, first.offset, "no_csv_header", detail, whole_bytes(lines))


class _Row:
    """The lines of a row so far."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.size = 0
        self._quotes = 0
        self._readable = True

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self.size += len(line.raw)
        self._quotes += (line.text or "").count('"')
        self._readable &= line.text is not None

    @property
    def goes_on(self) -> bool:
        """Whether a quoted cell is open at the end."""
        return self._readable and self._quotes % 2 == 1

    @property
    def text(self) -> str | None:
        return "".join(line.text or "" for line in self.lines) if self._readable else None

    def cells(self, delimiter: str) -> list[str] | None:
        """The row's cells, or None where it is not CSV."""
        text = self.text
        if text is None or self.goes_on:
            return None
        try:
            return _cells(text.rstrip("\r\n"), delimiter)
        except csv.Error:
            return None


class _Columns:
    """What the first row says of the others: the delimiter, and the names of the columns."""

    def __init__(self) -> None:
        self.names: list[str] | None = None
        self._delimiter = ","

    def cells(self, row: _Row) -> list[str] | None:
        """A row's cells, or None where it is not CSV."""
        if self.names is None and row.text is not None:
            self._delimiter = _delimiter(row.text)
        cells = row.cells(self._delimiter)
        if self.names is None and cells is not None and len(cells) == 1 and _whole(cells[0]):
            self.names = [""]  # there is none: the first row is a record
        return cells

    def fit(self, cells: list[str]) -> bool:
        """Whether a row has as many cells as there are columns."""
        return self.names is not None and len(cells) == len(self.names)


def _record(header: list[str], row: list[str], lines: list[Line]) -> Record:
    value = object_of([pair for pair in zip(header, row, strict=True) if pair[1] != ""])
    if len(row) == 1 and row[0].lstrip().startswith("{"):
        value = _whole(row[0]) or value
    first = lines[0]
    return Record(value, first.number, 1, first.offset, partial(whole_bytes, lines))


def _whole(cell: str) -> dict[str, Any] | None:
    """The JSON object that a cell is, if it is one."""
    try:
        value = decode(cell)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _damage(line: Line) -> Damage:
    if line.text is None:
        reason, detail = "not_utf8", "these bytes are not UTF-8. Convert the export to UTF-8."
    else:
        reason, detail = "not_csv", "the row does not have the cells of the header"
    return Damage(line.number, line.offset, reason, detail, line.body())
