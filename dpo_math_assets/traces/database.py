"""New rows of the runtime's `task_trace` table as export files in the landing area, each row once.

The runtime writes a row when a task is planned and overwrites it when the task has run, and a row
becomes visible when its transaction commits, which may be after rows with a later `created_at`. So:

- a row without an outcome (`ok` is null) is waited for, at most `wait_days`, then taken as it is;
- rows younger than `overlap_minutes` before the newest one are looked at again each time, and those
  that were exported already are known by their ids;
- a row that has been exported is not exported again, whatever happens to it later, unless its
  `created_at` is set to a later time: ids are known for `overlap_minutes` only, so that what is
  remembered stays small. What it holds then is exported too, under the same trace ids;
- an id that is null, or that the table does not declare unique, names no row: such a row is known
  by its id, its time and what it holds, and is exported again where that changes;
- `infinity`, years before Christ and from 10,000 on are later or earlier than all other times, and
  are exported in the database's own words.

What was exported is written down once a file (`progress.json`), and that is the moment at which it
counts: a file is first made whole in an outbox, then it is written down, then it is put into the
landing area. A process that is killed between leaves either an outbox file that nothing speaks of,
which the next one removes, or one that is written down, which the next one puts into place.

Rows come through a cursor of the server in one read-only snapshot, so memory is bounded by a few
rows, and a file is cut at `file_mb`.
"""

import fcntl
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects import postgresql

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage import atomic_file, write_json
from dpo_math_assets.traces.landing import LandingArea
from dpo_math_assets.traces.places import Folder, without_secrets
from dpo_math_assets.traces.shapes import moment, strict_json

URL_VARIABLE = "DPO_MATH_DATABASE_URL"
EXAMPLE_URL = "postgresql://user:password@host:5432/database"

_ROWS_AT_ONCE = 100  # of a server-side cursor; a row may be a megabyte
_IDS_AT_ONCE = 500
_NEEDED = ("id", "created_at", "ok")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_SLOT = "\0"  # begins what stands for id and time; PostgreSQL has no such text


class DatabaseSettings(BaseModel):
    """How new rows of the runtime's database are read."""

    table: str = Field("task_trace", description="The table, with its schema where it needs one.")
    overlap_minutes: float = Field(
        60,
        ge=0,
        description="Rows this much older than the newest one are looked at again, for those that "
        "were committed late. Longer than any transaction of the runtime, in minutes.",
    )
    wait_days: float = Field(
        7, ge=0, description="How long a row without an outcome is waited for, in days."
    )
    file_mb: float = Field(
        256, gt=0, description="Size at which an export file is cut, in MB (10^6 bytes)."
    )
    timeout_s: float = Field(
        300, ge=1, description="Longest time for one answer of the database, in seconds."
    )


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


@dataclass(frozen=True)
class _Row:
    key: str  # what it is known by once it is exported
    slot: str  # what it is waited for by: its id, or id and time where that names no row
    created_at: datetime
    finished: bool
    line: str


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
    address = _address(url)
    source = f"{_shown(address)} {settings.table}"
    limit = int(settings.file_mb * 1e6)
    with _locked(folder):
        journal = _Journal(folder, landing, settings.table, source)
        progress = journal.progress
        files_before, rows_before = progress.files, progress.rows
        with _reading(address, settings) as connection:
            table = _Table(connection, settings.table)
            now = table.now()
            give_up = _before(now, timedelta(days=settings.wait_days))
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
                part = _Part(start)
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


# What was exported ------------------------------------------------------------------------------


class _Part:
    """The rows that go into one file, and those looked at on the way."""

    def __init__(self, start: datetime | None) -> None:
        self._start = start
        self.exported: dict[str, datetime] = {}
        self.slots: list[str] = []  # of the rows exported
        self.waiting: dict[str, datetime] = {}
        self.newest: datetime | None = None  # all rows up to here were looked at
        self.ended = False  # there are no more rows

    def lines(self, rows: Iterator[_Row], give_up: datetime, limit: int) -> Iterator[str]:
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
class _Progress:
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
            _before(datetime.fromisoformat(self.newest), overlap),
        )

    def add(self, part: _Part, now: datetime, overlap: timedelta) -> None:
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
        seen_from = _before(newest, overlap)
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


class _Journal:
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

    def _load(self, source: str, landing: LandingArea) -> _Progress:
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
            return _Progress(source)
        try:
            progress = _Progress(**json.loads(self._file.read_text(encoding="utf-8")))
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
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# The table --------------------------------------------------------------------------------------


class _Table:
    """The table's rows as lines of JSON, with the names of its columns."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        schema, _, bare = name.rpartition(".")
        try:
            columns = sa.inspect(connection).get_columns(bare, schema or None)
        except sa.exc.NoSuchTableError:
            raise DpoMathError(
                f"the database has no table {name} that this user can see: name the table, with "
                "its schema where it needs one, in `database.table` of settings.yaml"
            ) from None
        names = [column["name"] for column in columns]
        if missing := [each for each in _NEEDED if each not in names]:
            raise DpoMathError(
                f"the table {name} has no column {', '.join(missing)}, which tells what is new: "
                f"it has {', '.join(names)}"
            )
        self._connection = connection
        # As text, which keeps the digits of numbers: decoding would make floats of them.
        self._json = [
            column["name"] for column in columns if isinstance(column["type"], postgresql.JSON)
        ]
        self._table = sa.table(bare, *map(sa.column, names), schema=schema or None)
        # As text too, since the database knows times that Python does not.
        times = sa.Date | sa.DateTime | sa.Interval
        self._times = [column["name"] for column in columns if isinstance(column["type"], times)]
        as_text = {*self._json, *(self._times if connection.dialect.name != "sqlite" else [])}
        self._columns = [
            sa.cast(column, sa.Text).label(column.name) if column.name in as_text else column
            for column in self._table.c
        ]
        self._id_names_a_row = _is_unique(connection, bare, schema or None, "id")
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._time = self._moment(self._table.c.created_at)

    def now(self) -> datetime:
        """The database's clock."""
        now = moment(self._connection.execute(sa.select(sa.func.now())).scalar_one())
        assert now is not None
        return now

    def rows_from(self, start: datetime | None) -> Iterator[_Row]:
        """The rows since `start`, or all, by time."""
        wanted = self._time.is_not(None)
        if start is not None:
            wanted &= self._time >= self._moment(start)
        created_at, row_id = self._table.c.created_at, self._table.c.id
        yield from self._rows(wanted, self._time, created_at, row_id)

    def rows_before(self, start: datetime, ids: list[str], give_up: datetime) -> Iterator[_Row]:
        """Of these rows, as far as they are older than `start`, those that are waited for no more.

        That is because they have an outcome by now, or because they are older than `give_up`.
        """
        over = self._table.c.ok.is_not(None) | (self._time <= self._moment(give_up))
        earlier = over & (self._time < self._moment(start))
        named = [slot for slot in ids if not slot.startswith(_SLOT)]
        for at in range(0, len(named), _IDS_AT_ONCE):
            some = sa.cast(self._table.c.id, sa.Text).in_(named[at : at + _IDS_AT_ONCE])
            yield from self._rows(some & earlier)
        for slot in ids:
            if slot.startswith(_SLOT):
                row_id, time = json.loads(slot.removeprefix(_SLOT))
                same_id = (
                    self._table.c.id.is_(None)
                    if row_id is None
                    else sa.cast(self._table.c.id, sa.Text) == row_id
                )
                same_time = self._time == self._moment(datetime.fromisoformat(time))
                yield from self._rows(same_id & same_time & earlier)

    def rows_without_time(self) -> int:
        """How many rows have no created_at that the database can order by."""
        query = sa.select(sa.func.count()).select_from(self._table).where(self._time.is_(None))
        return int(self._connection.execute(query).scalar_one())

    def _moment(self, value: Any) -> Any:
        """A time as the database compares it; SQLite keeps times as text of several spellings."""
        if self._is_sqlite:
            return (
                _microseconds(value)
                if isinstance(value, datetime)
                else sa.func.microseconds(value, type_=sa.BigInteger)
            )
        return sa.literal(value) if isinstance(value, datetime) else value

    def _rows(self, wanted: Any, *order: Any) -> Iterator[_Row]:
        query = sa.select(*self._columns).where(wanted).order_by(*order)
        options = {"yield_per": _ROWS_AT_ONCE}  # through a cursor of the server
        for row in self._connection.execute(query, execution_options=options).mappings():
            yield self._row(dict(row))

    def _row(self, values: dict[str, Any]) -> _Row:
        row_id = None if values["id"] is None else str(values["id"])
        created_at = _time(values["created_at"])
        if created_at is None:
            raise DpoMathError(
                f"row {row_id}: its created_at {values['created_at']!r} is no time; write it as "
                "ISO 8601"
            )
        plain = {
            name: _written(value) if name in self._times or isinstance(value, datetime) else value
            for name, value in values.items()
            if name not in self._json
        }
        parts = []
        for name in self._json:
            # A line end in JSON can only stand between its parts.
            value = (values[name] or "null").translate({10: " ", 13: " "})
            parts.append(f", {json.dumps(name)}: {value}")
        line = strict_json(plain)[:-1] + "".join(parts) + "}"
        finished = values["ok"] is not None
        if row_id is not None and self._id_names_a_row:
            return _Row(row_id, row_id, created_at, finished, line)
        slot = _SLOT + json.dumps([row_id, created_at.isoformat()])
        content = blake2b(line.encode(), digest_size=8).hexdigest()
        return _Row(f"{slot} {content}", slot, created_at, finished, line)


def _is_unique(connection: sa.Connection, table: str, schema: str | None, column: str) -> bool:
    """Whether the database keeps two rows from having the same value there."""
    inspector = sa.inspect(connection)
    keys: list[list[Any]] = [inspector.get_pk_constraint(table, schema)["constrained_columns"]]
    keys += [each["column_names"] for each in inspector.get_unique_constraints(table, schema)]
    for index in inspector.get_indexes(table, schema):
        some_rows = any(name.endswith("_where") for name in index.get("dialect_options", {}))
        if index["unique"] and not some_rows:
            keys.append(index["column_names"])
    return [column] in keys


_NOT_OF_PYTHON = re.compile(r"(?P<later>infinity|\d{5,}-.*)|-infinity|.*\bBC", re.IGNORECASE)


def _time(value: Any) -> datetime | None:
    """A time of the database; the first or the last that Python knows for one outside of these."""
    outside = _NOT_OF_PYTHON.fullmatch(value.strip()) if isinstance(value, str) else None
    if outside:
        return _LAST if outside["later"] else _FIRST
    return moment(value)


def _written(value: Any) -> Any:
    """A time as the export has it: ISO 8601 where Python knows it, else the database's words."""
    known = moment(value) if isinstance(value, str) and ":" in value else value
    return known.isoformat() if isinstance(known, datetime) else value


def _before(time: datetime, span: timedelta) -> datetime:
    """The time so long before, or the first one there is."""
    return _FIRST + max(timedelta(0), time - _FIRST - span)


# The database -----------------------------------------------------------------------------------


def _address(url: str) -> sa.URL:
    """The URL as SQLAlchemy takes it, with the driver that is installed with this project."""
    if not url.strip():
        raise DpoMathError(
            f"{URL_VARIABLE} is not set: set it to the URL of the runtime's database, such as "
            f"{EXAMPLE_URL}, where Dagster is started"
        )
    try:
        address = sa.make_url(re.sub(r"^postgres://", "postgresql://", url.strip()))
    except (sa.exc.ArgumentError, ValueError):
        raise DpoMathError(
            f"{URL_VARIABLE} cannot be read as the URL of a database, such as {EXAMPLE_URL}. "
            "Special characters of a password are written with %, an @ as %40"
        ) from None
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        raise DpoMathError(
            f"{URL_VARIABLE} names {address.get_backend_name()}: PostgreSQL and SQLite are read"
        )
    path = Path(address.database or "").absolute()
    if not path.is_file():
        raise DpoMathError(f"{URL_VARIABLE} names the SQLite database {path}: there is none")
    return address.set(database=str(path))


def _shown(address: sa.URL) -> str:
    """The address without user, password and options."""
    port = f":{address.port}" if address.port else ""
    return f"{address.get_backend_name()}://{address.host or ''}{port}/{address.database or ''}"


@contextmanager
def _reading(address: sa.URL, settings: DatabaseSettings) -> Iterator[sa.Connection]:
    """A connection in one transaction that cannot write and sees one state of the database."""
    try:
        engine = _engine(address)
    except ImportError:
        raise DpoMathError(
            "reading PostgreSQL needs its driver: pip install 'dpo-math-assets[postgres]'"
        ) from None
    try:
        with engine.connect() as connection:
            if address.get_backend_name() == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                timeout = f"{settings.timeout_s * 1000:.0f}"
                connection.execute(
                    sa.select(
                        sa.func.set_config("TimeZone", "UTC", True),
                        sa.func.set_config("statement_timeout", timeout, True),
                    )
                )
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise DpoMathError(_refusal(error, address, settings)) from None
    finally:
        engine.dispose()


def _microseconds(value: Any) -> int | None:
    """A time, as `moment` reads it, since 1970; SQLite's own functions read other spellings."""
    time = _time(value)
    return None if time is None else (time - _EPOCH) // timedelta(microseconds=1)


def _engine(address: sa.URL) -> sa.Engine:
    if address.get_backend_name() == "sqlite":
        assert address.database is not None
        file = f"file:{quote(address.database)}"
        read_only = address.set(database=file, query={"mode": "ro", "uri": "true"})
        engine = sa.create_engine(read_only, poolclass=sa.NullPool)

        @sa.event.listens_for(engine, "connect")
        def add_function(connection: Any, _: Any) -> None:
            connection.create_function("microseconds", 1, _microseconds, deterministic=True)

        return engine
    alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    return sa.create_engine(
        address,
        poolclass=sa.NullPool,
        # Without prepared statements a connection pooler may stand between.
        connect_args={"connect_timeout": 10, "prepare_threshold": None, **alive},
    )


def _refusal(error: sa.exc.SQLAlchemyError, address: sa.URL, settings: DatabaseSettings) -> str:
    """What the database said, and what to do about it."""
    cause = getattr(error, "orig", None) or error
    said = str(cause)
    if address.password:  # first: within a URL, a mask would leave a part of an odd one
        for secret in (str(address.password), quote(str(address.password), safe="")):
            said = said.replace(secret, "***")
    said = " ".join(without_secrets(said).split())
    remedies = {
        "57014": f"An answer took longer than database.timeout_s = {settings.timeout_s:g} s: raise "
        "it in settings.yaml, or let the runtime index created_at.",
        "42501": f"Let this user read: GRANT SELECT ON {settings.table} TO {address.username}.",
    }
    remedy = "Rows of whole files are kept: mend this, then start it again."
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        remedy = (
            "Check that the server runs, and that host, database, user and password in "
            f"{URL_VARIABLE} are right. Rows of whole files are kept: start it again."
        )
    remedy = remedies.get(getattr(cause, "sqlstate", None) or "", remedy)
    return f"{_shown(address)} cannot be read ({said}). {remedy}"
