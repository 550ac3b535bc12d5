"""Which of the candidate pairs are trained on: named policies, in this order.

`repeated_or_over_the_caps`
    The union of the exports is cut to what one rebuild gives (see `pairing`).
`gold_conflict` and what else the survey sets aside
    A prompt with two reference answers has no right answer that we know.
`held_out`
    Problems of the evaluation side of the split are never trained on.
`contested_completion`
    A text judged right once and wrong once teaches nothing.
`contaminated`
    Problems like a held-out one or a benchmark's (see `decontamination`).
`difficulty`
    The prompt's pass rate; keeps every rate by default.
`over_the_prompt_cap`
    A few pairs a prompt, different wrong answers and different completions first. Which wrong
    answers of those, the policy `negatives` says (see NEGATIVES).
`over_the_malformed_share`
    Rejected completions without a final answer, where they were opted in, stay a small share.
`length_balance`
    The mean lengths of chosen and rejected are brought within a stated band: the pairs that pull
    hardest the wrong way go, up to a stated share. Where that share is not enough the report says
    so; lengths that differ by nature are not "fixed" by throwing the data away.

Every policy looks at pairs, problems and counts and never at when an export came, so the selection
from any union of partitions is the selection from one rebuild. docs/selection.md gives each
policy's reason from the literature; `effects` shows what they changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
from pydantic import Field, model_validator

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.decontamination import contaminated
from dpo_math_assets.pairs.likeness import DecontaminationSettings
from dpo_math_assets.pairs.pairing import PairCaps, cap_pairs
from dpo_math_assets.pairs.schema import SELECTED_SCHEMA
from dpo_math_assets.pairs.shares import prompt_shares
from dpo_math_assets.pairs.split import EVAL, SplitSettings
from dpo_math_assets.pairs.survey import Survey, survey_pairs

# Which wrong answers are preferred, by the setting `negatives`.
NEGATIVES = {
    "frequent": "the wrong answer given most often, then the pair closest in length",
    "near": "the wrong answer nearest to the reference as a number, then the most frequent",
    "close": "the texts that share most words",
    "distant": "the texts that share fewest words",
    "random": "by hash",
}

# A wrong answer that is this close to the reference, as a share of it, counts as near.
NEAR = 0.1

# Candidates that are in memory at once, without their texts; and selected pairs with them.
PAIRS_AT_ONCE = 500_000
TEXTS_AT_ONCE = 50_000

# What names one row of the pairs of all exports.
ROW = ["ground_truth", "pair_id", "export_pass", "trace_id_pass", "export_fail", "trace_id_fail"]


class DatasetSettings(PairCaps, SplitSettings, DecontaminationSettings):
    """How the training set is selected. `samples_per_side` and `candidate_pairs` as in pairing."""

    max_pairs_per_prompt: int = Field(2, ge=1, description="Pairs trained on a prompt.")
    max_uses_per_completion: int = Field(
        1, ge=1, description="Pairs of one prompt that may hold the same completion."
    )
    negatives: str = Field(
        "frequent",
        pattern=f"^({'|'.join(NEGATIVES)})$",
        description="Which wrong answers come first: "
        + "; ".join(f"{name}: {meaning}" for name, meaning in NEGATIVES.items())
        + ".",
    )
    min_pass_rate: float = Field(
        0.0, ge=0, le=1, description="Prompts solved less often than this are left out."
    )
    max_pass_rate: float = Field(
        1.0, ge=0, le=1, description="Prompts solved more often than this are left out."
    )
    length_band: float = Field(
        0.1,
        gt=0,
        description="Difference of the mean lengths of chosen and rejected to aim at, a share.",
    )
    max_length_trim: float = Field(
        0.2, ge=0, le=1, description="Largest share of the pairs dropped to balance the lengths."
    )
    max_malformed_share: float = Field(
        0.1, ge=0, le=1, description="Largest share of rejected completions without an answer."
    )
    sft_completions_per_prompt: int = Field(
        2, ge=1, description="Verified completions a prompt in the SFT control's data."
    )
    meta_fields: list[str] = Field(
        default_factory=list,
        description="Fields of the traces' own metadata to copy into the pairs' meta.",
    )

    @model_validator(mode="after")
    def _pass_rates_leave_a_range(self) -> "DatasetSettings":
        if self.min_pass_rate > self.max_pass_rate:
            raise ValueError(
                f"min_pass_rate {self.min_pass_rate} is above max_pass_rate {self.max_pass_rate}: "
                "no prompt can be between; lower the first or raise the second"
            )
        return self


@dataclass(frozen=True)
class Measures:
    """What a set of pairs is like; means and shares are 0 where there is no pair."""

    pairs: int = 0
    prompts: int = 0
    distinct_wrong_answers: int = 0  # over all prompts; as many as pairs where none repeats
    distinct_completions: int = 0  # of both sides; twice the pairs where none repeats
    most_frequent_wrong_answer_share: float = 0.0  # pairs whose wrong answer is its prompt's first
    near_wrong_answer_share: float = 0.0  # pairs whose wrong number is within NEAR of the reference
    across_exports_share: float = 0.0  # pairs whose two texts came in different exports
    malformed_share: float = 0.0  # pairs whose rejected text has no final answer
    pass_rate_mean: float = 0.0  # of the pairs' prompts, a pair a vote
    chosen_length_mean: float = 0.0  # characters
    rejected_length_mean: float = 0.0


@dataclass(frozen=True)
class SelectionReport:
    """What selection took and gave. `removed`, in order of the policies, and `pairs` add up."""

    pairs_in: int
    pairs: int
    removed: dict[str, int] = field(default_factory=dict)
    pairs_by_split: dict[str, int] = field(default_factory=dict)
    candidates: Measures = field(default_factory=Measures)  # of which a few a prompt were picked
    before_length_balance: Measures = field(default_factory=Measures)
    selected: Measures = field(default_factory=Measures)
    lengths_in_band: bool = True  # false where the allowed share was not enough


def select_pairs(
    pairs: pl.LazyFrame,
    settings: DatasetSettings,
    survey: Survey | None = None,
    removed_problems: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, SelectionReport]:
    """The pairs to train and validate on, without their texts: `with_texts` reads those.

    `pairs` is the union of all exports' pairs (PAIR_SCHEMA). `survey` and `removed_problems`
    (`contaminated`) come from all traces; without them they are drawn from the pairs alone, which
    knows pass rates, wrong answers and held-out problems only of prompts that make pairs. Raises
    DatasetError for pairs of prompts that the survey does not know.
    """
    known = survey or survey_pairs(pairs, settings)
    if removed_problems is None:
        removed_problems = contaminated(known.problems, settings)
    reasons = known.problems.get_column("set_aside").drop_nulls().unique().sort().to_list()
    pairs_in: int = pairs.select(pl.len()).collect(engine="streaming").item()
    shares = [
        _of_each_prompt(
            pairs.filter(share), settings, known.of(share), reasons, removed_problems.filter(share)
        )
        for share in prompt_shares(pairs_in, PAIRS_AT_ONCE)
    ]
    before = pl.concat([picked for picked, _, _ in shares])
    removed = {policy: sum(counts[policy] for _, counts, _ in shares) for policy in shares[0][1]}
    sound = _few_malformed(before, settings.max_malformed_share)
    rows = _balanced_lengths(sound, settings)
    removed["over_the_malformed_share"] = before.height - sound.height
    removed["length_balance"] = sound.height - rows.height
    selected = _measures(_sums(rows))
    chosen, rejected = selected.chosen_length_mean, selected.rejected_length_mean
    return rows.sort("split", "prompt_key", "pair_id"), SelectionReport(
        pairs_in=pairs_in,
        pairs=rows.height,
        removed={policy: count for policy, count in removed.items() if count},
        pairs_by_split=dict(rows.group_by("split").len().sort("split").iter_rows()),
        candidates=_measures(pl.concat([sums for _, _, sums in shares])),
        before_length_balance=_measures(_sums(sound)),
        selected=selected,
        lengths_in_band=max(chosen, rejected) <= (1 + settings.length_band) * min(chosen, rejected),
    )


def with_texts(
    selected: pl.DataFrame, pairs: pl.LazyFrame, problems: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """The selected pairs in full (SELECTED_SCHEMA), in parts that memory holds.

    The parts follow the prompt keys, and each is ordered by prompt and pair id. All pairs of a
    problem have its one spelling (`problems` has PROBLEM_SCHEMA), whichever their traces had.
    """
    known = selected.select(
        *ROW,
        "canonical_key",
        "split",
        "pass_rate",
        "attempts",
        "answer_count",
        "chosen_length",
        "rejected_length",
        "prompt_key",
    )
    for share in prompt_shares(selected.height, TEXTS_AT_ONCE):
        rows = known.filter(share)
        yield (
            pairs.filter(share, pl.col("pair_id").is_in(rows.get_column("pair_id").implode()))
            .drop("prompt")
            .join(rows.lazy().drop("prompt_key"), on=ROW)
            .join(problems.filter(share).lazy().select("prompt_key", "prompt"), on="prompt_key")
            .select(pl.col(name).cast(dtype) for name, dtype in SELECTED_SCHEMA.items())
            .collect(engine="streaming")
            .unique("pair_id")
            .sort("prompt_key", "pair_id")
        )


_MALFORMED = pl.col("rejected_reason") == "no_final_answer"


def _sums(rows: pl.DataFrame) -> pl.DataFrame:
    """One row of sums over pairs of whole prompts: sums of shares of the prompts add up."""
    return rows.select(
        pl.len().alias("pairs"),
        pl.col("prompt_key").n_unique().alias("prompts"),
        pl.struct("prompt_key", "rejected_answer").n_unique().alias("wrong_answers"),
        (
            pl.struct("prompt_key", "chosen_text").n_unique()
            + pl.struct("prompt_key", "rejected_text").n_unique()
        ).alias("completions"),
        pl.col("most_given").sum().alias("frequent"),
        (pl.col("miss") <= NEAR).sum().alias("near"),
        (pl.col("export_pass") != pl.col("export_fail")).sum().alias("across"),
        _MALFORMED.sum().alias("malformed"),
        # In millionths: sums of whole numbers are the same in whatever parts they are taken.
        (pl.col("pass_rate") * 1e6).round().cast(pl.Int64).sum(),
        pl.col("chosen_length").sum(),
        pl.col("rejected_length").sum(),
    )


def _measures(sums: pl.DataFrame) -> Measures:
    total = sums.sum().row(0, named=True)
    pairs = total["pairs"]

    def share(name: str) -> float:
        return float(total[name] / pairs) if pairs else 0.0

    return Measures(
        pairs=pairs,
        prompts=total["prompts"],
        distinct_wrong_answers=total["wrong_answers"],
        distinct_completions=total["completions"],
        most_frequent_wrong_answer_share=share("frequent"),
        near_wrong_answer_share=share("near"),
        across_exports_share=share("across"),
        malformed_share=share("malformed"),
        pass_rate_mean=share("pass_rate") / 1e6,
        chosen_length_mean=share("chosen_length"),
        rejected_length_mean=share("rejected_length"),
    )


def _of_each_prompt(
    pairs: pl.LazyFrame,
    settings: DatasetSettings,
    known: Survey,
    reasons: list[str],
    removed_problems: pl.DataFrame,
) -> tuple[pl.DataFrame, dict[str, int], pl.DataFrame]:
    """What the policies that look at one prompt at a time leave, and how many pairs each took.

    `reasons` are those for which problems are set aside. Comes third: the sums of the candidates
    from which a few a prompt are picked.
    """
    count: int = pairs.select(pl.len()).collect(engine="streaming").item()
    rows = _candidates(pairs, settings, known)
    removed = {"repeated_or_over_the_caps": count - rows.height}

    def keep(policy: str, kept: pl.DataFrame) -> pl.DataFrame:
        removed[policy] = rows.height - kept.height
        return kept

    for why in reasons:
        rows = keep(why, rows.filter(pl.col("set_aside").ne_missing(why)))
    rows = keep("held_out", rows.filter(pl.col("split") != EVAL))
    rows = keep("contested_completion", _without_contested(rows, known.contested))
    rows = keep("contaminated", rows.join(removed_problems, on="prompt_key", how="anti"))
    rows = keep(
        "difficulty",
        rows.filter(pl.col("pass_rate").is_between(settings.min_pass_rate, settings.max_pass_rate)),
    )
    candidates = _sums(rows)
    rows = keep("over_the_prompt_cap", _few_a_prompt(rows, settings))
    return rows, removed, candidates


def _candidates(pairs: pl.LazyFrame, settings: DatasetSettings, known: Survey) -> pl.DataFrame:
    """The capped pairs without their texts, with what the policies ask about them."""
    measures = [
        pl.col("chosen").str.len_chars().cast(pl.Int64).alias("chosen_length"),
        pl.col("rejected").str.len_chars().cast(pl.Int64).alias("rejected_length"),
        # What differs in case and white space alone is one completion in two prints.
        *(
            pl.col(side)
            .str.to_lowercase()
            .str.replace_all(r"\s+", " ")
            .str.strip_chars()
            .hash()
            .alias(f"{side}_text")
            for side in ("chosen", "rejected")
        ),
    ]
    if settings.negatives in ("close", "distant"):
        measures.append(_shared_words("chosen", "rejected").alias("closeness"))
    light = pairs.select(
        "prompt_key",
        *ROW,
        "chosen_key",
        "rejected_key",
        "rejected_answer",
        "rejected_reason",
        "score",
        *measures,
    )
    problems = known.problems.select(
        "prompt_key", "canonical_key", "split", "attempts", "pass_rate", "set_aside"
    )
    capped = (
        cap_pairs(light, settings)
        .collect(engine="streaming")
        # Two spellings of one reference answer make the same pair twice.
        .unique(["prompt_key", "pair_id"], keep="first", maintain_order=True)
    )
    unknown = capped.join(problems, on="prompt_key", how="anti").height
    if unknown:
        raise DatasetError(
            f"{unknown} of {capped.height} pairs are of prompts that no cleaned trace has: the "
            "traces changed since; build preference_pairs anew for all exports"
        )
    return (
        capped.join(problems, on="prompt_key", maintain_order="left")
        .join(
            known.wrong_answers,
            on=["prompt_key", "rejected_answer"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.col("answer_count").fill_null(0),
            pl.col("most_given").fill_null(False),
            _miss().alias("miss"),
        )
    )


def _miss() -> pl.Expr:
    """How far a wrong number is from the reference, as a share of it; null for other answers."""
    wrong, right = (
        pl.col(name).str.replace_all(r"[,$\s]", "").cast(pl.Float64, strict=False)
        for name in ("rejected_answer", "ground_truth")
    )
    return pl.when(wrong.is_finite() & right.is_finite()).then(
        (wrong - right).abs() / pl.max_horizontal(right.abs(), pl.lit(1.0))
    )


def _shared_words(left: str, right: str) -> pl.Expr:
    """Jaccard similarity of two texts' sets of words, 0 to 1."""
    first, second = (pl.col(name).str.split(" ").list.unique() for name in (left, right))
    both = first.list.set_intersection(second).list.len()
    return both / (first.list.len() + second.list.len() - both)


def _without_contested(rows: pl.DataFrame, contested: pl.DataFrame) -> pl.DataFrame:
    for side in ("chosen_key", "rejected_key"):
        rows = rows.join(
            contested.rename({"candidate_key": side}), on=["prompt_key", side], how="anti"
        )
    return rows


def _few_a_prompt(rows: pl.DataFrame, settings: DatasetSettings) -> pl.DataFrame:
    """Up to `max_pairs_per_prompt` pairs of each prompt, picked one after the other.

    Each round takes, for all prompts at once, the best pair that is left: first of the wrong
    answer used least so far, then by the policy `negatives`, the pair's id deciding ties.
    """
    ratio = (pl.col("chosen_length").clip(1) / pl.col("rejected_length").clip(1)).log().abs()
    policies = {
        "frequent": [-pl.col("answer_count"), ratio],
        "near": [pl.col("miss").fill_null(float("inf")), -pl.col("answer_count"), ratio],
        "close": [-pl.col("closeness")],
        "distant": [pl.col("closeness")],
        "random": [],
    }
    left = rows.sort(
        "prompt_key", _MALFORMED, *policies[settings.negatives], "pair_id"
    ).with_columns(pl.int_range(pl.len()).alias("preference"))
    picked = left.clear()
    uses = {
        "rejected_answer": "answer_uses",
        "chosen_text": "chosen_uses",
        "rejected_text": "rejected_uses",
    }
    for _ in range(settings.max_pairs_per_prompt):
        counted = left
        for column, name in uses.items():
            counted = counted.join(
                picked.group_by("prompt_key", column).agg(pl.len().alias(name)),
                on=["prompt_key", column],
                how="left",
            ).with_columns(pl.col(name).fill_null(0))
        best = (
            counted.filter(
                pl.col("chosen_uses") < settings.max_uses_per_completion,
                pl.col("rejected_uses") < settings.max_uses_per_completion,
            )
            .sort("prompt_key", _MALFORMED, "answer_uses", "preference")
            .unique("prompt_key", keep="first", maintain_order=True)
            .select(left.columns)
        )
        if best.is_empty():
            break
        picked = pl.concat([picked, best])
        left = left.join(best, on="preference", how="anti")
    return picked.drop("preference")


def _few_malformed(rows: pl.DataFrame, share: float) -> pl.DataFrame:
    """As many malformed pairs as make up `share` of what is left at most, by smallest id."""
    if share == 1:
        return rows
    sound = rows.filter(~_MALFORMED)
    allowed = int(share * sound.height / (1 - share))
    return pl.concat([sound, rows.filter(_MALFORMED).sort("pair_id").head(allowed)])


def _balanced_lengths(rows: pl.DataFrame, settings: DatasetSettings) -> pl.DataFrame:
    """Drop the fewest pairs that bring the mean lengths within the band, or the allowed share."""
    fewest = rows.height - int(settings.max_length_trim * rows.height)
    for longer, shorter in (
        ("chosen_length", "rejected_length"),
        ("rejected_length", "chosen_length"),
    ):
        # The sum of the pulls is above zero just where the one mean exceeds the other by the band.
        pull = pl.col(longer) - (1 + settings.length_band) * pl.col(shorter)
        rows = (
            rows.with_columns(pull.alias("pull"))
            .sort("pull", "pair_id")
            .filter((pl.col("pull").cum_sum() <= 0) | (pl.int_range(pl.len()) < fewest))
            .drop("pull")
        )
    return rows
