"""Selection: a small literal example a policy, and one selection whatever way the data came."""

import random
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.pairing import PairingSettings, build_pairs
from dpo_math_assets.pairs.schema import SELECTED_SCHEMA
from dpo_math_assets.pairs.selection import (
    NEGATIVES,
    DatasetSettings,
    Measures,
    SelectionReport,
    select_pairs,
    with_texts,
)
from dpo_math_assets.pairs.split import split_of
from dpo_math_assets.pairs.survey import survey_traces
from dpo_math_assets.traces.prompts import canonical_key
from dpo_math_assets_tests.pairs.builders import cleaned, trace

PROBLEM = "Solve 2*(3+4)"
ALL_TRAIN: dict[str, Any] = {"eval_fraction": 0.0, "validation_fraction": 0.0}


def select(
    *rows: dict[str, object], include_malformed: bool = False, **changes: Any
) -> tuple[pl.DataFrame, SelectionReport]:
    settings = DatasetSettings(**{**ALL_TRAIN, **changes})
    traces = cleaned(*rows)
    pairing = PairingSettings(include_malformed=include_malformed)
    pairs, _ = build_pairs(traces, cleaned(), pairing)
    survey = survey_traces(traces, settings)
    rows, report = select_pairs(pairs.lazy(), settings, survey)
    selected = pl.concat(with_texts(rows, pairs.lazy(), survey.problems))
    assert report.pairs_in == sum(report.removed.values()) + report.pairs
    assert report.pairs == selected.height
    return selected, report


def attempts(*texts: str, prompt: str = PROBLEM, first: int = 1) -> list[dict[str, object]]:
    """Attempts that end in an answer; 14 is right."""
    return [
        trace(prompt, text, "correct" if text.endswith(" 14") else "incorrect", line=line)
        for line, text in enumerate(texts, first)
    ]


def rejected(selected: pl.DataFrame) -> set[str]:
    return set(selected.get_column("rejected"))


def test_the_most_frequent_wrong_answer_comes_first() -> None:
    selected, report = select(
        *attempts("so 14", "so 10", "it is 10", "hence 10", "so 11", "so 12"),
        max_pairs_per_prompt=1,
    )
    assert selected.schema == SELECTED_SCHEMA
    assert selected.select("rejected_answer", "answer_count").rows() == [("10", 3)]
    assert selected.select("pass_rate", "attempts", "split").row(0) == (1 / 6, 6, "train")
    assert report.removed == {"over_the_prompt_cap": 4}


def test_a_wrong_answer_repeated_word_for_word_is_frequent_too() -> None:
    repeats = [
        trace(PROBLEM, "so 10", "incorrect", line=line, duplicate=True) for line in (4, 5, 6)
    ]
    selected, _ = select(*attempts("so 14", "so 10", "so 11"), *repeats, max_pairs_per_prompt=1)
    assert selected.get_column("answer_count").to_list() == [4]
    assert rejected(selected) == {"so 10"}


def test_different_wrong_answers_come_before_a_second_of_the_same() -> None:
    selected, _ = select(*attempts("so 14", "is 14", "so 10", "it is 10", "hence 10", "so 11"))
    assert set(selected.get_column("rejected_answer")) == {"10", "11"}


def test_among_pairs_of_one_answer_the_closest_in_length_is_taken() -> None:
    selected, _ = select(
        *attempts("let me see: 14", "10 or rather some long way round to say 10", "let me see: 10"),
        max_pairs_per_prompt=1,
    )
    assert rejected(selected) == {"let me see: 10"}


def test_no_completion_is_used_twice_unless_that_is_allowed() -> None:
    rows = attempts("so 14", "so 10", "so 11", "so 12")
    assert select(*rows, max_pairs_per_prompt=3)[0].height == 1
    assert select(*rows, max_pairs_per_prompt=3, max_uses_per_completion=2)[0].height == 2
    selected, _ = select(*attempts("so 14", "is 14", "ok 14", "so 10", "is 11", "ok 12"))
    assert selected.height == 2
    assert selected.get_column("chosen").n_unique() == selected.get_column("rejected").n_unique()
    assert selected.get_column("chosen").n_unique() == 2


def test_close_negatives_share_most_words_with_the_chosen_text() -> None:
    rows = attempts(
        "first add 3 and 4 then double 14",
        "I guess it must be 10",
        "no idea but maybe 10",
        "first add 3 and 4 then double 13",
    )
    selected, _ = select(*rows, negatives="close", max_pairs_per_prompt=1)
    assert rejected(selected) == {"first add 3 and 4 then double 13"}


def test_distant_negatives_share_fewest_words_with_the_chosen_text() -> None:
    rows = attempts("add 3 and 4 then double 14", "add 3 and 4 then double 13", "maybe 10")
    selected, _ = select(*rows, negatives="distant", max_pairs_per_prompt=1)
    assert rejected(selected) == {"maybe 10"}


def test_near_negatives_miss_the_right_number_by_least() -> None:
    rows = attempts("so 14", "so 100", "is 100", "so 13.5", "so x", "so -14")
    selected, _ = select(*rows, negatives="near", max_pairs_per_prompt=1)
    assert rejected(selected) == {"so 13.5"}


def test_answers_that_are_no_numbers_come_last_where_near_ones_are_asked_for() -> None:
    selected, _ = select(
        *attempts("so 14", "so x", "so y", "so 999"), negatives="near", max_pairs_per_prompt=1
    )
    assert rejected(selected) == {"so 999"}


def test_two_prints_of_one_completion_are_not_two_completions() -> None:
    rows = attempts("so 14", "So  14", "is 10", "IS 10", "is 11")
    selected, _ = select(*rows, max_pairs_per_prompt=3)
    assert selected.height == 1
    other, _ = select(*rows, *attempts("then 14", first=9), max_pairs_per_prompt=3)
    assert {text.lower() for text in rejected(other)} == {"is 10", "is 11"}


def test_what_the_policies_changed_is_measured_before_and_after() -> None:
    rows = attempts("so 14", "is 14", "so 13", "is 13", "so 99")
    _, report = select(*rows)
    assert report.candidates == Measures(
        pairs=6,
        prompts=1,
        distinct_wrong_answers=2,
        distinct_completions=5,
        most_frequent_wrong_answer_share=4 / 6,
        near_wrong_answer_share=4 / 6,  # 13 is within a tenth of 14
        pass_rate_mean=0.4,
        chosen_length_mean=5,
        rejected_length_mean=5,
    )
    assert (report.selected.pairs, report.selected.distinct_wrong_answers) == (2, 2)
    assert report.selected.distinct_completions == 4
    assert report.selected.most_frequent_wrong_answer_share == 0.5


def test_random_negatives_do_not_look_at_the_answers() -> None:
    rows = [
        row
        for n in range(40)
        for row in attempts("so 14", "so 10", "is 10", "ok 10", "so 11", prompt=f"p {n}")
    ]
    selected, _ = select(*rows, negatives="random", max_pairs_per_prompt=1)
    assert 0 < selected.filter(pl.col("rejected_answer") == "11").height < 20


def test_the_difficulty_filter_keeps_the_range_asked_for() -> None:
    rows = [
        *attempts("so 14", "so 10", prompt="half"),
        *attempts("so 14", "so 10", "so 11", "so 12", prompt="hard"),
        *attempts("so 14", "is 14", "it is 14", "so 10", prompt="easy"),
    ]
    selected, report = select(*rows, min_pass_rate=0.3, max_pass_rate=0.6)
    assert set(selected.get_column("prompt")) == {"half"}
    assert report.removed["difficulty"] == 6


def test_malformed_completions_stay_within_their_share_and_come_last() -> None:
    rows = [
        row
        for n in range(9)
        for row in (
            *attempts("so 14", "so 10", prompt=f"p {n}"),
            trace(f"p {n}", "so what", "undecided", line=3),
        )
    ]
    silent = [
        row
        for n in range(9)
        for row in (
            *attempts("so 14", prompt=f"q {n}"),
            trace(f"q {n}", "so what", "undecided", line=3),
        )
    ]
    selected, report = select(
        *rows, *silent, include_malformed=True, max_pairs_per_prompt=1, max_malformed_share=0.1
    )
    reasons = dict(selected.group_by("rejected_reason").len().iter_rows())
    assert reasons == {"mismatch": 9, "no_final_answer": 1}
    assert report.removed["over_the_malformed_share"] == 8
    assert report.selected.malformed_share == 0.1


def test_the_pairs_that_pull_the_lengths_apart_go_first() -> None:
    rows = [
        *attempts("so 14", "so 10", prompt="even"),
        *attempts("is 14", "is 10", prompt="also even"),
        *attempts("well, " * 9 + "so 14", "so 10", prompt="long chosen"),
    ]
    selected, report = select(*rows, max_length_trim=0.5)
    assert set(selected.get_column("prompt")) == {"even", "also even"}
    assert report.removed == {"length_balance": 1}
    assert report.before_length_balance.chosen_length_mean == pytest.approx((5 + 5 + 59) / 3)
    assert report.selected.chosen_length_mean == report.selected.rejected_length_mean == 5
    assert report.lengths_in_band


def test_lengths_that_differ_by_nature_are_reported_and_not_thrown_away() -> None:
    rows = [
        row
        for n in range(10)
        for row in attempts("so " * n + "14 is 14", f"{'step ' * (20 + n)}10", prompt=f"p {n}")
    ]
    selected, report = select(*rows)
    assert selected.height == 8
    assert not report.lengths_in_band


def test_a_held_out_problem_is_never_selected_whatever_its_spelling() -> None:
    rows = [
        row
        for a in range(2, 60)
        for prompt in (f"Compute {a}*7", f"Compute 7 * {a}")
        for row in attempts("so 14", "so 10", prompt=prompt)
    ]
    settings = DatasetSettings(eval_fraction=0.3)
    selected, report = select(*rows, eval_fraction=0.3, validation_fraction=0.1)
    assert report.removed["held_out"] > 10
    assert report.removed["held_out"] % 2 == 0
    assert set(report.pairs_by_split) == {"train", "validation"}
    for prompt in selected.get_column("prompt"):
        assert split_of(canonical_key(prompt), settings) != "eval"


def test_a_text_judged_both_ways_is_in_no_pair() -> None:
    rows = attempts("so 14", "is 14", "so 10")
    flipped = rows[0] | {"export": "e0", "verdict": "incorrect", "reason": "mismatch"}
    selected, report = select(*rows, flipped)
    assert selected.get_column("chosen").to_list() == ["is 14"]
    assert report.removed["contested_completion"] == 2


def test_a_prompt_with_two_different_reference_answers_is_in_no_pair() -> None:
    other = [
        trace(PROBLEM, "so 15", "correct", export="e2", ground_truth="15"),
        trace(PROBLEM, "so 16", "incorrect", export="e2", ground_truth="15", line=2),
    ]
    selected, report = select(*attempts("so 14", "so 10"), *other)
    assert selected.is_empty()
    assert report.removed == {"gold_conflict": 2}
    # The pairs alone show the contradiction as well.
    pairs, _ = build_pairs(
        cleaned(*attempts("so 14", "so 10"), *other), cleaned(), PairingSettings()
    )
    assert select_pairs(pairs.lazy(), DatasetSettings(**ALL_TRAIN))[0].is_empty()


def test_two_spellings_of_one_reference_answer_do_not_repeat_a_pair() -> None:
    again = [row | {"export": "e2", "ground_truth": "14.0"} for row in attempts("so 14", "so 10")]
    selected, _ = select(*attempts("so 14", "so 10"), *again)
    assert selected.select("chosen", "rejected").rows() == [("so 14", "so 10")]


@pytest.mark.parametrize("negatives", sorted(NEGATIVES))
def test_the_same_exports_in_any_order_select_the_same_pairs(negatives: str) -> None:
    chance = random.Random(7)
    exports = [
        cleaned(
            *(
                trace(
                    f"problem {chance.randint(1, 6)}",
                    f"text {(text := chance.randint(0, 40))} says {text % 4}",
                    "correct" if text % 4 == 0 else "incorrect",
                    export=f"e{export}",
                    line=line,
                )
                for line in range(40)
            )
        )
        for export in range(6)
    ]
    caps = {"samples_per_side": 4, "candidate_pairs": 9}
    settings = DatasetSettings(**ALL_TRAIN, **caps, negatives=negatives, max_pairs_per_prompt=3)
    survey = survey_traces(pl.concat(exports), settings)
    rebuild, _ = build_pairs(pl.concat(exports), cleaned(), PairingSettings(**caps))
    rows, _ = select_pairs(rebuild.lazy(), settings, survey)
    expected = pl.concat(with_texts(rows, rebuild.lazy(), survey.problems))
    assert expected.height > 6
    for _ in range(3):
        chance.shuffle(exports)
        union = pl.concat(
            build_pairs(new, pl.concat([cleaned(), *exports[:n]]), PairingSettings(**caps))[0]
            for n, new in enumerate(exports)
        )
        rows, _ = select_pairs(union.lazy(), settings, survey)
        selected = pl.concat(with_texts(rows, union.lazy(), survey.problems))
        assert_frame_equal(selected, expected)


def test_pairs_of_prompts_that_the_traces_no_longer_hold_are_refused() -> None:
    pairs, _ = build_pairs(cleaned(*attempts("so 14", "so 10")), cleaned(), PairingSettings())
    settings = DatasetSettings(**ALL_TRAIN)
    with pytest.raises(DatasetError, match="1 of 1 pairs are of prompts that no cleaned trace has"):
        select_pairs(pairs.lazy(), settings, survey_traces(cleaned(), settings))


def test_no_pairs_select_nothing_and_report_zeros() -> None:
    selected, report = select()
    assert selected.schema == SELECTED_SCHEMA
    assert (report.pairs_in, report.pairs, report.removed, report.lengths_in_band) == (
        0,
        0,
        {},
        True,
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"negatives": "hardest"}, "negatives"),
        ({"max_pairs_per_prompt": 0}, "max_pairs_per_prompt"),
        ({"min_pass_rate": 0.8, "max_pass_rate": 0.2}, "min_pass_rate"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        DatasetSettings(**changes)
