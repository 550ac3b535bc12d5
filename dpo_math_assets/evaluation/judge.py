"""Verdicts for samples, by the same verifier that judges the logs."""

import polars as pl

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA, VERDICT_SCHEMA
from dpo_math_assets.verifier import Conventions, verify_frame


def judge_samples(
    samples: pl.DataFrame,
    workers: int | None = None,
    timeout_s: float = 5.0,
    conventions: Conventions = Conventions(),  # noqa: B008 - frozen
) -> pl.DataFrame:
    """Fill in the verdict columns of samples: same rows, same order, SAMPLE_SCHEMA.

    `workers` is the number of verifier processes (None: the verifier's own choice) and
    `timeout_s` the hard deadline of one answer. Samples that were judged before are judged again,
    so that one frame never mixes two verifiers.
    """
    missing = [
        name
        for name in SAMPLE_SCHEMA.names()
        if name not in samples.columns and name not in VERDICT_SCHEMA
    ]
    if missing:
        raise EvaluationError(
            f"Samples lack the columns {', '.join(missing)}; draw them with sample_model."
        )
    judged = verify_frame(
        samples,
        candidate="completion",
        ground_truth="ground_truth",
        prompt="prompt",
        conventions=conventions,
        workers=workers,
        timeout_s=timeout_s,
    )
    return judged.select(SAMPLE_SCHEMA.names()).cast(SAMPLE_SCHEMA)
