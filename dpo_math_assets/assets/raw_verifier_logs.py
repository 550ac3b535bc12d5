"""raw_verifier_logs: each export read into canonical traces, what cannot be read kept whole."""

from typing import Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.common import GROUP, OWNERS, SINGLE_RUN, each_partition, plain_failures
from dpo_math_assets.assets.log_exports import log_exports
from dpo_math_assets.metadata import column_schema, counts_table, file_size_mb, preview, rate
from dpo_math_assets.partitions import export_partitions
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import QUARANTINE, RAW
from dpo_math_assets.stages.ingest import read_partition
from dpo_math_assets.storage import Store
from dpo_math_assets.traces.intake import INTAKE_VERSION, IntakeReport
from dpo_math_assets.traces.schema import QUARANTINE_SCHEMA, TRACE_SCHEMA


@dg.asset(
    name=RAW,
    partitions_def=export_partitions,
    backfill_policy=SINGLE_RUN,
    deps=[log_exports],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "parquet"},
    code_version=INTAKE_VERSION,
    metadata={"dagster/column_schema": column_schema(TRACE_SCHEMA)},
)
@plain_failures()
def raw_verifier_logs(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Canonical traces of an export, one row a logged attempt.

    Every line of the export is a trace, a record that is no math attempt (counted by kind), or
    a row of `quarantined_lines`, which keeps it whole with its line number, offset and reason.
    """
    workspace = project.workspace()
    exports = workspace.landing.partitions()

    def read(key: str) -> dict[str, Any]:
        report = read_partition(workspace, key, exports)
        context.log.info(
            f"{key}: {report.records_in} records, {report.traces} traces, "
            f"{sum(report.quarantined.values())} quarantined"
        )
        if report.unreadable:
            context.log.warning(f"{key} is set aside: {report.unreadable}")
        if report.map_passed_over:
            context.log.warning(f"{key}: {_passed_over(report)}")
        return _metadata(workspace.store, key, report)

    return each_partition(context, workspace, read)


def _passed_over(report: IntakeReport) -> str:
    counts = ", ".join(f"{name} in {n} records" for name, n in report.map_passed_over.items())
    return (
        f"the field map is passed over where a record's own field says otherwise ({counts}). If "
        "the map is right there, give it a pattern in intake.field_map of settings.yaml, such as "
        "`games/*.jsonl: {ground_truth: answer}`"
    )


def _metadata(store: Store, key: str, report: IntakeReport) -> dict[str, Any]:
    path = store.partition(RAW, key)
    quarantined = sum(report.quarantined.values())
    return {
        "dagster/partition_row_count": report.traces,
        "records_in": report.records_in,
        "traces": report.traces,
        "other_records": sum(report.other_records.values()),
        "quarantined": quarantined,
        "quarantine_rate": rate(quarantined, report.records_in),
        "blank_lines": report.blank_lines,
        "bytes_in": report.bytes_in,
        "quarantined_by_reason": counts_table("reason", report.quarantined),
        "quarantined_lines": preview(
            store.scan(QUARANTINE, [key], QUARANTINE_SCHEMA, recorded_by=RAW)
            .head(8)
            .select(
                "line_number",
                "byte_offset",
                "reason",
                "detail",
                pl.col("line").map_elements(_as_text, return_dtype=pl.String),
            )
            .collect()
        ),
        "other_records_by_kind": counts_table("kind", report.other_records),
        "records_by_shape": counts_table("shape", report.shapes),
        "preview": preview(
            pl.scan_parquet(path, glob=False).head(8).collect(),
            ["trace_id", "prompt", "candidate", "ground_truth", "logged_ok", "line_number"],
        ),
        "path": dg.MetadataValue.path(path),
        "quarantine_path": dg.MetadataValue.path(store.partition(QUARANTINE, key)),
        "size_mb": file_size_mb(path),
        "intake_version": INTAKE_VERSION,
        "field_map_passed_over": counts_table("field", report.map_passed_over),
        **({"unreadable": report.unreadable} if report.unreadable else {}),
    }


def _as_text(line: bytes) -> str:
    return line[:1000].decode("utf-8", "replace")
