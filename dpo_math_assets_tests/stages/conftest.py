"""Two exports that went through to pairs, in a workspace whose settings a test may change."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.pairs.pairing import PairingSettings
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.settings import IntakeSettings, Settings, VerificationSettings
from dpo_math_assets.stages.artifacts import CLEANED, OVERRIDES
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store, write_text
from dpo_math_assets.traces.landing import Export
from dpo_math_assets.traces.places import fingerprint_file

KEY, OTHER = "000001-a", "000002-b"
TIMEOUT = 5.0


def at(
    root: Path,
    *,
    field_map: dict[str, str] | None = None,
    timeout_s: float = TIMEOUT,
    units: dict[str, dict[str, Any]] | None = None,
    samples_per_side: int | None = None,
) -> Workspace:
    """A workspace whose settings differ from the defaults in what is named."""
    caps = {} if samples_per_side is None else {"samples_per_side": samples_per_side}
    settings = Settings(
        intake=IntakeSettings(field_map=field_map or {}),
        verification=VerificationSettings(workers=1, timeout_s=timeout_s, units=units or {}),
        pairing=PairingSettings(**caps),
        dataset=DatasetSettings(**caps),
    )
    return Workspace.at(root, settings=settings)


def log(path: Path, *answers: int) -> str:
    """A log of one problem, whose answer is 14; gives its fingerprint."""
    records = [
        {"prompt": "What is 2*(3+4)?", "candidate": f"FINAL ANSWER: {n}", "ground_truth": "14"}
        for n in answers
    ]
    write_text(path, "".join(json.dumps(record) + "\n" for record in records))
    return fingerprint_file(path)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two exports, 14 and 15 in the first and 16 in the second, that went through to pairs."""
    workspace = at(tmp_path / "data")
    for key, answers in ((KEY, (14, 15)), (OTHER, (16,))):
        path = tmp_path / key
        fingerprint = log(path, *answers)
        read_file(workspace, key, path, fingerprint)
        clean_partition(workspace, key)
    pair(workspace)
    return workspace


@pytest.fixture
def store(workspace: Workspace) -> Store:
    return workspace.store


def other(workspace: Workspace, **settings: Any) -> Workspace:
    """The same store under other settings."""
    return at(workspace.store.root, **settings)


def pair(workspace: Workspace) -> None:
    inputs = pairing_inputs(workspace, [KEY, OTHER])
    for key in inputs:
        pair_partition(workspace, key, inputs)


def exports(tmp_path: Path) -> dict[str, Export]:
    """The two exports as the landing area registers them."""
    return {
        key: Export(
            path=key,
            key=key,
            arrival=number,
            sequence=number,
            size=(tmp_path / key).stat().st_size,
            modified_ns=0,
            fingerprint=fingerprint_file(tmp_path / key),
        )
        for number, key in enumerate((KEY, OTHER), start=1)
    }


def overrule(store: Store, *keys: str) -> None:
    """A person calls the first answer of these exports wrong, and decides nothing else."""
    judged = [pl.read_parquet(store.partition(CLEANED, key))["judged_key"][0] for key in keys]
    rows = "".join(f"{key},incorrect\n" for key in judged)
    write_text(store.root / OVERRIDES / "mine.csv", f"judged_keys,override\n{rows}")


def rows(store: Store, asset: str, key: str = KEY) -> int:
    return pl.read_parquet(store.partition(asset, key)).height
