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
from dpo_math_assets.training.fitting import fitting_rows, prepare_window
from dpo_math_assets.training.manifest import Origin, TrainingReport
from dpo_math_assets.training.model_folder import code_versions, write_model
from dpo_math_assets.training.models import cpu_threads, identity, prepare_libraries
from dpo_math_assets.training.progress import Curves, Progress, curves
from dpo_math_assets.training.run import make_config, make_trainer, stored, train, trainer_arguments
from dpo_math_assets.training.run_report import Falls, Stopwatch, build_report
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
    made_of = origin.base_model_sha256, origin.code["packages"], files
    states_name = f"dpo-{fingerprint('dpo', settings, *made_of)}"
    with (
        run_states(work, states_name, resume, keep_states) as states,
        cpu_threads(settings.threads),
    ):
        tokenizer, window = prepare_window(settings)
        share = settings.max_overlong_share
        fitted = fitting_rows(data.train, COMPLETIONS, tokenizer, window, share)
        validation = _fitting_validation(data.validation, tokenizer, window)
        config = make_config(DPOConfig, _arguments(settings, window, states, bool(validation)))
        watch = Stopwatch()
        _say_scoring(on_progress, config, len(fitted.rows))
        given = _datasets(fitted.rows, validation, states, config) | {"processing_class": tokenizer}
        trainer = make_trainer(DPOTrainer, settings, args=config, **given)
        resumed_from = train(trainer, "dpo", on_progress, states, resume)
        points = curves(trainer.state.log_history)
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
            falls=_falls(points, settings.beta, trainer),
        )
        write_model(trainer, settings, origin, report, points, out)
        trainer.end()
    return report


def _fitting_validation(rows: list[Row], tokenizer: Any, window: int) -> list[Row]:
    """Those of the validation pairs that fit; where none does, that is an error as in training."""
    return fitting_rows(rows, COMPLETIONS, tokenizer, window, 1.0).rows if rows else []


def _datasets(rows: list[Row], validation: list[Row], states: Path, config: Any) -> dict[str, Any]:
    datasets = {"train_dataset": stored(rows, states / "train", config)}
    if validation:
        datasets["eval_dataset"] = stored(validation, states / "validation", config)
    return datasets


def _say_scoring(on_progress: Progress, config: Any, pairs: int) -> None:
    if config.process_index == 0:
        now = "scoring all pairs by the base model"
        on_progress({"stage": "dpo", "now": now, "pairs": pairs})


def _arguments(
    settings: TrainingSettings, window: int, states: Path, validated: bool
) -> dict[str, Any]:
    """What DPOConfig is made of."""
    return {
        **trainer_arguments(settings, window, states),
        "loss_type": settings.loss_type,
        "loss_weights": settings.loss_weights,
        "beta": settings.beta,
        # The same numbers as with a reference model held in memory, in less of it.
        "precompute_ref_log_probs": True,
        # TRL's default silences all dropout, that of adapters too.
        "disable_dropout": not has_dropout(settings),
        "eval_strategy": "epoch" if validated else "no",
        **settings.trl_overrides,
    }


def _falls(points: Curves, beta: float, trainer: Any) -> Falls:
    fall = chosen_fall(points, beta)
    validation_fall = chosen_fall(points, beta, "eval_rewards/chosen")
    return Falls(
        fall, a_token(fall, trainer.train_dataset), a_token(validation_fall, trainer.eval_dataset)
    )


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
