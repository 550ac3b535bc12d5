"""What people decide about traces: which rows are understood, and which traces they hold for."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.traces.cleaning import clean_export
from dpo_math_assets.traces.overrides import (
    apply_overrides,
    decided_traces,
    judged_key,
    read_overrides,
)
from dpo_math_assets.traces.prompts import prompt_key, text_key
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, TRACE_SCHEMA

PROMPT = "What is 2*(3+4)?"
A, B, C = (f"t{digit * 16}" for digit in "abc")


def cleaned(folder: Path, *traces: dict[str, Any], name: str = "cleaned.parquet") -> Path:
    """A file of cleaned traces that differ from a right one in the given fields."""
    rows = [
        {
            "trace_id": "repeated",
            "prompt": PROMPT,
            "candidate": "FINAL ANSWER: 14",
            "ground_truth": "14",
            "verifier": "math.sympy.verify",
            "meta": "{}",
            "export": "e1",
            "line_number": number,
            **trace,
        }
        for number, trace in enumerate(traces, start=1)
    ]
    pl.DataFrame(rows, schema=TRACE_SCHEMA).write_parquet(folder / "raw.parquet")
    clean_export(folder / "raw.parquet", folder / name, workers=1)
    return folder / name


def key_of(candidate: str, gold: str = "14", prompt: str = PROMPT) -> str:
    return judged_key(prompt_key(prompt), gold, text_key(candidate))


def overrides_in(folder: Path, **files: str) -> Path:
    folder = folder / "overrides"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        suffix = ".csv" if text.startswith(("judged_keys", "note")) else ".jsonl"
        (folder / f"{name}{suffix}").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> list[tuple[str, int, str]]:
    return [(found.file, found.row, found.what) for found in read_overrides(folder).problems]


def test_a_sheet_that_was_filled_in_decides_and_its_empty_rows_do_not(tmp_path: Path) -> None:
    folder = overrides_in(
        tmp_path,
        sheet=f'judged_keys,override,by,note\n{A} {B},Correct,Ada,"so, yes"\n{C},,,\n',
    )
    found = read_overrides(folder)
    assert {key: (o.decision, o.by, o.note, o.row) for key, o in found.decisions.items()} == {
        A: ("correct", "Ada", "so, yes", 2),
        B: ("correct", "Ada", "so, yes", 2),
    }
    assert found.problems == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_saved_by_any_spreadsheet_is_read(tmp_path: Path, delimiter: str) -> None:
    rows = [["Note", "JUDGED_KEYS ", "override"], ["=1+1\nline", A, "exclude"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    folder = overrides_in(tmp_path)
    (folder / "Sheet.CSV").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (folder / ".~lock.Sheet.CSV#").write_text("somebody has it open")
    found = read_overrides(folder)
    assert {key: o.decision for key, o in found.decisions.items()} == {A: "exclude"}
    assert found.problems == []


def test_a_row_by_hand_may_name_the_texts_themselves(tmp_path: Path) -> None:
    row = {
        "prompt": "What is  2*(3+4)?\r\n",
        "candidate": "FINAL ANSWER: 14",
        "ground_truth": " 14 ",
        "override": "incorrect",
        "by": "Ada",
    }
    folder = overrides_in(tmp_path, hand=json.dumps(row) + "\n\n")
    assert list(read_overrides(folder).decisions) == [key_of("FINAL ANSWER: 14")]


def test_every_row_that_decides_nothing_is_named_with_what_to_do(tmp_path: Path) -> None:
    folder = overrides_in(
        tmp_path,
        a=f"judged_keys,override\n{A},yes\n,correct\n1.23E+16,exclude\n{B},correct\n",
        b="\n".join(
            [
                json.dumps({"judged_keys": B, "override": "incorrect"}),
                "{broken",
                "[1]",
                json.dumps({"judged_keys": 7, "override": "correct"}),
                json.dumps({"judged_keys": C, "override": "correct"}),
                json.dumps({"prompt": PROMPT, "candidate": "", "override": "correct"}),
            ]
        ),
    )
    (folder / "sheet.xlsx").write_bytes(b"PK")
    found = problems(folder)
    assert [(file, row) for file, row, _ in found] == [
        *[("a.csv", row) for row in (2, 3, 4, 5)],
        *[("b.jsonl", row) for row in (1, 2, 3, 4, 6)],
        ("sheet.xlsx", 0),
    ]
    told = [what for _, _, what in found]
    assert "override is 'yes': write correct, incorrect, exclude" in told[0]
    assert "judged_keys is empty" in told[1]
    assert "'1.23E+16', which is no key" in told[2]
    assert told[3] == f"correct contradicts incorrect (b.jsonl, row 1) on {B}: none is applied"
    assert told[4] == f"incorrect contradicts correct (a.csv, row 5) on {B}: none is applied"
    assert "save the sheet as CSV" in told[-1]
    assert list(read_overrides(folder).decisions) == [C]


def test_a_file_that_cannot_be_read_at_all_stops_what_rests_on_it(tmp_path: Path) -> None:
    folder = overrides_in(tmp_path)
    (folder / "latin.csv").write_bytes(
        f"judged_keys,override,note\n{A},exclude,caf\xe9\n".encode("latin-1")
    )
    with pytest.raises(DpoMathError, match=r"latin.csv cannot be read as UTF-8"):
        read_overrides(folder)
    (folder / "latin.csv").write_text("trace_id,verdict\n1,wrong\n")
    with pytest.raises(DpoMathError, match="must name the columns judged_keys and override"):
        read_overrides(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'judged_keys,override,note\n{A},exclude,"oops\n{B},correct,x\n', r"a\.csv, line 3"),
        (f"judged_keys,override,override\n{A},exclude,\n", "two columns are named override"),
        (f"judged_keys,Judged_keys,override\n{A},,exclude\n", "two columns are named judged_keys"),
    ],
)
def test_a_sheet_that_would_lose_a_decision_without_a_word_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(DpoMathError, match=said):
        read_overrides(overrides_in(tmp_path, a=text))


def test_a_misspelt_field_override_is_told_and_not_taken_for_no_decision(tmp_path: Path) -> None:
    rows = [{"judged_keys": A, "overide": "exclude"}, {"judged_keys": B, "override": ""}]
    folder = overrides_in(tmp_path, a="\n".join(map(json.dumps, rows)))
    what = "has no field override; it has judged_keys, overide"
    assert problems(folder) == [("a.jsonl", 1, what)]


def test_the_same_decision_twice_is_one_and_the_order_of_files_plays_no_part(
    tmp_path: Path,
) -> None:
    rows = [json.dumps({"judged_keys": A, "override": "correct", "by": by}) for by in ("Ada", "Bo")]
    one = read_overrides(overrides_in(tmp_path / "1", a=rows[0], b=rows[1]))
    other = read_overrides(overrides_in(tmp_path / "2", x=rows[1], y=rows[0]))
    assert one.digest() == other.digest() != ""
    assert one.problems == other.problems == []
    assert one.decisions[A].by == other.decisions[A].by == "Ada"


def test_a_person_overrules_the_verifier_and_its_own_verdict_stays_readable(
    tmp_path: Path,
) -> None:
    path = cleaned(
        tmp_path,
        {},
        {"candidate": "FINAL ANSWER: 15", "logged_ok": True},
        {"candidate": "I do not know what this comes to, I am afraid to say."},
        {"candidate": "FINAL ANSWER: 16"},
    )
    rows = [
        {"judged_keys": key_of("FINAL ANSWER: 14"), "override": "exclude", "note": "copied"},
        {"judged_keys": key_of("FINAL ANSWER: 15"), "override": "correct", "by": "Ada"},
        {
            "judged_keys": key_of("I do not know what this comes to, I am afraid to say."),
            "override": "incorrect",
        },
    ]
    overrides = read_overrides(overrides_in(tmp_path, a="\n".join(map(json.dumps, rows))))
    assert apply_overrides(path, overrides) == {"correct": 1, "exclude": 1, "incorrect": 1}
    frame = pl.read_parquet(path)
    assert frame.schema == CLEANED_SCHEMA
    assert frame.select("verdict", "reason", "method").rows() == [
        ("undecided", "excluded_by_human", None),
        ("correct", "human", "human"),
        ("incorrect", "human", "human"),
        ("incorrect", "mismatch", None),
    ]
    assert frame.select("verifier_verdict", "verifier_reason", "verifier_method").rows() == [
        ("correct", "pass", "exact"),
        ("incorrect", "mismatch", None),
        ("undecided", "no_final_answer", None),
        ("incorrect", "mismatch", None),
    ]
    assert frame["override_by"].to_list() == ["", "Ada", "", None]
    assert frame["override_note"].to_list() == ["copied", "", "", None]
    assert frame["agrees_with_log"].to_list() == [None, False, None, None]


def test_decisions_that_are_taken_back_leave_the_verifiers_own_verdicts(tmp_path: Path) -> None:
    path = cleaned(tmp_path, {}, {"candidate": "FINAL ANSWER: 15"})
    before = pl.read_parquet(path)
    row = {"judged_keys": key_of("FINAL ANSWER: 15"), "override": "correct"}
    overrides = read_overrides(overrides_in(tmp_path, a=json.dumps(row)))
    apply_overrides(path, overrides)
    assert not pl.read_parquet(path).equals(before)
    assert apply_overrides(path, read_overrides(tmp_path / "none")) == {}
    assert pl.read_parquet(path).equals(before)


def test_a_decision_outlives_another_export_and_line_but_not_another_reference_answer(
    tmp_path: Path,
) -> None:
    first = cleaned(tmp_path, {})
    again = cleaned(
        tmp_path,
        {"candidate": "FINAL ANSWER: 15"},
        {"export": "e2", "trace_id": "x", "prompt": f"{PROMPT} "},
        {"export": "e2", "ground_truth": "14.0"},
        name="again.parquet",
    )
    row = {"judged_keys": pl.read_parquet(first).item(0, "judged_key"), "override": "exclude"}
    overrides = read_overrides(overrides_in(tmp_path, a=json.dumps(row)))
    assert decided_traces(pl.scan_parquet(again), overrides) == {"e2": [row["judged_keys"]]}
    apply_overrides(again, overrides)
    assert pl.read_parquet(again)["override"].to_list() == [None, "exclude", None]


def test_answers_that_were_logged_apart_from_one_text_are_judged_apart(tmp_path: Path) -> None:
    prose = "The computation is in the attachment that I have made for it."
    frame = pl.read_parquet(
        cleaned(
            tmp_path,
            {"candidate": prose, "final": "14"},
            {"candidate": prose, "final": "15"},
            {"final": "15"},
            {},
        )
    )
    assert frame["answer_source"].to_list() == ["final", "final", "candidate", "candidate"]
    keys = frame["judged_key"].to_list()
    assert len({*keys[:2]}) == 2  # one text, two answers
    assert keys[2] == keys[3]  # the text shows its answer: what else was logged plays no part


def test_a_decision_on_no_trace_is_said(tmp_path: Path) -> None:
    path = cleaned(tmp_path, {})
    row = {"judged_keys": [A], "override": "exclude"}
    overrides = read_overrides(overrides_in(tmp_path, a=json.dumps({**row, "judged_keys": A})))
    known = decided_traces(pl.scan_parquet(path), overrides)
    [problem] = overrides.unmatched(known)
    assert (problem.file, problem.row) == ("a.jsonl", 1)
    assert problem.what.startswith(f"{A} is no trace's")
