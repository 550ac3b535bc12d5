"""Partitions, versions and locks that the tests of storage make."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from dpo_math_assets.storage import Store, VersionedFolder, locks, write_parquet


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make(store: Store, key: str, *values: int) -> None:
    """A partition with a record that says the same as its rows."""
    store.forget("traces", key)
    write_parquet(store.partition("traces", key), pl.DataFrame({"a": values}))
    store.finish("traces", key, {}, {"values": list(values)})


def publish(folder: VersionedFolder, *versions: str) -> None:
    for version in versions:
        with folder.new_version(version) as path:
            (path / "model").write_text(version)


@contextmanager
def asking_for_a_lock() -> Iterator[threading.Event]:
    """Yields what is set as soon as another thread asks for the lock of a file."""
    asked = threading.Event()

    def flock(descriptor: int, how: int) -> None:
        asked.set()
        fcntl.flock(descriptor, how)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(locks, "fcntl", SimpleNamespace(**{**vars(fcntl), "flock": flock}))
        yield asked
