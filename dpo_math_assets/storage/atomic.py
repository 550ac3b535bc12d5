"""Files and folders that are whole or absent, written under a temporary name and then renamed."""

import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DamagedDataError, DpoMathError
from dpo_math_assets.storage.locks import is_at, locked

TEMPORARY_PREFIX = ".writing-"
# What the system says where a file can grow no further: disk, quota or the process's own limit.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path to write; on success it replaces `target`, on error it is removed.

    Raises DpoMathError where the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{TEMPORARY_PREFIX}{target.name}")
    with full_disk_explained(target.parent), locked(temporary):
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


def read_object(file: Path, remedy: str, *names: str) -> dict[str, Any] | None:
    """A JSON object that has these names, or None where there is no file; else DamagedDataError."""
    try:
        value = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:  # no JSON, or no UTF-8
        value = None
    if isinstance(value, dict) and value.keys() >= set(names):
        return value
    raise damaged(file, remedy)


def damaged(file: Path, remedy: str) -> DamagedDataError:
    """The error that names a damaged file, and what to do besides restoring it."""
    return DamagedDataError(f"{file} is damaged: restore it from a backup, or {remedy}")


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; on success it becomes `target`, on error it is removed.

    A folder cannot be replaced in one step as a file can, so one that is there is an error.
    """
    if target.exists():
        raise DpoMathError(f"{target} exists already: choose another name, or remove it")
    with draft_folder(target.parent) as temporary:
        yield temporary
        move_folder(temporary, target)


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
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
        if is_at(descriptor, temporary):
            break
        os.close(descriptor)  # as well, and removed it between the two calls
    try:
        with full_disk_explained(parent):
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


def move_folder(temporary: Path, target: Path) -> None:
    for path in temporary.rglob("*"):
        if path.is_file():
            _fsync(path)
    temporary.chmod(0o755)
    temporary.replace(target)
    _fsync(target.parent)


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
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


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
