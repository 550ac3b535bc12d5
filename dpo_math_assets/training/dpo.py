"""The DPO run: TRL's trainer on the preference pairs of a dataset folder.

Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290) raises the likelihood of
the chosen completion against the rejected one. By default a cross-entropy term on the chosen
completion is added (IRPO, Pang et al. 2024, arXiv 2404.19733): without it both likelihoods may
fall together while reward accuracy looks perfect, and the model unlearns its right answers.
"""

import statistics
from pathlib import Path
from typing import Any

from dpo_math_assets.training.adapters import has_dropout
from dpo_math_assets.training.checkpoints import fingerprint, run_states
from dpo_math_assets.training.data import Row
from dpo_math_assets.training.manifest import Origin, TrainingReport
from dpo_math_assets.training.models import cpu_threads, identity, prepare_libraries
from dpo_math_assets.training.progress import Curves, Progress, curves
from dpo_math_assets.training.run import (
    Stopwatch,
    build_report,
    code_versions,
    fitting_rows,
    make_config,
    make_trainer,
    prepare_window,
    stored,
    train,
    trainer_arguments,
    write_model,
)
from dpo_math_assets.training.settings import TrainingSettings, validate_training

COMPLETIONS = ("chosen", "rejected")


def train_dpo(
    settings: TrainingSettings,
    dataset_dir: Path,
    out: Path,
    on_progress: Progress,
    resume: bool = True,
    *,
    work: Path | None = None,
    keep_states: bool = False,
) -> TrainingReport:
    """Train on `dataset_dir/train.jsonl` and write the model into the folder `out`.

    `validation.jsonl`, where it holds pairs, gives the curves' `eval_` numbers at each epoch's
    end. `on_progress` is called before the base model scores the pairs, and then
    at every logged step with the stage, the step and TRL's numbers.
    Resumable states live in `work` until the run has ended well: give the same folder again to
    resume. Without `work` they are temporary and nothing can be resumed. `keep_states` leaves them
    to a caller who publishes `out` later.

    Raises TrainingError for settings, data or a run that cannot give a good checkpoint.
    """
    data = validate_training(settings, dataset_dir)
    prepare_libraries()
    from trl import DPOConfig, DPOTrainer

    files = [dataset_dir / "train.jsonl", dataset_dir / "validation.jsonl"]
    origin = Origin(identity(settings.base_model), data.verifier_versions, code_versions())
    packages = origin.code["packages"]
    name = fingerprint("dpo", settings, origin.base_model_sha256, packages, files)
    with (
        run_states(work, f"dpo-{name}", resume, keep_states) as states,
        cpu_threads(settings.threads),
    ):
        tokenizer, window = prepare_window(settings)
        fitted = fitting_rows(
            data.train, COMPLETIONS, tokenizer, window, settings.max_overlong_share
        )
        validation: list[Row] = []
        if data.validation:
            validation = fitting_rows(data.validation, COMPLETIONS, tokenizer, window, 1.0).rows
        arguments: dict[str, Any] = {
            **trainer_arguments(settings, window, states),
            "loss_type": settings.loss_type,
            "loss_weights": settings.loss_weights,
            "beta": settings.beta,
            # The same numbers as with a reference model held in memory, in less of it.
            "precompute_ref_log_probs": True,
            # TRL's default silences all dropout, that of adapters too.
            "disable_dropout": not has_dropout(settings),
            "eval_strategy": "epoch" if validation else "no",
            **settings.trl_overrides,
        }
        config = make_config(DPOConfig, arguments)
        watch = Stopwatch()
        if config.process_index == 0:
            on_progress(
                {
                    "stage": "dpo",
                    "now": "scoring all pairs by the base model",
                    "pairs": len(fitted.rows),
                }
            )
        trainer = make_trainer(
            DPOTrainer,
            settings,
            args=config,
            train_dataset=stored(fitted.rows, states / "train", config),
            eval_dataset=stored(validation, states / "validation", config) if validation else None,
            processing_class=tokenizer,
        )
        resumed_from = train(trainer, "dpo", on_progress, states, resume)
        points = curves(trainer.state.log_history)
        fall = chosen_fall(points, settings.beta)
        validation_fall = chosen_fall(points, settings.beta, "eval_rewards/chosen")
        report = build_report(
            "dpo",
            settings,
            dataset_dir,
            trainer,
            points,
            watch,
            rows=data.train,
            fitted=fitted,
            window=window,
            resumed_from_step=resumed_from,
            logps_chosen_fall=fall,
            logps_chosen_fall_per_token=a_token(fall, trainer.train_dataset),
            validation_fall_per_token=a_token(validation_fall, trainer.eval_dataset),
        )
        write_model(trainer, settings, origin, report, points, out)
        trainer.end()
    return report


def chosen_fall(points: Curves, beta: float, rewards: str = "rewards/chosen") -> float | None:
    """How far the chosen completions fell below the base model at the end, in nats a completion.

    TRL's `rewards/chosen` is beta times the difference of log-probabilities to the base model on
    the very same pairs, so this has none of the noise of comparing one batch with another. The
    last logged point counts; a negative fall is a rise. None where nothing was logged.
    """
    values = [point[rewards] for point in points if rewards in point]
    return -float(values[-1]) / beta if values else None


def a_token(fall: float | None, dataset: Any) -> float | None:
    """A fall in nats a completion as nats a token, over the mean length of chosen."""
    return None if fall is None else fall / statistics.mean(map(len, dataset["chosen_ids"]))
