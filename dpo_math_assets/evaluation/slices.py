"""Which slices of the evaluation a prompt belongs to: source, answer type, difficulty, meta fields.

A slice is found from the prompt and its gold answer, never from the samples it is used to judge.
Difficulty is the one that needs samples: it is the base model's pass rate, and bins made from the
same samples that are compared would show the base falling in the top bin and rising in the lowest
by chance alone (regression to the mean). So the even-numbered samples of the base make the bins,
and only odd-numbered samples are compared in them.
"""

import json

import polars as pl

from dpo_math_assets.errors import EvaluationError

EVERYTHING = "all"
DIFFICULTY = "difficulty"

# A field with more values is an id or a text, not a way to slice.
MOST_SLICES = 50

SLICE_SCHEMA = pl.Schema(
    {
        "prompt_id": pl.String,
        "slice_by": pl.String,  # all, source, answer_type, difficulty or meta.<field>
        "slice": pl.String,
    }
)


def slice_prompts(samples: pl.DataFrame, base: str, slice_fields: list[str]) -> pl.DataFrame:
    """Every slice of every prompt, as SLICE_SCHEMA rows.

    `slice_fields` names fields of `meta`; a prompt without the field is in none of its slices.
    There are difficulty slices only where `base` has at least two samples a prompt. Raises
    EvaluationError for a field that no prompt has, or that has too many values.
    """
    prompts = samples.unique("prompt_id", keep="first", maintain_order=True)
    kinds: dict[str, pl.Expr] = {
        EVERYTHING: pl.lit(EVERYTHING),
        "source": pl.col("source"),
        "answer_type": answer_type(pl.col("ground_truth")),
        **{f"meta.{f}": pl.lit(_meta_values(prompts["meta"], f)) for f in slice_fields},
    }
    parts = [
        prompts.select("prompt_id", pl.lit(kind).alias("slice_by"), value.alias("slice"))
        for kind, value in kinds.items()
    ]
    parts.append(_difficulty(samples.filter(model=base, mode="sampled")))
    slices = pl.concat(parts).drop_nulls("slice").cast(SLICE_SCHEMA)
    for field in slice_fields:
        found = slices.filter(slice_by=f"meta.{field}")["slice"].n_unique()
        if not 1 <= found <= MOST_SLICES:
            raise EvaluationError(
                f"slice_fields: {field!r} has {found} different values in the prompts' meta; a "
                f"field to slice by has 1 to {MOST_SLICES}."
            )
    return slices


def samples_of_kind(samples: pl.DataFrame, slice_by: str) -> pl.DataFrame:
    """The samples that may be compared in a kind of slice: see the head of this module."""
    if slice_by != DIFFICULTY:
        return samples
    return samples.filter((pl.col("mode") == "greedy") | (pl.col("sample") % 2 == 1))


def answer_type(ground_truth: pl.Expr) -> pl.Expr:
    """A coarse kind of the gold answer by its looks, for reading figures and not for judging."""
    text = ground_truth.str.strip_chars(" \t\r\n$")
    fraction = text.str.contains(r"^-?(\\[dt]?frac\{[^{}]*\}\{[^{}]*\}|\d+\s*/\s*-?\d+)$")
    return (
        pl.when(text.str.contains(r"^[-+]?(\d+|\d{1,3}([, ]\d{3})+)$"))
        .then(pl.lit("integer"))
        .when(text.str.contains(r"^[-+]?[\d,]*\.\d+$"))
        .then(pl.lit("decimal"))
        .when(text.str.contains(r"^[-+]?[\d.,]+\s*\\?%$"))
        .then(pl.lit("percent"))
        .when(fraction)
        .then(pl.lit("fraction"))
        .when(text.str.contains(r"^(\\text\{)?\(?[A-Ea-e]\)?\}?$"))
        .then(pl.lit("choice or letter"))
        .when(text.str.contains(r"matrix"))
        .then(pl.lit("matrix"))
        .when(text.str.contains(r"^(\\left)?[\(\[].*,.*[\)\]]$"))
        .then(pl.lit("tuple or interval"))
        .when(text.str.contains(r"^(\\left)?\\?\{.*\}$"))
        .then(pl.lit("set"))
        .when(text.str.contains(r"[=<>]|\\(le|ge|lt|gt|ne)q?\b"))
        .then(pl.lit("relation"))
        .when(text.str.contains(r"^\\text\{|^[A-Za-z][A-Za-z ]{2,}$"))
        .then(pl.lit("words"))
        .otherwise(pl.lit("expression"))
    )


def _meta_values(meta: pl.Series, field: str) -> pl.Series:
    """A field's values as text: a string as it is, anything else as JSON, null where absent."""
    values = [json.loads(text).get(field) for text in meta]
    return pl.Series(
        [
            value if value is None or isinstance(value, str) else json.dumps(value)
            for value in values
        ],
        dtype=pl.String,
    )


def _difficulty(base_samples: pl.DataFrame) -> pl.DataFrame:
    rate = (pl.col("verdict") == "correct").mean()
    halves = base_samples.filter(pl.col("sample").max().over("prompt_id") >= 1)
    return (
        halves.filter(pl.col("sample") % 2 == 0)
        .group_by("prompt_id", maintain_order=True)
        .agg(
            pl.when(rate == 0.0)
            .then(pl.lit("1 never right"))
            .when(rate <= 0.5)
            .then(pl.lit("2 right up to half the time"))
            .when(rate < 1.0)
            .then(pl.lit("3 right over half the time"))
            .otherwise(pl.lit("4 always right"))
            .alias("slice")
        )
        .select("prompt_id", pl.lit(DIFFICULTY).alias("slice_by"), "slice")
    )
