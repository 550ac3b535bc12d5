"""What cleaning marks, on traces small enough to check by eye."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces.cleaning import CleaningReport, clean_export, stops_inside
from dpo_math_assets.traces.prompts import prompt_key
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, TRACE_SCHEMA

PROMPT = "What is 2*(3+4)?"


@dataclass
class Cleaned:
    report: CleaningReport
    frame: pl.DataFrame

    def column(self, name: str) -> list[Any]:
        return self.frame[name].to_list()


def clean(folder: Path, *traces: dict[str, Any], row_group_size: int = 2) -> Cleaned:
    """Clean traces that differ from a right one in the given fields."""
    rows = [
        {
            "trace_id": f"t-{number}",
            "prompt": PROMPT,
            "candidate": f"Attempt {number}.\nFINAL ANSWER: 14",
            "ground_truth": "14",
            "logged_ok": True,
            "verifier": "math.sympy.verify",
            "meta": "{}",
            "export": "e",
            "line_number": number,
            **trace,
        }
        for number, trace in enumerate(traces, start=1)
    ]
    frame = pl.DataFrame(rows, schema=TRACE_SCHEMA)
    frame.write_parquet(folder / "raw.parquet", row_group_size=row_group_size)
    report = clean_export(folder / "raw.parquet", folder / "cleaned.parquet", workers=1)
    cleaned = pl.read_parquet(folder / "cleaned.parquet")
    assert cleaned.schema == CLEANED_SCHEMA
    assert cleaned.select(TRACE_SCHEMA.names()).equals(frame)
    assert report.traces == len(rows)
    return Cleaned(report, cleaned)


def test_a_letter_is_the_option_that_its_prompt_lists(tmp_path: Path) -> None:
    prompt = "What is 2*(3+4)? (A) 10 (B) 14 (C) 20"
    cleaned = clean(
        tmp_path,
        {"prompt": prompt, "ground_truth": "B"},
        {"prompt": prompt, "ground_truth": "C"},
        {"prompt": prompt, "candidate": "FINAL ANSWER: B"},
        {"ground_truth": "B"},
    )
    assert cleaned.column("verdict") == ["correct", "incorrect", "correct", "undecided"]
    assert cleaned.column("extracted") == ["14", "14", "B", "14"]


def test_every_trace_is_verified_again_whatever_the_log_says(tmp_path: Path) -> None:
    cleaned = clean(
        tmp_path,
        {},
        {"logged_ok": False},
        {"candidate": "FINAL ANSWER: 15"},
        {"candidate": "FINAL ANSWER: 15", "logged_ok": False, "prompt": "another"},
        {"logged_ok": None},
        {"candidate": "I have tried to multiply it out, but I do not know what it comes to."},
        {"candidate": ""},
    )
    assert cleaned.column("verdict") == [
        *("correct", "correct", "incorrect", "incorrect", "correct"),
        *("undecided", "undecided"),
    ]
    assert cleaned.column("extracted")[:3] == ["14", "14", "15"]
    assert cleaned.column("agrees_with_log") == [True, False, False, True, None, None, None]
    assert cleaned.report.verdicts == {"correct": 3, "incorrect": 2, "undecided": 2}
    assert cleaned.report.reasons == {
        "mismatch": 2,
        "missing_inputs": 1,
        "no_final_answer": 1,
        "pass": 3,
    }
    assert (cleaned.report.compared_with_log, cleaned.report.disagreements) == (4, 2)
    assert cleaned.report.confusion == {
        "logged none, verified correct": 1,
        "logged right, verified correct": 1,
        "logged right, verified incorrect": 1,
        "logged right, verified undecided": 2,
        "logged wrong, verified correct": 1,
        "logged wrong, verified incorrect": 1,
    }


def test_a_checker_that_failed_is_no_disagreement(tmp_path: Path) -> None:
    cleaned = clean(
        tmp_path,
        {"logged_ok": False, "logged_reason": "python_checker_disabled"},
        {"logged_ok": True, "logged_reason": "no verifier"},
        {"logged_ok": False, "logged_reason": "mismatch"},
    )
    assert cleaned.column("infrastructure_failure") == [True, True, False]
    assert cleaned.column("agrees_with_log") == [None, None, False]
    assert cleaned.report.infrastructure_failures == 2


def test_the_logged_final_answer_counts_only_where_the_completion_shows_none(
    tmp_path: Path,
) -> None:
    cleaned = clean(
        tmp_path,
        {"candidate": "I used the distributive law", "final": "14"},
        {"candidate": "First I added the two numbers, and then I doubled it all.", "final": "15"},
        {"candidate": "FINAL ANSWER: 15", "final": "14"},
        {"candidate": "FINAL ANSWER: what you like", "final": "14"},
        {"candidate": "I used the distributive law.", "final": " "},
        {"candidate": "", "final": "14"},
    )
    assert cleaned.column("verdict") == [
        *("correct", "incorrect", "incorrect"),
        *("undecided", "undecided", "undecided"),
    ]
    assert cleaned.column("answer_source") == [*["final"] * 2, *["candidate"] * 4]
    assert cleaned.report.answers_from_final == 2


def test_a_repeated_completion_is_marked_after_its_first(tmp_path: Path) -> None:
    same = {"candidate": "FINAL ANSWER: 14"}
    cleaned = clean(
        tmp_path,
        same,
        {"candidate": "Final answer:  14\n"},
        {**same, "prompt": "\u200bWhat  is 2*(3+4)? "},
        {**same, "prompt": "another"},
        {**same, "trace_id": "t-1", "logged_ok": False},
        {**same, "trace_id": "t-1", "ground_truth": "14.0"},
    )
    assert cleaned.column("duplicate") == [False, False, True, False, True, False]
    assert cleaned.column("near_duplicate") == [False, True, True, False, True, False]
    assert (cleaned.report.duplicates, cleaned.report.near_duplicates) == (2, 1)


def test_a_shared_trace_id_does_not_merge_attempts(tmp_path: Path) -> None:
    cleaned = clean(tmp_path, {"trace_id": "x"}, {"trace_id": "x"})
    assert cleaned.column("duplicate") == [False, False]


def test_one_prompt_with_two_reference_answers_is_set_aside(tmp_path: Path) -> None:
    cleaned = clean(
        tmp_path,
        {},
        {"prompt": "1/2 + 1/2?", "ground_truth": "1"},
        {"prompt": "1/2  +\u00a01/2?", "ground_truth": "1.0"},
        {"prompt": "fine"},
        {"prompt": f"{PROMPT}\n", "ground_truth": "15"},
        {"ground_truth": None},
    )
    assert cleaned.column("gold_conflict") == [True, False, False, False, True, True]
    assert cleaned.report.gold_conflicts == 3
    assert cleaned.report.conflicting_prompts == [f"{PROMPT}\n"]
    assert cleaned.column("prompt_key")[0] == cleaned.column("prompt_key")[4] == prompt_key(PROMPT)


@pytest.mark.parametrize(
    "meta",
    [
        {"finish_reason": "length"},
        {"response": {"stop_reason": "max_tokens"}},
        {"choices": [{"finishReason": "MAX_TOKENS"}]},
        {"truncated": True},
    ],
)
def test_a_completion_that_the_log_calls_cut_is_marked(
    tmp_path: Path, meta: dict[str, Any]
) -> None:
    cleaned = clean(tmp_path, {"meta": json.dumps(meta)}, {})
    assert cleaned.column("truncated") == [True, False]
    assert cleaned.report.truncated == 1


@pytest.mark.parametrize(
    "meta",
    [
        {"finish_reason": "stop"},
        {"truncated": False},
        {"note": 'the API said "finish_reason": "length" once'},
    ],
)
def test_a_completion_that_the_log_calls_whole_is_not_marked(
    tmp_path: Path, meta: dict[str, Any]
) -> None:
    assert clean(tmp_path, {"meta": json.dumps(meta)}).column("truncated") == [False]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("So 7*2 is 14.\n\\boxed{14", True),
        ("So 7*2 is 14.\n\\boxed{\\frac{28}{2}", True),
        ("So 7*2 is 14.\n\\boxed{\\frac{28}{2}}", False),
        ("```python\nprint(7*2)", True),
        ("```python\nprint(7*2)\n```\n14", False),
        ('{"reasoning": "7*2 is', True),
        ('{"reasoning": "7*2 is 14", "answer": 14}', False),
        ('{"reasoning": "7*2 is "14"", "answer": "14"\n}', False),  # JSON after a fashion
        ('```json\n{"reasoning": "7*2", "answer": "14"}\n```', False),
        ("{x : x > 0} is the set", False),
        ("The answer is 14", False),
        ("", False),
    ],
)
def test_a_text_that_stops_inside_what_it_opened_was_cut(text: str, cut: bool) -> None:
    assert stops_inside(text) is cut


def test_a_text_without_an_answer_that_stops_in_a_sentence_was_cut(tmp_path: Path) -> None:
    cleaned = clean(
        tmp_path,
        {"candidate": "First we add three and four, which gives seven, and then we"},
        {"candidate": "First we add three and four, which gives seven."},
    )
    assert cleaned.column("reason") == ["no_final_answer", "no_final_answer"]
    assert cleaned.column("truncated") == [True, False]


def test_marks_do_not_depend_on_how_the_traces_are_batched(tmp_path: Path) -> None:
    traces = [
        {"candidate": f"FINAL ANSWER: {number % 3}", "ground_truth": str(number % 2)}
        for number in range(11)
    ]
    small = clean(tmp_path, *traces, row_group_size=1)
    large = clean(tmp_path, *traces, row_group_size=100)
    assert small.frame.equals(large.frame)
    assert small.report == large.report


def test_an_export_without_traces_gives_an_empty_table(tmp_path: Path) -> None:
    cleaned = clean(tmp_path)
    assert cleaned.report.verdicts == {}


def test_progress_counts_to_the_last_trace(tmp_path: Path) -> None:
    clean(tmp_path, {}, {}, {})
    seen: list[tuple[int, int]] = []
    clean_export(
        tmp_path / "raw.parquet",
        tmp_path / "cleaned.parquet",
        workers=1,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(2, 3), (3, 3)]


def test_a_table_that_is_not_of_raw_traces_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"prompt": ["p"], "candidate": ["c"], "ground_truth": ["g"]})
    frame.write_parquet(tmp_path / "raw.parquet")
    with pytest.raises(LogFormatError, match="not raw traces"):
        clean_export(tmp_path / "raw.parquet", tmp_path / "cleaned.parquet", workers=1)
    assert not (tmp_path / "cleaned.parquet").exists()
