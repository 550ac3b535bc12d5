"""What the verifier says of a pinned corpus, as a digest per source: a changed verdict is seen.

    python3.11 bootstrap.py pin [--renew] [--against REVISION] [--show N] [SOURCE ...]

Each source is a list of (completion, gold) rows made from the real data in `shared` beside the
project, and from the project's own cases. Its digest covers verdict, reason, method and extracted
answer of every row. `digests.json` holds the digests and the VERIFIER_VERSION that they belong to;
the data is not part of the project, and a source whose data is absent is left out.

Where a digest differs, the rows that changed are listed: the verifier of the revision that last
renewed `digests.json` (or of `--against`) reads the same rows. The exit code is 1 where a digest
changed and VERIFIER_VERSION did not. `--renew` writes the digests; it refuses to do so for changed
verdicts under an old version.
"""

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import polars as pl

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared"
PINS = HERE / "digests.json"
OWN_CASES = HERE / "own_cases.jsonl"
# Far above what any pair needs on a busy machine: a pin must not depend on the clock.
DEADLINE_S = 120.0
FIELDS = ("verdict", "reason", "method", "extracted")

Row = tuple[str, str]


def _rows_of(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _log(rows: list[dict[str, Any]]) -> Iterator[Row]:
    """Completions against their gold, against another row's, and cut off at two places."""
    for number, row in enumerate(rows):
        text, gold = str(row["candidate"]), str(row["ground_truth"])
        other = str(rows[(number + 7) % len(rows)]["ground_truth"])
        yield text, gold
        yield text, other
        yield text[: len(text) * 2 // 3], gold
        yield text[: len(text) - 12], gold
        yield text[len(text) // 2 :], gold


def _answers(rows: list[dict[str, Any]]) -> Iterator[Row]:
    """Labelled pairs of answers, both ways round, behind markers, and beside another row's gold."""
    for number, row in enumerate(rows):
        answer, gold = str(row["prediction"]), str(row["gold"])
        yield answer, gold
        yield gold, answer
        yield f"So the answer is \\boxed{{{answer}}}.", gold
        yield f"Step 1 is done.\nFINAL ANSWER: {answer}", gold
        yield answer, str(rows[(number + 3) % len(rows)]["gold"])


def _golds(rows: list[dict[str, Any]]) -> Iterator[Row]:
    """Golds against themselves and against the next ones."""
    golds = [str(row.get("ground_truth", row.get("gold"))) for row in rows]
    for number, gold in enumerate(golds):
        for step in range(4):
            yield golds[(number + step) % len(golds)], gold


def _checker_runs(rows: list[dict[str, Any]]) -> Iterator[Row]:
    for row in rows:
        gold = str(row["problem"]["context"]["ground_truth"])
        yield str(row["solver_output"]["summary"]), gold
        yield str(row["solver_output"]["data"].get("final", "")), gold


def sources() -> dict[str, list[Row]]:
    """The rows of every source that is there, by name."""
    made = {
        SHARED / "data" / "logs": _log,
        SHARED / "data" / "answers": _answers,
        SHARED / "data" / "eval": _golds,
        SHARED / "data" / "checker_runs": _checker_runs,
        SHARED / "verify_cases": _answers,
    }
    found = {"own_cases": [(row["answer"], row["gold"]) for row in _rows_of(OWN_CASES)]}
    for folder, rows in made.items():
        for path in sorted(folder.glob("*.jsonl")):
            found[path.stem] = list(rows(_rows_of(path)))
    return found


def verdicts(rows: list[Row]) -> pl.DataFrame:
    """`answer`, `gold`, and what the verifier says of each row."""
    from dpo_math_assets.verifier import verify_frame

    frame = pl.DataFrame(rows, schema={"answer": pl.String, "gold": pl.String}, orient="row")
    return verify_frame(frame, candidate="answer", ground_truth="gold", timeout_s=DEADLINE_S)


def digest(said: pl.DataFrame) -> str:
    """One digest of the verdicts of a source, in order."""
    lines = (json.dumps(row) for row in said.select(FIELDS).iter_rows())
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def verdicts_at(revision: str, names: list[str]) -> dict[str, pl.DataFrame]:
    """What the verifier of another revision says of the sources, by running its code."""
    archive = subprocess.run(
        ["git", "archive", revision, "dpo_math_assets"], cwd=ROOT, check=True, capture_output=True
    )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        subprocess.run(
            [sys.executable, __file__, "--write", folder, *names],
            check=True,
            env={**os.environ, "PYTHONPATH": folder},
        )
        return {name: pl.read_parquet(Path(folder) / f"{name}.parquet") for name in names}


def show_changes(before: pl.DataFrame, after: pl.DataFrame, name: str, most: int) -> None:
    """Every row whose verdict, reason, method or extracted answer changed."""
    kinds: Counter[str] = Counter()
    for old, new in zip(before.iter_rows(named=True), after.iter_rows(named=True), strict=True):
        changed = [field for field in FIELDS if old[field] != new[field]]
        if not changed:
            continue
        kind = f"{old['verdict']}/{old['reason']} -> {new['verdict']}/{new['reason']}"
        kinds[kind] += 1
        if sum(kinds.values()) <= most:
            print(f"- {name}: {kind}")
            print(f"    answer {old['answer'][-160:]!r}, gold {old['gold'][:160]!r}")
            print("    " + "; ".join(f"{f}: {old[f]!r} -> {new[f]!r}" for f in changed))
    for kind, count in kinds.most_common():
        print(f"{name}: {count} rows {kind}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renew", action="store_true", help="write the digests")
    parser.add_argument("--against", help="the revision to compare with, instead of the pinned one")
    parser.add_argument("--show", type=int, default=40, help="rows to show of each source")
    parser.add_argument("--write", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", help="sources; all by default")
    chosen = parser.parse_args()
    from dpo_math_assets.verifier import VERIFIER_VERSION

    rows = {name: r for name, r in sources().items() if name in (chosen.names or [name])}
    said = {}
    for name, source in rows.items():
        said[name] = verdicts(source)
        if chosen.write:
            said[name].write_parquet(Path(chosen.write) / f"{name}.parquet")
    if chosen.write:
        return 0
    pinned = (
        json.loads(PINS.read_text("utf-8")) if PINS.exists() else {"version": "", "sources": {}}
    )
    digests = {name: digest(frame) for name, frame in said.items()}
    changed = [name for name in digests if pinned["sources"].get(name) != digests[name]]
    total = sum(map(len, rows.values()))
    print(f"{total} rows of {len(rows)} sources; changed: {', '.join(changed) or 'none'}")
    compared = [name for name in changed if name in pinned["sources"]]
    if chosen.against:
        compared = list(rows)
    if compared:
        revision = chosen.against or renewed_at()
        print(f"compared with the verifier of {revision}")
        before = verdicts_at(revision, compared)
        for name in compared:
            show_changes(before[name], said[name], name, chosen.show)
    raised = pinned["version"] != VERIFIER_VERSION
    if compared and not raised and not chosen.against:
        print(
            f"Verdicts changed and VERIFIER_VERSION is still {VERIFIER_VERSION}: raise it in "
            "dpo_math_assets/verifier/verdict.py, then run `bootstrap.py pin --renew`."
        )
        return 1
    if chosen.renew:
        digests = {**pinned["sources"], **digests}
        PINS.write_text(
            json.dumps({"version": VERIFIER_VERSION, "sources": digests}, indent=2) + "\n", "utf-8"
        )
    elif changed or (raised and not chosen.against):
        print("Run `bootstrap.py pin --renew` to pin what the verifier says now.")
        return 1
    return 0


def renewed_at() -> str:
    """The last revision that changed the digests, which belong to its code."""
    log = subprocess.run(
        ["git", "log", "-1", "--format=%H", "--", str(PINS)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return log.stdout.strip() or "HEAD"


if __name__ == "__main__":
    sys.exit(main())
