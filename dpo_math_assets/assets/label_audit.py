"""label_audit: the verdicts most worth a person's look, a sheet to fill in and a page to read."""

import dagster as dg
from pydantic import Field

from dpo_math_assets.assets.cleaned_traces import cleaned_traces
from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.metadata import counts_table, preview
from dpo_math_assets.pairs.audit import (
    KINDS,
    PAGE_FILE,
    ROWS,
    SHEET_FILE,
    audit,
    write_page,
    write_sheet,
)
from dpo_math_assets.resources import Project
from dpo_math_assets.stages import CLEANED, outdated_traces, usable_exports
from dpo_math_assets.storage import digest, pinned
from dpo_math_assets.traces.schema import CLEANED_SCHEMA

AUDIT = "label_audit"


class AuditConfig(dg.Config):
    """The audit sheet of one run."""

    rows: int = Field(default=ROWS, ge=1, description="Answers on the sheet, at most.")


@dg.asset(
    name=AUDIT,
    deps=[cleaned_traces],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "csv"},
    code_version="2",
)
@plain_failures()
def label_audit(
    context: dg.AssetExecutionContext, config: AuditConfig, project: Project
) -> dg.MaterializeResult:
    """Answers whose verdict a person should look at: doubtful ones of every kind, ranked.

    Fill in the column `override` of the sheet and put it into the folder `overrides`: the sensor
    puts the decisions over the verifier's verdicts and pairs again what rests on them.
    """
    store = project.store
    settings = project.settings()
    registered = project.landing.partitions()
    # An ingest may run meanwhile: what is looked at here, and found up to date, is what is read.
    with pinned(store, [CLEANED], registered) as snapshot:
        waiting = outdated_traces(
            snapshot,
            registered,
            settings.intake.field_map,
            settings.verification.timeout_s,
            settings.verification.conventions(),
        )
        exports = usable_exports(snapshot, registered, waiting)
        traces = snapshot.scan(CLEANED, exports, CLEANED_SCHEMA)
        rows = audit(traces, config.rows, settings.verification.conventions())
    with store.versions(AUDIT).new_content() as draft:
        write_sheet(rows, draft.folder / SHEET_FILE)
        write_page(rows, draft.folder / PAGE_FILE)
        draft.version = digest(rows.write_json())[:16]
    version = draft.version
    kinds = dict(rows.group_by("kind").len().iter_rows())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows.height,
            "exports_not_processed_yet": waiting,
            "page": project.report_link(AUDIT, version, PAGE_FILE),
            "sheet": project.report_link(AUDIT, version, SHEET_FILE),
            "put_it_filled_in_into": dg.MetadataValue.path(project.overrides_folder),
            "answers_by_kind": counts_table("kind", kinds),
            **{kind: kinds.get(kind, 0) for kind in KINDS},
            "preview": preview(
                rows, ["kind", "why", "prompt", "ground_truth", "extracted", "verdict"]
            ),
            "path": dg.MetadataValue.path(store.root / AUDIT / version),
        }
    )
