"""Looks at many partitions at once, which other processes may replace meanwhile."""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from dpo_math_assets.storage.atomic import draft_folder
from dpo_math_assets.storage.partitions import Store


class Snapshot(Store):
    """A store of which each record is read once, for one look over all exports.

    What it has read it takes for what is there, so it is not to be written to. What is finished it
    says by the files' sizes: their content is compared when they are read. `pins` are, for assets
    whose partitions are pinned, the folders that these are kept in.
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

    def _holds(self, path: Path, described: Any) -> bool:
        size = described["size"] if isinstance(described, dict) else described
        return super()._holds(path, size)

    def _folder(self, asset: str) -> Path:
        return self._pins.get(asset, super()._folder(asset))


@contextmanager
def pinned(store: Store, assets: Iterable[str], keys: Collection[str]) -> Iterator[Snapshot]:
    """Yield a store in which these partitions stay as they are until the block ends.

    Polars reads a file's footer once for a frame: rows of a file that is replaced between two
    looks go missing without an error. What is pinned keeps its file and its record, whatever
    other processes write. A partition without a record, because it was never made or is being
    made right now, is not there.
    """
    with ExitStack() as drafts:
        pins = {}
        for asset in assets:
            pins[asset] = drafts.enter_context(draft_folder(store.root / asset))
            for key in keys:
                _pin(store, asset, key, pins[asset])
        yield Snapshot(store.root, pins)


def _pin(store: Store, asset: str, key: str, folder: Path) -> None:
    """Keep a partition's file and the record of that very file in the folder."""
    files = store.record_file(asset, key), store.partition(asset, key)
    while (made := _made(files[0])) is not None:
        for file in files:
            with suppress(FileNotFoundError):
                _link(file, folder / file.name)
        # Whoever makes a partition removes its record first, and writes another one at last.
        if _made(files[0]) == made:
            return
        for file in files:
            (folder / file.name).unlink(missing_ok=True)


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
