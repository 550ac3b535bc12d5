"""Adapters instead of all weights: what is published loads without PEFT, mistakes are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training import settings as training_settings
from dpo_math_assets.training.dpo import train_dpo
from dpo_math_assets.training.settings import TrainingSettings, validate_training


def quiet(_: dict[str, float | int | str]) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def lora(settings: TrainingSettings) -> TrainingSettings:
    return settings.model_copy(update={"adapter": "lora", "lora_r": 4, "lora_alpha": 8})


def test_a_lora_model_loads_without_peft_and_answers_as_base_with_adapter_does(
    lora: TrainingSettings, dataset: Path, base_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = train_dpo(lora, dataset, out, quiet)

    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(out)(
        "Compute 2*3+1.", return_tensors="pt", return_token_type_ids=False
    )
    merged, base = (AutoModelForCausalLM.from_pretrained(folder) for folder in (out, base_model))
    assert type(merged).__name__ == "LlamaForCausalLM"
    with_adapter = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base_model), str(out / "adapter")
    )
    answer = merged(**inputs).logits
    assert answer.allclose(with_adapter(**inputs).logits, atol=1e-5)
    assert not answer.allclose(base(**inputs).logits, atol=1e-3)

    # Seven linear layers in width 16 (attention 4 of 16x16; MLP 3 of 16x32), rank 4.
    assert report.parameters_trained == 4 * (16 + 16) * 4 + 3 * (16 + 32) * 4
    assert report.parameters > 2 * report.parameters_trained
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["lora_r"] == 4 and manifest["code"]["packages"]["peft"]
    assert "lora, r=4, alpha=8" in (out / "README.md").read_text()
    assert not list(out.rglob("*.bin")), "a pickle is nothing to publish"


def test_only_the_named_layers_get_adapters(
    lora: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    some = lora.model_copy(update={"lora_target_modules": ["q_proj", "v_proj"], "epochs": 0.2})
    assert train_dpo(some, dataset, tmp_path / "out", quiet).parameters_trained == 2 * 32 * 4


def test_dropout_that_is_asked_for_is_really_there(
    lora: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    losses = {}
    for dropout in (0.0, 0.5):
        some = lora.model_copy(update={"lora_dropout": dropout, "epochs": 0.6})
        report = train_dpo(some, dataset, tmp_path / str(dropout), quiet)
        losses[dropout] = report.final["loss"]
    assert losses[0.0] != losses[0.5]


@pytest.mark.parametrize("modules", [["v_prj"], ["q_proj", "v_prj"]])
def test_a_layer_that_the_model_does_not_have_is_named(
    lora: TrainingSettings, dataset: Path, tmp_path: Path, modules: list[str]
) -> None:
    wrong = lora.model_copy(update={"lora_target_modules": modules})
    with pytest.raises(TrainingError, match=r"(?s)v_prj.*lora_target|lora_target.*v_prj"):
        train_dpo(wrong, dataset, tmp_path / "out", quiet)


@pytest.mark.parametrize(
    ("change", "installed", "message"),
    [
        ({"adapter": "lorra"}, {"peft"}, "adapter is 'lorra'. Set it to none"),
        ({"adapter": "lora"}, set(), r"pip install 'dpo-math-assets\[lora\]'"),
        ({"adapter": "lora", "lora_target_modules": []}, {"peft"}, "lora_target_modules is empty"),
        ({"adapter": "qlora"}, {"peft"}, "bitsandbytes is not installed"),
        ({"adapter": "qlora"}, {"peft", "bitsandbytes"}, "no CUDA driver"),
    ],
)
def test_an_adapter_that_cannot_be_trained_here_is_refused_before_anything_is_loaded(
    settings: TrainingSettings,
    dataset: Path,
    change: dict[str, Any],
    installed: set[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = training_settings.importlib.util.find_spec

    def found(name: str) -> object:
        return name in installed or None if name in ("peft", "bitsandbytes") else here(name)

    monkeypatch.setattr(training_settings.importlib.util, "find_spec", found)
    monkeypatch.setattr(training_settings, "_has_cuda_driver", lambda: False)
    with pytest.raises(TrainingError, match=message):
        validate_training(settings.model_copy(update=change), dataset)


def test_qlora_on_a_machine_whose_torch_has_no_cuda_says_so(settings: TrainingSettings) -> None:
    import torch

    from dpo_math_assets.training.adapters import adapter_arguments

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA GPU")
    with pytest.raises(TrainingError, match="PyTorch finds no CUDA GPU"):
        adapter_arguments(settings.model_copy(update={"adapter": "qlora"}))
