"""A bit that flips on the disk: every kind of file of a small lineage, from logs to dataset.

Each kind has some bits flipped, one at a time. Whoever reads the file then gets an error that
names it, or what an undisturbed file gives; and making the lineage again gives that in any case.
"""

import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import DamagedDataError, DpoMathError
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.stages.artifacts import CLEANED, DATASET, PAIRS, QUARANTINE, RAW
from dpo_math_assets.stages.dataset import publish_dataset
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_partition,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store, forget_digests
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, QUARANTINE_SCHEMA, TRACE_SCHEMA

pytestmark = pytest.mark.slow

BITS = 24
# By kind, a file of it in the data folder; the first that the pattern finds.
KINDS = {
    "raw traces": "raw_verifier_logs/*.parquet",
    "quarantine": "quarantined_lines/*.parquet",
    "record of raw traces": "raw_verifier_logs/*.json",
    "cleaned traces": "cleaned_traces/*.parquet",
    "record of cleaned traces": "cleaned_traces/*.json",
    "pairs": "preference_pairs/*.parquet",
    "record of pairs": "preference_pairs/*.json",
    "training rows": "dpo_dataset/*/train.jsonl",
    "training table": "dpo_dataset/*/train.parquet",
    "held-out prompts": "dpo_dataset/*/eval_prompts.jsonl",
    "saved dataset": "dpo_dataset/*/hf_dataset/train/*.arrow",
    "dataset report": "dpo_dataset/*/report.json",
    "sums of a version": "dpo_dataset/*/SHA256SUMS",
    "pointer to a version": "dpo_dataset/current.json",
    "manifest of exports": "log_exports/manifest.jsonl",
}


def make(root: Path) -> None:
    """Everything that is not finished yet, as the assets of the graph make it."""
    workspace = Workspace.at(root)
    workspace.landing.register(0)
    exports = workspace.landing.partitions()
    for key in exports:
        read_partition(workspace, key, exports)
        clean_partition(workspace, key)
    inputs = pairing_inputs(workspace, exports)
    for key in exports:
        pair_partition(workspace, key, inputs)
    publish_dataset(workspace, "a run")


def read(root: Path) -> list[Any]:
    """All that the lineage holds, as those read it that come after it."""
    workspace = Workspace.at(root)
    store, exports = workspace.store, workspace.landing.exports()
    keys = [export.key for export in exports]
    dataset = store.current(DATASET)
    return [
        [(export.path, export.key, export.arrival, export.fingerprint) for export in exports],
        store.scan(RAW, keys, TRACE_SCHEMA).collect().to_dicts(),
        store.scan(QUARANTINE, keys, QUARANTINE_SCHEMA, recorded_by=RAW).collect().to_dicts(),
        store.scan(CLEANED, keys, CLEANED_SCHEMA).collect().to_dicts(),
        store.scan(PAIRS, keys, PAIR_SCHEMA).collect().to_dicts(),
        [store.record(asset, key) for asset in (RAW, CLEANED, PAIRS) for key in keys],
        dataset.name,
        {path.name: path.read_bytes() for path in dataset.rglob("*") if path.is_file()},
    ]


def content(found: list[Any]) -> list[Any]:
    """What was read, without what differs whenever it is made: sizes and digests of files."""
    records = [(record["inputs"], record["report"]) for record in found[5]]
    return [*found[:5], records, found[6]]


@pytest.fixture(scope="module")
def lineage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two exports of twelve problems, made into pairs and a dataset, in a folder of such a name."""
    root = tmp_path_factory.mktemp("damage") / "da[t]a *?"
    for log in (0, 1):
        lines = [
            {
                "trace_id": f"{log}-{number}-{attempt}",
                "prompt": f"What is {number} + {7 * number}?",
                "candidate": f"Sum {log}.{attempt}.\nFINAL ANSWER: {8 * number + attempt % 2}",
                "ground_truth": str(8 * number),
                "ok": attempt % 2 == 0,
            }
            for number in range(3, 15)
            for attempt in range(4)
        ]
        path = root / "landing" / f"{log}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "{cut o\n")
    make(root)
    return root


def test_a_data_folder_whose_name_is_a_pattern_is_read_like_any_other(lineage: Path) -> None:
    found = read(lineage)
    assert [len(part) for part in found[:4]] == [2, 96, 2, 96]
    assert len(found[4]) >= 12
    assert (Store(lineage).current(DATASET) / "train.jsonl").stat().st_size > 0


@contextmanager
def flipped_bit(path: Path, chance: random.Random) -> Iterator[None]:
    """One bit of the file is another one, in its place, until the block ends."""
    before = path.read_bytes()
    place = chance.randrange(8 * len(before))
    damaged = bytearray(before)
    damaged[place // 8] ^= 1 << place % 8
    path.write_bytes(damaged)
    forget_digests()
    try:
        yield
    finally:
        path.write_bytes(before)
        forget_digests()


def file_of(root: Path, kind: str) -> Path:
    return sorted(root.glob(KINDS[kind]))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_is_an_error_that_names_the_file_and_never_another_result(
    lineage: Path, kind: str
) -> None:
    path = file_of(lineage, kind)
    chance = random.Random(kind)
    for _ in range(BITS):
        with flipped_bit(path, chance), pytest.raises(DpoMathError) as error:
            read(lineage)
        if kind not in ("pointer to a version", "sums of a version"):  # it may name another one
            assert isinstance(error.value, DamagedDataError)
            assert f"{path} is damaged" in str(error.value)
            assert "restore it from a backup, or" in str(error.value)
    assert len(read(lineage)) == 8


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "manifest of exports"])
def test_what_is_damaged_is_made_again_by_the_next_run(
    lineage: Path, kind: str, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    shutil.copytree(lineage, root)
    undisturbed = content(read(root))
    path = file_of(root, kind)
    chance = random.Random(kind)
    for _ in range(3):
        with flipped_bit(path, chance):
            make(root)
            forget_digests()
            assert content(read(root)) == undisturbed


def test_records_and_versions_of_earlier_packages_which_have_no_digests_are_read(
    lineage: Path, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    shutil.copytree(lineage, root)
    undisturbed = content(read(root))
    for path in [
        *root.glob("raw*/*.json"),
        *root.glob("cleaned*/*.json"),
        *root.glob("pref*/*.json"),
    ]:
        record = json.loads(path.read_text())
        del record["digest"]
        record["files"] = {name: said["size"] for name, said in record["files"].items()}
        path.write_text(json.dumps(record))
    for path in root.glob("dpo_dataset/*/SHA256SUMS"):
        path.unlink()
    manifest = root / "log_exports" / "manifest.jsonl"
    registrations = [json.loads(line) for line in manifest.read_text().splitlines()]
    for registration in registrations:
        del registration["digest"]
    manifest.write_text("".join(json.dumps(each) + "\n" for each in registrations))
    before = {path: path.stat().st_mtime_ns for path in root.glob("*/*.parquet")}
    make(root)
    assert {path: path.stat().st_mtime_ns for path in root.glob("*/*.parquet")} == before
    assert content(read(root)) == undisturbed
