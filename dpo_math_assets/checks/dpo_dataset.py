"""Checks of dpo_dataset: nothing is both trained on and held out, and no export is missing."""

import dagster as dg

from dpo_math_assets.assets import dpo_dataset
from dpo_math_assets.pairs.dataset import problems_on_both_sides
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import DATASET
from dpo_math_assets.stages.up_to_date import unprocessed


@dg.asset_check(asset=dpo_dataset, blocking=True, name="no_prompt_on_both_sides")
def no_prompt_on_both_sides(project: Project) -> dg.AssetCheckResult:
    """No problem, in any spelling or operand order, is trained on and evaluated on."""
    shared = problems_on_both_sides(project.workspace().store.current(DATASET))
    return dg.AssetCheckResult(
        passed=not shared,
        description=f"{len(shared)} problems are both trained on and held out.",
        metadata={"shared_problems": len(shared)},
    )


@dg.asset_check(asset=dpo_dataset, name="pairs_follow_traces")
def pairs_follow_traces(project: Project) -> dg.AssetCheckResult:
    """Every registered export went all the way to pairs as it is now, so that none is missing."""
    workspace = project.workspace()
    waiting = unprocessed(workspace, workspace.landing.partitions())
    named = ", ".join(waiting[:10]) + (" …" if len(waiting) > 10 else "")
    return dg.AssetCheckResult(
        passed=not waiting,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Not in this dataset, or changed since: {named}. Process them "
        "(ingest_exports) and make the dataset again."
        if waiting
        else "The pairs of all exports are up to date.",
        metadata={"outdated_exports": len(waiting)},
    )
