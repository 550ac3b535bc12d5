"""The table's rows as lines of JSON, each with what it is known by."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import ReflectedColumn

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.traces.database.connection import microseconds
from dpo_math_assets.traces.database.times import time_of, written
from dpo_math_assets.traces.texts import moment, strict_json

_ROWS_AT_ONCE = 100  # of a server-side cursor; a row may be a megabyte


_IDS_AT_ONCE = 500


_NEEDED = ("id", "created_at", "ok")


SLOT = "\0"  # begins what stands for id and time; PostgreSQL has no such text


@dataclass(frozen=True)
class TableRow:
    key: str  # what it is known by once it is exported
    slot: str  # what it is waited for by: its id, or id and time where that names no row
    created_at: datetime
    finished: bool
    line: str


class Table:
    """The table's rows as lines of JSON, with the names of its columns."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        schema, _, bare = name.rpartition(".")
        columns = _columns(connection, name)
        names = [column["name"] for column in columns]
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

    def rows_from(self, start: datetime | None) -> Iterator[TableRow]:
        """The rows since `start`, or all, by time."""
        wanted = self._time.is_not(None)
        if start is not None:
            wanted &= self._time >= self._moment(start)
        created_at, row_id = self._table.c.created_at, self._table.c.id
        yield from self._rows(wanted, self._time, created_at, row_id)

    def rows_before(self, start: datetime, ids: list[str], give_up: datetime) -> Iterator[TableRow]:
        """Of these rows, as far as they are older than `start`, those that are waited for no more.

        That is because they have an outcome by now, or because they are older than `give_up`.
        """
        over = self._table.c.ok.is_not(None) | (self._time <= self._moment(give_up))
        earlier = over & (self._time < self._moment(start))
        named = [slot for slot in ids if not slot.startswith(SLOT)]
        for at in range(0, len(named), _IDS_AT_ONCE):
            some = sa.cast(self._table.c.id, sa.Text).in_(named[at : at + _IDS_AT_ONCE])
            yield from self._rows(some & earlier)
        for slot in ids:
            if slot.startswith(SLOT):
                row_id, time = json.loads(slot.removeprefix(SLOT))
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
                microseconds(value)
                if isinstance(value, datetime)
                else sa.func.microseconds(value, type_=sa.BigInteger)
            )
        return sa.literal(value) if isinstance(value, datetime) else value

    def _rows(self, wanted: Any, *order: Any) -> Iterator[TableRow]:
        query = sa.select(*self._columns).where(wanted).order_by(*order)
        options = {"yield_per": _ROWS_AT_ONCE}  # through a cursor of the server
        for row in self._connection.execute(query, execution_options=options).mappings():
            yield self._row(dict(row))

    def _row(self, values: dict[str, Any]) -> TableRow:
        row_id = None if values["id"] is None else str(values["id"])
        created_at = time_of(values["created_at"])
        if created_at is None:
            raise DpoMathError(
                f"row {row_id}: its created_at {values['created_at']!r} is no time; write it as "
                "ISO 8601"
            )
        plain = {
            name: written(value) if name in self._times or isinstance(value, datetime) else value
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
            return TableRow(row_id, row_id, created_at, finished, line)
        slot = SLOT + json.dumps([row_id, created_at.isoformat()])
        content = blake2b(line.encode(), digest_size=8).hexdigest()
        return TableRow(f"{slot} {content}", slot, created_at, finished, line)


def _columns(connection: sa.Connection, name: str) -> list[ReflectedColumn]:
    """The table's columns; DpoMathError where there is no such table, or a needed one is not."""
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
    return columns


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
