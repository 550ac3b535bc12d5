"""What a training run may be told, and the checks that come before anything heavy is imported.

The defaults are for a real model. Every knob of TRL's `DPOConfig` that has no field here is
reached by `trl_overrides`; a name that TRL does not know is an error and never ignored.
"""

import ast
import ctypes
import importlib.util
import math
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.data import Row, TrainingData, read_completions, read_pairs
from dpo_math_assets.training.model_code import CODE_ARGUMENTS, split_setting

# Raised when the same data and settings no longer give the same model.
TRAINING_VERSION = "2"
# TRL 1.16, `DPOConfig.loss_type`.
LOSS_TYPES = frozenset(
    {
        *("sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard"),
        *("aot", "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm"),
    }
)
# Knobs of TRL that are set by a field of ours under another name, or by the run itself.
NAMED_FIELDS = {
    "loss_type": "loss_type",
    "loss_weights": "loss_weights",
    "beta": "beta",
    "learning_rate": "learning_rate",
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "max_length": "max_length",
    "seed": "seed",
    "data_seed": "seed",
    "bf16": "precision",
    "fp16": "precision",
    "logging_steps": "logging_steps",
    "save_steps": "checkpoint_steps",
}
MANAGED_KNOBS = frozenset(
    {
        *("output_dir", "resume_from_checkpoint", "save_strategy", "save_only_model"),
        *("logging_nan_inf_filter", "push_to_hub", "trust_remote_code"),
    }
)
ADAPTERS = ("none", "lora", "qlora")
# Of `accelerate launch`, what the run itself sets.
MANAGED_LAUNCH = frozenset({"-m", "--module", "--no_python", "--num_machines", "--machine_rank"})
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


class TrainingSettings(BaseModel):
    """One DPO run and its SFT control."""

    base_model: str = Field(
        default="", description="Folder of the model to start from, or a Hugging Face id. Required."
    )
    adapter: str = Field(
        default="none",
        description="none trains every weight; lora trains low-rank adapters; qlora does on a base "
        "model of 4 bits (a CUDA GPU).",
    )
    lora_r: int = Field(default=16, ge=1, description="Rank of the adapters.")
    lora_alpha: int = Field(default=32, ge=1, description="Adapters are scaled by alpha / r.")
    lora_dropout: float = Field(
        default=0.0, ge=0, lt=1, description="Dropout in front of the adapters."
    )
    lora_target_modules: list[str] = Field(
        default=["all-linear"],
        description="Names of the layers that get adapters; all-linear: all but the output head.",
    )
    loss_type: list[str] = Field(
        default=["sigmoid", "sft"],
        description="TRL losses, added up. DPO with an SFT term keeps the chosen answers likely.",
    )
    loss_weights: list[float] = Field(
        default=[1.0, 1.0], description="Weight of each loss, as many as loss_type has."
    )
    beta: float = Field(default=0.1, gt=0, description="Pull back towards the base model.")
    learning_rate: float = Field(default=1e-6, gt=0, description="Peak of AdamW's schedule.")
    epochs: float = Field(default=1.0, gt=0, description="Passes over the training pairs.")
    batch_size: int = Field(default=8, ge=1, description="Pairs a device and forward pass.")
    gradient_accumulation_steps: int = Field(default=4, ge=1, description="Forward passes a step.")
    max_length: int = Field(
        default=1024,
        ge=8,
        description="Longest prompt with completion, in tokens.",
    )
    max_overlong_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of pairs over max_length that may be left out."
    )
    precision: str = Field(
        default="auto", description="fp32, bf16, or auto: bf16 on a GPU that has it, else fp32."
    )
    seed: int = Field(default=0, ge=0, description="Of data order and initial adapters.")
    sft_control: bool = Field(
        default=True,
        description="Train an SFT model on the verified completions beside it.",
    )
    logging_steps: int = Field(default=10, ge=1, description="Steps between two curve points.")
    checkpoint_steps: int = Field(default=100, ge=1, description="Steps between resumable states.")
    # In docs/training_losses.md runs that did not gain fell by 0.17 and more, those that gained
    # by 0.04 at most.
    displacement_warning: float = Field(
        default=0.1, gt=0, description="Fall of logps/chosen that is warned about, nats a token."
    )
    threads: int = Field(default=0, ge=0, description="CPU threads of PyTorch; 0: its own choice.")
    accelerate: str = Field(
        default="",
        description="Arguments of `accelerate launch`, for several GPUs, FSDP or DeepSpeed: "
        "--config_file /path/fsdp.yaml, or --multi_gpu --num_processes 2. Empty: one process.",
    )
    trl_overrides: dict[str, Any] = Field(
        default={}, description="Any other knob of TRL's DPOConfig, by its name there."
    )
    run_code_of: str = Field(
        default="",
        description="MODEL@REVISION: the folder of a base model whose own Python code may run, in "
        "training and sampling, and the digits of that code. Empty: no model's code runs.",
    )

    @field_validator("run_code_of")
    @classmethod
    def _names_model_and_revision(cls, run_code_of: str) -> str:
        if run_code_of:
            split_setting(run_code_of)
        return run_code_of


@cache
def trl_knobs() -> dict[str, frozenset[str]]:
    """Knobs of the installed TRL, read from its source so that it need not be imported.

    Keys: `shared` (transformers' TrainingArguments and TRL's additions to it, which every trainer
    takes) and `dpo` (those of DPOConfig alone).
    """
    sources = {
        "training_args": ("transformers", "training_args.py", "TrainingArguments"),
        "base": ("trl", "trainer/base_config.py", "_BaseConfig"),
        "dpo": ("trl", "trainer/dpo_config.py", "DPOConfig"),
    }
    fields = {key: _dataclass_fields(*source) for key, source in sources.items()}
    shared = fields["training_args"] | fields["base"]
    return {"shared": frozenset(shared), "dpo": frozenset(fields["dpo"] - shared)}


def _dataclass_fields(package: str, file: str, class_name: str) -> set[str]:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise TrainingError(
            f"The package {package} is not installed: pip install 'dpo-math-assets[train]'."
        )
    tree = ast.parse((Path(spec.origin).parent / file).read_text(encoding="utf-8"))
    (body,) = (
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    return {
        node.target.id
        for node in body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
    }


def validate_training(settings: TrainingSettings, dataset_dir: Path) -> TrainingData:
    """The dataset of a run that can go well, read and checked, as are the settings.

    Raises TrainingError, naming the field and the fix, where a run could not end well. Imports
    nothing heavy: what needs a tokenizer (lengths, a chat template) is checked by the run itself,
    before it trains.
    """
    _check_base_model(settings.base_model)
    _check_adapter(settings)
    _check_launch(settings)
    _check_losses(settings)
    _check_overrides(settings.trl_overrides)
    if settings.precision not in ("auto", "fp32", "bf16"):
        raise TrainingError(f"precision is {settings.precision!r}. Set it to auto, fp32 or bf16.")
    for field in ("beta", "learning_rate", "epochs"):
        if not math.isfinite(getattr(settings, field)):
            raise TrainingError(f"{field} is {getattr(settings, field)}. Set it to a number.")
    train, versions = read_pairs(dataset_dir / "train.jsonl")
    if not train:
        raise TrainingError(
            f"{dataset_dir / 'train.jsonl'} holds no pairs. A prompt makes pairs once it has a "
            "correct and an incorrect completion: add more samples a prompt, or more exports."
        )
    validation: list[Row] = []
    completions: list[Row] = []
    if (dataset_dir / "validation.jsonl").exists():
        validation, _ = read_pairs(dataset_dir / "validation.jsonl")
    if settings.sft_control:
        completions = read_completions(dataset_dir / "sft.jsonl")
        if not completions:
            raise TrainingError(
                f"{dataset_dir / 'sft.jsonl'} holds no completions. Rebuild the dataset, or set "
                "sft_control to false."
            )
    return TrainingData(train, validation, completions, versions)


def _check_base_model(base_model: str) -> None:
    if not base_model:
        raise TrainingError(
            "base_model is empty. Set it to the folder of a model, or to a Hugging Face id."
        )
    folder = Path(base_model)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise TrainingError(
                f"base_model is {base_model}, a folder without config.json. Give the folder that "
                "save_pretrained wrote."
            )
    elif not _HUB_ID.fullmatch(base_model):
        raise TrainingError(
            f"base_model is {base_model}: there is no such folder, and it is no Hugging Face id. "
            "Correct the path."
        )


def _check_adapter(settings: TrainingSettings) -> None:
    if settings.adapter not in ADAPTERS:
        raise TrainingError(
            f"adapter is {settings.adapter!r}. Set it to none (every weight is trained), lora or "
            "qlora."
        )
    if settings.adapter == "none":
        return
    if importlib.util.find_spec("peft") is None:
        raise TrainingError(
            f"adapter is {settings.adapter}, and PEFT is not installed: "
            "pip install 'dpo-math-assets[lora]', or set adapter to none."
        )
    if not settings.lora_target_modules:
        raise TrainingError(
            'lora_target_modules is empty. Set it to ["all-linear"], or to the names of layers '
            "such as [q_proj, v_proj]."
        )
    if settings.adapter == "qlora":
        if importlib.util.find_spec("bitsandbytes") is None:
            raise TrainingError(
                "adapter is qlora, and bitsandbytes is not installed: "
                "pip install 'dpo-math-assets[qlora]', or set adapter to lora."
            )
        if not _has_cuda_driver():
            raise TrainingError(
                "adapter is qlora, and this machine has no CUDA driver (libcuda.so.1). Train on a "
                "machine with an NVIDIA GPU, or set adapter to lora."
            )


def _has_cuda_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def launch_arguments(settings: TrainingSettings) -> list[str]:
    """The arguments of `accelerate launch`; TrainingError where they are none."""
    try:
        return shlex.split(settings.accelerate)
    except ValueError as error:
        raise TrainingError(
            f"accelerate is {settings.accelerate!r}, which no shell would read ({error}). Write "
            "it as on a command line."
        ) from error


def _check_launch(settings: TrainingSettings) -> None:
    arguments = launch_arguments(settings)
    for number, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if not name.startswith("-") and (number == 0 or not arguments[number - 1].startswith("--")):
            raise TrainingError(
                f"accelerate holds {argument!r}, which belongs to no option. Give options of "
                "`accelerate launch` alone, such as --multi_gpu --num_processes 2."
            )
        if name in MANAGED_LAUNCH:
            raise TrainingError(f"accelerate sets {name}, which the run manages. Remove it.")
        if name == "--config_file":
            given = value or next(iter(arguments[number + 1 :]), "")
            if not Path(given).is_file():
                raise TrainingError(
                    f"accelerate names the configuration file {given!r}, which does not exist. "
                    "`accelerate config --config_file FILE` writes one."
                )


def _check_losses(settings: TrainingSettings) -> None:
    if not settings.loss_type:
        raise TrainingError('loss_type is empty. The default is ["sigmoid", "sft"].')
    for loss in settings.loss_type:
        if loss not in LOSS_TYPES:
            raise TrainingError(
                f"loss_type holds {loss!r}, which TRL does not have. "
                f"Choose from {', '.join(sorted(LOSS_TYPES))}."
            )
    if settings.loss_type == ["sft"]:
        raise TrainingError(
            "loss_type is sft alone, which ignores the rejected answers. "
            "Add a preference loss such as sigmoid; sft_control trains the SFT model."
        )
    if len(settings.loss_weights) != len(settings.loss_type):
        raise TrainingError(
            f"loss_weights has {len(settings.loss_weights)} numbers for "
            f"{len(settings.loss_type)} losses. Give one weight a loss."
        )
    if not all(math.isfinite(weight) and weight > 0 for weight in settings.loss_weights):
        raise TrainingError("loss_weights must be numbers above 0; leave a loss out to drop it.")


def _check_overrides(overrides: dict[str, Any]) -> None:
    knobs = trl_knobs()
    _check_model_arguments(overrides.get("model_init_kwargs"))
    for name in overrides:
        if name in NAMED_FIELDS:
            raise TrainingError(f"trl_overrides sets {name}. Use the field {NAMED_FIELDS[name]}.")
        if name in MANAGED_KNOBS:
            raise TrainingError(f"trl_overrides sets {name}, which the run manages. Remove it.")
        if name not in knobs["shared"] and name not in knobs["dpo"]:
            raise TrainingError(
                f"trl_overrides sets {name}, which the installed TRL's DPOConfig does not have. "
                "Correct the name, or remove it."
            )


def _check_model_arguments(arguments: Any) -> None:
    """TrainingError where the arguments of the model's load say anything of code to run."""
    if arguments is None:
        return
    if not isinstance(arguments, dict):  # TRL takes JSON text as well
        raise TrainingError(
            "trl_overrides sets model_init_kwargs to what is no mapping. Write it as "
            "`model_init_kwargs: {name: value}`."
        )
    if code := sorted(CODE_ARGUMENTS.intersection(arguments)):
        raise TrainingError(
            f"trl_overrides.model_init_kwargs sets {', '.join(code)}, which decides whose code "
            "runs. Remove it; training.run_code_of names the one model whose code may run."
        )
