"""A checkpoint → samples of its models, judged → pass rates, the gate's decision and a report."""

import math
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DamagedDataError, DpoMathError
from dpo_math_assets.evaluation.judge import judge_samples
from dpo_math_assets.evaluation.prompts import load_eval_prompts
from dpo_math_assets.evaluation.run import Evaluation, evaluate
from dpo_math_assets.evaluation.sampling import SampleReport, SamplingSettings
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.json_objects import as_json, from_json, load
from dpo_math_assets.stages.artifacts import (
    BASE,
    CHECKPOINT,
    CONTROL,
    DATASET,
    DPO,
    MODEL,
    MODELS,
    PASS_RATES,
    SAMPLES,
    SFT,
    UNJUDGED,
)
from dpo_math_assets.stages.origins import ORIGIN_FILE, EvaluationOrigin
from dpo_math_assets.stages.retention import remove_old_evaluations
from dpo_math_assets.stages.tasks import SamplingRequest, Subject, Tasks
from dpo_math_assets.stages.training import read_checkpoint
from dpo_math_assets.stages.workspace import Workspace, new_version_name
from dpo_math_assets.storage import Store, digest, write_json, write_parquet
from dpo_math_assets.training.manifest import read_curves, read_manifest
from dpo_math_assets.training.models import identity
from dpo_math_assets.verifier import version_of

# Earlier evaluations that the report shows beside the new one.
HISTORY_FILE = "history.json"
EVALUATIONS_SHOWN = 30

# What the samples that are compared must have in common.
SHARED = ("dataset", "prompts", "settings", "verifier")
# Settings that change how fast samples are drawn, and not what they are samples of.
SPEED = {"threads", "batch_size"}


@dataclass(frozen=True)
class JudgedSamples:
    """The partition of a model's judged samples, SAMPLE_SCHEMA."""

    model: str  # folder or hub id
    path: Path
    report: SampleReport


@dataclass(frozen=True)
class PublishedEvaluation:
    """An evaluation's version, the checkpoint that it is of, and what went when it came."""

    folder: Path
    checkpoint: str
    evaluation: Evaluation
    removed: list[str]  # old evaluations


def model_folders(checkpoint: Path) -> dict[str, str]:
    """Folder or hub id of each model of a checkpoint; the control is there only if it was asked."""
    folders = {BASE: read_checkpoint(checkpoint).base_model, DPO: str(checkpoint / MODEL)}
    if (checkpoint / CONTROL).exists():
        folders[SFT] = str(checkpoint / CONTROL)
    return folders


def sample_checkpoint(
    workspace: Workspace, names: Sequence[str], tasks: Tasks
) -> dict[str, JudgedSamples | None]:
    """Judged samples of the named models of the current checkpoint, on its current dataset.

    None for a model that the checkpoint does not have: samples of an earlier one's are removed.
    """
    store = workspace.store
    with store.current_in_use(CHECKPOINT) as checkpoint:
        folders = model_folders(checkpoint)
        wanted = {name: folders[name] for name in names if name in folders}
        judged = sample_models(workspace, wanted, store.current(DATASET), tasks)
    for name in names:
        if name not in wanted:
            store.remove(SAMPLES, name)
    return {name: judged.get(name) for name in names}


def sampling_inputs(
    workspace: Workspace, models: Mapping[str, str], dataset: Path | None
) -> dict[str, dict[str, Any]]:
    """What the judged samples of each model are made of; `models` are folders or hub ids."""
    settings = workspace.settings.sampling
    prompts = digest(load_eval_prompts(dataset, settings.benchmark_files).to_dicts())
    return {
        name: {
            "model": model,
            "identity": identity(model),
            "dataset": dataset.name if dataset else "",
            "prompts": prompts,
            "settings": settings.model_dump(exclude=SPEED),
            "verifier": version_of(workspace.conventions),
        }
        for name, model in models.items()
    }


def sample_models(
    workspace: Workspace, models: Mapping[str, str], dataset: Path | None, tasks: Tasks
) -> dict[str, JudgedSamples]:
    """Judged samples of models, given by name, on held-out prompts and the settings' benchmarks.

    Samples that were drawn from the same model, prompts and settings before are kept; where only
    the verifier is another one now, they are judged again.
    """
    store, settings = workspace.store, workspace.settings
    inputs = sampling_inputs(workspace, models, dataset)
    missing = [name for name in models if store.finished(SAMPLES, name, inputs[name]) is None]
    undrawn = [
        Subject(name, models[name], _drawing(inputs[name]))
        for name in missing
        if _drawn(store, name, inputs[name]) is None
    ]
    if undrawn:
        tasks.sample(
            SamplingRequest(
                store.root, undrawn, settings.sampling, settings.training.run_code_of, dataset
            )
        )
    for name in missing:
        drawn = _drawn(store, name, inputs[name])
        if drawn is None:
            raise DpoMathError(f"{UNJUDGED} has no partition {name!r} after sampling: try again")
        path, report = drawn
        judged = judge_samples(
            pl.read_parquet(path, glob=False),
            settings.verification.workers,
            settings.verification.timeout_s,
            workspace.conventions,
        )
        store.forget(SAMPLES, name)
        write_parquet(store.partition(SAMPLES, name), judged)
        store.finish(SAMPLES, name, inputs[name], report)
        store.remove(UNJUDGED, name)
    return {name: _judged(store, name, models[name]) for name in models}


def _drawing(inputs: dict[str, Any]) -> dict[str, Any]:
    """What samples are made of before they are judged."""
    return {name: value for name, value in inputs.items() if name != "verifier"}


def _drawn(store: Store, name: str, inputs: dict[str, Any]) -> tuple[Path, dict[str, Any]] | None:
    """The samples that are there, judged by whatever verifier or not yet, and their report."""
    if (report := store.finished(UNJUDGED, name, _drawing(inputs))) is not None:
        return store.partition(UNJUDGED, name), report
    try:
        record = store.record(SAMPLES, name)
    except DamagedDataError:
        return None
    earlier = {**inputs, "verifier": record["inputs"].get("verifier") if record else None}
    if (report := store.finished(SAMPLES, name, earlier)) is not None:
        return store.partition(SAMPLES, name), report
    return None


def _judged(store: Store, name: str, model: str) -> JudgedSamples:
    record = store.record(SAMPLES, name)
    assert record is not None
    report = from_json(SampleReport, record["report"], f"the report of {SAMPLES}, {name}")
    return JudgedSamples(model, store.partition(SAMPLES, name), report)


def probe_checkpoint(workspace: Workspace, tasks: Tasks) -> pl.DataFrame:
    """A few completions of the current checkpoint on held-out prompts, not judged."""
    settings = workspace.settings
    probe = SamplingSettings(
        k=1,
        max_prompts=4,
        max_new_tokens=settings.sampling.max_new_tokens,
        threads=settings.sampling.threads,
    )
    with (
        tempfile.TemporaryDirectory(prefix="dpo-math-") as folder,
        workspace.store.current_in_use(CHECKPOINT) as checkpoint,
    ):
        subject = Subject(DPO, str(checkpoint / MODEL), {})
        dataset = workspace.store.current(DATASET)
        run_code_of = settings.training.run_code_of
        tasks.sample(SamplingRequest(Path(folder), [subject], probe, run_code_of, dataset))
        return pl.read_parquet(Store(Path(folder)).partition(UNJUDGED, DPO), glob=False)


def comparable_samples(
    workspace: Workspace, checkpoint: Path
) -> tuple[pl.DataFrame, EvaluationOrigin]:
    """The samples of all models, if they answer the same prompts in the same way and are current.

    Raises DpoMathError that names the partition to materialize where they do not.
    """
    store = workspace.store
    frames = []
    # The base as it was when the checkpoint was trained from it, whatever lies there now.
    trained_from = read_manifest(checkpoint / MODEL).base_model_sha256
    identities = {name: identity(folder) for name, folder in model_folders(checkpoint).items()} | {
        BASE: trained_from
    }
    shared: dict[str, Any] = {}
    for name in MODELS:
        record = store.record(SAMPLES, name)
        if record is None:
            if name == SFT:
                continue
            raise DpoMathError(f"{SAMPLES} has no partition {name!r}: materialize it first")
        inputs = record["inputs"]
        if inputs["identity"] != identities.get(name):
            raise DpoMathError(
                f"{SAMPLES} partition {name!r} is of {inputs['model']} as it was then, which is "
                f"not the {name} model of the checkpoint {checkpoint.name}: materialize it again"
            )
        stated = {key: inputs[key] for key in SHARED}
        shared = shared or stated
        if stated != shared:
            differing = [key for key in SHARED if stated[key] != shared[key]]
            raise DpoMathError(
                f"{SAMPLES} partition {name!r} was made with another {', '.join(differing)} than "
                f"{BASE!r}, so they cannot be compared: materialize all models again"
            )
        frames.append(store.scan(SAMPLES, [name], SAMPLE_SCHEMA).collect())
    return pl.concat(frames), EvaluationOrigin(checkpoint.name, **shared)


def publish_evaluation(
    workspace: Workspace, run_id: str, say: Callable[[str], None] = lambda _: None
) -> PublishedEvaluation:
    """Compare the models of the current checkpoint, and make that the current evaluation.

    Old evaluations that nothing refers to are removed. Raises DpoMathError as `comparable_samples`
    does.
    """
    store = workspace.store
    version = new_version_name(run_id)
    with store.current_in_use(CHECKPOINT) as checkpoint:
        samples, made_of = comparable_samples(workspace, checkpoint)
        dataset = store.versions(DATASET).checked(read_checkpoint(checkpoint).dataset_version)
        history = _history(store, say)
        with store.versions(PASS_RATES).new_version(version) as folder:
            found = compare_with_base(
                workspace,
                samples,
                folder,
                candidate=DPO,
                trained=checkpoint / MODEL,
                training_files=[dataset / "train.jsonl", dataset / "sft.jsonl"],
                history=history,
                title=f"Offline evaluation of {checkpoint.name}",
            )
            entry = _history_entry(checkpoint.name, found)
            write_json(folder / HISTORY_FILE, [*history, entry][-EVALUATIONS_SHOWN:])
            write_json(folder / ORIGIN_FILE, as_json(made_of))
    removed = remove_old_evaluations(workspace)
    return PublishedEvaluation(store.root / PASS_RATES / version, checkpoint.name, found, removed)


def compare_with_base(
    workspace: Workspace,
    samples: pl.DataFrame,
    out: Path,
    *,
    candidate: str,
    trained: Path | None,
    training_files: Iterable[Path] | None,
    title: str,
    history: Sequence[dict[str, Any]] | None = None,
) -> Evaluation:
    """Compare a candidate with its base on judged samples, and write the folder `out`.

    `trained` is the candidate's folder where a run of this package wrote it: its curves and how far
    it left the chosen completions go into the report and the gate. `training_files` is as in
    `evaluate`.
    """
    settings = workspace.settings
    curves = chosen_fall = None
    if trained is not None:
        curves = read_curves(trained)
        fall = read_manifest(trained).report.logps_chosen_fall_per_token
        chosen_fall = math.nan if fall is None else fall
    return evaluate(
        samples,
        out,
        settings.statistics,
        settings.gate,
        candidate=candidate,
        curves=curves,
        chosen_fall=chosen_fall,
        training_files=None if training_files is None else list(training_files),
        likeness=settings.dataset,
        history=history,
        title=title,
    )


def _history(store: Store, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """What the report of the last evaluation showed, or nothing where that is damaged."""
    try:
        folder = store.versions(PASS_RATES).current()
    except DamagedDataError as error:
        say(f"The report shows no earlier evaluations: {error}")
        return []
    return [] if folder is None else load(list[dict[str, Any]], folder / HISTORY_FILE)


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
