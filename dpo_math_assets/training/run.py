"""The part of a run that DPO and its SFT control share: from files to a folder that loads.

A run reads its data, trains in a work folder from which it can resume, and then writes into an
empty folder `out`: model and tokenizer (`from_pretrained` loads both), `manifest.json` (what made
it), `curves.json` (a point a logged step) and `README.md` (a model card). The caller publishes
`out` when the run has ended, so that a half-written model is never seen.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets.training.checkpoints import newest_whole
from dpo_math_assets.training.data import Row
from dpo_math_assets.training.models import context_window, identity, load_tokenizer, not_loadable
from dpo_math_assets.training.progress import Curves, Progress, progress_callback
from dpo_math_assets.training.settings import TrainingSettings, trl_knobs


@dataclass(frozen=True)
class TrainingReport:
    """What a run did, in numbers that a plot over time makes sense of."""

    trainer: str  # dpo or sft
    base_model: str
    dataset_version: str
    rows: int  # pairs (DPO) or completions (SFT) of the training file
    rows_overlong: int  # of them left out: longer than the window
    rows_merged_boundary: int  # of them whose prompt's last token merges with the completion
    window: int  # tokens
    steps: int
    resumed_from_step: int  # 0 for a run that was not interrupted
    seconds: float  # wall time of training
    cpu_seconds: float
    tokens: int
    tokens_per_second: float
    final: dict[str, float]  # the last point of each curve
    logps_chosen_fall: float | None  # nats a completion, against the base model; DPO only
    logps_chosen_fall_per_token: float | None  # the same over the mean length of chosen
    warnings: list[str]


def prepare_window(settings: TrainingSettings) -> tuple[Any, int]:
    """The tokenizer, and the longest sequence that both settings and model allow, in tokens."""
    tokenizer = load_tokenizer(settings.base_model)
    limit = context_window(settings.base_model)
    return tokenizer, min(settings.max_length, limit or settings.max_length)


def fitting_rows(
    rows: list[Row], completions: tuple[str, ...], tokenizer: Any, window: int, max_share: float
) -> tuple[list[Row], int, int]:
    """(rows that fit the window whole, how many do not, how many merge at the prompt's end).

    TRL cuts a longer text at its end, where the final answer stands, so such a row is left out.
    Raises TrainingError where more than `max_share` of the rows would be, or where the rows are
    chat messages and the tokenizer has no chat template.
    """
    if not isinstance(rows[0]["prompt"], str) and not tokenizer.chat_template:
        raise TrainingError(
            "The dataset holds chat messages, and the tokenizer of base_model has no chat "
            "template. Export the dataset as plain text, or use a model with a chat template."
        )
    prompts = _token_ids(tokenizer, [row["prompt"] for row in rows], prompt=True)
    fits = [True] * len(rows)
    merged = [False] * len(rows)
    longest = 0
    for field in completions:
        texts = [_joined(row["prompt"], row[field]) for row in rows]
        for i, ids in enumerate(_token_ids(tokenizer, texts, prompt=False)):
            length = len(ids) + isinstance(rows[i]["prompt"], str)  # TRL adds the end token
            longest = max(longest, length)
            fits[i] = fits[i] and length <= window
            merged[i] = merged[i] or ids[: len(prompts[i])] != prompts[i]
    kept = [row for row, fit in zip(rows, fits, strict=True) if fit]
    overlong = len(rows) - len(kept)
    if not kept or overlong > max_share * len(rows):
        raise TrainingError(
            f"{overlong} of {len(rows)} rows are longer than {window} tokens (the longest has "
            f"{longest}). Raise max_length if the model's window allows it, filter long "
            "completions from the dataset, or raise max_overlong_share."
        )
    return kept, overlong, sum(merged)


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


def make_trainer(trainer_class: Any, settings: TrainingSettings, **arguments: Any) -> Any:
    """A trainer on the base model that speaks only through our callback."""
    from transformers import PrinterCallback

    try:
        trainer = trainer_class(model=settings.base_model, **arguments)
    except OSError as error:
        raise TrainingError(not_loadable(settings.base_model, "weights", error)) from error
    except ValueError as error:
        raise TrainingError(
            f"TRL refuses the run: {error}. Correct the field or trl_overrides."
        ) from error
    trainer.remove_callback(PrinterCallback)
    return trainer


def train(trainer: Any, stage: str, on_progress: Progress, work: Path, resume: bool) -> int:
    """Train to the end, from the newest whole checkpoint where `resume`; gives its step, or 0."""
    import torch

    checkpoint = newest_whole(work) if resume else None
    trainer.add_callback(progress_callback(stage, on_progress))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    for name, weights in trainer.model.named_parameters():
        if not torch.isfinite(weights).all():
            raise TrainingError(
                f"The {stage} run ended with weights that are not finite ({name}). Lower "
                "learning_rate, or set precision to fp32."
            )
    return int(checkpoint.name.rsplit("-", 1)[1]) if checkpoint else 0


class Stopwatch:
    """Wall and CPU seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


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
    rows: int,
    rows_overlong: int,
    rows_merged_boundary: int,
    window: int,
    resumed_from_step: int,
    logps_chosen_fall: float | None,
    logps_chosen_fall_per_token: float | None,
) -> TrainingReport:
    """The report of a run that has ended, with what deserves a second look as warnings."""
    seconds, cpu_seconds = watch.read()
    final: dict[str, float] = {}
    for point in points:
        final.update({name: float(value) for name, value in point.items() if name != "step"})
    tokens = int(final.get("num_tokens", 0))
    warnings = []
    if rows_overlong:
        warnings.append(
            f"{rows_overlong} of {rows} rows were left out: longer than {window} tokens."
        )
    if rows_merged_boundary:
        warnings.append(
            f"{rows_merged_boundary} of {rows} prompts do not end on a token boundary: in "
            "training their last token merges with the completion, at inference it does not. "
            "End prompts with a line break."
        )
    if (logps_chosen_fall_per_token or 0.0) > settings.displacement_warning:
        warnings.append(
            f"The chosen completions fell by {logps_chosen_fall:.1f} nats, "
            f"{logps_chosen_fall_per_token:.2f} a token, below the base model (likelihood "
            "displacement): the model may have unlearned right answers, whatever reward accuracy "
            "says. Add the sft loss, lower learning_rate or raise beta."
        )
    return TrainingReport(
        trainer=trainer_name,
        base_model=settings.base_model,
        dataset_version=dataset_version(dataset_dir),
        rows=rows,
        rows_overlong=rows_overlong,
        rows_merged_boundary=rows_merged_boundary,
        window=window,
        steps=trainer.state.global_step,
        resumed_from_step=resumed_from_step,
        seconds=round(seconds, 2),
        cpu_seconds=round(cpu_seconds, 2),
        tokens=tokens,
        tokens_per_second=round(tokens / seconds, 1),
        final=final,
        logps_chosen_fall=logps_chosen_fall,
        logps_chosen_fall_per_token=logps_chosen_fall_per_token,
        warnings=warnings,
    )


def write_model(
    trainer: Any, settings: TrainingSettings, report: TrainingReport, points: Curves, out: Path
) -> None:
    """Fill the folder `out` with the model, its manifest, its curves and its card."""
    out.mkdir(parents=True, exist_ok=True)
    trainer.save_model(str(out))
    if not trainer.is_world_process_zero():
        return
    # A pickle, of no use to whoever loads the model.
    (out / "training_args.bin").unlink(missing_ok=True)
    write_json(out / "curves.json", points)
    manifest = {
        "base_model": settings.base_model,
        "base_model_sha256": identity(settings.base_model),
        "settings": settings.model_dump(mode="json"),
        "report": asdict(report),
        "dataset_version": report.dataset_version,
        "packages": {
            name: importlib.metadata.version(name)
            for name in ("torch", "transformers", "trl", "accelerate", "datasets", "tokenizers")
        },
        "environment": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "device": str(trainer.args.device),
            "processes": trainer.args.world_size,
            "cpus": os.cpu_count(),
        },
    }
    write_json(out / "manifest.json", manifest)
    write_text(out / "README.md", _model_card(settings, report))


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
- Steps: {report.steps}, learning rate {settings.learning_rate:g}, window {report.window} tokens
- Time: {report.seconds:.0f} s, {report.cpu_seconds:.0f} CPU seconds{warnings}

These are numbers of training, which say nothing of right answers: see the evaluation's pass rates.

| at the last logged step | |
| --- | --- |
{numbers}

`manifest.json` holds every setting and version, `curves.json` a point a logged step.
"""
