"""Each condition of the gate fails on its own, by a literal example of what it is there for."""

import json

import polars as pl
import pytest
from pydantic import ValidationError

from dpo_math_assets.evaluation.contamination import OVERLAP_SCHEMA
from dpo_math_assets.evaluation.gate import GateDecision, GateSettings, judge_release
from dpo_math_assets.evaluation.statistics import (
    RATE_SCHEMA,
    SLICE_DIFFERENCE_SCHEMA,
    Comparison,
    McNemar,
    PairedDifference,
    StatisticsSettings,
    compare_models,
)

from .samples import judged, same

SETTINGS = GateSettings(min_prompts=40)
STEADY = -0.05  # nats a token: the chosen completions became likelier

# 20 prompts that the base never passes and the candidate half the time, 20 that both pass.
BASE = same(20, "w", "wwww") | same(20, "c", "cccc", 20)
BETTER = same(20, "w", "wcwc") | same(20, "c", "cccc", 20)


def decide(base, dpo, settings=SETTINGS, chosen_fall=STEADY, overlap=None, **more):
    statistics = StatisticsSettings(resamples=1000)
    comparison = compare_models(judged({"base": base, "dpo": dpo}, **more), settings=statistics)
    return judge_release(comparison, settings, chosen_fall, overlap)


def steady(metric, low, high):
    return PairedDifference(metric, 0.5, 0.5 + (low + high) / 2, (low + high) / 2, low, high, 0.5)


def compared(
    n_prompts=100,
    unverifiable=(0.0, 0.0),
    gain=(0.01, 0.09),
    pass_at_k=(-0.01, 0.01),
    greedy=(3, 2, 1.0),
    slices=(),
):
    """A comparison of literal figures, on which every condition holds where nothing is given."""
    rates = [
        {"slice_by": "all", "model": model, "unverifiable_rate": rate}
        for model, rate in zip(("base", "dpo"), unverifiable, strict=True)
    ]
    rows = [
        {"slice_by": "source", "slice": name, "tested": tested, "difference": d, "p_holm": p}
        for name, tested, d, p in slices
    ]
    return Comparison(
        base="base",
        candidate="dpo",
        n_prompts=n_prompts,
        k=4,
        rates=pl.DataFrame(rates, schema_overrides=RATE_SCHEMA),
        differences={
            "avg_at_k": steady("avg_at_k", *gain),
            "pass_at_k": steady("pass_at_k", *pass_at_k),
        },
        controls={},
        mcnemar=McNemar(*greedy),
        slices=pl.DataFrame(
            [{name: row.get(name) for name in SLICE_DIFFERENCE_SCHEMA} for row in rows],
            schema=SLICE_DIFFERENCE_SCHEMA,
        ),
        settings=StatisticsSettings(),
    )


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, []),
        ({"n_prompts": 99}, ["enough_prompts"]),
        # A tenth of either model's completions may be unverifiable, and no more.
        ({"unverifiable": (0.1, 0.1)}, []),
        ({"unverifiable": (0.101, 0.0)}, ["verifiable"]),
        ({"unverifiable": (0.0, 0.101)}, ["verifiable"]),
        # The whole interval of the gain lies above nothing, and not at it.
        ({"gain": (0.001, 0.09)}, []),
        ({"gain": (0.0, 0.09)}, ["improvement"]),
        ({"gain": (-0.01, 0.4)}, ["improvement"]),
        # pass@k may seem to fall, but not for sure.
        ({"pass_at_k": (-0.3, 0.0)}, []),
        ({"pass_at_k": (-0.3, -0.001)}, ["pass_at_k_not_down"]),
        # Greedy: more lost than gained, and not by chance.
        ({"greedy": (0, 2, 0.5)}, []),
        ({"greedy": (0, 6, 0.049)}, ["greedy_not_worse"]),
        ({"greedy": (0, 6, 0.05)}, []),
        ({"greedy": (6, 0, 0.03)}, []),
        ({"greedy": (5, 5, 0.01)}, []),
        # A slice: large enough to test, down, and not by chance among all of them.
        ({"slices": [("gsm8k", True, -0.2, 0.049)]}, ["no_slice_worse"]),
        ({"slices": [("gsm8k", True, -0.2, 0.05)]}, []),
        ({"slices": [("gsm8k", True, 0.2, 0.01)]}, []),
        ({"slices": [("gsm8k", True, 0.0, 0.01)]}, []),
        ({"slices": [("gsm8k", False, -0.2, 0.01)]}, []),
        (
            {"slices": [("a", True, 0.2, 0.01), ("b", True, -0.2, 0.01)]},
            ["no_slice_worse"],
        ),
    ],
    ids=str,
)
def test_each_condition_turns_at_its_threshold(changed, fails):
    decision = judge_release(compared(**changed), GateSettings())
    assert failed(decision) == fails
    assert decision.passed is decision.holds is (fails == [])


@pytest.mark.parametrize(("fall", "holds"), [(0.1, True), (0.101, False), (-5.0, True)])
def test_the_likelihood_of_chosen_may_fall_as_far_as_the_setting_says(fall, holds):
    assert judge_release(compared(), GateSettings(), chosen_fall=fall).holds is holds


@pytest.mark.parametrize(("alike", "holds"), [(1, True), (2, False)])
def test_one_of_a_hundred_prompts_may_be_like_one_that_was_trained_on(alike, holds):
    overlap = pl.DataFrame(
        [{"prompt_id": f"held_out/{n}"} for n in range(alike)], schema=OVERLAP_SCHEMA
    )
    assert judge_release(compared(), GateSettings(), overlap=overlap).holds is holds


def test_every_condition_says_its_figure_and_its_threshold():
    overlap = pl.DataFrame([{"prompt_id": "held_out/1"}], schema=OVERLAP_SCHEMA)
    worse = [("gsm8k", True, -0.2, 0.01), ("svamp", True, -0.1, 0.2)]
    compare = compared(unverifiable=(0.03, 0.02), greedy=(1, 6, 0.2), slices=worse)
    decision = judge_release(compare, chosen_fall=0.2, overlap=overlap)
    assert [(c.name, c.value, c.threshold) for c in decision.conditions] == [
        ("enough_prompts", 100.0, 100.0),
        ("verifiable", 0.03, 0.1),
        ("improvement", 0.01, 0.0),
        ("greedy_not_worse", -0.05, 0.0),
        ("pass_at_k_not_down", 0.01, 0.0),
        ("no_slice_worse", 1.0, 0.0),
        ("not_trained_on", 0.01, 0.01),
        ("chosen_still_likely", 0.2, 0.1),
    ]
    assert "a change of +5.0 points [+1.0 points to +9.0 points]" in decision.conditions[2].sentence
    assert "source = gsm8k -20.0 points (corrected p = 0.01)" in decision.conditions[5].sentence
    steady_slices = judge_release(compared()).conditions[5]
    assert steady_slices.sentence.endswith("none is significantly worse.")


@pytest.mark.parametrize(
    ("fall", "said"), [(0.2, "0.200 nats a token less"), (-0.2, "0.200 nats a token more")]
)
def test_a_fall_and_a_rise_of_the_likelihood_are_told_apart(fall, said):
    assert said in judge_release(compared(), chosen_fall=fall).conditions[-1].sentence


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("min_prompts", [1], [0]),
        ("min_improvement", [0.0, 0.999], [-0.001, 1.0]),
        ("significance", [0.001, 0.499], [0.0, 0.5]),
        ("max_unverifiable_rate", [0.0, 1.0], [-0.001, 1.001]),
        ("max_chosen_fall", [0.0], [-0.001]),
        ("max_overlap_rate", [0.0, 1.0], [-0.001, 1.001]),
    ],
)
def test_a_threshold_that_would_let_everything_through_is_refused(name, taken, refused):
    for value in taken:
        assert getattr(GateSettings(**{name: value}), name) == value
    for value in refused:
        with pytest.raises(ValidationError):
            GateSettings(**{name: value})


def test_a_summary_tells_what_failed_and_who_overrode_it():
    refused = judge_release(compared(n_prompts=99)).conditions
    said = "1 of 6 conditions fail: 99 prompts were compared; at least 100 are asked for."
    assert GateDecision(refused).summary() == said
    assert GateDecision(refused, "urgent").summary() == f"{said} Overridden: urgent"
    held = GateDecision(judge_release(compared()).conditions, "not needed")
    assert held.summary() == "All 6 conditions hold."
    assert held.passed and not held.overridden


def test_a_decision_without_conditions_releases_nothing_by_itself():
    assert not GateDecision([]).holds and not GateDecision([]).passed


def failed(decision):
    return [condition.name for condition in decision.conditions if not condition.passed]


def test_a_better_candidate_passes_every_condition():
    decision = decide(BASE, BETTER)
    assert failed(decision) == []
    assert decision.passed and decision.holds and not decision.overridden
    assert len(decision.conditions) == 7


def test_too_few_prompts_to_tell_hold_a_release_back():
    assert failed(decide(BASE, BETTER, GateSettings(min_prompts=41))) == ["enough_prompts"]


def test_a_gain_that_could_be_chance_is_no_improvement():
    one_more = BASE | {"held_out/0": ("w", "wwcw")}
    assert failed(decide(BASE, one_more)) == ["improvement"]


def test_a_gain_below_the_asked_one_is_not_enough():
    decision = decide(BASE, BETTER, GateSettings(min_prompts=40, min_improvement=0.3))
    assert failed(decision) == ["improvement"]


def test_greedy_answers_that_got_worse_hold_a_release_back():
    worse_greedy = same(20, "w", "wcwc") | same(20, "w", "cccc", 20)
    decision = decide(BASE, worse_greedy)
    assert failed(decision) == ["greedy_not_worse"]
    [condition] = [c for c in decision.conditions if not c.passed]
    assert condition.value == -0.5
    assert "0 prompts gained, 20 lost" in condition.sentence


def test_greedy_answers_that_got_much_better_are_no_reason_to_refuse():
    assert decide(BASE, same(20, "c", "wcwc") | same(20, "c", "cccc", 20)).holds


def test_two_prompts_no_longer_solved_could_be_chance():
    base = same(20, "w", "wwwc") | same(20, "c", "cccc", 20)
    dpo = BETTER | same(2, "w", "wwww")
    decision = decide(base, dpo)
    assert decision.holds
    [condition] = [c for c in decision.conditions if c.name == "pass_at_k_not_down"]
    assert "a change of -5.0 points [-12.5 points to +0.0 points]" in condition.sentence


def test_one_of_many_slices_a_little_worse_could_be_chance():
    # Of 8 unchanged slices one loses in 6 of its 20 prompts: p = 2/64 alone, 8 times that together.
    base = same(160, "w", "wcww")
    dpo = base | same(6, "w", "wwww", 140)
    sources = {f"held_out/{n}": f"s{n // 20}" for n in range(160)}
    decision = decide(base, dpo, sources=sources)
    assert "no_slice_worse" not in failed(decision)
    worse = (
        compare_models(judged({"base": base, "dpo": dpo}, sources=sources))
        .slices.filter(slice="s7")
        .row(0, named=True)
    )
    assert worse["p_value"] == pytest.approx(2 / 64)
    assert worse["p_holm"] > 0.05


def test_fewer_prompts_ever_solved_hold_a_release_back():
    base = same(30, "w", "wwcw") | same(30, "w", "wcwc", 30)
    narrower = same(30, "w", "wwww") | same(30, "w", "cccc", 30)
    settings = GateSettings(min_prompts=40, significance=1e-9)  # slices are another condition
    assert failed(decide(base, narrower, settings)) == ["pass_at_k_not_down"]


def test_one_source_that_got_worse_holds_a_release_back():
    base = same(60, "w", "wwww") | same(20, "w", "cccc", 60)
    dpo = same(60, "w", "cccc") | same(20, "w", "cwcw", 60)
    sources = {f"held_out/{n}": "main" if n < 60 else "svamp" for n in range(80)}
    decision = decide(base, dpo, sources=sources)
    assert failed(decision) == ["no_slice_worse"]
    assert "source = svamp -50.0 points" in decision.summary()


def test_answers_that_the_verifier_cannot_judge_hold_a_release_back():
    unreadable = BETTER | same(10, "u", "uuuu", 0)
    decision = decide(same(20, "u", "wwww") | same(20, "c", "cccc", 20), unreadable)
    assert "verifiable" in failed(decision)


def test_missing_and_unclear_answers_are_wrong_and_not_unverifiable():
    silent = same(20, "n", "neaa") | same(20, "c", "cccc", 20)
    assert "verifiable" not in failed(decide(silent, BETTER))


def test_a_collapsed_likelihood_of_chosen_holds_a_release_back():
    assert failed(decide(BASE, BETTER, chosen_fall=0.43)) == ["chosen_still_likely"]


def test_a_training_that_did_not_log_the_likelihood_is_not_taken_for_a_good_one():
    assert failed(decide(BASE, BETTER, chosen_fall=float("nan"))) == ["chosen_still_likely"]


def test_a_model_trained_elsewhere_is_judged_without_its_training():
    assert len(decide(BASE, BETTER, chosen_fall=None).conditions) == 6


def test_prompts_that_were_trained_on_hold_a_release_back():
    trained_on = pl.DataFrame([{"prompt_id": "held_out/3"}], schema=OVERLAP_SCHEMA)
    decision = decide(BASE, BETTER, overlap=trained_on)
    assert failed(decision) == ["not_trained_on"]
    assert "1 of 40 prompts are like one that was trained on (2.5%)" in decision.summary()
    assert decide(BASE, BETTER, overlap=trained_on.clear()).holds


def test_without_greedy_or_sampled_completions_the_gate_does_not_hold():
    no_greedy = {name: ("", sampled) for name, (_, sampled) in BETTER.items()}
    base = {name: ("", sampled) for name, (_, sampled) in BASE.items()}
    assert failed(decide(base, no_greedy)) == ["greedy_not_worse"]
    greedy_only = {name: (greedy, "") for name, (greedy, _) in BASE.items()}
    decision = decide(greedy_only, greedy_only)
    assert failed(decision) == ["improvement", "pass_at_k_not_down"]
    assert [(c.value, c.threshold) for c in decision.conditions if not c.passed] == [
        (None, 0.0),
        (None, 0.0),
    ]


def test_a_human_override_releases_and_its_reason_is_kept():
    refused = decide(BASE, BETTER, GateSettings(min_prompts=41))
    decision = GateDecision(refused.conditions, "Agreed with QA on 3 May.")
    assert decision.passed and decision.overridden and not decision.holds
    kept = json.loads(json.dumps(decision.as_dict(), allow_nan=False))
    assert kept["override_reason"] == "Agreed with QA on 3 May."
    assert [c["name"] for c in kept["conditions"] if not c["passed"]] == ["enough_prompts"]
