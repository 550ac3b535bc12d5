"""The release gate: is the candidate better, and is that known?

Reward accuracy and margins are not asked: they read near 1 for models that collapsed. What counts
is the verified pass rate on prompts that were never trained on, with intervals, and that nothing
that matters got worse. Every condition is judged on its own and says its figure, so that a refusal
explains itself. A human may override a refusal with a reason; the decision keeps both.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.evaluation.statistics import Comparison


class GateSettings(BaseModel):
    """Thresholds of the release gate."""

    min_prompts: int = Field(
        default=100, ge=1, description="Prompts below which no difference can be told."
    )
    min_improvement: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="The lower end of the interval of the gain in avg@k must lie above this.",
    )
    significance: float = Field(
        default=0.05,
        gt=0.0,
        lt=0.5,
        description="Level at which a fall of greedy pass@1 or of a slice counts as real.",
    )
    max_unverifiable_rate: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Share of completions, of either model, that may be undecided because of the "
        "gold answer or a limit of the verifier (an answer that is missing or unclear is the "
        "model's own failure and counts as not passed).",
    )
    max_chosen_fall: float = Field(
        default=0.1,
        ge=0.0,
        description="How far training may leave the chosen completions below the base model, in "
        "nats a token, before it counts as likelihood displacement.",
    )
    max_overlap_rate: float = Field(
        default=0.01,
        ge=0.0,
        le=1.0,
        description="Share of the compared prompts that may be like one that was trained on.",
    )


@dataclass(frozen=True)
class GateCondition:
    """One thing that must hold, and how far it does."""

    name: str
    passed: bool
    value: float | None  # None where there is nothing to measure it from
    threshold: float
    sentence: str


@dataclass(frozen=True)
class GateDecision:
    """Whether the candidate may be released, and why."""

    conditions: list[GateCondition]
    override_reason: str = ""  # empty: nobody overrode anything

    @property
    def holds(self) -> bool:
        """Every condition holds by itself, and there is one."""
        return bool(self.conditions) and all(condition.passed for condition in self.conditions)

    @property
    def overridden(self) -> bool:
        """A condition fails and a human released the candidate nevertheless."""
        return not self.holds and bool(self.override_reason)

    @property
    def passed(self) -> bool:
        """The candidate may be released."""
        return self.holds or self.overridden

    def summary(self) -> str:
        """One sentence for a log or a check."""
        failed = [c.sentence for c in self.conditions if not c.passed]
        if not failed:
            return f"All {len(self.conditions)} conditions hold."
        said = f"{len(failed)} of {len(self.conditions)} conditions fail: {' '.join(failed)}"
        return f"{said} Overridden: {self.override_reason}" if self.overridden else said

    def as_dict(self) -> dict[str, Any]:
        """The decision as plain JSON values."""
        return {
            "passed": self.passed,
            "holds": self.holds,
            "overridden": self.overridden,
            "override_reason": self.override_reason,
            "summary": self.summary(),
            "conditions": [asdict(condition) for condition in self.conditions],
        }


def judge_release(
    comparison: Comparison,
    settings: GateSettings | None = None,
    chosen_fall: float | None = None,
    overlap: pl.DataFrame | None = None,
) -> GateDecision:
    """Judge a candidate against its base; only a human overrides it, afterwards and with a reason.

    `chosen_fall` is how far training left the chosen completions below the base model, in nats a
    token (NaN: it was not logged), and `overlap` what contamination.py found. None for a
    model that was not trained here: there is no condition on its training then.
    """
    settings = settings or GateSettings()
    conditions = [
        _enough_prompts(comparison, settings),
        _verifiable(comparison, settings),
        _improvement(comparison, settings),
        _greedy_not_worse(comparison, settings),
        _pass_at_k_not_down(comparison),
        _no_slice_worse(comparison, settings),
    ]
    if overlap is not None:
        conditions.append(_not_trained_on(comparison, overlap, settings))
    if chosen_fall is not None:
        conditions.append(_chosen_still_likely(chosen_fall, settings))
    return GateDecision(conditions)


def _enough_prompts(comparison: Comparison, settings: GateSettings) -> GateCondition:
    count = comparison.n_prompts
    return GateCondition(
        "enough_prompts",
        count >= settings.min_prompts,
        float(count),
        float(settings.min_prompts),
        f"{count} prompts were compared; at least {settings.min_prompts} are asked for.",
    )


def _verifiable(comparison: Comparison, settings: GateSettings) -> GateCondition:
    rates = comparison.rates.filter(slice_by="all")
    found = {
        model: float(rates.filter(model=model)["unverifiable_rate"].item())
        for model in (comparison.base, comparison.candidate)
    }
    worst = max(found.values())
    each = ", ".join(f"{rate:.1%} of {model}" for model, rate in found.items())
    return GateCondition(
        "verifiable",
        worst <= settings.max_unverifiable_rate,
        worst,
        settings.max_unverifiable_rate,
        f"Undecided because of the gold answer or a limit of the verifier: {each}; at most "
        f"{settings.max_unverifiable_rate:.1%} is allowed.",
    )


def _improvement(comparison: Comparison, settings: GateSettings) -> GateCondition:
    found = comparison.differences.get("avg_at_k")
    least = settings.min_improvement
    if found is None:
        sentence = "There are no sampled completions to measure a gain in avg@k from."
        return GateCondition("improvement", False, None, least, sentence)
    return GateCondition(
        "improvement",
        found.low > least,
        found.low,
        least,
        f"avg@{comparison.k} went from {found.base_rate:.1%} to {found.candidate_rate:.1%}, a "
        f"change of {_points(found.difference)} [{_points(found.low)} to {_points(found.high)}]; "
        f"the lower end must lie above {_points(least)}.",
    )


def _greedy_not_worse(comparison: Comparison, settings: GateSettings) -> GateCondition:
    found = comparison.mcnemar
    if found is None:
        sentence = "There are no greedy completions to compare; sample with greedy on."
        return GateCondition("greedy_not_worse", False, None, 0.0, sentence)
    worse = found.lost > found.gained and found.p_value < settings.significance
    return GateCondition(
        "greedy_not_worse",
        not worse,
        (found.gained - found.lost) / comparison.n_prompts,
        0.0,
        f"Greedy: {found.gained} prompts gained, {found.lost} lost (McNemar p = "
        f"{found.p_value:.3g}); more lost than gained with p below {settings.significance:g} "
        "fails.",
    )


def _pass_at_k_not_down(comparison: Comparison) -> GateCondition:
    found = comparison.differences.get("pass_at_k")
    if found is None:
        sentence = "There are no sampled completions to measure pass@k from."
        return GateCondition("pass_at_k_not_down", False, None, 0.0, sentence)
    return GateCondition(
        "pass_at_k_not_down",
        found.high >= 0.0,
        found.high,
        0.0,
        f"pass@{comparison.k} went from {found.base_rate:.1%} to {found.candidate_rate:.1%}, a "
        f"change of {_points(found.difference)} [{_points(found.low)} to {_points(found.high)}]; "
        "an interval wholly below 0 fails.",
    )


def _no_slice_worse(comparison: Comparison, settings: GateSettings) -> GateCondition:
    tested = comparison.slices.filter("tested")
    worse = tested.filter(
        (pl.col("difference") < 0.0) & (pl.col("p_holm") < settings.significance)
    ).sort("difference")
    named = "; ".join(
        f"{row['slice_by']} = {row['slice']} {_points(row['difference'])} "
        f"(corrected p = {row['p_holm']:.2g})"
        for row in worse.iter_rows(named=True)
    )
    found = f"significantly worse: {named}" if named else "none is significantly worse"
    return GateCondition(
        "no_slice_worse",
        worse.is_empty(),
        float(worse.height),
        0.0,
        f"{tested.height} of {comparison.slices.height} slices are large enough to test; {found}.",
    )


def _not_trained_on(
    comparison: Comparison, overlap: pl.DataFrame, settings: GateSettings
) -> GateCondition:
    rate = overlap.height / comparison.n_prompts
    return GateCondition(
        "not_trained_on",
        rate <= settings.max_overlap_rate,
        rate,
        settings.max_overlap_rate,
        f"{overlap.height} of {comparison.n_prompts} prompts are like one that was trained on "
        f"({rate:.1%}); at most {settings.max_overlap_rate:.1%} is allowed.",
    )


def _chosen_still_likely(fall: float, settings: GateSettings) -> GateCondition:
    most = settings.max_chosen_fall
    if not math.isfinite(fall):
        return GateCondition(
            "chosen_still_likely",
            False,
            None,
            most,
            "Training logged no finite log-probability of the chosen completions: set "
            "training.logging_steps in settings.yaml below the number of steps of the run.",
        )
    return GateCondition(
        "chosen_still_likely",
        fall <= most,
        fall,
        most,
        f"Training left the chosen completions {abs(fall):.3f} nats a token "
        f"{'less' if fall > 0 else 'more'} likely than the base model; a fall of more than "
        f"{most:g} is a sign of likelihood displacement.",
    )


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} points"
