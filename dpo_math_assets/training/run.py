"""The part of a run that DPO and its SFT control share: from files to a folder that loads.

A run reads its data, trains in a work folder from which it can resume, and then writes into an
empty folder `out`: model and tokenizer (`from_pretrained` loads both), `manifest.json` (what made
it), `curves.json` (a point a logged step) and `README.md` (a model card); adapters, where they were
trained, lie in `adapter` as well as in the model. The caller publishes `out` when the run has
ended, so that a half-written model is never seen.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.json_objects import as_json
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets.training.adapters import ADAPTER, adapter_arguments, merge_adapter
from dpo_math_assets.training.checkpoints import newest_whole
from dpo_math_assets.training.data import Row
from dpo_math_assets.training.manifest import (
    CURVES_FILE,
    MANIFEST_FILE,
    ModelManifest,
    Origin,
    TrainingReport,
)
from dpo_math_assets.training.model_code import carry_code, loading
from dpo_math_assets.training.models import context_window, load_tokenizer, not_loadable
from dpo_math_assets.training.progress import Curves, Progress, progress_callback
from dpo_math_assets.training.settings import TRAINING_VERSION, TrainingSettings, trl_knobs


def prepare_window(settings: TrainingSettings) -> tuple[Any, int]:
    """The tokenizer, and the longest sequence that both settings and model allow, in tokens."""
    tokenizer = load_tokenizer(settings.base_model, settings.run_code_of)
    limit = context_window(settings.base_model, settings.run_code_of)
    return tokenizer, min(settings.max_length, limit or settings.max_length)


@dataclass(frozen=True)
class Fitted:
    """The rows that are trained on, and why others are not."""

    rows: list[Row]
    overlong: int = 0  # left out: longer than the window
    indistinct: int = 0  # left out: their completions are the same tokens
    merged: int = 0  # whose prompt's last token merges with the completion


def fitting_rows(
    rows: list[Row], completions: tuple[str, ...], tokenizer: Any, window: int, max_share: float
) -> Fitted:
    """The rows that fit the window whole and whose completions differ, as the tokenizer sees them.

    TRL cuts a longer text at its end, where the final answer stands, so such a row is left out;
    so is one whose sides differ only in what the tokenizer does not know.
    Raises TrainingError where more than `max_share` of the rows are longer, where none is left,
    or where the rows are chat messages and the tokenizer has no chat template.
    """
    if not isinstance(rows[0]["prompt"], str) and not tokenizer.chat_template:
        raise TrainingError(
            "The dataset holds chat messages, and the tokenizer of base_model has no chat "
            "template. Export the dataset as plain text, or use a model with a chat template."
        )
    prompts = _token_ids(tokenizer, [row["prompt"] for row in rows], prompt=True)
    fits = [True] * len(rows)
    merged = [False] * len(rows)
    distinct = [len(completions) == 1] * len(rows)
    longest = 0
    first: list[list[int]] | None = None
    for field in completions:
        texts = [_joined(row["prompt"], row[field]) for row in rows]
        side = _token_ids(tokenizer, texts, prompt=False)
        for i, ids in enumerate(side):
            length = len(ids) + isinstance(rows[i]["prompt"], str)  # TRL adds the end token
            longest = max(longest, length)
            fits[i] = fits[i] and length <= window
            merged[i] = merged[i] or ids[: len(prompts[i])] != prompts[i]
            distinct[i] = distinct[i] or (first is not None and ids != first[i])
        first = side
    overlong = len(rows) - sum(fits)
    if overlong == len(rows) or overlong > max_share * len(rows):
        raise TrainingError(
            f"{overlong} of {len(rows)} rows are longer than {window} tokens (the longest has "
            f"{longest}). Raise max_length if the model's window allows it, filter long "
            "completions from the dataset, or raise max_overlong_share."
        )
    kept = [row for row, fit, differ in zip(rows, fits, distinct, strict=True) if fit and differ]
    if not kept:
        raise TrainingError(
            "In every row that fits, chosen and rejected are the same tokens to the tokenizer of "
            "base_model. It does not know the characters in which they differ: use another model."
        )
    indistinct = len(rows) - overlong - len(kept)
    return Fitted(kept, overlong, indistinct, sum(merged))


def stored(rows: list[Row], folder: Path, config: Any) -> Any:
    """The rows as a Dataset in `folder`, which all processes of the run read.

    On disk, TRL keeps the tokens and the base model's log-probabilities beside it: they are made
    once for all processes, and not again by a run that is resumed.
    """
    from datasets import Dataset, load_from_disk

    with config.main_process_first(local=False):
        if config.process_index == 0:
            Dataset.from_list(rows).save_to_disk(str(folder))
        return load_from_disk(str(folder))


def _joined(prompt: Any, completion: Any) -> Any:
    """Prompt and completion as one text, or one list of messages."""
    return prompt + completion


def _token_ids(tokenizer: Any, texts: list[Any], *, prompt: bool) -> list[list[int]]:
    """Token ids as TRL makes them from plain text or from messages."""
    if isinstance(texts[0], str):
        ids: list[list[int]] = tokenizer(texts)["input_ids"]
        return ids
    return [
        tokenizer.apply_chat_template(
            messages, add_generation_prompt=prompt, tokenize=True, return_dict=True
        )["input_ids"]
        for messages in texts
    ]


def trainer_arguments(settings: TrainingSettings, window: int, work: Path) -> dict[str, Any]:
    """What DPOConfig and SFTConfig have in common, from our settings."""
    import torch

    on_gpu = torch.cuda.is_available()
    bf16 = settings.precision == "bf16" or (
        settings.precision == "auto" and on_gpu and torch.cuda.is_bf16_supported()
    )
    return {
        "output_dir": str(work),
        "learning_rate": settings.learning_rate,
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        "max_length": window,
        "seed": settings.seed,
        "bf16": bf16,
        "use_cpu": not torch.accelerator.is_available(),
        "logging_steps": settings.logging_steps,
        # Otherwise a NaN loss is shown as the mean of the steps before it.
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": settings.checkpoint_steps,
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": on_gpu,
    }


def shared_overrides(settings: TrainingSettings) -> dict[str, Any]:
    """The overrides that are not about DPO, so that the SFT control runs under them as well."""
    shared = trl_knobs()["shared"]
    return {name: value for name, value in settings.trl_overrides.items() if name in shared}


def make_config(config_class: Any, arguments: dict[str, Any]) -> Any:
    """A trainer's configuration; a value that TRL refuses is a TrainingError."""
    try:
        return config_class(**arguments)
    except (TypeError, ValueError, ImportError) as error:
        raise TrainingError(
            f"TRL refuses the settings: {error}. Correct the field or trl_overrides."
        ) from error


def make_trainer(trainer_class: Any, settings: TrainingSettings, *, args: Any, **given: Any) -> Any:
    """A trainer on the base model, with the configuration `args`, that speaks through our callback.

    The trainer loads the model itself, by what `args` says of its code.
    """
    from transformers import PrinterCallback

    adapters = adapter_arguments(settings)
    try:
        with loading(settings.base_model, settings.run_code_of) as arguments:
            args.model_init_kwargs = {**(args.model_init_kwargs or {}), **arguments}
            args.trust_remote_code = arguments["trust_remote_code"]
            trainer = trainer_class(model=settings.base_model, args=args, **given, **adapters)
    except OSError as error:
        raise TrainingError(not_loadable(settings.base_model, "weights", error)) from error
    except ValueError as error:
        field = "lora_target_modules" if "target modules" in str(error).lower() else "the field"
        raise TrainingError(
            f"TRL refuses the run: {str(error).rstrip('.')}. Correct {field} or trl_overrides."
        ) from error
    if adapters:
        _check_adapters(trainer.model, settings)
    trainer.remove_callback(PrinterCallback)
    return trainer


def _check_adapters(model: Any, settings: TrainingSettings) -> None:
    """Whether each named layer got adapters: PEFT is content with any one of them."""
    adapted = {name.split(".lora_A")[0] for name, _ in model.named_parameters() if "lora_A" in name}
    for module in settings.lora_target_modules:
        if module != "all-linear" and not any(name.endswith(module) for name in adapted):
            raise TrainingError(
                f"lora_target_modules names {module!r}, and base_model has no such layer. It has "
                f"{', '.join(sorted({name.rsplit('.', 1)[-1] for name in adapted}))}."
            )


def train(trainer: Any, stage: str, on_progress: Progress, work: Path, resume: bool) -> int:
    """Train to the end, from the newest whole checkpoint where `resume`; gives its step, or 0."""
    import torch
    from transformers import set_seed

    # Scoring draws random numbers, which a run that finds its scores from before does not.
    set_seed(trainer.args.seed)
    checkpoint = newest_whole(work) if resume else None
    step = int(checkpoint.name.rsplit("-", 1)[1]) if checkpoint else 0
    if checkpoint and trainer.is_world_process_zero():
        on_progress({"stage": stage, "now": f"going on from step {step} of an interrupted run"})
    trainer.add_callback(progress_callback(stage, on_progress))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    for name, weights in trainer.model.named_parameters():
        if not torch.isfinite(weights).all():
            raise TrainingError(
                f"The {stage} run ended with weights that are not finite ({name}). Lower "
                "learning_rate, or set precision to fp32."
            )
    return step


class Stopwatch:
    """Wall and CPU seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def code_versions() -> dict[str, Any]:
    """What code trains: this package, its commit where it runs from a checkout, and its libraries.

    `commit` ends in `-dirty` where files were changed since; it is None outside a checkout.
    """
    names = ("torch", "transformers", "trl", "accelerate", "datasets", "tokenizers", "peft")
    packages = {}
    for name in ("dpo-math-assets", *names):
        with suppress(importlib.metadata.PackageNotFoundError):  # peft is optional
            packages[name] = importlib.metadata.version(name)
    return {"training": TRAINING_VERSION, "commit": _commit(), "packages": packages}


def _commit() -> str | None:
    folder, here = Path(__file__).parent, Path(__file__).name
    try:
        for command in (
            # A checkout around an installed package says nothing of it.
            ["git", "ls-files", "--error-unmatch", here],
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        ):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def dataset_version(dataset_dir: Path) -> str:
    """The version that the dataset's report states; otherwise a hash of its training file."""
    report = dataset_dir / "report.json"
    if report.exists():
        version = json.loads(report.read_text(encoding="utf-8")).get("version")
        if isinstance(version, str):
            return version
    with (dataset_dir / "train.jsonl").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def build_report(
    trainer_name: str,
    settings: TrainingSettings,
    dataset_dir: Path,
    trainer: Any,
    points: Curves,
    watch: Stopwatch,
    *,
    rows: list[Row],
    fitted: Fitted,
    window: int,
    resumed_from_step: int,
    logps_chosen_fall: float | None,
    logps_chosen_fall_per_token: float | None,
    validation_fall_per_token: float | None,
) -> TrainingReport:
    """The report of a run that has ended, with what deserves a second look as warnings."""
    seconds, cpu_seconds = watch.read()
    final: dict[str, float] = {}
    for point in points:
        final.update({name: float(value) for name, value in point.items() if name != "step"})
    tokens = int(final.get("num_tokens", 0))
    warnings = []
    if fitted.overlong:
        warnings.append(
            f"{fitted.overlong} of {len(rows)} rows were left out: longer than {window} tokens."
        )
    if fitted.indistinct:
        warnings.append(
            f"{fitted.indistinct} of {len(rows)} rows were left out: to the tokenizer of "
            "base_model, chosen and rejected are the same tokens."
        )
    if fitted.merged:
        warnings.append(
            f"{fitted.merged} of {len(rows)} prompts do not end on a token boundary: in "
            "training their last token merges with the completion, at inference it does not. "
            "End prompts with a line break."
        )
    warnings += one_sided(fitted.rows)
    if not any("loss" in point for point in points):
        warnings.append(
            f"No step was logged: the run has {trainer.state.global_step} steps and "
            f"training.logging_steps is {settings.logging_steps}. Set it lower in settings.yaml "
            "to see curves, and for the gate, which asks for them."
        )
    if (logps_chosen_fall_per_token or 0.0) > settings.displacement_warning:
        warnings.append(
            f"The chosen completions fell by {logps_chosen_fall:.1f} nats, "
            f"{logps_chosen_fall_per_token:.2f} a token, below the base model (likelihood "
            "displacement): the model may have unlearned right answers, whatever reward accuracy "
            "says. Add the sft loss, lower learning_rate or raise beta."
        )
    # With the sft loss the training pairs may be learnt by heart while all others are unlearned.
    if (validation_fall_per_token or 0.0) > settings.displacement_warning:
        warnings.append(
            "The chosen completions of the validation pairs fell by "
            f"{validation_fall_per_token:.2f} nats a token below the base model: the model "
            "unlearns right answers that it is not trained on. Lower epochs or learning_rate, or "
            "raise beta."
        )
    return TrainingReport(
        trainer=trainer_name,
        base_model=settings.base_model,
        dataset_version=dataset_version(dataset_dir),
        rows=len(rows),
        chat=not isinstance(rows[0]["prompt"], str),
        rows_overlong=fitted.overlong,
        rows_indistinct=fitted.indistinct,
        rows_merged_boundary=fitted.merged,
        window=window,
        parameters=trainer.model.num_parameters(),
        parameters_trained=trainer.model.num_parameters(only_trainable=True),
        steps=trainer.state.global_step,
        resumed_from_step=resumed_from_step,
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu_seconds, 2),
        tokens=tokens,
        tokens_per_second=round(tokens / seconds, 1),
        final=final,
        logps_chosen_fall=logps_chosen_fall,
        logps_chosen_fall_per_token=logps_chosen_fall_per_token,
        validation_fall_per_token=validation_fall_per_token,
        warnings=warnings,
    )


# Of how many rows it is no accident that they share a side.
FEWEST_ROWS_ONE_SIDED = 8


def one_sided(rows: list[Row]) -> list[str]:
    """A warning for each side of the pairs on which all of them have the same text."""
    return [
        f"All {len(rows)} rows have the same {side} text: the model learns that text, and nothing "
        "of what makes an answer right. Look at the dataset's preview."
        for side in ("chosen", "rejected")
        if len(rows) >= FEWEST_ROWS_ONE_SIDED
        and side in rows[0]
        and all(row[side] == rows[0][side] for row in rows)
    ]


def write_model(
    trainer: Any,
    settings: TrainingSettings,
    origin: Origin,
    report: TrainingReport,
    points: Curves,
    out: Path,
) -> None:
    """Fill the folder `out` with the model, its manifest, its curves and its card."""
    out.mkdir(parents=True, exist_ok=True)
    trained = out if settings.adapter == "none" else out / ADAPTER
    trainer.save_model(str(trained))
    if not trainer.is_world_process_zero():
        return
    # A pickle, of no use to whoever loads the model.
    (trained / "training_args.bin").unlink(missing_ok=True)
    if trained != out:
        # The base of 4 bits is not what was meant to be shipped: the one on disk is.
        dtype = "auto" if settings.adapter == "qlora" else trainer.model.get_base_model().dtype
        given = {**(trainer.args.model_init_kwargs or {}), "dtype": dtype}
        merge_adapter(settings, trained, out, given)
        trainer.processing_class.save_pretrained(out)
    if not list(out.glob("*.safetensors")):
        raise TrainingError(
            "The trainer wrote no model, as FSDP does with a sharded state: set "
            "fsdp_state_dict_type to FULL_STATE_DICT in the configuration of accelerate."
        )
    carry_code(settings.base_model, settings.run_code_of, out)
    write_json(out / CURVES_FILE, points)
    manifest = ModelManifest(
        base_model=settings.base_model,
        dataset_version=report.dataset_version,
        base_model_sha256=origin.base_model_sha256,
        verifier_versions=origin.verifier_versions,
        code=origin.code,
        settings=settings.model_dump(mode="json"),
        report=report,
        environment={
            "python": platform.python_version(),
            "platform": platform.platform(),
            "device": str(trainer.args.device),
            "processes": trainer.args.world_size,
            "cpus": os.cpu_count(),
            **gpu(),
        },
    )
    write_json(out / MANIFEST_FILE, as_json(manifest))
    write_text(out / "README.md", _model_card(settings, report))


def gpu() -> dict[str, str]:
    """The GPU of this process and the CUDA of its PyTorch; nothing where there is none."""
    import torch

    if not torch.cuda.is_available():
        return {}
    return {"gpu": torch.cuda.get_device_name(), "cuda": str(torch.version.cuda)}


def _trained_weights(settings: TrainingSettings, report: TrainingReport) -> str:
    if settings.adapter == "none":
        return f"all {report.parameters:,} weights"
    return (
        f"{report.parameters_trained:,} weights of adapters ({settings.adapter}, "
        f"r={settings.lora_r}, alpha={settings.lora_alpha}), which are merged into this model and "
        f"lie in `{ADAPTER}` on their own"
    )


def _model_card(settings: TrainingSettings, report: TrainingReport) -> str:
    title = "DPO" if report.trainer == "dpo" else "SFT control"
    data = (
        f"{report.rows} preference pairs, verified by math.sympy.verify"
        if report.trainer == "dpo"
        else "completions verified as correct by math.sympy.verify"
    )
    numbers = "\n".join(f"| {name} | {value:.4g} |" for name, value in report.final.items())
    warnings = "".join(f"\n- Warning: {warning}" for warning in report.warnings)
    return f"""---
library_name: transformers
tags: [{report.trainer}, trl, math]
---
# {title} of {Path(settings.base_model).name}

Trained from `{settings.base_model}` on dataset version `{report.dataset_version}`: {data}.

- Loss: {" + ".join(settings.loss_type) if report.trainer == "dpo" else "cross-entropy"}
- Trained: {_trained_weights(settings, report)}
- Steps: {report.steps}, learning rate {settings.learning_rate:g}, window {report.window} tokens
- Time: {report.seconds:.0f} s, {report.cpu_seconds:.0f} CPU seconds{warnings}

These are numbers of training, which say nothing of right answers: see the evaluation's pass rates.

| at the last logged step | |
| --- | --- |
{numbers}

`manifest.json` holds every setting and version, `curves.json` a point a logged step.
"""
