"""The SFT control: the same base model, taught the verified completions alone.

Whatever DPO gains over its base, plain fine-tuning on the right answers may gain as well; without
this model beside it, a claim that preferences helped is empty. The control takes as many steps
and as many completions a step as the DPO run takes pairs, so both see as many right answers.
"""

import math
from pathlib import Path

from dpo_math_assets.training.checkpoints import fingerprint, run_states
from dpo_math_assets.training.fitting import fitting_rows, prepare_window
from dpo_math_assets.training.manifest import Origin, TrainingReport
from dpo_math_assets.training.model_folder import code_versions, write_model
from dpo_math_assets.training.models import cpu_threads, identity, prepare_libraries
from dpo_math_assets.training.progress import Progress, curves
from dpo_math_assets.training.run import (
    make_config,
    make_trainer,
    shared_overrides,
    stored,
    train,
    trainer_arguments,
)
from dpo_math_assets.training.run_report import Stopwatch, build_report
from dpo_math_assets.training.settings import TrainingSettings, validate_training


def train_sft_control(
    settings: TrainingSettings,
    dataset_dir: Path,
    out: Path,
    on_progress: Progress,
    resume: bool = True,
    *,
    work: Path | None = None,
    keep_states: bool = False,
) -> TrainingReport:
    """Train on `dataset_dir/sft.jsonl` and write the model into the folder `out`.

    Everything else is as in `train_dpo`. The number of steps follows from `train.jsonl`.
    """
    data = validate_training(settings.model_copy(update={"sft_control": True}), dataset_dir)
    prepare_libraries()
    from trl import SFTConfig, SFTTrainer

    files = [dataset_dir / "train.jsonl", dataset_dir / "sft.jsonl"]
    origin = Origin(identity(settings.base_model), data.verifier_versions, code_versions())
    packages = origin.code["packages"]
    name = fingerprint("sft", settings, origin.base_model_sha256, packages, files)
    with (
        run_states(work, f"sft-{name}", resume, keep_states) as states,
        cpu_threads(settings.threads),
    ):
        tokenizer, window = prepare_window(settings)
        fitted = fitting_rows(
            data.completions, ("completion",), tokenizer, window, settings.max_overlong_share
        )
        arguments = trainer_arguments(settings, window, states) | shared_overrides(settings)
        config = make_config(SFTConfig, arguments)
        if config.max_steps <= 0:
            config.max_steps = steps_of(len(data.train), settings, config.world_size)
        watch = Stopwatch()
        trainer = make_trainer(
            SFTTrainer,
            settings,
            args=config,
            train_dataset=stored(fitted.rows, states / "completions", config),
            processing_class=tokenizer,
        )
        resumed_from = train(trainer, "sft", on_progress, states, resume)
        points = curves(trainer.state.log_history)
        report = build_report(
            "sft",
            settings,
            dataset_dir,
            trainer,
            points,
            watch,
            rows=data.completions,
            fitted=fitted,
            window=window,
            resumed_from_step=resumed_from,
        )
        write_model(trainer, settings, origin, report, points, out)
        trainer.end()
    return report


def steps_of(pairs: int, settings: TrainingSettings, processes: int) -> int:
    """Optimizer steps that a DPO run over that many pairs takes."""
    forward_passes = -(-pairs // (settings.batch_size * processes))
    steps_an_epoch = -(-forward_passes // settings.gradient_accumulation_steps)
    return max(1, math.ceil(steps_an_epoch * settings.epochs))
