"""Problems that must not be trained on, because something they would be measured by is like them.

Held-out problems and benchmarks protect themselves against training, and validation problems
against training; nothing is ever moved to another side, so the split stays stable as data grows.
Two problems are alike if

- they have one canonical key (the same words, numbers and operators in any order), or
- they share a run of n words, as in GPT-3 (arXiv 2005.14165, appendix C) and open-r1 (n = 8).
  A run that occurs in more than ten problems is the wording of a template and says nothing, which
  is GPT-3's exception too. Prompts shorter than n words are covered by the canonical key alone.
"""

import json
from pathlib import Path

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION
from dpo_math_assets.traces.prompts import canonical_key

REMOVED_SCHEMA = pl.Schema(
    {
        "prompt_key": pl.String,
        "prompt": pl.String,  # the problem that is not trained on
        "split": pl.String,  # the side that it is removed from
        "why": pl.String,  # same_problem or shared_words
        "matched_source": pl.String,  # eval, validation, or the benchmark file's name
        "matched_id": pl.String,
        "matched_prompt": pl.String,
    }
)

# The side that is protected first wins: a problem like both a benchmark and a held-out problem is
# reported against the benchmark.
_RANK = {"benchmark": 0, EVAL: 1, VALIDATION: 2, TRAIN: 3}

# Problems whose runs of words are in memory at once.
_BATCH = 50_000


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
        description="JSONL files of problems (id, prompt) that must not be trained on.",
    )


def contaminated(problems: pl.DataFrame, settings: DecontaminationSettings) -> pl.DataFrame:
    """The train and validation problems that are like a protected one, each with what it is like.

    Takes rows with prompt_key, prompt, canonical_key and split; gives REMOVED_SCHEMA rows in the
    same order, at most one a problem. Raises DatasetError for a benchmark file it cannot read.
    """
    benchmarks = read_benchmarks(settings.benchmark_files)
    entries = pl.concat(
        [
            benchmarks.with_columns(pl.lit("benchmark").alias("side")),
            problems.select(
                pl.col("split").alias("source"),
                pl.col("prompt_key").alias("id"),
                "prompt",
                "canonical_key",
                pl.col("split").alias("side"),
            ),
        ]
    ).with_columns(
        pl.col("side").replace_strict(_RANK, return_dtype=pl.Int8).alias("rank"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
    )
    matches = pl.concat([_same_problem(entries), _shared_words(entries, settings)])
    first = matches.sort("row", "why", "match").unique("row", keep="first", maintain_order=True)
    matched = entries.select(
        pl.col("row").alias("match"),
        pl.col("source").alias("matched_source"),
        pl.col("id").alias("matched_id"),
        pl.col("prompt").alias("matched_prompt"),
    )
    return (
        first.join(
            entries.select("row", pl.col("id").alias("prompt_key"), "prompt", "side"), on="row"
        )
        .join(matched, on="match")
        .sort("row")
        .rename({"side": "split"})
        .select(REMOVED_SCHEMA.names())
    )


def read_benchmarks(files: list[str]) -> pl.DataFrame:
    """The problems of JSONL files as rows (source, id, prompt, canonical_key).

    A row needs `prompt`; `id` is its line number where there is none. Raises DatasetError, with
    file and line, for what is not such a row: a benchmark that is half read protects half.
    """
    rows = []
    for name in files:
        path = Path(name)
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(f"benchmark file {path} cannot be read: {error}") from error
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                prompt = record["prompt"]
            except (ValueError, KeyError, TypeError) as error:
                raise DatasetError(
                    f'{path}, line {number}: not a JSON object with "prompt" ({error!r}); '
                    "correct the line or leave the file out of benchmark_files"
                ) from error
            if not isinstance(prompt, str) or not prompt.strip():
                raise DatasetError(f"{path}, line {number}: prompt must be text, got {prompt!r}")
            rows.append((path.name, str(record.get("id", number)), prompt, canonical_key(prompt)))
    return pl.DataFrame(
        rows,
        schema=dict.fromkeys(["source", "id", "prompt", "canonical_key"], pl.String),
        orient="row",
    )


def _same_problem(entries: pl.DataFrame) -> pl.DataFrame:
    """(row, match, why) of problems with a protected one's canonical key."""
    protectors = (
        entries.filter(pl.col("rank") == _RANK["benchmark"])
        .group_by("canonical_key")
        .agg(pl.col("row").min().alias("match"))
    )
    return (
        entries.filter(pl.col("rank") > _RANK[EVAL])
        .join(protectors, on="canonical_key")
        .select("row", "match", pl.lit("same_problem").alias("why"))
    )


def _shared_words(entries: pl.DataFrame, settings: DecontaminationSettings) -> pl.DataFrame:
    """(row, match, why) of problems that share a run of words with a protected one."""
    protected = entries.filter(pl.col("rank") < _RANK[TRAIN])
    runs = pl.concat(
        [
            _runs(batch, settings.overlap_words)
            for batch in protected.select("row", "prompt").iter_slices(_BATCH)
        ]
        or [pl.DataFrame(schema={"row": pl.UInt32, "run": pl.UInt64})]
    )
    known = runs.select(pl.col("run").unique())
    training = entries.filter(pl.col("rank") == _RANK[TRAIN])
    everywhere = pl.concat(
        [
            runs,
            *(
                _runs(batch, settings.overlap_words).join(known, on="run", how="semi")
                for batch in training.select("row", "prompt").iter_slices(_BATCH)
            ),
        ]
    ).join(entries.select("row", "rank", "canonical_key"), on="row")
    telling = (
        everywhere.group_by("run")
        .agg(
            pl.col("canonical_key").n_unique().alias("problems"),
            pl.col("row").sort_by("rank", "row").first().alias("match"),
            pl.col("rank").min().alias("match_rank"),
        )
        .filter(pl.col("problems") <= settings.template_prompts)
    )
    return (
        everywhere.filter(pl.col("rank") > _RANK[EVAL])
        .join(telling, on="run")
        .filter(pl.col("match_rank") < pl.col("rank"))
        .group_by("row")
        .agg(pl.col("match").min())
        .select("row", "match", pl.lit("shared_words").alias("why"))
    )


def _runs(prompts: pl.DataFrame, words: int) -> pl.DataFrame:
    """(row, run) of every run of `words` words of each prompt, a run as a 64-bit hash, once."""
    spoken = (
        prompts.select(
            "row",
            pl.col("prompt")
            .str.to_lowercase()
            .str.replace_all(r"[^\p{L}\p{N}]+", " ")
            .str.strip_chars()
            .str.split(" ")
            .alias("word"),
        )
        .explode("word")
        .filter(pl.col("word") != "")
    )
    return (
        spoken.select(
            "row",
            (pl.col("row") == pl.col("row").shift(1 - words)).alias("within"),
            pl.concat_str([pl.col("word").shift(-ahead) for ahead in range(words)], separator=" ")
            .hash()
            .alias("run"),
        )
        .filter("within")
        .select("row", "run")
        .unique()
    )
