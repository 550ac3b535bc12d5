"""dpo_dataset: the training set selected from all pairs, and the prompts it is held out from."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.cleaned_traces import cleaned_traces
from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.preference_pairs import preference_pairs
from dpo_math_assets.evaluation.plots import histogram
from dpo_math_assets.metadata import PREVIEW_ROWS, counts_table, picture, preview, rate, table
from dpo_math_assets.pairs.dataset import DatasetReport
from dpo_math_assets.pairs.explorer import EXPLORER_FILE
from dpo_math_assets.pairs.policies import difficulty_rows, policy_rows
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.resources import Project, launchpad_config
from dpo_math_assets.stages.artifacts import DATASET
from dpo_math_assets.stages.dataset import publish_dataset
from dpo_math_assets.traces.overrides import HUMAN

if TYPE_CHECKING:

    class DatasetOverrides(dg.Config):
        """Dataset settings of one run."""

else:
    DatasetOverrides = launchpad_config(DatasetSettings)

# Pairs in the picture of lengths, evenly picked where there are more.
PAIRS_DRAWN = 50_000


@dg.asset(
    name=DATASET,
    deps=[preference_pairs, cleaned_traces],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "json"},
    code_version="3",
)
@plain_failures()
def dpo_dataset(
    context: dg.AssetExecutionContext, config: DatasetOverrides, project: Project
) -> dg.MaterializeResult:
    """Pairs to train and validate on, the held-out prompts, and the control's completions.

    Problems are split by a hash of their canonical form, so that one that is held out stays held
    out, and no problem like a held-out one, or like one of the benchmarks that the evaluation
    samples, is trained on. TRL's and Axolotl's own configuration files lie beside the data, and so
    does the explorer, a page to look through the pairs.
    """
    workspace = project.workspace("dataset", config)
    made = publish_dataset(workspace, context.run_id)
    return dg.MaterializeResult(
        metadata={
            "explorer": project.report_link(DATASET, made.report.version, EXPLORER_FILE),
            **_metadata(made.report, workspace.settings.selection(), made.folder),
            "exports": len(made.exports),
            "exports_not_processed_yet": made.waiting,
        }
    )


def _metadata(report: DatasetReport, settings: DatasetSettings, folder: Path) -> dict[str, Any]:
    """What somebody needs who decides whether to train on this."""
    selection = report.selection
    numbers = asdict(report)
    train = pl.scan_parquet(folder / "train.parquet", glob=False)
    human = (pl.col("meta").struct.field("chosen_method") == HUMAN) | (
        pl.col("meta").struct.field("rejected_reason") == HUMAN
    )
    longer = pl.col("chosen").str.len_chars().cast(pl.Int64) - pl.col(
        "rejected"
    ).str.len_chars().cast(pl.Int64)
    told = train.select(human.alias("human"), longer.alias("longer")).collect(engine="streaming")
    drawn = told["longer"].gather_every(max(1, told.height // PAIRS_DRAWN))
    return {
        "dagster/row_count": report.train,
        "train_pairs": report.train,
        "validation_pairs": report.validation,
        "eval_prompts": report.eval_prompts,
        "sft_completions": report.sft_completions,
        "prompts": report.prompts,
        "prompts_all_right": report.prompts_all_right,
        "prompts_all_wrong": report.prompts_all_wrong,
        "prompts_mixed": report.prompts_mixed,
        "prompts_undecided": report.prompts_undecided,
        "prompts_all_right_rate": rate(report.prompts_all_right, report.prompts),
        "prompts_all_wrong_rate": rate(report.prompts_all_wrong, report.prompts),
        "pairs_with_a_human_verdict": int(told["human"].sum()),
        "candidate_pairs": selection.pairs_in,
        "chosen_length_mean": round(selection.selected.chosen_length_mean, 1),
        "rejected_length_mean": round(selection.selected.rejected_length_mean, 1),
        "lengths_in_band": selection.lengths_in_band,
        "policies": table(policy_rows(numbers, settings)),
        "difficulty": table(difficulty_rows(numbers)),
        "problems_removed_by_why": counts_table("why", report.removed_problems),
        "problems_removed_by_benchmark": counts_table("benchmark", report.benchmarks),
        "removed_problems": dg.MetadataValue.path(folder / "removed_problems.jsonl"),
        "problems_by_split": counts_table("split", report.prompts_by_split),
        "licences": counts_table("licence", report.licences),
        "lengths": picture(
            histogram(drawn.to_list(), "Chosen longer than rejected by", "characters"),
            "how much longer chosen completions are",
        ),
        "preview": preview(train.head(PREVIEW_ROWS).collect(), ["prompt", "chosen", "rejected"]),
        "dataset_version": report.version,
        "card": dg.MetadataValue.md(_card(folder)),
        "path": dg.MetadataValue.path(folder),
    }


def _card(folder: Path) -> str:
    """The dataset card without the head that only the hub reads."""
    return (folder / "README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]
