"""Evaluation prompts: the held-out file of the dataset, and any benchmark files beside it.

A file is JSON lines, a row `{id, prompt, ground_truth, meta}`. An evaluation that quietly skips
rows measures something else than it says, so one bad row stops the load and is named.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA

HELD_OUT_FILE = "eval_prompts.jsonl"
HELD_OUT = "held_out"


def load_eval_prompts(held_out: Path | None, benchmark_files: list[str]) -> pl.DataFrame:
    """Read the held-out prompts and the benchmark files as one PROMPT_SCHEMA frame, in file order.

    `held_out` is an `eval_prompts.jsonl` or the dataset folder that has one; None where only
    benchmarks are wanted. A benchmark's source is its file name without the ending.
    Raises EvaluationError for a file that is absent, a row that is not a prompt, two rows with one
    id, two files with one name, and where there is no prompt at all.
    """
    files: list[tuple[str, Path]] = []
    if held_out is not None:
        files.append((HELD_OUT, held_out / HELD_OUT_FILE if held_out.is_dir() else held_out))
    files.extend((Path(name).stem, Path(name)) for name in benchmark_files)
    sources = [source for source, _ in files]
    for source in sources:
        if sources.count(source) > 1:
            raise EvaluationError(
                f"Two evaluation files are called {source!r}; give one of them another name."
            )
    rows = [row for source, path in files for row in _read(source, path)]
    if not rows:
        names = ", ".join(str(path) for _, path in files) or "no file was named"
        raise EvaluationError(
            f"There is no prompt to evaluate on ({names}). Hold out a larger fraction of the "
            "prompts, or name a benchmark file."
        )
    return pl.DataFrame(rows, schema=PROMPT_SCHEMA, orient="row")


def _read(source: str, path: Path) -> list[tuple[str, str, str, str, str]]:
    """The rows of one file in PROMPT_SCHEMA's order."""
    if not path.is_file():
        raise EvaluationError(f"{path}: no such evaluation file.")
    rows = []
    line_of: dict[str, int] = {}
    with path.open(encoding="utf-8-sig") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row = _row(source, path, number, line)
                if row[0] in line_of:
                    raise EvaluationError(
                        f"{path}:{number}: id {row[0]!r} was already used on line "
                        f"{line_of[row[0]]}; ids must differ."
                    )
                line_of[row[0]] = number
                rows.append(row)
        except UnicodeDecodeError as error:
            raise EvaluationError(f"{path}: not UTF-8 ({error}); save it as UTF-8.") from error
    return rows


def _row(source: str, path: Path, number: int, line: str) -> tuple[str, str, str, str, str]:
    where = f"{path}:{number}"
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{where}: not JSON ({error}).") from error
    if not isinstance(row, dict):
        raise EvaluationError(f"{where}: must be an object with id, prompt and ground_truth.")
    for field in ("prompt", "ground_truth"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise EvaluationError(f"{where}: {field} must be text that is not empty.")
    identity = row.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        raise EvaluationError(f"{where}: id must be text or a whole number.")
    meta = row.get("meta", {})
    if not isinstance(meta, dict):
        raise EvaluationError(f"{where}: meta must be an object.")
    prefix = f"{source}/"
    name = str(identity)
    try:
        prompt_id = name if name.startswith(prefix) else prefix + name
        values = (prompt_id, row["prompt"], row["ground_truth"], source)
        for value in values:
            value.encode("utf-8")
        meta_text = json.dumps(meta, ensure_ascii=True, allow_nan=False)
    except UnicodeEncodeError as error:
        raise EvaluationError(f"{where}: holds a lone surrogate ({error}).") from error
    except ValueError as error:
        raise EvaluationError(f"{where}: meta holds NaN or an infinity ({error}).") from error
    return (*values, meta_text)
