"""A connection that cannot write and sees one state of the database; refusals in plain words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.traces.database.settings import EXAMPLE_URL, URL_VARIABLE, DatabaseSettings
from dpo_math_assets.traces.database.times import time_of
from dpo_math_assets.traces.places import without_secrets

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def database_address(url: str) -> sa.URL:
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


def shown(address: sa.URL) -> str:
    """The address without user, password and options."""
    port = f":{address.port}" if address.port else ""
    return f"{address.get_backend_name()}://{address.host or ''}{port}/{address.database or ''}"


@contextmanager
def reading(address: sa.URL, settings: DatabaseSettings) -> Iterator[sa.Connection]:
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
        raise DpoMathError(refusal(error, address, settings)) from None
    finally:
        engine.dispose()


def microseconds(value: Any) -> int | None:
    """A time, as `moment` reads it, since 1970; SQLite's own functions read other spellings."""
    time = time_of(value)
    return None if time is None else (time - _EPOCH) // timedelta(microseconds=1)


def _engine(address: sa.URL) -> sa.Engine:
    if address.get_backend_name() == "sqlite":
        assert address.database is not None
        file = f"file:{quote(address.database)}"
        read_only = address.set(database=file, query={"mode": "ro", "uri": "true"})
        engine = sa.create_engine(read_only, poolclass=sa.NullPool)

        @sa.event.listens_for(engine, "connect")
        def add_function(connection: Any, _: Any) -> None:
            connection.create_function("microseconds", 1, microseconds, deterministic=True)

        return engine
    alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    return sa.create_engine(
        address,
        poolclass=sa.NullPool,
        # Without prepared statements a connection pooler may stand between.
        connect_args={"connect_timeout": 10, "prepare_threshold": None, **alive},
    )


def refusal(error: sa.exc.SQLAlchemyError, address: sa.URL, settings: DatabaseSettings) -> str:
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
    return f"{shown(address)} cannot be read ({said}). {remedy}"
