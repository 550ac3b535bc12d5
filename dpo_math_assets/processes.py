"""What assets run in a process of its own: training, sampling, and trying a checkpoint out.

Started by `resources.TaskRunner` through Dagster Pipes. A request and an answer are JSON objects;
a failure that is about the user's input goes back as its message, not as a traceback.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dagster_pipes import PipesContext, open_dagster_pipes

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.training.progress import Progress, in_words


def train(request: dict[str, Any], on_progress: Progress) -> dict[str, Any]:
    """Train the checkpoint, or the control, from a published dataset into an empty folder."""
    from dpo_math_assets.training.launch import run_training
    from dpo_math_assets.training.settings import TrainingSettings

    return run_training(
        TrainingSettings.model_validate(request["settings"]),
        Path(request["dataset"]),
        Path(request["out"]),
        on_progress,
        control=request["control"],
        work=Path(request["work"]),
    )


def sample(request: dict[str, Any], on_progress: Progress) -> dict[str, Any]:
    """Draw completions on the evaluation prompts, a Parquet file for each model asked for.

    All models in one process: most of a small model's time is the start.
    """
    from dpo_math_assets.evaluation.prompts import load_eval_prompts
    from dpo_math_assets.evaluation.sampling import SamplingSettings, sample_model

    settings = SamplingSettings.model_validate(request["settings"])
    prompts = load_eval_prompts(Path(request["dataset"]), settings.benchmark_files)
    return {
        model["name"]: asdict(
            sample_model(
                model["folder"],
                prompts,
                model["name"],
                settings,
                Path(model["out"]),
                on_progress,
                request["run_code_of"],
            )
        )
        for model in request["models"]
    }


TASKS: dict[str, Callable[[dict[str, Any], Progress], dict[str, Any]]] = {
    "train": train,
    "sample": sample,
}


# Of what a trainer logs at a step, what a person follows; all of it is in the curves.
FOLLOWED = {
    "stage",
    "step",
    "steps",
    "loss",
    "eval_loss",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
    "tokens_per_second",
}


def _say(pipes: PipesContext) -> Progress:
    def say(progress: dict[str, float | int | str]) -> None:
        shown = {
            name: value
            for name, value in progress.items()
            if name in FOLLOWED or "step" not in progress
        }
        pipes.log.info(in_words(shown))

    return say


def _end_with_the_run(parent: int) -> None:
    """End this process when the run that started it is gone, killed or not.

    A trainer that outlives its run would hold the processor and throw its model away.
    """
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Run the one task that the Pipes context asks for."""
    threading.Thread(target=_end_with_the_run, args=(os.getppid(),), daemon=True).start()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nobody is there to be asked
    with open_dagster_pipes() as pipes:
        task = TASKS[pipes.get_extra("task")]
        try:
            pipes.report_custom_message({"answer": task(pipes.get_extra("request"), _say(pipes))})
        except DpoMathError as error:
            pipes.report_custom_message({"error": str(error)})


if __name__ == "__main__":
    main()
