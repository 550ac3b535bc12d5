from itertools import combinations

import numpy as np
import pytest

from dpo_math_assets.evaluation.estimators import (
    Interval,
    bootstrap_intervals,
    holm,
    majority_correct,
    mcnemar_test,
    pass_at_k,
    randomisation_test,
    rate_intervals,
    wilson_interval,
)


@pytest.mark.parametrize(("samples", "correct"), [(8, 0), (8, 1), (8, 3), (8, 8), (5, 2)])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_correct_sample(samples, correct):
    for k in range(1, samples + 1):
        draws = list(combinations(range(samples), k))
        with_correct = sum(any(member < correct for member in draw) for draw in draws)
        assert pass_at_k(samples, correct, k) == pytest.approx(with_correct / len(draws))


def test_pass_at_k_does_not_overflow_on_many_samples():
    assert pass_at_k(10_000, 1, 5_000) == pytest.approx(0.5)


def test_pass_at_k_of_more_samples_than_there_are_is_refused_and_not_guessed():
    with pytest.raises(ValueError, match="pass@5 of 1 correct among 4"):
        pass_at_k(4, 1, 5)


def test_wilson_interval_gives_the_published_values():
    # Newcombe 1998, table I, method 3 (Wilson's score): 81/263, 15/148, 0/20 and 1/29.
    for successes, trials, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = wilson_interval(successes, trials, 0.95)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_rate_of_nothing_is_not_known():
    assert wilson_interval(0, 0, 0.95) == Interval(0.0, 1.0)


@pytest.mark.parametrize(
    ("answers", "correct", "value"),
    [
        (["4", "4", "5"], [True, True, False], 1.0),
        (["4", "5", "5"], [True, False, False], 0.0),
        (["4", "5"], [True, False], 0.5),  # a tie
        (["x + 1", "x+1", "5"], [True, True, False], 1.0),  # white space is no difference
        (["4", None, None], [True, False, False], 1.0),  # no answer has no vote
        ([None, None], [False, False], 0.0),
    ],
)
def test_the_most_frequent_answer_decides_a_majority(answers, correct, value):
    assert majority_correct(answers, correct) == value


def test_mcnemar_is_the_exact_binomial_test_of_the_prompts_that_changed():
    # 2 * (C(6,0) + C(6,1)) / 2^6
    assert mcnemar_test(gained=5, lost=1) == pytest.approx(14 / 64)
    assert mcnemar_test(gained=10, lost=0) == pytest.approx(2 / 1024)
    assert mcnemar_test(gained=0, lost=0) == 1.0


def test_holm_gives_the_worked_example():
    # Ordered .005 .010 .030 .040: times 4, 3, 2, 1, and never below the one before.
    adjusted = holm([0.010, 0.040, 0.030, 0.005])
    assert adjusted == pytest.approx([0.030, 0.060, 0.060, 0.020])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_bootstrap_interval_of_many_coin_flips_is_the_normal_one():
    flips = np.array([[0.0, 1.0] * 500])
    [found] = bootstrap_intervals(flips, np.arange(1000), confidence=0.95, resamples=4000, seed=0)
    half = 1.96 * np.sqrt(0.25 / 1000)
    assert found.low == pytest.approx(0.5 - half, abs=0.003)
    assert found.high == pytest.approx(0.5 + half, abs=0.003)


def test_repeating_every_prompt_does_not_narrow_the_interval():
    values = np.array([[0.0, 1.0] * 50])
    options = {"confidence": 0.95, "resamples": 4000, "seed": 0}
    [once] = bootstrap_intervals(values, np.arange(100), **options)
    [repeated] = bootstrap_intervals(
        np.repeat(values, 9, axis=1), np.repeat(range(100), 9), **options
    )
    assert repeated == once


def test_a_bootstrap_is_the_same_again_for_the_same_seed():
    values = np.random.default_rng(3).random((2, 40))
    options = {"confidence": 0.95, "resamples": 500}
    first = bootstrap_intervals(values, np.arange(40), seed=1, **options)
    assert bootstrap_intervals(values, np.arange(40), seed=1, **options) == first
    assert bootstrap_intervals(values, np.arange(40), seed=2, **options) != first


def test_no_pass_in_five_prompts_is_not_a_certain_zero():
    [found] = rate_intervals(np.zeros((1, 5)), np.arange(5), confidence=0.95, resamples=200, seed=0)
    assert found == wilson_interval(0, 5, 0.95)
    assert found.high > 0.4


def test_the_randomisation_test_counts_sign_flips_exactly_in_small_slices():
    # All 2^3 sign patterns; only +++ and --- are as far out as what was seen.
    differences = np.array([0.25, 0.5, 0.125])
    options = {"resamples": 1000, "seed": 0}
    assert randomisation_test(differences, np.arange(3), **options) == pytest.approx(2 / 8)
    # Prompts without a change do not count as evidence.
    padded = np.concatenate([differences, np.zeros(50)])
    assert randomisation_test(padded, np.arange(53), **options) == pytest.approx(2 / 8)
    assert randomisation_test(np.zeros(9), np.arange(9), **options) == 1.0


def test_the_randomisation_test_finds_five_per_cent_of_nothing():
    rng = np.random.default_rng(0)
    found = [
        randomisation_test(rng.normal(size=25), np.arange(25), resamples=400, seed=seed) < 0.05
        for seed in range(400)
    ]
    assert 0.02 < np.mean(found) < 0.085
