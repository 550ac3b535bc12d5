"""Problems that share a run of words with a protected one (see `decontamination`)."""

import re

import polars as pl

from dpo_math_assets.pairs.likeness import (
    PROBLEMS_AT_ONCE,
    RANK,
    DecontaminationSettings,
    first_match,
    no_template,
)
from dpo_math_assets.pairs.split import TRAIN
from dpo_math_assets.traces.prompts import plain_text
from dpo_math_assets.traces.wrapping import NUMBER_WORDS

# Runs of a prompt that are looked at for `same_answer`: those of the smallest hash, which two
# prompts have in common if most of their wording is (a bottom-k sketch, Broder 1997). All of them,
# each without every number in turn, would be the square of a prompt's length.
_SKETCH = 8


_OPERATOR = r"[-+/^=<>%]"


_NUMBER_WORD = rf"\b(?:{'|'.join(sorted(NUMBER_WORDS))})\b"


def shared_runs(entries: pl.DataFrame, settings: DecontaminationSettings) -> list[pl.DataFrame]:
    """(row, match, why) of problems that share a run of words with a protected one.

    The training problems are looked at a batch at a time, and of their runs only those are kept
    that a protected problem has and that are not known to be a template's by then.
    """
    protected = entries.filter(pl.col("rank") < RANK[TRAIN])
    training = entries.filter(pl.col("rank") == RANK[TRAIN])
    runs = pl.concat(
        [
            _runs(batch, settings.overlap_words)
            for batch in (
                protected.iter_slices(PROBLEMS_AT_ONCE) if len(protected) else [protected]
            )
        ]
    )
    known = runs.select(pl.col("key").unique())
    posed = _with_numbers(runs, protected)
    counted = no_template(_without_a_number(runs, protected), 1)
    told = no_template(runs, settings.template_prompts)
    room, more_room = 2 * told.height, 2 * counted.height
    for batch in training.iter_slices(PROBLEMS_AT_ONCE):
        runs = _runs(batch, settings.overlap_words).join(known, on="key", how="semi")
        told = pl.concat([told, runs.join(told.select("key").unique(), on="key", how="semi")])
        if told.height > room:
            told = no_template(told, settings.template_prompts)
            room = 2 * told.height
        answered = _without_a_number(runs, batch)
        counted = pl.concat(
            [counted, answered.join(counted.select("key").unique(), on="key", how="semi")]
        )
        if counted.height > more_room:
            counted = no_template(counted, 1)
            more_room = 2 * counted.height
        numbered = _with_numbers(runs, batch)
        posed = pl.concat(
            [posed, numbered.join(posed.select("key").unique(), on="key", how="semi")]
        )
    return [
        first_match(found, found).with_columns(pl.lit(why).alias("why"))
        for found, why in (
            (no_template(told, settings.template_prompts), "shared_words"),
            (posed, "same_numbers"),
            (no_template(counted, 1), "same_answer"),
        )
    ]


def _with_numbers(runs: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """The runs with the prompt's numbers and operators as part of the key; none without numbers."""
    asked = prompts.join(runs.select("row").unique(), on="row", how="semi")
    figures = _figures(asked, rf"\d+(?:\.\d+)?|{_OPERATOR}").list.sort().list.join(" ")
    figures = figures.set(~figures.str.contains(r"\d"), None)
    return (
        runs.join(asked.select("row", figures.alias("figures")), on="row")
        .drop_nulls("figures")
        .with_columns(pl.struct("key", "figures").hash().alias("key"))
        .drop("figures")
    )


def _without_a_number(runs: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """(row, rank, problem, key) of problems with an answer, where `problem` is that answer.

    A key is one of a few runs with the prompt's numbers and operators: with all of them, and with
    each number left out in turn, as long as another one stays.
    """
    spelling = pl.col("ground_truth").str.to_lowercase().str.replace_all(r"[\s,$]", "")
    answers = (
        prompts.select("row", spelling.alias("answer"))
        .filter(pl.col("answer") != "")
        .with_columns(pl.col("answer").hash())
    )
    few = runs.join(answers, on="row").filter(pl.col("key").rank("ordinal").over("row") <= _SKETCH)
    asked = prompts.join(few.select("row").unique(), on="row", how="semi")
    # Sums of 40 bits stand for the figures in any order, and cannot overflow.
    figures = (
        asked.select(
            "row", _figures(asked, rf"\d+(?:\.\d+)?|{_NUMBER_WORD}|{_OPERATOR}").alias("figure")
        )
        .explode("figure")
        .drop_nulls("figure")
        .select(
            "row",
            pl.col("figure").str.contains(r"\w").alias("number"),
            (pl.col("figure").hash() // 2**24).alias("weight"),
        )
    )
    sums = figures.group_by("row").agg(
        pl.col("weight").sum().alias("all"), pl.col("number").sum().alias("numbers")
    )
    left = (
        figures.filter("number")
        .select("row", "weight")
        .unique()
        .join(sums.filter(pl.col("numbers") > 1), on="row")
        .select("row", (pl.col("all") - pl.col("weight")).alias("figures"))
    )
    whole = sums.filter(pl.col("numbers") > 0).select("row", pl.col("all").alias("figures"))
    return few.join(pl.concat([whole, left]), on="row").select(
        "row",
        "rank",
        pl.col("answer").alias("problem"),
        pl.struct("key", "figures").hash().alias("key"),
    )


def _figures(prompts: pl.DataFrame, pattern: str) -> pl.Series:
    """Each prompt's matches of `pattern`; a hyphen inside a word is no minus, `1,000` is 1000."""
    return (
        _plain(prompts)
        .str.to_lowercase()
        .str.replace_all(r"(\d),(\d{3})", "${1}${2}")
        .str.replace_all(r"(\p{L})-(\p{L})", "${1} ${2}")
        .str.extract_all(pattern)
    )


def first_shared_run(prompt: str, other: str, words: int) -> str | None:
    """The first run of `words` words of `prompt` that `other` has too, or null."""
    spoken, heard = (re.findall(r"[^\W_]+", plain_text(text).lower()) for text in (prompt, other))
    there = {tuple(heard[at : at + words]) for at in range(len(heard) - words + 1)}
    for at in range(len(spoken) - words + 1):
        if tuple(spoken[at : at + words]) in there:
            return " ".join(spoken[at : at + words])
    return None


def _plain(prompts: pl.DataFrame) -> pl.Series:
    """The prompts in plain characters; white space matters to nobody here."""
    return pl.Series("word", [plain_text(text) for text in prompts["prompt"]], pl.String)


def _words(prompts: pl.DataFrame) -> pl.Series:
    """Each prompt's words and numbers, in lower case."""
    return (
        _plain(prompts)
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
        .str.split(" ")
    )


def _runs(prompts: pl.DataFrame, words: int) -> pl.DataFrame:
    """(row, rank, problem, key) of every run of `words` words of each prompt, once.

    The key is the run's 64-bit hash.
    """
    spoken = prompts.select("row", _words(prompts)).explode("word").filter(pl.col("word") != "")
    return (
        spoken.select(
            "row",
            (pl.col("row") == pl.col("row").shift(1 - words)).alias("within"),
            pl.concat_str([pl.col("word").shift(-ahead) for ahead in range(words)], separator=" ")
            .hash()
            .alias("key"),
        )
        .filter("within")
        .select("row", "key")
        .unique()
        .join(prompts.select("row", "rank", "problem"), on="row")
        .select("row", "rank", "problem", "key")
    )
