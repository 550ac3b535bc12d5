"""Checks of raw_verifier_logs: every export was read, and all of it is somewhere."""

from collections.abc import Sequence

import dagster as dg

from dpo_math_assets.assets import raw_verifier_logs
from dpo_math_assets.checks.common import named_worst, stored_rows
from dpo_math_assets.checks.per_export import export_check
from dpo_math_assets.json_objects import from_json
from dpo_math_assets.metadata import counts_table, rate
from dpo_math_assets.stages.artifacts import QUARANTINE, RAW
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.traces.intake import IntakeReport, imbalance
from dpo_math_assets.traces.schema import QUARANTINE_SCHEMA, TRACE_SCHEMA


@export_check(raw_verifier_logs)
def row_balance(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """Records in = records with traces + other records + quarantined, and all of them stored.

    And every byte of the file is in one of them or between them, counted apart from the readers.
    """
    store = workspace.store
    wrong = {}
    records = 0
    for key in keys:
        record = store.record(RAW, key)
        if record is None:
            continue  # what was not read at all is for exports_are_readable to say
        report = from_json(IntakeReport, record["report"], f"the report of {RAW}, {key}")
        quarantined = sum(report.quarantined.values())
        records += report.records_in
        traces = stored_rows(store, RAW, key, TRACE_SCHEMA)
        set_aside = stored_rows(store, QUARANTINE, key, QUARANTINE_SCHEMA, recorded_by=RAW)
        if unaccounted := imbalance(report):
            wrong[key] = unaccounted
        elif (traces, set_aside) != (report.traces, quarantined):
            wrong[key] = (
                f"{report.traces} traces and {quarantined} quarantined were read, "
                f"{traces} and {set_aside} are stored"
            )
    return dg.AssetCheckResult(
        passed=not wrong,
        description="; ".join(f"{key}: {why}" for key, why in wrong.items())
        or f"All {records} records are accounted for, and every byte that could be read is in one "
        "of them or between them.",
        metadata={"records": records, "exports": len(keys)},
    )


@export_check(raw_verifier_logs)
def exports_are_readable(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """Every export was read, none was set aside as a whole, and no line of one was."""
    store = workspace.store
    unreadable = {}
    by_export: dict[str, int] = {}
    quarantined: dict[str, int] = {}
    records = 0
    for key in keys:
        record = store.record(RAW, key)
        if record is None:
            unreadable[key] = "it was not read, the run's log says why"
            continue
        report = from_json(IntakeReport, record["report"], f"the report of {RAW}, {key}")
        if report.unreadable:
            unreadable[key] = report.unreadable
        elif report.quarantined and not report.traces:
            unreadable[key] = (
                f"it gave no trace, all {report.records_in} records are quarantined: see their "
                "details, and intake.field_map in settings.yaml for logs with other field names"
            )
        by_export[key] = sum(report.quarantined.values())
        records += report.records_in
        for reason, count in report.quarantined.items():
            quarantined[reason] = quarantined.get(reason, 0) + count
    some = sum(quarantined.values())
    if unreadable:
        said = "; ".join(f"{key}: {why}" for key, why in unreadable.items())
    elif some:
        said = (
            f"{some} of {records} records are quarantined, in {named_worst(by_export)}: correct "
            "them in the export, which is then read again, or leave them set aside."
        )
    else:
        said = f"All {records} records could be read."
    return dg.AssetCheckResult(
        passed=not unreadable and not some,
        severity=dg.AssetCheckSeverity.ERROR if unreadable else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "quarantined": some,
            "quarantine_rate": rate(some, records),
            "by_reason": counts_table("reason", quarantined),
            "by_export": counts_table("export", by_export),
        },
    )
