"""What a run says while it trains: numbers as they come, and curves at the end."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.checkpoints import mark_whole

Progress = Callable[[dict[str, float | int | str]], None]
Curves = list[dict[str, float | int]]


def in_words(progress: Mapping[str, float | int | str]) -> str:
    """Progress as one line for people."""
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in progress.items()
    )


def progress_callback(stage: str, on_progress: Progress) -> Any:
    """A TrainerCallback: streams log entries, marks checkpoints, stops a run gone to NaN."""
    import torch
    from transformers import TrainerCallback

    class RunProgress(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.counted = (0, time.perf_counter())  # tokens by when

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            logs = dict(logs or {})
            if "train_runtime" in logs:  # the summary at the end
                return
            _check_finite(logs, stage, state.global_step)
            if "num_tokens" in logs:
                before, then = self.counted
                self.counted = (logs["num_tokens"], time.perf_counter())
                speed = round((self.counted[0] - before) / (self.counted[1] - then))
                logs["tokens_per_second"] = state.log_history[-1]["tokens_per_second"] = speed
            if state.is_world_process_zero:
                on_progress(
                    {
                        "stage": stage,
                        "step": state.global_step,
                        "steps": state.max_steps,
                        **_numbers(logs),
                    }
                )

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if args.world_size > 1:  # each process writes files of its own
                torch.distributed.barrier()
            if state.is_world_process_zero:
                mark_whole(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return RunProgress()


def curves(log_history: list[dict[str, Any]]) -> Curves:
    """One entry a step, in order, of a trainer's log: the numbers of training and evaluation.

    Evaluation's names begin with `eval_`. The summary at the end of a run is left out: it is not
    a point of a curve.
    """
    points: dict[int, dict[str, float | int]] = {}
    for entry in log_history:
        if "train_runtime" not in entry:
            points.setdefault(int(entry["step"]), {}).update(_numbers(entry))
    return [{"step": step, **point} for step, point in sorted(points.items())]


def _numbers(logs: dict[str, Any]) -> dict[str, float | int]:
    """The finite numbers of a log about the model; not its step, nor the trainer's stopwatch."""
    return {
        key: value
        for key, value in logs.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and key != "step"
        and not key.endswith(("_runtime", "_samples_per_second", "_steps_per_second"))
    }


def _check_finite(logs: dict[str, Any], stage: str, step: int) -> None:
    for name in ("loss", "grad_norm", "eval_loss"):
        if not math.isfinite(logs.get(name, 0.0)):
            raise TrainingError(
                f"{name} of the {stage} run is {logs[name]} at step {step}. Lower "
                "learning_rate, set precision to fp32, or look for odd texts in the dataset."
            )
