"""Pass rates by model and slice, and the paired comparison of two models.

What counts: a completion passes where the verdict is `correct`. The headline rates count undecided
as not passed, so that a model cannot raise its rate by answering less clearly; the rates over
decided completions stand beside them, and undecided has rates of its own.

| rate | of | interval |
| --- | --- | --- |
| pass_at_1 | the greedy completion | Wilson |
| avg_at_k | the mean over k sampled completions | bootstrap over prompts |
| pass_at_k | any of k sampled completions, unbiased | bootstrap over prompts |
| maj_at_k | the most frequent answer of k | bootstrap over prompts |
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.errors import EvaluationError
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
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.evaluation.slices import EVERYTHING, samples_of_kind, slice_prompts

VERDICTS = ("correct", "incorrect", "undecided")

# Undecided because of the model: it gave no answer, or none that can be read as one. An empty
# completion is a missing input to the verifier; the gold is never missing here. Every other reason
# is the verifier's or the gold's.
NO_ANSWER = ("no_final_answer", "missing_inputs")
UNCLEAR_ANSWER = ("unparsable_answer", "ambiguous_answer")

SAMPLED_METRICS = ("avg_at_k", "pass_at_k", "maj_at_k")
METRICS = ("pass_at_1", *SAMPLED_METRICS)

# So many resamples for each tested slice let a corrected p-value fall to 2/400, or 0.005.
RESAMPLES_A_TESTED_SLICE = 400


class StatisticsSettings(BaseModel):
    """How intervals and tests are computed, and which slices are shown."""

    confidence: float = Field(default=0.95, gt=0.5, lt=1.0, description="Level of all intervals.")
    resamples: int = Field(
        default=4000, ge=100, le=1_000_000, description="Resamples of a bootstrap or a test."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the resampling.")
    slice_fields: list[str] = Field(
        default_factory=list, description="Fields of the prompts' meta to slice by."
    )
    min_slice_prompts: int = Field(
        default=20, ge=2, description="Slices with fewer prompts are shown but not tested."
    )


RATE_SCHEMA = pl.Schema(
    {
        "slice_by": pl.String,  # all, source, answer_type, difficulty or meta.<field>
        "slice": pl.String,
        "model": pl.String,
        "n_prompts": pl.Int64,
        "n_samples": pl.Int64,  # completions, greedy ones included
        "k": pl.Int64,  # sampled completions a prompt; null where none was drawn
        # Rates with undecided as not passed, and their intervals. Null where nothing was drawn.
        **{f"{metric}{end}": pl.Float64 for metric in METRICS for end in ("", "_low", "_high")},
        # Rates over the decided completions alone. Null where none was decided.
        "pass_at_1_decided": pl.Float64,
        "avg_at_k_decided": pl.Float64,
        # Rates over all completions.
        "undecided_rate": pl.Float64,
        "no_answer_rate": pl.Float64,  # undecided: there is no final answer
        "unclear_answer_rate": pl.Float64,  # undecided: outside the grammar, or ambiguous
        "unverifiable_rate": pl.Float64,  # undecided: the gold, or a limit of the verifier
        "truncated_rate": pl.Float64,
        "mean_tokens": pl.Float64,  # of a completion
    }
)

SLICE_DIFFERENCE_SCHEMA = pl.Schema(
    {
        "slice_by": pl.String,
        "slice": pl.String,
        "n_prompts": pl.Int64,
        "base_rate": pl.Float64,  # avg_at_k
        "candidate_rate": pl.Float64,
        "difference": pl.Float64,  # candidate minus base
        "low": pl.Float64,
        "high": pl.Float64,
        "tested": pl.Boolean,  # enough prompts
        "p_value": pl.Float64,  # randomisation test; null where not tested
        "p_holm": pl.Float64,  # corrected for all tested slices
    }
)


@dataclass(frozen=True)
class PairedDifference:
    """One rate of two models on the same prompts; differences are candidate minus base."""

    metric: str
    base_rate: float
    candidate_rate: float
    difference: float
    low: float
    high: float
    p_value: float  # paired randomisation test


@dataclass(frozen=True)
class McNemar:
    """The greedy completions of two models, prompt by prompt."""

    gained: int  # base not passed, candidate passed
    lost: int  # base passed, candidate not
    p_value: float  # exact, two-sided


@dataclass(frozen=True)
class Comparison:
    """Two models on the same prompts, with everything the gate and the report ask for."""

    base: str
    candidate: str
    n_prompts: int
    k: int | None  # sampled completions a prompt, the smaller of the two models'
    rates: pl.DataFrame  # RATE_SCHEMA, every model of the samples
    differences: dict[str, PairedDifference]  # by metric; a metric that was not drawn is absent
    # Candidate minus each other model of the samples, such as the SFT control, by metric.
    controls: dict[str, dict[str, PairedDifference]]
    mcnemar: McNemar | None  # None without greedy completions
    slices: pl.DataFrame  # SLICE_DIFFERENCE_SCHEMA, avg_at_k, without the slice of everything
    settings: StatisticsSettings


def pass_rates(
    samples: pl.DataFrame,
    settings: StatisticsSettings | None = None,
    base: str = "base",
) -> pl.DataFrame:
    """RATE_SCHEMA rows of judged samples (SAMPLE_SCHEMA), one a model and slice.

    The slice of everything comes first. Difficulty slices need the model called `base`; in them
    rates are of half the samples (see slices.py). Raises EvaluationError for samples that were not
    judged, or are not each there once.
    """
    settings = settings or StatisticsSettings()
    check_judged(samples)
    rows = []
    members = slice_prompts(samples, base, settings.slice_fields)
    for kind in members["slice_by"].unique(maintain_order=True):
        of_kind = samples_of_kind(samples, kind)
        joined = members.filter(slice_by=kind).select("prompt_id", "slice")
        scores = prompt_scores(of_kind).join(joined, on="prompt_id")
        for value in joined["slice"].unique().sort():
            for model in samples["model"].unique(maintain_order=True):
                part = scores.filter(slice=value, model=model)
                if part.height:
                    rows.append(
                        {"slice_by": kind, "slice": value, "model": model, **_rates(part, settings)}
                    )
    return pl.DataFrame(rows, schema=RATE_SCHEMA)


def compare_models(
    samples: pl.DataFrame,
    base: str = "base",
    candidate: str = "dpo",
    settings: StatisticsSettings | None = None,
) -> Comparison:
    """Compare two models of judged samples prompt by prompt.

    Raises EvaluationError where a model has no samples, the two have different prompts, or they
    were judged by different versions of the verifier: none of these can be compared.
    """
    settings = settings or StatisticsSettings()
    check_judged(samples)
    others = [m for m in samples["model"].unique().sort() if m not in (base, candidate)]
    for model in (base, *others):
        _check_comparable(samples, model, candidate)
    pairs = _paired(samples, base, candidate)
    mcnemar = None
    if pairs["pass_at_1"].null_count() == 0:
        gained = int((pairs["pass_at_1_candidate"] > pairs["pass_at_1"]).sum())
        lost = int((pairs["pass_at_1_candidate"] < pairs["pass_at_1"]).sum())
        mcnemar = McNemar(gained, lost, mcnemar_test(gained, lost))
    return Comparison(
        base=base,
        candidate=candidate,
        n_prompts=pairs.height,
        k=pairs["k"][0],
        rates=pass_rates(samples, settings, base),
        differences=_differences(pairs, settings),
        controls={
            model: _differences(_paired(samples, model, candidate), settings) for model in others
        },
        mcnemar=mcnemar,
        slices=_slice_differences(samples, base, candidate, settings),
        settings=settings,
    )


def paired_differences(
    samples: pl.DataFrame, base: str, candidate: str, settings: StatisticsSettings
) -> dict[str, PairedDifference]:
    """The differences of two models by metric, as in `Comparison`, and nothing else."""
    check_judged(samples)
    _check_comparable(samples, base, candidate)
    return _differences(_paired(samples, base, candidate), settings)


def check_judged(samples: pl.DataFrame) -> None:
    """Raise EvaluationError unless the samples are SAMPLE_SCHEMA, judged, and each there once."""
    missing = [name for name in SAMPLE_SCHEMA.names() if name not in samples.columns]
    if missing:
        raise EvaluationError(f"Samples lack the columns {', '.join(missing)}.")
    if samples.is_empty():
        raise EvaluationError("There are no samples to compute pass rates from.")
    unjudged = samples.filter(~pl.col("verdict").is_in(VERDICTS).fill_null(False)).height
    if unjudged:
        raise EvaluationError(
            f"{unjudged} of {samples.height} samples have no verdict; run judge_samples first."
        )
    twice = samples.select("model", "prompt_id", "mode", "sample").is_duplicated().sum()
    if twice:
        raise EvaluationError(
            f"{twice} samples share model, prompt, mode and number with another; each must be "
            "there once."
        )


def prompt_scores(samples: pl.DataFrame) -> pl.DataFrame:
    """One row a model and prompt: its four rates (null where not drawn), and counts.

    Columns: model, prompt_id, prompt, k, the METRICS, and completions counted as `<mode>_n`,
    `<mode>_correct` and `<mode>_decided` for both modes, `undecided`, `no_answer`,
    `unclear_answer`, `truncated`, and tokens (sum) of `with_tokens` completions.
    """
    correct = pl.col("verdict") == "correct"
    decided = pl.col("verdict") != "undecided"
    sampled = pl.col("mode") == "sampled"
    greedy = pl.col("mode") == "greedy"
    counts = samples.group_by("model", "prompt_id", maintain_order=True).agg(
        pl.col("prompt").first(),
        greedy_n=greedy.sum(),
        greedy_correct=(greedy & correct).sum(),
        greedy_decided=(greedy & decided).sum(),
        sampled_n=sampled.sum(),
        sampled_correct=(sampled & correct).sum(),
        sampled_decided=(sampled & decided).sum(),
        undecided=(~decided).sum(),
        no_answer=(~decided & pl.col("reason").is_in(NO_ANSWER)).sum(),
        unclear_answer=(~decided & pl.col("reason").is_in(UNCLEAR_ANSWER)).sum(),
        truncated=pl.col("truncated").sum(),
        tokens=pl.col("completion_tokens").sum(),
        with_tokens=pl.col("completion_tokens").count(),
        answers=pl.col("extracted").filter(sampled),
        right=correct.filter(sampled),
    )
    # Prompts are compared at one k: the smallest number of samples that any of them has.
    k = int(counts["sampled_n"].min() or 0)  # type: ignore[arg-type]
    rows = counts.select("sampled_n", "sampled_correct", "answers", "right").iter_rows()
    at_k: list[float | None] = []
    majority: list[float | None] = []
    for drawn, right, answers, is_right in rows:
        at_k.append(pass_at_k(drawn, right, k) if k else None)
        majority.append(majority_correct(answers, is_right) if k else None)
    return counts.with_columns(
        k=pl.lit(k or None, dtype=pl.Int64),
        pass_at_1=pl.when(pl.col("greedy_n") > 0).then(
            pl.col("greedy_correct") / pl.col("greedy_n")
        ),
        avg_at_k=pl.when(k > 0).then(pl.col("sampled_correct") / pl.col("sampled_n")),
        pass_at_k=pl.Series(at_k, dtype=pl.Float64),
        maj_at_k=pl.Series(majority, dtype=pl.Float64),
    ).drop("answers", "right")


def _rates(scores: pl.DataFrame, settings: StatisticsSettings) -> dict[str, Any]:
    """The numbers of one RATE_SCHEMA row from the prompt scores of one model and slice."""
    total = {name: int(scores[name].sum()) for name in _COUNTS}
    completions = total["greedy_n"] + total["sampled_n"]
    unverifiable = total["undecided"] - total["no_answer"] - total["unclear_answer"]
    row: dict[str, Any] = {
        "n_prompts": scores.height,
        "n_samples": completions,
        "k": scores["k"][0],
        "pass_at_1_decided": _ratio(total["greedy_correct"], total["greedy_decided"]),
        "avg_at_k_decided": _ratio(total["sampled_correct"], total["sampled_decided"]),
        "undecided_rate": total["undecided"] / completions,
        "no_answer_rate": total["no_answer"] / completions,
        "unclear_answer_rate": total["unclear_answer"] / completions,
        "unverifiable_rate": unverifiable / completions,
        "truncated_rate": total["truncated"] / completions,
        "mean_tokens": _ratio(total["tokens"], total["with_tokens"]),
    }
    if total["greedy_n"]:
        wilson = wilson_interval(total["greedy_correct"], total["greedy_n"], settings.confidence)
        row |= _with_interval("pass_at_1", total["greedy_correct"] / total["greedy_n"], wilson)
    if row["k"] is not None:
        values = scores.select(SAMPLED_METRICS).to_numpy().T
        intervals = rate_intervals(
            values,
            scores["prompt"].to_numpy(),
            confidence=settings.confidence,
            resamples=settings.resamples,
            seed=settings.seed,
        )
        for metric, value, interval in zip(
            SAMPLED_METRICS, values.mean(axis=1), intervals, strict=True
        ):
            row |= _with_interval(metric, float(value), interval)
    return row


_COUNTS = (
    *(f"{mode}_{what}" for mode in ("greedy", "sampled") for what in ("n", "correct", "decided")),
    *("undecided", "no_answer", "unclear_answer", "truncated", "tokens", "with_tokens"),
)


def _with_interval(metric: str, value: float, interval: Interval) -> dict[str, float]:
    return {metric: value, f"{metric}_low": interval.low, f"{metric}_high": interval.high}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _check_comparable(samples: pl.DataFrame, base: str, candidate: str) -> None:
    prompts = {}
    for model in (base, candidate):
        of_model = samples.filter(model=model)
        if of_model.is_empty():
            known = ", ".join(samples["model"].unique().sort())
            raise EvaluationError(f"There are no samples of model {model!r}; there are {known}.")
        prompts[model] = set(of_model["prompt_id"])
    alone = prompts[base] ^ prompts[candidate]
    if alone:
        raise EvaluationError(
            f"{len(alone)} prompts were sampled by only one of {base} and {candidate}, for example "
            f"{min(alone)!r}; sample both on the same prompts."
        )
    versions = samples.filter(pl.col("model").is_in([base, candidate]))["verifier_version"].unique()
    if versions.len() > 1:
        raise EvaluationError(
            f"The samples were judged by different verifiers ({', '.join(map(str, versions))}); "
            "judge them again, all at once."
        )


def _paired(samples: pl.DataFrame, base: str, candidate: str) -> pl.DataFrame:
    """One row a prompt: the base's METRICS, and the candidate's under `<metric>_candidate`.

    A metric that one of the two has not drawn is null for both.
    """
    both = prompt_scores(samples.filter(pl.col("model").is_in([base, candidate])))
    columns = ["prompt_id", *METRICS]
    joined = both.filter(model=base).join(
        both.filter(model=candidate).select(columns),
        on="prompt_id",
        suffix="_candidate",
        validate="1:1",
        maintain_order="left",
    )
    return joined.with_columns(
        pl.when(pl.col(f"{metric}_candidate").is_not_null()).then(pl.col(metric)).alias(metric)
        for metric in METRICS
    )


def _differences(pairs: pl.DataFrame, settings: StatisticsSettings) -> dict[str, PairedDifference]:
    """The differences of all metrics that both models have drawn."""
    drawn = [metric for metric in METRICS if pairs[metric].null_count() == 0]
    return {metric: _difference(pairs, metric, settings, settings.resamples) for metric in drawn}


def _difference(
    pairs: pl.DataFrame, metric: str, settings: StatisticsSettings, test_resamples: int
) -> PairedDifference:
    base = pairs[metric].to_numpy()
    candidate = pairs[f"{metric}_candidate"].to_numpy()
    clusters = pairs["prompt"].to_numpy()
    [interval] = bootstrap_intervals(
        (candidate - base)[np.newaxis, :],
        clusters,
        confidence=settings.confidence,
        resamples=settings.resamples,
        seed=settings.seed,
    )
    return PairedDifference(
        metric=metric,
        base_rate=float(base.mean()),
        candidate_rate=float(candidate.mean()),
        difference=float(candidate.mean() - base.mean()),
        low=interval.low,
        high=interval.high,
        p_value=randomisation_test(
            candidate - base, clusters, resamples=test_resamples, seed=settings.seed
        ),
    )


def _slice_differences(
    samples: pl.DataFrame, base: str, candidate: str, settings: StatisticsSettings
) -> pl.DataFrame:
    """SLICE_DIFFERENCE_SCHEMA rows; none where nothing was sampled."""
    parts = list(_slice_pairs(samples, base, candidate, settings))
    # A slice of all prompts is the headline again and needs no test of its own.
    tested = [
        settings.min_slice_prompts <= part.height < samples["prompt_id"].n_unique()
        for _, _, part in parts
    ]
    # A p-value is at least 2 / resamples: with many slices, correction would leave none small.
    resamples = max(settings.resamples, RESAMPLES_A_TESTED_SLICE * sum(tested))
    rows: list[dict[str, Any]] = []
    for (kind, value, part), is_tested in zip(parts, tested, strict=True):
        found = _difference(part, "avg_at_k", settings, resamples)
        rows.append(
            {
                "slice_by": kind,
                "slice": value,
                "n_prompts": part.height,
                "base_rate": found.base_rate,
                "candidate_rate": found.candidate_rate,
                "difference": found.difference,
                "low": found.low,
                "high": found.high,
                "tested": is_tested,
                "p_value": found.p_value if is_tested else None,
            }
        )
    adjusted = iter(holm([row["p_value"] for row in rows if row["tested"]]))
    for row in rows:
        row["p_holm"] = next(adjusted) if row["tested"] else None
    return pl.DataFrame(rows, schema=SLICE_DIFFERENCE_SCHEMA)


def _slice_pairs(
    samples: pl.DataFrame, base: str, candidate: str, settings: StatisticsSettings
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Every slice with sampled completions: its kind, its value, and its paired prompts."""
    members = slice_prompts(samples, base, settings.slice_fields).filter(
        pl.col("slice_by") != EVERYTHING
    )
    for kind in members["slice_by"].unique(maintain_order=True):
        pairs = _paired(samples_of_kind(samples, kind), base, candidate)
        if pairs["avg_at_k"].null_count():
            continue
        joined = members.filter(slice_by=kind).select("prompt_id", "slice")
        for value in joined["slice"].unique().sort():
            part = pairs.join(joined.filter(slice=value), on="prompt_id", how="semi")
            if part.height:
                yield kind, value, part
