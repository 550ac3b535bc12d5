"""What stands for content: digests of JSON values, and of files, which are compared when read.

A file is read for its digest once in a process, however often it is looked at: what tells it from
another one is its inode, its size and the time of its last change.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

# Digests of files by device, inode, size and time of the last change.
_known: dict[tuple[int, int, int, int], str] = {}


def digest(value: Any) -> str:
    """32 hex digits that stand for a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def file_digest(path: Path, just_written: bool = False) -> str:
    """SHA-256 of a file's bytes, in hex digits; read anew where it is `just_written`.

    Raises OSError where it cannot be read.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        identity = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        if just_written or identity not in _known:
            _known[identity] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known[identity]


def forget_digests() -> None:
    """Read every file anew for its digest from here on, as a new process does."""
    _known.clear()
