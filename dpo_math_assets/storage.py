"""Files that are whole or absent: atomic writes, partition files, and folders with versions.

A reader never sees half a file, and a process killed at any moment leaves the earlier version
standing: everything is written under a temporary name beside its target, flushed to disk, and
renamed. Two processes that write the same target do so one after the other, and what a killed one
left is taken over or removed by the next: whoever writes holds a lock that ends with the process.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DpoMathError

TEMPORARY_PREFIX = ".writing-"
IN_USE_PREFIX = ".in-use-"
# What the system says where a file can grow no further: disk, quota or the process's own limit.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file that is made where it is not there; wait for whoever holds it.

    A holder may rename or remove the file. Whoever waited for it then begins with a new one.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one at the path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Say plainly that the disk is full, which every library says in its own way."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        told = re.search(r"\(os error (\d+)\)", str(error))  # as Polars passes it on
        number = int(told[1]) if told else getattr(error, "errno", None)
        if number not in _FULL:
            raise
        raise DpoMathError(
            f"{folder}: what was to be written did not fit ({os.strerror(number)}; "
            f"{shutil.disk_usage(folder).free / 1e6:,.0f} MB are free there). Make room, or move "
            "the data to a larger disk and set DPO_MATH_DATA, then run this again: what was there "
            "before stands, and what was finished is kept."
        ) from error


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path to write; on success it replaces `target`, on error it is removed.

    Raises DpoMathError where the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{TEMPORARY_PREFIX}{target.name}")
    with _explained(target.parent), _locked(temporary):
        try:
            os.truncate(temporary, 0)  # a killed process may have left its beginning
            yield temporary
            _fsync(temporary)
            temporary.chmod(0o644)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        temporary.replace(target)
        _fsync(target.parent)


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


def _read_object(file: Path, remedy: str, *names: str) -> dict[str, Any] | None:
    """A JSON object that has these names, or None where there is no file; else DpoMathError."""
    try:
        value = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:  # no JSON, or no UTF-8
        value = None
    if isinstance(value, dict) and value.keys() >= set(names):
        return value
    raise DpoMathError(f"{file} is damaged: restore it from a backup, or {remedy}")


def digest(value: Any) -> str:
    """32 hex digits that stand for a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; on success it becomes `target`, on error it is removed.

    A folder cannot be replaced in one step as a file can, so one that is there is an error.
    """
    if target.exists():
        raise DpoMathError(f"{target} exists already: choose another name, or remove it")
    with _draft_folder(target.parent) as temporary:
        yield temporary
        _move_folder(temporary, target)


@contextmanager
def _draft_folder(parent: Path) -> Iterator[Path]:
    parent.mkdir(parents=True, exist_ok=True)
    for left_over in parent.glob(f"{TEMPORARY_PREFIX}*/"):
        _remove_if_abandoned(left_over)
    while True:
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))
        try:
            descriptor = os.open(temporary, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another process took it for abandoned
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_at(descriptor, temporary):
            break
        os.close(descriptor)  # as well, and removed it between the two calls
    try:
        with _explained(parent):
            yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(descriptor)


def _remove_if_abandoned(folder: Path) -> None:
    """Remove a draft whose process is gone: nobody holds its lock any more."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # somebody fills it
    finally:
        os.close(descriptor)


def _move_folder(temporary: Path, target: Path) -> None:
    for path in temporary.rglob("*"):
        if path.is_file():
            _fsync(path)
    temporary.chmod(0o755)
    temporary.replace(target)
    _fsync(target.parent)


def _made(file: Path) -> tuple[int, int] | None:
    """What tells a file from another one that replaces it; None where there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _link(file: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system or its owner allows no link."""
    try:
        os.link(file, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(file, target)


@dataclass
class Draft:
    """A version in the making: the folder to fill, and the name that its content gives it."""

    folder: Path
    version: str = ""


class VersionedFolder:
    """A folder of versions (`<root>/<version>/`), and `<root>/current.json` that names one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def new_version(self, version: str) -> Iterator[Path]:
        """Yield an empty folder; on success it becomes `<root>/<version>` and the current one."""
        with atomic_folder(self.root / version) as folder:
            yield folder
        self.point_to(version)

    @contextmanager
    def new_content(self) -> Iterator[Draft]:
        """Like `new_version`, named by its content, which whoever fills the draft sets.

        A version that is there already holds the same: it stays and becomes the current one.
        """
        with _draft_folder(self.root) as folder:
            draft = Draft(folder)
            yield draft
            if not (self.root / draft.version).is_dir():
                try:
                    _move_folder(folder, self.root / draft.version)
                except OSError:
                    if not (self.root / draft.version).is_dir():
                        raise  # otherwise another process was first with the same content
        self.point_to(draft.version)

    def point_to(self, version: str) -> None:
        """Make a version that is there the current one."""
        write_json(self.root / "current.json", {"version": version})

    def current(self) -> Path | None:
        """The folder of the current version, or None where nothing was published yet.

        Raises DpoMathError where what names it is damaged.
        """
        pointer = self.root / "current.json"
        told = _read_object(
            pointer,
            f'write {{"version": NAME}} into it, where NAME is one of the folders of {self.root}',
            "version",
        )
        return None if told is None else self.root / str(told["version"])

    def versions(self) -> list[str]:
        """Names of the published versions, in order."""
        return sorted(
            path.name
            for path in self.root.glob("*")
            if path.is_dir() and not path.name.startswith(".")
        )

    @contextmanager
    def in_use(self, version: str) -> Iterator[Path]:
        """Yield the folder of a version, which no other process removes meanwhile.

        The hold ends with this process, however it ends. Raises DpoMathError where there is no
        such version (any more).
        """
        folder = self.root / version
        if folder.is_dir():
            with (self.root / f"{IN_USE_PREFIX}{version}").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH)
                if folder.is_dir():
                    yield folder
                    return
        raise DpoMathError(f"{folder} does not exist: it was removed, or never published")

    def remove_old(self, keep: int, spare: set[str]) -> list[str]:
        """Remove all but the last `keep` versions by name; gives the names of those removed.

        The current version, those in `spare` and those in use stay as well.
        """
        current = self.current()
        removed = []
        for version in self.versions()[:-keep]:
            if version in spare or (current is not None and version == current.name):
                continue
            lock_file = self.root / f"{IN_USE_PREFIX}{version}"
            with lock_file.open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                # Under a draft's name first: nobody sees half a version, even after a kill.
                with _draft_folder(self.root) as draft:
                    (self.root / version).replace(draft / version)
                lock_file.unlink()
            removed.append(version)
        return removed


class Store:
    """Where assets keep their data: an asset a folder, a partition a Parquet file in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def partition(self, asset: str, key: str) -> Path:
        """The file of one partition, whether or not it exists yet."""
        return self._folder(asset) / f"{key}.parquet"

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
        with _explained(lock.parent), _locked(lock):
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
        write_json(self._record(asset, key), {"inputs": inputs, "report": report, "files": files})

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
        return _read_object(
            self._record(asset, key),
            f"remove it, and {asset} is made anew for {key}",
            "inputs",
            "report",
            "files",
        )

    def forget(self, asset: str, key: str) -> None:
        """Remove a partition's record before its files are made anew.

        Otherwise, after a kill in between, the old record would vouch for new content.
        """
        self._record(asset, key).unlink(missing_ok=True)

    def remove(self, asset: str, key: str) -> None:
        """Remove a partition and its record, where there are any."""
        self._record(asset, key).unlink(missing_ok=True)
        self.partition(asset, key).unlink(missing_ok=True)

    def _record(self, asset: str, key: str) -> Path:
        return self._folder(asset) / f"{key}.json"

    def _folder(self, asset: str) -> Path:
        return self.root / asset

    @contextmanager
    def pinned(self, assets: Iterable[str], keys: Collection[str]) -> Iterator["Snapshot"]:
        """Yield a store in which these partitions stay as they are until the block ends.

        Polars reads a file's footer once for a frame: rows of a file that is replaced between two
        looks go missing without an error. What is pinned keeps its file and its record, whatever
        other processes write. A partition without a record, because it was never made or is being
        made right now, is not there.
        """
        with ExitStack() as drafts:
            pins = {}
            for asset in assets:
                pins[asset] = drafts.enter_context(_draft_folder(self.root / asset))
                for key in keys:
                    self._pin(asset, key, pins[asset])
            yield Snapshot(self.root, pins)

    def _pin(self, asset: str, key: str, folder: Path) -> None:
        """Keep a partition's file and the record of that very file in the folder."""
        files = self._record(asset, key), self.partition(asset, key)
        while (made := _made(files[0])) is not None:
            for file in files:
                with suppress(FileNotFoundError):
                    _link(file, folder / file.name)
            # Whoever makes a partition removes its record first, and writes another one at last.
            if _made(files[0]) == made:
                return
            for file in files:
                (folder / file.name).unlink(missing_ok=True)

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


class Snapshot(Store):
    """A store of which each record is read once, for one look over all exports.

    What it has read it takes for what is there, so it is not to be written to. `pins` are, for
    assets whose partitions are pinned, the folders that these are kept in.
    """

    def __init__(self, root: Path, pins: Mapping[str, Path] | None = None) -> None:
        super().__init__(root)
        self._pins = pins or {}
        self._records: dict[tuple[str, str], dict[str, Any] | None] = {}

    def record(self, asset: str, key: str) -> dict[str, Any] | None:
        """As in a store, read once."""
        if (asset, key) not in self._records:
            self._records[asset, key] = super().record(asset, key)
        return self._records[asset, key]

    def _folder(self, asset: str) -> Path:
        return self._pins.get(asset, super()._folder(asset))
