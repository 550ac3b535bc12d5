"""From judged samples to a folder that says everything: rates, comparison, decision, report."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.contamination import training_overlap
from dpo_math_assets.evaluation.gate import (
    GateCondition,
    GateDecision,
    GateSettings,
    judge_release,
)
from dpo_math_assets.evaluation.report import write_report
from dpo_math_assets.evaluation.statistics import Comparison, StatisticsSettings, compare_models
from dpo_math_assets.pairs.likeness import DecontaminationSettings
from dpo_math_assets.storage import write_json, write_parquet

RATES_FILE = "pass_rates.parquet"
SLICES_FILE = "slices.parquet"
OVERLAP_FILE = "training_overlap.parquet"
DECISION_FILE = "decision.json"
REPORT_FILE = "report.html"


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found and wrote."""

    comparison: Comparison
    decision: GateDecision


def evaluate(
    samples: pl.DataFrame,
    out: Path,
    statistics: StatisticsSettings | None = None,
    gate: GateSettings | None = None,
    *,
    base: str = "base",
    candidate: str = "dpo",
    curves: Sequence[dict[str, Any]] | None = None,
    chosen_fall: float | None = None,
    training_files: list[Path] | None = None,
    likeness: DecontaminationSettings | None = None,
    history: Sequence[dict[str, Any]] | None = None,
    title: str = "Offline evaluation",
) -> Evaluation:
    """Compare two models of judged samples, judge the release, and write the folder `out`.

    `out` gets pass_rates.parquet (RATE_SCHEMA), slices.parquet (SLICE_DIFFERENCE_SCHEMA),
    decision.json and report.html; and training_overlap.parquet (OVERLAP_SCHEMA) where
    `training_files` names the JSON lines that the candidate was trained on; `likeness` says what
    counts as like them, and should be what the training set was made with. `curves` and `history`
    are as in report.py, `chosen_fall` is as in gate.py. Without it or training files the gate has
    no condition on them.
    """
    comparison = compare_models(samples, base, candidate, statistics)
    overlap = None
    if training_files is not None:
        alike = likeness or DecontaminationSettings()
        overlap = training_overlap(samples, training_files, alike)
        write_parquet(out / OVERLAP_FILE, overlap)
    decision = judge_release(comparison, gate, chosen_fall, overlap)
    write_parquet(out / RATES_FILE, comparison.rates)
    write_parquet(out / SLICES_FILE, comparison.slices)
    write_json(out / DECISION_FILE, decision.as_dict())
    write_report(out / REPORT_FILE, comparison, samples, decision, curves, overlap, history, title)
    return Evaluation(comparison, decision)


def read_decision(folder: Path, override_reason: str = "") -> GateDecision:
    """The decision that `evaluate` wrote; a given reason overrides it, as a human may."""
    path = folder / DECISION_FILE
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        conditions = [GateCondition(**condition) for condition in written["conditions"]]
        reason = override_reason.strip() or str(written["override_reason"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{path}: not a gate decision ({error}); evaluate again.") from error
    return GateDecision(conditions, reason)
