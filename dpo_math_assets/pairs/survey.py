"""What is known of each problem: its split, its pass rate, its wrong answers, its contradictions.

Selection asks about a problem what no single pair can say. The survey counts attempts, so a text
that a solver gave five times counts five times, and an attempt that was exported twice once.
"""

from dataclasses import dataclass

import polars as pl

from dpo_math_assets.pairs.pairing import HAS_PROMPT
from dpo_math_assets.pairs.shares import prompt_shares
from dpo_math_assets.pairs.split import EVAL, SplitSettings, assign_splits
from dpo_math_assets.traces.prompts import canonical_key
from dpo_math_assets.verifier import Conventions, verify_frame

PROBLEM_SCHEMA = pl.Schema(
    {
        "prompt_key": pl.String,
        "prompt": pl.String,  # its shortest spelling, the first of those in alphabetical order
        "ground_truth": pl.String,
        "canonical_key": pl.String,  # one problem, one key, whatever the order of its operands
        "split": pl.String,  # train, validation or eval
        "attempts": pl.Int64,  # with a verdict
        "correct": pl.Int64,
        "pass_rate": pl.Float64,  # correct / attempts; null where none has a verdict
        "set_aside": pl.String,  # why the problem is not used at all, or null
    }
)

# Attempts that are counted at once.
ROWS_AT_ONCE = 500_000


@dataclass(frozen=True)
class Survey:
    """The three tables that selection reads."""

    problems: pl.DataFrame  # PROBLEM_SCHEMA, one row a prompt key
    wrong_answers: pl.DataFrame  # prompt_key, rejected_answer, answer_count, most_given
    contested: pl.DataFrame  # prompt_key, candidate_key of texts judged both right and wrong

    def of(self, share: pl.Expr) -> "Survey":
        """What is known of a share of the prompts (a filter on `prompt_key`)."""
        return Survey(
            self.problems.filter(share),
            self.wrong_answers.filter(share),
            self.contested.filter(share),
        )


def survey_traces(
    traces: pl.LazyFrame,
    settings: SplitSettings,
    conventions: Conventions = Conventions(),  # noqa: B008 - frozen
) -> Survey:
    """Survey all cleaned traces (CLEANED_SCHEMA), pairs or not.

    `conventions` say which reference answers of a problem are equal.
    """
    return _survey(
        traces.filter(HAS_PROMPT).select(
            "prompt_key",
            "prompt",
            pl.col("ground_truth").str.strip_chars(),
            "candidate_key",
            "trace_id",
            pl.when(pl.col("verdict") == "correct")
            .then(True)
            .when(pl.col("verdict") == "incorrect")
            .then(False)
            .alias("right"),
            pl.col("extracted").alias("answer"),
            (pl.col("verifier_reason") == "unparsable_gold").fill_null(False).alias("unverifiable"),
            pl.col("gold_conflict").fill_null(False),
        ),
        settings,
        conventions,
    )


def survey_pairs(pairs: pl.LazyFrame, settings: SplitSettings) -> Survey:
    """Survey pairs alone (PAIR_SCHEMA), where the traces are not at hand.

    Each distinct completion counts as one attempt, so pass rates are those of the sample.
    """

    def side(right: bool, text: str, answer: str, trace: str) -> pl.LazyFrame:
        return pairs.select(
            "prompt_key",
            "prompt",
            "ground_truth",
            pl.col(text).alias("candidate_key"),
            pl.col(trace).alias("trace_id"),
            pl.lit(right).alias("right"),
            pl.col(answer).alias("answer"),
            pl.lit(False).alias("unverifiable"),
            pl.lit(False).alias("gold_conflict"),
        )

    return _survey(
        pl.concat(
            [
                side(True, "chosen_key", "chosen_answer", "trace_id_pass"),
                side(False, "rejected_key", "rejected_answer", "trace_id_fail"),
            ]
        ).unique(["prompt_key", "candidate_key", "right", "ground_truth"]),
        settings,
        Conventions(),
    )


def _survey(logged: pl.LazyFrame, settings: SplitSettings, conventions: Conventions) -> Survey:
    rows: int = logged.select(pl.len()).collect(engine="streaming").item()
    shares = [_share(logged.filter(share)) for share in prompt_shares(rows, ROWS_AT_ONCE)]
    problems, wrong_answers, contested = (pl.concat(tables) for tables in zip(*shares, strict=True))
    return Survey(_judged(problems, settings, conventions), wrong_answers, contested)


def _share(logged: pl.LazyFrame) -> list[pl.DataFrame]:
    """Problems, wrong answers and contested texts of a share of the prompts."""
    # An attempt is (prompt, trace id, text): logged twice, it is still one.
    attempts = logged.group_by(
        "prompt_key", "trace_id", "candidate_key", "right", "ground_truth"
    ).agg(
        pl.col("answer").min(),
        pl.col("unverifiable").all(),
        pl.col("gold_conflict").any(),
    )
    # Spellings of one problem differ in nothing that a reader sees; padding makes the longer ones.
    spelling = (
        logged.select("prompt_key", "prompt")
        .unique()
        .group_by("prompt_key")
        .agg(pl.col("prompt").sort_by(pl.col("prompt").str.len_bytes(), "prompt").first())
    )
    problems = (
        attempts.group_by("prompt_key")
        .agg(
            pl.col("ground_truth").min(),
            pl.col("ground_truth").drop_nulls().unique().sort().alias("golds"),
            pl.col("gold_conflict").any(),
            pl.col("unverifiable").all(),
            pl.col("right").count().cast(pl.Int64).alias("attempts"),
            pl.col("right").sum().cast(pl.Int64).alias("correct"),
        )
        .join(spelling, on="prompt_key")
    )
    wrong_answers = (
        attempts.filter(~pl.col("right"))
        .group_by("prompt_key", pl.col("answer").alias("rejected_answer"))
        .agg(pl.len().cast(pl.Int64).alias("answer_count"))
        .with_columns(
            (pl.col("answer_count") == pl.col("answer_count").max().over("prompt_key")).alias(
                "most_given"
            )
        )
    )
    contested = (
        attempts.filter(pl.col("right").is_not_null())
        .group_by("prompt_key", "candidate_key")
        .agg((pl.col("right").n_unique() > 1).alias("contested"))
        .filter("contested")
        .select("prompt_key", "candidate_key")
    )
    return pl.collect_all([problems, wrong_answers, contested], engine="streaming")


def _judged(
    problems: pl.DataFrame, settings: SplitSettings, conventions: Conventions
) -> pl.DataFrame:
    """Add what a whole problem is: its canonical key, its split, and whether it may be used."""
    differing = _differing_golds(problems.filter(pl.col("golds").list.len() > 1), conventions)
    missing = pl.col("ground_truth").is_null() | (pl.col("ground_truth") == "")
    keyed = problems.with_columns(
        pl.Series(
            "canonical_key", [canonical_key(text) for text in problems["prompt"]], dtype=pl.String
        ),
        pl.when(pl.col("attempts") > 0)
        .then(pl.col("correct") / pl.col("attempts"))
        .alias("pass_rate"),
    ).sort("prompt_key")
    # A person may have decided where the verifier cannot: good to train on, not to evaluate on.
    unverifiable = pl.col("unverifiable") & ((pl.col("attempts") == 0) | (pl.col("split") == EVAL))
    return (
        assign_splits(keyed, settings)
        .with_columns(
            pl.when(pl.col("gold_conflict") | pl.col("prompt_key").is_in(differing.implode()))
            .then(pl.lit("gold_conflict"))
            .when(missing)
            .then(pl.lit("no_reference_answer"))
            .when(unverifiable)
            .then(pl.lit("unverifiable_reference_answer"))
            .alias("set_aside"),
        )
        .select(PROBLEM_SCHEMA.names())
    )


def _differing_golds(problems: pl.DataFrame, conventions: Conventions) -> pl.Series:
    """Prompt keys whose reference answers the verifier does not establish as equal."""
    compared = verify_frame(
        problems.select("prompt_key", "ground_truth", pl.col("golds").alias("gold"))
        .explode("gold")
        .with_columns(pl.concat_str(pl.lit("FINAL ANSWER: "), "gold").alias("candidate")),
        conventions=conventions,
        workers=1,
    )
    return compared.filter(pl.col("verdict") != "correct").get_column("prompt_key").unique()
