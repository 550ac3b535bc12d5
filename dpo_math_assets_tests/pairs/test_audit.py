"""Which labels a person is shown and why, and that the sheet is safe to open and comes back."""

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.pairs.audit import (
    AUDIT_SCHEMA,
    audit,
    audit_of,
    rules_against_the_log,
    write_page,
    write_sheet,
)
from dpo_math_assets.traces.overrides import read_overrides
from dpo_math_assets_tests.pairs.builders import cleaned, key, trace


def answer(
    prompt: str, extracted: str | None, verdict: str, line: int = 1, **columns: Any
) -> dict[str, object]:
    """A cleaned trace that gives an answer, each line in words of its own."""
    text = columns.pop("candidate", f"Attempt {line} at {prompt}: {extracted}")
    given = {"extracted": extracted, "judged_key": f"t{key(text)}", "ground_truth": "14"}
    return trace(prompt, text, verdict, line=line, **{**given, **columns})


def listed(rows: pl.DataFrame) -> list[tuple[str, str, str]]:
    return rows.select("kind", "prompt", "extracted").rows()


def test_every_kind_of_doubt_is_listed_and_a_sound_verdict_is_not() -> None:
    rows = audit(
        cleaned(
            answer("sound", "14", "correct", agrees_with_log=True),
            answer("plainly wrong", "15", "incorrect", 2, agrees_with_log=True),
            answer("nothing said", None, "undecided", 3),
            answer("nothing said", None, "undecided", 4),
            answer("log", "7", "incorrect", 5, agrees_with_log=False, logged_ok=True),
            answer("both", "x", "correct", 6),
            answer("both", "x", "undecided", 7, ground_truth="y", reason="timeout"),
            answer("rounded", "3.14", "incorrect", 8, ground_truth="3.1416"),
            answer("numeric", "sqrt(196)", "correct", 9, method="numeric"),
            answer("often", "a+b+c", "undecided", 10, reason="undetermined"),
            answer("often", " a+b+c ", "undecided", 11, reason="undetermined"),
        )
    )
    assert rows.schema == AUDIT_SCHEMA
    assert listed(rows) == [
        ("disagrees_with_log", "log", "7"),
        ("judged_both_ways", "both", "x"),
        ("judged_both_ways", "both", "x"),
        ("near_miss", "rounded", "3.14"),
        ("numeric_pass", "numeric", "sqrt(196)"),
        ("undecided_often", "often", "a+b+c"),
    ]
    row = rows.row(0, named=True)
    assert (row["trace_id"], row["export"], row["line_number"]) == ("e1-5", "e1", 5)
    assert (row["verdict"], row["reason"], row["logged_verdict"]) == (
        "incorrect",
        "mismatch",
        "right",
    )
    assert row["why"] == "the log contradicts 1 of 1 traces"
    assert (row["override"], row["by"], row["note"]) == ("", "", "")


@pytest.mark.parametrize(
    ("extracted", "gold", "near"),
    [
        ("0.333", "0.3333", True),
        ("0.33", "0.4", False),
        ("199", "200", False),  # integers: the verifier knows those
        ("200.5", "200", True),
        ("\\left( x+1, y \\right)", "(x + 1,y-1)", True),
        ("x^2 + 2x + 1", "x^2+2x+2", True),
        ("x", "completely different", False),
        ("0.0", "0.5", False),
        ("0.5", "0.0", False),
    ],
)
def test_a_near_miss_is_close_in_value_or_in_text(extracted: str, gold: str, near: bool) -> None:
    rows = audit(cleaned(answer("p", extracted, "incorrect", ground_truth=gold)))
    assert (rows["kind"].to_list() == ["near_miss"]) == near


def test_a_row_stands_for_all_traces_with_the_answer_and_names_every_reason() -> None:
    traces = [
        answer("p", "9.99", "incorrect", n, ground_truth="10", agrees_with_log=n != 2)
        for n in (1, 2, 3)
    ]
    rows = audit(cleaned(*traces))
    assert rows.height == 1
    row = rows.row(0, named=True)
    assert row["traces"] == 3
    assert sorted(row["judged_keys"].split()) == sorted(str(t["judged_key"]) for t in traces)
    assert row["line_number"] == 2  # the one that the log contradicts
    assert row["why"] == (
        "the log contradicts 1 of 3 traces; judged incorrect, but close to the reference answer"
    )


def test_no_kind_crowds_out_another_and_the_weightiest_come_first() -> None:
    many = [
        answer(f"log {n}", "7", "incorrect", 100 * n + m, agrees_with_log=False)
        for n in range(20)
        for m in range(n + 1)
    ]
    few = [answer(f"numeric {n}", "14", "correct", n, method="numeric") for n in range(3)]
    rows = audit(cleaned(*many, *few), rows=8)
    assert rows["kind"].to_list() == ["disagrees_with_log"] * 5 + ["numeric_pass"] * 3
    assert rows["traces"].to_list()[:5] == [20, 19, 18, 17, 16]
    assert audit(cleaned(*many, *few), rows=100).height == 23


def test_the_same_traces_in_another_order_give_the_same_sheet() -> None:
    traces = [
        answer(f"p{n % 7}", str(n % 3), verdict, n, agrees_with_log=n % 2 == 0, method=None)
        for n in range(40)
        for verdict in ["correct" if n % 4 else "incorrect"]
    ]
    assert audit(cleaned(*traces), rows=9).equals(audit(cleaned(*reversed(traces)), rows=9))


def test_what_a_person_decided_is_not_listed_again_and_what_contradicts_it_is() -> None:
    decided = answer("p", "7", "correct", 1, override="correct", reason="human")
    rows = audit(cleaned(decided, answer("p", "7", "incorrect", 2)))
    assert listed(rows) == [("judged_both_ways", "p", "7")]
    assert rows.item(0, "why") == "this answer is judged correct, incorrect"
    assert rows.item(0, "line_number") == 2


def test_the_answers_of_a_trace_can_be_asked_for_whatever_their_verdict() -> None:
    traces = cleaned(
        answer("sound", "14", "correct", 1),
        answer("silent", None, "undecided", 2, trace_id="t9"),
        answer("again", "3", "incorrect", 3, trace_id="t9"),
    )
    rows = audit_of(traces, ["t9"])
    assert listed(rows) == [("asked_for", "silent", None), ("asked_for", "again", "3")]


ATTACKS = [
    '=HYPERLINK("http://example.org","x")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "\n=1+1",
    "x;=1+1",
    'x;"=1+1"',
    "x\t=1+1",
    "x\n=1+1",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_of_the_sheet_is_a_formula(tmp_path: Path, attack: str) -> None:
    hostile = answer(
        attack,
        attack,
        "incorrect",
        agrees_with_log=False,
        candidate=attack,
        trace_id=attack,
        export=attack,
        ground_truth=attack,
        logged_reason=attack,
        reason=attack,
    )
    write_sheet(audit(cleaned(hostile)), tmp_path / "audit.csv")
    text = (tmp_path / "audit.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    [_, row] = csv.reader((tmp_path / "audit.csv").open(encoding="utf-8-sig", newline=""))
    bare = attack.strip().replace("'", "")
    assert sum(bare in cell.replace("'", "") for cell in row) >= 6
    for cell in row:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell
    for delimiter in ";\t":  # as a spreadsheet of another country opens it
        with (tmp_path / "audit.csv").open(encoding="utf-8-sig", newline="") as file:
            for cell in (cell for row in csv.reader(file, delimiter=delimiter) for cell in row):
                assert not cell.startswith(("=", "+", "-", "@", "＝")), cell


def test_a_long_completion_fits_into_a_cell_and_keeps_its_end(tmp_path: Path) -> None:
    text = "x" * 50_000 + " FINAL ANSWER: 7"
    long = answer("p", "7", "incorrect", agrees_with_log=False, candidate=text)
    write_sheet(audit(cleaned(long)), tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert len(row["candidate"]) < 32_767
    assert row["candidate"].endswith("FINAL ANSWER: 7") and "[…]" in row["candidate"]


def test_a_sheet_that_is_filled_in_decides_all_traces_of_its_row(tmp_path: Path) -> None:
    traces = [answer("p", "7", "incorrect", n, agrees_with_log=False) for n in (1, 2)]
    folder = tmp_path / "overrides"
    write_sheet(audit(cleaned(*traces)), folder / "audit.csv")
    assert read_overrides(folder).decisions == {} and read_overrides(folder).problems == []
    with (folder / "audit.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"override": "correct", "by": "Ada"}
    # As a spreadsheet of another country saves it.
    with (folder / "audit.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    found = read_overrides(folder)
    assert found.problems == []
    assert {k: (o.decision, o.by) for k, o in found.decisions.items()} == {
        str(t["judged_key"]): ("correct", "Ada") for t in traces
    }


def test_the_page_shows_hostile_text_as_text(tmp_path: Path) -> None:
    attack = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"
    hostile = answer(
        attack,
        attack,
        "incorrect",
        agrees_with_log=False,
        trace_id=attack,
        candidate=attack,
        export=attack,
        logged_reason=attack,
    )
    write_page(audit(cleaned(hostile)), tmp_path / "audit.html")
    html = (tmp_path / "audit.html").read_text("utf-8")
    assert "alert(1)" in html and "<script>alert" not in html and "<img" not in html
    assert "Row 2 of the sheet: the log contradicts 1 of 1 traces" in html


def test_a_sheet_says_by_which_rules_an_answer_was_read() -> None:
    wrong = answer(
        "p",
        "\\sin x",
        "incorrect",
        candidate="\\sin x",
        ground_truth="\\cos x",
        agrees_with_log=False,
    )
    final = {**wrong, "candidate": "See the field.", "final": "\\sin x", "answer_source": "final"}
    for row in (wrong, final):
        rows = audit(cleaned(row))
        assert "witness.point (" in rows["explanation"][0]


def test_the_rule_behind_most_disagreements_comes_first_and_links_to_its_answers(
    tmp_path: Path,
) -> None:
    unit = {"verdict": "correct", "agrees_with_log": False, "logged_ok": False}
    rows = audit(
        cleaned(
            answer("a", "14 km", line=1, candidate="\\boxed{14 km}", **unit),
            answer("b", "14 cm", line=2, candidate="\\boxed{14 cm}", **unit),
            answer("c", "x", "incorrect", 3, candidate="x", agrees_with_log=False, logged_ok=True),
            answer("d", "14", "correct", 4, candidate="\\boxed{14}", agrees_with_log=True),
        )
    )
    ruled = rules_against_the_log(rows).rows()
    assert ruled[0] == ("reading.unit_left_out", 2, 2)
    assert sum(answers for _, answers, _ in ruled) == 3

    write_page(rows, tmp_path / "audit.html")
    page = (tmp_path / "audit.html").read_text()
    assert page.count('href="#rule-reading.unit_left_out"') == 1
    assert page.count('<article id="rule-reading.unit_left_out">') == 1


def test_a_log_that_agrees_everywhere_has_no_table_of_rules(tmp_path: Path) -> None:
    rows = audit(cleaned(answer("n", "sqrt(196)", "correct", method="numeric")))
    assert rules_against_the_log(rows).is_empty()
    write_page(rows, tmp_path / "audit.html")
    assert "differ" not in (tmp_path / "audit.html").read_text()
