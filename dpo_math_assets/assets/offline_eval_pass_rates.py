"""offline_eval_pass_rates: is the trained model better, and is that known?"""

import json
import math
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dpo_math_assets.assets.common import GROUP, OWNERS, plain_failures
from dpo_math_assets.assets.dpo_checkpoint import CHECKPOINT, MODEL, read_manifest
from dpo_math_assets.assets.eval_samples import SAMPLES, eval_samples, model_folders
from dpo_math_assets.errors import DamagedDataError, DpoMathError
from dpo_math_assets.evaluation.plots import pass_rate_chart, slice_chart
from dpo_math_assets.evaluation.run import REPORT_FILE, Evaluation, evaluate
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.metadata import picture, preview
from dpo_math_assets.partitions import model_partitions
from dpo_math_assets.resources import Project
from dpo_math_assets.settings import Settings
from dpo_math_assets.stages.artifacts import DATASET
from dpo_math_assets.stages.workspace import new_version_name
from dpo_math_assets.storage import Store, write_json
from dpo_math_assets.training.models import identity

PASS_RATES = "offline_eval_pass_rates"
# Earlier evaluations that the report shows beside the new one.
HISTORY_FILE = "history.json"
EVALUATIONS_SHOWN = 30


@dg.asset(
    name=PASS_RATES,
    deps=[eval_samples],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"polars", "scipy"},
    code_version="1",
)
@plain_failures()
def offline_eval_pass_rates(
    context: dg.AssetExecutionContext, project: Project
) -> dg.MaterializeResult:
    """Pass rates with intervals on held-out prompts: base against DPO, and the control beside it.

    Undecided answers count as not passed in the headline rates and are shown on their own.
    """
    settings = project.workspace().settings
    store = project.workspace().store
    with store.current_in_use(CHECKPOINT) as checkpoint:
        found, version = _evaluate(context, store, settings, checkpoint)
    removed = store.versions(PASS_RATES).remove_old(
        settings.retention.evaluations, spare=evaluations_referred_to(store)
    )
    if removed:
        context.log.info(f"Old evaluations are removed: {', '.join(removed)}")
    return dg.MaterializeResult(metadata=_metadata(found, project, version, checkpoint.name))


def evaluations_referred_to(store: Store) -> set[str]:
    """Versions that a release candidate rests on."""
    # That asset's module imports this one, so its folder is named here.
    files = (store.root / "release_candidate").glob("*/release.json")
    return {json.loads(file.read_text("utf-8"))["evaluation"] for file in files}


def _evaluate(
    context: dg.AssetExecutionContext, store: Store, settings: Settings, checkpoint: Path
) -> tuple[Evaluation, str]:
    """The evaluation of a checkpoint and the version that it is published as."""
    samples, made_of = comparable_samples(store, checkpoint)
    manifest = read_manifest(checkpoint)
    fall = manifest["report"]["logps_chosen_fall_per_token"]
    dataset = store.versions(DATASET).checked(manifest["dataset_version"])
    history = _history(context, store)
    version = new_version_name(context.run_id)
    with store.versions(PASS_RATES).new_version(version) as folder:
        found = evaluate(
            samples,
            folder,
            settings.statistics,
            settings.gate,
            curves=json.loads((checkpoint / MODEL / "curves.json").read_text("utf-8")),
            chosen_fall=math.nan if fall is None else fall,
            training_files=[dataset / "train.jsonl", dataset / "sft.jsonl"],
            likeness=settings.dataset,
            history=history,
            title=f"Offline evaluation of {checkpoint.name}",
        )
        entry = _history_entry(checkpoint.name, found)
        write_json(folder / HISTORY_FILE, [*history, entry][-EVALUATIONS_SHOWN:])
        write_json(folder / "made_of.json", {**made_of, "checkpoint": checkpoint.name})
    return found, version


def comparable_samples(store: Store, checkpoint: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The samples of all models, if they answer the same prompts in the same way and are of now.

    Raises DpoMathError that names the partition to materialize where they do not.
    """
    frames = []
    # The base as it was when the checkpoint was trained from it, whatever lies there now.
    trained_from = json.loads((checkpoint / MODEL / "manifest.json").read_text("utf-8"))
    identities = {
        model: identity(folder) for model, folder in model_folders(checkpoint).items()
    } | {"base": trained_from["base_model_sha256"]}
    shared: dict[str, Any] = {}
    for model in model_partitions.get_partition_keys():
        record = store.record(SAMPLES, model)
        if record is None:
            if model == "sft":
                continue
            raise DpoMathError(f"{SAMPLES} has no partition {model!r}: materialize it first")
        inputs = record["inputs"]
        if inputs["identity"] != identities.get(model):
            raise DpoMathError(
                f"{SAMPLES} partition {model!r} is of {inputs['model']} as it was then, which is "
                f"not the {model} model of the checkpoint {checkpoint.name}: materialize it again"
            )
        told = {name: inputs[name] for name in ("dataset", "prompts", "settings", "verifier")}
        shared = shared or told
        if told != shared:
            differing = [name for name in told if told[name] != shared[name]]
            raise DpoMathError(
                f"{SAMPLES} partition {model!r} was made with another {', '.join(differing)} than "
                "'base', so they cannot be compared: materialize all models again"
            )
        frames.append(store.scan(SAMPLES, [model], SAMPLE_SCHEMA).collect())
    return pl.concat(frames), shared


def _history(context: dg.AssetExecutionContext, store: Store) -> list[dict[str, Any]]:
    """What the report of the last evaluation showed, or nothing where that is damaged."""
    try:
        folder = store.versions(PASS_RATES).current()
    except DamagedDataError as error:
        context.log.warning(f"The report shows no earlier evaluations: {error}")
        return []
    if folder is None:
        return []
    history: list[dict[str, Any]] = json.loads((folder / HISTORY_FILE).read_text("utf-8"))
    return history


def _history_entry(checkpoint: str, found: Evaluation) -> dict[str, Any]:
    """One row of the report's history."""
    everything = found.comparison.rates.filter(slice_by="all")
    entry: dict[str, Any] = {"run": checkpoint, "passed": found.decision.passed}
    for side, model in (
        ("base", found.comparison.base),
        ("candidate", found.comparison.candidate),
    ):
        rates = everything.filter(model=model).row(0, named=True)
        entry[side] = rates["avg_at_k"]
        entry[f"{side}_low"] = rates["avg_at_k_low"]
        entry[f"{side}_high"] = rates["avg_at_k_high"]
        entry["n_prompts"] = rates["n_prompts"]
    return entry


def _metadata(found: Evaluation, project: Project, version: str, checkpoint: str) -> dict[str, Any]:
    comparison = found.comparison
    everything = comparison.rates.filter(slice_by="all")
    # One name and one unit a number, so that Dagster plots them over time.
    numbers: dict[str, float] = {}
    for rates in everything.iter_rows(named=True):
        for name in ("pass_at_1", "avg_at_k", "pass_at_k", "maj_at_k", "undecided_rate"):
            if rates[name] is not None:
                numbers[f"{rates['model']}_{name}"] = round(rates[name], 4)
    for metric, difference in comparison.differences.items():
        numbers[f"gain_{metric}"] = round(difference.difference, 4)
        numbers[f"gain_{metric}_low"] = round(difference.low, 4)
        numbers[f"gain_{metric}_p_value"] = float(f"{difference.p_value:.3g}")
    if comparison.mcnemar is not None:
        numbers["greedy_gained"] = comparison.mcnemar.gained
        numbers["greedy_lost"] = comparison.mcnemar.lost
        numbers["mcnemar_p_value"] = float(f"{comparison.mcnemar.p_value:.3g}")
    return {
        # What a reader comes for stands first.
        "gate": found.decision.summary(),
        "pass_rates": picture(pass_rate_chart(comparison.rates), "pass rates by model"),
        "gain_by_slice": picture(
            slice_chart(comparison.slices, comparison.base, comparison.candidate),
            "change by slice",
        ),
        "rates": preview(
            everything,
            ["model", "n_prompts", "pass_at_1", "avg_at_k", "pass_at_k", "maj_at_k"],
        ),
        "report": project.report_link(PASS_RATES, version, REPORT_FILE),
        "gate_passed": found.decision.passed,
        **numbers,
        "prompts": comparison.n_prompts,
        "samples_a_prompt": comparison.k or 0,
        "path": dg.MetadataValue.path(Path(project.data_root) / PASS_RATES / version),
        "checkpoint_version": checkpoint,
    }
