"""What the ways share in which two problems are compared: sides, settings, templates, matches."""

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION

# The side that is protected first wins: a problem like both a benchmark and a held-out problem is
# reported against the benchmark.
RANK = {"benchmark": 0, EVAL: 1, VALIDATION: 2, TRAIN: 3}


# Problems whose runs of words are in memory at once.
PROBLEMS_AT_ONCE = 50_000


class DecontaminationSettings(BaseModel):
    """What counts as the same problem in other words."""

    overlap_words: int = Field(
        8, ge=4, description="Prompts that share a run of this many words are near duplicates."
    )
    template_prompts: int = Field(
        10,
        ge=1,
        description="A run of words in more problems than this is a template's and says nothing.",
    )
    benchmark_files: list[str] = Field(
        default_factory=list,
        description="Eval sets whose problems must not be trained on: JSONL, CSV or Parquet files "
        "with a prompt (or question, or problem) and, where there is one, an id.",
    )


def first_match(rows: pl.DataFrame, protectors: pl.DataFrame) -> pl.DataFrame:
    """(row, match) of the rows whose key a row of a more protected side has.

    Both frames have row, rank and key, and may be the same.
    """
    protecting = (
        protectors.filter(pl.col("rank") < RANK[TRAIN])
        .group_by("key")
        .agg(
            pl.col("row").sort_by("rank", "row").first().alias("match"),
            pl.col("rank").min().alias("match_rank"),
        )
    )
    return (
        rows.filter(pl.col("rank") > RANK[EVAL])
        .join(protecting, on="key")
        .filter(pl.col("match_rank") < pl.col("rank"))
        .group_by("row")
        .agg(pl.col("match").min())
    )


def no_template(found: pl.DataFrame, template_prompts: int) -> pl.DataFrame:
    """The rows (row, rank, problem, key) whose key no more than `template_prompts` problems have.

    Dropping a key early is dropping it for good: its number of problems only grows.
    """
    wordings = (
        found.group_by("key")
        .agg(pl.col("problem").n_unique().alias("problems"))
        .filter(pl.col("problems") > template_prompts)
    )
    return found.join(wordings, on="key", how="anti")
