"""The files a training run reads, checked line by line before anything heavy is imported.

`train.jsonl` and `validation.jsonl` hold preference pairs, `sft.jsonl` holds verified completions.
Text is a string (TRL's standard format) or a list of `{"role", "content"}` messages (its
conversational format); a file keeps to one of the two.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError

Text = str | list[dict[str, str]]
Row = dict[str, Text]

PAIR_FIELDS = ("prompt", "chosen", "rejected")
SFT_FIELDS = ("prompt", "completion")


@dataclass(frozen=True)
class TrainingData:
    """What a dataset folder holds for training."""

    train: list[Row]
    validation: list[Row]  # empty where there is no such file
    completions: list[Row]  # of the SFT control; empty where it is not asked for
    verifier_versions: list[str]  # that the training pairs' meta names, in order


def read_pairs(path: Path) -> tuple[list[Row], list[str]]:
    """The pairs of a file (prompt, chosen, rejected) in its order, and their verifier's versions.

    Raises TrainingError, with file and line, for a file that is absent, a line that is not such a
    pair, and a pair whose chosen and rejected text are the same.
    """
    rows, versions = [], set()
    for number, row, record in _read_rows(path, PAIR_FIELDS):
        if _stripped(row["chosen"]) == _stripped(row["rejected"]):
            raise TrainingError(
                f"{path}, line {number}: chosen and rejected are the same text, which teaches "
                "nothing. Remove the pair, or rebuild the dataset."
            )
        rows.append(row)
        meta = record.get("meta")
        version = meta.get("verifier_version") if isinstance(meta, dict) else None
        if isinstance(version, str) and version:
            versions.add(version)
    return rows, sorted(versions)


def read_completions(path: Path) -> list[Row]:
    """The rows of an SFT file: prompt and completion. Raises as `read_pairs` does."""
    return [row for _, row, _ in _read_rows(path, SFT_FIELDS)]


def _stripped(text: Text) -> Text:
    """The text without the white space around it, by which no two answers differ."""
    if isinstance(text, str):
        return text.strip()
    return [{**message, "content": message["content"].strip()} for message in text]


def _read_rows(path: Path, fields: tuple[str, ...]) -> Iterator[tuple[int, Row, dict[str, Any]]]:
    """(line number, its named fields, the whole record) of every line that is not blank."""
    first: Row | None = None
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row, record = _read_row(line, fields, f"{path}, line {number}")
                first = first or row
                if any(type(row[field]) is not type(first[field]) for field in fields):
                    raise TrainingError(
                        f"{path}, line {number}: plain text and chat messages are mixed in one "
                        "file. Write all rows in the same format."
                    )
                yield number, row, record
    except FileNotFoundError as error:
        raise TrainingError(f"{path} does not exist. Build the dataset first.") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path} is not UTF-8 text ({error}). Rebuild the dataset.") from error


def _read_row(line: str, fields: tuple[str, ...], where: str) -> tuple[Row, dict[str, Any]]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise TrainingError(f"{where}: not JSON ({error}). Rebuild the dataset.") from error
    if not isinstance(record, dict):
        raise TrainingError(f"{where}: not a JSON object. Rebuild the dataset.")
    for field in fields:
        if problem := _problem_with(record.get(field)):
            raise TrainingError(
                f'{where}: field "{field}" is {problem}. It must be non-empty text, or a list of '
                'messages {"role", "content"}.'
            )
    if len({isinstance(record[field], str) for field in fields}) > 1:
        raise TrainingError(
            f"{where}: {', '.join(fields)} must be all plain text or all chat messages."
        )
    return {field: record[field] for field in fields}, record


def _problem_with(value: Any) -> str | None:
    """What keeps `value` from being text that can be trained on; None where nothing does."""
    if value is None:
        return "missing or null"
    if isinstance(value, str):
        return None if value.strip() else "empty"
    if not isinstance(value, list) or not value:
        return f"not text ({type(value).__name__})"
    for message in value:
        if not isinstance(message, dict) or not all(
            isinstance(message.get(key), str) and message[key] for key in ("role", "content")
        ):
            return 'a list with an entry that is not a message {"role", "content"}'
    return None
