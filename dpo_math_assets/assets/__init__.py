"""The lineage, one module a stage."""

import dagster as dg

from dpo_math_assets.assets.cleaned_traces import cleaned_traces
from dpo_math_assets.assets.dpo_checkpoint import dpo_checkpoint
from dpo_math_assets.assets.dpo_dataset import dpo_dataset
from dpo_math_assets.assets.eval_samples import eval_samples
from dpo_math_assets.assets.label_audit import label_audit
from dpo_math_assets.assets.log_exports import log_exports
from dpo_math_assets.assets.offline_eval_pass_rates import offline_eval_pass_rates
from dpo_math_assets.assets.preference_pairs import preference_pairs
from dpo_math_assets.assets.raw_verifier_logs import raw_verifier_logs
from dpo_math_assets.assets.release_candidate import release_candidate

ASSETS: list[dg.AssetsDefinition | dg.AssetSpec] = [
    log_exports,
    raw_verifier_logs,
    cleaned_traces,
    label_audit,
    preference_pairs,
    dpo_dataset,
    dpo_checkpoint,
    eval_samples,
    offline_eval_pass_rates,
    release_candidate,
]

__all__ = [
    "ASSETS",
    "cleaned_traces",
    "dpo_checkpoint",
    "dpo_dataset",
    "eval_samples",
    "label_audit",
    "log_exports",
    "offline_eval_pass_rates",
    "preference_pairs",
    "raw_verifier_logs",
    "release_candidate",
]
