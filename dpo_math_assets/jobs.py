"""Jobs: the two halves of the lineage, one that follows the logs and one that makes a model."""

import dagster as dg

from dpo_math_assets.assets import (
    cleaned_traces,
    dpo_checkpoint,
    dpo_dataset,
    eval_samples,
    offline_eval_pass_rates,
    preference_pairs,
    raw_verifier_logs,
    release_candidate,
)

ingest_exports = dg.define_asset_job(
    "ingest_exports",
    selection=dg.AssetSelection.assets(raw_verifier_logs, cleaned_traces, preference_pairs),
    description="Log exports to traces to pairs. Launch it for a partition or a range of them.",
    tags={"dpo_math/ingest": "exports"},
)

train_and_evaluate = dg.define_asset_job(
    "train_and_evaluate",
    selection=dg.AssetSelection.assets(
        dpo_dataset, dpo_checkpoint, eval_samples, offline_eval_pass_rates, release_candidate
    ),
    description=(
        "All pairs to a dataset, a checkpoint, its evaluation and, where the gate holds, a release "
        "candidate. Launch it for the range base to sft, so that all models are sampled."
    ),
)
