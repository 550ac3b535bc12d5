"""eval_samples: what each model answers on the held-out prompts, every answer verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.cleaned_traces import cleaned_traces
from dpo_math_assets.assets.common import GROUP, OWNERS, SINGLE_RUN, plain_failures
from dpo_math_assets.assets.dpo_checkpoint import (
    CHECKPOINT,
    CONTROL,
    MODEL,
    dpo_checkpoint,
    read_manifest,
)
from dpo_math_assets.assets.dpo_dataset import dpo_dataset
from dpo_math_assets.evaluation.judge import judge_samples
from dpo_math_assets.evaluation.prompts import load_eval_prompts
from dpo_math_assets.evaluation.sampling import SamplingSettings
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.metadata import column_schema, counts_table, preview, rate
from dpo_math_assets.partitions import model_partitions
from dpo_math_assets.resources import Project, TaskRunner, launchpad_config
from dpo_math_assets.settings import Settings
from dpo_math_assets.stages.artifacts import DATASET
from dpo_math_assets.storage import digest, write_parquet
from dpo_math_assets.training.models import identity
from dpo_math_assets.verifier import VERIFIER_VERSION, version_of

if TYPE_CHECKING:

    class SamplingOverrides(dg.Config):
        """Sampling settings of one run."""

else:
    SamplingOverrides = launchpad_config(SamplingSettings)

SAMPLES = "eval_samples"


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
    settings = project.workspace("sampling", config).settings
    with project.workspace().store.current_in_use(CHECKPOINT) as checkpoint:
        _sample(context, project, tasks, settings, checkpoint)
    return dg.MaterializeResult()


def _sample(
    context: dg.AssetExecutionContext,
    project: Project,
    tasks: TaskRunner,
    every_setting: Settings,
    checkpoint: Path,
) -> None:
    """Sample and judge the models of a checkpoint that the run asks for."""
    settings, verification = every_setting.sampling, every_setting.verification
    store = project.workspace().store
    dataset = store.current(DATASET)
    folders = model_folders(checkpoint)
    prompts = digest(load_eval_prompts(dataset, settings.benchmark_files).to_dicts())
    inputs = {
        model: {
            "model": folder,
            "identity": identity(folder),
            "dataset": dataset.name,
            "prompts": prompts,
            "settings": settings.model_dump(exclude={"threads", "batch_size"}),
            "verifier": version_of(verification.conventions()),
        }
        for model, folder in folders.items()
    }
    drafts = Path(project.data_root) / SAMPLES / "unjudged"
    wanted = [model for model in context.partition_keys if model in folders]
    missing = [model for model in wanted if store.finished(SAMPLES, model, inputs[model]) is None]
    if missing:
        reports = tasks.run(
            context,
            "sample",
            {
                "settings": settings.model_dump(),
                "run_code_of": every_setting.training.run_code_of,
                "dataset": str(dataset),
                "models": [
                    {
                        "name": model,
                        "folder": folders[model],
                        "out": str(drafts / f"{model}.parquet"),
                    }
                    for model in missing
                ],
            },
        )
    for model in missing:
        drawn = pl.read_parquet(drafts / f"{model}.parquet", glob=False)
        judged = judge_samples(
            drawn, verification.workers, verification.timeout_s, verification.conventions()
        )
        store.forget(SAMPLES, model)
        write_parquet(store.partition(SAMPLES, model), judged)
        store.finish(SAMPLES, model, inputs[model], reports[model])
        (drafts / f"{model}.parquet").unlink()
    for model in context.partition_keys:
        if model in folders:
            metadata = _metadata(project, model, folders[model])
        else:
            store.remove(SAMPLES, model)
            metadata = {"left_out": f"the checkpoint {checkpoint.name} has no {model} model"}
        context.add_asset_metadata(metadata, partition_key=model)


def model_folders(checkpoint: Path) -> dict[str, str]:
    """Folder or hub id of each model of a checkpoint; the control is there only if it was asked."""
    folders = {"base": read_manifest(checkpoint)["base_model"], "dpo": str(checkpoint / MODEL)}
    if (checkpoint / CONTROL).exists():
        folders["sft"] = str(checkpoint / CONTROL)
    return folders


def _metadata(project: Project, model: str, folder: str) -> dict[str, Any]:
    path = project.workspace().store.partition(SAMPLES, model)
    samples = pl.read_parquet(path, glob=False)
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
        "model": folder,
        "path": dg.MetadataValue.path(path),
        "verifier_version": VERIFIER_VERSION,
    }
