"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685; QLoRA, Dettmers et al. 2023,
arXiv 2305.14314) instead of training every weight.

What is published is whole: the adapters are merged into the base model, so that whoever loads the
folder needs neither PEFT nor the base, and they are kept on their own beside it.
"""

from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.model_code import loading
from dpo_math_assets.training.settings import TrainingSettings

ADAPTER = "adapter"  # folder of the adapters alone, in the model's folder


def has_dropout(settings: TrainingSettings) -> bool:
    """Whether the run asks for dropout in front of its adapters."""
    return settings.adapter != "none" and settings.lora_dropout > 0


def adapter_arguments(settings: TrainingSettings) -> dict[str, Any]:
    """`peft_config` and `quantization_config` of a trainer; empty where every weight is trained."""
    if settings.adapter == "none":
        return {}
    from peft import LoraConfig

    modules: list[str] | str = settings.lora_target_modules
    if modules == ["all-linear"]:
        modules = "all-linear"  # PEFT's own word, which it takes as text alone
    arguments: dict[str, Any] = {
        "peft_config": LoraConfig(
            task_type="CAUSAL_LM",
            r=settings.lora_r,
            lora_alpha=settings.lora_alpha,
            lora_dropout=settings.lora_dropout,
            target_modules=modules,
        )
    }
    if settings.adapter == "qlora":
        import torch
        from transformers import BitsAndBytesConfig

        if not torch.cuda.is_available():
            raise TrainingError(
                "adapter is qlora, and PyTorch finds no CUDA GPU. Install a PyTorch with CUDA and "
                "check nvidia-smi, or set adapter to lora."
            )
        arguments["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    return arguments


def merge_adapter(
    settings: TrainingSettings, adapter: Path, out: Path, given: dict[str, Any]
) -> None:
    """Write into `out` the base model with the adapters of the folder `adapter` merged in.

    The base is loaded anew, with the arguments `given` of from_pretrained and into main memory:
    what was trained on may have been in 4 bits or spread over several processes.
    """
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with loading(settings.base_model, settings.run_code_of) as arguments:
        base = AutoModelForCausalLM.from_pretrained(
            settings.base_model, **{**given, "device_map": "cpu", **arguments}
        )
        merged = PeftModel.from_pretrained(base, str(adapter)).merge_and_unload()
    merged.save_pretrained(out)
