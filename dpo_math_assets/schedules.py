"""Schedules: the nightly rebuild, and the hourly look into the database. Both are off at first."""

import dagster as dg

from dpo_math_assets.jobs import export_task_traces, train_and_evaluate
from dpo_math_assets.partitions import ALL_MODELS

hourly_export = dg.ScheduleDefinition(
    name="hourly_export",
    job=export_task_traces,
    cron_schedule="0 * * * *",
    execution_timezone="UTC",
    description="Every hour: the new rows of the runtime's task_trace table as export files.",
)


@dg.schedule(
    job=train_and_evaluate,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    description="Every night at 02:00 UTC: new dataset, checkpoint and evaluation from all pairs.",
)
def nightly_rebuild(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run over all models; its key is the night, so that a restart asks for no second one."""
    return dg.RunRequest(
        run_key=context.scheduled_execution_time.date().isoformat(), tags=ALL_MODELS
    )
