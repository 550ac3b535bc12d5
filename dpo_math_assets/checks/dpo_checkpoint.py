"""Checks of dpo_checkpoint: it loads and answers, and training saw no sign of a bad model."""

import dagster as dg
import polars as pl

from dpo_math_assets.assets import dpo_checkpoint
from dpo_math_assets.assets.common import plain_failures
from dpo_math_assets.metadata import preview
from dpo_math_assets.resources import Project, TaskRunner
from dpo_math_assets.stages.artifacts import CHECKPOINT
from dpo_math_assets.stages.evaluation import probe_checkpoint
from dpo_math_assets.stages.training import read_checkpoint


@dg.asset_check(asset=dpo_checkpoint, blocking=True, name="loads_and_generates")
@plain_failures()
def loads_and_generates(
    context: dg.AssetCheckExecutionContext, project: Project, tasks: TaskRunner
) -> dg.AssetCheckResult:
    """The checkpoint loads as people load it and writes an answer to a held-out prompt."""
    written = probe_checkpoint(project.workspace(), tasks.within(context.op_execution_context))
    empty = written.filter(pl.col("completion").str.strip_chars() == "").height
    return dg.AssetCheckResult(
        passed=empty < written.height,
        description=f"{written.height - empty} of {written.height} completions hold text.",
        metadata={"completions": preview(written, ["prompt", "mode", "completion", "truncated"])},
    )


@dg.asset_check(asset=dpo_checkpoint, name="training_is_sound")
def training_is_sound(project: Project) -> dg.AssetCheckResult:
    """Nothing was seen in training that makes bad models: no likelihood displacement, no row lost.

    Reward accuracy and margin are no sign of it: they look best when a model unlearns its answers.
    """
    report = read_checkpoint(project.workspace().store.current(CHECKPOINT)).report
    return dg.AssetCheckResult(
        passed=not report.warnings,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(report.warnings) or "Training gave no warning.",
        metadata={"warnings": len(report.warnings)},
    )
