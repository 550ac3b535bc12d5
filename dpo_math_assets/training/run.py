"""The part of a run that DPO and its SFT control share: from files to a folder that loads.

A run reads its data, trains in a work folder from which it can resume, and then writes into an
empty folder `out`: model and tokenizer (`from_pretrained` loads both), `manifest.json` (what made
it), `curves.json` (a point a logged step) and `README.md` (a model card); adapters, where they were
trained, lie in `adapter` as well as in the model. The caller publishes `out` when the run has
ended, so that a half-written model is never seen.
"""

from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.adapters import adapter_arguments
from dpo_math_assets.training.checkpoints import newest_whole
from dpo_math_assets.training.data import Row
from dpo_math_assets.training.model_code import loading
from dpo_math_assets.training.models import not_loadable
from dpo_math_assets.training.progress import Progress, progress_callback
from dpo_math_assets.training.settings import TrainingSettings, trl_knobs


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
