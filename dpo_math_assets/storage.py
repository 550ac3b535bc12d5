"""Files that are whole or absent: atomic writes, partition files, and folders with versions.

A reader never sees half a file, and a process killed at any moment leaves the earlier version
standing: everything is written under a temporary name beside its target, flushed to disk, and
renamed.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

TEMPORARY_PREFIX = ".writing-"


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path to write; on success it replaces `target`, on error it is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        prefix=f"{TEMPORARY_PREFIX}{target.name}-", suffix=target.suffix, dir=target.parent
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _fsync(temporary)
        temporary.chmod(0o644)
        temporary.replace(target)
        _fsync(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Replace `target` by `text` (UTF-8), whole or not at all."""
    with atomic_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(target: Path, value: Any) -> None:
    """Replace `target` by strict JSON: NaN and infinities are an error, not an invention."""
    write_text(target, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_parquet(target: Path, frame: pl.DataFrame | pl.LazyFrame) -> None:
    """Replace `target` by `frame` as Parquet; a lazy frame is streamed, never held whole."""
    with atomic_file(target) as temporary:
        frame.lazy().sink_parquet(temporary, compression="zstd", mkdir=False)


class VersionedFolder:
    """A folder of versions and a pointer to the one that is current.

    A folder cannot be replaced in one step as a file can, so each version is a folder of its own
    (`<root>/<version>/`) and `<root>/current.json` names the current one.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def new_version(self, version: str) -> Iterator[Path]:
        """Yield an empty folder; on success it becomes `<root>/<version>` and the current one.

        Writing the version that is already there replaces it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{version}-", dir=self.root))
        target = self.root / version
        try:
            yield temporary
            for path in temporary.rglob("*"):
                if path.is_file():
                    _fsync(path)
            temporary.chmod(0o755)
            if target.exists():
                replaced = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=self.root))
                target.replace(replaced)
                temporary.replace(target)
                shutil.rmtree(replaced)
            else:
                temporary.replace(target)
            write_json(self.root / "current.json", {"version": version})
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def current(self) -> Path | None:
        """The folder of the current version, or None where nothing was published yet."""
        pointer = self.root / "current.json"
        if not pointer.exists():
            return None
        return self.root / str(json.loads(pointer.read_text(encoding="utf-8"))["version"])


class Store:
    """Where assets keep their data: an asset a folder, a partition a Parquet file in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def partition(self, asset: str, key: str) -> Path:
        """The file of one partition, whether or not it exists yet."""
        return self.root / asset / f"{key}.parquet"

    def partitions(self, asset: str) -> list[str]:
        """Keys of the partitions that are stored, in order."""
        return sorted(
            path.stem
            for path in (self.root / asset).glob("*.parquet")
            if not path.name.startswith(TEMPORARY_PREFIX)
        )

    def scan(self, asset: str, keys: Iterable[str], schema: pl.Schema) -> pl.LazyFrame:
        """The rows of the named partitions that are stored; an empty frame where none is."""
        paths = [path for key in keys if (path := self.partition(asset, key)).exists()]
        return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=schema)

    def versions(self, asset: str) -> VersionedFolder:
        """The versions of an asset that is a folder: a dataset, a checkpoint, a report."""
        return VersionedFolder(self.root / asset)
