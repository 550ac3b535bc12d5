"""The landing area: which log exports lie there, which are finished, and in which order they came.

An export is one file under the landing folder. The first time it is seen whole it gets an arrival
number and a partition key made of that number and its name, which it keeps for ever. The manifest
remembers, for each path, the content that was registered last, so that a restart registers nothing
twice, a re-upload of the same bytes is recognised, and changed content is registered again.
"""

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.storage import write_text

EXPORT_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json", ".csv", ".parquet"})
COMPRESSION_SUFFIXES = frozenset({".gz", ".zst"})
# Names that writers give to what they have not finished.
UNFINISHED_SUFFIXES = frozenset({".tmp", ".part", ".partial", ".crdownload", ".filepart"})


@dataclass(frozen=True)
class Export:
    """One registered export file.

    `sequence` grows with every registration, so a reader that remembers the largest one it has
    seen knows what is new or changed since. `duplicate_of` is the key of an earlier export that
    holds the same bytes; such a copy is no partition of its own.
    """

    path: str  # relative to the landing folder
    key: str
    arrival: int
    sequence: int
    size: int
    modified_ns: int
    fingerprint: str
    duplicate_of: str | None = None


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing folder as a scan sees it."""

    path: str
    size: int
    modified_ns: int


@dataclass
class Registration:
    """What one look at the landing folder found."""

    registered: list[Export] = field(default_factory=list)  # new or changed, by sequence
    duplicates: list[Export] = field(default_factory=list)  # the same bytes as another export
    unfinished: list[str] = field(default_factory=list)  # still being written
    unreadable: dict[str, str] = field(default_factory=dict)  # path to what the system said
    ignored: list[str] = field(default_factory=list)  # files whose names are no export's
    remaining: int = 0  # finished files left for the next look


def fingerprint_file(path: Path) -> str:
    """32 hex digits of BLAKE2b over the file's bytes as they lie on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def partition_key(arrival: int, path: str) -> str:
    """A key that sorts by arrival and is safe as a file name, a URL part and a range bound."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.replace("/", "__")).strip("._")
    # Three dots separate the ends of a range on Dagster's command line.
    return f"{arrival:06d}-{re.sub(r'[.]{2,}', '.', name)[-120:]}"


def is_export(path: Path) -> bool:
    """Whether the name is that of a finished log export."""
    if any(part.startswith((".", "_")) for part in path.parts):
        return False
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not suffixes or suffixes[-1] in UNFINISHED_SUFFIXES:
        return False
    if suffixes[-1] in COMPRESSION_SUFFIXES:
        return len(suffixes) > 1 and suffixes[-2] in EXPORT_SUFFIXES
    return suffixes[-1] in EXPORT_SUFFIXES


def scan_landing(folder: Path, found: Registration) -> list[LandedFile]:
    """Every export file under `folder`, oldest first; files that vanish meanwhile are left out.

    What cannot be looked at, and what is no export by its name, is noted in `found`.
    """

    def unreadable(error: OSError) -> None:
        found.unreadable[str(error.filename)] = str(error)

    files = []
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in names:
            path = Path(parent, name)
            relative = path.relative_to(folder)
            if not is_export(relative):
                if not name.startswith(".") and path.suffix.lower() not in UNFINISHED_SUFFIXES:
                    found.ignored.append(relative.as_posix())
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                unreadable(error)
                continue
            files.append(LandedFile(relative.as_posix(), status.st_size, status.st_mtime_ns))
    return sorted(files, key=lambda file: (file.modified_ns, file.path))


def split_finished(
    files: list[LandedFile], observed: dict[str, list[int]], settle_seconds: float
) -> tuple[list[LandedFile], list[LandedFile]]:
    """The finished files and those still being written.

    A file is finished once it has not been modified for `settle_seconds` by its own time stamp,
    or has looked the same for as long since an earlier look. `observed` holds what earlier looks
    saw of unfinished files, path to [size, modified_ns, first seen in ns], and is updated.
    """
    now, settle_ns = time.time_ns(), int(settle_seconds * 1e9)
    finished, unfinished, pending = [], [], {}
    for file in files:
        seen = observed.get(file.path)
        if not seen or seen[:2] != [file.size, file.modified_ns]:
            seen = [file.size, file.modified_ns, now]
        if now - file.modified_ns >= settle_ns or now - seen[2] >= settle_ns:
            finished.append(file)
        else:
            unfinished.append(file)
            pending[file.path] = seen
    observed.clear()
    observed.update(pending)
    return finished, unfinished


class LandingArea:
    """A landing folder and the manifest of what has been registered from it."""

    def __init__(self, folder: Path, manifest: Path) -> None:
        self.folder = folder
        self.manifest = manifest

    def exports(self) -> list[Export]:
        """Every registration that stands, in order of sequence."""
        if not self.manifest.exists():
            return []
        lines = self.manifest.read_text(encoding="utf-8").splitlines()
        try:
            return [Export(**json.loads(line)) for line in lines]
        except (ValueError, TypeError) as error:
            raise LogFormatError(
                f"the manifest {self.manifest} is damaged ({error}): restore it from a backup"
            ) from None

    def partitions(self) -> dict[str, Export]:
        """The exports that are partitions, by key, in order of arrival."""
        own = [export for export in self.exports() if export.duplicate_of is None]
        return {export.key: export for export in sorted(own, key=lambda export: export.arrival)}

    def path(self, export: Export) -> Path:
        """Where the export's file lies."""
        return self.folder / export.path

    def register(
        self,
        settle_seconds: float,
        observed: dict[str, list[int]] | None = None,
        at_most: int = 500,
        byte_budget: int = 4 << 30,
    ) -> Registration:
        """Register the finished files that are new or have changed, oldest first.

        At most `at_most` files are registered, and hashing stops after `byte_budget` bytes, so
        that one look stays short; `observed` is the memory of `split_finished` between looks.
        """
        if not self.folder.is_dir():
            raise LogFormatError(f"the landing folder {self.folder} does not exist: create it")
        result = Registration()
        files = scan_landing(self.folder, result)
        with self._locked():
            standing = {export.path: export for export in self.exports()}
            new = [
                file
                for file in files
                if (known := standing.get(file.path)) is None
                or (known.size, known.modified_ns) != (file.size, file.modified_ns)
            ]
            finished, unfinished = split_finished(
                new, {} if observed is None else observed, settle_seconds
            )
            result.unfinished += [file.path for file in unfinished]
            hashed = 0
            for position, file in enumerate(finished):
                if len(result.registered) >= at_most or hashed > byte_budget:
                    result.remaining = len(finished) - position
                    break
                try:
                    fingerprint = fingerprint_file(self.folder / file.path)
                except OSError as error:
                    result.unreadable[file.path] = str(error)
                    continue
                hashed += file.size
                self._register_file(file, fingerprint, standing, result)
            self._follow_renames(standing, {file.path for file in files})
            self._write(standing)
        return result

    @staticmethod
    def _follow_renames(standing: dict[str, Export], present: set[str]) -> None:
        """Where an export's file is gone and a copy of it lies there, the copy is its file now."""
        for copy in list(standing.values()):
            original = next(
                (export for export in standing.values() if export.key == copy.duplicate_of), None
            )
            if original and original.path not in present and copy.path in present:
                del standing[original.path]
                standing[copy.path] = replace(
                    original, path=copy.path, size=copy.size, modified_ns=copy.modified_ns
                )

    @staticmethod
    def _register_file(
        file: LandedFile, fingerprint: str, standing: dict[str, Export], result: Registration
    ) -> None:
        known = standing.get(file.path)
        if known and known.fingerprint == fingerprint:  # touched, not changed
            standing[file.path] = replace(known, size=file.size, modified_ns=file.modified_ns)
            return
        original = next(
            (
                export
                for export in standing.values()
                if export.fingerprint == fingerprint and export.duplicate_of is None
            ),
            None,
        )
        keeps_key = known is not None and known.duplicate_of is None
        if known and keeps_key:
            key, arrival = known.key, known.arrival
        else:
            arrival = max((export.arrival for export in standing.values()), default=0) + 1
            key = partition_key(arrival, file.path)
        export = Export(
            path=file.path,
            key=key,
            arrival=arrival,
            sequence=max((export.sequence for export in standing.values()), default=0) + 1,
            size=file.size,
            modified_ns=file.modified_ns,
            fingerprint=fingerprint,
            # An export that was a partition stays one: its key has a history.
            duplicate_of=original.key if original and not keeps_key else None,
        )
        standing[file.path] = export
        (result.duplicates if export.duplicate_of else result.registered).append(export)
        if keeps_key:
            # Copies of what this export held before are no longer copies: the next look at them
            # registers them in their own right.
            for path, copy in list(standing.items()):
                if copy.duplicate_of == key and copy.fingerprint != fingerprint:
                    del standing[path]

    def _write(self, standing: dict[str, Export]) -> None:
        ordered = sorted(standing.values(), key=lambda export: export.sequence)
        text = "".join(json.dumps(asdict(export)) + "\n" for export in ordered)
        if not self.manifest.exists() or self.manifest.read_text(encoding="utf-8") != text:
            write_text(self.manifest, text)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.manifest.parent.mkdir(parents=True, exist_ok=True)
        with self.manifest.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
