"""A base model of a few thousand weights, and a dataset that a reader checks by eye."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.demo.model import build_tokenizer
from dpo_math_assets.training.settings import TrainingSettings

PAIRS: list[dict[str, Any]] = [
    {
        "prompt": f"Compute 2*{n}+1.",
        "chosen": f"2*{n}={2 * n}\nFINAL ANSWER: {2 * n + 1}",
        "rejected": f"{n}+1={n + 1}\nFINAL ANSWER: {2 * n + 2}",
        "meta": {"trace_id": f"trace-{n}", "verifier_version": "7"},
    }
    for n in range(2, 14)
]
SFT: list[dict[str, Any]] = [
    {"prompt": pair["prompt"], "completion": pair["chosen"]} for pair in PAIRS
]


def write_rows(path: Path, rows: Sequence[Any]) -> None:
    """Write JSON lines; a row that is text already is written as it is."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A dataset folder with twelve pairs, of which the last two validate, and its SFT rows."""
    folder = tmp_path / "dataset"
    folder.mkdir()
    write_rows(folder / "train.jsonl", PAIRS[:10])
    write_rows(folder / "validation.jsonl", PAIRS[10:])
    write_rows(folder / "sft.jsonl", SFT[:10])
    return folder


@pytest.fixture(scope="session")
def base_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random Llama with one layer of width 16."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("base")
    tokenizer = build_tokenizer(64)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def settings(base_model: Path) -> TrainingSettings:
    """Three epochs of five steps, a checkpoint every four."""
    return TrainingSettings(
        base_model=str(base_model),
        learning_rate=1e-2,
        epochs=3,
        batch_size=2,
        gradient_accumulation_steps=1,
        logging_steps=1,
        checkpoint_steps=4,
        threads=1,
        trl_overrides={"gradient_checkpointing": False},
    )
