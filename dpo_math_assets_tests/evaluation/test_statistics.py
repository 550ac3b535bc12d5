import math

import numpy as np
import polars as pl
import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.estimators import wilson_interval
from dpo_math_assets.evaluation.statistics import (
    RATE_SCHEMA,
    SLICE_DIFFERENCE_SCHEMA,
    StatisticsSettings,
    compare_models,
    pass_rates,
)

from .samples import judged, same

QUICK = StatisticsSettings(resamples=500)

FOUR_PROMPTS = judged(
    {
        "base": {
            "a": ("c", "ccww"),  # 2 of 4
            "b": ("w", "wwwc"),  # 1 of 4
            "c": ("a", "neww"),  # none, two without an answer
            "d": ("u", "cccc"),  # all, the greedy one not decided
        }
    }
)


def overall(rates: pl.DataFrame, model: str = "base") -> dict:
    return rates.row(
        by_predicate=(pl.col("slice_by") == "all") & (pl.col("model") == model), named=True
    )


def test_rates_are_those_counted_by_hand():
    rates = pass_rates(FOUR_PROMPTS, QUICK)
    row = overall(rates)
    assert rates.schema == RATE_SCHEMA
    assert (row["n_prompts"], row["n_samples"], row["k"]) == (4, 20, 4)
    assert row["pass_at_1"] == 1 / 4
    assert row["avg_at_k"] == (2 + 1 + 0 + 4) / 16
    assert row["pass_at_k"] == 3 / 4
    # a ties 2 to 2, b is outvoted, c has two votes for a wrong answer, d is unanimous.
    assert row["maj_at_k"] == (0.5 + 0 + 0 + 1) / 4
    assert row["mean_tokens"] == 5.0


def test_undecided_counts_as_not_passed_and_is_shown_on_its_own():
    row = overall(pass_rates(FOUR_PROMPTS, QUICK))
    assert row["pass_at_1_decided"] == 1 / 2
    assert row["avg_at_k_decided"] == 7 / 14
    assert row["undecided_rate"] == 4 / 20
    assert row["no_answer_rate"] == 2 / 20
    assert row["unclear_answer_rate"] == 1 / 20
    assert row["unverifiable_rate"] == 1 / 20
    assert row["truncated_rate"] == 1 / 20


def test_the_greedy_interval_is_wilsons():
    row = overall(pass_rates(FOUR_PROMPTS, QUICK))
    wilson = wilson_interval(1, 4, 0.95)
    assert (row["pass_at_1_low"], row["pass_at_1_high"]) == (wilson.low, wilson.high)


def test_what_was_not_drawn_is_absent_and_not_zero():
    greedy_only = overall(pass_rates(judged({"base": same(3, "c", "")}), QUICK))
    assert greedy_only["pass_at_1"] == 1.0
    assert [greedy_only[name] for name in ("k", "avg_at_k", "pass_at_k", "maj_at_k")] == [None] * 4
    sampled_only = overall(pass_rates(judged({"base": same(3, "", "cw")}), QUICK))
    assert sampled_only["pass_at_1"] is None and sampled_only["pass_at_1_low"] is None
    assert sampled_only["avg_at_k"] == 0.5
    never_decided = overall(pass_rates(judged({"base": same(3, "n", "nn")}), QUICK))
    assert never_decided["avg_at_k"] == 0.0 and never_decided["avg_at_k_decided"] is None


def test_a_comparison_pairs_the_models_prompt_by_prompt():
    found = compare_models(
        judged(
            {
                "base": {"a": ("c", "cc"), "b": ("w", "cw"), "c": ("w", "ww"), "d": ("w", "ww")},
                "dpo": {"a": ("w", "cw"), "b": ("c", "cc"), "c": ("c", "cc"), "d": ("w", "ww")},
            }
        ),
        settings=QUICK,
    )
    assert (found.n_prompts, found.k) == (4, 2)
    average = found.differences["avg_at_k"]
    assert (average.base_rate, average.candidate_rate) == (3 / 8, 5 / 8)
    assert average.difference == 2 / 8
    assert average.low <= 2 / 8 <= average.high
    # The differences are -1/2, +1/2, +1 and 0. With signs swapped, 6 of the 8 sums of the three
    # that moved are at least as far from 0 as their own sum of 1: all but ++- and --+.
    assert average.p_value == pytest.approx(6 / 8)
    assert (found.mcnemar.gained, found.mcnemar.lost) == (2, 1)
    assert found.mcnemar.p_value == 1.0


def test_the_candidate_is_set_against_the_control_too():
    outcomes = {
        "base": {"a": ("w", "ww"), "b": ("w", "ww")},
        "dpo": {"a": ("c", "cc"), "b": ("w", "cw")},
        "sft": {"a": ("c", "cc"), "b": ("c", "cc")},
    }
    found = compare_models(judged(outcomes), settings=QUICK)
    assert list(found.controls) == ["sft"]
    assert found.controls["sft"]["avg_at_k"].difference == -1 / 4
    assert found.differences["avg_at_k"].difference == 3 / 4
    del outcomes["sft"]["b"]
    with pytest.raises(EvaluationError, match="only one of sft and dpo, for example 'b'"):
        compare_models(judged(outcomes), settings=QUICK)


def test_a_rate_that_one_model_lacks_is_not_compared():
    outcomes = {"base": same(3, "c", "cw"), "dpo": same(3, "", "cc")}
    found = compare_models(judged(outcomes), settings=QUICK)
    assert list(found.differences) == ["avg_at_k", "pass_at_k", "maj_at_k"]
    assert found.mcnemar is None


def test_the_same_completions_show_no_difference_at_all():
    outcome = {"a": ("c", "cw"), "b": ("w", "ww"), "c": ("c", "cc")}
    found = compare_models(judged({"base": outcome, "dpo": outcome}), settings=QUICK)
    for difference in found.differences.values():
        assert (difference.difference, difference.low, difference.high) == (0.0, 0.0, 0.0)
        assert difference.p_value == 1.0


def test_prompts_are_joined_by_id_whatever_the_order_of_rows():
    samples = judged(
        {
            "base": {"a": ("c", "cc"), "b": ("w", "ww")},
            "dpo": {"b": ("w", "ww"), "a": ("c", "cc")},
        }
    )
    shuffled = samples.sample(fraction=1.0, shuffle=True, seed=4)
    for frame in (samples, shuffled):
        assert compare_models(frame, settings=QUICK).mcnemar.gained == 0


def test_a_repeated_prompt_counts_as_one_cluster():
    outcomes = {"base": same(40, "w", "ww"), "dpo": same(20, "w", "ww") | same(20, "c", "cc", 20)}
    apart = compare_models(judged(outcomes), settings=QUICK)
    texts = {f"held_out/{n}": f"Solve {n // 10}" for n in range(40)}
    together = compare_models(judged(outcomes, prompts=texts), settings=QUICK)
    wide = together.differences["avg_at_k"]
    narrow = apart.differences["avg_at_k"]
    assert wide.difference == narrow.difference == 0.5
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_equal_models_show_no_fall_in_the_bin_of_prompts_that_the_base_got_right():
    # Both pass with chance 1/2. Binned by the compared samples, the base would read 1 there.
    rng = np.random.default_rng(0)

    def model() -> dict[str, tuple[str, str]]:
        return {str(n): ("c", "".join(rng.choice(["c", "w"], size=4))) for n in range(400)}

    found = compare_models(judged({"base": model(), "dpo": model()}), settings=QUICK)
    bins = found.slices.filter(slice_by="difficulty")
    always = bins.row(by_predicate=pl.col("slice") == "4 always right", named=True)
    assert 70 < always["n_prompts"] < 130
    assert always["base_rate"] == pytest.approx(0.5, abs=0.1)
    assert always["low"] < 0.0 < always["high"]


def test_slices_are_corrected_together_and_small_ones_are_not_tested():
    base = same(30, "w", "ww") | same(5, "w", "ww", 30)
    dpo = same(30, "w", "ww") | same(5, "c", "cc", 30)
    sources = {f"held_out/{n}": "big" if n < 30 else "small" for n in range(35)}
    found = compare_models(judged({"base": base, "dpo": dpo}, sources=sources), settings=QUICK)
    assert found.slices.schema == SLICE_DIFFERENCE_SCHEMA
    rows = {row["slice"]: row for row in found.slices.filter(slice_by="source").to_dicts()}
    assert rows["big"]["tested"] and rows["big"]["p_value"] == 1.0
    assert not rows["small"]["tested"]
    assert rows["small"]["p_value"] is None and rows["small"]["p_holm"] is None
    assert rows["small"]["difference"] == 1.0


def test_holm_counts_every_tested_slice():
    def halves(first: str, second: str) -> dict:
        return same(20, "w", first) | same(20, "w", second, 20)

    sources = {f"held_out/{n}": "one" if n < 20 else "two" for n in range(40)}
    golds = {f"held_out/{n}": "4" if n % 2 else "1/2" for n in range(40)}
    found = compare_models(
        judged(
            {"base": halves("wwww", "wwww"), "dpo": halves("cccc", "wwww")},
            sources=sources,
            golds=golds,
        ),
        settings=StatisticsSettings(resamples=2000),
    )
    tested = found.slices.filter("tested").sort("p_value")
    # Two sources and two answer types; the base never passes, so difficulty has a single bin.
    assert tested.height == 4
    smallest = tested.row(0, named=True)
    assert smallest["p_holm"] == pytest.approx(4 * smallest["p_value"])


def test_many_slices_do_not_hide_one_that_is_clearly_worse():
    # 31 slices of 20 prompts, one of which falls from always to never.
    base = same(600, "c", "ccww")
    dpo = base | same(20, "w", "wwww", 600)
    base = base | same(20, "c", "cccc", 600)
    meta = {f"held_out/{n}": f'{{"group": "g{n // 20}"}}' for n in range(620)}
    settings = StatisticsSettings(resamples=500, slice_fields=["group"])
    found = compare_models(judged({"base": base, "dpo": dpo}, meta=meta), settings=settings)
    assert found.slices.filter("tested", slice_by="meta.group").height == 31
    fallen = found.slices.row(by_predicate=pl.col("slice") == "g30", named=True)
    assert fallen["difference"] == -1.0
    assert fallen["p_holm"] < 0.01


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (
            judged({"base": same(2, "c", "cc"), "dpo": same(3, "c", "cc")}),
            "1 prompts were sampled by only one of base and dpo, for example 'held_out/2'",
        ),
        (judged({"base": same(2, "c", "cc")}), "no samples of model 'dpo'; there are base"),
        (
            judged({"base": same(1, "c", "c"), "dpo": same(1, "c", "c")}).with_columns(
                verifier_version=pl.when(pl.col("model") == "dpo")
                .then(pl.lit("2"))
                .otherwise(pl.lit("1"))
            ),
            "different verifiers",
        ),
        (
            judged({"base": same(1, "c", "c"), "dpo": same(1, "c", "c")}).with_columns(
                verdict=pl.lit(None, dtype=pl.String)
            ),
            "4 of 4 samples have no verdict; run judge_samples",
        ),
        (
            pl.concat([judged({"base": same(1, "c", "c"), "dpo": same(1, "c", "c")})] * 2),
            "8 samples share model, prompt, mode and number",
        ),
        (judged({}), "no samples to compute"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(samples, said):
    with pytest.raises(EvaluationError, match=said):
        compare_models(samples, settings=QUICK)


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = 0
    rounds = 120
    for _ in range(rounds):
        chances = rng.uniform(0, 1, 60)
        outcome = {
            str(n): ("", "".join("c" if rng.random() < p else "w" for _ in range(4)))
            for n, p in enumerate(chances)
        }
        row = overall(pass_rates(judged({"base": outcome}), StatisticsSettings(resamples=300)))
        held += row["avg_at_k_low"] <= 0.5 <= row["avg_at_k_high"]
    assert held / rounds > 0.95 - 3 * math.sqrt(0.95 * 0.05 / rounds)
