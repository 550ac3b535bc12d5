"""The files that trainers read: pairs as JSON lines, and the trainers' own configuration files."""

from pathlib import Path

import polars as pl

from dpo_math_assets.storage import atomic_file

# Of each pair, beside trace_id (the chosen trace's). Text is never null: a trainer's JSON reader
# guesses a column's type from its first rows.
_META_TEXT = [
    "trace_id_pass",
    "trace_id_fail",
    "verifier",
    "verifier_version",
    "ground_truth",
    "chosen_answer",
    "rejected_answer",
    "chosen_method",
    "rejected_reason",
    "export_pass",
    "export_fail",
    "pair_id",
    "prompt_key",
    "canonical_key",
]
_META_NUMBERS = ["pass_rate", "attempts", "answer_count"]


def as_training_rows(pairs: pl.DataFrame, meta_fields: list[str] | None = None) -> pl.DataFrame:
    """Pairs as rows of prompt, chosen, rejected and meta, in order; every row's meta has one shape.

    Takes PAIR_SCHEMA or SELECTED_SCHEMA, plus any String columns named in `meta_fields`.
    """
    text = [name for name in [*_META_TEXT, *(meta_fields or [])] if name in pairs.columns]
    numbers = [name for name in _META_NUMBERS if name in pairs.columns]
    return pairs.select(
        "prompt",
        "chosen",
        "rejected",
        pl.struct(
            pl.col("trace_id_pass").alias("trace_id"),
            pl.col(text).fill_null(""),
            *numbers,
        ).alias("meta"),
    )


def as_conversations(rows: pl.DataFrame) -> pl.DataFrame:
    """Training rows with prompt, chosen and rejected as lists of one chat message each."""

    def message(role: str, column: str) -> pl.Expr:
        return pl.concat_list(
            pl.struct(pl.lit(role).alias("role"), pl.col(column).alias("content"))
        ).alias(column)

    return rows.select(
        message("user", "prompt"),
        message("assistant", "chosen"),
        message("assistant", "rejected"),
        "meta",
    )


def write_pairs_jsonl(pairs: pl.DataFrame, path: Path) -> None:
    """Replace `path` by pairs as JSON lines of `{"prompt", "chosen", "rejected", "meta"}`."""
    with atomic_file(path) as temporary:
        as_training_rows(pairs).write_ndjson(temporary)


TRL_CONFIG = """\
# DPO with TRL on this folder's pairs. Run it in this folder:
#   trl dpo --config trl_dpo.yaml --model_name_or_path MODEL --output_dir OUT
# Without a GPU add: --use_cpu --bf16 false
datasets:
  - path: json
    data_files: train.jsonl
    split: train
# The SFT term keeps the chosen text likely (IRPO, arXiv 2404.19733).
loss_type: [sigmoid, sft]
loss_weights: [1.0, 1.0]
beta: 0.1
learning_rate: 5.0e-7
num_train_epochs: 1
per_device_train_batch_size: 4
gradient_accumulation_steps: 8
max_length: 1024
logging_steps: 10
report_to: none
"""


def axolotl_config(validation: bool) -> str:
    """The text of axolotl_dpo.yaml; `validation` says whether validation.jsonl has rows."""
    config = _AXOLOTL_HEAD + _AXOLOTL_DATASET.format(key="datasets", path="train.jsonl")
    if validation:
        config += _AXOLOTL_DATASET.format(key="test_datasets", path="validation.jsonl")
    return config + _AXOLOTL_TAIL


_AXOLOTL_HEAD = """\
# DPO with Axolotl on this folder's pairs. Name the model below and run it in this folder:
#   axolotl train axolotl_dpo.yaml
base_model: MODEL
rl: dpo
rl_beta: 0.1
# The SFT term keeps the chosen text likely (IRPO, arXiv 2404.19733).
dpo_loss_type: [sigmoid, sft]
dpo_loss_weights: [1.0, 1.0]
"""

# A key that Axolotl does not know is dropped without a word, so the tests compare with its schema.
_AXOLOTL_DATASET = """\
{key}:
  - path: {path}
    split: train
    type:
      field_prompt: prompt
      field_chosen: chosen
      field_rejected: rejected
      prompt_format: "{{prompt}}"
      chosen_format: "{{chosen}}"
      rejected_format: "{{rejected}}"
"""

_AXOLOTL_TAIL = """\
output_dir: OUT
sequence_len: 1024
micro_batch_size: 4
gradient_accumulation_steps: 8
num_epochs: 1
learning_rate: 5.0e-7
optimizer: adamw_torch
lr_scheduler: linear
bf16: auto
"""
