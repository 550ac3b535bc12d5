"""What was exported, as it is written down, and the files that are not yet landed."""

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage import atomic_file, write_json
from dpo_math_assets.traces.database.table import TableRow
from dpo_math_assets.traces.database.times import time_before
from dpo_math_assets.traces.landing import LandingArea
from dpo_math_assets.traces.places import Folder


class Part:
    """The rows that go into one file, and those looked at on the way."""

    def __init__(self, start: datetime | None) -> None:
        self._start = start
        self.exported: dict[str, datetime] = {}
        self.slots: list[str] = []  # of the rows exported
        self.waiting: dict[str, datetime] = {}
        self.newest: datetime | None = None  # all rows up to here were looked at
        self.ended = False  # there are no more rows

    def lines(self, rows: Iterator[TableRow], give_up: datetime, limit: int) -> Iterator[str]:
        """The lines of the file; it ends where the rows do, or at about `limit` characters."""
        size = 0
        for row in rows:
            if self._start is None or row.created_at >= self._start:
                self.newest = max(self.newest or row.created_at, row.created_at)
            if not row.finished and row.created_at > give_up:
                self.waiting[row.slot] = row.created_at
                continue
            self.exported[row.key] = row.created_at
            self.slots.append(row.slot)
            yield row.line
            size += len(row.line)
            if size >= limit:
                return
        self.ended = True


@dataclass
class Progress:
    """What has been exported, as it is written down. Times are ISO 8601, UTC."""

    source: str
    files: int = 0
    rows: int = 0
    # The newest created_at, but never later than the database's own clock.
    newest: str | None = None
    # From here on `seen` holds every exported row; what is older is not looked at again.
    seen_from: str | None = None
    seen: dict[str, str] = field(default_factory=dict)  # a row's key to created_at
    waiting: dict[str, str] = field(default_factory=dict)  # its slot to created_at, not exported
    in_outbox: str | None = None  # the file that was written down last
    clock_put_back_to: str | None = None  # what the database's clock showed when that was noticed

    def start(self, overlap: timedelta) -> datetime | None:
        """From where on the table is read: no earlier than what is known of exported rows."""
        if self.newest is None or self.seen_from is None:
            return None
        return max(
            datetime.fromisoformat(self.seen_from),
            time_before(datetime.fromisoformat(self.newest), overlap),
        )

    def add(self, part: Part, now: datetime, overlap: timedelta) -> None:
        """Take in what a file holds and what was looked at."""
        self.rows += len(part.slots)
        for slot, time in part.waiting.items():
            self.waiting[slot] = time.isoformat()
        for key, time in part.exported.items():
            self.seen[key] = time.isoformat()
        for slot in part.slots:
            self.waiting.pop(slot, None)
        if part.newest is None:
            return
        newest = min(part.newest, now)
        if self.newest is not None:
            newest = max(newest, datetime.fromisoformat(self.newest))
        self.newest = newest.isoformat()
        seen_from = time_before(newest, overlap)
        if self.seen_from is not None:
            seen_from = max(seen_from, datetime.fromisoformat(self.seen_from))
        self.seen_from = seen_from.isoformat()
        self.seen = {
            row_id: time
            for row_id, time in self.seen.items()
            if datetime.fromisoformat(time) >= seen_from
        }

    def stop_waiting(self, give_up: datetime) -> None:
        """Forget rows that were waited for long enough: they are exported, or were deleted."""
        self.waiting = {
            row_id: time
            for row_id, time in self.waiting.items()
            if datetime.fromisoformat(time) > give_up
        }


class Journal:
    """The progress file, and the outbox for files that it speaks of and that are not yet landed."""

    def __init__(self, folder: Path, landing: LandingArea, table: str, source: str) -> None:
        self._place = landing.place
        self._outbox = folder / "outbox"
        self._file = folder / "progress.json"
        self._folder_name = re.sub(r"[^A-Za-z0-9]+", "_", table).strip("_")
        self._written: Path | None = None
        self.progress = self._load(source, landing)
        self._empty_outbox()

    def file_name(self, number: int) -> str:
        """The name of an export file in the landing area."""
        return f"{self._folder_name}/{number:06d}.jsonl"

    def require_clock(self, now: datetime) -> None:
        """Refuse to go on where the database's clock is behind what it showed before.

        Rows written since then are older than rows that count as looked at. It is written down,
        since nothing tells once the clock has caught up.
        """
        progress = self.progress
        newest = progress.newest and datetime.fromisoformat(progress.newest)
        if progress.clock_put_back_to is None and newest and newest > now:
            progress.clock_put_back_to = now.isoformat()
            write_json(self._file, asdict(progress))
        if progress.clock_put_back_to:
            raise DpoMathError(
                f"the database's clock was put back: rows were exported up to {progress.newest}, "
                f"and then it showed {progress.clock_put_back_to}. Rows written since would be "
                f"lost. In {self._file}, set `newest` and `seen_from` to the time that it was put "
                "back to, or an earlier one, and `clock_put_back_to` to null, then start it again: "
                "rows since that time are exported, perhaps some of them a second time"
            )

    def write(self, lines: Iterator[str]) -> None:
        """Make a file of the lines in the outbox, if there are any."""
        first = next(lines, None)
        if first is None:
            return
        self.progress.files += 1
        self.progress.in_outbox = f"{self.progress.files:06d}.jsonl"
        with (
            atomic_file(self._outbox / self.progress.in_outbox) as temporary,
            temporary.open("w", encoding="utf-8") as out,
        ):
            for line in chain([first], lines):
                out.write(line + "\n")

    def commit(self) -> None:
        """Write the progress down, which makes the file count, and put the file into place."""
        write_json(self._file, asdict(self.progress))
        self._empty_outbox()

    def _empty_outbox(self) -> None:
        """Land the file that was written down; remove what a killed process left besides."""
        for path in self._outbox.iterdir() if self._outbox.is_dir() else []:
            if path.name == self.progress.in_outbox:
                self._place.put(path, self.file_name(self.progress.files))
            path.unlink()

    def _load(self, source: str, landing: LandingArea) -> Progress:
        if not self._file.exists():
            known = {each.path for each in landing.exports()}
            # A missing folder is made when there is a row to put there.
            if not isinstance(self._place, Folder) or self._place.path.is_dir():
                known |= {each.path for each in self._place.scan().files}
            if any(path.startswith(f"{self._folder_name}/") for path in known):
                raise DpoMathError(
                    f"{self._file} is missing, though rows of this table were exported before: "
                    "restore it from a backup, or every row would be exported again"
                )
            return Progress(source)
        try:
            progress = Progress(**json.loads(self._file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise DpoMathError(
                f"{self._file} is damaged ({error}): restore it from a backup"
            ) from None
        if progress.source != source:
            raise DpoMathError(
                f"rows were exported from {progress.source} so far, and now {source} is to be "
                f"read. If that is the same table at another address, change `source` in "
                f"{self._file}; if it is another one, set DPO_MATH_DATA to a folder of its own"
            )
        return progress


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
