"""The configurations for other programs, against the programs themselves."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpo_math_assets.training.dpo import train_dpo
from dpo_math_assets.training.recipes import axolotl_recipe, trl_config, write_recipes
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets_tests.training.conftest import PAIRS, write_rows

LORA = {
    "adapter": "lora",
    "lora_r": 4,
    "lora_alpha": 8,
    "lora_dropout": 0.1,
    "lora_target_modules": ["q_proj", "o_proj"],
}
KNOBS = {
    "gradient_checkpointing": False,
    "warmup_steps": 3,
    "lr_scheduler_type": "cosine",
    "model_init_kwargs": {"attn_implementation": "eager"},
}


def recipes(settings: TrainingSettings, dataset: Path, out: Path) -> Path:
    out.mkdir()
    (out / "README.md").write_text("# Model\n")
    write_recipes(settings, dataset / "train.jsonl", 60, chat=False, out=out)
    return out


def test_trls_own_parser_takes_every_setting(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    from trl.scripts.dpo import make_parser

    chosen = settings.model_copy(update={**LORA, "precision": "fp32", "trl_overrides": KNOBS})
    out = recipes(chosen, dataset, tmp_path / "out")
    _, training, model, mixture = make_parser().parse_args_and_config(
        ["--config", str(out / "trl.yaml"), "--output_dir", str(tmp_path / "o"), "--use_cpu"],
        fail_with_unknown_args=True,
    )
    assert (training.loss_type, training.loss_weights) == (["sigmoid", "sft"], [1.0, 1.0])
    assert (training.learning_rate, training.num_train_epochs, training.beta) == (1e-2, 3, 0.1)
    assert (training.per_device_train_batch_size, training.max_length, training.seed) == (2, 60, 0)
    assert (training.warmup_steps, training.gradient_checkpointing) == (3, False)
    assert training.model_init_kwargs == {"attn_implementation": "eager"}
    assert (training.bf16, training.save_steps, training.logging_steps) == (False, 4, 1)
    assert (model.use_peft, model.lora_r, model.lora_alpha, model.lora_dropout) == (True, 4, 8, 0.1)
    assert model.lora_target_modules == ["q_proj", "o_proj"]
    assert model.model_name_or_path == settings.base_model
    assert mixture.datasets[0].data_files == str(dataset / "train.jsonl")


def test_qlora_is_asked_of_both_in_their_own_words(
    settings: TrainingSettings, dataset: Path
) -> None:
    chosen = settings.model_copy(update={"adapter": "qlora"})
    trl = trl_config(chosen, dataset / "train.jsonl", 60)
    assert (trl["use_peft"], trl["load_in_4bit"], trl["use_bnb_nested_quant"]) == (True,) * 3
    assert trl["lora_target_modules"] == ["all-linear"]
    axolotl, _ = axolotl_recipe(chosen, dataset / "train.jsonl", 60)
    assert (axolotl["adapter"], axolotl["load_in_4bit"]) == ("qlora", True)
    assert axolotl["lora_target_linear"] is True


def test_the_readme_has_the_commands_and_says_what_axolotl_lacks(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    one = settings.model_copy(update={"trl_overrides": KNOBS})
    card = (recipes(one, dataset, tmp_path / "one") / "README.md").read_text()
    assert card.startswith("# Model\n")
    assert "\ntrl dpo --config trl.yaml --output_dir OUT\n" in card
    assert "\naxolotl train axolotl.yaml\n" in card
    assert "Axolotl has no name for model_init_kwargs" in card
    several = settings.model_copy(update={"accelerate": "--config_file /etc/fsdp.yaml"})
    card = (recipes(several, dataset, tmp_path / "several") / "README.md").read_text()
    assert "\naccelerate launch --config_file /etc/fsdp.yaml -m trl.scripts.dpo --config" in card


def test_chat_pairs_get_no_axolotl_file_that_would_misread_them(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("")
    write_recipes(settings, dataset / "train.jsonl", 60, chat=True, out=tmp_path)
    assert not (tmp_path / "axolotl.yaml").exists()
    assert "axolotl" not in (tmp_path / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("change", [{}, {**LORA, "lora_dropout": 0.0}], ids=["full", "lora"])
def test_trls_command_trains_the_very_same_weights(
    settings: TrainingSettings, dataset: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    chosen = settings.model_copy(update=change)
    write_rows(dataset / "validation.jsonl", [])  # which TRL's command does not read
    report = train_dpo(chosen, dataset, tmp_path / "ours", lambda _: None)
    write_recipes(chosen, dataset / "train.jsonl", report.window, report.chat, tmp_path / "ours")
    command = "-m trl.scripts.dpo --config trl.yaml --use_cpu --bf16 false --output_dir"
    done = subprocess.run(
        [sys.executable, *command.split(), str(tmp_path / "theirs")],
        cwd=tmp_path / "ours",
        env={
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(tmp_path / "hf"),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    trained = "adapter_model.safetensors" if change else "model.safetensors"
    ours = tmp_path / "ours" / ("adapter" if change else "") / trained
    assert ours.read_bytes() == (tmp_path / "theirs" / trained).read_bytes()


AXOLOTL_READS = """
import json, sys
import yaml
from axolotl.prompt_strategies.dpo import load as load_dpo
from axolotl.utils.config import validate_config
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.config import AxolotlInputConfig

raw = yaml.safe_load(open("axolotl.yaml"))
config = validate_config(
    DictDefault(raw),
    capabilities={"bf16": True, "n_gpu": 1, "compute_capability": "sm_80"},
    env_capabilities={"torch_version": "2.8.0"},
)
transform = load_dpo("user_defined.default", config, dataset_idx=0)
transform = transform[0] if isinstance(transform, tuple) else transform
row = json.loads(open(config.datasets[0].path).readline())
print(json.dumps({
    "unknown": sorted(set(raw) - set(AxolotlInputConfig.model_fields)),
    "kept": {name: config[name] for name in sys.argv[1:]},
    "first": {name: transform(dict(row))[name] for name in ("prompt", "chosen", "rejected")},
}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("change", [{}, LORA, {"adapter": "qlora"}], ids=["full", "lora", "qlora"])
def test_axolotl_takes_every_setting_and_reads_the_same_texts(
    settings: TrainingSettings,
    dataset: Path,
    axolotl: str,
    tmp_path: Path,
    change: dict[str, Any],
) -> None:
    knobs = {name: value for name, value in KNOBS.items() if name != "model_init_kwargs"}
    chosen = settings.model_copy(update={**change, "trl_overrides": knobs})
    out = recipes(chosen, dataset, tmp_path / "out")
    wanted = yaml.safe_load((out / "axolotl.yaml").read_text())
    del wanted["datasets"]
    done = subprocess.run(
        [axolotl, "-c", AXOLOTL_READS, *wanted],
        cwd=out,
        env={**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    kept = said["kept"]
    kept["bf16"] = wanted["bf16"]  # "auto" becomes what the machine has
    assert said["unknown"] == [] and kept == wanted
    assert said["first"] == {name: PAIRS[0][name] for name in ("prompt", "chosen", "rejected")}
