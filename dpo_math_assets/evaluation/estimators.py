"""Estimates from counts: rates, intervals and tests over NumPy arrays.

Nothing here knows of models or files. The unit of chance is the prompt: a model's samples of one
prompt hang together, so intervals resample prompts (clusters), not samples.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Values held at once while resampling: 4 million floats are 32 MB.
_RESAMPLING_BATCH = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float


def wilson_interval(successes: int, trials: int, confidence: float) -> Interval:
    """Wilson's score interval of a rate (Wilson 1927); [0, 1] where there was no trial."""
    from scipy.stats import binomtest

    if trials == 0:
        return Interval(0.0, 1.0)
    found = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return Interval(float(found.low), float(found.high))


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """Chance that k of a prompt's samples hold a correct one, unbiased (Chen et al. 2021, eq. 1).

    1 - C(samples - correct, k) / C(samples, k), as a product so that nothing overflows.
    """
    if not 0 <= correct <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} of {correct} correct among {samples} samples is not defined.")
    missed = 1.0
    for drawn in range(k):
        missed *= max(0, samples - correct - drawn) / (samples - drawn)
    return 1.0 - missed


def majority_correct(answers: list[str | None], correct: list[bool]) -> float:
    """maj@k of one prompt (Wang et al. 2022): is the most frequent answer correct?

    Answers vote by their text without white space. A sample without an answer has no vote. Where
    several answers tie for the lead, the value is the share of them that is correct: what breaking
    the tie at random gives on average.
    """
    votes: Counter[str] = Counter()
    right: set[str] = set()
    for answer, is_correct in zip(answers, correct, strict=True):
        if answer is None:
            continue
        text = "".join(answer.split())
        votes[text] += 1
        if is_correct:
            right.add(text)
    if not votes:
        return 0.0
    most = max(votes.values())
    leaders = [text for text, count in votes.items() if count == most]
    return sum(text in right for text in leaders) / len(leaders)


def bootstrap_intervals(
    values: Floats, clusters: NDArray[Any], *, confidence: float, resamples: int, seed: int
) -> list[Interval]:
    """Percentile intervals of means, resampling whole clusters with replacement.

    `values` has shape (metrics, rows), `clusters` names each row's cluster; all metrics are
    resampled together. One interval a metric.
    """
    from scipy.stats import bootstrap

    sums, sizes = cluster_sums(values, clusters)
    if sizes.size == 1:
        return [Interval(float(total), float(total)) for total in sums[:, 0] / sizes[0]]
    found = bootstrap(
        (sums, np.broadcast_to(sizes, sums.shape)),
        lambda total, size, axis: total.sum(axis=axis) / size.sum(axis=axis),
        paired=True,
        vectorized=True,
        axis=-1,
        n_resamples=resamples,
        batch=max(1, _RESAMPLING_BATCH // sums.size),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return [Interval(float(a), float(b)) for a, b in zip(found.low, found.high, strict=True)]


def rate_intervals(
    values: Floats, clusters: NDArray[Any], *, confidence: float, resamples: int, seed: int
) -> list[Interval]:
    """`bootstrap_intervals` for rates between 0 and 1, honest where all rows have one value.

    Resampling equal values shows no doubt at all (0 of 5 would be "0 to 0"); such a rate gets
    Wilson's interval with a cluster as one trial.
    """
    intervals = bootstrap_intervals(
        values, clusters, confidence=confidence, resamples=resamples, seed=seed
    )
    trials = len(np.unique(clusters))
    for metric, row in enumerate(values):
        if np.all(row == row[0]):
            right = float(row[0]) * trials
            intervals[metric] = Interval(
                wilson_interval(int(np.floor(right)), trials, confidence).low,
                wilson_interval(int(np.ceil(right)), trials, confidence).high,
            )
    return intervals


def randomisation_test(
    differences: Floats, clusters: NDArray[Any], *, resamples: int, seed: int
) -> float:
    """Two-sided p-value that paired differences have mean 0, by swapping the pair in each cluster.

    Under the null the two models' names could be swapped within a prompt, which flips the sign of
    its difference (Fisher's paired randomisation test). Exact where there are few clusters, so it
    holds for small slices, where a bootstrap is too sure.
    """
    from scipy.stats import permutation_test

    sums, _ = cluster_sums(differences[np.newaxis, :], clusters)
    moved = sums[0][sums[0] != 0.0]
    if moved.size < 2:
        return 1.0  # of one difference both signs are equally far out
    found = permutation_test(
        (moved,),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _RESAMPLING_BATCH // moved.size),
        axis=-1,
        rng=np.random.default_rng(seed),
    )
    return float(min(1.0, found.pvalue))


def mcnemar_test(gained: int, lost: int) -> float:
    """Exact two-sided p-value of McNemar's test from the two kinds of discordant prompts."""
    from scipy.stats import binomtest

    if gained + lost == 0:
        return 1.0
    return float(binomtest(gained, gained + lost, 0.5).pvalue)


def holm(p_values: list[float]) -> list[float]:
    """Holm's step-down adjustment (Holm 1979) of a family of p-values, in the given order."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def cluster_sums(values: Floats, clusters: NDArray[Any]) -> tuple[Floats, Floats]:
    """Sums of (metrics, rows) values by cluster, and the clusters' sizes."""
    _, member = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(member).astype(np.float64)
    sums: Floats = np.stack([np.bincount(member, weights=row) for row in values]).astype(np.float64)
    return sums, sizes
