"""Ops: work that makes no asset of its own, which is reading the runtime's database."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from dpo_math_assets.assets import log_exports
from dpo_math_assets.assets.common import plain_failures
from dpo_math_assets.resources import Project, RuntimeDatabase, launchpad_config
from dpo_math_assets.traces.database import DatabaseExport, DatabaseSettings, export_new_rows

if TYPE_CHECKING:

    class DatabaseOverrides(dg.Config):
        """Database settings of one run."""

else:
    DatabaseOverrides = launchpad_config(DatabaseSettings)


@dg.op(
    description="New rows of the runtime's task_trace table as export files in the landing area.",
)
@plain_failures()
def export_new_task_traces(
    context: dg.OpExecutionContext,
    config: DatabaseOverrides,
    project: Project,
    runtime_database: RuntimeDatabase,
) -> None:
    """Each row once, whatever happened to earlier runs; what came is told on `log_exports`."""
    workspace = project.workspace("database", config)
    exported = export_new_rows(
        runtime_database.url,
        workspace.landing,
        workspace.database_progress,
        workspace.settings.database,
        on_progress=context.log.info,
    )
    context.log.info(exported.summary())
    if exported.rows_without_time:
        context.log.warning(
            f"{exported.rows_without_time} rows have no created_at that can be read: they are "
            "never exported"
        )
    context.log_event(
        dg.AssetObservation(
            log_exports.key, description=exported.summary(), metadata=_metadata(exported)
        )
    )


def _metadata(exported: DatabaseExport) -> dict[str, Any]:
    return {
        "database_rows": exported.rows,
        "database_rows_ever": exported.rows_ever,
        "rows_waited_for": exported.waiting,
        "rows_without_time": exported.rows_without_time,
        "newest_row": exported.newest or "none",
        "files": " to ".join(dict.fromkeys([*exported.files[:1], *exported.files[-1:]])) or "none",
        "source": exported.source,
    }
