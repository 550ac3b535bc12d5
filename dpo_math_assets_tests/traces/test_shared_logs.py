"""The broken files and the real logs that lie beside the repository; skipped where they do not."""

import json
from collections import Counter
from pathlib import Path

import pytest

from dpo_math_assets.traces.cleaning import CleaningReport, clean_export
from dpo_math_assets_tests.traces.reading import SHARED, Export, read

HOSTILE = SHARED / "data" / "hostile"
LOGS = sorted((SHARED / "data" / "logs").glob("*.jsonl"))

pytestmark = pytest.mark.skipif(not HOSTILE.is_dir(), reason="no shared data beside the repository")

# File number to traces and quarantined records by reason, where it is not 104 and none.
EXPECTED: dict[int, tuple[int, dict[str, int]]] = {
    2: (103, {"not_json": 1}),
    6: (103, {"not_utf8": 1}),
    7: (104, {"nul_bytes": 1}),
    8: (104, {"not_json": 2}),
    # The readable part, its last and cut record, and the cut itself.
    11: (78, {"not_json": 1, "compressed_data_cut": 1}),
    17: (208, {}),
    19: (128, {}),
    20: (64, {}),
    21: (24, {}),
    # Of the 21 odd records five are read by rule: two numbers as reference answers, and a number,
    # null and nothing as trace_id.
    22: (
        108,
        {"no_prompt": 7, "no_candidate": 4, "no_ground_truth": 4, "unrecognised_record": 1},
    ),
    23: (104, {"not_an_object": 6, "unrecognised_record": 1}),
    24: (108, {}),
    25: (105, {}),
    26: (105, {}),
    27: (105, {}),
    28: (20, {}),
    29: (104, {"nested_too_deep": 1}),
    30: (104, {"number_too_long": 1}),
}


def hostile(folder: Path, number: int) -> Export:
    (path,) = HOSTILE.glob(f"{number:02}_*")
    return read(folder, path)


@pytest.mark.parametrize("number", range(31))
def test_a_broken_export_gives_all_that_can_be_recovered(tmp_path: Path, number: int) -> None:
    export = hostile(tmp_path, number)
    traces, quarantined = EXPECTED.get(number, (104, {}))
    assert (export.report.traces, export.report.quarantined) == (traces, quarantined)
    for trace in export.traces:
        json.loads(trace["meta"], parse_constant=pytest.fail)


def test_blank_lines_of_a_broken_export_are_counted(tmp_path: Path) -> None:
    assert hostile(tmp_path, 8).report.blank_lines == 20


def test_every_spelling_of_a_verdict_is_read_by_rule(tmp_path: Path) -> None:
    logged = [trace["logged_ok"] for trace in hostile(tmp_path, 21).traces]
    assert Counter(logged) == {True: 8, False: 8, None: 8}


def test_quarantined_lines_are_the_lines_of_the_file(tmp_path: Path) -> None:
    export = hostile(tmp_path, 22)
    lines = next(HOSTILE.glob("22_*")).read_bytes().split(b"\n")
    for entry in export.quarantine:
        assert entry["line"] == lines[entry["line_number"] - 1]


def cleaned(folder: Path, number: int) -> CleaningReport:
    """The report of cleaning a broken export."""
    hostile(folder, number)
    return clean_export(folder / "out" / "traces.parquet", folder / "cleaned.parquet", workers=1)


@pytest.mark.slow
def test_every_record_twice_counts_once(tmp_path: Path) -> None:
    once, twice = cleaned(tmp_path, 0), cleaned(tmp_path, 17)
    assert (once.traces, twice.traces) == (104, 208)
    assert twice.traces - twice.duplicates == once.traces - once.duplicates == 102


@pytest.mark.slow
def test_a_log_whose_verdicts_are_all_inverted_is_contradicted_everywhere(tmp_path: Path) -> None:
    report = cleaned(tmp_path, 20)
    assert (report.compared_with_log, report.disagreements) == (64, 64)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_real_log_is_read_whole(tmp_path: Path, path: Path) -> None:
    export = read(tmp_path, path)
    with path.open(encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    assert export.report.traces == export.report.records_in == len(records)
    for record, trace in zip(records, export.traces, strict=True):
        assert record["candidate"] == trace["candidate"]
        assert record["ok"] == trace["logged_ok"]
        assert record["meta"] == json.loads(trace["meta"])
