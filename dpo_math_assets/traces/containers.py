"""An export file as decoded lines, whatever it is wrapped in.

Compression (gzip with any number of members, zstd with any number of frames) and character
encoding (UTF-8 and UTF-16, with or without byte-order mark) are told by content, never by name.
The file is read once, in pieces, and fingerprinted on the way. What a damaged compressed stream
no longer gives is handed over as `Damage` after the readable lines.
"""

import codecs
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import IO, Any

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces.limits import MB, RATIO_COUNTS_FROM, LimitError, ReadingLimits

PARQUET_MAGIC = b"PAR1"

_READ_BYTES = 1024 * 1024
# Small bites keep a decompression bomb from filling the memory: a byte of gzip gives at most about
# 1 KiB, and a zstd block of 4 bytes up to 128 KiB.
_GZIP_READ_BYTES = 16 * 1024
_ZSTD_READ_BYTES = 1024
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_UNSUPPORTED = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x04\x22\x4d\x18": "lz4",
    b"SQLite format 3\x00": "an SQLite database",
    b"PGDMP": "a PostgreSQL custom dump",
}


@dataclass(slots=True)
class Line:
    """A line of the export: `raw` as it came, with its line end."""

    number: int  # 1-based
    offset: int  # of its first byte in the decompressed export
    raw: bytes
    text: str | None  # decoded; None where the bytes are not text
    whole: bool = True  # False for a piece of a line longer than a record may be; more follows
    encoding: str = "utf-8"

    def body(self) -> bytes:
        """The bytes as they came, without the line end."""
        if self.encoding == "utf-8" or self.text is None:
            return self.raw.rstrip(b"\r\n")
        return self.text.rstrip("\r\n").encode(self.encoding, "surrogatepass")


def whole_bytes(lines: list[Line]) -> bytes:
    """The bytes of neighbouring lines as they came, without the last line end."""
    return b"".join([*(line.raw for line in lines[:-1]), lines[-1].body()])


@dataclass(slots=True)
class Damage:
    """A part of the export that gives no record, kept whole."""

    line_number: int
    offset: int | None
    reason: str
    detail: str
    raw: bytes


class ExportFile:
    """One pass over an export file, within limits. Raises LimitError beyond them.

    `fingerprint`, `bytes_in` and `bytes_decompressed` hold once `lines` is exhausted.
    """

    def __init__(self, path: Path, limits: ReadingLimits) -> None:
        self.path = path
        self.limits = limits
        self.bytes_in = 0
        self.bytes_decompressed = 0
        self.mark_bytes = 0  # of the byte-order mark, known once lines were read
        self._hash = blake2b(digest_size=16)
        self._undecodable: Damage | None = None
        self._rest: Iterator[bytes] = iter(())

    @property
    def fingerprint(self) -> str:
        """32 hex digits of the file's bytes."""
        return self._hash.hexdigest()

    def is_parquet(self) -> bool:
        """Whether the decompressed content is Parquet."""
        with self._open() as file:
            source = ExportFile(self.path, self.limits)
            return self._head(source._decompressed(file)).startswith(PARQUET_MAGIC)

    def chunks(self) -> Iterator[bytes]:
        """The decompressed bytes, as far as they can be had."""
        with self._open() as file:
            yield from self._counted(self._decompressed(file))

    def lines(self) -> Iterator[Line | Damage]:
        """The lines in order, then what a damaged compressed stream did not give."""
        with self._open() as file:
            chunks = self._counted(self._decompressed(file))
            head = self._head(chunks)
            encoding, mark = _encoding(head)
            self.mark_bytes = len(mark)
            body = chain([head[len(mark) :]], chunks)
            number, offset = 1, len(mark)
            utf8, longest = encoding == "utf-8", self.limits.record_bytes
            for line in (
                _utf8_lines(body, offset, longest)
                if utf8
                else _wide_lines(body, offset, longest, encoding)
            ):
                if line.number > self.limits.max_lines:
                    what = f"it has more than {line.number - 1} lines"
                    raise LimitError(self.path, what, self.limits, "max_lines")
                yield line
                number, offset = line.number + line.whole, line.offset + len(line.raw)
            if not utf8 and self.bytes_decompressed % 2:
                self.bytes_decompressed += 1  # a last odd byte becomes U+FFFD, which has two
            if self._undecodable:
                yield from self._damage(self._undecodable, number, offset)

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks, in pieces that take little memory when they are cut into lines."""
        for chunk in chunks:
            self.bytes_decompressed += len(chunk)
            self._check_size()
            for start in range(0, len(chunk), _READ_BYTES):
                yield chunk[start : start + _READ_BYTES]

    def _check_size(self) -> None:
        held = self.bytes_decompressed
        if held > self.limits.max_decompressed_mb * MB:
            what = f"it holds more than {held // MB} MB"
            raise LimitError(self.path, what, self.limits, "max_decompressed_mb")
        if held > max(RATIO_COUNTS_FROM, self.limits.max_ratio * self.bytes_in):
            what = f"its first {self.bytes_in} bytes unpack to {held}"
            raise LimitError(self.path, what, self.limits, "max_ratio")

    def _damage(self, first: Damage, number: int, offset: int) -> Iterator[Damage]:
        for raw in _pieces(first.raw, self._rest, self.limits.record_bytes):
            yield Damage(number, offset, first.reason, first.detail, raw)

    def _open(self) -> IO[bytes]:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise LogFormatError(
                f"{self.path}: cannot be opened ({error.strerror or error}). "
                "Check that the file is there and that this user may read it."
            ) from error

    def _raw(self, file: IO[bytes], size: int) -> Iterator[bytes]:
        try:
            while piece := file.read(size):
                self.bytes_in += len(piece)
                self._hash.update(piece)
                yield piece
        except OSError as error:
            raise LogFormatError(
                f"{self.path}: reading stopped after {self.bytes_in} bytes ({error}). "
                "Check the disk or the mount, then materialize this export again."
            ) from error

    def _decompressed(self, file: IO[bytes]) -> Iterator[bytes]:
        magic = file.read(16)
        file.seek(0)
        for start, kind in _UNSUPPORTED.items():
            if magic.startswith(start):
                raise LogFormatError(
                    f"{self.path}: is {kind}, which is not read here. Export the log as JSON "
                    "lines, CSV or Parquet, plain or compressed with gzip or zstd."
                )
        if magic.startswith(_GZIP_MAGIC):
            yield from self._inflated(self._raw(file, _GZIP_READ_BYTES), "gzip")
        elif magic.startswith(_ZSTD_MAGIC):
            yield from self._inflated(self._raw(file, _ZSTD_READ_BYTES), "zstd")
        else:
            yield from self._raw(file, _READ_BYTES)

    def _inflated(self, pieces: Iterator[bytes], kind: str) -> Iterator[bytes]:
        stream: Any = None
        for piece in pieces:
            data = piece
            while data:
                if stream is None:
                    data = data.lstrip(b"\0")  # padding between or after members
                    if not data:
                        break
                    stream = _decompressor(kind)
                try:
                    yield stream.decompress(data)
                except Exception as error:
                    if not _is_compression_error(error):
                        raise
                    self._undecodable = Damage(
                        0,
                        None,
                        "compressed_data_damaged",
                        f"the {kind} data cannot be decompressed from about byte "
                        f"{self.bytes_in - len(data)} of {self.path.name} on ({error}); these are "
                        "the compressed bytes. Fetch the file again from where it was written.",
                        data,
                    )
                    self._rest = pieces
                    return
                data = stream.unused_data
                if stream.eof:
                    stream = None
        if stream is not None:
            self._undecodable = Damage(
                0,
                None,
                "compressed_data_cut",
                f"the {kind} data of {self.path.name} ends too early; all that could be "
                "decompressed was read. Fetch the file again from where it was written.",
                b"",
            )

    def _head(self, chunks: Iterator[bytes]) -> bytes:
        """The first bytes: at least four where the export has as many."""
        head = b""
        while len(head) < 4 and (chunk := next(chunks, None)) is not None:
            head += chunk
        return head


def _decompressor(kind: str) -> Any:
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj()


def _is_compression_error(error: Exception) -> bool:
    if isinstance(error, zlib.error):
        return True
    import zstandard

    return isinstance(error, zstandard.ZstdError)


def _pieces(first: bytes, rest: Iterator[bytes], longest: int) -> Iterator[bytes]:
    """Bytes in pieces of about `longest` at most; one empty piece where there are none."""
    held, size, given = [first], len(first), False
    for piece in rest:
        if size + len(piece) > longest:
            yield b"".join(held)
            held, size, given = [], 0, True
        held.append(piece)
        size += len(piece)
    if held or not given:
        yield b"".join(held)


def _encoding(head: bytes) -> tuple[str, bytes]:
    """The character encoding and the byte-order mark."""
    marks = {
        codecs.BOM_UTF8: "utf-8",
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
    }
    for mark, encoding in marks.items():
        if head.startswith(mark):
            return encoding, mark
    if len(head) >= 4:  # ASCII characters in UTF-16: every other byte is zero
        zero = [byte == 0 for byte in head[:4]]
        if zero == [False, True, False, True]:
            return "utf-16-le", b""
        if zero == [True, False, True, False]:
            return "utf-16-be", b""
    return "utf-8", b""


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _utf8_lines(chunks: Iterator[bytes], offset: int, longest: int) -> Iterator[Line]:
    number, held, size = 1, [], 0  # type: int, list[bytes], int
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            held.append(end)
            held.append(b"\n")
            raw = b"".join(held)
            yield Line(number, offset, raw, _text(raw))
            number, offset, held, size = number + 1, offset + len(raw), [], 0
        held.append(rest)
        size += len(rest)
        if size > longest:
            raw = b"".join(held)
            cut = len(raw)
            while cut > len(raw) - 4 and raw[cut - 1] & 0xC0 == 0x80:
                cut -= 1
            if raw[cut - 1] >= 0xC0:  # keep a character's bytes together
                cut -= 1
            yield Line(number, offset, raw[:cut], _text(raw[:cut]), whole=False)
            offset, held, size = offset + cut, [raw[cut:]], len(raw) - cut
    if raw := b"".join(held):
        yield Line(number, offset, raw, _text(raw))


def _wide_lines(
    chunks: Iterator[bytes], offset: int, longest: int, encoding: str
) -> Iterator[Line]:
    """Lines of UTF-16. Lone surrogates pass; a last odd byte becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")

    def line(text: str, whole: bool = True) -> Line:
        raw = text.encode(encoding, "surrogatepass")
        return Line(number, offset, raw, text, whole, encoding)

    number, held, size = 1, [], 0  # type: int, list[str], int
    for chunk in chunks:
        *ends, rest = decoder.decode(chunk).split("\n")
        for end in ends:
            given = line("".join([*held, end, "\n"]))
            yield given
            number, offset, held, size = number + 1, offset + len(given.raw), [], 0
        held.append(rest)
        size += 2 * len(rest)
        if size > longest:
            given = line("".join(held), whole=False)
            yield given
            offset, held, size = offset + len(given.raw), [], 0
    text = "".join(held) + ("\ufffd" if decoder.getstate()[0] else "")
    if text:
        yield line(text)
