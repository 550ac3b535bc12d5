"""cleaned_traces: every trace verified again, and marked where it must not be trained on."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.common import GROUP, OWNERS, SINGLE_RUN, each_partition, plain_failures
from dpo_math_assets.assets.raw_verifier_logs import raw_verifier_logs
from dpo_math_assets.metadata import column_schema, counts_table, preview, problems_table, rate
from dpo_math_assets.partitions import export_partitions
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import CLEANED
from dpo_math_assets.stages.ingest import clean_partition
from dpo_math_assets.traces.cleaning import CLEANING_VERSION, CleaningReport
from dpo_math_assets.traces.overrides import Problem, read_overrides
from dpo_math_assets.traces.schema import CLEANED_SCHEMA
from dpo_math_assets.verifier import VERIFIER_VERSION


@dg.asset(
    name=CLEANED,
    partitions_def=export_partitions,
    backfill_policy=SINGLE_RUN,
    deps=[raw_verifier_logs],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "sympy"},
    # A better verifier marks old traces stale.
    code_version=f"{CLEANING_VERSION}-verifier-{VERIFIER_VERSION}",
    metadata={"dagster/column_schema": column_schema(CLEANED_SCHEMA)},
)
@plain_failures()
def cleaned_traces(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Each trace with its extracted answer, the verifier's verdict, and agreement with the log.

    Duplicates, infrastructure failures, cut-off completions and prompts with two reference
    answers are marked, never deleted. `undecided` is not a guess: such a trace makes no pair. Where
    a file of the folder `overrides` holds a person's verdict, it stands in place of the verifier's.
    """
    workspace = project.workspace()
    problems = read_overrides(workspace.overrides_folder).problems

    def clean(key: str) -> dict[str, Any]:
        report = clean_partition(
            workspace,
            key,
            on_progress=lambda done, of: context.log.info(f"{key}: {done} of {of} verified"),
        )
        context.log.info(f"{key}: {report.verdicts}")
        return _metadata(workspace.store.partition(CLEANED, key), report, problems)

    return each_partition(context, workspace, clean)


def _metadata(path: Path, report: CleaningReport, problems: list[Problem]) -> dict[str, Any]:
    verdicts, traces = report.verdicts, report.traces
    return {
        "dagster/partition_row_count": traces,
        "traces": traces,
        "correct": verdicts.get("correct", 0),
        "incorrect": verdicts.get("incorrect", 0),
        "undecided": verdicts.get("undecided", 0),
        "correct_rate": rate(verdicts.get("correct", 0), traces),
        "undecided_rate": rate(verdicts.get("undecided", 0), traces),
        "compared_with_log": report.compared_with_log,
        "disagreements_with_log": report.disagreements,
        "disagreement_rate": rate(report.disagreements, report.compared_with_log),
        "infrastructure_failures": report.infrastructure_failures,
        "verifier_failures": report.reasons.get("worker_crashed", 0),
        "duplicates": report.duplicates,
        "truncated": report.truncated,
        "gold_conflicts": report.gold_conflicts,
        "human_verdicts": sum(report.overrides.values()),
        "human_verdicts_by_decision": counts_table("decision", report.overrides),
        "problems_of_override_files": problems_table(problems),
        "traces_by_reason": counts_table("reason", report.reasons),
        "decided_by_method": counts_table("method", report.methods),
        "log_against_verifier": counts_table("cell", report.confusion),
        "preview": preview(
            pl.scan_parquet(path, glob=False).head(8).collect(),
            ["prompt", "candidate", "extracted", "ground_truth", "verdict", "reason", "method"],
        ),
        "path": dg.MetadataValue.path(path),
        "verifier_version": report.verifier_version,
    }
