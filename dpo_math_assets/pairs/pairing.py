"""From cleaned traces to preference pairs, an export at a time.

A pair is a correct and an incorrect completion of one prompt with one reference answer. The pairs
of all exports are an incrementally maintained join: each export contributes (new × new) and
(new × earlier), and nothing else has to be looked at again.

Two caps bound the pairs of a prompt, and both can be applied to parts and then to the union:

- *samples a side*: the k distinct completions with the smallest hash, a uniform sample that does
  not depend on the order of arrival (a bottom-k sketch, Cohen and Kaplan 2007);
- *pairs a prompt*: the K best by a score that falls as either hash grows, -(u_chosen × u_rejected).
  The product prefers many different completions over all combinations of a few.

Why the union is exact. Call A(j) the sampled pairs after export j that beat a given pair. As
exports arrive the i-th smallest hash of either side only falls, and a score that falls in both
hashes makes |A(j)| grow only. So a pair among the K best at the end was among the K best when its
second completion arrived, and that export's partition kept it. `cap_pairs` over the union then
gives what one pass over everything gives; the tests hold that for any order of exports. It takes
for granted that a text has one verdict: after a new verifier version, build all partitions anew.
What has to be known of earlier exports is kept by `history`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.pairs.schema import PAIR_SCHEMA, VERIFIER
from dpo_math_assets.traces.overrides import HUMAN

# Raise it with every change that can change the pairs: partitions of another version are stale.
PAIRING_VERSION = "2"

# A reference answer is part of the group: right and wrong mean something only against it.
GROUP = ["prompt_key", "ground_truth"]

# Which trace stands for a text that was logged several times: the first export, then the first id.
REPRESENTATIVE = ["export", "trace_id", "line_number"]

SIDE = [*GROUP, "right"]

# What a pair says of a text beside its keys.
WORDING = ["prompt", "candidate", "extracted", "reason", "method", "verifier_version"]

TEXT_SCHEMA = pl.Schema(
    {
        "prompt_key": pl.String,  # as in cleaned_traces
        "ground_truth": pl.String,  # without outer white space
        "right": pl.Boolean,  # proven right, or proven wrong
        "candidate_key": pl.String,
        "export": pl.String,  # of the trace that stands for the text
        "trace_id": pl.String,
        "line_number": pl.Int64,
        # The wording, null where too many texts of the side have a smaller hash.
        **dict.fromkeys(WORDING, pl.String),
    }
)

HAS_PROMPT = pl.col("prompt").str.strip_chars().fill_null("") != ""


class PairCaps(BaseModel):
    """What bounds the pairs of one prompt before selection."""

    samples_per_side: int = Field(
        16, ge=1, description="Distinct correct, and distinct incorrect, completions a prompt."
    )
    candidate_pairs: int = Field(
        32, ge=1, description="Pairs kept a prompt, from which the training set is selected."
    )


class PairingSettings(PairCaps):
    """How cleaned traces are paired."""

    include_malformed: bool = Field(
        False,
        description="Let a completion without a final answer stand as rejected. Off: such a pair "
        "teaches the answer's format and not mathematics.",
    )


@dataclass(frozen=True)
class PairsFound:
    """What the texts of an export gave, or of some of its prompts."""

    prompts: int = 0  # (prompt, reference answer) groups with an eligible new trace
    prompts_all_right: int = 0  # counting earlier exports too
    prompts_all_wrong: int = 0
    prompts_mixed: int = 0
    pairs_possible: int = 0  # right × wrong combinations that this export brings
    pairs_after_sample_cap: int = 0
    pairs: int = 0


@dataclass(frozen=True)
class PairingReport(PairsFound):
    """What pairing one export took and gave. `eligible` and `excluded` add up to `traces`."""

    traces: int = 0  # of the new export
    eligible: int = 0
    excluded: dict[str, int] = field(default_factory=dict)  # by why

    @classmethod
    def of(cls, found: Iterable[PairsFound], counts: dict[str | None, int]) -> "PairingReport":
        """The report of an export, of what its shares gave and of `count_exclusions`."""
        total = sum((Counter(asdict(each)) for each in found), Counter[str]())
        return cls(
            traces=sum(counts.values()),
            eligible=counts.get(None, 0),
            excluded={why: count for why, count in counts.items() if why is not None},
            **total,
        )


def exclusion(include_malformed: bool = False) -> pl.Expr:
    """Why a cleaned trace makes no pair, or null where it may.

    Only the verifier's verdict counts, or a person's in its place; what the log said is not looked
    at. A completion that was cut off stands on neither side: as chosen it teaches to stop half-way,
    and as rejected it rests on an answer its solver had not finished. Nor does one whose answer the
    solver logged apart from the text: the text does not show what was judged.
    """
    proven_right = (
        (pl.col("verdict") == "correct")
        & (pl.col("reason") == "pass")
        & pl.col("method").is_not_null()
    )
    proven_wrong = (pl.col("verdict") == "incorrect") & (pl.col("reason") == "mismatch")
    decided = pl.col("verdict").is_in(["correct", "incorrect"]) & (pl.col("reason") == HUMAN)
    malformed = pl.lit(include_malformed) & (pl.col("reason") == "no_final_answer")
    return (
        pl.when(~HAS_PROMPT)
        .then(pl.lit("no_prompt"))
        .when(pl.col("duplicate").fill_null(False))
        .then(pl.lit("duplicate"))
        .when(pl.col("near_duplicate").fill_null(False))
        .then(pl.lit("near_duplicate"))
        .when(pl.col("gold_conflict").fill_null(False))
        .then(pl.lit("gold_conflict"))
        .when(pl.col("truncated").fill_null(False))
        .then(pl.lit("truncated"))
        .when(pl.col("answer_source").ne_missing("candidate"))
        .then(pl.lit("answer_not_in_completion"))
        .when(proven_right | proven_wrong | decided | malformed)
        .then(pl.lit(None, dtype=pl.String))
        .otherwise(
            pl.concat_str(
                pl.col("verdict").fill_null("undecided"),
                pl.lit(": "),
                pl.col("reason").fill_null("no reason"),
            )
        )
    )


def eligible(traces: pl.LazyFrame, include_malformed: bool = False) -> pl.LazyFrame:
    """The cleaned traces (CLEANED_SCHEMA) that may stand in a pair; all columns kept."""
    return traces.filter(exclusion(include_malformed).is_null())


def distinct_texts(traces: pl.LazyFrame, settings: PairingSettings) -> pl.DataFrame:
    """What pairing has to know of cleaned traces (CLEANED_SCHEMA): their texts, as TEXT_SCHEMA.

    A text is a completion of one prompt with one reference answer, proven right or proven wrong.
    """
    keys = eligible(traces, settings.include_malformed).select(
        "prompt_key",
        pl.col("ground_truth").str.strip_chars(),
        (pl.col("verdict") == "correct").alias("right"),
        "candidate_key",
        *REPRESENTATIVE,
        *WORDING,
    )
    return unite_texts([keys.collect(engine="streaming")], settings)


def unite_texts(parts: Sequence[pl.DataFrame], settings: PairingSettings) -> pl.DataFrame:
    """The texts of all parts (TEXT_SCHEMA), each once, in order of prompt, side and hash.

    Only those that the sample cap can ever let through keep their wording: a text is no further
    down in any part than in the whole.
    """
    sampled = pl.int_range(pl.len()).over(SIDE) < settings.samples_per_side
    return _each_once(pl.concat(parts)).with_columns(pl.when(sampled).then(pl.col(WORDING)))


def build_pairs(
    new: pl.LazyFrame, earlier: pl.LazyFrame, settings: PairingSettings
) -> tuple[pl.DataFrame, PairingReport]:
    """The pairs that the export `new` brings, among itself and with `earlier` exports.

    Both frames have CLEANED_SCHEMA. Gives PAIR_SCHEMA rows, ordered by prompt and then by score.
    In memory, and what the tests hold `history.write_pairs` to, which does the same for exports
    and histories of any size and is what the stages call.
    """
    texts, known = distinct_texts(new, settings), distinct_texts(earlier, settings)
    pairs, found = pair_texts(texts, known, count_sides(texts, known), settings)
    return pairs, PairingReport.of([found], count_exclusions(new, settings))


def count_exclusions(traces: pl.LazyFrame, settings: PairingSettings) -> dict[str | None, int]:
    """How many of the traces make no pair, by why; under None those that may."""
    counts = (
        traces.group_by(exclusion(settings.include_malformed).alias("why"))
        .len()
        .sort("why")
        .collect(engine="streaming")
    )
    return dict(counts.iter_rows())


def pair_texts(
    new: pl.DataFrame, earlier: pl.DataFrame, sides: pl.DataFrame, settings: PairingSettings
) -> tuple[pl.DataFrame, PairsFound]:
    """The pairs with a text that is new, out of `new` and `earlier` texts (both TEXT_SCHEMA).

    Of `earlier` only what a sample can take has to be there; `sides` is `count_sides` of all.
    """
    texts = _with_new(new, earlier)
    sample = _sample(texts, settings.samples_per_side)
    sampled = _combinations(sample)
    kept = _best(sampled.lazy(), ["group"], ["pass", "fail"], settings.candidate_pairs).collect()
    return _in_full(kept, sample), PairsFound(
        prompts=sides.height,
        prompts_all_right=sides.filter(pl.col("wrong") == 0).height,
        prompts_all_wrong=sides.filter(pl.col("right") == 0).height,
        prompts_mixed=sides.filter((pl.col("right") > 0) & (pl.col("wrong") > 0)).height,
        pairs_possible=int(
            sides.select(
                pl.col("right") * pl.col("wrong") - pl.col("old_right") * pl.col("old_wrong")
            )
            .to_series()
            .sum()
        ),
        pairs_after_sample_cap=sampled.height,
        pairs=kept.height,
    )


def cap_pairs(pairs: pl.LazyFrame, caps: PairCaps) -> pl.LazyFrame:
    """Cut the union of several exports' pairs to what one pass over all of them gives.

    Takes and gives any frame with the key columns and the score of PAIR_SCHEMA; one row a pair.
    """
    one_row_a_pair = pairs.sort(
        *GROUP, "pair_id", "export_pass", "trace_id_pass", "export_fail", "trace_id_fail"
    ).unique([*GROUP, "pair_id"], keep="first", maintain_order=True)
    sampled = one_row_a_pair.filter(
        *(
            pl.col(key).rank("dense").over(GROUP) <= caps.samples_per_side
            for key in ("chosen_key", "rejected_key")
        )
    )
    return _best(sampled, GROUP, ["chosen_key", "rejected_key"], caps.candidate_pairs)


def _each_once(texts: pl.DataFrame) -> pl.DataFrame:
    """One row a text, with its representative trace, in order of prompt, side and hash."""
    return texts.sort(*SIDE, "candidate_key", *REPRESENTATIVE).unique(
        [*SIDE, "candidate_key"], keep="first", maintain_order=True
    )


def _with_new(new: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """The texts of the groups in `new`, each once; `new` says whether none before was the same."""
    both = [new.with_columns(new=pl.lit(True)), earlier.with_columns(new=pl.lit(False))]
    # A group that only an earlier export has (another reference answer) gains nothing here.
    return _each_once(pl.concat(both)).join(
        new.select(GROUP).unique(), on=GROUP, how="semi", maintain_order="left"
    )


def count_sides(new: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Right and wrong texts of each group in `new`, all of them and the earlier ones alone."""
    right, old = pl.col("right"), pl.col("new").not_()
    return (
        _with_new(new, earlier)
        .group_by(GROUP)
        .agg(
            right.sum().cast(pl.Int64).alias("right"),
            right.not_().sum().cast(pl.Int64).alias("wrong"),
            (right & old).sum().cast(pl.Int64).alias("old_right"),
            (right.not_() & old).sum().cast(pl.Int64).alias("old_wrong"),
        )
    )


def _sample(texts: pl.DataFrame, samples: int) -> pl.DataFrame:
    """The `samples` texts of each side with the smallest hash, numbered, groups numbered too.

    `texts` comes ordered by group, side and hash, so that the numbers follow the hashes.
    """
    return texts.filter(pl.int_range(pl.len()).over(SIDE) < samples).with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("text"),
        pl.struct(GROUP).rle_id().alias("group"),
    )


def _combinations(sample: pl.DataFrame) -> pl.DataFrame:
    """Every right × wrong of a group that has a new text: (group, pass, fail, score)."""
    hashed = pl.col("candidate_key").str.to_integer(base=16, dtype=pl.UInt64).alias("hash")
    numbers = sample.lazy().select("group", "right", "text", "new", hashed)
    right = numbers.filter("right").select("group", pl.exclude("group", "right").name.suffix("_r"))
    wrong = numbers.filter(~pl.col("right")).select(
        "group", pl.exclude("group", "right").name.suffix("_w")
    )
    return (
        right.join(wrong, on="group")
        # Two verifier versions may have judged one text differently.
        .filter(pl.col("new_r") | pl.col("new_w"), pl.col("hash_r") != pl.col("hash_w"))
        .select(
            "group",
            pl.col("text_r").alias("pass"),
            pl.col("text_w").alias("fail"),
            (-(pl.col("hash_r") / 2.0**64) * (pl.col("hash_w") / 2.0**64)).alias("score"),
        )
        .collect()
    )


def _best(pairs: pl.LazyFrame, group: list[str], ties: list[str], count: int) -> pl.LazyFrame:
    """The `count` best pairs of each group, best first; hashes break ties: the order is total."""
    return pairs.sort(*group, -pl.col("score"), *ties).filter(
        pl.int_range(pl.len()).over(group) < count
    )


def _in_full(keys: pl.DataFrame, sample: pl.DataFrame) -> pl.DataFrame:
    """Write the pairs out in full, order kept; a text's number is its place in the sample."""
    chosen = sample.select(
        "prompt_key",
        "prompt",
        "ground_truth",
        chosen="candidate",
        chosen_key="candidate_key",
        chosen_answer="extracted",
        trace_id_pass="trace_id",
        export_pass="export",
        chosen_method="method",
        version_pass="verifier_version",
    )[keys["pass"]]
    rejected = sample.select(
        rejected="candidate",
        rejected_key="candidate_key",
        rejected_answer="extracted",
        trace_id_fail="trace_id",
        export_fail="export",
        rejected_method="method",
        rejected_reason="reason",
        version_fail="verifier_version",
    )[keys["fail"]]
    pairs = pl.concat([chosen, rejected, keys.select("score")], how="horizontal")
    return pairs.with_columns(
        pl.Series("pair_id", _pair_ids(pairs), dtype=pl.String),
        pl.lit(VERIFIER).alias("verifier"),
        pl.when(pl.col("version_pass") == pl.col("version_fail"))
        .then("version_pass")
        .otherwise(pl.concat_str("version_pass", "version_fail", separator=", "))
        .alias("verifier_version"),
    ).select(PAIR_SCHEMA.names())


def _pair_ids(pairs: pl.DataFrame) -> list[str]:
    return [
        blake2b("\x00".join(parts).encode(), digest_size=8).hexdigest()
        for parts in zip(
            pairs["prompt_key"], pairs["chosen_key"], pairs["rejected_key"], strict=True
        )
    ]
