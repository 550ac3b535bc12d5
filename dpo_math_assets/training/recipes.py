"""The same run elsewhere: what TRL's own command and Axolotl need to repeat it.

They lie in the trained model's folder: `trl.yaml`, `axolotl.yaml`, and the commands in README.md.
"""

from pathlib import Path
from typing import Any

import yaml

from dpo_math_assets.pairs.exports import TRL_CONFIG, axolotl_config
from dpo_math_assets.storage import write_text
from dpo_math_assets.training.adapters import has_dropout
from dpo_math_assets.training.settings import NAMED_FIELDS, TrainingSettings

TRL_FILE = "trl.yaml"
AXOLOTL_FILE = "axolotl.yaml"
# Axolotl's names of the knobs of TRL that it has.
AXOLOTL_KNOBS = {
    "adam_beta1": "adam_beta1",
    "adam_beta2": "adam_beta2",
    "adam_epsilon": "adam_epsilon",
    "gradient_checkpointing": "gradient_checkpointing",
    "label_smoothing": "dpo_label_smoothing",
    "lr_scheduler_type": "lr_scheduler",
    "max_grad_norm": "max_grad_norm",
    "max_steps": "max_steps",
    "optim": "optimizer",
    "precompute_ref_log_probs": "precompute_ref_log_probs",
    "warmup_ratio": "warmup_ratio",
    "warmup_steps": "warmup_steps",
    "weight_decay": "weight_decay",
}


def write_recipes(
    settings: TrainingSettings, train_file: Path, window: int, chat: bool, out: Path
) -> None:
    """Write the configurations beside a trained model, and add their commands to its README.md.

    `window` is the longest sequence that was trained on, in tokens; `chat` says that the pairs are
    chat messages, for which there is no `axolotl.yaml`.
    """
    write_text(out / TRL_FILE, _as_yaml(trl_config(settings, train_file, window)))
    trl = f"-m trl.scripts.dpo --config {TRL_FILE} --output_dir OUT"
    commands = [f"accelerate launch {settings.accelerate} {trl}"] if settings.accelerate else []
    if not settings.accelerate:
        commands = [
            f"trl dpo --config {TRL_FILE} --output_dir OUT",
            f"accelerate launch --multi_gpu --num_processes 2 {trl}  # on two GPUs",
        ]
    notes = ["Without a GPU add `--use_cpu --bf16 false` to TRL's command."]
    if not chat:
        config, left_out = axolotl_recipe(settings, train_file, window)
        write_text(out / AXOLOTL_FILE, _as_yaml(config))
        commands.append(f"axolotl train {AXOLOTL_FILE}")
        if left_out:
            notes.append(f"Axolotl has no name for {', '.join(left_out)}: they are left out there.")
    card = (out / "README.md").read_text("utf-8")
    section = "\n## The same run elsewhere\n\n```\n" + "\n".join(commands) + "\n```\n\n"
    write_text(out / "README.md", card + section + " ".join(notes) + "\n")


def trl_config(settings: TrainingSettings, train_file: Path, window: int) -> dict[str, Any]:
    """The run as `trl dpo --config` reads it."""
    config: dict[str, Any] = yaml.safe_load(TRL_CONFIG)
    config["datasets"][0]["data_files"] = str(train_file.resolve())
    config["model_name_or_path"] = _base_model(settings)
    named = {knob: field for knob, field in NAMED_FIELDS.items() if field != "precision"}
    del named["data_seed"]  # follows the seed
    config |= {knob: getattr(settings, field) for knob, field in named.items()}
    config |= {"max_length": window, "precompute_ref_log_probs": True}
    if settings.precision != "auto":
        config["bf16"] = settings.precision == "bf16"
    if settings.adapter != "none":
        config |= {
            "use_peft": True,
            "lora_r": settings.lora_r,
            "lora_alpha": settings.lora_alpha,
            "lora_dropout": settings.lora_dropout,
            "lora_target_modules": settings.lora_target_modules,
            "disable_dropout": not has_dropout(settings),
        }
    if settings.adapter == "qlora":
        config |= {"load_in_4bit": True, "use_bnb_nested_quant": True}
    return config | settings.trl_overrides


def axolotl_recipe(
    settings: TrainingSettings, train_file: Path, window: int
) -> tuple[dict[str, Any], list[str]]:
    """The run as `axolotl train` reads it, and the knobs of trl_overrides that it does not have."""
    config: dict[str, Any] = yaml.safe_load(axolotl_config(validation=False))
    config["datasets"][0]["path"] = str(train_file.resolve())
    config |= {
        "base_model": _base_model(settings),
        "rl_beta": settings.beta,
        "dpo_loss_type": settings.loss_type,
        "dpo_loss_weights": settings.loss_weights,
        "precompute_ref_log_probs": True,
        "sequence_len": window,
        "micro_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        "gradient_checkpointing": True,  # TRL's default
        "num_epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
        "logging_steps": settings.logging_steps,
        "save_steps": settings.checkpoint_steps,
    }
    if settings.precision != "auto":
        config["bf16"] = settings.precision == "bf16"
    if settings.adapter != "none":
        all_linear = settings.lora_target_modules == ["all-linear"]
        config |= {
            "adapter": settings.adapter,
            "load_in_4bit": settings.adapter == "qlora",
            "lora_r": settings.lora_r,
            "lora_alpha": settings.lora_alpha,
            "lora_dropout": settings.lora_dropout,
            **(
                {"lora_target_linear": True}
                if all_linear
                else {"lora_target_modules": settings.lora_target_modules}
            ),
        }
    known = {k: v for k, v in settings.trl_overrides.items() if k in AXOLOTL_KNOBS}
    config |= {AXOLOTL_KNOBS[knob]: value for knob, value in known.items()}
    return config, sorted(settings.trl_overrides.keys() - known.keys())


def _base_model(settings: TrainingSettings) -> str:
    """The base as it is found from any folder."""
    folder = Path(settings.base_model)
    return str(folder.resolve()) if folder.is_dir() else settings.base_model


def _as_yaml(config: dict[str, Any]) -> str:
    return yaml.safe_dump(config, sort_keys=False)
