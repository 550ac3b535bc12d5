"""One evaluation from judged samples to a folder: rates, comparison, gate and report.

The folder holds `pass_rates.parquet` (RATE_SCHEMA), `slices.parquet` (SLICE_DIFFERENCE_SCHEMA),
`gate.json` (the decision with its conditions) and `report.html`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.evaluation.gate import GateCondition, GateDecision, GateSettings, judge_release
from dpo_math_assets.evaluation.report import write_report
from dpo_math_assets.evaluation.statistics import Comparison, StatisticsSettings, compare_models
from dpo_math_assets.storage import write_json, write_parquet

GATE_FILE = "gate.json"
REPORT_FILE = "report.html"


@dataclass(frozen=True)
class Evaluation:
    """What was found: the comparison with every rate, and whether the candidate may ship."""

    comparison: Comparison
    decision: GateDecision


def evaluate(
    samples: pl.DataFrame,
    out: Path,
    statistics: StatisticsSettings,
    gate: GateSettings,
    *,
    base: str = "base",
    candidate: str = "dpo",
    curves: Sequence[dict[str, Any]] | None = None,
    history: Sequence[dict[str, Any]] | None = None,
    title: str = "Offline evaluation",
) -> Evaluation:
    """Compare two models of judged samples (SAMPLE_SCHEMA) and write all of it into `out`.

    `curves` are the candidate's training curves and `history` earlier evaluations, as
    `render_report` takes them.
    """
    comparison = compare_models(samples, base, candidate, statistics)
    decision = judge_release(comparison, gate, list(curves) if curves is not None else None)
    write_parquet(out / "pass_rates.parquet", comparison.rates)
    write_parquet(out / "slices.parquet", comparison.slices)
    write_json(out / GATE_FILE, decision.as_dict())
    write_report(out / REPORT_FILE, comparison, samples, decision, curves, history, title)
    return Evaluation(comparison, decision)


def read_decision(folder: Path, override_reason: str = "") -> GateDecision:
    """The gate's decision of an earlier evaluation; a human's reason may override it now."""
    told = json.loads((folder / GATE_FILE).read_text("utf-8"))
    conditions = [GateCondition(**condition) for condition in told["conditions"]]
    return GateDecision(conditions, override_reason.strip() or told["override_reason"])
