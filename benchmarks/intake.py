"""Logs through raw traces, cleaned traces and pairs: rows a second, memory, cost of history.

    python benchmarks/intake.py [--rows N] [--exports N] [--short] [--folder FOLDER] [--only PART]

Three questions, each answered in one run on this machine:

- `today`: the same rows, a million at most, through the script that people use today (everything in
  memory, grouped by prompt and reference answer, the log's word taken for the truth, every right
  with every wrong) and through the three stages;
- `volume`: `--rows` rows in `--exports` files through the stages, a process a stage;
- `history`: what one more export of a fixed size costs after 10, 100 and 1,000 others.

The logs are generated, the same for the same arguments, about 650 bytes a row. They and all that is
made of them go to a temporary folder (under `--folder`, which needs about four times the logs'
size) and are removed. `--short` is the form for continuous integration. Nothing here is a test.
Memory is the largest resident set of the process and its children together.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

# As many threads as the stages get elsewhere, so that figures of two machines can be compared.
os.environ.setdefault("POLARS_MAX_THREADS", "2")

import psutil

from dpo_math_assets.settings import Settings, VerificationSettings
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
)
from dpo_math_assets.stages.up_to_date import outdated_pairs
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.traces.containers import ExportFile
from dpo_math_assets.traces.limits import ReadingLimits

ROWS = 1_000_000
# Attempts at one problem in a row, and all that a log of the part `volume` holds of it.
ATTEMPTS = 4
ATTEMPTS_IN_ALL = 20
# Of an export whose cost is measured against history; its problems come back within so many.
EXPORT_ROWS = 500
EXPORT_PROBLEMS = EXPORT_ROWS // ATTEMPTS
COME_BACK_WITHIN = 10
HISTORIES = (10, 100, 1_000)
# Exports that a cost is the mean of: as many as there are between two merges of the smallest kind.
MEASURED = 8


# The logs ----------------------------------------------------------------------------------------

_STEPS = (
    "First I write down what is given: {a} and {b}, and what is asked for.",
    "Multiplying {a} by {b} gives {c}, which I keep for the next step.",
    "Since {b} is smaller than {c}, the difference is {a} and the sum stays below {c}.",
    "Let x = {a}. Then 2x + {b} = {c}, so that x can be read off after subtracting {b}.",
    "Checking with small numbers: {a} + {b} is not {c}, so the first guess has to be dropped.",
    "We use \\\\(\\\\frac{{{a}}}{{{b}}}\\\\) and simplify, which leaves {c} in the numerator.",
)
_ENDS = ("FINAL ANSWER: {}", "So we get \\boxed{{{}}}.", "#### {}", "The answer is {}.")


def _gold(number: int) -> tuple[str, str]:
    """A reference answer and one that is wrong, of the kinds that logs hold."""
    kind, n = number % 20, number % 997 + 2
    if kind < 13:
        return str(n), str(n + 1 + number % 7)
    if kind < 16:
        return f"\\frac{{{n}}}{{{n + 3}}}", f"\\frac{{{n + 1}}}{{{n + 3}}}"
    if kind < 18:
        return f"{n}.5", f"{n}.25"
    if kind == 18:
        return f"2*x+{n}", f"2*x-{n}"
    return f"({n}, {n + 1})", f"({n + 1}, {n})"


def _completion(chance: random.Random, answer: str) -> str:
    steps = [
        chance.choice(_STEPS).format(
            a=chance.randrange(900), b=chance.randrange(900), c=chance.randrange(90_000)
        )
        for _ in range(chance.randrange(3, 8))
    ]
    end = chance.random()
    if end < 0.02:
        return " ".join(steps)[:-1] + " and then"  # cut off
    return "\n".join([*steps, chance.choice(_ENDS).format(answer)])


def log_lines(rows: int, seed: int, problems: range) -> Iterator[str]:
    """`rows` lines of a log: mostly flat attempts, with other shapes, damage and blank lines."""
    chance = random.Random(seed)
    made = 0
    while made < rows:
        problem = chance.choice(problems)
        gold, wrong = _gold(problem)
        prompt = f"Problem {problem}: what is left of {problem % 97} crates of {gold}?"
        skill = chance.random()
        for _ in range(min(ATTEMPTS, rows - made)):
            right = chance.random() < skill
            text = _completion(chance, gold if right else wrong)
            yield _line(chance, f"{seed}-{made}", prompt, text, gold, right)
            made += 1


def _line(chance: random.Random, name: str, prompt: str, text: str, gold: str, right: bool) -> str:
    kind = chance.random()
    ok = right if chance.random() < 0.95 else not right
    if kind < 0.75:
        record: dict[str, Any] = {
            "trace_id": name,
            "prompt": prompt,
            "candidate": text,
            "ground_truth": gold,
            "ok": ok,
            "model": "solver-7b",
            "temperature": 0.7,
            "latency_ms": chance.randrange(9_000),
        }
    elif kind < 0.85:
        record = {"id": name, "prompt": prompt, "gold": gold, "model_output": text}
    elif kind < 0.99:
        record = {
            "problem": {"id": name, "goal": prompt, "context": {"ground_truth": gold}},
            "solver_output": {"summary": text, "data": {}, "artifacts": [], "essence_ids": [name]},
            "check": {"ok": ok, "reason": "pass" if ok else "mismatch", "metrics": {}},
        }
    elif kind < 0.994:
        record = {"kind": "training-trace", "version": 1, "id": name, "seq": 1, "pass": True}
    elif kind < 0.997:
        return json.dumps({"trace_id": name, "prompt": prompt, "candidate": text})[:-40]
    else:
        return ""
    return json.dumps(record)


def write_log(path: Path, rows: int, seed: int, problems: range) -> None:
    """A log file of so many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for line in log_lines(rows, seed, problems):
            file.write(line + "\n")


def fingerprint(path: Path) -> str:
    """What landing would register the file under."""
    source = ExportFile(path, ReadingLimits())
    for _ in source.chunks():
        pass
    return source.fingerprint


# What is measured, each in a process of its own --------------------------------------------------


def todays_script(log: Path, target: Path) -> dict[str, Any]:
    """The script of today, as its users know it."""
    records = []
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                records.append(json.loads(line))
            except ValueError:
                continue
    groups: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {}
    for record in records:
        prompt = (record.get("prompt") or "").strip()
        truth = (record.get("ground_truth") or "").strip()
        output = record.get("solver_output")
        candidate = record.get("candidate") or (output if isinstance(output, str) else "")
        candidate = candidate.strip()
        if prompt and truth and candidate:
            sides = groups.setdefault((prompt, truth), ([], []))
            sides[0 if record.get("ok") else 1].append((record.get("trace_id"), candidate))
    pairs = 0
    with target.open("w", encoding="utf-8") as out:
        for (prompt, _), (passes, fails) in groups.items():
            for (pass_id, chosen), (fail_id, rejected) in product(passes, fails):
                meta = {"trace_id_pass": pass_id, "trace_id_fail": fail_id}
                meta["verifier"] = "math.sympy.verify"
                row = {"prompt": prompt, "chosen": chosen, "rejected": rejected, "meta": meta}
                out.write(json.dumps(row) + "\n")
                pairs += 1
    return {"traces": sum(len(p) + len(f) for p, f in groups.values()), "pairs": pairs}


def stage(name: str, logs: Path, data: Path) -> dict[str, Any]:
    """One stage over all logs of a folder."""
    workspace = Workspace.at(data)
    paths = {path.name: path for path in sorted(logs.iterdir())}
    if name == "raw":
        reports = [
            read_file(workspace, key, path, fingerprint(path)) for key, path in paths.items()
        ]
        return {
            "traces": sum(report.traces for report in reports),
            "quarantined": sum(sum(report.quarantined.values()) for report in reports),
        }
    if name == "cleaned":
        workers = os.cpu_count() or 1
        settings = Settings(verification=VerificationSettings(workers=workers))
        workspace = Workspace.at(data, settings=settings)
        cleaned = [clean_partition(workspace, key) for key in paths]
        return {"correct": sum(report.verdicts.get("correct", 0) for report in cleaned)}
    inputs = pairing_inputs(workspace, paths)
    return {"pairs": sum(pair_partition(workspace, key, inputs).pairs for key in paths)}


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def small_exports(logs: Path, data: Path) -> dict[str, Any]:
    """CPU seconds of each of many small exports by stage, and of the look for what is new."""
    settings = Settings(verification=VerificationSettings(workers=1))
    workspace = Workspace.at(data, settings=settings)
    paths = {path.name: path for path in sorted(logs.iterdir())}
    costs: dict[str, list[float]] = {"raw": [], "cleaned": [], "pairs": [], "look": []}

    def timed(name: str, work: Any) -> None:
        before = _cpu_seconds()
        work()
        costs[name].append(_cpu_seconds() - before)

    for key, path in paths.items():
        timed("raw", lambda: read_file(workspace, key, path, fingerprint(path)))  # noqa: B023
        timed("cleaned", lambda: clean_partition(workspace, key))  # noqa: B023
    inputs = pairing_inputs(workspace, paths)
    for number, key in enumerate(paths, start=1):
        timed("pairs", lambda: pair_partition(workspace, key, inputs))  # noqa: B023
        known = list(paths)[:number] if number in HISTORIES else []
        timed("look", lambda: outdated_pairs(workspace, known))  # noqa: B023
    return costs


@dataclass
class Cost:
    """What a process took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    told: dict[str, Any]


def measured(name: str, *arguments: Path) -> Cost:
    """Run one of the functions above in a process of its own."""
    command = [sys.executable, __file__, "--work", name, *map(str, arguments)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    watch = _Watch(process.pid)
    told, _ = process.communicate()
    seconds = time.perf_counter() - start
    peak = watch.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, peak, json.loads(told))


class _Watch(threading.Thread):
    """Looks ten times a second how much memory a process and its children hold."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._peak = 0
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.1):
            held = 0
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.Error:
                continue
            for member in family:
                try:
                    held += member.memory_info().rss
                except psutil.Error:
                    continue  # it has just ended
            self._peak = max(self._peak, held)

    def stop(self) -> float:
        self._over.set()
        self.join()
        return self._peak / 2**20


WORK = {
    "today": todays_script,
    "raw": lambda *folders: stage("raw", *folders),
    "cleaned": lambda *folders: stage("cleaned", *folders),
    "pairs": lambda *folders: stage("pairs", *folders),
    "small exports": small_exports,
}


# The report --------------------------------------------------------------------------------------


def heading(title: str) -> None:
    print(f"\n## {title}\n", flush=True)


def row(*cells: object) -> None:
    shown = [
        f"{cell:,.1f}"
        if isinstance(cell, float)
        else f"{cell:,}"
        if isinstance(cell, int)
        else str(cell)
        for cell in cells
    ]
    print("| " + " | ".join(shown) + " |", flush=True)


def table(*names: str) -> None:
    row(*names)
    row(*("---" for _ in names))


def _cost_row(name: str, rows: int, cost: Cost) -> None:
    told = ", ".join(f"{count:,} {what}" for what, count in cost.told.items())
    row(name, cost.seconds, cost.cpu_seconds, int(rows / cost.seconds), int(cost.peak_mb), told)


def today(folder: Path, rows: int) -> None:
    """The same log through the script of today and through the stages."""
    heading(f"Today's script and the stages on the same {rows:,} rows")
    logs, data = folder / "logs", folder / "data"
    log = logs / "log.jsonl"
    write_log(log, rows, 0, range(max(1, rows // ATTEMPTS_IN_ALL)))
    table("what", "seconds", "CPU seconds", "rows/s", "peak MB", "gave")
    script = measured("today", log, folder / "pairs.jsonl")
    _cost_row("today's script", rows, script)
    costs = [measured(name, logs, data) for name in ("raw", "cleaned", "pairs")]
    for name, cost in zip(("raw", "cleaned", "pairs"), costs, strict=True):
        _cost_row(name, rows, cost)
    together = sum(cost.seconds for cost in costs)
    peak = max(cost.peak_mb for cost in costs)
    print(
        f"\nAll three stages take {together / script.seconds:.1f} times the script's time and "
        f"{peak / script.peak_mb:.2f} of its memory; the script writes "
        f"{(folder / 'pairs.jsonl').stat().st_size / 1e6:,.0f} MB of pairs."
    )


def volume(folder: Path, rows: int, exports: int) -> None:
    """Many rows in a few exports."""
    heading(f"{rows:,} rows in {exports} exports")
    logs, data = folder / "logs", folder / "data"
    problems = range(max(1, rows // ATTEMPTS_IN_ALL))
    for number in range(exports):
        write_log(logs / f"day-{number:04d}.jsonl", rows // exports, number, problems)
    size = sum(path.stat().st_size for path in logs.iterdir())
    print(f"{size / 1e9:.2f} GB of JSON lines\n", flush=True)
    table("stage", "seconds", "CPU seconds", "rows/s", "peak MB", "gave")
    for name in ("raw", "cleaned", "pairs"):
        _cost_row(name, rows, measured(name, logs, data))


def history(folder: Path, exports: int, rows: int) -> None:
    """Small exports one after the other, of problems that come back, in two ways."""
    kinds = {
        "problems come back for a while": lambda n: range(
            max(0, n + 1 - COME_BACK_WITHIN) * EXPORT_PROBLEMS, (n + 1) * EXPORT_PROBLEMS
        ),
        "the same problems in every export": lambda n: range(EXPORT_PROBLEMS),
    }
    for kind, problems in kinds.items():
        heading(f"{exports:,} exports of {rows} rows in one run: {kind}")
        logs, data = folder / kind / "logs", folder / kind / "data"
        for number in range(exports):
            write_log(logs / f"day-{number:06d}.jsonl", rows, number, problems(number))
        cost = measured("small exports", logs, data)
        points = [point for point in HISTORIES if point + MEASURED <= exports]
        names = [f"ms after {point:,} exports" for point in points]
        table("stage", "CPU seconds of all", *names, "most ms")
        for name in ("raw", "cleaned", "pairs"):
            each = cost.told[name]
            means = [1000 * sum(each[p : p + MEASURED]) / MEASURED for p in points]
            row(name, sum(each), *means, 1000 * max(each))
        looks = [1000 * cost.told["look"][point - 1] for point in points]
        row("look for outdated pairs", "", *looks, "")
        print(f"\npeak {cost.peak_mb:,.0f} MB", flush=True)


def main() -> int:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--exports", type=int, default=10)
    parser.add_argument("--short", action="store_true", help="few rows, for CI")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--only", choices=["today", "volume", "history"])
    parser.add_argument("--work", nargs="+", help=argparse.SUPPRESS)
    options, _ = parser.parse_known_args()
    if options.work:
        name, *arguments = options.work
        print(json.dumps(WORK[name](*map(Path, arguments))))
        return 0
    rows = 20_000 if options.short else options.rows
    parts = {
        "today": lambda folder: today(folder, min(rows, ROWS)),
        "volume": lambda folder: volume(folder, rows, options.exports),
        "history": lambda folder: history(
            folder,
            (HISTORIES[1] if options.short else HISTORIES[2]) + MEASURED,
            EXPORT_ROWS // 5 if options.short else EXPORT_ROWS,
        ),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="intake-", dir=options.folder) as folder:
                part(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
