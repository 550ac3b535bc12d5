"""preference_pairs: the pairs that each export brings, with itself and with earlier exports."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.cleaned_traces import cleaned_traces
from dpo_math_assets.assets.common import GROUP, OWNERS, SINGLE_RUN, each_partition, plain_failures
from dpo_math_assets.metadata import column_schema, counts_table, preview
from dpo_math_assets.pairs.pairing import PAIRING_VERSION, PairingReport
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.partitions import export_partitions
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import PAIRS
from dpo_math_assets.stages.ingest import pair_partition, pairing_inputs


@dg.asset(
    name=PAIRS,
    partitions_def=export_partitions,
    backfill_policy=SINGLE_RUN,
    deps=[cleaned_traces],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "parquet"},
    code_version=PAIRING_VERSION,
    metadata={"dagster/column_schema": column_schema(PAIR_SCHEMA)},
)
@plain_failures()
def preference_pairs(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Verified right and wrong completions of one prompt, paired when the newer one came.

    The union over all exports, capped again, is what one rebuild over everything would give.
    """
    workspace = project.workspace()
    inputs = pairing_inputs(workspace, workspace.landing.partitions())

    def pair(key: str) -> dict[str, Any]:
        report = pair_partition(workspace, key, inputs)
        context.log.info(f"{key}: {report.pairs} pairs")
        return _metadata(workspace.store.partition(PAIRS, key), report)

    return each_partition(context, workspace, pair)


def _metadata(path: Path, report: PairingReport) -> dict[str, Any]:
    return {
        "dagster/partition_row_count": report.pairs,
        "pairs": report.pairs,
        "traces": report.traces,
        "eligible_traces": report.eligible,
        "prompts": report.prompts,
        "prompts_all_right": report.prompts_all_right,
        "prompts_all_wrong": report.prompts_all_wrong,
        "prompts_mixed": report.prompts_mixed,
        "pairs_possible": report.pairs_possible,
        "excluded_by_why": counts_table("why", report.excluded),
        "preview": preview(
            pl.scan_parquet(path, glob=False).head(8).collect(),
            ["prompt", "chosen", "rejected", "chosen_answer", "rejected_answer", "score"],
        ),
        "path": dg.MetadataValue.path(path),
        "pairing_version": PAIRING_VERSION,
    }
