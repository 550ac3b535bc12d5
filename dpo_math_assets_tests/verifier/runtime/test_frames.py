import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dpo_math_assets.errors import MachineError
from dpo_math_assets.verifier import (
    VERIFIER_VERSION,
    Conventions,
    verify,
    verify_frame,
)
from dpo_math_assets.verifier.runtime import frames as frame
from dpo_math_assets.verifier.runtime import pipeline as judge

SHARED = Path(__file__).parents[4] / "shared"

ROWS = [
    ("FINAL ANSWER: 42", "42"),
    ("FINAL ANSWER: 41", "42"),
    ("so we get \\boxed{\\frac{1}{2}}", "0.5"),
    ("FINAL ANSWER: 42", "42"),
    ("I do not know.", "42"),
    (None, "42"),
    ("FINAL ANSWER: 42", None),
    ("", "42"),
    ("FINAL ANSWER: 42", "   "),
    ("FINAL ANSWER: \\sqrt{2}+\\sqrt{3}", "\\sqrt{5+2\\sqrt{6}}"),
    ("FINAL ANSWER: \\int_0^1 x^2 dx", "\\frac{1}{3}"),
    ("FINAL ANSWER: -0", "0"),
    ("FINAL ANSWER: 007", "7"),
    ("FINAL ANSWER: 42 or 41", "42"),
    ("FINAL ANSWER: ))((", "42"),
    ("FINAL ANSWER: 42", "))(("),
]


def _frame(rows: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "candidate": [row[0] for row in rows],
            "ground_truth": [row[1] for row in rows],
            "n": range(len(rows)),
        },
        schema_overrides={"candidate": pl.String, "ground_truth": pl.String},
    )


def _expected(rows: list[tuple[str | None, str | None]]) -> list[tuple[object, ...]]:
    found = [verify(candidate, gold) for candidate, gold in rows]
    return [(v.verdict, v.reason, v.method, v.extracted, v.verifier_version) for v in found]


def test_a_frame_gives_each_row_the_verdict_it_gets_alone() -> None:
    out = verify_frame(_frame(ROWS))
    assert out.select(frame.VERDICT_COLUMNS).rows() == _expected(ROWS)


def test_rows_and_their_order_and_their_other_columns_stay() -> None:
    rows = _frame(ROWS * 3)
    out = verify_frame(rows)
    assert out.columns == [*rows.columns, *frame.VERDICT_COLUMNS]
    assert_frame_equal(out.select(rows.columns), rows)


def test_a_lazy_frame_gives_the_same_as_an_eager_one() -> None:
    assert_frame_equal(verify_frame(_frame(ROWS).lazy()), verify_frame(_frame(ROWS)))


def test_a_missing_or_blank_text_is_missing_inputs_and_never_a_wrong_answer() -> None:
    out = verify_frame(_frame([(None, "1"), ("1", None), (" \n", "1"), ("1", ""), (None, None)]))
    assert out["verdict"].to_list() == ["undecided"] * 5
    assert out["reason"].to_list() == ["missing_inputs"] * 5
    assert out["extracted"].null_count() == 5


def test_columns_of_numbers_and_columns_of_nothing_but_nulls_are_read() -> None:
    rows = pl.DataFrame({"candidate": [7, 8], "ground_truth": [7, 7]})
    assert verify_frame(rows)["verdict"].to_list() == ["correct", "incorrect"]
    rows = pl.DataFrame({"candidate": [None, None], "ground_truth": [None, "7"]})
    assert verify_frame(rows)["reason"].to_list() == ["missing_inputs"] * 2


def test_every_row_carries_the_version_of_the_verifier_that_judged_it() -> None:
    assert set(verify_frame(_frame(ROWS))["verifier_version"]) == {VERIFIER_VERSION}


def test_an_empty_frame_keeps_its_columns_and_gains_the_verdicts() -> None:
    out = verify_frame(_frame([]))
    assert out.height == 0
    assert out.columns == ["candidate", "ground_truth", "n", *frame.VERDICT_COLUMNS]
    assert {out.schema[column] for column in frame.VERDICT_COLUMNS} == {pl.String}


def test_verifying_again_replaces_the_verdicts_and_adds_no_columns() -> None:
    once = verify_frame(_frame(ROWS))
    assert_frame_equal(verify_frame(once), once)


def test_columns_of_other_names_are_read_and_kept() -> None:
    rows = _frame(ROWS).rename({"candidate": "model_output", "ground_truth": "gold"})
    out = verify_frame(rows, candidate="model_output", ground_truth="gold")
    assert out["reason"].to_list() == verify_frame(_frame(ROWS))["reason"].to_list()


def test_columns_that_share_a_name_with_ours_inside_do_not_disturb() -> None:
    rows = _frame(ROWS).with_columns(gold=pl.lit("1"), refusal=pl.lit("2"), given=pl.lit("3"))
    out = verify_frame(rows)
    assert out["verdict"].to_list() == verify_frame(_frame(ROWS))["verdict"].to_list()
    assert_frame_equal(out.select(rows.columns), rows)


def test_conventions_reach_every_pair() -> None:
    rows = _frame([("FINAL ANSWER: x = 5", "5")])
    assert verify_frame(rows)["verdict"][0] == "correct"
    strict = Conventions(assignment_matches_value=False)
    assert verify_frame(rows, conventions=strict)["verdict"][0] == "incorrect"


def test_workers_give_the_verdicts_that_one_process_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    patient = 120.0  # a worker may take long to start on a busy machine
    alone = verify_frame(_frame(ROWS), workers=1, timeout_s=patient)
    monkeypatch.setattr(frame, "PAIRS_WORTH_WORKERS", 1)
    monkeypatch.setattr(frame, "CHARACTERS_WORTH_WORKERS", 0)
    for workers in (1, 2):
        out = verify_frame(_frame(ROWS), workers=workers, timeout_s=patient)
        assert_frame_equal(out, alone)


def test_the_order_of_rows_changes_no_verdict() -> None:
    rows = _frame(ROWS)
    backwards = verify_frame(rows.reverse()).reverse()
    assert_frame_equal(backwards, verify_frame(rows))


def test_a_fault_in_one_row_leaves_it_undecided_and_the_others_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compare = judge.compare_with

    def faulty(extracted: str, *rest: object) -> object:
        if extracted == "x+1":
            raise AttributeError("a mistake of ours")
        return compare(extracted, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(judge, "compare_with", faulty)
    rows = _frame([("FINAL ANSWER: x+1", "1+x"), ("FINAL ANSWER: x+2", "2+x")])
    out = verify_frame(rows)
    assert out["verdict"].to_list() == ["undecided", "correct"]
    assert out["reason"].to_list() == ["worker_crashed", "pass"]


class _NoWorkers:
    """The pool of a machine on which no worker starts."""

    def equal(self, *_: object) -> str:
        raise MachineError("no worker starts")


def test_a_machine_without_workers_stops_a_frame_and_only_loses_a_single_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The integral of x^2 from 0 to 1, which only SymPy settles.
    row = (r"FINAL ANSWER: $\int_0^1 x^2 dx$", "1/3")
    monkeypatch.setattr(frame, "shared_pool", lambda _: _NoWorkers())
    with pytest.raises(MachineError, match="no worker starts"):
        verify_frame(_frame([row]))
    pool: Any = _NoWorkers()
    assert judge.verify(*row, pool=pool).reason == "worker_crashed"


def test_progress_ends_with_everything_done(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    verify_frame(_frame(ROWS), on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not here")
@pytest.mark.parametrize("name", ["openai_gsm8k_solutions", "zeroeval_math_l5"])
def test_real_logs_get_the_verdicts_that_each_row_gets_alone(name: str) -> None:
    with (SHARED / "data" / "logs" / f"{name}.jsonl").open(encoding="utf-8") as lines:
        logged = [json.loads(line) for line in lines][::7]
    rows = [(row["candidate"], row["ground_truth"]) for row in logged]
    out = verify_frame(_frame(rows))
    assert out.select(frame.VERDICT_COLUMNS).rows() == _expected(rows)


class _BreaksOnBad:
    """A pool whose worker dies of any group of texts that holds `bad`."""

    def map(self, op: str, groups: Sequence[list[str]], deadline_s: float, **_: object) -> object:
        return [
            "worker_crashed"
            if "bad" in group
            else ([text.upper() for text in group], [None] * len(group))
            for group in groups
        ]


def test_a_completion_that_kills_a_worker_takes_nothing_from_those_read_with_it() -> None:
    progress = frame._Progress(None, 3)
    pool: Any = _BreaksOnBad()
    groups = frame._Groups(pl.Series(["a", "bad", "b"]))
    read = frame._extracted_by_workers(groups, Conventions(), pool, 1.0, progress)
    assert [(*answers, *refusals) for answers, refusals in read] == [
        ("A", None),
        (None, "worker_crashed"),
        ("B", None),
    ]


def test_groups_hold_every_text_once_and_are_cut_where_texts_are_long() -> None:
    long = "x" * (frame.GROUP_BYTES + 1)
    texts = [*"abc", long, *("d" for _ in range(frame.GROUP + 1))]
    groups = frame._Groups(pl.Series(texts))
    assert [text for group in groups for text in group] == texts
    assert [len(group) for group in groups] == [4, frame.GROUP, 1]
    assert groups[1:] == [["d"] * frame.GROUP, ["d"]]
    assert groups.sizes == [len(long) + 3, frame.GROUP, 1]


def test_a_completion_is_read_where_its_first_row_has_no_gold() -> None:
    rows = [("FINAL ANSWER: 5", None), ("FINAL ANSWER: 5", "5"), ("FINAL ANSWER: 5", "6")]
    assert verify_frame(_frame(rows))["reason"].to_list() == ["missing_inputs", "pass", "mismatch"]


def test_progress_of_workers_ends_with_everything_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "CHARACTERS_WORTH_WORKERS", 0)
    monkeypatch.setattr(frame, "GROUP", 2)
    test_progress_ends_with_everything_done(monkeypatch)


@pytest.mark.parametrize(
    "gold", ["", "  ", "null", "N/A", "n/a", "TBD", "\\boxed{}", "$\\boxed{ }$"]
)
def test_a_gold_that_is_no_answer_is_a_missing_input(gold: str) -> None:
    assert verify("FINAL ANSWER: 5", gold).reason == "missing_inputs"
    assert verify_frame(_frame([("FINAL ANSWER: 5", gold)]))["reason"].to_list() == [
        "missing_inputs"
    ]


@pytest.mark.parametrize("gold", ["none", "0", "\\emptyset", "\\{\\}", "N"])
def test_a_gold_that_says_there_is_nothing_is_an_answer(gold: str) -> None:
    assert verify("FINAL ANSWER: 5", gold).reason != "missing_inputs"
    assert verify_frame(_frame([("FINAL ANSWER: 5", gold)]))["reason"][0] != "missing_inputs"
