"""The training set as a folder that TRL, Axolotl and `datasets` read, with its held-out prompts.

train.jsonl, validation.jsonl          prompt, chosen, rejected, meta
train.parquet, validation.parquet      the same rows
conversational/                        the same rows as chat messages, with configuration of its own
hf_dataset/                            the same rows for `datasets.load_from_disk`
sft.jsonl                              prompt, completion: the data of the SFT control
eval_prompts.jsonl                     id, prompt, ground_truth, meta: the held-out problems
removed_problems.jsonl                 problems used nowhere, each with why and what it is like
trl_dpo.yaml, axolotl_dpo.yaml         the trainers' own configuration
README.md, report.json                 the dataset card, and its numbers

Memory follows the number of problems, not the texts: pairs and completions are read, joined with
their traces and written a part at a time.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.card import dataset_card
from dpo_math_assets.pairs.decontamination import REMOVED_SCHEMA, contaminated
from dpo_math_assets.pairs.exports import (
    CONVERSATIONAL,
    PairFiles,
    write_hf_dataset,
    write_pairs_jsonl,
    write_trainer_configs,
)
from dpo_math_assets.pairs.pairing import eligible
from dpo_math_assets.pairs.selection import (
    TEXTS_AT_ONCE,
    DatasetSettings,
    SelectionReport,
    select_pairs,
    with_texts,
)
from dpo_math_assets.pairs.shares import prompt_shares
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION
from dpo_math_assets.pairs.survey import Survey, survey_traces
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets.traces.prompts import canonical_key
from dpo_math_assets.verifier import Conventions

__all__ = [
    "DatasetReport",
    "build_dataset",
    "problems_on_both_sides",
    "write_pairs_jsonl",
]

# Right completions whose keys are in memory at once.
COMPLETIONS_AT_ONCE = 2_000_000

# Upper ends of the classes of pass rates, in which problems and pairs are counted.
_PASS_RATES = (0.0, 0.25, 0.5, 0.75, 0.999999, 1.0)
_PASS_RATE_NAMES = ("0", "to 0.25", "to 0.5", "to 0.75", "below 1", "1")


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
    prompts_by_pass_rate: dict[str, int]
    pairs_by_pass_rate: dict[str, int]  # of the prompts that the selected pairs are of
    selection: SelectionReport
    removed_problems: dict[str, int] = field(default_factory=dict)  # by why
    benchmarks: dict[str, int] = field(default_factory=dict)  # problems removed for each file
    licences: dict[str, int] = field(default_factory=dict)  # of the selected traces
    verifier_versions: list[str] = field(default_factory=list)


def build_dataset(
    pairs: pl.LazyFrame,
    traces: pl.LazyFrame,
    settings: DatasetSettings,
    out: Path,
    *,
    lineage: dict[str, Any],
    conventions: Conventions = Conventions(),  # noqa: B008 - frozen
) -> DatasetReport:
    """Write the training set into the empty folder `out`, which the caller publishes when whole.

    `pairs` is the union of all exports' pairs (PAIR_SCHEMA), `traces` all cleaned traces
    (CLEANED_SCHEMA); both are streamed. `lineage` goes into the card and the report as it is.
    `conventions` say which reference answers of a problem are equal.
    Raises DatasetError where nothing is left to train on, with why and what to do.
    """
    report = _write_rows(pairs, traces, settings, out, conventions)
    splits = [TRAIN, *([VALIDATION] if report.validation else [])]
    write_hf_dataset(out, splits, report.version)
    write_trainer_configs(out, validation=report.validation > 0)
    numbers = asdict(report)
    write_json(
        out / "report.json", {**numbers, "settings": settings.model_dump(), "lineage": lineage}
    )
    write_text(out / "README.md", dataset_card(numbers, settings, lineage))
    return report


def _write_rows(
    pairs: pl.LazyFrame,
    traces: pl.LazyFrame,
    settings: DatasetSettings,
    out: Path,
    conventions: Conventions,
) -> DatasetReport:
    """Select, and write what is trained on, evaluated on and removed."""
    survey = survey_traces(traces, settings, conventions)
    problems = survey.problems
    removed = contaminated(problems.filter(pl.col("set_aside").is_null()), settings)
    selected, selection = select_pairs(pairs, settings, survey, removed)
    if not selection.pairs_by_split.get(TRAIN):
        raise DatasetError(_why_empty(problems, selection))
    licences, verifier_versions = _write_pairs(
        out, with_texts(selected, pairs, problems), traces, settings.meta_fields
    )
    completions = 0
    with (out / "sft.jsonl").open("wb") as sft:
        for part in _sft(traces, survey, removed, settings):
            completions += part.height
            part.write_ndjson(sft)
    held_out = _held_out(problems)
    held_out.write_ndjson(out / "eval_prompts.jsonl")
    unused = _removed_problems(problems, removed)
    unused.write_ndjson(out / "removed_problems.jsonl")
    return DatasetReport(
        version=_version(out, settings),
        train=selection.pairs_by_split[TRAIN],
        validation=selection.pairs_by_split.get(VALIDATION, 0),
        eval_prompts=held_out.height,
        sft_completions=completions,
        prompts=problems.height,
        prompts_by_split=_counts(problems, "split"),
        **_pass_rates(problems),
        prompts_by_pass_rate=_by_pass_rate(problems),
        pairs_by_pass_rate=_by_pass_rate(selected),
        selection=selection,
        removed_problems=_counts(unused, "why"),
        benchmarks=_removed_for_benchmarks(removed, settings),
        licences=licences,
        verifier_versions=verifier_versions,
    )


def _write_pairs(
    out: Path,
    parts: Iterator[pl.DataFrame],
    traces: pl.LazyFrame,
    meta_fields: list[str],
) -> tuple[dict[str, int], list[str]]:
    """Write both splits in every format; gives their traces' licences and verifier versions.

    `parts` holds all selected pairs (SELECTED_SCHEMA) in the order in which they are written.
    """
    (out / CONVERSATIONAL).mkdir()
    names = [f"{name}_{side}" for side in ("pass", "fail") for name in meta_fields]
    licences: Counter[str] = Counter()
    versions: set[str] = set()
    with ExitStack() as stack:
        files = {
            split: stack.enter_context(PairFiles(out, split, names))
            for split in (TRAIN, VALIDATION)
        }
        for part in parts:
            extra, counted = _trace_metadata(part, traces, meta_fields)
            licences.update(counted)
            versions.update(part.get_column("verifier_version"))
            rows = part.join(extra, on="pair_id", how="left", maintain_order="left")
            for split, target in files.items():
                target.write(rows.filter(pl.col("split") == split))
    return dict(sorted(licences.items())), sorted(versions)


def problems_on_both_sides(folder: Path) -> set[str]:
    """Canonical keys of the problems of a dataset folder that are trained on and held out.

    Read from the files as trainers read them, so that nothing before the writing is trusted.
    """
    trained_on, held_out = (
        {canonical_key(prompt) for prompt in set().union(*map(_prompts, paths))}
        for paths in (
            [folder / f"{name}.jsonl" for name in ("train", "validation", "sft")],
            [folder / "eval_prompts.jsonl"],
        )
    )
    return trained_on & held_out


def _prompts(path: Path) -> set[str]:
    with path.open(encoding="utf-8") as lines:
        return {json.loads(line)["prompt"] for line in lines}


def _version(folder: Path, settings: DatasetSettings) -> str:
    """16 hex digits that stand for the settings and every row that is trained or evaluated on.

    A dataset whose pairs stayed the same but whose evaluation grew is another dataset.
    """
    content = blake2b(settings.model_dump_json().encode(), digest_size=8)
    for name in ("train", "validation", "sft", "eval_prompts"):
        content.update(f"\x00{name}\x00".encode())
        with (folder / f"{name}.jsonl").open("rb") as file:
            while block := file.read(1 << 20):
                content.update(block)
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
) -> Iterator[pl.DataFrame]:
    """Distinct verified completions of the problems trained on: parts of (prompt, completion)."""
    used = (
        survey.problems.filter(pl.col("split") == TRAIN, pl.col("set_aside").is_null())
        .join(removed, on="prompt_key", how="anti")
        .select("prompt_key", "prompt")
    )
    right = eligible(traces).filter(pl.col("verdict") == "correct")
    attempts = int(survey.problems.get_column("correct").sum())
    kept = pl.concat(
        [
            right.filter(share)
            .select("prompt_key", "candidate_key")
            .join(used.filter(share).lazy(), on="prompt_key", how="semi")
            .unique()
            .collect(engine="streaming")
            .join(survey.contested.filter(share), on=["prompt_key", "candidate_key"], how="anti")
            .sort("prompt_key", "candidate_key")
            .filter(pl.int_range(pl.len()).over("prompt_key") < settings.sft_completions_per_prompt)
            for share in prompt_shares(attempts, COMPLETIONS_AT_ONCE)
        ]
    )
    for share in prompt_shares(kept.height, TEXTS_AT_ONCE):
        keys = kept.filter(share)
        yield (
            right.filter(
                share, pl.col("candidate_key").is_in(keys.get_column("candidate_key").implode())
            )
            .join(keys.lazy(), on=["prompt_key", "candidate_key"], how="semi")
            .group_by("prompt_key", "candidate_key")
            .agg(pl.col("candidate").min().alias("completion"))
            .join(used.filter(share).lazy(), on="prompt_key")
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


def _removed_for_benchmarks(removed: pl.DataFrame, settings: DatasetSettings) -> dict[str, int]:
    """Problems removed for being like one of each benchmark file, 0 for a file that took none."""
    counts = Counter(removed.get_column("matched_source"))
    return {
        name: counts[name] for name in sorted(Path(file).name for file in settings.benchmark_files)
    }


def _by_pass_rate(rows: pl.DataFrame) -> dict[str, int]:
    """Rows counted by class of their pass rate; those without one are not counted."""
    rate = rows.get_column("pass_rate").drop_nulls()
    counts = {}
    below = -1.0
    for name, end in zip(_PASS_RATE_NAMES, _PASS_RATES, strict=True):
        counts[name] = int(((rate > below) & (rate <= end)).sum())
        below = end
    return counts


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
