"""One look into the table: its new rows as files of the landing area."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path

from dpo_math_assets.traces.database.connection import database_address, reading, shown
from dpo_math_assets.traces.database.progress import Journal, Part, locked
from dpo_math_assets.traces.database.settings import DatabaseSettings
from dpo_math_assets.traces.database.table import Table
from dpo_math_assets.traces.database.times import time_before
from dpo_math_assets.traces.landing import LandingArea


@dataclass(frozen=True)
class DatabaseExport:
    """What one look into the table gave."""

    source: str  # database and table, without credentials
    files: list[str]  # new in the landing area
    rows: int  # in these files
    waiting: int  # rows without an outcome, waited for
    rows_without_time: int  # of the table; they are never exported
    newest: str | None  # created_at of the newest row seen so far
    rows_ever: int  # exported since the beginning

    def summary(self) -> str:
        """What came, in a sentence."""
        came = f"{self.rows} new rows in {len(self.files)} files" if self.rows else "No new rows"
        newest = f"the newest row is of {self.newest}" if self.newest else "the table is empty"
        waiting = f"; {self.waiting} rows have no outcome yet and are waited for"
        return f"{came} ({self.source}); {newest}" + (waiting if self.waiting else "")


def export_new_rows(
    url: str,
    landing: LandingArea,
    folder: Path,
    settings: DatabaseSettings,
    on_progress: Callable[[str], None] | None = None,
) -> DatabaseExport:
    """Put the rows that are new since the last call into files of the landing area.

    `folder` keeps the progress between calls; calls at the same time wait for each other. Raises
    DpoMathError where the database cannot be reached or read, without a word of the credentials.
    """
    address = database_address(url)
    source = f"{shown(address)} {settings.table}"
    limit = int(settings.file_mb * 1e6)
    with locked(folder):
        journal = Journal(folder, landing, settings.table, source)
        progress = journal.progress
        files_before, rows_before = progress.files, progress.rows
        with reading(address, settings) as connection:
            table = Table(connection, settings.table)
            now = table.now()
            give_up = time_before(now, timedelta(days=settings.wait_days))
            overlap = timedelta(minutes=settings.overlap_minutes)
            journal.require_clock(now)
            start = progress.start(overlap)
            rows = table.rows_from(start)
            if start:
                rows = chain(table.rows_before(start, list(progress.waiting), give_up), rows)
            before = dict(progress.seen)  # rows of this look are no repetitions of each other
            unseen = (row for row in rows if row.key not in before)
            ended = False
            while not ended:
                part = Part(start)
                journal.write(part.lines(unseen, give_up, limit))
                ended = part.ended
                progress.add(part, now, overlap)
                if ended:
                    progress.stop_waiting(give_up)
                journal.commit()
                if on_progress:
                    on_progress(f"{progress.rows - rows_before} new rows of {source} so far")
            without_time = table.rows_without_time()
        return DatabaseExport(
            source=source,
            files=[journal.file_name(each + 1) for each in range(files_before, progress.files)],
            rows=progress.rows - rows_before,
            waiting=len(progress.waiting),
            rows_without_time=without_time,
            newest=progress.newest,
            rows_ever=progress.rows,
        )
