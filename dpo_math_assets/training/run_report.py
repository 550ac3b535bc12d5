"""What a run did, in numbers, and what in it deserves a second look."""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dpo_math_assets.training.data import Row
from dpo_math_assets.training.fitting import Fitted
from dpo_math_assets.training.manifest import TrainingReport
from dpo_math_assets.training.progress import Curves
from dpo_math_assets.training.settings import TrainingSettings


@dataclass(frozen=True)
class Falls:
    """How far completions fell below the base model, in nats; nothing where it is not known."""

    chosen: float | None = None  # a completion
    chosen_per_token: float | None = None
    validation_per_token: float | None = None  # of the validation pairs


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
    rows: list[Row],
    fitted: Fitted,
    window: int,
    resumed_from_step: int,
    falls: Falls = Falls(),
) -> TrainingReport:
    """The report of a run that has ended, with what deserves a second look as warnings."""
    seconds, cpu_seconds = watch.read()
    final: dict[str, float] = {}
    for point in points:
        final.update({name: float(value) for name, value in point.items() if name != "step"})
    tokens = int(final.get("num_tokens", 0))
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
        logps_chosen_fall=falls.chosen,
        logps_chosen_fall_per_token=falls.chosen_per_token,
        validation_fall_per_token=falls.validation_per_token,
        warnings=[
            *_left_out(fitted, len(rows), window),
            *one_sided(fitted.rows),
            *_unlogged(points, trainer.state.global_step, settings.logging_steps),
            *_displaced(falls, settings.displacement_warning),
        ],
    )


def _left_out(fitted: Fitted, rows: int, window: int) -> list[str]:
    """A warning for each reason for which rows are not trained on as they are."""
    warnings = []
    if fitted.overlong:
        warnings.append(
            f"{fitted.overlong} of {rows} rows were left out: longer than {window} tokens."
        )
    if fitted.indistinct:
        warnings.append(
            f"{fitted.indistinct} of {rows} rows were left out: to the tokenizer of "
            "base_model, chosen and rejected are the same tokens."
        )
    if fitted.merged:
        warnings.append(
            f"{fitted.merged} of {rows} prompts do not end on a token boundary: in "
            "training their last token merges with the completion, at inference it does not. "
            "End prompts with a line break."
        )
    return warnings


def _unlogged(points: Curves, steps: int, logging_steps: float) -> list[str]:
    """A warning where no step was logged."""
    if any("loss" in point for point in points):
        return []
    return [
        f"No step was logged: the run has {steps} steps and training.logging_steps is "
        f"{logging_steps}. Set it lower in settings.yaml to see curves, and for the gate, which "
        "asks for them."
    ]


def _displaced(falls: Falls, allowed: float) -> list[str]:
    """A warning where right answers fell more than `allowed`, in nats a token."""
    warnings = []
    if (falls.chosen_per_token or 0.0) > allowed:
        warnings.append(
            f"The chosen completions fell by {falls.chosen:.1f} nats, "
            f"{falls.chosen_per_token:.2f} a token, below the base model (likelihood "
            "displacement): the model may have unlearned right answers, whatever reward accuracy "
            "says. Add the sft loss, lower learning_rate or raise beta."
        )
    # With the sft loss the training pairs may be learnt by heart while all others are unlearned.
    if (falls.validation_per_token or 0.0) > allowed:
        warnings.append(
            "The chosen completions of the validation pairs fell by "
            f"{falls.validation_per_token:.2f} nats a token below the base model: the model "
            "unlearns right answers that it is not trained on. Lower epochs or learning_rate, or "
            "raise beta."
        )
    return warnings


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
