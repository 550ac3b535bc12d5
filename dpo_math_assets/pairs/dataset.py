"""The training set as a folder that TRL, Axolotl and `datasets` read, with its held-out prompts.

train.jsonl, validation.jsonl          prompt, chosen, rejected, meta
train.parquet, validation.parquet      the same rows
conversational/train.jsonl, …          the same rows as chat messages
sft.jsonl                              prompt, completion: the data of the SFT control
eval_prompts.jsonl                     id, prompt, ground_truth, meta: the held-out problems
removed_problems.jsonl                 problems used nowhere, each with why and what it is like
trl_dpo.yaml, axolotl_dpo.yaml         the trainers' own configuration
README.md, report.json                 the dataset card, and its numbers
"""

import json
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.card import dataset_card
from dpo_math_assets.pairs.decontamination import REMOVED_SCHEMA, contaminated
from dpo_math_assets.pairs.exports import (
    TRL_CONFIG,
    as_conversations,
    as_training_rows,
    axolotl_config,
    write_pairs_jsonl,
)
from dpo_math_assets.pairs.pairing import eligible
from dpo_math_assets.pairs.selection import DatasetSettings, SelectionReport, select_pairs
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION
from dpo_math_assets.pairs.survey import Survey, survey_traces
from dpo_math_assets.storage import write_json, write_parquet, write_text
from dpo_math_assets.traces.prompts import canonical_key

__all__ = [
    "DatasetReport",
    "build_dataset",
    "dataset_version",
    "problems_on_both_sides",
    "write_pairs_jsonl",
]


@dataclass(frozen=True)
class DatasetReport:
    """What the dataset holds and what it was made of."""

    version: str  # hash of the content and the settings
    train: int  # pairs
    validation: int
    eval_prompts: int
    sft_completions: int
    prompts: int  # of all traces
    prompts_by_split: dict[str, int]
    prompts_all_right: int  # every attempt that has a verdict is right
    prompts_all_wrong: int
    prompts_mixed: int
    prompts_undecided: int  # no attempt has a verdict
    selection: SelectionReport
    removed_problems: dict[str, int] = field(default_factory=dict)  # by why
    licences: dict[str, int] = field(default_factory=dict)  # of the selected traces
    verifier_versions: list[str] = field(default_factory=list)


def build_dataset(
    pairs: pl.LazyFrame,
    traces: pl.LazyFrame,
    settings: DatasetSettings,
    out: Path,
    *,
    lineage: dict[str, Any],
) -> DatasetReport:
    """Write the training set into the empty folder `out`, which the caller publishes when whole.

    `pairs` is the union of all exports' pairs (PAIR_SCHEMA), `traces` all cleaned traces
    (CLEANED_SCHEMA); both are streamed. `lineage` goes into the card and the report as it is.
    Raises DatasetError where nothing is left to train on, with why and what to do.
    """
    survey = survey_traces(traces, settings)
    removed = contaminated(survey.problems.filter(pl.col("set_aside").is_null()), settings)
    selected, selection = select_pairs(pairs, settings, survey, removed)
    train = selected.filter(pl.col("split") == TRAIN)
    validation = selected.filter(pl.col("split") == VALIDATION)
    if train.is_empty():
        raise DatasetError(_why_empty(survey.problems, selection))
    held_out = _held_out(survey.problems)
    sft = _sft(traces, survey, removed, settings)
    unused = _removed_problems(survey.problems, removed)
    extra, licences = _trace_metadata(selected, traces, settings.meta_fields)
    report = DatasetReport(
        version=dataset_version(selected, settings, held_out, sft),
        train=train.height,
        validation=validation.height,
        eval_prompts=held_out.height,
        sft_completions=sft.height,
        prompts=survey.problems.height,
        prompts_by_split=_counts(survey.problems, "split"),
        **_pass_rates(survey.problems),
        selection=selection,
        removed_problems=_counts(unused, "why"),
        licences=licences,
        verifier_versions=selected.get_column("verifier_version").unique().sort().to_list(),
    )
    (out / "conversational").mkdir()
    for name, rows in ((TRAIN, train), (VALIDATION, validation)):
        lines = as_training_rows(rows.join(extra, on="pair_id", how="left"), extra.columns[1:])
        lines.write_ndjson(out / f"{name}.jsonl")
        write_parquet(out / f"{name}.parquet", lines)
        as_conversations(lines).write_ndjson(out / "conversational" / f"{name}.jsonl")
    held_out.write_ndjson(out / "eval_prompts.jsonl")
    sft.write_ndjson(out / "sft.jsonl")
    unused.write_ndjson(out / "removed_problems.jsonl")
    write_text(out / "trl_dpo.yaml", TRL_CONFIG)
    write_text(out / "axolotl_dpo.yaml", axolotl_config(validation=not validation.is_empty()))
    numbers = asdict(report)
    write_json(
        out / "report.json", {**numbers, "settings": settings.model_dump(), "lineage": lineage}
    )
    write_text(out / "README.md", dataset_card(numbers, settings, lineage))
    return report


def problems_on_both_sides(folder: Path) -> set[str]:
    """Canonical keys of the problems of a dataset folder that are trained on and held out.

    Read from the files as trainers read them, so that nothing before the writing is trusted.
    """
    trained_on, held_out = (
        {canonical_key(prompt) for name in names for prompt in _prompts(folder / f"{name}.jsonl")}
        for names in (("train", "validation", "sft"), ("eval_prompts",))
    )
    return trained_on & held_out


def _prompts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["prompt"] for line in lines]


def dataset_version(
    pairs_selected: pl.DataFrame, settings: DatasetSettings, *more: pl.DataFrame
) -> str:
    """16 hex digits that stand for the settings and every row of the frames, in their order.

    `build_dataset` gives the held-out prompts and the SFT completions as `more`: a dataset whose
    pairs stayed the same but whose evaluation grew is another dataset.
    """
    content = blake2b(settings.model_dump_json().encode(), digest_size=8)
    for frame in (pairs_selected, *more):
        content.update("\x00".join(frame.columns).encode())
        for batch in frame.iter_slices(10_000):
            content.update(batch.write_ndjson().encode())
    return content.hexdigest()


def _held_out(problems: pl.DataFrame) -> pl.DataFrame:
    """Every held-out problem that can be verified, whether or not it makes pairs."""
    return problems.filter(pl.col("split") == EVAL, pl.col("set_aside").is_null()).select(
        pl.col("prompt_key").alias("id"),
        "prompt",
        "ground_truth",
        pl.struct("canonical_key", "attempts", "pass_rate").alias("meta"),
    )


def _sft(
    traces: pl.LazyFrame, survey: Survey, removed: pl.DataFrame, settings: DatasetSettings
) -> pl.DataFrame:
    """Distinct verified completions of the problems trained on: (prompt, completion)."""
    used = (
        survey.problems.lazy()
        .filter(pl.col("split") == TRAIN, pl.col("set_aside").is_null())
        .join(removed.lazy(), on="prompt_key", how="anti")
        .select("prompt_key")
    )
    right = (
        eligible(traces)
        .filter(pl.col("verdict") == "correct")
        .join(used, on="prompt_key", how="semi")
        .join(survey.contested.lazy(), on=["prompt_key", "candidate_key"], how="anti")
    )
    kept = (
        right.select("prompt_key", "candidate_key")
        .unique()
        .sort("prompt_key", "candidate_key")
        .filter(pl.int_range(pl.len()).over("prompt_key") < settings.sft_completions_per_prompt)
        .collect(engine="streaming")
    )
    return (
        right.filter(pl.col("candidate_key").is_in(kept.get_column("candidate_key").implode()))
        .join(kept.lazy(), on=["prompt_key", "candidate_key"], how="semi")
        .group_by("prompt_key", "candidate_key")
        .agg(pl.col("prompt").min(), pl.col("candidate").min().alias("completion"))
        .collect(engine="streaming")
        .sort("prompt_key", "candidate_key")
        .select("prompt", "completion")
    )


def _removed_problems(problems: pl.DataFrame, removed: pl.DataFrame) -> pl.DataFrame:
    """The problems set aside by the survey, then those like a protected one (REMOVED_SCHEMA)."""
    set_aside = problems.filter(pl.col("set_aside").is_not_null()).select(
        "prompt_key",
        "prompt",
        "split",
        pl.col("set_aside").alias("why"),
        *(
            pl.lit(None, dtype=pl.String).alias(name)
            for name in REMOVED_SCHEMA
            if name.startswith("matched_")
        ),
    )
    return pl.concat([set_aside, removed])


def _trace_metadata(
    selected: pl.DataFrame, traces: pl.LazyFrame, fields: list[str]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Per pair id the asked metadata of both traces, and the licences that the traces name.

    A field is looked for in the record itself and in its own `meta` object. Raises DatasetError
    where a trace is gone or no longer has the verdict that its pair rests on.
    """

    def value(name: str) -> pl.Expr:
        return pl.coalesce(
            pl.col("meta").str.json_path_match(f"$.{place}{name}") for place in ("", "meta.")
        )

    sides = pl.concat(
        [
            selected.select(
                "pair_id",
                "prompt_key",
                pl.lit(side).alias("side"),
                pl.lit(side == "pass").alias("right"),
                pl.col(f"export_{side}").alias("export"),
                pl.col(f"trace_id_{side}").alias("trace_id"),
                pl.col(key).alias("candidate_key"),
            )
            for side, key in (("pass", "chosen_key"), ("fail", "rejected_key"))
        ]
    )
    found = (
        eligible(traces, include_malformed=True)
        .filter(pl.col("candidate_key").is_in(sides.get_column("candidate_key").implode()))
        .with_columns((pl.col("verdict") == "correct").alias("right"))
        .join(sides.lazy(), on=["prompt_key", "export", "trace_id", "candidate_key", "right"])
        .sort("pair_id", "side", "line_number")
        .unique(["pair_id", "side"], keep="first", maintain_order=True)
        .select(
            "pair_id",
            "side",
            pl.coalesce(value("license"), value("licence")).fill_null("not named").alias("licence"),
            *(value(name).fill_null("").alias(name) for name in fields),
        )
        .collect(engine="streaming")
    )
    if found.height < sides.height:
        raise DatasetError(
            f"{sides.height - found.height} of {sides.height} selected completions are not, or no "
            "longer, in the cleaned traces with the verdict that their pair rests on: the traces "
            "were cleaned again since; build preference_pairs anew for all exports"
        )
    extra = found.select("pair_id").unique().sort("pair_id")
    for side in ("pass", "fail"):
        extra = extra.join(
            found.filter(pl.col("side") == side).select(
                "pair_id", pl.col(fields).name.suffix(f"_{side}")
            ),
            on="pair_id",
        )
    return extra, _counts(found, "licence")


def _pass_rates(problems: pl.DataFrame) -> dict[str, int]:
    rate = problems.get_column("pass_rate")
    return {
        "prompts_all_right": int((rate == 1).sum()),
        "prompts_all_wrong": int((rate == 0).sum()),
        "prompts_mixed": int(((rate > 0) & (rate < 1)).sum()),
        "prompts_undecided": rate.null_count(),
    }


def _counts(rows: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(rows.group_by(column).len().sort(column).iter_rows())


_REMEDY = {
    "held_out": "lower eval_fraction or add problems",
    "difficulty": "widen min_pass_rate and max_pass_rate",
    "contaminated": "see whether benchmark_files or overlap_words are meant so",
    "gold_conflict": "correct the reference answers in the logs",
    "length_balance": "raise length_band or lower max_length_trim",
    "over_the_malformed_share": "raise max_malformed_share or log attempts with answers",
}


def _why_empty(problems: pl.DataFrame, selection: SelectionReport) -> str:
    """What the traces lack, or which policy took the last pairs, and the remedy."""
    if selection.pairs:
        return (
            f"all {selection.pairs} selected pairs are of validation problems, so there is nothing "
            "to train on: add problems or lower validation_fraction"
        )
    if selection.pairs_in:
        taken = ", ".join(f"{policy} {count}" for policy, count in selection.removed.items())
        worst = max(selection.removed, key=lambda policy: selection.removed[policy])
        return f"selection removed all {selection.pairs_in} pairs ({taken}): " + _REMEDY.get(
            worst, "add problems, or completions of other samples"
        )
    rates = _pass_rates(problems)
    return (
        f"there are no pairs: no prompt has both a right and a wrong answer that may be paired. Of "
        f"{problems.height} prompts {rates['prompts_all_right']} are all right, "
        f"{rates['prompts_all_wrong']} all wrong, {rates['prompts_undecided']} without any verdict "
        f"and {rates['prompts_mixed']} mixed. Log several completions a prompt (8 or more), "
        "sampled at a temperature that gives both"
    )
