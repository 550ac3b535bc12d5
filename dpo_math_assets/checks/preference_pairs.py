"""Checks of preference_pairs: right stands against wrong, and still does when judged again."""

import dagster as dg
import polars as pl

from dpo_math_assets.assets import preference_pairs
from dpo_math_assets.metadata import preview
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.partitions import export_partitions
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import PAIRS
from dpo_math_assets.stages.up_to_date import unprocessed
from dpo_math_assets.traces.overrides import HUMAN
from dpo_math_assets.verifier import verify_frame

# Pairs whose two answers are judged once more; the same ones each time, by smallest hash.
PAIRS_VERIFIED_AGAIN = 200
# Pairs whose labels are both the verifier's.
_BY_VERIFIER = pl.col("chosen_method").ne_missing(HUMAN) & pl.col("rejected_reason").ne_missing(
    HUMAN
)


@dg.asset_check(
    asset=preference_pairs, partitions_def=export_partitions, name="exports_are_processed"
)
def exports_are_processed(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """What each export holds now went all the way to pairs."""
    workspace = project.workspace()
    registered, left_out = workspace.landing.partitions(), workspace.landing.left_out()
    waiting = unprocessed(workspace, registered)
    processed = (registered.keys() - set(waiting)).union(left_out)
    failed = [key for key in context.partition_keys if key not in processed]
    return dg.AssetCheckResult(
        passed=not failed,
        description=f"Not processed: {', '.join(failed)}. The run's log says why."
        if failed
        else f"All {len(context.partition_keys)} exports of this run went through to pairs.",
        metadata={"not_processed": len(failed), "not_processed_of_all": len(waiting)},
    )


@dg.asset_check(
    asset=preference_pairs,
    partitions_def=export_partitions,
    blocking=True,
    name="no_chosen_is_rejected",
)
def no_chosen_is_rejected(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """No pair has the same text on both sides, an empty side, or one answer on both sides.

    Only where a person decided may the answers be alike: a right answer by a wrong way.
    """
    pairs = project.workspace().store.scan(PAIRS, context.partition_keys, PAIR_SCHEMA)
    wrong = pairs.filter(
        pl.col("chosen").eq_missing(pl.col("rejected"))
        | (pl.col("chosen").fill_null("").str.strip_chars() == "")
        | (pl.col("rejected").fill_null("").str.strip_chars() == "")
        | ((pl.col("chosen_answer") == pl.col("rejected_answer")) & _BY_VERIFIER)
    ).collect()
    total: int = pairs.select(pl.len()).collect().item()
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        description=f"{wrong.height} of {total} pairs have two sides that do not differ.",
        metadata={
            "pairs": total,
            "examples": preview(wrong, ["prompt", "chosen", "rejected", "chosen_answer"]),
        },
    )


@dg.asset_check(
    asset=preference_pairs,
    partitions_def=export_partitions,
    blocking=True,
    name="verdicts_hold_again",
)
def verdicts_hold_again(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """Judged once more from the pair's own text, chosen is correct and rejected is not.

    Pairs in which a person decided are left out: there the verifier was overruled.
    """
    pairs = (
        project.workspace()
        .store.scan(PAIRS, context.partition_keys, PAIR_SCHEMA)
        .filter(_BY_VERIFIER)
        .bottom_k(PAIRS_VERIFIED_AGAIN, by="pair_id")
        .collect()
    )
    settings = project.workspace().settings.verification
    wrong = []
    for side, wanted in (("chosen", "correct"), ("rejected", "incorrect")):
        judged = verify_frame(
            pairs.select("prompt", side, "ground_truth", "rejected_reason"),
            candidate=side,
            conventions=settings.conventions(),
            workers=settings.workers,
            timeout_s=settings.timeout_s,
        )
        # A rejected text without any final answer is a choice of the settings, not a verdict.
        broken = pl.col("verdict") != wanted
        if side == "rejected":
            broken &= pl.col("rejected_reason") != "no_final_answer"
        wrong.append(
            judged.filter(broken).select(
                "prompt",
                pl.lit(side).alias("side"),
                pl.col(side).alias("text"),
                "ground_truth",
                "verdict",
                "reason",
            )
        )
    found = pl.concat(wrong)
    return dg.AssetCheckResult(
        passed=found.is_empty(),
        description=f"{found.height} sides of {pairs.height} pairs are judged differently now.",
        metadata={"pairs_verified": pairs.height, "examples": preview(found)},
    )
