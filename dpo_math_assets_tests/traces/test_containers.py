"""Compression and encoding are told by content, and damage in them costs only what is damaged."""

import codecs
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces import containers
from dpo_math_assets.traces.limits import ReadingLimits
from dpo_math_assets_tests.traces.reading import FLAT, lines, read

TWO = lines({**FLAT, "trace_id": "a"}, {**FLAT, "trace_id": "b"})


def ids(export: object) -> list[str]:
    return [trace["trace_id"] for trace in export.traces]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["e.jsonl", "e.jsonl.gz", "e.jsonl.zst", "e.ndjson", "e.json"])
@pytest.mark.parametrize(
    "content",
    [
        TWO,
        gzip.compress(TWO),
        gzip.compress(TWO[:100]) + gzip.compress(TWO[100:]),
        gzip.compress(TWO) + b"\0" * 512,
        zstandard.compress(TWO),
        zstandard.compress(TWO[:100]) + zstandard.compress(TWO[100:]),
    ],
    ids=["plain", "gzip", "two gzip members", "padded gzip", "zstd", "two zstd frames"],
)
def test_a_wrong_name_does_not_hide_the_content(tmp_path: Path, name: str, content: bytes) -> None:
    assert ids(read(tmp_path, content, name)) == ["a", "b"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_compressed_export_that_was_cut_gives_what_is_readable_and_says_so(
    tmp_path: Path, compress: object
) -> None:
    many = lines(*({**FLAT, "trace_id": os.urandom(200).hex()} for _ in range(2000)))
    whole = compress(many)  # type: ignore[operator]
    export = read(tmp_path, whole[: len(whole) // 2])
    assert export.report.traces > 500
    assert export.report.quarantined["compressed_data_cut"] == 1
    assert "ends too early" in export.quarantine[-1]["detail"]


def test_bytes_after_damage_in_a_compressed_export_are_kept(tmp_path: Path) -> None:
    export = read(tmp_path, gzip.compress(TWO) + b"not gzip")
    assert ids(export) == ["a", "b"]
    (entry,) = export.quarantine
    assert entry["reason"] == "compressed_data_damaged"
    assert entry["line"] == b"not gzip"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_an_export_from_a_windows_shell_is_read(tmp_path: Path, mark: bytes, encoding: str) -> None:
    record = {**FLAT, "prompt": "Find √2² 𝑥"}
    text = json.dumps(record, ensure_ascii=False) + "\r\n# odd\r\n"
    export = read(tmp_path, mark + text.encode(encoding))
    assert export.trace["prompt"] == "Find √2² 𝑥"
    (entry,) = export.quarantine
    assert entry["line_number"] == 2
    assert entry["byte_offset"] == len(mark) + len(text.split("#")[0].encode(encoding))
    assert entry["line"] == "# odd".encode(encoding)


def test_a_byte_that_is_not_utf8_costs_its_line_only(tmp_path: Path) -> None:
    first, second = TWO.splitlines(keepends=True)
    damaged = first.replace(b"FINAL", b"FINAL\xe9")
    export = read(tmp_path, damaged + second)
    assert ids(export) == ["b"]
    (entry,) = export.quarantine
    assert (entry["reason"], entry["line"]) == ("not_utf8", damaged.rstrip(b"\n"))


def test_an_empty_export_is_an_export_with_nothing_in_it(tmp_path: Path) -> None:
    export = read(tmp_path, b"")
    assert export.report.records_in == 0
    assert export.report.bytes_in == 0


def test_the_fingerprint_is_of_the_file_as_it_lies_there(tmp_path: Path) -> None:
    plain, packed = read(tmp_path, TWO), read(tmp_path, gzip.compress(TWO))
    assert plain.report.fingerprint == read(tmp_path, TWO, "copy.jsonl").report.fingerprint
    assert plain.report.fingerprint != packed.report.fingerprint
    assert packed.report.bytes_in == len(gzip.compress(TWO))


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"PK\x03\x04....", "zip"), (b"BZh91AY", "bzip2"), (b"PAR1junk", "Parquet")],
)
def test_an_export_that_cannot_be_read_at_all_says_which_and_what_to_do(
    tmp_path: Path, content: bytes, word: str
) -> None:
    with pytest.raises(LogFormatError, match=rf"export\.jsonl.*{word}"):
        read(tmp_path, content)
    assert not (tmp_path / "out" / "traces.parquet").exists()
    assert not any((tmp_path / "out").glob("*"))


def test_an_absent_export_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogFormatError, match=r"gone\.jsonl: cannot be opened"):
        read(tmp_path, tmp_path / "gone.jsonl")


def test_a_long_record_is_read_whole_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_READ_BYTES", 100_000)
    fits = {**FLAT, "candidate": "é" * 1_000_000}
    over = {**FLAT, "candidate": "x" * 5_000_000}
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in (over, fits, FLAT))
    export = read(tmp_path, text.encode(), limits=ReadingLimits(max_record_mb=3))
    assert [trace["line_number"] for trace in export.traces] == [2, 3]
    assert export.report.limits_met == {"max_record_mb": 3}
    assert "intake.max_record_mb" in export.quarantine[0]["detail"]
    assert export.traces[0]["candidate"] == fits["candidate"]
    assert {entry["reason"] for entry in export.quarantine} == {"record_too_long"}
    kept = b"".join(entry["line"] for entry in export.quarantine)
    assert kept.decode() == json.dumps(over, ensure_ascii=False)
    assert export.quarantine[0]["byte_offset"] == 0


@pytest.mark.parametrize(
    ("separator", "array"), [("", False), (",", False), (" ", False), (",", True)]
)
def test_an_array_on_one_line_longer_than_the_limit_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str, array: bool
) -> None:
    class TenKilobytes(ReadingLimits):
        @property
        def record_bytes(self) -> int:
            return 10_000

    monkeypatch.setattr(containers, "_READ_BYTES", 1_000)
    records = [{**FLAT, "trace_id": None, "candidate": f"é{number}"} for number in range(500)]
    text = separator.join(json.dumps(record, ensure_ascii=False) for record in records)
    content = (f"[{text}]" if array else text).encode()
    export = read(tmp_path, content, limits=TenKilobytes())
    assert [trace["candidate"] for trace in export.traces] == [f"é{n}" for n in range(500)]
    assert len(set(ids(export))) == 500
    assert not export.quarantine


@pytest.mark.parametrize("name", ["e.jsonl", "e.csv", "e.json"])
@pytest.mark.parametrize(
    "mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE], ids=["8", "le", "be"]
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_file_that_is_only_a_byte_order_mark_holds_nothing_and_is_accounted_for(
    tmp_path: Path, name: str, mark: bytes, compress: Callable[[bytes], bytes]
) -> None:
    export = read(tmp_path, compress(mark), name)
    assert (export.traces, export.quarantine) == ([], [])
    assert export.report.held == export.report.accounted == len(mark)
