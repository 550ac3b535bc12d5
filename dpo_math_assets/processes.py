"""What assets run in a process of its own: training, sampling, and trying a checkpoint out.

Started by `resources.TaskRunner` through Dagster Pipes. A request and an answer are JSON objects;
a failure that is about the user's input goes back as its message, not as a traceback.
"""

import os
from typing import Any

from dagster_pipes import PipesContext, open_dagster_pipes

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.json_objects import as_json, from_json
from dpo_math_assets.orphans import PARENT_VARIABLE, end_with_parent
from dpo_math_assets.stages.tasks import InThisProcess, SamplingRequest, TrainingRequest
from dpo_math_assets.training.progress import Progress, in_words


def run(task: str, request: dict[str, Any], on_progress: Progress) -> dict[str, Any]:
    """Do a task of `stages.tasks`; the answer is its report, where it gives one."""
    tasks = InThisProcess(on_progress)
    if task == "train":
        return as_json(tasks.train(from_json(TrainingRequest, request, "the request")))
    tasks.sample(from_json(SamplingRequest, request, "the request"))
    return {}


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


def main() -> None:
    """Run the one task that the Pipes context asks for."""
    # A trainer that outlives its run would hold the processor and throw its model away. The run
    # says who it is: it may be gone before this process is far enough to ask.
    end_with_parent(int(os.environ.get(PARENT_VARIABLE, os.getppid())))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nobody is there to be asked
    with open_dagster_pipes() as pipes:
        try:
            answer = run(pipes.get_extra("task"), pipes.get_extra("request"), _say(pipes))
            pipes.report_custom_message({"answer": answer})
        except DpoMathError as error:
            pipes.report_custom_message({"error": str(error)})


if __name__ == "__main__":
    main()
