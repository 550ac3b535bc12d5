"""Human verdicts over the verifier's: decisions of people in files, and the traces they hold for.

The overrides folder holds `.csv` files (audit sheets that somebody filled in) and `.jsonl` files, a
decision a row:

| field | what it holds |
| --- | --- |
| `judged_keys` | what was judged: `judged_key` of cleaned traces, several parted by spaces |
| `override` | `correct`, `incorrect` or `exclude`; empty: no decision |
| `by`, `note` | who decided, and why; may be empty |

Instead of `judged_keys`, a JSON row may hold the texts: `prompt`, `candidate`, `ground_truth`.

*What a decision holds for.* A `judged_key` stands for a text that was judged, the prompt that it
answers and the reference answer that it was held against, and for nothing else. So a decision
outlives a rebuild, the same attempts in another export, and a new verifier; where the log's
reference answer is corrected, it is a judgement of something else and no longer holds. Trace ids
and line numbers cannot do that: logs repeat them. The key begins with a letter, since spreadsheets
round what looks like a long number.

*What a decision does.* `verdict` becomes the human's, with the reason and the method `human`; an
excluded trace is `undecided`, with the reason `excluded_by_human`. The verifier's own verdict stays
in `verifier_verdict`, `verifier_reason` and `verifier_method`, and all that speaks of verifier and
log goes on speaking of that one.

*What cannot be right is said and not applied*: decisions that contradict each other are, all of
them, left out. The order of files and rows plays no part.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage import atomic_file, digest
from dpo_math_assets.traces.prompts import prompt_key, text_key
from dpo_math_assets.traces.schema import CLEANED_SCHEMA
from dpo_math_assets.traces.tables import ParquetTable, row_groups

CORRECT, INCORRECT, EXCLUDE = "correct", "incorrect", "exclude"
DECISIONS = (CORRECT, INCORRECT, EXCLUDE)
# Reason and method of a verdict that is a person's.
HUMAN = "human"
EXCLUDED = "excluded_by_human"

KEYS, DECISION = "judged_keys", "override"
_TEXTS = ("prompt", "candidate", "ground_truth")
_DELIMITERS = ",;\t"  # a spreadsheet parts cells by its country's custom


@dataclass(frozen=True)
class Override:
    """What a person decided."""

    decision: str  # correct, incorrect or exclude
    by: str
    note: str
    file: str
    row: int  # as in Problem


@dataclass(frozen=True)
class Problem:
    """A row that decides nothing, and what to do about it."""

    file: str
    row: int  # as a spreadsheet numbers it, or the line of a .jsonl file; 0 is the file itself
    what: str


@dataclass(frozen=True)
class Overrides:
    """The decisions of all files by judged key, and what is wrong with the others."""

    decisions: dict[str, Override] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def unmatched(self, known: Mapping[str, Iterable[str]]) -> list[Problem]:
        """Decisions on what no trace holds; `known` is `decided_traces` over all exports."""
        matched = {key for keys in known.values() for key in keys}
        return [
            Problem(found.file, found.row, f"{key} is no trace's: it decides nothing (so far)")
            for key, found in self.decisions.items()
            if key not in matched
        ]

    def digest(self) -> str:
        """Stands for all decisions, whatever the files and rows they come from."""
        return self.digest_of(self.decisions)

    def digest_of(self, keys: Iterable[str]) -> str:
        """Stands for the decisions of some judged keys; empty text where there is no key."""
        told = []
        for key in sorted(keys):
            found = self.decisions[key]
            told.append([key, found.decision, found.by, found.note])
        return digest(told) if told else ""


def judged_key(prompt: str, ground_truth: str | None, judged_text_key: str) -> str:
    """The key of one judgement; takes `prompt_key` and the `text_key` of the text that was judged.

    `t` and 16 hex digits.
    """
    return "t" + text_key("\x00".join([prompt, (ground_truth or "").strip(), judged_text_key]))


def with_judged_keys(traces: pl.DataFrame) -> pl.DataFrame:
    """Add `judged_key` to traces that have all other columns of CLEANED_SCHEMA it rests on.

    The text judged is the completion, or the final answer where `answer_source` says so.
    """
    keys = [
        judged_key(prompt, gold, text_key(final) if source == "final" else candidate)
        for prompt, gold, candidate, final, source in traces.select(
            "prompt_key", "ground_truth", "candidate_key", "final", "answer_source"
        )
        .with_columns(pl.col("prompt_key", "candidate_key", "final").fill_null(""))
        .iter_rows()
    ]
    return traces.with_columns(pl.Series("judged_key", keys, dtype=pl.String))


# Reading -----------------------------------------------------------------------------------------


def read_overrides(folder: Path) -> Overrides:
    """The decisions in the files of a folder; none where there is no folder.

    A row that cannot be right is a problem of its own. Raises DpoMathError where a whole file
    cannot be read: to go on without its decisions would put back the labels they took away.
    """
    problems: list[Problem] = []
    decided: dict[str, list[Override]] = {}
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in files:
        if path.name.startswith((".", "~")) or path.is_dir():
            continue  # what editors and spreadsheets leave beside an open file
        if path.suffix.lower() not in (".csv", ".jsonl"):
            what = "is neither .csv nor .jsonl: save the sheet as CSV (UTF-8)"
            problems.append(Problem(path.name, 0, what))
            continue
        for row, values in _rows(path):
            try:
                keys, found = _decision(path.name, row, values)
            except ValueError as error:
                problems.append(Problem(path.name, row, str(error)))
                continue
            for key in keys:
                decided.setdefault(key, []).append(found)
    decisions = {}
    for key, all_of_it in sorted(decided.items()):
        if len({found.decision for found in all_of_it}) == 1:
            decisions[key] = min(all_of_it, key=lambda found: (found.by, found.note))
            continue
        for found in all_of_it:
            others = ", ".join(
                f"{other.decision} ({other.file}, row {other.row})"
                for other in all_of_it
                if other.decision != found.decision
            )
            what = f"{found.decision} contradicts {others} on {key}: none is applied"
            problems.append(Problem(found.file, found.row, what))
    problems.sort(key=lambda problem: (problem.file, problem.row, problem.what))
    return Overrides(decisions, problems)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """The number and the fields of each row; text in place of fields is what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DpoMathError(
            f"{path} cannot be read as UTF-8 ({error}): save it as CSV (UTF-8), or take it away"
        ) from None
    yield from _csv_rows(path, text) if path.suffix.lower() == ".csv" else _json_rows(text)


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    # Strict: a quote that is never closed would swallow the rows after it without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if not {KEYS, DECISION} <= set(names):
            raise DpoMathError(
                f"{path}: its first row must name the columns {KEYS} and {DECISION}; it names "
                f"{', '.join(names) or 'none'}"
            )
        if twice := [name for name in (KEYS, DECISION) if names.count(name) > 1]:
            raise DpoMathError(f"{path}: two columns are named {twice[0]}; take one of them away")
        for number, cells in enumerate(reader, start=2):
            yield number, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise DpoMathError(
            f"{path}, line {reader.line_num}: {error}; a quote before it that is never closed is "
            "the usual cause"
        ) from None


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    # Not splitlines: a JSON string may hold other line ends than \n.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON ({error})"
            continue
        if not isinstance(values, dict):
            yield number, "not a JSON object"
        elif DECISION not in values:
            yield number, f"has no field {DECISION}; it has {', '.join(values) or 'none'}"
        else:
            yield number, values


_KEY = re.compile("t[0-9a-f]{16}")


def _decision(file: str, row: int, values: dict[str, Any] | str) -> tuple[list[str], Override]:
    """The judged keys of a row and what it decides, no keys where it decides nothing.

    ValueError says what is wrong with the row.
    """
    if isinstance(values, str):
        raise ValueError(values)
    fields = {name: _text(name, values.get(name)) for name in (DECISION, "by", "note")}
    override = Override(fields[DECISION].casefold(), fields["by"], fields["note"], file, row)
    if not override.decision:
        return [], override
    if override.decision not in DECISIONS:
        raise ValueError(
            f"{DECISION} is {fields[DECISION]!r}: write {', '.join(DECISIONS)}, or leave it empty"
        )
    keys = _text(KEYS, values.get(KEYS)).split()
    if not keys and file.lower().endswith(".jsonl"):  # a sheet's texts are cut to fit a cell
        prompt, candidate, gold = (_text(name, values.get(name), strip=False) for name in _TEXTS)
        if prompt.strip() and candidate and gold.strip():
            keys = [judged_key(prompt_key(prompt), gold, text_key(candidate))]
    if not keys:
        raise ValueError(f"{KEYS} is empty: copy it from the audit sheet or from cleaned_traces")
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{KEYS} holds {key!r}, which is no key: t and 16 hex digits")
    return keys, override


def _text(name: str, value: Any, strip: bool = True) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}: it must be text")
    # A lone surrogate, which JSON can hold, is no text that can be stored.
    text = value.encode("utf-8", "replace").decode("utf-8")
    return text.strip() if strip else text


# Applying ----------------------------------------------------------------------------------------


def decided_traces(traces: pl.LazyFrame, overrides: Overrides) -> dict[str, list[str]]:
    """By export, the judged keys of its cleaned traces that a decision holds for, in order."""
    if not overrides.decisions:
        return {}
    found = (
        traces.filter(pl.col("judged_key").is_in(list(overrides.decisions)))
        .group_by("export")
        .agg(pl.col("judged_key").unique().sort())
        .collect(engine="streaming")
    )
    return dict(found.iter_rows())


def apply_overrides(cleaned: Path, overrides: Overrides) -> dict[str, int]:
    """Rewrite a file of cleaned traces with the verdicts of people; gives traces by decision.

    Starts from the verifier's own verdicts, so that it can be done again with other decisions.
    The file is replaced whole or not at all.
    """
    counts: Counter[str] = Counter()
    with atomic_file(cleaned) as temporary, ParquetTable(temporary, CLEANED_SCHEMA) as table:
        for traces in row_groups(cleaned):
            decided = with_overrides(traces, overrides)
            table.write(decided)
            counts.update(decided["override"].drop_nulls())
    return dict(sorted(counts.items()))


def with_overrides(traces: pl.DataFrame, overrides: Overrides) -> pl.DataFrame:
    """Cleaned traces (CLEANED_SCHEMA) with the verdicts of people over the verifier's."""
    found = overrides.decisions.items()
    decisions = pl.DataFrame(
        {
            "judged_key": [key for key, _ in found],
            "override": [decided.decision for _, decided in found],
            "override_by": [decided.by for _, decided in found],
            "override_note": [decided.note for _, decided in found],
        },
        schema={name: CLEANED_SCHEMA[name] for name in ("judged_key", *_OVERRIDE_COLUMNS)},
    )
    excluded = pl.col("override") == EXCLUDE
    decided = pl.col("override").is_not_null()
    return (
        traces.drop(_OVERRIDE_COLUMNS)
        .join(decisions, on="judged_key", how="left", maintain_order="left")
        .with_columns(
            pl.when(excluded)
            .then(pl.lit("undecided"))
            .otherwise(pl.coalesce("override", "verifier_verdict"))
            .alias("verdict"),
            pl.when(excluded)
            .then(pl.lit(EXCLUDED))
            .when(decided)
            .then(pl.lit(HUMAN))
            .otherwise("verifier_reason")
            .alias("reason"),
            pl.when(excluded)
            .then(None)
            .when(decided)
            .then(pl.lit(HUMAN))
            .otherwise("verifier_method")
            .alias("method"),
        )
        .select(CLEANED_SCHEMA.names())
    )


_OVERRIDE_COLUMNS = ("override", "override_by", "override_note")
