"""The problems of eval sets, which must not be trained on."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.traces.prompts import canonical_key

# Names that a prompt has in eval sets, the first one present counts.
PROMPT_FIELDS = ("prompt", "question", "problem")


# Names of the reference answer; the training set's own files have it in `meta`.
ANSWER_FIELDS = ("ground_truth", "answer")


def read_benchmarks(files: list[str]) -> pl.DataFrame:
    """The problems of eval sets as rows (source, id, prompt, canonical_key, ground_truth).

    A row needs one of PROMPT_FIELDS; `id` is its number in the file where there is none, and
    ground_truth, the first of ANSWER_FIELDS that is present, may be null. Raises
    DatasetError, with file and line, for what is not such a row: a benchmark that is half read
    protects half.
    """
    rows = []
    for name in files:
        path = Path(name)
        for number, record in _records(path):
            where = f"{path}, line {number}"
            field = next((field for field in PROMPT_FIELDS if field in record), None)
            if field is None:
                raise DatasetError(
                    f"{where}: has none of {', '.join(PROMPT_FIELDS)}, only "
                    f"{', '.join(map(str, record)) or 'nothing'}; rename its field, or leave the "
                    "file out of benchmark_files"
                )
            prompt = record[field]
            if not isinstance(prompt, str) or not prompt.strip():
                raise DatasetError(f"{where}: {field} must be text, got {prompt!r}")
            rows.append(
                (
                    path.name,
                    str(record.get("id", number)),
                    prompt,
                    canonical_key(prompt),
                    _answer(record),
                )
            )
    return pl.DataFrame(
        rows,
        schema=dict.fromkeys(
            ["source", "id", "prompt", "canonical_key", "ground_truth"], pl.String
        ),
        orient="row",
    )


def _answer(record: dict[str, Any]) -> str | None:
    """The reference answer of an eval set's row, or null; GSM8K has it behind `####`."""
    meta = record.get("meta")
    known = {**(meta if isinstance(meta, dict) else {}), **record}
    answer = next((known[field] for field in ANSWER_FIELDS if field in known), None)
    return None if answer is None else str(answer).rsplit("####", 1)[-1]


def _records(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The rows of an eval set with their numbers, from 1."""
    try:
        if path.suffix in (".csv", ".parquet"):
            table = (
                pl.read_csv(path, infer_schema=False, glob=False)
                if path.suffix == ".csv"
                else pl.read_parquet(path, glob=False)
            )
            return list(enumerate(table.iter_rows(named=True), start=1))
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise DatasetError(f"benchmark file {path} cannot be read: {error}") from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(
                f"{path}, line {number}: not JSON ({error}); correct the line or leave the file "
                "out of benchmark_files"
            ) from error
        if not isinstance(record, dict):
            raise DatasetError(f"{path}, line {number}: must be a JSON object, got {record!r}")
        records.append((number, record))
    return records
