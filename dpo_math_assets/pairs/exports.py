"""The files that trainers read: the pairs in every format, and the trainers' own configuration."""

import glob
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from dpo_math_assets.pairs.schema import SELECTED_SCHEMA
from dpo_math_assets.storage import atomic_file
from dpo_math_assets.traces.tables import ParquetTable

CONVERSATIONAL = "conversational"
HF_DATASET = "hf_dataset"

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


class PairFiles:
    """One split's files in a dataset folder, written part by part; a context manager.

    JSON lines, the same as chat messages, and Parquet, which all hold the same rows in order.
    """

    def __init__(self, folder: Path, split: str, meta_fields: list[str]) -> None:
        self._folder = folder
        self._split = split
        self._meta_fields = meta_fields
        self._open = ExitStack()

    def __enter__(self) -> Self:
        empty = pl.DataFrame(
            schema={**SELECTED_SCHEMA, **dict.fromkeys(self._meta_fields, pl.String)}
        )
        schema = as_training_rows(empty, self._meta_fields).schema
        lines, chats = (
            self._open.enter_context((folder / f"{self._split}.jsonl").open("wb"))
            for folder in (self._folder, self._folder / CONVERSATIONAL)
        )
        self._lines, self._chats = lines, chats
        table = ParquetTable(self._folder / f"{self._split}.parquet", schema)
        self._table = self._open.enter_context(table)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def write(self, pairs: pl.DataFrame) -> None:
        """Add rows of SELECTED_SCHEMA with the String columns `meta_fields`."""
        if pairs.is_empty():
            return
        rows = as_training_rows(pairs, self._meta_fields)
        rows.write_ndjson(self._lines)
        as_conversations(rows).write_ndjson(self._chats)
        self._table.write(rows)


def write_hf_dataset(folder: Path, splits: list[str], version: str) -> None:
    """Write `hf_dataset/`, which `datasets.load_from_disk` opens, from the splits' Parquet files.

    The rows stream from file to file; the version is the fingerprint that `datasets` caches by.
    """
    import datasets

    bars = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            parts = {}
            for split in splits:
                read = datasets.Dataset.from_parquet(
                    glob.escape(str(folder / f"{split}.parquet")),
                    cache_dir=cache,
                    keep_in_memory=False,
                )
                parts[split] = datasets.Dataset(
                    read.data,
                    info=datasets.DatasetInfo(features=read.features),
                    split=datasets.NamedSplit(split),
                    fingerprint=f"{version}-{split}",
                )
            datasets.DatasetDict(parts).save_to_disk(folder / HF_DATASET)
    finally:
        if not bars:
            datasets.enable_progress_bars()


def write_pairs_jsonl(pairs: pl.DataFrame, path: Path) -> None:
    """Replace `path` by pairs as JSON lines of `{"prompt", "chosen", "rejected", "meta"}`."""
    with atomic_file(path) as temporary:
        as_training_rows(pairs).write_ndjson(temporary)


def write_trainer_configs(folder: Path, validation: bool) -> None:
    """Write TRL's and Axolotl's configuration beside the files of texts, and beside those of chats.

    `validation` says whether the validation files have rows.
    """
    for place, chats in ((folder, False), (folder / CONVERSATIONAL, True)):
        (place / "trl_dpo.yaml").write_text(TRL_CONFIG, encoding="utf-8")
        (place / "axolotl_dpo.yaml").write_text(axolotl_config(validation, chats), encoding="utf-8")


def axolotl_config(validation: bool, chats: bool = False) -> str:
    """The text of axolotl_dpo.yaml; `validation` says whether validation.jsonl has rows."""
    kind = _AXOLOTL_CHATS if chats else _AXOLOTL_TEXTS
    config = _AXOLOTL_HEAD + _AXOLOTL_DATASET.format(key="datasets", path="train.jsonl") + kind
    if validation:
        config += _AXOLOTL_DATASET.format(key="test_datasets", path="validation.jsonl") + kind
    return config + _AXOLOTL_TAIL


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
"""

_AXOLOTL_TEXTS = """\
    type:
      field_prompt: prompt
      field_chosen: chosen
      field_rejected: rejected
      prompt_format: "{prompt}"
      chosen_format: "{chosen}"
      rejected_format: "{rejected}"
"""

_AXOLOTL_CHATS = """\
    type: chat_template.default
    field_messages: prompt
    field_chosen: chosen
    field_rejected: rejected
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
