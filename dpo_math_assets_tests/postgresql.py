"""A PostgreSQL server of its own for the tests that need a real one."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

PASSWORD = "s3cret/with@signs"
SKIP = "needs a PostgreSQL server: apt-get install postgresql, and psycopg"


def binaries() -> Path | None:
    """The folder of initdb and postgres; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


class Server:
    """A server on a free port of this machine, with a superuser `runtime` and a password."""

    def __init__(self, programs: Path) -> None:
        # The server refuses to run as root, and its user could not enter pytest's own folders.
        self._programs = programs
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="dpo-math-postgresql-"))
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if self._user:
            for path in (self._folder, secret):
                shutil.chown(path, self._user)
        data = self._folder / "data"
        subprocess.run(
            [
                *(programs / "initdb", "--pgdata", data, "--username", "runtime"),
                *("--auth", "scram-sha-256", "--pwfile", secret, "--encoding", "UTF8"),
                *("--locale", "C.UTF-8", "--no-sync"),
            ],
            user=self._user,
            cwd=self._folder,
            check=True,
            capture_output=True,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = (self._folder / "server.log").open("w")
        self._process = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-k", self._folder, "-p", str(self.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
            ],
            user=self._user,
            cwd=self._folder,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._databases = 0
        deadline = time.monotonic() + 60
        while True:
            try:
                with sa.create_engine(self.url("postgres")).connect():
                    return
            except sa.exc.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    def url(self, database: str, user: str = "runtime", password: str = PASSWORD) -> sa.URL:
        """The address of a database."""
        return sa.URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, database)

    def new_database(self) -> sa.URL:
        """The address of a new and empty database."""
        self._databases += 1
        name = f"test_{self._databases}"
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)

    def psql(self, url: sa.URL, query: str) -> bytes:
        """What psql prints for a query, without alignment and headings."""
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        command = [self._programs / "psql", address, "-At", "-c", query]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def stop(self) -> None:
        """End the server, whoever is connected, and remove its files."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self._folder)
