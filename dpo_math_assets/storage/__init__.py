"""Files that are whole or absent: atomic writes, partition files, and folders with versions.

A reader never sees half a file, and a process killed at any moment leaves the earlier version
standing: everything is written under a temporary name beside its target, flushed to disk, and
renamed. Two processes that write the same target do so one after the other, and what a killed one
left is taken over or removed by the next: whoever writes holds a lock that ends with the process.
What was written is compared with its digest before it is read.
"""

from dpo_math_assets.storage.atomic import (
    TEMPORARY_PREFIX,
    atomic_file,
    atomic_folder,
    write_json,
    write_parquet,
    write_text,
)
from dpo_math_assets.storage.digests import digest, file_digest, forget_digests
from dpo_math_assets.storage.partitions import Store
from dpo_math_assets.storage.snapshots import Snapshot, pinned
from dpo_math_assets.storage.versions import IN_USE_PREFIX, Draft, VersionedFolder

__all__ = [
    "IN_USE_PREFIX",
    "TEMPORARY_PREFIX",
    "Draft",
    "Snapshot",
    "Store",
    "VersionedFolder",
    "atomic_file",
    "atomic_folder",
    "digest",
    "file_digest",
    "forget_digests",
    "pinned",
    "write_json",
    "write_parquet",
    "write_text",
]
