"""Does the store, and do the readers, withstand what a night of faults does to them?

    python benchmarks/faults.py [--minutes M] [--seed N] [--only SUITE ...] [--short]

Four suites take turns until the time is over: `kill` kills a process that takes logs through the
stages at a random moment, again and again, and then lets one end; `corruption` cuts, empties,
changes or removes a stored file and runs the stages again; `bombs` reads files that stand for far
more than they hold; `growth` times functions on repeated texts of random parts. A trial is held,
or broken: other rows than without the fault and no error, an error that nothing foresees, a
process that stays, too much time. What is broken is printed with the seed of its trial, which
`--seed` with `--only` repeats. `--short` gives each suite a few seconds. Ends with status 1 where
anything is broken.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import zstandard

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dpo_math_assets.errors import DpoMathError, LogFormatError  # noqa: E402
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS, RAW  # noqa: E402
from dpo_math_assets.stages.ingest import (  # noqa: E402
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
)
from dpo_math_assets.stages.workspace import Workspace  # noqa: E402
from dpo_math_assets.traces.intake import imbalance, read_export  # noqa: E402
from dpo_math_assets.traces.limits import ReadingLimits  # noqa: E402
from dpo_math_assets.traces.places import fingerprint_file  # noqa: E402
from dpo_math_assets_tests.growth import finding, functions, unit  # noqa: E402

KEYS = ("000001-a", "000002-b", "000003-c")
BOMB_S = 60.0
SHORT_S = 8.0  # of each suite

Trial = Callable[[random.Random, Path], str | None]


def write_logs(source: random.Random, folder: Path) -> None:
    """Three logs of a few hundred attempts, some of which are no record."""
    for key in KEYS:
        lines = []
        for number in range(source.randint(50, 300)):
            a, b = source.randint(2, 60), source.choice([0, 0, 1])
            line = json.dumps(
                {
                    "trace_id": f"{key}-{number}",
                    "prompt": f"Compute {a}*11",
                    "candidate": f"Try {number}.\nFINAL ANSWER: {11 * a + b}",
                    "ground_truth": str(11 * a),
                }
            )
            lines.append(line[: source.randint(1, 40)] if source.random() < 0.02 else line)
        (folder / key).write_text("\n".join(lines) + "\n")


def run_stages(data: Path, logs: Path) -> None:
    """All logs through all stages."""
    workspace = Workspace.at(data)
    for key in KEYS:
        read_file(workspace, key, logs / key, fingerprint_file(logs / key))
        clean_partition(workspace, key)
    inputs = pairing_inputs(workspace, KEYS)
    for key in KEYS:
        pair_partition(workspace, key, inputs)


def stored(data: Path) -> dict[str, Any]:
    """What the stages stored: rows by asset and key."""
    return {
        f"{asset}/{key}": pl.read_parquet(data / asset / f"{key}.parquet").rows()
        for asset in (RAW, CLEANED, PAIRS)
        for key in KEYS
    }


def differing(data: Path, sound: Path) -> str | None:
    """The first partition whose rows are not those of a sound run."""
    wanted, found = stored(sound), stored(data)
    return next((f"{name} has other rows" for name in wanted if wanted[name] != found[name]), None)


def kill(source: random.Random, folder: Path) -> str | None:
    """Kill a process in the stages up to three times, then let it end."""
    logs, data, sound = folder / "logs", folder / "data", folder / "sound"
    logs.mkdir()
    write_logs(source, logs)
    for _ in range(source.randint(1, 3)):
        command = [sys.executable, __file__, "--stages", data, logs]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        assert process.stderr is not None
        process.stderr.read(1)  # it is about to begin
        time.sleep(source.random() * 2)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        process.stderr.close()
        _, alive = psutil.wait_procs(children, timeout=20)
        if alive:
            return f"{len(alive)} processes stay after a kill: {alive[0]}"
    run_stages(data, logs)
    run_stages(sound, logs)
    return differing(data, sound)


def corruption(source: random.Random, folder: Path) -> str | None:
    """Damage one stored file; the stages must notice, by an error or by making it anew."""
    logs, data, sound = folder / "logs", folder / "data", folder / "sound"
    logs.mkdir()
    write_logs(source, logs)
    run_stages(data, logs)
    shutil.copytree(data, sound)
    files = [path for path in sorted(data.rglob("*")) if path.suffix in (".parquet", ".json")]
    file = source.choice(files)
    content = bytearray(file.read_bytes())
    damage = source.choice(["cut", "emptied", "a bit flipped", "removed"])
    if damage == "removed":
        file.unlink()
    elif damage == "a bit flipped" and content:
        content[source.randrange(len(content))] ^= 1 << source.randrange(8)
        file.write_bytes(content)
    else:
        cut = source.randrange(len(content)) if damage == "cut" and content else 0
        file.write_bytes(content[:cut])
    where = f"{file.relative_to(data)} {damage}"
    try:
        run_stages(data, logs)
    except DpoMathError:
        return None
    except Exception as error:
        return f"{where}: {type(error).__name__}: {error}"
    told = differing(data, sound)
    return f"{where}: {told}" if told else None


def bombs(source: random.Random, folder: Path) -> str | None:
    """Read a compressed file of one piece repeated, in a container of any kind."""
    pieces = [
        b"\0",
        b"\n",
        b"\r\n",
        b" ",
        b"[",
        b'{"a":',
        b"[],",
        b"{}\n",
        b'"',
        b",",
        b"\\",
        b"a\n",
    ]
    piece = b"".join(source.choice(pieces) for _ in range(source.randint(1, 3)))
    head = source.choice([b"", b"[", b'{"prompt": "', b"a,b\n", b'"a","b"\n"'])
    content = head + piece * (source.choice([10_000, 1_000_000, 5_000_000]) // len(piece))
    name, pack = source.choice(
        [
            ("e.jsonl", bytes),
            ("e.csv", bytes),
            ("e.json.gz", gzip.compress),
            ("e.jsonl.zst", zstandard.compress),
            ("e.csv.zst", zstandard.compress),
        ]
    )
    (folder / name).write_bytes(pack(content))
    limits = ReadingLimits(max_record_mb=source.choice([1, 16]), max_lines=2_000_000)
    begun = time.process_time()
    try:
        report = read_export(
            folder / name, "e", folder / "t.parquet", folder / "q.parquet", limits=limits
        )
        told = imbalance(report)
    except LogFormatError:
        told = None
    took = time.process_time() - begun
    if took > BOMB_S:
        told = f"{took:.0f} s"
    return f"{name} of {head!r} and {piece!r} repeated: {told}" if told else None


def growth(source: random.Random, _: Path) -> str | None:
    """Time one function on one unit."""
    name, function = source.choice(list(functions().items()))
    told = finding(name, function, unit(source))
    return str(told) if told else None


SUITES: dict[str, Trial] = {
    "growth": growth,
    "bombs": bombs,
    "corruption": corruption,
    "kill": kill,
}


def soak(suites: list[str], seed: int, seconds: float) -> Counter[tuple[str, str]]:
    """Trials of the suites in turn until the time is over; counts by suite and outcome."""
    counts: Counter[tuple[str, str]] = Counter()
    spent = dict.fromkeys(suites, 0.0)
    while sum(spent.values()) < seconds:
        suite = min(suites, key=spent.__getitem__)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="dpo-math-faults-") as folder:
            told = SUITES[suite](random.Random(seed), Path(folder))
        spent[suite] += time.monotonic() - begun
        counts[suite, "broken" if told else "held"] += 1
        if told:
            print(f"broken: {suite}, --seed {seed}: {told}", flush=True)
        seed += 1
    return counts


def main() -> int:
    """Soak for the time that is given, and tell what was tried, held and broken."""
    if sys.argv[1:2] == ["--stages"]:
        os.write(2, b".")
        run_stages(Path(sys.argv[2]), Path(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", choices=list(SUITES), default=list(SUITES))
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    seconds = SHORT_S * len(options.only) if options.short else options.minutes * 60
    counts = soak(options.only, options.seed, seconds)
    print(f"{'suite':12} {'tried':>6} {'held':>6} {'broken':>6}")
    for suite in options.only:
        held, broken = counts[suite, "held"], counts[suite, "broken"]
        print(f"{suite:12} {held + broken:6} {held:6} {broken:6}")
    return 1 if any(outcome == "broken" for _, outcome in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
