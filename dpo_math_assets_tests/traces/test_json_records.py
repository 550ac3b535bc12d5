"""Records that are not one a line: every whole one is read, and damage costs only what it hit."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.traces.containers import Damage, ExportFile, Line
from dpo_math_assets.traces.json_records import JsonRecords, Record, is_copy
from dpo_math_assets.traces.limits import ReadingLimits
from dpo_math_assets_tests.traces.reading import FLAT, lines, read


def parse(text: str) -> tuple[list[str], list[tuple[str, str]], int]:
    """Ids of the records, reason and bytes of what is damaged, and the blank lines."""
    offset, given_lines = 0, []
    for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), start=1):
        raw = line.encode()
        given_lines.append(Line(number, offset, raw, line))
        offset += len(raw)
    reader = JsonRecords(is_copy(given_lines))
    items = list(reader.read(given_lines))
    for item in items:  # what is kept stands where it says
        if isinstance(item, Damage) and item.offset is not None:
            assert text.encode()[item.offset :].startswith(item.raw)
    ids = [item.value.get("id") for item in items if isinstance(item, Record)]
    damaged = [(item.reason, item.raw.decode()) for item in items if isinstance(item, Damage)]
    return ids, damaged, reader.blank_lines


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1}\n{"id": 2}\n{"id": 3}\n',
        '{"id": 1}\n{"id": 2}\n{"id": 3}',
        '{"id": 1}\r\n{"id": 2}\r\n{"id": 3}\r\n',
        '{"id": 1}{"id": 2}{"id": 3}',
        '{"id": 1} {"id": 2}\n{"id": 3}',
        '\x1e{"id": 1}\n\x1e{"id": 2}\n\x1e{"id": 3}\n',
        '\ufeff{"id": 1}\n\ufeff{"id": 2}\n{"id": 3}\n',
        '[{"id": 1}, {"id": 2}, {"id": 3}]',
        '[{"id": 1}, \n {"id": 2}, \n {"id": 3}]\n',
        '[\n{"id": 1},\n{"id": 2},\n{"id": 3}\n]\n',
        '[{"id": 1}]\n[{"id": 2}, {"id": 3}]\n',
        '{\n  "id": 1\n}\n{\n  "id": 2,\n  "a": [\n    {},\n    {"b": "{"}\n  ]\n}\n{"id": 3}\n',
        '{\n"id": 1\n}\n{\n"id": 2,\n"a": [\n{\n"b": "}"\n}\n]\n}\n{"id": 3}\n',
        '[\n {\n  "id": 1\n },\n {\n  "id": 2\n },\n {\n  "id": 3\n }\n]\n',
        '[{\n "id": 1\n}, {\n "id": 2\n}, {\n "id": 3\n}]\n',
    ],
)
def test_every_way_to_write_three_records_gives_three_records(text: str) -> None:
    assert parse(text) == ([1, 2, 3], [], 0)


@pytest.mark.parametrize(
    ("text", "ids", "damaged"),
    [
        # A writer that stopped inside a record, and one that went on after it.
        ('{"id": 1}\n{"id": 2, "a": "x', [1], [("not_json", '{"id": 2, "a": "x')]),
        ('{"id": 1, "a": [1,\n{"id": 2}\n', [2], [("record_cut", '{"id": 1, "a": [1,')]),
        ('{"id": 1, "a": "x\n{"id": 2}\n', [2], [("not_json", '{"id": 1, "a": "x')]),
        ('{\n  "id": 1,\n{\n  "id": 2\n}\n', [2], [("record_cut", '{\n  "id": 1,')]),
        (
            '{\n  "a": "x\n  "b": {}\n}\n{\n  "id": 2\n}\n',
            [2],
            [("not_json", '{\n  "a": "x\n  "b": {}\n}')],
        ),
        ('[\n {"id": 1},\n {"id": 2},\n', [1, 2], [("array_cut", "")]),
        # Something that is no record between records.
        ('{"id": 1} oops\n{"id": 2}\n', [1, 2], [("not_json", "oops")]),
        ('\0\0\0\0{"id": 1}\n', [1], [("nul_bytes", "\0\0\0\0")]),
        ('\0\0\0\0\n{"id": 1}\n', [1], [("nul_bytes", "\0\0\0\0")]),
        ('# note\n{"id": 1}\n', [1], [("not_json", "# note")]),
        ("{'id': 1}\n{\"id\": 2}\n", [2], [("not_json", "{'id': 1}")]),
        ('[1, 2]\n"text"\n17\n', [], [("not_an_object", t) for t in ("[1, 2]", '"text"', "17")]),
        ('[{"id": 1}, 5, {"id": 2}]\n', [1, 2], [("not_an_object", "5")]),
        # Limits.
        ('{"a": ' + "[" * 300 + "]" * 300 + '}\n{"id": 2}\n', [2], None),
        ('{"a": ' + "9" * 5000 + '}\n{"id": 2}\n', [2], None),
    ],
)
def test_damage_is_kept_and_costs_no_other_record(
    text: str, ids: list[int], damaged: list[tuple[str, str]] | None
) -> None:
    found_ids, found_damage, _ = parse(text)
    assert found_ids == ids
    if damaged is None:
        damaged = [(found_damage[0][0], text.splitlines()[0])]
        assert damaged[0][0] in ("nested_too_deep", "number_too_long")
    assert found_damage == damaged


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('{"id": 1}\n\n{"id": 2}\n', [1, 3]),
        ('[\n {\n  "id": 1\n },\n {\n  "id": 2\n }\n]\n', [2, 5]),
        ('[{\n "id": 1\n}, {\n "id": 2\n}]\n', [1, 3]),
        ('{\n "id": 1\n}{"id": 2}\n{"id": 3}', [1, 3, 4]),
    ],
)
def test_a_record_is_found_on_the_line_where_it_begins(
    tmp_path: Path, text: str, numbers: list[int]
) -> None:
    (tmp_path / "e.jsonl").write_text(text, encoding="utf-8")
    source = ExportFile(tmp_path / "e.jsonl", ReadingLimits())
    records = [item for item in JsonRecords().read(source.lines()) if isinstance(item, Record)]
    assert [record.line_number for record in records] == numbers
    for record in records:  # and its bytes are those that stand there
        assert record.offset is not None
        assert text.encode()[record.offset :].startswith(record.raw())


def test_blank_lines_are_counted_and_are_no_records() -> None:
    assert parse('\n{"id": 1}\n   \n\r\n{"id": 2}\n\n') == ([1, 2], [], 4)


def line_text(excluded: str) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_characters="\n\r" + excluded, codec="utf-8"))


RECORD = '{"id": 7, "candidate": "x"}'


@given(st.lists(st.one_of(st.just(RECORD), line_text(""), st.sampled_from(["[", "{", '"', "]"]))))
@settings(deadline=None, max_examples=300)
def test_no_line_of_garbage_takes_a_whole_record_with_it(parts: list[str]) -> None:
    ids, _, _ = parse("\n".join(parts))
    assert ids.count(7) >= parts.count(RECORD)


@given(st.lists(st.one_of(st.just(RECORD), line_text('[]{}"\0'))))
@settings(deadline=None)
def test_every_line_of_garbage_is_kept_whole(parts: list[str]) -> None:
    _, damaged, _ = parse("\n".join(parts))
    stripped = [part.strip(" \t,\ufeff\x1e") for part in parts if part != RECORD]
    assert [raw for _, raw in damaged] == [part for part in stripped if part]


# COPY text of PostgreSQL -------------------------------------------------------------------------

WITH_QUOTES = {**FLAT, "candidate": 'He said "14".\nSo \\frac{28}{2} \\neq 15.\nFINAL ANSWER: 14'}
ONLY_LINE_ENDS = {**FLAT, "trace_id": "t-2", "candidate": "14 it is.\nFINAL ANSWER: 14"}
LATEX = {**FLAT, "candidate": "\\nabla \\times \\theta"}


def copied(content: bytes) -> bytes:
    return content.replace(b"\\", b"\\\\")


def test_copy_text_with_doubled_backslashes_gives_the_text_of_the_database(tmp_path: Path) -> None:
    export = read(tmp_path, copied(lines(ONLY_LINE_ENDS, WITH_QUOTES)))
    assert [trace["candidate"] for trace in export.traces] == [
        ONLY_LINE_ENDS["candidate"],
        WITH_QUOTES["candidate"],
    ]


@pytest.mark.parametrize("records", [[LATEX], [LATEX, WITH_QUOTES], [WITH_QUOTES, LATEX]])
def test_plain_json_with_latex_is_not_taken_for_copy_text(
    tmp_path: Path, records: list[dict[str, object]]
) -> None:
    export = read(tmp_path, lines(*records))
    assert [trace["candidate"] for trace in export.traces] == [r["candidate"] for r in records]


def test_a_damaged_line_of_copy_text_is_kept_as_it_came(tmp_path: Path) -> None:
    whole = copied(lines(WITH_QUOTES))
    export = read(tmp_path, whole + whole[:90])
    (entry,) = export.quarantine
    assert entry["byte_offset"] == len(whole)
    assert entry["line"] == whole[:90]
