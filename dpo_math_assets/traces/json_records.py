"""JSON records out of lines: one a line, several a line, one over many lines, or one array.

A line that is a JSON object is a record; that is the fast and usual case. Besides it:

- objects that follow each other on a line, with or without white space or commas between;
- an object over several lines. It ends where its brackets close. If a new record begins before
  that (a line that is a whole object by itself, or an opening bracket no deeper than the record's
  own), the open one was cut, and only that one goes to the quarantine;
- an array whose elements are the records, on one line or over many;
- lines of PostgreSQL's `COPY … TO` in text format, which doubles every backslash (see `is_copy`).

A JSON value that is no object, nor the text of one, is `not_an_object`. An object that holds a key
more than once has the last value under it and all of them under `repeated_keys`, and a number keeps
the digits that the log wrote (`LoggedFloat`).
Integers of more than 4,300 digits and nesting deeper than 200 are refused.
"""

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from dpo_math_assets.traces.containers import Damage, Line, whole_bytes
from dpo_math_assets.traces.limits import ReadingLimits

MAX_DEPTH = 200


class LoggedFloat(float):
    """A JSON number that is no integer (NaN and Infinity too), with the text that the log has."""

    __slots__ = ("text",)  # a record may hold millions

    text: str

    def __new__(cls, text: str) -> "LoggedFloat":
        value = super().__new__(cls, text)
        value.text = text
        return value


@dataclass(slots=True)
class Record:
    """A JSON object of the export, and how to get the bytes that it was read from."""

    value: dict[str, Any]
    line_number: int  # of its first line
    ordinal: int  # 1 for the first record that begins on this line
    offset: int | None
    raw: Callable[[], bytes]


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these fields, with all values of a repeated one in `repeated_keys`."""
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    values: dict[str, list[Any]] = {}
    for key, each in pairs:
        values.setdefault(key, []).append(each)
    value["repeated_keys"] = {key: each for key, each in values.items() if len(each) > 1}
    return value


_DECODER = json.JSONDecoder(
    parse_float=LoggedFloat, parse_constant=LoggedFloat, object_pairs_hook=object_of
)


def decode(text: str) -> Any:
    """The one JSON value that the text holds. Raises ValueError or RecursionError."""
    return _DECODER.decode(text)


def json_field(value: Any) -> Any:
    """A field's value where it may be JSON text, as exports of a database have it."""
    for _ in range(2):
        if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "[", '"'):
            break
        try:
            value = decode(value)
        except (ValueError, RecursionError):
            break
    return value


_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)


@dataclass(slots=True)
class _Extent:
    """How far the value reaches that begins at a bracket."""

    end: int | None  # index after its closing bracket; None where it stays open
    depth: int = 0  # brackets still open
    in_string: bool = False  # it stops inside a string


def _extent(text: str, start: int = 0, depth: int = 0) -> _Extent:
    for token in _TOKEN.finditer(text, start):
        sign = token[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if depth <= 0:
                return _Extent(token.end())
        elif sign == '"':
            return _Extent(None, depth, in_string=True)
    return _Extent(None, depth)


def closes(text: str) -> bool:
    """Whether the JSON value that begins the text ends in it."""
    return _extent(text).end is not None


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _why_not(text: str, error: Exception) -> tuple[str, str]:
    """Reason code and detail for text that does not decode."""
    if isinstance(error, RecursionError):
        return "nested_too_deep", f"brackets are nested deeper than {MAX_DEPTH}"
    if not isinstance(error, json.JSONDecodeError):
        return "number_too_long", f"{error}. Write such a number as text."
    if "\0" in text[:1]:
        return "nul_bytes", "a run of NUL bytes, as a crash or a full disk leaves"
    return "not_json", f"{error}. Mend the line and land the export again."


_SPACE = " \t\r\n\ufeff\x1e"  # white space, stray byte-order marks, record separators (RFC 7464)
_BETWEEN = re.compile(rf"[{_SPACE},]*")
_NUL_RUN = re.compile(r"\0+")
_SCALAR = re.compile(
    r'"(?:[^"\\\n]|\\.)*+"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|'
    r"true|false|null|NaN|-?Infinity"
)
RECORD_TOO_LONG = "record_too_long"


def over_long(limits: ReadingLimits) -> tuple[str, str]:
    """Reason and detail of a record beyond the limit."""
    return RECORD_TOO_LONG, (
        f"the record is longer than intake.max_record_mb, {limits.max_record_mb} MB; it is kept in "
        "pieces of that size. Raise the setting to have it read."
    )


_CUT = ("record_cut", "the record does not end: its writer stopped. Land the whole export again.")


def _indent(text: str) -> int:
    stripped = text.lstrip("\ufeff")
    return len(stripped) - len(stripped.lstrip())


class _Pending:
    """The beginning of a record (or nothing yet) that the next line or piece continues."""

    def __init__(self, line: Line, text: str, offset: int, ordinal: int, depth: int = 0) -> None:
        self.lines = [line]
        self.offset = offset
        self.ordinal = ordinal
        self.texts = [text]
        self.size = len(text)
        self.broken = False  # a string in it is not closed
        self.across_lines = line.whole
        self._depth = depth  # brackets still open
        self._indent = _indent(line.text or "")
        self._indented: bool | None = None  # whether its inner lines stand deeper than itself

    def begins_anew(self, text: str) -> bool:
        """Whether the line begins another record, so that this one was cut.

        It does if it stands no deeper than this one began, and inner lines stand deeper or the
        line is a whole object by itself.
        """
        stripped = text.strip(_SPACE + ",")
        if not stripped.startswith("{") or _indent(text) > self._indent:
            return False
        if self._indented:
            return True
        try:
            return bool(decode(stripped))
        except (ValueError, RecursionError):
            return False

    def add_piece(self, line: Line, text: str) -> None:
        """Take in the next piece of the same line."""
        self.lines.append(line)
        self.texts.append(text)
        self.size += len(text)

    def add_line(self, line: Line, text: str) -> bool:
        """Take in a further line; True where the record ends on it."""
        if self._indented is None and text.strip():
            self._indented = _indent(text) > self._indent
        self.add_piece(line, text)
        extent = _extent(text, depth=self._depth)
        self._depth = extent.depth
        self.broken |= extent.in_string
        if self.broken:  # its brackets no longer count, but a brace at its own indent closes it
            closes = text.lstrip().startswith("}") and _indent(text) <= self._indent
            return closes and bool(self._indented)
        return extent.end is not None


class _Rest(NamedTuple):
    """Where a text stops inside a value: from `position` on it is not read yet."""

    position: int
    offset: int
    ordinal: int
    depth: int
    in_string: bool


class JsonRecords:
    """Reads lines into records; `blank_lines` counts lines with nothing on them."""

    def __init__(
        self,
        copy_text: bool = False,
        limits: ReadingLimits = ReadingLimits(),  # noqa: B008 - never changed
    ) -> None:
        self._longest = limits.record_bytes
        self._over_long = over_long(limits)
        self.blank_lines = 0
        self.copy_text = copy_text
        self._pending: _Pending | None = None
        self._array: Line | None = None  # where the array that holds the records was opened
        self._faulty: str | None = None  # the text in which something did not decode
        self._skipping = False  # the rest of an over-long record

    def read(self, lines: Iterable[Line | Damage]) -> Iterator[Record | Damage]:
        """Every record and every damaged part, in the order of the export."""
        for line in lines:
            if isinstance(line, Damage):
                yield from self._give_up()
                yield line
            elif line.text is None:
                yield from self._give_up()
                detail = "these bytes are not UTF-8. Convert the export to UTF-8."
                yield Damage(line.number, line.offset, "not_utf8", detail, line.body())
            else:
                text = copy_unescaped(line.text) if self.copy_text else line.text
                plain = line.whole and not (self._pending or self._array or self._skipping)
                yield from self._line(line, text) if plain else self._continue(line, text)
        yield from self._give_up()
        if self._array:
            detail = "the array that begins here is not closed: the export was cut after this part"
            yield Damage(self._array.number, self._array.offset, "array_cut", detail, b"")

    def _line(self, line: Line, text: str) -> Iterator[Record | Damage]:
        """The usual case: nothing is open, and the line is one object."""
        stripped = text.strip(_SPACE)
        if stripped.startswith("{"):
            try:
                value = decode(stripped)
            except (ValueError, RecursionError):
                yield from self._continue(line, text)
            else:
                yield from _found(stripped, Record(value, line.number, 1, line.offset, line.body))
        elif stripped:
            yield from self._continue(line, text)
        else:
            self.blank_lines += 1

    def _continue(self, line: Line, text: str) -> Iterator[Record | Damage]:
        """A line that holds several values or parts of them, or a piece of one."""
        if self._skipping:
            self._skipping = not line.whole
            yield Damage(line.number, line.offset, *self._over_long, line.body())
            return
        pending, self._pending = self._pending, None
        if pending and pending.across_lines and pending.begins_anew(text):
            yield self._damage(pending, *_CUT)
            pending = None
        if pending is None:
            pending = _Pending(line, text, line.offset, 1)
        elif not pending.across_lines:
            pending.add_piece(line, text)
        elif not pending.add_line(line, text):
            yield from self._keep(pending, line)
            return
        elif pending.broken:
            yield self._damage(pending, "not_json", "a string in this record is not closed")
            return
        whole_text = "".join(pending.texts)
        if not whole_text.strip(_SPACE):
            self.blank_lines += 1
        rest = yield from self._values(pending, line, whole_text)
        if rest.position == len(whole_text):
            if not line.whole:
                self._pending = _Pending(line, "", rest.offset, rest.ordinal)
            return
        left = _Pending(line, whole_text[rest.position :], rest.offset, rest.ordinal, rest.depth)
        if line.whole and rest.in_string:
            detail = "the line ends inside a string: it was cut or torn"
            yield self._damage(left, "not_json", detail)
        else:
            yield from self._keep(left, line)

    def _keep(self, pending: _Pending, line: Line) -> Iterator[Damage]:
        """Wait for the rest of a record, unless it has grown too long."""
        if pending.size > self._longest:
            self._skipping = not line.whole
            yield self._damage(pending, *self._over_long)
        else:
            self._pending = pending

    def _give_up(self) -> Iterator[Damage]:
        """The open record will not be continued."""
        if self._pending and self._pending.size:
            yield self._damage(self._pending, *_CUT)
        self._pending = None

    def _damage(self, pending: _Pending, reason: str, detail: str) -> Damage:
        first = pending.lines[0]
        if self.copy_text:  # the text is not what the file holds, so the lines are kept instead
            return Damage(first.number, first.offset, reason, detail, whole_bytes(pending.lines))
        raw = _encoded("".join(pending.texts).rstrip("\r\n"), first)()
        return Damage(first.number, pending.offset, reason, detail, raw)

    def _values(
        self, start: _Pending, last: Line, text: str
    ) -> Generator[Record | Damage, None, _Rest]:
        """The values of a text; returns where it stops inside one, or its end."""
        number, offset, ordinal = start.lines[0].number, start.offset, start.ordinal
        position = counted = 0
        while True:
            position = _end(_BETWEEN, text, position)
            if self._array and text.startswith("]", position):
                self._array = None
                position += 1
                continue
            passed = text[counted:position]
            counted = position
            number += passed.count("\n")
            offset += len(_encoded(passed, last)())
            if position == len(text):
                return _Rest(position, offset, ordinal, 0, False)
            if not self._array and _opens_array(text, position):
                self._array = last
                position += 1
                continue
            extent, value = self._next(text, position)
            if extent.end is None:
                return _Rest(position, offset, ordinal, extent.depth, extent.in_string)
            part = text[position : extent.end]
            place = Record(value, number, ordinal, offset, _encoded(part, last))
            if self.copy_text:
                place.offset, place.raw = start.lines[0].offset, partial(whole_bytes, start.lines)
            yield from _found(part, place) if value is not None else _value(part, place)
            ordinal += 1
            position = extent.end

    def _next(self, text: str, position: int) -> tuple[_Extent, Any]:
        """How far reaches what begins at the position, and its value if it is one."""
        if text[position] not in "{[":
            return self._next_scalar(text, position)
        # A decoder that fails counts the lines before its place, so that a text with many faults
        # is given to it in pieces.
        extent = _extent(text, position) if text is self._faulty else None
        try:
            if extent and extent.end:
                return extent, _DECODER.raw_decode(text[position : extent.end])[0]
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            self._faulty = text
            return extent or _extent(text, position), None
        return _Extent(end), value

    def _next_scalar(self, text: str, position: int) -> tuple[_Extent, Any]:
        """A number, a string or a name, which is a value in an array only; or what else it is."""
        scalar = _SCALAR.match(text, position) if self._array else None
        if scalar:
            with suppress(ValueError):
                return _Extent(scalar.end()), _DECODER.raw_decode(scalar[0])[0]
        end = _end(_NUL_RUN, text, position)
        if end == position:
            end = max(_end_of_line(text, position), position + 1)
        return _Extent(end), None


def _end_of_line(text: str, position: int) -> int:
    """Where the line ends, without the blanks and commas behind what stands on it."""
    end = text.find("\n", position)
    line = text[position : end if end >= 0 else len(text)]
    return position + len(line.rstrip(_SPACE + ","))


def _opens_array(text: str, position: int) -> bool:
    """Whether a bracket begins an array of records rather than a value of its own."""
    if text[position] != "[":
        return False
    inside = _end(_BETWEEN, text, position + 1)
    return inside == len(text) or text[inside] == "{"


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _encoded(text: str, line: Line) -> Callable[[], bytes]:
    """Part of the line's text as the bytes that the file holds."""
    return lambda: text.encode(line.encoding, "surrogatepass")


def _value(text: str, place: Record) -> Iterator[Record | Damage]:
    """The record at a place, or the damage that the text is."""
    try:
        place.value = decode(text)
    except (ValueError, RecursionError) as error:
        yield Damage(place.line_number, place.offset, *_why_not(text, error), place.raw())
    else:
        yield from _found(text, place)


def _found(text: str, record: Record) -> Iterator[Record | Damage]:
    """The record, or the damage that it is although it decodes."""
    if text.count("{") + text.count("[") > MAX_DEPTH and _too_deep(record.value):
        why = _why_not(text, RecursionError())
    elif not isinstance(value := json_field(record.value), dict):
        why = ("not_an_object", "a JSON value that is not an object, so it is no record")
    else:
        record.value = value
        yield record
        return
    yield Damage(record.line_number, record.offset, *why, record.raw())


_COPY_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COPY_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ODD_BACKSLASHES = re.compile(r"(?<!\\)(?:\\\\)*\\(?!\\)")


def copy_unescaped(text: str) -> str:
    """A line of `COPY … TO` in text format as the value that the database holds."""
    if "\\" not in text:
        return text
    return _COPY_ESCAPE.sub(lambda found: _COPY_CONTROLS.get(found[1], found[1]), text)


def is_copy(lines: Iterable[Line | Damage]) -> bool:
    """Whether the lines are JSON as PostgreSQL's `COPY … TO` writes it, with doubled backslashes.

    Two backslashes and an n may be the database's way to write a line end, or the beginning of
    `nabla` in plain JSON. The first line that settles it counts for the export: a single backslash
    is plain JSON, and so is a line that decodes only as it stands; one that decodes only with its
    backslashes halved is COPY text. Where no line settles it the text is taken as it stands.
    """
    for line in lines:
        text = "" if isinstance(line, Damage) or not line.text else line.text.strip(_SPACE)
        if not text:
            continue
        if not (text.startswith("{") and text.endswith("}")):
            if text.startswith("["):
                return False
            continue
        if "\\" not in text:
            continue
        if _ODD_BACKSLASHES.search(text):
            return False
        as_it_stands, halved = _decodes(text), _decodes(copy_unescaped(text))
        if as_it_stands != halved:
            return halved
    return False


def _decodes(text: str) -> bool:
    try:
        decode(text)
    except (ValueError, RecursionError):
        return False
    return True
