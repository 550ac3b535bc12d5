"""Cleaning one export: every trace verified again, and what a pair must not rest on marked.

No row is deleted and none is reordered; later stages choose by the marks.

*What is verified.* The completion's own text, since that is what a model would be trained on. Only
where the text holds no final answer and the solver logged one apart (`final`) is that one verified,
as the runtime's own checker does; `answer_source` then says `final`, and the completion itself does
not show the answer.

*Duplicates.* `duplicate` is a trace whose prompt (by key), reference answer and completion came
earlier in the export; `near_duplicate` the same with case and white space of the completion
ignored. The log's trace ids play no part: logs repeat them.

*Conflicting gold.* A prompt that the export gives two reference answers which the verifier cannot
show to be equal is reported, and all its traces are marked. `14` and `14.0` are no conflict.

*Cut off.* `truncated` is a completion of which the log says so (`finish_reason: length`,
`truncated: true` and the like), or whose text stops inside what it opened (a code fence, a JSON
answer, `\\boxed{`), or that has no final answer and stops in the middle of a sentence.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.storage import atomic_file
from dpo_math_assets.traces.json_records import closes
from dpo_math_assets.traces.overrides import with_judged_keys
from dpo_math_assets.traces.prompts import prompt_key, text_key
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.traces.tables import ParquetTable, row_groups
from dpo_math_assets.traces.verdicts import says_nothing
from dpo_math_assets.verifier import Conventions, verify_frame

CLEANING_VERSION = "2"

log = logging.getLogger(__name__)

_VERDICT_COLUMNS = ["verdict", "reason", "method", "extracted", "verifier_version"]


class Verify(Protocol):
    """`verifier.verify_frame`: adds verdict, reason, method, extracted and verifier_version."""

    def __call__(
        self,
        frame: pl.DataFrame,
        *,
        candidate: str = "candidate",
        ground_truth: str = "ground_truth",
        prompt: str | None = None,
        conventions: Conventions = ...,
        workers: int | None = None,
        timeout_s: float = 5.0,
    ) -> pl.DataFrame: ...


@dataclass(frozen=True)
class CleaningReport:
    """What cleaning one export found. All counts are of traces, if nothing else is said."""

    traces: int
    verdicts: dict[str, int]  # correct, incorrect, undecided
    reasons: dict[str, int]
    methods: dict[str, int]  # of decided traces
    compared_with_log: int  # both the log and the verifier give a verdict
    disagreements: int
    confusion: dict[str, int]  # "logged right, verified incorrect" and so on
    duplicates: int
    near_duplicates: int  # that are not duplicates
    infrastructure_failures: int
    truncated: int
    gold_conflicts: int
    conflicting_prompts: list[str]  # the first few prompts with two reference answers
    answers_from_final: int
    verifier_version: str | None
    overrides: dict[str, int] = field(default_factory=dict)  # people's verdicts, by decision


def clean_export(
    raw: Path,
    cleaned_out: Path,
    *,
    workers: int | None = None,
    timeout_s: float = 5.0,
    conventions: Conventions = Conventions(),  # noqa: B008 - frozen
    on_progress: Callable[[int, int], None] | None = None,
    approve: Callable[[CleaningReport], None] | None = None,
    verify: Verify = verify_frame,
) -> CleaningReport:
    """Verify and mark the raw traces of one export; writes CLEANED_SCHEMA, whole or not at all.

    `on_progress` is called with the traces done and their number; `approve` with the report before
    the file appears, and an error that it raises keeps it from appearing; `verify` replaces the
    verifier.
    """

    def verified(frame: pl.DataFrame, candidate: str, ground_truth: str) -> pl.DataFrame:
        return verify(
            frame,
            candidate=candidate,
            ground_truth=ground_truth,
            prompt="prompt",
            conventions=conventions,
            workers=workers,
            timeout_s=timeout_s,
        )

    keys = _export_keys(raw)
    conflicts = _conflicting_prompts(keys, raw, verified)
    # One hash instead of the columns keeps the marks of ten million traces under a gigabyte.
    marks = keys.select(
        duplicate=~pl.struct("prompt_id", "gold_id", "candidate_id").hash().is_first_distinct(),
        near_duplicate=~pl.struct("prompt_id", "gold_id", "folded_id").hash().is_first_distinct(),
        gold_conflict=pl.col("prompt_id").is_in(list(conflicts)),
    )
    counts = []
    done = 0
    with (
        atomic_file(cleaned_out) as temporary,
        ParquetTable(temporary, CLEANED_SCHEMA) as table,
    ):
        for traces in row_groups(raw):
            cleaned = _judged(traces, verified).hstack(marks.slice(done, traces.height))
            table.write(cleaned)
            counts.append(_counts(cleaned))
            done += traces.height
            if on_progress:
                on_progress(done, keys.height)
        report = _report(pl.concat(counts) if counts else None, list(conflicts.values()))
        if approve:
            approve(report)
    return report


# Marks that need the whole export ----------------------------------------------------------------


def _hashes(texts: pl.Series, key: Callable[[str], str]) -> pl.Series:
    """A 64-bit number a text, worked out once a distinct text; 0 for null."""
    distinct = texts.unique().drop_nulls()
    numbers = [int(_attempted(key, text, text_key(text)), 16) for text in distinct]
    return texts.replace_strict(distinct, numbers, default=0, return_dtype=pl.UInt64)


def _folded_key(text: str) -> str:
    return text_key("".join(text.casefold().split()))


def _export_keys(raw: Path) -> pl.DataFrame:
    """Four numbers a trace: its prompt, reference answer, completion and folded completion."""
    parts = [pl.DataFrame(schema=dict.fromkeys(_KEY_COLUMNS, pl.UInt64))]
    for traces in row_groups(raw, ["prompt", "ground_truth", "candidate"]):
        gold = traces["ground_truth"].str.strip_chars()
        parts.append(
            pl.DataFrame(
                {
                    "prompt_id": _hashes(traces["prompt"], prompt_key),
                    "gold_id": _hashes(gold, text_key),
                    "candidate_id": _hashes(traces["candidate"], text_key),
                    "folded_id": _hashes(traces["candidate"], _folded_key),
                }
            )
        )
    return pl.concat(parts)


_KEY_COLUMNS = ["prompt_id", "gold_id", "candidate_id", "folded_id"]


def _conflicting_prompts(
    keys: pl.DataFrame, raw: Path, verified: Callable[[pl.DataFrame, str, str], pl.DataFrame]
) -> dict[int, str]:
    """Prompts with reference answers that are not shown to be equal, by prompt number."""
    suspects = (
        keys.filter(pl.col("gold_id") != 0)
        .group_by("prompt_id")
        .agg(pl.col("gold_id").n_unique().alias("golds"))
        .filter(pl.col("golds") > 1)["prompt_id"]
    )
    if suspects.is_empty():
        return {}
    found = []
    done = 0
    for traces in row_groups(raw, ["prompt", "ground_truth"]):
        ids = keys["prompt_id"].slice(done, traces.height)
        done += traces.height
        found.append(
            traces.with_columns(pl.col("ground_truth").str.strip_chars(), ids)
            .filter(pl.col("prompt_id").is_in(suspects.implode()), pl.col("ground_truth") != "")
            .unique(["prompt_id", "ground_truth"], keep="first", maintain_order=True)
        )
    golds = pl.concat(found).unique(
        ["prompt_id", "ground_truth"], keep="first", maintain_order=True
    )
    others = golds.with_columns(first=pl.col("ground_truth").first().over("prompt_id")).filter(
        pl.col("ground_truth") != pl.col("first")
    )
    compared = verified(others, "ground_truth", "first")
    unequal = compared.filter(pl.col("verdict") != "correct").unique(
        "prompt_id", keep="first", maintain_order=True
    )
    return dict(zip(unequal["prompt_id"], unequal["prompt"], strict=True))


# Columns of a row group --------------------------------------------------------------------------


def _judged(
    traces: pl.DataFrame, verified: Callable[[pl.DataFrame, str, str], pl.DataFrame]
) -> pl.DataFrame:
    """The traces with everything of CLEANED_SCHEMA that does not need the whole export."""
    if traces.schema != TRACE_SCHEMA:
        raise LogFormatError(
            f"these are not raw traces: their columns are {traces.columns}. "
            "Materialize raw_verifier_logs again."
        )
    judged = verified(traces, "candidate", "ground_truth").with_columns(
        answer_source=pl.lit("candidate")
    )
    judged = _with_final_answers(judged, verified)
    reasons = judged["logged_reason"].unique().drop_nulls()
    mute = [reason for reason in reasons if says_nothing(reason)]
    judged = judged.with_columns(
        prompt_key=_mapped(judged["prompt"], prompt_key),
        candidate_key=_mapped(judged["candidate"], text_key),
        infrastructure_failure=pl.col("logged_reason").is_in(mute).fill_null(False),
        cut=_mapped(judged["candidate"], stops_inside, pl.Boolean),
    )
    failed = (pl.col("prompt_key").is_null() & pl.col("prompt").is_not_null()) | (
        pl.col("cut").is_null() & pl.col("candidate").is_not_null()
    )
    judged = judged.with_columns(
        cut=pl.col("cut").fill_null(True),
        verdict=pl.when(failed).then(pl.lit("undecided")).otherwise("verdict"),
        reason=pl.when(failed).then(pl.lit("worker_crashed")).otherwise("reason"),
        method=pl.when(~failed).then("method"),
    )
    decided = pl.col("verdict") != "undecided"
    unfinished = (pl.col("reason") == "no_final_answer") & pl.col("candidate").str.contains(
        _MID_SENTENCE
    )
    return (
        with_judged_keys(judged)
        .with_columns(
            agrees_with_log=pl.when(decided & ~pl.col("infrastructure_failure")).then(
                (pl.col("verdict") == "correct") == pl.col("logged_ok")
            ),
            truncated=pl.col("cut") | pl.col("meta").str.contains(_LOGGED_AS_CUT) | unfinished,
            # What people say is put over it afterwards, see `overrides`.
            **{f"verifier_{name}": pl.col(name) for name in ("verdict", "reason", "method")},
            **{f"override{name}": pl.lit(None, dtype=pl.String) for name in ("", "_by", "_note")},
        )
        .drop("cut")
    )


def _mapped(
    texts: pl.Series,
    function: Callable[[str], object],
    dtype: type[pl.DataType] = pl.String,
) -> pl.Series:
    """The function's value a text, worked out once a distinct text; null where it fails."""
    distinct = texts.unique().drop_nulls()
    values = pl.Series([_attempted(function, text, None) for text in distinct], dtype=dtype)
    return texts.replace_strict(distinct, values, default=None, return_dtype=dtype)


def _attempted(function: Callable[[str], Any], text: str, otherwise: Any) -> Any:
    """The function's value; a fault of ours in it costs the rows of this text and no other."""
    try:
        return function(text)
    except MemoryError:
        raise
    except Exception:
        log.exception("a text of %d characters: a mistake of the program", len(text))
        return otherwise


def _with_final_answers(
    judged: pl.DataFrame, verified: Callable[[pl.DataFrame, str, str], pl.DataFrame]
) -> pl.DataFrame:
    """Verify `final` where the completion's text holds no final answer.

    A short text without any marker is read as an answer by itself; where that cannot be parsed,
    it is prose, and holds none either.
    """
    prose = pl.col("candidate").str.strip_chars(" \t\r\n.") == pl.col("extracted").str.strip_chars(
        " \t\r\n."
    )
    needs_final = (
        (pl.col("reason") == "no_final_answer")
        | ((pl.col("reason") == "unparsable_answer") & prose)
    ) & (pl.col("final").str.strip_chars() != "")
    judged = judged.with_row_index("row")
    rows = judged.filter(needs_final.fill_null(False))
    if rows.height:
        by_final = verified(rows, "final", "ground_truth").select(
            "row", *_VERDICT_COLUMNS, answer_source=pl.lit("final")
        )
        judged = judged.update(by_final, on="row", include_nulls=True)
    return judged.drop("row")


# A stop reason can only stand in the JSON itself: inside of a string its quotes are escaped.
_LOGGED_AS_CUT = (
    r'"(?:finish_reason|stop_reason|finishReason|stopReason|done_reason)"\s*:\s*'
    r'"(?i:length|max_tokens|max_length|max_output_tokens|max_new_tokens|model_length|token_limit)"'
    r'|"(?:truncated|is_truncated|was_truncated)"\s*:\s*true'
)
# Letters, digits, commas and opening or binary signs do not end a sentence or a formula.
_JSON_BEGIN = re.compile(r"\{\s*\"")
_JSON_END = re.compile(r"\"\s*\}")
_MID_SENTENCE = r"[\p{L}\p{N},;(\[{+\-*/=<>&\\^_]\s*\z"


def stops_inside(text: str) -> bool:
    """Whether the text ends inside a code fence, a JSON answer or a `\\boxed{` that it opened.

    Models write JSON that is not quite JSON: an answer with a closing brace after a string, or a
    closing fence at its end, was not cut, whatever is wrong inside.
    """
    text = text.strip()
    if text.endswith("```"):
        return False
    if text.count("```") % 2:
        return True
    box = text.rfind("\\boxed{")
    if box >= 0 and not _braces_close(text, box + len("\\boxed")):
        return True
    answer = text.removeprefix("```json").lstrip()
    return bool(_JSON_BEGIN.match(answer)) and not (_JSON_END.search(answer) or closes(answer))


def _braces_close(text: str, start: int) -> bool:
    depth = 0
    for position in range(start, len(text)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return True
    return False


# The report --------------------------------------------------------------------------------------


def _counts(cleaned: pl.DataFrame) -> pl.DataFrame:
    """Rows counted by everything that the report speaks of."""
    ignored = pl.col("infrastructure_failure") | pl.col("logged_ok").is_null()
    return cleaned.group_by(
        "verdict",
        "reason",
        "method",
        "verifier_version",
        "agrees_with_log",
        "infrastructure_failure",
        "duplicate",
        "near_duplicate",
        "truncated",
        "gold_conflict",
        "answer_source",
        logged=pl.when(ignored)
        .then(pl.lit("none"))
        .when("logged_ok")
        .then(pl.lit("right"))
        .otherwise(pl.lit("wrong")),
    ).len("traces")


def _report(counts: pl.DataFrame | None, conflicting_prompts: list[str]) -> CleaningReport:
    if counts is None:
        counts = _counts(pl.DataFrame(schema=CLEANED_SCHEMA))

    def total(condition: pl.Expr) -> int:
        return int(counts.filter(condition)["traces"].sum())

    def by(column: str) -> dict[str, int]:
        rows = counts.drop_nulls(column).group_by(column).agg(pl.col("traces").sum()).sort(column)
        return {str(name): int(number) for name, number in rows.iter_rows()}

    confusion = counts.with_columns(cell=pl.format("logged {}, verified {}", "logged", "verdict"))
    versions = counts["verifier_version"].drop_nulls()
    return CleaningReport(
        traces=total(pl.lit(True)),
        verdicts=by("verdict"),
        reasons=by("reason"),
        methods=by("method"),
        compared_with_log=total(pl.col("agrees_with_log").is_not_null()),
        disagreements=total(~pl.col("agrees_with_log")),
        confusion={
            str(cell): int(number)
            for cell, number in confusion.group_by("cell")
            .agg(pl.col("traces").sum())
            .sort("cell")
            .iter_rows()
        },
        duplicates=total(pl.col("duplicate")),
        near_duplicates=total(pl.col("near_duplicate") & ~pl.col("duplicate")),
        infrastructure_failures=total(pl.col("infrastructure_failure")),
        truncated=total(pl.col("truncated")),
        gold_conflicts=total(pl.col("gold_conflict")),
        conflicting_prompts=conflicting_prompts[:20],
        answers_from_final=total(pl.col("answer_source") == "final"),
        verifier_version=versions[0] if len(versions) else None,
    )
