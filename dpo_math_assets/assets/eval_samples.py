"""eval_samples: what each model answers on the held-out prompts, every answer verified."""

from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.cleaned_traces import cleaned_traces
from dpo_math_assets.assets.common import GROUP, OWNERS, SINGLE_RUN, plain_failures
from dpo_math_assets.assets.dpo_checkpoint import dpo_checkpoint
from dpo_math_assets.assets.dpo_dataset import dpo_dataset
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.evaluation.settings import SamplingSettings
from dpo_math_assets.metadata import column_schema, counts_table, preview, rate
from dpo_math_assets.partitions import model_partitions
from dpo_math_assets.resources import Project, TaskRunner, launchpad_config
from dpo_math_assets.stages.artifacts import SAMPLES
from dpo_math_assets.stages.evaluation import JudgedSamples, sample_checkpoint
from dpo_math_assets.verifier import VERIFIER_VERSION, version_of

if TYPE_CHECKING:

    class SamplingOverrides(dg.Config):
        """Sampling settings of one run."""

else:
    SamplingOverrides = launchpad_config(SamplingSettings)


@dg.asset(
    name=SAMPLES,
    partitions_def=model_partitions,
    backfill_policy=SINGLE_RUN,
    deps=[
        dpo_checkpoint,
        dpo_dataset,
        # Where the held-out prompts come from in the end. Stated, because "Materialize all" finds
        # the partitions of an asset through partitioned parents alone.
        dg.AssetDep(cleaned_traces, partition_mapping=dg.AllPartitionMapping()),
    ],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"huggingface", "parquet"},
    pool="training",
    code_version=f"verifier-{VERIFIER_VERSION}",
    metadata={"dagster/column_schema": column_schema(SAMPLE_SCHEMA)},
)
@plain_failures()
def eval_samples(
    context: dg.AssetExecutionContext,
    config: SamplingOverrides,
    project: Project,
    tasks: TaskRunner,
) -> dg.MaterializeResult:
    """Greedy and k sampled completions of base, DPO model and control, judged by the verifier.

    The prompts are those held out of the training set, and any benchmark files of the settings.
    Samples that were drawn from the same model, prompts and settings before are kept.
    """
    workspace = project.workspace("sampling", config)
    judged = sample_checkpoint(workspace, context.partition_keys, tasks.within(context))
    for name, samples in judged.items():
        metadata = (
            {"left_out": f"the current checkpoint has no {name} model"}
            if samples is None
            else _metadata(samples, version_of(workspace.conventions))
        )
        context.add_asset_metadata(metadata, partition_key=name)
    return dg.MaterializeResult()


def _metadata(judged: JudgedSamples, verifier: str) -> dict[str, Any]:
    samples = pl.read_parquet(judged.path, glob=False)
    verdicts = dict(samples.group_by("verdict").len().iter_rows())
    reasons = dict(samples.group_by("reason").len().iter_rows())
    return {
        "dagster/partition_row_count": samples.height,
        "completions": samples.height,
        "prompts": samples["prompt_id"].n_unique(),
        "correct_rate": rate(verdicts.get("correct", 0), samples.height),
        "undecided_rate": rate(verdicts.get("undecided", 0), samples.height),
        "truncated_rate": rate(int(samples["truncated"].sum()), samples.height),
        "mean_tokens": round(float(samples["completion_tokens"].mean() or 0), 2),  # type: ignore[arg-type]
        "completions_by_reason": counts_table("reason", reasons),
        "preview": preview(
            samples, ["prompt", "mode", "completion", "ground_truth", "verdict", "method"]
        ),
        "model": judged.model,
        "path": dg.MetadataValue.path(judged.path),
        "verifier_version": verifier,
    }
