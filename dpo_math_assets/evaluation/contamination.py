"""Which evaluation prompts are like one that was trained on: their pass rates measure memory.

Likeness is that of the training set's own decontamination (pairs/decontamination.py). The dataset
keeps held-out prompts clean by itself; this looks again from the other side, at what was really
trained on, and at benchmark files that the dataset did not know of.
"""

from pathlib import Path

import polars as pl

from dpo_math_assets.errors import DatasetError, EvaluationError
from dpo_math_assets.pairs.decontamination import contaminated
from dpo_math_assets.pairs.likeness import DecontaminationSettings
from dpo_math_assets.pairs.split import TRAIN
from dpo_math_assets.traces.prompts import canonical_key

OVERLAP_SCHEMA = pl.Schema(
    {
        "prompt_id": pl.String,
        "source": pl.String,
        "prompt": pl.String,
        "why": pl.String,  # as in REMOVED_SCHEMA
        "training_file": pl.String,
        "training_line": pl.String,
        "training_prompt": pl.String,
    }
)


def training_overlap(
    prompts: pl.DataFrame, training_files: list[Path], settings: DecontaminationSettings
) -> pl.DataFrame:
    """The prompts that are like a training prompt, each with the first such (OVERLAP_SCHEMA).

    `prompts` has prompt_id, source, prompt and ground_truth (repeated rows count once);
    `training_files` are JSON lines with `prompt`, as train.jsonl and sft.jsonl are, and where there
    is one the answer in `meta`. Only the settings' `overlap_words` and
    `template_prompts` are used. Raises EvaluationError for a file that cannot be read.
    """
    asked = prompts.select("prompt_id", "source", "prompt", "ground_truth").unique(
        maintain_order=True
    )
    problems = asked.select(
        pl.col("prompt_id").alias("prompt_key"),
        "prompt",
        "ground_truth",
        pl.Series("canonical_key", [canonical_key(text) for text in asked["prompt"]], pl.String),
        pl.lit(TRAIN).alias("split"),
    )
    # The training files stand where a benchmark stands when training prompts are looked at.
    files = {"benchmark_files": [str(path) for path in training_files]}
    try:
        found = contaminated(problems, settings.model_copy(update=files))
    except DatasetError as error:
        raise EvaluationError(f"Training prompts: {error}") from error
    return (
        found.rename(
            {
                "prompt_key": "prompt_id",
                "matched_source": "training_file",
                "matched_id": "training_line",
                "matched_prompt": "training_prompt",
            }
        )
        .join(asked.select("prompt_id", "source"), on="prompt_id", maintain_order="left")
        .select(OVERLAP_SCHEMA.names())
    )
