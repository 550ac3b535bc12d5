"""Checks of preference_pairs: right stands against wrong, and still does when judged again."""

from collections.abc import Mapping, Sequence

import dagster as dg
import polars as pl

from dpo_math_assets.assets import preference_pairs
from dpo_math_assets.checks.per_export import export_check
from dpo_math_assets.metadata import preview
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.stages.artifacts import PAIRS
from dpo_math_assets.stages.up_to_date import unprocessed
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.traces.overrides import HUMAN
from dpo_math_assets.verifier import verify_frame

# Pairs whose two answers are judged once more; the same ones each time, by smallest hash.
PAIRS_VERIFIED_AGAIN = 200
# Pairs whose labels are both the verifier's.
_BY_VERIFIER = pl.col("chosen_method").ne_missing(HUMAN) & pl.col("rejected_reason").ne_missing(
    HUMAN
)


def _each_is_processed(
    workspace: Workspace, keys: Sequence[str]
) -> Mapping[str, dg.AssetCheckResult]:
    failed = _unprocessed(workspace, keys)
    return {
        key: dg.AssetCheckResult(
            passed=key not in failed,
            description="Not processed: the run's log says why."
            if key in failed
            else "It went through to pairs.",
        )
        for key in keys
    }


def _unprocessed(workspace: Workspace, keys: Sequence[str]) -> list[str]:
    registered, left_out = workspace.landing.partitions(), workspace.landing.left_out()
    processed = registered.keys() - set(unprocessed(workspace, registered))
    return [key for key in keys if key not in processed.union(left_out)]


@export_check(preference_pairs, each=_each_is_processed)
def exports_are_processed(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """What each export holds now went all the way to pairs."""
    failed = _unprocessed(workspace, keys)
    return dg.AssetCheckResult(
        passed=not failed,
        description=f"Not processed: {', '.join(failed)}. The run's log says why."
        if failed
        else f"All {len(keys)} exports went through to pairs.",
        metadata={"not_processed": len(failed)},
    )


@export_check(preference_pairs, blocking=True)
def no_chosen_is_rejected(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """No pair has the same text on both sides, an empty side, or one answer on both sides.

    Only where a person decided may the answers be alike: a right answer by a wrong way.
    """
    pairs = workspace.store.scan(PAIRS, keys, PAIR_SCHEMA)
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


def _each_holds_again(
    workspace: Workspace, keys: Sequence[str]
) -> Mapping[str, dg.AssetCheckResult]:
    pairs, wrong = _judged_again(workspace, keys)
    verified = dict(pairs.group_by("partition").len().iter_rows())
    return {
        key: _holds_again(verified.get(key, 0), wrong.filter(pl.col("partition") == key))
        for key in keys
    }


@export_check(preference_pairs, blocking=True, each=_each_holds_again)
def verdicts_hold_again(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """Judged once more from the pair's own text, chosen is correct and rejected is not.

    Of a few pairs of all exports of a run, the same ones each time. Pairs in which a person decided
    are left out: there the verifier was overruled.
    """
    pairs, wrong = _judged_again(workspace, keys)
    return _holds_again(pairs.height, wrong)


def _holds_again(pairs: int, wrong: pl.DataFrame) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        description=f"{wrong.height} sides of {pairs} pairs are judged differently now.",
        metadata={"pairs_verified": pairs, "examples": preview(wrong)},
    )


def _judged_again(workspace: Workspace, keys: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pairs that are judged, and the sides of them that are judged differently."""
    settings = workspace.settings.verification
    pairs = (
        pl.concat(
            workspace.store.scan(PAIRS, [key], PAIR_SCHEMA).with_columns(partition=pl.lit(key))
            for key in keys
        )
        .filter(_BY_VERIFIER)
        .bottom_k(PAIRS_VERIFIED_AGAIN, by="pair_id")
        .collect()
    )
    wrong = []
    for side, wanted in (("chosen", "correct"), ("rejected", "incorrect")):
        judged = verify_frame(
            pairs.select("partition", "prompt", side, "ground_truth", "rejected_reason"),
            candidate=side,
            prompt="prompt",
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
                "partition",
                "prompt",
                pl.lit(side).alias("side"),
                pl.col(side).alias("text"),
                "ground_truth",
                "verdict",
                "reason",
            )
        )
    return pairs, pl.concat(wrong)
