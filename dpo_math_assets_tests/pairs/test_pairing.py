"""Pairing: who may stand in a pair, what the caps keep, and incremental == rebuild."""

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dpo_math_assets.pairs.pairing import (
    PairingReport,
    PairingSettings,
    build_pairs,
    cap_pairs,
    eligible,
)
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets_tests.pairs.builders import cleaned, key, trace

PROBLEM = "Solve 2*(3+4)"
RIGHT = trace(PROBLEM, "FINAL ANSWER: 14", "correct", line=1)
WRONG = trace(PROBLEM, "FINAL ANSWER: 15", "incorrect", line=2)


def pair(*rows: dict[str, Any], **caps: Any) -> tuple[pl.DataFrame, PairingReport]:
    return build_pairs(cleaned(*rows), cleaned(), PairingSettings(**caps))


def test_a_right_and_a_wrong_attempt_make_the_documented_pair() -> None:
    pairs, report = pair(RIGHT, WRONG)
    assert pairs.schema == PAIR_SCHEMA
    row = pairs.row(0, named=True)
    assert row | {"pair_id": "", "score": 0.0} == {
        "pair_id": "",
        "prompt_key": RIGHT["prompt_key"],
        "prompt": "Solve 2*(3+4)",
        "ground_truth": "14",
        "chosen": "FINAL ANSWER: 14",
        "rejected": "FINAL ANSWER: 15",
        "chosen_key": RIGHT["candidate_key"],
        "rejected_key": WRONG["candidate_key"],
        "chosen_answer": "14",
        "rejected_answer": "15",
        "trace_id_pass": "e1-1",
        "trace_id_fail": "e1-2",
        "export_pass": "e1",
        "export_fail": "e1",
        "chosen_method": "exact",
        "rejected_method": None,
        "rejected_reason": "mismatch",
        "verifier": "math.sympy.verify",
        "verifier_version": "1",
        "score": 0.0,
    }
    assert (report.traces, report.eligible, report.prompts_mixed, report.pairs) == (2, 2, 1, 1)


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        ({"prompt": None, "prompt_key": None}, "no_prompt"),
        ({"prompt": " \n"}, "no_prompt"),
        ({"duplicate": True}, "duplicate"),
        ({"near_duplicate": True}, "near_duplicate"),
        ({"gold_conflict": True}, "gold_conflict"),
        ({"truncated": True}, "truncated"),
        ({"answer_source": "final"}, "answer_not_in_completion"),
        ({"verdict": "undecided", "reason": "timeout"}, "undecided: timeout"),
        ({"verdict": "undecided", "reason": "no_final_answer"}, "undecided: no_final_answer"),
        # The log said ok; the verifier did not say how.
        ({"logged_ok": True, "method": None}, "correct: pass"),
        ({"logged_ok": True, "reason": None}, "correct: no reason"),
        ({"logged_ok": True, "verdict": None, "reason": None}, "undecided: no reason"),
    ],
)
def test_only_what_the_verifier_proved_is_ever_chosen(unfit: dict[str, Any], why: str) -> None:
    pairs, report = pair(RIGHT | unfit, WRONG)
    assert pairs.is_empty()
    assert report.excluded == {why: 1}
    assert report.eligible + sum(report.excluded.values()) == report.traces == 2


def test_an_infrastructure_failure_in_the_log_does_not_stop_a_verdict_of_our_own() -> None:
    pairs, _ = pair(RIGHT | {"infrastructure_failure": True, "logged_ok": False}, WRONG)
    assert pairs.height == 1


def test_a_completion_without_an_answer_is_rejected_only_by_opt_in_and_says_so() -> None:
    rambling = trace(PROBLEM, "Well, let me see", "undecided", line=3)
    assert pair(RIGHT, rambling)[0].is_empty()
    pairs, _ = pair(RIGHT, rambling, include_malformed=True)
    assert pairs.select("rejected", "rejected_answer", "rejected_reason").rows() == [
        ("Well, let me see", None, "no_final_answer")
    ]


def test_answers_to_another_reference_answer_are_never_mixed() -> None:
    assert pair(RIGHT, WRONG | {"ground_truth": "13"})[0].is_empty()
    assert pair(RIGHT, WRONG | {"ground_truth": " 14\n"})[0].height == 1


def test_a_text_that_two_verifier_versions_judge_differently_is_not_paired_with_itself() -> None:
    other = RIGHT | {"verdict": "incorrect", "reason": "mismatch", "line_number": 9}
    pairs, _ = pair(RIGHT, other, WRONG)
    assert pairs.filter(pl.col("chosen_key") == pl.col("rejected_key")).is_empty()
    assert pairs.height == 1


def test_one_prompt_with_a_thousand_of_each_stays_within_its_caps() -> None:
    rows = [
        trace(PROBLEM, f"attempt {n} {verdict}", verdict, line=n)
        for n in range(1000)
        for verdict in ("correct", "incorrect")
    ]
    pairs, report = pair(*rows, samples_per_side=16, candidate_pairs=32)
    assert (report.pairs_possible, report.pairs_after_sample_cap, report.pairs) == (
        1_000_000,
        256,
        32,
    )
    assert pairs.get_column("rejected_key").n_unique() >= 8


def test_prompts_all_right_and_all_wrong_are_counted_with_earlier_exports() -> None:
    earlier = cleaned(trace("a", "right once", "correct"))
    new = cleaned(
        trace("a", "x", "incorrect", export="e2", line=1),
        trace("b", "y", "incorrect", export="e2", line=2),
        trace("c", "z", "correct", export="e2", line=3),
    )
    _, report = build_pairs(new, earlier, PairingSettings())
    assert (report.prompts, report.prompts_mixed) == (3, 1)
    assert (report.prompts_all_right, report.prompts_all_wrong) == (1, 1)


def test_a_new_export_does_not_repeat_the_pairs_of_earlier_ones() -> None:
    first, second = cleaned(RIGHT, WRONG), cleaned(RIGHT | {"export": "e2", "trace_id": "e2-1"})
    pairs, report = build_pairs(second, first, PairingSettings())
    assert pairs.is_empty()
    assert report.pairs_possible == 0


def test_no_traces_give_an_empty_frame_and_zeros() -> None:
    pairs, report = pair()
    assert pairs.schema == PAIR_SCHEMA
    assert report == PairingReport(traces=0, eligible=0)


def numbered(export: int, attempts: list[tuple[str, int, str, bool]]) -> pl.LazyFrame:
    """Even texts are right, odd ones wrong; a verdict may also fail to come, as at a timeout."""
    return cleaned(
        *(
            trace(
                prompt,
                f"text {text}",
                ("incorrect" if text % 2 else "correct") if decided else "undecided",
                export=f"e{export}",
                line=line,
                ground_truth=gold,
            )
            for line, (prompt, text, gold, decided) in enumerate(attempts)
        )
    )


def assert_partitions_give_the_rebuild(
    arrivals: list[pl.LazyFrame], settings: PairingSettings
) -> None:
    rebuild, _ = build_pairs(pl.concat(arrivals), cleaned(), settings)
    partitions = [
        build_pairs(new, pl.concat([cleaned(), *arrivals[:position]]), settings)[0]
        for position, new in enumerate(arrivals)
    ]
    union = cap_pairs(pl.concat(partitions).lazy(), settings).collect()
    assert_frame_equal(union, rebuild)
    again = cap_pairs(pl.concat([rebuild, *partitions]).lazy(), settings).collect()
    assert_frame_equal(again, rebuild)


attempt = st.tuples(
    st.sampled_from(["p", "q"]),
    st.integers(0, 9),
    st.sampled_from(["14", "14 ", "15"]),
    st.sampled_from([True, True, True, False]),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    exports=st.lists(st.lists(attempt, max_size=8), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
    samples=st.integers(1, 3),
    candidates=st.integers(1, 4),
)
def test_any_order_of_exports_gives_the_pairs_of_one_rebuild(
    exports: list[list[tuple[str, int, str, bool]]], order: Any, samples: int, candidates: int
) -> None:
    frames = [numbered(export, attempts) for export, attempts in enumerate(exports)]
    order.shuffle(frames)
    assert_partitions_give_the_rebuild(
        frames, PairingSettings(samples_per_side=samples, candidate_pairs=candidates)
    )


@pytest.mark.parametrize("seed", range(12))
def test_caps_that_bind_in_every_export_still_give_the_pairs_of_one_rebuild(seed: int) -> None:
    chance = random.Random(seed)
    texts = chance.sample(range(120), 100)
    frames = [
        numbered(
            export, [("p", text, "14", True) for text in texts[export * 10 : export * 10 + 14]]
        )
        for export in range(10)
    ]
    chance.shuffle(frames)
    caps = PairingSettings(
        samples_per_side=chance.randint(2, 8), candidate_pairs=chance.randint(2, 30)
    )
    assert_partitions_give_the_rebuild(frames, caps)


def test_eligible_keeps_every_column_for_whoever_reads_on() -> None:
    assert eligible(cleaned(RIGHT)).collect().schema == cleaned(RIGHT).collect_schema()


def test_one_answer_to_many_prompts_under_one_trace_id_stays_with_its_own_prompt() -> None:
    # As a one-line JSON array gives them: every record is on line 1.
    rows = [
        trace(f"problem {number}", text, verdict, line=1)
        for number in range(200)
        for text, verdict in (("so 14", "correct"), ("so 10", "incorrect"))
    ]
    pairs, _ = build_pairs(cleaned(*rows), cleaned(), PairingSettings())
    assert pairs.height == 200
    assert [key(prompt) for prompt in pairs["prompt"]] == pairs["prompt_key"].to_list()
