"""The files a training run reads, checked line by line before anything heavy is imported.

`train.jsonl` and `validation.jsonl` hold preference pairs, `sft.jsonl` holds verified completions.
Text is a string (TRL's standard format) or a list of `{"role", "content"}` messages (its
conversational format); a file keeps to one of the two.
"""

import json
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError

Text = str | list[dict[str, str]]
Row = dict[str, Text]

PAIR_FIELDS = ("prompt", "chosen", "rejected")
SFT_FIELDS = ("prompt", "completion")


def read_pairs(path: Path) -> list[Row]:
    """The pairs of a file: prompt, chosen and rejected, in the order of the file.

    Raises TrainingError, with file and line, for a file that is absent, a line that is not such a
    pair, and a pair whose chosen and rejected text are the same.
    """
    rows = _read_rows(path, PAIR_FIELDS)
    for number, row in rows:
        if row["chosen"] == row["rejected"]:
            raise TrainingError(
                f"{path}, line {number}: chosen and rejected are the same text, which teaches "
                "nothing. Remove the pair, or rebuild the dataset."
            )
    return [row for _, row in rows]


def read_completions(path: Path) -> list[Row]:
    """The rows of an SFT file: prompt and completion. Raises as `read_pairs` does."""
    return [row for _, row in _read_rows(path, SFT_FIELDS)]


def _read_rows(path: Path, fields: tuple[str, ...]) -> list[tuple[int, Row]]:
    """(line number, row) of every line that is not blank, with the named fields alone."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise TrainingError(f"{path} does not exist. Build the dataset first.") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path} is not UTF-8 text ({error}). Rebuild the dataset.") from error
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = _read_row(line, fields, f"{path}, line {number}")
            if rows and any(type(row[field]) is not type(rows[0][1][field]) for field in fields):
                raise TrainingError(
                    f"{path}, line {number}: plain text and chat messages are mixed in one file. "
                    "Write all rows in the same format."
                )
            rows.append((number, row))
    return rows


def _read_row(line: str, fields: tuple[str, ...], where: str) -> Row:
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
    return {field: record[field] for field in fields}


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
