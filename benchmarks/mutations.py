"""Do the tests of the guards notice a fault in a guard? Mutation testing with Cosmic Ray.

    python benchmarks/mutations.py [--short] [--only MODULE ...] [--seed N]

A guard decides what is let through: the checks of the graph, the release gate, split,
decontamination, pairing, and what stages and storage record and refuse. Cosmic Ray's operators put
one fault at a time into a copy of the project (`<` for `<=`, `not` before a condition, a number one
larger), and the guard's own tests run on it. A fault that no test notices is listed: a test is
missing, or the fault changes nothing that matters. `--short` takes a few faults of a few guards, by
`--seed`; the whole takes about an hour of one core. Nothing here is a test: it reports and never
fails.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = "dpo_math_assets", "dpo_math_assets_tests"
# Each guard, and the tests that must notice a fault in it.
GUARDS = {
    "checks/raw_verifier_logs.py": ["graph/test_checks.py"],
    "checks/cleaned_traces.py": ["graph/test_checks.py"],
    "checks/preference_pairs.py": ["graph/test_checks.py"],
    "checks/dpo_dataset.py": ["graph/test_checks.py"],
    "checks/dpo_checkpoint.py": ["graph/test_checks.py"],
    "checks/offline_eval_pass_rates.py": ["graph/test_checks.py"],
    "evaluation/gate.py": ["evaluation/test_gate.py"],
    "pairs/split.py": ["pairs/test_split.py"],
    "pairs/asked_problems.py": ["pairs/test_decontamination.py", "pairs/test_wrapped_problems.py"],
    "pairs/decontamination.py": ["pairs/test_decontamination.py"],
    "pairs/shared_runs.py": ["pairs/test_decontamination.py"],
    "pairs/pairing.py": ["pairs/test_pairing.py"],
    "stages/ingest.py": ["stages/test_ingest.py"],
    "stages/up_to_date.py": ["stages/test_up_to_date.py"],
    "stages/evaluation.py": ["stages/test_evaluation.py"],
    "stages/retention.py": ["stages/test_retention.py"],
    "storage/atomic.py": ["storage/test_atomic.py", "storage/test_versions.py"],
    "storage/partitions.py": ["storage/test_partitions.py", "stages/test_ingest.py"],
    "storage/snapshots.py": ["storage/test_snapshots.py"],
    "storage/versions.py": ["storage/test_versions.py"],
}
# Of Cosmic Ray's operators those whose faults a person makes, and no two that ask the same.
OPERATORS = [
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in (
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
            *("Lt_LtE", "Lt_Gt", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_Lt", "GtE_Gt", "GtE_Lt"),
        )
    ),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("BitAnd_BitOr", "BitOr_BitAnd")),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul")),
    *("AddNot", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_Invert"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("NumberReplacer", "ZeroIterationForLoop", "ReplaceBreakWithContinue"),
    *("ReplaceContinueWithBreak",),
]
SHORT = 3  # guards, and faults of each
# Libraries that the tests import, loaded once: the processes that run the tests begin with them.
PRELOADED = ["pytest", "hypothesis", "polars", "dagster", "pydantic"]


@dataclass(frozen=True)
class Fault:
    """One change of one guard."""

    guard: str
    line: int
    before: str  # the line
    after: str
    code: str  # of the whole module


def faults(guard: str) -> Iterator[Fault]:
    """Every fault of a guard's module, as long as the module still compiles with it."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    path = ROOT / PACKAGE / guard
    source = path.read_text("utf-8")
    nodes = list(ast_nodes(get_ast_from_path(path)))
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for number, ((line, column), _) in enumerate(places):
            before = source.splitlines()[line - 1]
            if before.startswith("@dataclass") or before[column:].startswith(("| None", "*,")):
                continue  # how a type is written, and no decision
            code = mutate_code(source, operator, number)
            if code is not None and compiles(code):
                yield Fault(guard, line, before.strip(), code.splitlines()[line - 1].strip(), code)


def compiles(code: str) -> bool:
    """Whether Python reads it."""
    try:
        compile(code, "fault", "exec")
    except SyntaxError:
        return False
    return True


def run_tests(tree: str, tests: list[str]) -> None:
    """Run the tests in the tree's copy of the project; the exit status is pytest's."""
    import pytest

    os.chdir(tree)
    sys.path.insert(0, tree)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    quick = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow and not fault"]
    os._exit(int(pytest.main([*quick, *(f"{TESTS}/{test}" for test in tests)])))


def exit_status(tree: Path, guard: str, seconds: float | None = None) -> int | None:
    """pytest's exit status for a guard's tests; None where they did not end in time."""
    process = multiprocessing.get_context("forkserver").Process(
        target=run_tests, args=(str(tree), GUARDS[guard])
    )
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        return None
    return process.exitcode


def noticed(fault: Fault, tree: Path, seconds: float) -> bool:
    """Whether a test fails, or does not end, with the fault in place."""
    path = tree / PACKAGE / fault.guard
    source = path.read_text("utf-8")
    path.write_text(fault.code, "utf-8")
    try:
        return exit_status(tree, fault.guard, seconds) != 0
    finally:
        path.write_text(source, "utf-8")


def main() -> None:
    """Report, for each guard, how many faults its tests notice, and those that they do not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--short", action="store_true", help=f"{SHORT} faults of each of {SHORT} guards"
    )
    parser.add_argument("--only", nargs="+", choices=list(GUARDS), default=list(GUARDS))
    parser.add_argument("--seed", type=int, default=0, help="picks the faults of --short")
    options = parser.parse_args()
    # No bytecode: a fault may leave a module's size and the second of its change as they were.
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}
    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOADED)
    workers = os.cpu_count() or 1
    begun = time.monotonic()
    survivors: list[Fault] = []
    print(
        "## Faults in guards\n\n"
        "| guard | faults | noticed | not noticed |\n| --- | --- | --- | --- |"
    )
    with tempfile.TemporaryDirectory(prefix="dpo-math-mutations-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for number in range(workers):
            tree = Path(folder) / str(number)
            for name in (PACKAGE, TESTS):
                shutil.copytree(
                    ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__")
                )
            shutil.copy(ROOT / "pyproject.toml", tree)
            trees.put(tree)

        draw = random.Random(options.seed)
        guards = draw.sample(options.only, min(SHORT, len(options.only)))
        for guard in guards if options.short else options.only:
            tree = trees.get()
            started = time.monotonic()
            if status := exit_status(tree, guard):
                print(f"| {guard} | its tests fail without any fault (status {status}) | | |")
                trees.put(tree)
                continue
            seconds = 20 + 10 * (time.monotonic() - started)
            trees.put(tree)
            chosen = list(faults(guard))
            if options.short:
                chosen = draw.sample(chosen, min(SHORT, len(chosen)))

            def judge(fault: Fault, seconds: float = seconds) -> bool:
                tree = trees.get()
                try:
                    return noticed(fault, tree, seconds)
                finally:
                    trees.put(tree)

            with ThreadPoolExecutor(workers) as pool:
                results = list(pool.map(judge, chosen))
            count = Counter(results)
            print(f"| {guard} | {len(chosen)} | {count[True]} | {count[False]} |", flush=True)
            survivors += [fault for fault, seen in zip(chosen, results, strict=True) if not seen]
    print(f"\n{time.monotonic() - begun:.0f} s with {workers} processes.")
    for fault in sorted(survivors, key=lambda fault: (fault.guard, fault.line)):
        print(
            f"\n{PACKAGE}/{fault.guard}, line {fault.line}"
            f"\n    - {fault.before}\n    + {fault.after}"
        )


if __name__ == "__main__":
    main()
