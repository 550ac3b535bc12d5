"""The landing area: which log exports lie there, which are finished, and in which order they came.

An export is one file of the landing area (see `places`). The first time it is seen whole it gets
an arrival number and a partition key made of that number and its name, which it keeps for ever. The
manifest remembers, for each path, the content that was registered last, so that a restart registers
nothing twice, a re-upload of the same bytes is recognised, and changed content is registered again.
"""

import fcntl
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import DamagedDataError
from dpo_math_assets.storage import digest, write_text
from dpo_math_assets.traces.places import LandedFile, place_at

# Where in the data folder the manifest lies.
MANIFEST = Path("log_exports", "manifest.jsonl")


@dataclass(frozen=True)
class Export:
    """One registered export file.

    `sequence` grows with every registration, so a reader that remembers the largest one it has
    seen knows what is new or changed since. `duplicate_of` is the key of an earlier export that
    holds the same bytes; such a copy is no partition of its own.
    """

    path: str  # relative to the landing area
    key: str
    arrival: int
    sequence: int
    size: int
    modified_ns: int
    fingerprint: str
    duplicate_of: str | None = None
    version: str = ""  # an object store's own name for the content, as of `places.LandedFile`


@dataclass
class Registration:
    """What one look at the landing area found."""

    registered: list[Export] = field(default_factory=list)  # new or changed, by sequence
    duplicates: list[Export] = field(default_factory=list)  # the same bytes as another export
    unfinished: list[str] = field(default_factory=list)  # still being written
    unreadable: dict[str, str] = field(default_factory=dict)  # path to what the system said
    ignored: list[str] = field(default_factory=list)  # files whose names are no export's
    remaining: int = 0  # finished files left for the next look


def partition_key(arrival: int, path: str) -> str:
    """A key that sorts by arrival and is safe as a file name, a URL part and a range bound."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.replace("/", "__")).strip("._")
    # Three dots separate the ends of a range on Dagster's command line.
    return f"{arrival:06d}-{re.sub(r'[.]{2,}', '.', name)[-120:]}"


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


class Ledger:
    """The registrations that stand, found by path, by content and by what they copy."""

    def __init__(self, exports: list[Export]) -> None:
        self._by_path: dict[str, Export] = {}
        # Paths in order of registration: those of partitions by content, those of copies by the
        # key that they copy, and the one path of a partition's key.
        self._holding: dict[str, dict[str, None]] = {}
        self._copying: dict[str, dict[str, None]] = {}
        self._path_of: dict[str, str] = {}
        self._last_arrival = self._last_sequence = 0
        for export in exports:
            self.put(export)

    def get(self, path: str) -> Export | None:
        """What is registered for a path."""
        return self._by_path.get(path)

    def put(self, export: Export) -> None:
        """Let a registration stand in the place of its path's earlier one."""
        self.remove(export.path)
        self._by_path[export.path] = export
        if export.duplicate_of is None:
            self._holding.setdefault(export.fingerprint, {})[export.path] = None
            self._path_of[export.key] = export.path
        else:
            self._copying.setdefault(export.duplicate_of, {})[export.path] = None
        self._last_arrival = max(self._last_arrival, export.arrival)
        self._last_sequence = max(self._last_sequence, export.sequence)

    def remove(self, path: str) -> None:
        """Forget what is registered for a path."""
        export = self._by_path.pop(path, None)
        if export is None:
            return
        if export.duplicate_of is None:
            del self._holding[export.fingerprint][path]
            self._path_of.pop(export.key, None)
        else:
            del self._copying[export.duplicate_of][path]

    def original(self, fingerprint: str) -> Export | None:
        """The first partition that holds these bytes."""
        path = next(iter(self._holding.get(fingerprint, {})), None)
        return None if path is None else self._by_path[path]

    def copies(self, key: str) -> list[Export]:
        """The registered copies of a partition."""
        return [self._by_path[path] for path in self._copying.get(key, {})]

    def register(self, file: LandedFile, fingerprint: str) -> Export | None:
        """The new registration of a file; None where the file was touched and not changed."""
        known = self.get(file.path)
        looks: dict[str, Any] = {
            "size": file.size,
            "modified_ns": file.modified_ns,
            "version": file.version,
        }
        if known and known.fingerprint == fingerprint:
            self.put(replace(known, **looks))
            return None
        original = self.original(fingerprint)
        # An export that was a partition stays one: its key has a history.
        keeps_key = known is not None and known.duplicate_of is None
        arrival = known.arrival if known and keeps_key else self._last_arrival + 1
        export = Export(
            path=file.path,
            key=known.key if known and keeps_key else partition_key(arrival, file.path),
            arrival=arrival,
            sequence=self._last_sequence + 1,
            fingerprint=fingerprint,
            duplicate_of=original.key if original and not keeps_key else None,
            **looks,
        )
        self.put(export)
        if keeps_key:
            # Copies of what this export held before are no longer copies: the next look at them
            # registers them in their own right.
            for copy in self.copies(export.key):
                if copy.fingerprint != fingerprint:
                    self.remove(copy.path)
        return export

    def follow_renames(self, present: set[str]) -> None:
        """Where an export's file is gone and a copy of it lies there, the copy is its file now."""
        for key in list(self._copying):
            path = self._path_of.get(key)
            if path is None or path in present:
                continue
            copy = next((copy for copy in self.copies(key) if copy.path in present), None)
            if copy is not None:
                original = self._by_path[path]
                self.remove(path)
                self.put(
                    replace(
                        original,
                        path=copy.path,
                        size=copy.size,
                        modified_ns=copy.modified_ns,
                        version=copy.version,
                    )
                )

    def lines(self) -> str:
        """All registrations as JSON lines, by sequence."""
        ordered = sorted(self._by_path.values(), key=lambda export: export.sequence)
        return "".join(_line(vars(export)) + "\n" for export in ordered)


class LandingArea:
    """A landing area, a folder or an object store, and the manifest of what is registered."""

    def __init__(self, location: str | Path, manifest: Path, left_out: Sequence[str] = ()) -> None:
        self.place = place_at(location)
        self.manifest = manifest
        self._left_out = left_out  # patterns of paths and keys

    def exports(self) -> list[Export]:
        """Every registration that stands, in order of sequence."""
        if not self.manifest.exists():
            return []
        try:
            lines = self.manifest.read_text(encoding="utf-8").split("\n")
            return [_export(line) for line in lines if line]
        except (ValueError, TypeError) as error:
            raise DamagedDataError(
                f"the manifest {self.manifest} is damaged ({error}): restore it from a backup, or "
                "set DPO_MATH_DATA to an empty folder to begin anew"
            ) from None

    def partitions(self) -> dict[str, Export]:
        """The exports that are partitions, by key, in order of arrival; without those left out."""
        first: dict[str, Export] = {}  # by content: each is counted once
        for export in self._own().values():
            if not self._is_left_out(export):
                first.setdefault(export.fingerprint, export)
        return {export.key: export for export in first.values()}

    def left_out(self) -> list[str]:
        """Keys of the exports that are done without.

        The settings say so, or the export changed into what an earlier one holds: it keeps its key,
        and counts again once it holds something of its own.
        """
        counted = self.partitions()
        return [key for key in self._own() if key not in counted]

    def _own(self) -> dict[str, Export]:
        own = [export for export in self.exports() if export.duplicate_of is None]
        return {export.key: export for export in sorted(own, key=lambda export: export.arrival)}

    def _is_left_out(self, export: Export) -> bool:
        return any(
            fnmatchcase(name, pattern)
            for pattern in self._left_out
            for name in (export.path, export.key)
        )

    def register(
        self,
        settle_seconds: float,
        observed: dict[str, list[int]] | None = None,
        at_most: int = 500,
        seconds: float = 30,
    ) -> Registration:
        """Register the finished files that are new or have changed, oldest first.

        At most `at_most` files are registered, and no file is begun after `seconds` of reading, so
        that one look stays short; `observed` is the memory of `split_finished` between looks.
        """
        scan = self.place.scan()
        result = Registration(unreadable=scan.unreadable, ignored=scan.ignored)
        with self._locked():
            ledger = Ledger(self.exports())
            new = [file for file in scan.files if not _is_known(file, ledger.get(file.path))]
            finished, unfinished = split_finished(
                new, {} if observed is None else observed, settle_seconds
            )
            result.unfinished = [file.path for file in unfinished]
            deadline = time.monotonic() + seconds
            for position, file in enumerate(finished):
                if len(result.registered) >= at_most or time.monotonic() > deadline:
                    result.remaining = len(finished) - position
                    break
                try:
                    fingerprint = self.place.fingerprint(file.path)
                except OSError as error:
                    result.unreadable[file.path] = str(error)
                    continue
                if export := ledger.register(file, fingerprint):
                    (result.duplicates if export.duplicate_of else result.registered).append(export)
            ledger.follow_renames({file.path for file in scan.files})
            self._write(ledger.lines())
        return result

    def _write(self, text: str) -> None:
        if not self.manifest.exists() or self.manifest.read_text(encoding="utf-8") != text:
            write_text(self.manifest, text)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.manifest.parent.mkdir(parents=True, exist_ok=True)
        with self.manifest.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _is_known(file: LandedFile, known: Export | None) -> bool:
    """Whether a file looks as it did when it was registered."""
    return known is not None and (known.size, known.modified_ns, known.version) == (
        file.size,
        file.modified_ns,
        file.version,
    )


def _line(registration: dict[str, Any]) -> str:
    return json.dumps({**registration, "digest": digest(registration)})


def _export(line: str) -> Export:
    """A registration from its line, which is what its digest says; earlier ones have none."""
    registration = json.loads(line)
    if registration.pop("digest", None) not in (None, digest(registration)):
        raise ValueError("a line is not what was written")
    return Export(**registration)
