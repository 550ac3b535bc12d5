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
    rules_against_the_log,
)
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import AUDIT
from dpo_math_assets.stages.dataset import publish_audit


class AuditConfig(dg.Config):
    """The audit sheet of one run."""

    rows: int = Field(default=ROWS, ge=1, description="Answers on the sheet, at most.")


@dg.asset(
    name=AUDIT,
    deps=[cleaned_traces],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "csv"},
    code_version="3",
)
@plain_failures()
def label_audit(
    context: dg.AssetExecutionContext, config: AuditConfig, project: Project
) -> dg.MaterializeResult:
    """Answers whose verdict a person should look at: doubtful ones of every kind, ranked.

    Fill in the column `override` of the sheet and put it into the folder `overrides`: the sensor
    puts the decisions over the verifier's verdicts and pairs again what rests on them.
    """
    workspace = project.workspace()
    made = publish_audit(workspace, config.rows)
    rows, version = made.rows, made.folder.name
    kinds = dict(rows.group_by("kind").len().iter_rows())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows.height,
            "exports_not_processed_yet": made.waiting,
            "page": project.report_link(AUDIT, version, PAGE_FILE),
            "sheet": project.report_link(AUDIT, version, SHEET_FILE),
            "put_it_filled_in_into": dg.MetadataValue.path(workspace.overrides_folder),
            "answers_by_kind": counts_table("kind", kinds),
            **{kind: kinds.get(kind, 0) for kind in KINDS},
            "rules_where_the_log_differs": preview(
                rules_against_the_log(rows), ["decided_by", "answers", "traces"]
            ),
            "preview": preview(
                rows, ["kind", "why", "prompt", "ground_truth", "extracted", "verdict"]
            ),
            "path": dg.MetadataValue.path(made.folder),
        }
    )
