"""The demo's first log export: what its base model answers, as a runtime would have logged it.

One JSON object a completion, in the flat shape: trace_id, prompt, candidate, ground_truth, ok,
created_at, solver, meta. The logged `ok` compares text exactly, as a simple runtime would; the
lineage verifies every completion again and does not rely on it.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from dpo_math_assets.demo.problems import FINAL, Problem
from dpo_math_assets.evaluation.sampling import SamplingSettings, sample_model
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA
from dpo_math_assets.storage import write_text

SOLVER = "demo-llama"
FIRST_CALL = datetime(2026, 1, 5, 8, tzinfo=UTC)


def write_log(
    base_model: Path,
    problems: Sequence[Problem],
    settings: SamplingSettings,
    target: Path,
    on_progress: Callable[[dict[str, float | int | str]], None],
) -> None:
    """Sample the base model on `problems` at temperature 1 and write the export `target` whole."""
    prompts = pl.DataFrame(
        [
            {
                "prompt_id": f"{number:05d}",
                "prompt": problem.prompt,
                "ground_truth": problem.answer,
                "source": problem.kind,
                "meta": "{}",
            }
            for number, problem in enumerate(problems)
        ],
        schema=PROMPT_SCHEMA,
    )
    with tempfile.TemporaryDirectory(prefix="demo-") as temporary:
        samples = Path(temporary) / "samples.parquet"
        sample_model(str(base_model), prompts, SOLVER, settings, samples, on_progress)
        rows = pl.read_parquet(samples, glob=False).rows(named=True)
    lines = []
    for number, row in enumerate(rows):
        record = {
            "trace_id": f"demo-{settings.seed}-{row['prompt_id']}-{row['sample']}",
            "prompt": row["prompt"],
            "candidate": row["completion"],
            "ground_truth": row["ground_truth"],
            "ok": final_answer(row["completion"]) == row["ground_truth"],
            "created_at": (FIRST_CALL + timedelta(seconds=number)).isoformat(),
            "solver": SOLVER,
            "meta": {"kind": row["source"], "sample": row["sample"]},
        }
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    write_text(target, "".join(lines))


def final_answer(completion: str) -> str | None:
    """The text after the last final-answer marker; None where there is none."""
    _, marker, answer = completion.rpartition(FINAL)
    return answer.strip() if marker else None
