"""How fast cleaned traces become pairs and a dataset, and in how much memory.

    python benchmarks/pairs.py [--rows N] [--short] [--folder F]

Cleaned traces are generated (the verifier has a benchmark of its own), as exports of half a
million attempts, and go through the stages that the asset graph runs. On the first million rows
(or all, where there are fewer) the same attempts, as JSON lines, also go through the script that
people use today, in the same run. Each step runs in a process of its own, whose peak memory is the
one reported. `--short` takes 50,000 rows, for continuous integration. Nothing here is a test.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import numpy as np
import polars as pl

from dpo_math_assets.pairs.dataset import build_dataset
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS
from dpo_math_assets.stages.ingest import pair_partition, pairing_inputs
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store, write_parquet
from dpo_math_assets.traces.prompts import prompt_key
from dpo_math_assets.traces.schema import CLEANED_SCHEMA

ROWS_AN_EXPORT = 500_000
COMPARED_ROWS = 1_000_000
SHORT_ROWS = 50_000
TODAY = "today's script"
FLAGS = ["infrastructure_failure", "duplicate", "near_duplicate", "truncated", "gold_conflict"]
HERE = Path(__file__).resolve().parent
ATTEMPTS_A_PROMPT = 8


def hashed(texts: list[str]) -> list[str]:
    return [blake2b(text.encode(), digest_size=8).hexdigest() for text in texts]


def sentences(draw: np.random.Generator, count: int, words: int) -> pl.Series:
    """`count` sentences of `words` words, drawn from a vocabulary of 3,000."""
    vocabulary = pl.Series([f"{a}{b}{c}" for a in "bdfgklmnprstvwz" for b in WORDS for c in WORDS])
    picked = vocabulary.gather(draw.integers(len(vocabulary), size=count * words))
    return pl.DataFrame(
        {f"w{n}": picked[n * count : (n + 1) * count] for n in range(words)}
    ).select(pl.concat_str(pl.all(), separator=" "))[:, 0]


WORDS = ["an", "el", "ing", "or", "ush", "ike", "ab", "eto", "ira", "une", "o", "ay", "est", "il"]


def prompts(draw: np.random.Generator, first: int, count: int) -> pl.DataFrame:
    """Half word problems of their own, half of two hundred templates; one in a hundred retold."""
    templates = sentences(np.random.default_rng(1), 200, 24)
    a, b = draw.integers(2, 999, size=count), draw.integers(2, 999, size=count)
    told = pl.Series(np.arange(first, first + count) % 2 == 0)
    body = pl.DataFrame(
        {
            "own": sentences(draw, count, 30),
            "kind": templates.gather(draw.integers(200, size=count)),
        }
    ).select(pl.when(told).then("own").otherwise("kind"))[:, 0]
    frame = pl.DataFrame({"body": body, "a": a, "b": b}).with_columns(
        pl.when(pl.Series(draw.random(count) < 0.01))
        .then(pl.col("body").shift(2))
        .otherwise("body")
    )
    texts = frame.select(
        pl.format("A shop sold {} apples. {} How much is {} times {}?", "b", "body", "a", "b")
    )[:, 0].to_list()
    return pl.DataFrame(
        {
            "prompt": texts,
            "prompt_key": [prompt_key(text) for text in texts],
            "ground_truth": (a * b).astype(str),
            "gold": a * b,
            # A fifth are always solved, some never.
            "rate": np.clip(draw.random(count) * 1.5 - 0.2, 0, 1),
        },
        strict=False,
    )


def export_rows(number: int, rows: int, seed: int) -> pl.DataFrame:
    """One export of cleaned traces; a tenth of its prompts were met in the export before."""
    draw = np.random.default_rng([seed, number])
    count = max(1, rows // ATTEMPTS_A_PROMPT)
    new = prompts(np.random.default_rng([seed, number, 7]), number * count, count)
    if number:
        before = prompts(np.random.default_rng([seed, number - 1, 7]), (number - 1) * count, count)
        new = pl.concat([new.tail(count - count // 10), before.head(count // 10)])
    asked = new[np.repeat(np.arange(count), ATTEMPTS_A_PROMPT)[:rows]]
    height = asked.height
    right = draw.random(height) < asked["rate"].to_numpy()
    undecided = draw.random(height) < 0.05
    # Of the wrong answers one is given half of the time.
    off = np.where(draw.random(height) < 0.5, 1, draw.integers(2, 9, size=height))
    answer = asked["gold"].to_numpy() + np.where(right, 0, off)
    pool = sentences(np.random.default_rng(2), 4096, 20)
    texts = pl.DataFrame(
        {
            "x": pool.gather(draw.integers(4096, size=height)),
            "y": pool.gather(draw.integers(4096, size=height)),
            "answer": answer,
        }
    ).select(pl.format("First, {}. Then, {}. FINAL ANSWER: {}", "x", "y", "answer"))[:, 0]
    verdict = np.where(undecided, "undecided", np.where(right, "correct", "incorrect"))
    export = f"{number:06d}-export"
    rows = asked.select(
        pl.Series("trace_id", [f"{export}-{n}" for n in range(height)]),
        "prompt",
        pl.Series("candidate", texts),
        "ground_truth",
        pl.Series("logged_ok", right),
        pl.lit("math.sympy.verify").alias("verifier"),
        pl.lit('{"license": "MIT"}').alias("meta"),
        pl.lit(export).alias("export"),
        pl.Series("line_number", np.arange(1, height + 1)),
        "prompt_key",
        pl.Series("candidate_key", hashed(texts.to_list())),
        pl.Series("extracted", answer.astype(str)),
        pl.Series("verdict", verdict),
        pl.Series("reason", np.where(undecided, "timeout", np.where(right, "pass", "mismatch"))),
        pl.Series("method", np.where(right & ~undecided, "exact", "")).replace("", None),
        pl.lit("1").alias("verifier_version"),
        pl.lit("candidate").alias("answer_source"),
        *(pl.lit(False).alias(flag) for flag in FLAGS),
    )
    # What is not given here is null, as where a log has no such field.
    return pl.concat([pl.DataFrame(schema=CLEANED_SCHEMA), rows], how="diagonal_relaxed")


def generate(folder: Path, rows: int) -> list[str]:
    """Write `rows` cleaned traces as exports into a store; gives the exports' keys."""
    store = Store(folder)
    keys = []
    for number, start in enumerate(range(0, rows, ROWS_AN_EXPORT)):
        frame = export_rows(number, min(ROWS_AN_EXPORT, rows - start), seed=0)
        keys.append(str(frame.item(0, "export")))
        write_parquet(store.partition(CLEANED, keys[-1]), frame)
        store.finish(CLEANED, keys[-1], {"generated": frame.height}, {})
    return keys


def as_log(folder: Path, keys: list[str], target: Path) -> None:
    """The exports as the lines that today's script reads."""
    Store(folder).scan(CLEANED, keys, CLEANED_SCHEMA).select(
        "trace_id", "prompt", "candidate", "ground_truth", pl.col("logged_ok").alias("ok")
    ).sink_ndjson(target)


def run_pairing(folder: Path, keys: list[str]) -> int:
    workspace = Workspace.at(folder)
    inputs = pairing_inputs(workspace, keys)
    return sum(pair_partition(workspace, key, inputs).pairs for key in keys)


def run_dataset(folder: Path, keys: list[str]) -> int:
    store = Store(folder)
    out = folder / "dataset"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    report = build_dataset(
        store.scan(PAIRS, keys, PAIR_SCHEMA),
        store.scan(CLEANED, keys, CLEANED_SCHEMA),
        DatasetSettings(),
        out,
        lineage={},
    )
    return report.train + report.validation


STEPS = {"pairing": run_pairing, "dataset": run_dataset}


def measured(step: str, folder: Path, keys: list[str], rows: int) -> dict[str, Any]:
    """Run a step in a process of its own and print what it took."""
    if step == TODAY:
        # Without what this module imports, so that the memory is the script's own.
        code = f"import sys; sys.path.insert(0, {str(HERE)!r}); from todays_script import *; "
        code += (
            f"print(build_pairs(Path({str(folder)!r}, 'log.jsonl'), Path({str(folder)!r}, 't')))"
        )
        command = [sys.executable, "-c", code]
    else:
        command = [sys.executable, __file__, "--step", step, "--folder", str(folder), *keys]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{step} failed")
    told = {"seconds": seconds, "peak_gb": usage.ru_maxrss * 1024 / 1e9, "pairs": int(said)}
    print(
        f"| {rows:>10,} | {step:<14} | {seconds:>7.1f} | {rows / seconds:>9,.0f} "
        f"| {told['peak_gb']:>7.2f} | {told['pairs']:>10,} |",
        flush=True,
    )
    return told


def compare(folder: Path, rows: int) -> None:
    """Generate, run today's script and ours on the first million, and ours on all."""
    print(f"Generating {rows:,} cleaned traces", file=sys.stderr, flush=True)
    few = min(rows, COMPARED_ROWS)
    # In a process of its own, since a child's peak memory starts at its parent's.
    command = [sys.executable, __file__, "--step", "generate", "--folder", str(folder)]
    said = subprocess.run([*command, str(rows), str(few)], stdout=subprocess.PIPE, check=True)
    keys = said.stdout.decode().split()
    first = keys[: -(-few // ROWS_AN_EXPORT)]
    print("|     traces | step           | seconds |  traces/s | peak GB |      pairs |")
    print("|-----------:|----------------|--------:|----------:|--------:|-----------:|")
    todays = measured(TODAY, folder, [], few)
    for name in ("log.jsonl", "t"):
        (folder / name).unlink()
    ours = [measured(step, folder, first, few) for step in STEPS]
    seconds = sum(told["seconds"] for told in ours)
    memory = max(told["peak_gb"] for told in ours)
    print(
        f"\nOn the same {few:,} rows: {todays['seconds'] / seconds:.2f} times the speed of today's "
        f"script, {memory / todays['peak_gb']:.2f} times its memory. Today's stops at pairs: it "
        f"selects and splits nothing; against it alone, pairing has "
        f"{todays['seconds'] / ours[0]['seconds']:.2f} times the speed.\n"
    )
    if len(keys) > len(first):
        for step in STEPS:
            measured(step, folder, keys, rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=COMPARED_ROWS)
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ROWS:,} rows")
    parser.add_argument("--folder", type=Path, help="keep what is generated here")
    parser.add_argument("--step", choices=["generate", *STEPS], help=argparse.SUPPRESS)
    parser.add_argument("keys", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "generate":
        rows, few = map(int, options.keys)
        keys = generate(options.folder, rows)
        as_log(options.folder, keys[: -(-few // ROWS_AN_EXPORT)], options.folder / "log.jsonl")
        print(*keys)
    elif options.step:
        print(STEPS[options.step](options.folder, options.keys))
    elif options.folder:
        compare(options.folder, SHORT_ROWS if options.short else options.rows)
    else:
        with tempfile.TemporaryDirectory(prefix="dpo-math-") as folder:
            compare(Path(folder), SHORT_ROWS if options.short else options.rows)


if __name__ == "__main__":
    main()
