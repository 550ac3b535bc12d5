"""Folders with versions, one of which is current, and the removal of old ones."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage.atomic import (
    atomic_folder,
    draft_folder,
    move_folder,
    read_object,
    write_json,
)

IN_USE_PREFIX = ".in-use-"


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
        with draft_folder(self.root) as folder:
            draft = Draft(folder)
            yield draft
            if not (self.root / draft.version).is_dir():
                try:
                    move_folder(folder, self.root / draft.version)
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
        told = read_object(
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
                with draft_folder(self.root) as draft:
                    (self.root / version).replace(draft / version)
                lock_file.unlink()
            removed.append(version)
        return removed
