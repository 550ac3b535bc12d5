"""The folder against the programs that read it: `datasets`, the hub's card reader, TRL, Axolotl."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from dpo_math_assets_tests.pairs.test_dataset import build, lines

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dataset")
    build(out)
    return out


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")


def load(path: Path, config: str, cache: Path) -> Any:
    from datasets import load_dataset

    return load_dataset(str(path), config, cache_dir=str(cache))


def test_datasets_reads_every_part_of_the_folder(folder: Path, tmp_path: Path) -> None:
    for config, file, split in (
        ("default", "train.jsonl", "train"),
        ("default", "validation.jsonl", "validation"),
        ("conversational", "conversational/train.jsonl", "train"),
        ("sft", "sft.jsonl", "train"),
        ("eval", "eval_prompts.jsonl", "test"),
    ):
        loaded = load(folder, config, tmp_path)[split]
        assert loaded.to_list() == lines(folder / file)


def test_a_folder_without_validation_pairs_is_still_read(tmp_path: Path) -> None:
    build(tmp_path / "d", validation_fraction=0.0)
    assert set(load(tmp_path / "d", "default", tmp_path / "cache")) == {"train"}
    assert "test_datasets" not in yaml.safe_load((tmp_path / "d/axolotl_dpo.yaml").read_text())


@pytest.mark.slow
def test_trl_reads_both_formats_as_preferences(folder: Path, tmp_path: Path) -> None:
    from trl.data_utils import is_conversational

    standard = load(folder, "default", tmp_path)["train"][0]
    chat = load(folder, "conversational", tmp_path)["train"][0]
    assert (is_conversational(standard), is_conversational(chat)) == (False, True)
    assert {"prompt", "chosen", "rejected"} < set(standard)


def test_trl_knows_every_key_of_its_configuration(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl.scripts.dpo import make_parser

    monkeypatch.chdir(folder)
    script, training, model, mixture = make_parser().parse_args_and_config(
        [
            *("--config", "trl_dpo.yaml", "--model_name_or_path", "m", "--output_dir", "out"),
            *("--use_cpu", "--bf16", "false"),
        ],
        fail_with_unknown_args=True,
    )
    assert (training.loss_type, training.loss_weights) == (["sigmoid", "sft"], [1.0, 1.0])
    assert mixture.datasets[0].data_files == "train.jsonl"
    assert model.model_name_or_path == "m"
    assert script.dataset_name is None


def tiny_model(path: Path, rows: list[dict[str, Any]]) -> None:
    """A random Llama whose tokens are the words of the rows."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    text = " ".join(row["prompt"] + " " + row["chosen"] + " " + row["rejected"] for row in rows)
    vocabulary = {word: n for n, word in enumerate(["<pad>", "<eos>", "<unk>", *sorted(set(text))])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>", unk_token="<unk>"
    )
    fast.chat_template = (
        "{% for message in messages %}{% if message.role == 'user' %}<user>{{ message.content }}"
        "{% else %}<assistant>{{ message.content }}<eos>{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    fast.save_pretrained(path)
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=None,
        )
    ).save_pretrained(path)


@pytest.fixture(scope="module")
def model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    tiny_model(path, lines(folder / "train.jsonl"))
    return path


def run(command: list[str], cwd: Path, home: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={
            **os.environ,
            "HF_HOME": str(home),
            "OMP_NUM_THREADS": "1",
            "AXOLOTL_DO_NOT_TRACK": "1",
            "WANDB_MODE": "disabled",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("form", ["texts", "chats"])
def test_trl_trains_a_step_with_the_command_that_the_folder_names(
    folder: Path, model: Path, tmp_path: Path, form: str
) -> None:
    run(
        [
            *(str(Path(sys.executable).parent / "trl"), "dpo", "--config", "trl_dpo.yaml"),
            *("--model_name_or_path", str(model)),
            *("--output_dir", str(tmp_path / "out"), "--max_steps", "1"),
            *("--use_cpu", "--bf16", "false"),
        ],
        cwd=folder if form == "texts" else folder / "conversational",
        home=tmp_path / "hf",
    )
    assert (tmp_path / "out/model.safetensors").exists()


AXOLOTL_READS = """
import json, sys
import yaml
from axolotl.prompt_strategies.dpo import load as load_dpo
from axolotl.utils.config import validate_config
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.config import AxolotlInputConfig
from axolotl.utils.schemas.datasets import DPODataset, UserDefinedDPOType
from datasets import load_dataset

raw = yaml.safe_load(open("axolotl_dpo.yaml"))
unknown = set(raw) - set(AxolotlInputConfig.model_fields)
assert "prompt_column" not in UserDefinedDPOType.model_fields, "else the comparison shows nothing"
for entry in raw["datasets"] + raw["test_datasets"]:
    # Of chats its strategy reads the names of the columns straight from the entry.
    unknown |= set(entry) - set(DPODataset.model_fields) - {
        "field_messages", "field_chosen", "field_rejected"
    }
    if isinstance(entry["type"], dict):
        unknown |= set(entry["type"]) - set(UserDefinedDPOType.model_fields)
config = validate_config(
    DictDefault(raw),
    capabilities={"bf16": True, "n_gpu": 1, "compute_capability": "sm_80"},
    env_capabilities={"torch_version": "2.8.0"},
)
# As Axolotl's own loader does for a local file that ends in .jsonl.
source = config.datasets[0]
rows = load_dataset("json", data_files=source.path, split=source.split)
if isinstance(raw["datasets"][0]["type"], dict):
    transform = load_dpo("user_defined.default", config, dataset_idx=0)
    transform = transform[0] if isinstance(transform, tuple) else transform
    first = transform(dict(rows[0]))
else:
    from transformers import AutoTokenizer

    transform, _ = load_dpo(raw["datasets"][0]["type"], config, dataset_idx=0)
    first = transform(dict(rows[0]), tokenizer=AutoTokenizer.from_pretrained(sys.argv[1]))
print(json.dumps({
    "unknown": sorted(unknown), "rl": str(config.rl.value), "loss": list(config.dpo_loss_type),
    "rows": len(rows), "first": {k: first[k] for k in ("prompt", "chosen", "rejected")},
}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["texts", "chats"])
def test_axolotl_knows_every_key_and_reads_the_same_texts(
    folder: Path, model: Path, axolotl: str, tmp_path: Path, form: str
) -> None:
    place = folder if form == "texts" else folder / "conversational"
    said = json.loads(
        run([axolotl, "-c", AXOLOTL_READS, str(model)], place, tmp_path).strip().splitlines()[-1]
    )
    rows = lines(folder / "train.jsonl")
    expected = {name: rows[0][name] for name in ("prompt", "chosen", "rejected")}
    if form == "chats":
        expected["prompt"] = f"<user>{expected['prompt']}<assistant>"
        for side in ("chosen", "rejected"):
            expected[side] += "<eos>"
    assert said == {
        "unknown": [],
        "rl": "dpo",
        "loss": ["sigmoid", "sft"],
        "rows": len(rows),
        "first": expected,
    }


@pytest.mark.slow
def test_axolotl_trains_a_step_with_the_folders_configuration(
    folder: Path, model: Path, axolotl: str, tmp_path: Path
) -> None:
    settings = yaml.safe_load((folder / "axolotl_dpo.yaml").read_text())
    # Only what a user names, and what a machine without a GPU and a short test need.
    settings |= {
        "base_model": str(model),
        "output_dir": str(tmp_path / "out"),
        "dataset_prepared_path": str(tmp_path / "prepared"),
        "max_steps": 1,
        "bf16": False,
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings))
    run(
        [axolotl, "-m", "axolotl.cli.train", str(tmp_path / "config.yaml")], folder, tmp_path / "hf"
    )
    assert (tmp_path / "out/model.safetensors").exists()


def test_load_from_disk_opens_the_dataset_of_every_split(folder: Path) -> None:
    from datasets import load_from_disk

    loaded = load_from_disk(str(folder / "hf_dataset"))
    assert set(loaded) == {"train", "validation"}
    for split in loaded:
        assert loaded[split].to_list() == lines(folder / f"{split}.jsonl")


def test_the_hubs_reader_takes_the_card(folder: Path) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(str(folder / "README.md"))
    assert card.data.license == ["mit"]
    assert card.data.size_categories == ["n<1K"]
    assert {config["config_name"] for config in card.data.to_dict()["configs"]} == {
        "default",
        "conversational",
        "sft",
        "eval",
    }
    assert "## Licences" in card.text and "## Versions and lineage" in card.text


def test_parquet_is_read_with_the_same_columns(folder: Path) -> None:
    from datasets import Dataset

    loaded = Dataset.from_parquet(str(folder / "train.parquet"), cache_dir=str(folder / "cache"))
    assert loaded.column_names == pl.read_parquet(folder / "train.parquet").columns
    assert len(loaded) == len(lines(folder / "train.jsonl"))
