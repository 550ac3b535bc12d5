"""Which of the candidate pairs are trained on: named policies, each with its reason.

The policies act in this order, and the report says how many pairs each removed:

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
    The prompt's pass rate. Off by default: rejection sampling already favours easy prompts
    (DART-Math, arXiv 2407.13690), so the filter is there to shift weight towards hard ones.
`over_the_prompt_cap`
    A few pairs a prompt, and of different completions: more of them repeat one problem's lesson
    and let prompts with many samples outweigh the others. Different wrong answers come first.
    Which wrong answers, the policy `negatives` says:
    *frequent*: the one the model gives most often first, since that systematic mistake is where
    its probability lies; among pairs of one answer the closest in length.
    *close*: the pair whose texts share most words first, a hard contrast. Mind DPOP (arXiv
    2402.13228): with near-identical texts plain DPO lowers the chosen text's likelihood too, so
    train with the SFT term (IRPO, arXiv 2404.19733), which is this project's default.
    *random*: by hash.
`over_the_malformed_share`
    Rejected completions without a final answer, where they were opted in, stay a small share:
    they teach the format.
`length_balance`
    DPO learns length (arXiv 2403.19159), so the mean lengths of chosen and rejected are brought
    within a stated band: the pairs that pull hardest the wrong way go, up to a stated share. Where
    that share is not enough the report says so; lengths that differ by nature are not "fixed" by
    throwing the data away.
"""

from dataclasses import dataclass, field

import polars as pl
from pydantic import Field, model_validator

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.decontamination import DecontaminationSettings, contaminated
from dpo_math_assets.pairs.pairing import PairCaps, cap_pairs
from dpo_math_assets.pairs.schema import SELECTED_SCHEMA
from dpo_math_assets.pairs.shares import prompt_shares
from dpo_math_assets.pairs.split import EVAL, SplitSettings
from dpo_math_assets.pairs.survey import Survey, survey_pairs

NEGATIVES = ("frequent", "close", "random")

# Candidates that are in memory at once, without their texts.
PAIRS_AT_ONCE = 1_000_000

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
        pattern="^(frequent|close|random)$",
        description="Which wrong answers come first: frequent, close or random.",
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
class SelectionReport:
    """What selection took and gave. `removed`, in order of the policies, and `pairs` add up."""

    pairs_in: int
    pairs: int
    prompts: int
    removed: dict[str, int] = field(default_factory=dict)
    pairs_by_split: dict[str, int] = field(default_factory=dict)
    malformed: int = 0  # of the selected
    chosen_length_mean: float = 0.0  # characters, of the selected; 0 where there is none
    rejected_length_mean: float = 0.0
    chosen_length_mean_before: float = 0.0  # before the length policy
    rejected_length_mean_before: float = 0.0
    lengths_in_band: bool = True  # false where the allowed share was not enough


def select_pairs(
    pairs: pl.LazyFrame,
    settings: DatasetSettings,
    survey: Survey | None = None,
    removed_problems: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, SelectionReport]:
    """The pairs to train and validate on (SELECTED_SCHEMA), by split, problem and pair id.

    `pairs` is the union of all exports' pairs (PAIR_SCHEMA). `survey` and `removed_problems`
    (`contaminated`) come from all traces; without them they are drawn from the pairs alone, which
    knows pass rates, wrong answers and held-out problems only of prompts that make pairs. Texts
    are read for the selected pairs only. Raises DatasetError for pairs of prompts that the survey
    does not know.
    """
    known = survey or survey_pairs(pairs, settings)
    if removed_problems is None:
        removed_problems = contaminated(known.problems, settings)
    pairs_in: int = pairs.select(pl.len()).collect(engine="streaming").item()
    shares = [
        _of_each_prompt(pairs.filter(share), settings, known, removed_problems)
        for share in prompt_shares(pairs_in, PAIRS_AT_ONCE)
    ]
    before = pl.concat([rows for rows, _ in shares])
    removed = {policy: sum(counts[policy] for _, counts in shares) for policy in shares[0][1]}
    sound = _few_malformed(before, settings.max_malformed_share)
    rows = _balanced_lengths(sound, settings)
    removed["over_the_malformed_share"] = before.height - sound.height
    removed["length_balance"] = sound.height - rows.height
    selected = _with_texts(rows, pairs)
    chosen, rejected = _mean(selected, "chosen_length"), _mean(selected, "rejected_length")
    return selected, SelectionReport(
        pairs_in=pairs_in,
        pairs=selected.height,
        prompts=selected.get_column("prompt_key").n_unique(),
        removed={policy: count for policy, count in removed.items() if count},
        pairs_by_split=dict(selected.group_by("split").len().sort("split").iter_rows()),
        malformed=selected.filter(_MALFORMED).height,
        chosen_length_mean=chosen,
        rejected_length_mean=rejected,
        chosen_length_mean_before=_mean(sound, "chosen_length"),
        rejected_length_mean_before=_mean(sound, "rejected_length"),
        lengths_in_band=max(chosen, rejected) <= (1 + settings.length_band) * min(chosen, rejected),
    )


_MALFORMED = pl.col("rejected_reason") == "no_final_answer"


def _of_each_prompt(
    pairs: pl.LazyFrame, settings: DatasetSettings, known: Survey, removed_problems: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, int]]:
    """What the policies that look at one prompt at a time leave, and how many pairs each took."""
    count: int = pairs.select(pl.len()).collect(engine="streaming").item()
    rows = _candidates(pairs, settings, known)
    removed = {"repeated_or_over_the_caps": count - rows.height}

    def keep(policy: str, kept: pl.DataFrame) -> pl.DataFrame:
        removed[policy] = rows.height - kept.height
        return kept

    for why in known.problems.get_column("set_aside").drop_nulls().unique().sort():
        rows = keep(why, rows.filter(pl.col("set_aside").ne_missing(why)))
    rows = keep("held_out", rows.filter(pl.col("split") != EVAL))
    rows = keep("contested_completion", _without_contested(rows, known.contested))
    rows = keep("contaminated", rows.join(removed_problems, on="prompt_key", how="anti"))
    rows = keep(
        "difficulty",
        rows.filter(pl.col("pass_rate").is_between(settings.min_pass_rate, settings.max_pass_rate)),
    )
    rows = keep("over_the_prompt_cap", _few_a_prompt(rows, settings))
    return rows, removed


def _candidates(pairs: pl.LazyFrame, settings: DatasetSettings, known: Survey) -> pl.DataFrame:
    """The capped pairs without their texts, with what the policies ask about them."""
    measures = [
        pl.col("chosen").str.len_chars().cast(pl.Int64).alias("chosen_length"),
        pl.col("rejected").str.len_chars().cast(pl.Int64).alias("rejected_length"),
    ]
    if settings.negatives == "close":
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
        .with_columns(pl.col("answer_count").fill_null(0))
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
        "close": [-pl.col("closeness")],
        "random": [],
    }
    left = rows.sort(
        "prompt_key", _MALFORMED, *policies[settings.negatives], "pair_id"
    ).with_columns(pl.int_range(pl.len()).alias("preference"))
    picked = left.clear()
    uses = {
        "rejected_answer": "answer_uses",
        "chosen_key": "chosen_uses",
        "rejected_key": "rejected_uses",
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


def _with_texts(rows: pl.DataFrame, pairs: pl.LazyFrame) -> pl.DataFrame:
    """The selected rows in full, ordered by split, problem and pair id."""
    known = rows.select(
        *ROW,
        "canonical_key",
        "split",
        "pass_rate",
        "attempts",
        "answer_count",
        "chosen_length",
        "rejected_length",
    )
    return (
        pairs.filter(pl.col("pair_id").is_in(rows.get_column("pair_id").implode()))
        .join(known.lazy(), on=ROW)
        .select(pl.col(name).cast(dtype) for name, dtype in SELECTED_SCHEMA.items())
        .collect(engine="streaming")
        .sort("split", "prompt_key", "pair_id", "prompt")
        .unique("pair_id", keep="first", maintain_order=True)
    )


def _mean(rows: pl.DataFrame, column: str) -> float:
    return sum(rows.get_column(column)) / rows.height if rows.height else 0.0
