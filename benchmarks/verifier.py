"""What the verifier reaches: accuracy, self-match, speed, and what hostile answers can do to it.

    python benchmarks/verifier.py [SHARED] [--short] [--show]

SHARED is the folder with the real data (`data/` and `verify_cases/`), by default `shared` beside
the repository. `--show` lists every row that counts against the verifier; `--short` takes fewer
rows, for continuous integration. Nothing here is a test: figures depend on the machine, and the
exit code is 0 unless data is missing.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

# Two workers must not each start a thread for every CPU.
os.environ.setdefault("POLARS_MAX_THREADS", "2")

import polars as pl

from dpo_math_assets.verifier import Verdict, explain, verify, verify_frame
from dpo_math_assets.verifier.rules import rules
from dpo_math_assets.verifier.runtime.worker_pool import shared_pool
from dpo_math_assets_tests.verifier.gamed_answers import ANSWERS, EQUAL
from dpo_math_assets_tests.verifier.gamed_answers import GOLDS as GOLD_KINDS

# Sources whose answers are plain syntax; the others are LaTeX.
PLAIN_SYNTAX = ("kas_compare_tests", "perseus_numeric")
# Rows that say in words what the verdict may be: `correct`, `not incorrect (...)`.
REPORTED_KINDS = "reported_kinds"
GSM8K_LOGS = ("openai_gsm8k_solutions", "zeroeval_gsm8k", "star_gsm8k")
OTHER_LOGS = ("zeroeval_math_l5", "qwen25math_rm_example", "bbh_arithmetic")
DEADLINE_S = 5.0
# Turns that the two checkers take, and measurements of a short frame, of which the median counts.
ROUNDS = 5
SHOWN = 160


def rows_of(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def heading(title: str) -> None:
    print(f"\n## {title}\n")


def table(names: list[str], rows: list[list[object]]) -> None:
    cells = [names, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= SHOWN else "…" + line[1 - SHOWN :]


@dataclass
class Tally:
    """Verdicts against labels. Right: a pass where one is due, and none where none is."""

    rows: int = 0
    right: int = 0
    false_passes: list[str] = field(default_factory=list)
    false_mismatches: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, expected: bool, verdict: Verdict, gold: str, candidate: str) -> None:
        self.rows += 1
        line = (
            f"{verdict.reason}/{verdict.method}: gold {short(gold)!r}, "
            f"extracted {short(verdict.extracted)!r}, candidate {short(candidate)!r}"
        )
        if (verdict.ok is True) == expected:
            self.right += 1
        elif not expected:
            self.false_passes.append(line)
        elif verdict.ok is False:
            self.false_mismatches.append(line)
        else:
            self.missed.append(line)

    def line(self, name: str) -> list[object]:
        share = f"{100 * self.right / self.rows:.1f} %" if self.rows else "-"
        wrong = (len(self.false_passes), len(self.false_mismatches), len(self.missed))
        return [name, self.rows, share, *wrong]

    def show(self, name: str) -> None:
        kinds = {
            "false pass": self.false_passes,
            "false mismatch": self.false_mismatches,
            "undecided": self.missed,
        }
        for kind, lines in kinds.items():
            for line in lines:
                print(f"- {name}: {kind}: {line}")


COLUMNS = ["source", "rows", "right", "false pass", "false mismatch", "undecided, due a pass"]


def accuracy(shared: Path, show: bool) -> None:
    """Labelled pairs of answers, by source. Rows whose label is in words come in `kinds`."""
    heading("Accuracy on labelled answers")
    tallies: dict[str, Tally] = {}
    groups = {"all LaTeX": Tally(), "all plain syntax": Tally()}
    files = sorted((shared / "verify_cases").glob("*.jsonl"))
    files.append(shared / "data" / "answers" / "hardverify_math.jsonl")
    for path in files:
        if path.stem == REPORTED_KINDS:
            continue
        tally = tallies.setdefault(path.stem, Tally())
        group = groups["all plain syntax" if path.stem in PLAIN_SYNTAX else "all LaTeX"]
        for row in rows_of(path):
            verdict = verify(row["prediction"], row["gold"])
            for each in (tally, group):
                each.add(row["expected"], verdict, row["gold"], row["prediction"])
    table(COLUMNS, [tally.line(name) for name, tally in (tallies | groups).items()])
    if show:
        print()
        for name, tally in tallies.items():
            tally.show(name)


def kinds(shared: Path, show: bool) -> None:
    """Kinds of faults that public reports about other checkers led to, and which of them hold."""
    heading("Reported kinds of faults")
    rows = rows_of(shared / "verify_cases" / f"{REPORTED_KINDS}.jsonl")
    faults: dict[str, list[str]] = {row["kind"]: [] for row in rows}
    for row in rows:
        verdict = verify(row["prediction"], row["gold"]).verdict
        expected = row["expected"].split(" (")[0]
        holds = verdict != expected[4:] if expected.startswith("not ") else verdict == expected
        if not holds:
            line = f"{short(row['prediction'])!r} against {short(row['gold'])!r}: {verdict}"
            faults[row["kind"]].append(line)
    wrong = sum(map(len, faults.values()))
    print(
        f"{len(rows) - wrong} of {len(rows)} rows hold, "
        f"{sum(not lines for lines in faults.values())} of {len(faults)} kinds whole."
    )
    for kind, lines in faults.items():
        for line in lines if show else ():
            print(f"- {kind}: {line}")


def rule_evidence(shared: Path) -> None:
    """For how many real rows each rule is applied: one without a row should say why it stays."""
    heading("Rules by the real rows they are applied to")
    counts: Counter[str] = Counter()
    pairs = [
        (str(row["candidate"]), str(row["ground_truth"]))
        for path in sorted((shared / "data" / "logs").glob("*.jsonl"))
        for row in rows_of(path)
    ]
    cases = [*(shared / "verify_cases").glob("*.jsonl"), *(shared / "data/answers").glob("*.jsonl")]
    pairs += [(row["prediction"], row["gold"]) for path in sorted(cases) for row in rows_of(path)]
    for pair in dict.fromkeys(pairs):
        counts.update({step.rule for step in explain(*pair).steps})
    unused = sorted(rules().keys() - counts.keys())
    table(["rule", "rows"], [list(line) for line in counts.most_common()])
    print(f"\n{len(unused)} of {len(rules())} rules without a row: {', '.join(unused) or 'none'}")


def log_frame(shared: Path, name: str) -> pl.DataFrame:
    columns = ("candidate", "ground_truth", "ok")
    rows = rows_of(shared / "data" / "logs" / f"{name}.jsonl")
    return pl.DataFrame([{column: row[column] for column in columns} for row in rows])


def logs(shared: Path, show: bool) -> None:
    """Whole completions with the verdict their source gives them."""
    heading("Real logs against their labels")
    tallies = {}
    for name in (*GSM8K_LOGS, *OTHER_LOGS):
        tally = tallies[name] = Tally()
        for row in verify_frame(log_frame(shared, name)).iter_rows(named=True):
            verdict = Verdict(row["verdict"], row["reason"], row["method"], row["extracted"])
            tally.add(row["ok"], verdict, row["ground_truth"], row["candidate"][-SHOWN:])
    table(COLUMNS, [tally.line(name) for name, tally in tallies.items()])
    print("\nWhere the GSM8K labels and the verifier contradict each other:\n")
    for name in GSM8K_LOGS:
        tally = tallies[name]
        for line in tally.false_passes:
            print(f"- {name}: label wrong, or false pass: {line}")
        for line in tally.false_mismatches:
            print(f"- {name}: label wrong, or false mismatch: {line}")
    if show:
        print()
        for name, tally in tallies.items():
            tally.show(name)


def self_match(shared: Path) -> None:
    """Every MATH gold, given as the final answer, equals itself."""
    heading("FINAL ANSWER: <MATH gold> against itself")
    sources = {
        "math500": shared / "data" / "eval" / "math500.jsonl",
        "zeroeval_math_l5": shared / "data" / "logs" / "zeroeval_math_l5.jsonl",
    }
    lines, failures = [], []
    for name, path in sources.items():
        golds = sorted({row["ground_truth"] for row in rows_of(path)})
        verdicts = [verify(f"FINAL ANSWER: {gold}", gold) for gold in golds]
        failures += [(g, v) for g, v in zip(golds, verdicts, strict=True) if not v.ok]
        lines.append([name, len(golds), sum(bool(verdict.ok) for verdict in verdicts)])
    table(["golds of", "distinct", "pass"], lines)
    for gold, verdict in failures:
        print(f"- {verdict.reason}: {short(gold)!r}, extracted {short(verdict.extracted)!r}")


def cpu_seconds() -> float:
    """Processor time of this process and of the workers that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


# Rows that are measured nowhere: with them, a process loads and fills what is not the rows' own.
WARM_UP = 100
# Of these, one that is proved to many digits: it loads the ball arithmetic.
TO_MANY_DIGITS = ("FINAL ANSWER: \\sqrt{2} + \\sqrt{3}", "\\sqrt{5 + 2\\sqrt{6}}")


def timed(frame: pl.DataFrame, warm_up: pl.DataFrame, workers: int) -> "Timed":
    """`verify_frame` in a fresh process, where no answer is remembered from another measurement."""
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("frame", frame), ("warm_up", warm_up)):
            rows.write_parquet(Path(folder, f"{name}.parquet"))
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            return fresh.submit(measured, Path(folder), workers).result()


class Timed(NamedTuple):
    """Seconds by the clock and of the processors, starting the workers included; and passes."""

    seconds: float
    spent: float
    passes: int


def measured(folder: Path, workers: int) -> Timed:
    frame, warm_up = (pl.read_parquet(folder / f"{name}.parquet") for name in ("frame", "warm_up"))
    verify_frame(warm_up, workers=workers)
    shared_pool(workers).close()
    begun, spent = time.perf_counter(), cpu_seconds()
    verdicts = verify_frame(frame, workers=workers)
    seconds = time.perf_counter() - begun
    shared_pool(workers).close()
    return Timed(seconds, cpu_seconds() - spent, (verdicts["verdict"] == "correct").sum())


def middle(measurements: list[Timed]) -> Timed:
    return Timed(*(median(values) for values in zip(*measurements, strict=True)))


def answer_frame(shared: Path) -> pl.DataFrame:
    """Real extracted answers with their golds: GSM8K and MATH, as a frame of final answers."""
    names = ("openai_gsm8k_solutions", "zeroeval_gsm8k", "zeroeval_math_l5")
    frame = pl.concat([log_frame(shared, name) for name in names])
    answers = verify_frame(frame).filter(pl.col("extracted").is_not_null())
    return answers.select(
        candidate="FINAL ANSWER: " + pl.col("extracted"), ground_truth="ground_truth"
    )


def warmed_up(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows to begin with, and those to measure."""
    numeric = pl.DataFrame([TO_MANY_DIGITS], schema=rows.schema, orient="row")
    return pl.concat([rows.head(WARM_UP), numeric]), rows.tail(-WARM_UP)


def speed(shared: Path, million: int) -> None:
    """Rows a second. On a machine that does other work, processor time says more than the clock."""
    heading("Speed")
    answers = answer_frame(shared)
    logged = log_frame(shared, "zeroeval_gsm8k").drop("ok")
    repeats = -(-million // len(logged))
    # Every completion made a different text, so that none is read once for many rows.
    copies = [
        logged.with_columns(
            pl.format("Attempt {}.\n{}", pl.lit(number), "candidate").alias("candidate")
        )
        for number in range(repeats)
    ]
    distinct = answers.unique(maintain_order=True)
    warm_up, distinct = warmed_up(distinct)
    frames = [
        ("final answers as logged", answers, 1),
        ("the distinct ones of these", distinct, 1),
        ("whole completions as logged", logged, 1),
        ("whole completions, repeated", pl.concat(copies).head(million), 2),
    ]
    lines: list[list[object]] = []
    for name, frame, workers in frames:
        seconds, spent, _ = middle(
            [timed(frame, warm_up, workers) for _ in range(ROUNDS if workers == 1 else 1)]
        )
        rates = (f"{len(frame) / seconds:,.0f}", f"{len(frame) / spent:,.0f}")
        lines.append([name, len(frame), workers, f"{seconds:.2f}", f"{spent:.2f}", *rates])
    columns = ["frame", "rows", "workers", "s", "processor s", "rows/s", "rows/processor s"]
    table(columns, lines)
    size = logged["candidate"].str.len_chars().mean()
    print(
        "\nFinal answers: as extracted from real GSM8K and MATH completions, after FINAL ANSWER:.\n"
        f"Whole completions: the {len(logged):,} of zeroeval_gsm8k, {size:.0f} characters on "
        f"average; repeated: {repeats} times, each time with a first line of its own.\n"
        f"Load of the machine meanwhile (1 minute): {os.getloadavg()[0]:.1f}, "
        f"processors: {os.cpu_count()}."
    )


def peer(shared: Path, sample: int | None) -> None:
    """Math-Verify and `verify_frame` on the same rows: as logged, and the distinct ones alone.

    They take turns, so that a machine that slows down slows both: a share of the rows to the one,
    then all of them to the other, in a fresh process each time, of which the median counts.
    """
    heading("Against Math-Verify")
    try:
        from math_verify import parse as peer_parse
        from math_verify import verify as peer_verify
    except ImportError:
        print("math-verify is not installed")
        return
    import logging

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)

    def agree(rows: pl.DataFrame) -> int:
        texts = rows.select(pl.col("candidate").str.strip_prefix("FINAL ANSWER: "), "ground_truth")
        return sum(
            bool(peer_verify(peer_parse(f"${gold}$"), peer_parse(f"${answer}$")))
            for answer, gold in texts.iter_rows()
        )

    def in_turns(rows: pl.DataFrame) -> tuple[Timed, Timed]:
        theirs, ours = Timed(0, 0, 0), []
        for share in rows.iter_slices(-(-len(rows) // ROUNDS)):
            begun, spent = time.perf_counter(), cpu_seconds()
            passes = agree(share)
            used = (time.perf_counter() - begun, cpu_seconds() - spent, passes)
            theirs = Timed(*(total + more for total, more in zip(theirs, used, strict=True)))
            ours.append(timed(rows, warm_up, 1))
        return theirs, middle(ours)

    answers = answer_frame(shared).sample(fraction=1, shuffle=True, seed=1)
    distinct = answers.unique(maintain_order=True)
    warm_up, distinct = warmed_up(distinct)
    agree(warm_up)
    lines: list[list[object]] = []
    for name, frame in (("as logged", answers), ("distinct", distinct)):
        rows = frame.slice(0, sample)
        theirs, own = in_turns(rows)
        for checker, each in (("Math-Verify, answers in $…$", theirs), ("verify_frame", own)):
            times = (f"{each.seconds:.3f}", f"{each.spent:.3f}")
            lines.append([name, len(rows), checker, *times, each.passes, ""])
        lines[-1][-1] = f"{theirs.seconds / own.seconds:,.0f} ({theirs.spent / own.spent:,.0f})"
    table(["rows", "number", "checker", "s", "processor s", "passes", "ratio (processor)"], lines)


HOSTILE = {
    "code": "__import__('os').system('echo executed')",
    "code in LaTeX": "\\boxed{().__class__.__bases__[0].__subclasses__()}",
    "lambda": "(lambda f: f(f))(lambda f: f(f))",
    "tower of powers": "9^9^9^9",
    "tower in LaTeX": "9^{9^{9^{9^{9}}}}",
    "factorial of 10^8": "(10^8)!",
    "factorial of a factorial": "((10!)!)!",
    "100,000 brackets": "(" * 100_000 + "1" + ")" * 100_000,
    "100,000 open boxes": "\\boxed{" * 100_000,
    "1 MB of digits": "7" * 1_000_000,
    "1 MB of a sum": "x+" * 500_000 + "1",
    "10,000 roots": "\\sqrt" * 10_000 + "{2}",
    "an integral nobody solves": "\\int_0^1 \\sin(\\sin(x)) e^{x^3} \\ln(x) \\, dx",
    "Integral(...).doit()": "Integral(exp(x**x), (x, 0, 1)).doit()",
    "a double sum": "\\sum_{k=1}^{300} \\sum_{j=1}^{300} \\sin(jk)",
    "an expansion": "(a+b+c+d+e+f+g+h)^{200} \\sin(x) - (a+b)^{100}",
    "NaN": "NaN",
    "zoo": "zoo",
    "oo - oo": "\\infty - \\infty",
    "1/0": "\\frac{1}{0}",
}
# Each hostile answer meets each of these golds, and itself.
GOLDS = ("42", "\\frac{1}{3}", "x^2+1", "\\int_0^1 x^2 \\, dx")
HONEST = [("FINAL ANSWER: 42", "42", "correct"), ("FINAL ANSWER: 41", "42", "incorrect")]


def hostile_rows(texts: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, text in texts.items():
        for gold in (*GOLDS, text):
            yield name, f"FINAL ANSWER: {text}", gold


def hostile(deadline_s: float) -> None:
    """Each hostile row alone, to see its time; then all of them in one frame with honest rows."""
    heading(f"Hostile answers, deadline {deadline_s:g} s")
    worst: dict[str, float] = {}
    verdicts: dict[str, Counter[str]] = {}
    warm = pl.DataFrame({"candidate": ["\\int_0^1 x^2 dx"], "ground_truth": ["1/3"]})
    verify_frame(warm, workers=1)
    for name, candidate, gold in hostile_rows(HOSTILE):
        frame = pl.DataFrame({"candidate": [candidate], "ground_truth": [gold]})
        begun = time.perf_counter()
        out = verify_frame(frame, workers=1, timeout_s=deadline_s)
        worst[name] = max(worst.get(name, 0.0), time.perf_counter() - begun)
        verdicts.setdefault(name, Counter())[out["reason"][0]] += 1
    lines = [
        [name, f"{seconds:.2f}", ", ".join(f"{k} {v}" for k, v in verdicts[name].items())]
        for name, seconds in worst.items()
    ]
    table(["answer", "worst s", "reasons"], lines)
    print(f"\nWorst overrun of the deadline: {max(0.0, max(worst.values()) - deadline_s):.2f} s")
    rows = [(candidate, gold, None) for _, candidate, gold in hostile_rows(HOSTILE)]
    mixed = [row for pair in zip(rows, HONEST * len(rows), strict=False) for row in pair]
    frame = pl.DataFrame(mixed, schema=["candidate", "ground_truth", "due"], orient="row")
    out = verify_frame(frame, workers=2, timeout_s=deadline_s)
    honest = out.filter(pl.col("due").is_not_null())
    right = (honest["verdict"] == honest["due"]).sum()
    print(f"Honest rows among them: {right} of {len(honest)} right")


def gamed() -> None:
    """Answers that say nothing, each against a gold of every kind: how many would be rewarded."""
    heading("Answers that say nothing, as rewards")
    pairs = [(text, gold) for text in ANSWERS.values() for gold in GOLD_KINDS.values()]
    frame = pl.DataFrame(pairs, schema=["candidate", "ground_truth"], orient="row")
    counts = Counter(verify_frame(frame, timeout_s=DEADLINE_S)["verdict"])
    table(
        ["pairs", "correct", "of these equal", "undecided", "incorrect"],
        [[len(pairs), counts["correct"], len(EQUAL), counts["undecided"], counts["incorrect"]]],
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shared", nargs="?", type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    shared = options.shared or Path(__file__).parents[1].parent / "shared"
    if not (shared / "verify_cases").is_dir():
        sys.exit(f"no data at {shared}: give the folder that holds data/ and verify_cases/")
    accuracy(shared, options.show)
    kinds(shared, options.show)
    if not options.short:
        rule_evidence(shared)
    logs(shared, options.show)
    self_match(shared)
    speed(shared, 20_000 if options.short else 1_000_000)
    peer(shared, 100 if options.short else None)
    hostile(1.0 if options.short else DEADLINE_S)
    gamed()


if __name__ == "__main__":
    main()
