"""Problems that must not be trained on, because something they would be measured by is like them.

Held-out problems and benchmarks protect themselves against training, and validation problems
against training; nothing is ever moved to another side, so the split stays stable as data grows.
Two problems are alike, by the first of these that holds:

`same_problem`
    They ask for the same words, numbers and operators in any order. In prompts of under 2n words,
    where runs of words seldom fit, the words in which a task is put (*compute*, *what is the value
    of*) do not count.
`shared_words`
    They share a run of n words, as in GPT-3 (arXiv 2005.14165, appendix C) and open-r1 (n = 8). A
    run that occurs in more than ten problems is the wording of a template and says nothing, which
    is GPT-3's exception too.
`same_numbers`
    They share a run of n words, be it a template's, and all numbers and operators: one template,
    and the same numbers put into it.
`same_answer`
    They share a run of n words, be it a template's, and the reference answer, and all numbers and
    operators but one number that either has: *Question 3.* before one and *Question 4.* before the
    other. That number is a counter and no part of the problem if all problems with that run and
    the other numbers have one answer; the own numbers of a template change the answer. Problems
    without an answer, or with no number beside the counter, are not looked at.
`wrapped_problem`
    One holds the other's problem, however short, between two places where a wrapping may end (see
    `traces.wrapping`): behind an instruction, under a system prompt, as a worked example. Words in
    which a task is put do not count. What stands in this way beside more than ten different
    problems is a template's worked example and says nothing.
"""

import polars as pl

from dpo_math_assets.pairs.asked_problems import same_problem
from dpo_math_assets.pairs.benchmarks import read_benchmarks
from dpo_math_assets.pairs.likeness import RANK, DecontaminationSettings
from dpo_math_assets.pairs.shared_runs import first_shared_run, shared_runs

REMOVED_SCHEMA = pl.Schema(
    {
        "prompt_key": pl.String,
        "prompt": pl.String,  # the problem that is not trained on
        "split": pl.String,  # the side that it is removed from
        "why": pl.String,  # one of WHYS
        "matched_source": pl.String,  # eval, validation, or the benchmark file's name
        "matched_id": pl.String,
        "matched_prompt": pl.String,
        "matched_words": pl.String,  # the first run of words that both have, or null
    }
)


# In the order in which a removal is explained.
WHYS = ("same_problem", "shared_words", "same_numbers", "same_answer", "wrapped_problem")


def contaminated(problems: pl.DataFrame, settings: DecontaminationSettings) -> pl.DataFrame:
    """The train and validation problems that are like a protected one, each with what it is like.

    Takes rows with prompt_key, prompt, canonical_key, split and, where it is known, ground_truth;
    gives REMOVED_SCHEMA rows in the same order, at most one a problem. Raises DatasetError for a
    benchmark file it cannot read.
    """
    benchmarks = read_benchmarks(settings.benchmark_files)
    known_answer = pl.col("ground_truth") if "ground_truth" in problems.columns else pl.lit(None)
    entries = pl.concat(
        [
            benchmarks.with_columns(pl.lit("benchmark").alias("side")),
            problems.select(
                pl.col("split").alias("source"),
                pl.col("prompt_key").alias("id"),
                "prompt",
                "canonical_key",
                known_answer.cast(pl.String).alias("ground_truth"),
                pl.col("split").alias("side"),
            ),
        ]
    ).with_columns(
        pl.col("side").replace_strict(RANK, return_dtype=pl.Int8).alias("rank"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        # A number for the canonical key is smaller than the key.
        pl.col("canonical_key").rank("dense").cast(pl.UInt32).alias("problem"),
    )
    matches = pl.concat([*same_problem(entries, settings), *shared_runs(entries, settings)])
    first = (
        matches.with_columns(pl.col("why").cast(pl.Enum(WHYS)))
        .sort("row", "why", "match")
        .unique("row", keep="first", maintain_order=True)
    )
    matched = entries.select(
        pl.col("row").alias("match"),
        pl.col("source").alias("matched_source"),
        pl.col("id").alias("matched_id"),
        pl.col("prompt").alias("matched_prompt"),
    )
    removed = (
        first.join(
            entries.select("row", pl.col("id").alias("prompt_key"), "prompt", "side"), on="row"
        )
        .join(matched, on="match")
        .sort("row")
        .rename({"side": "split"})
    )
    run = [
        first_shared_run(prompt, other, settings.overlap_words)
        for prompt, other in removed.select("prompt", "matched_prompt").iter_rows()
    ]
    return removed.with_columns(
        pl.Series("matched_words", run, dtype=pl.String), pl.col("why").cast(pl.String)
    ).select(REMOVED_SCHEMA.names())
