"""Folders with versions, one of which is current, and the removal of old ones.

A version carries the SHA-256 of each of its files, in the form that `sha256sum --check` reads. They
are compared before the version is used; versions of earlier packages have none.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage.atomic import (
    atomic_folder,
    damaged,
    draft_folder,
    move_folder,
    read_object,
    write_json,
    write_text,
)
from dpo_math_assets.storage.digests import file_digest

IN_USE_PREFIX = ".in-use-"
SUMS_FILE = "SHA256SUMS"
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


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
            _write_sums(folder)
        self.point_to(version)

    @contextmanager
    def new_content(self) -> Iterator[Draft]:
        """Like `new_version`, named by its content, which whoever fills the draft sets.

        A version that is there already holds the same: it stays and becomes the current one. One
        that is damaged is replaced.
        """
        with draft_folder(self.root) as folder:
            draft = Draft(folder)
            yield draft
            _write_sums(folder)
            place = self.root / draft.version
            if place.is_dir() and _damaged_file(place) is not None:
                with draft_folder(self.root) as aside:
                    place.replace(aside / draft.version)
            if not place.is_dir():
                try:
                    move_folder(folder, place)
                except OSError:
                    if not place.is_dir():
                        raise  # otherwise another process was first with the same content
        self.point_to(draft.version)

    def point_to(self, version: str) -> None:
        """Make a version that is there the current one."""
        write_json(self.root / "current.json", {"version": version})

    def current(self) -> Path | None:
        """The folder of the current version, or None where nothing was published yet.

        Raises DamagedDataError where what names it, or one of its files, is damaged.
        """
        version = self._current_version()
        return None if version is None else self.checked(version)

    def _current_version(self) -> str | None:
        remedy = (
            f'write {{"version": NAME}} into it, where NAME is one of the folders of {self.root}'
        )
        pointer = read_object(self.root / "current.json", remedy, "version")
        return None if pointer is None else str(pointer["version"])

    def checked(self, version: str) -> Path:
        """The folder of a version whose files are what was published.

        Raises DpoMathError where there is no such version, DamagedDataError where a file of it is
        not what was written.
        """
        folder = self._require(version)
        if (file := _damaged_file(folder)) is not None:
            raise damaged(
                file,
                f"make {self.root.name} anew, or name another version of it in "
                f"{self.root / 'current.json'}",
            )
        return folder

    def _require(self, version: str) -> Path:
        folder = self.root / version
        if not folder.is_dir():
            raise DpoMathError(f"{folder} does not exist: it was removed, or never published")
        return folder

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

        The hold ends with this process, however it ends. Raises what `checked` does.
        """
        self._require(version)  # no lock for what is not there
        with (self.root / f"{IN_USE_PREFIX}{version}").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield self.checked(version)

    def remove_old(self, keep: int, spare: set[str]) -> list[str]:
        """Remove all but the last `keep` versions by name; gives the names of those removed.

        The current version, those in `spare` and those in use stay as well.
        """
        current = self._current_version()
        removed = []
        for version in self.versions()[:-keep]:
            if version in spare or version == current:
                continue
            lock_file = self.root / f"{IN_USE_PREFIX}{version}"
            with lock_file.open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                # Under a draft's name first: nobody sees half a version, even after a kill.
                with draft_folder(self.root) as draft:
                    (self.root / version).replace(draft / version)
                lock_file.unlink()
            removed.append(version)
        return removed


def _write_sums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = (
        f"{file_digest(path, just_written=True)}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    )
    write_text(folder / SUMS_FILE, "".join(lines))


def _damaged_file(folder: Path) -> Path | None:
    """The first file of a version that is not what was published, or None."""
    sums = folder / SUMS_FILE
    try:
        lines = sums.read_text("utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return sums
    for line in lines:
        if (told := _SUM.fullmatch(line)) is None:
            return sums
        path = folder / told[2]
        try:
            intact = file_digest(path) == told[1]
        except OSError:
            intact = False
        if not intact:
            return path
    return None
