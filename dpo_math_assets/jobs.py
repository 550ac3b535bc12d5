"""Jobs: the two halves of the lineage, one that follows the logs and one that makes a model.

And what comes before both, where logs lie in the runtime's database: exporting them.
"""

import dagster as dg

from dpo_math_assets.assets import (
    cleaned_traces,
    dpo_checkpoint,
    dpo_dataset,
    eval_samples,
    label_audit,
    offline_eval_pass_rates,
    preference_pairs,
    raw_verifier_logs,
    release_candidate,
)
from dpo_math_assets.ops import export_new_task_traces
from dpo_math_assets.traces.database import URL_VARIABLE


@dg.job(
    description=(
        "The runtime's database to log exports: its new task traces since the last time, as files "
        "in the landing area, from where the sensor new_log_exports takes them. Needs "
        f"{URL_VARIABLE}; the schedule hourly_export launches it."
    ),
)
def export_task_traces() -> None:
    """One op; the runs that turn the files into pairs are those of `ingest_exports`."""
    export_new_task_traces()


ingest_exports = dg.define_asset_job(
    "ingest_exports",
    selection=dg.AssetSelection.assets(raw_verifier_logs, cleaned_traces, preference_pairs),
    description="Log exports to traces to pairs. Launch it for a partition or a range of them.",
    # A run that was killed is not run again: the sensor asks for what is left, and counts.
    tags={"dpo_math/ingest": "exports", "dagster/max_retries": "0"},
)

train_and_evaluate = dg.define_asset_job(
    "train_and_evaluate",
    selection=dg.AssetSelection.assets(
        label_audit,
        dpo_dataset,
        dpo_checkpoint,
        eval_samples,
        offline_eval_pass_rates,
        release_candidate,
    ),
    description=(
        "All pairs to a dataset, a checkpoint, its evaluation and, where the gate holds, a release "
        "candidate; beside it the labels to look at. Launch it for the range base to sft, so that "
        "all models are sampled."
    ),
)
