"""Records out of CSV: a header line, then a record a row, whose quoted cells may hold line ends.

The delimiter (comma, semicolon or tab) is the one that the header has most of. An empty cell is an
absent field. A row with another number of cells than the header is kept aside, and reading goes on
at the next line, so that a stray quote costs a line and not the rest of the export.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from dpo_math_assets.traces.containers import MAX_RECORD_BYTES, Damage, Line
from dpo_math_assets.traces.json_records import Record
from dpo_math_assets.traces.shapes import FIELD_NAMES

_DELIMITERS = ",;\t"
_KNOWN = {name for names in FIELD_NAMES.values() for name in names} | {"steps", "plan_json"}


def _cells(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(2 * MAX_RECORD_BYTES)  # the module's own limit is for the whole process
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def is_csv_header(text: str) -> bool:
    """Whether a line names at least two fields that a log has."""
    if text.lstrip("\ufeff").startswith(("{", "[")):
        return False
    try:
        cells = _cells(text.strip("\r\n"), _delimiter(text))
    except csv.Error:
        return False
    return len(_KNOWN.intersection(cell.strip() for cell in cells)) >= 2


class CsvRecords:
    """Reads lines into records; `blank_lines` counts lines with nothing on them."""

    def __init__(self) -> None:
        self.blank_lines = 0

    def read(self, lines: Iterable[Line | Damage]) -> Iterator[Record | Damage]:
        """Every record and every damaged part, in the order of the export."""
        header: list[str] | None = None
        delimiter = ","
        waiting: deque[Line] = deque()  # lines of the row that is open
        returned: deque[Line] = deque()  # lines to read again after a damaged row
        source = iter(lines)
        while True:
            line = returned.popleft() if returned else next(source, None)
            if isinstance(line, Damage):
                for held in waiting:
                    yield _damage(held, "the row does not end")
                waiting.clear()
                yield line
                continue
            if line is None and not waiting:
                return
            if line is not None:
                if not waiting and not (line.text or "x").strip():
                    self.blank_lines += 1
                    continue
                waiting.append(line)
            text = _joined(waiting)
            row: list[str] | None = None
            if text is not None and text.count('"') % 2 == 0:
                delimiter = _delimiter(text) if header is None else delimiter
                try:
                    row = _cells(text.rstrip("\r\n"), delimiter)
                except csv.Error:
                    row = None
            elif text is not None and line is not None and _size(waiting) <= MAX_RECORD_BYTES:
                continue  # a quoted cell goes on
            if row is not None and header is None:
                header = [name.strip().lstrip("\ufeff") for name in row]
            elif row is not None and header is not None and len(row) == len(header):
                yield _record(header, row, list(waiting))
            else:
                yield _damage(waiting.popleft(), "the row does not have the cells of the header")
                returned.extendleft(reversed(waiting))
            waiting.clear()


def _joined(lines: Iterable[Line]) -> str | None:
    texts = [line.text for line in lines]
    return None if None in texts else "".join(text for text in texts if text is not None)


def _size(lines: Iterable[Line]) -> int:
    return sum(len(line.raw) for line in lines)


def _record(header: list[str], row: list[str], lines: list[Line]) -> Record:
    value = {name: cell for name, cell in zip(header, row, strict=True) if cell != ""}
    first = lines[0]

    def raw() -> bytes:
        return b"".join([*(line.raw for line in lines[:-1]), lines[-1].body()])

    return Record(value, first.number, 1, first.offset, raw)


def _damage(line: Line, detail: str) -> Damage:
    reason = "not_csv" if line.text is not None else "not_utf8"
    return Damage(line.number, line.offset, reason, detail, line.body())
