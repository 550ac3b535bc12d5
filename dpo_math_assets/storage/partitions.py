"""Partitions: a Parquet file each, and a record that says what it was made of."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage.atomic import (
    TEMPORARY_PREFIX,
    full_disk_explained,
    read_object,
    write_json,
)
from dpo_math_assets.storage.locks import locked
from dpo_math_assets.storage.versions import VersionedFolder


class Store:
    """Where assets keep their data: an asset a folder, a partition a Parquet file in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def partition(self, asset: str, key: str) -> Path:
        """The file of one partition, whether or not it exists yet."""
        return self._folder(asset) / f"{key}.parquet"

    def record_file(self, asset: str, key: str) -> Path:
        """The file of a partition's record, whether or not it exists yet."""
        return self._folder(asset) / f"{key}.json"

    def partitions(self, asset: str) -> list[str]:
        """Keys of the partitions that are stored, in order."""
        return sorted(
            path.stem
            for path in self._folder(asset).glob("*.parquet")
            if not path.name.startswith(TEMPORARY_PREFIX)
        )

    def scan(self, asset: str, keys: Iterable[str], schema: pl.Schema) -> pl.LazyFrame:
        """The rows of the named partitions that are stored; an empty frame where none is.

        The frame is for one look: where another process may replace a partition between two of
        them, scan the store that `pinned` gives.
        """
        paths = [path for key in keys if (path := self.partition(asset, key)).exists()]
        return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=schema)

    @contextmanager
    def making(self, asset: str, key: str) -> Iterator[None]:
        """Keep other processes from making the same partition; they wait, and find it made.

        Raises DpoMathError where the disk is full.
        """
        lock = self.root / asset / f"{TEMPORARY_PREFIX}{key}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with full_disk_explained(lock.parent), locked(lock):
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)

    def finish(
        self,
        asset: str,
        key: str,
        inputs: dict[str, Any],
        report: dict[str, Any],
        beside: Sequence[Path] = (),
    ) -> None:
        """Record, after a partition's files are in place, what they were made of and what came out.

        `beside` names files that belong to the partition as well. Written last: a partition counts
        as made only with a record of the same inputs whose files are all there, at their sizes.
        """
        files = {
            str(path.relative_to(self.root)): path.stat().st_size
            for path in (self.partition(asset, key), *beside)
        }
        write_json(
            self.record_file(asset, key), {"inputs": inputs, "report": report, "files": files}
        )

    def finished(self, asset: str, key: str, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """The report of a partition that was made of exactly these inputs, or None."""
        record = self.record(asset, key)
        if record is None or record["inputs"] != inputs:
            return None
        for name, size in record["files"].items():
            try:
                if (self.root / name).stat().st_size != size:
                    return None
            except FileNotFoundError:
                return None
        report: dict[str, Any] = record["report"]
        return report

    def record(self, asset: str, key: str) -> dict[str, Any] | None:
        """A partition's `inputs`, `report` and `files`, or None where it was never made.

        Raises DpoMathError where the record is damaged.
        """
        return read_object(
            self.record_file(asset, key),
            f"remove it, and {asset} is made anew for {key}",
            "inputs",
            "report",
            "files",
        )

    def forget(self, asset: str, key: str) -> None:
        """Remove a partition's record before its files are made anew.

        Otherwise, after a kill in between, the old record would vouch for new content.
        """
        self.record_file(asset, key).unlink(missing_ok=True)

    def remove(self, asset: str, key: str) -> None:
        """Remove a partition and its record, where there are any."""
        self.record_file(asset, key).unlink(missing_ok=True)
        self.partition(asset, key).unlink(missing_ok=True)

    def _folder(self, asset: str) -> Path:
        return self.root / asset

    def versions(self, asset: str) -> VersionedFolder:
        """The versions of an asset that is a folder: a dataset, a checkpoint, a report."""
        return VersionedFolder(self.root / asset)

    @contextmanager
    def current_in_use(self, asset: str) -> Iterator[Path]:
        """Yield the folder of an asset's current version, which stays until the block ends."""
        version = self.current(asset).name
        with self.versions(asset).in_use(version) as folder:
            yield folder

    def current(self, asset: str) -> Path:
        """The folder of an asset's current version; DpoMathError where there is none yet."""
        folder = self.versions(asset).current()
        if folder is None:
            raise DpoMathError(f"there is no {asset} yet: materialize it first")
        return folder
