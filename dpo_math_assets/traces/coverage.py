"""An account of an export's bytes that does not trust the readers.

Every byte of a text export belongs to exactly one record or quarantined part, or stands between
them: white space, commas, the brackets of an array, the header of a CSV. `Coverage` listens to the
lines that go into a reader and to what comes out of it, and compares the bytes. So a reader that
skips a line, cuts a record, gives one twice or keeps other bytes than the file holds is found out,
whatever it counts itself.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

from dpo_math_assets.traces.containers import Damage, Line

# A line that is held costs about this beside its bytes.
_LINE_COST = 300
_LINE_ENDS = (b"\n", b"\r\n", b"")
# What may stand between records beside white space: array brackets, stray byte-order marks, record
# separators (RFC 7464).
_BETWEEN = re.compile(r"[\s,\[\]\ufeff\x1e]*")


class Coverage:
    """Counts the bytes of lines that are accounted for; a byte given twice counts twice.

    `shared` allows a reader to give the same line with each of several records, as it does with
    COPY text, whose records are not what the line holds byte by byte. `longest` is what a record
    may have: what is blank and further back than a few of them belongs to none any more.
    """

    def __init__(self, shared: bool, longest: int) -> None:
        self._shared = shared
        self._most_held = 3 * longest
        self._held = 0  # bytes that the lines that are held take in memory
        self.accounted = 0
        self._lines: deque[Line] = deque()  # that came in and are not accounted for to their end
        self._position = 0  # in the first of them
        self._begun = False
        self._not_of_lines: set[int] = set()
        self._last: tuple[int, bytes] | None = None

    def watch(self, lines: Iterable[Line | Damage]) -> Iterator[Line | Damage]:
        """The same lines, on their way into a reader."""
        for line in lines:
            if isinstance(line, Damage):  # compressed bytes: no line holds them
                self._not_of_lines.add(id(line))
            else:
                if not self._begun:
                    self._begun = True
                    self.accounted += line.offset  # the byte-order mark
                self._lines.append(line)
                self._held += len(line.raw) + _LINE_COST
                if self._held > self._most_held:
                    self._let_blanks_go()
            yield line

    def take(self, offset: int, raw: bytes, source: object = None) -> None:
        """A reader gave these bytes, which begin at the offset; `source` is what it gave."""
        if id(source) in self._not_of_lines or not raw:
            return
        first = self._lines[0] if self._lines else None
        if first and not self._position and first.offset == offset and first.raw.startswith(raw):
            self.accounted += len(raw)  # the usual case: a line
            self._position = len(raw)
            self._pass_line_end()
        elif not (self._shared and (offset, raw) == self._last):
            again = first is None or offset < first.offset + self._position
            if not again:
                self._pass_to(offset)
            if again or self._read(len(raw)) == raw:
                self.accounted += len(raw)
            self._pass_line_end()
        self._last = (offset, raw)

    def finish(self, mark: int) -> None:
        """Nothing more comes: what is left must be what may stand between records.

        `mark` is the size of the byte-order mark, which may be all that there is.
        """
        if not self._begun:
            self.accounted += mark
        self._pass_to(None)

    def _let_blanks_go(self) -> None:
        """Account for the blank lines that have been held longest."""
        while self._held > self._most_held and len(self._lines) > 1:
            first = self._lines[0]
            rest = first.raw[self._position :]
            if not _BETWEEN.fullmatch(rest.decode(first.encoding, "replace")):
                # Something that a reader is still to give: look again when twice as much is held.
                self._most_held = max(self._most_held, 2 * self._held)
                return
            self.accounted += len(rest)
            self._drop_first()

    def _drop_first(self) -> None:
        self._held -= len(self._lines.popleft().raw) + _LINE_COST
        self._position = 0

    def _pass_line_end(self) -> None:
        if self._lines and 0 < self._position >= len(self._lines[0].raw) - 2:
            end = self._lines[0].raw[self._position :]
            if end in _LINE_ENDS:
                self.accounted += len(end)
                self._drop_first()

    def _pass_to(self, offset: int | None) -> None:
        """Leave out what stands before the offset; it counts if it may be left out."""
        while self._lines:
            first = self._lines[0]
            end = len(first.raw) if offset is None else offset - first.offset
            gap = first.raw[self._position : max(end, self._position)]
            text = gap.decode(first.encoding, "replace")
            if _BETWEEN.fullmatch(text):
                self.accounted += len(gap)
            self._position += len(gap)
            if self._position < len(first.raw):
                return
            self._drop_first()

    def _read(self, size: int) -> bytes:
        """The next bytes, over as many lines as they take."""
        parts = []
        while size > 0 and self._lines:
            part = self._lines[0].raw[self._position : self._position + size]
            parts.append(part)
            size -= len(part)
            self._position += len(part)
            if self._position == len(self._lines[0].raw):
                self._drop_first()
        return b"".join(parts)
