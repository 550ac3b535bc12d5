"""Partitions: a Parquet file each, and a record that says what it was made of.

The record carries the size and the SHA-256 of every file of the partition, and a digest of itself.
What was stored is compared with them before it is read, so that a damaged disk is an error and no
other result. Records of earlier versions of this package have sizes alone, and stay readable.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DamagedDataError, DpoMathError
from dpo_math_assets.storage.atomic import (
    TEMPORARY_PREFIX,
    damaged,
    full_disk_explained,
    read_object,
    write_json,
)
from dpo_math_assets.storage.digests import digest, file_digest
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

    def scan(
        self, asset: str, keys: Iterable[str], schema: pl.Schema, recorded_by: str = ""
    ) -> pl.LazyFrame:
        """The rows of the named partitions that are stored; an empty frame where none is.

        The frame is for one look: where another process may replace a partition between two of
        them, scan the store that `pinned` gives. Raises DamagedDataError, as `checked` does.
        """
        paths = [
            self.checked(asset, key, recorded_by)
            for key in keys
            if self.partition(asset, key).exists()
        ]
        # A path is a path: no part of it is a pattern.
        return pl.scan_parquet(paths, glob=False) if paths else pl.LazyFrame(schema=schema)

    def checked(self, asset: str, key: str, recorded_by: str = "") -> Path:
        """The file of a partition, which is what its record says, or a DamagedDataError.

        `recorded_by` names the asset whose record names the file, where that is another one (see
        `finish`). Without a record there is nothing to compare with: it is being made.
        """
        path, name = self.partition(asset, key), f"{asset}/{key}.parquet"
        maker = recorded_by or asset
        record = self.record(maker, key)
        while record is not None and not _is_as_recorded(path, record["files"].get(name)):
            read_before, record = record, self._read_record(maker, key)
            if record == read_before:  # otherwise another process made it again meanwhile
                raise damaged(self.root / name, f"materialize {maker} for {key} again")
        return path

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
            str(path.relative_to(self.root)): {
                "size": path.stat().st_size,
                "sha256": file_digest(path, just_written=True),
            }
            for path in (self.partition(asset, key), *beside)
        }
        # As JSON has it: keys are texts there.
        record = json.loads(json.dumps({"inputs": inputs, "report": report, "files": files}))
        write_json(self.record_file(asset, key), {**record, "digest": digest(record)})

    def finished(self, asset: str, key: str, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """The report of a partition that was made of exactly these inputs, or None.

        None as well where its record or one of its files is not what was written: it is to be made
        again.
        """
        try:
            record = self.record(asset, key)
        except DamagedDataError:
            return None
        if record is None or record["inputs"] != inputs:
            return None
        for name, described in record["files"].items():
            if not self._holds(self.root / name, described):
                return None
        report: dict[str, Any] = record["report"]
        return report

    def _holds(self, path: Path, described: Any) -> bool:
        """Whether a finished partition's file is what its record says."""
        return _is_as_recorded(path, described)

    def record(self, asset: str, key: str) -> dict[str, Any] | None:
        """A partition's `inputs`, `report` and `files`, or None where it was never made.

        Raises DamagedDataError where the record is damaged.
        """
        return self._read_record(asset, key)

    def _read_record(self, asset: str, key: str) -> dict[str, Any] | None:
        file, remedy = self.record_file(asset, key), f"materialize {asset} for {key} again"
        record = read_object(file, remedy, "inputs", "report", "files")
        if record is not None and "digest" in record:
            written = record.pop("digest")
            if written != digest(record):
                raise damaged(file, remedy)
        return record

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


def _is_as_recorded(path: Path, described: Any) -> bool:
    """Whether a file is what its record says: `{"size", "sha256"}`, or earlier a size alone."""
    if described is None:
        return True
    try:
        size = path.stat().st_size
        if not isinstance(described, dict):
            return bool(size == described)
        return described == {"size": size, "sha256": file_digest(path)}
    except FileNotFoundError:
        return False
