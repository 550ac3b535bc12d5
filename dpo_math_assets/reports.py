"""The assets' pages over HTTP, for browsers of this machine alone: `reports PORT DATA_FOLDER`.

Reports, the explorer and audit sheets hold text from logs, and links to them stand in the UI. So
the server gives out these files of published versions, as far as a version's record lists them, and
nothing else of the data folder: no log, no pair, no setting, no version in the making, and nothing
that a link leads to. It answers only
requests that name this machine, so that no page of another site can read it through a name that
resolves to 127.0.0.1, and it keeps no connection for long.
"""

import asyncio
import os
import re
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from dpo_math_assets.storage.versions import SUMS_FILE

# What is served of each asset's versions.
SERVED = {
    "offline_eval_pass_rates": {"report.html"},
    "dpo_dataset": {"explorer.html"},
    "label_audit": {"audit.html", "audit.csv"},
}
MEDIA_TYPES = {".html": "text/html", ".csv": "text/csv"}
HOSTS = ("127.0.0.1", "localhost")
CONNECTIONS = 64
PIECE = 1 << 18

# Hidden names are those of versions in the making and of locks.
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

# Of every answer, also of a refusal. A page's own policy (see `page`) allows its script by hash and
# holds beside this one.
_HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("Connection", "close"),
]


def open_page(data: Path, asset: str, version: str, name: str) -> int:
    """A descriptor of a served file. Raises FileNotFoundError for whatever is not served.

    The path is walked folder by folder below `data`, and a link in it is never followed.
    """
    if name not in SERVED.get(asset, ()) or not _VERSION.fullmatch(version):
        raise FileNotFoundError(name)
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in (asset, version):
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            outer, folder = folder, os.open(part, flags, dir_fd=folder)
            os.close(outer)
        if not _is_published(name, folder):
            raise FileNotFoundError(name)
        file = _open_file(name, folder)
    except OSError:
        raise FileNotFoundError(name) from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(name)
    return file


def _open_file(name: str, folder: int) -> int:
    # Not blocking, for a pipe under this name would be waited for.
    return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)


def _is_published(name: str, folder: int) -> bool:
    """Whether the version's record lists the file; versions of earlier packages have no record."""
    try:
        record = _open_file(SUMS_FILE, folder)
    except FileNotFoundError:
        return True
    with os.fdopen(record, encoding="utf-8", errors="replace") as lines:
        return any(line.rstrip("\n").partition("  ")[2] == name for line in lines)


def _pieces(file: int) -> Iterator[bytes]:
    with os.fdopen(file, "rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def pages(data: Path) -> Starlette:
    """The application that serves the pages below a data folder."""

    def page(request: Request) -> Response:
        parts = request.path_params["path"].split("/")
        try:
            file = open_page(data, *parts) if len(parts) == 3 else None
        except FileNotFoundError:
            file = None
        if file is None:
            raise HTTPException(404)
        media_type = MEDIA_TYPES[Path(parts[-1]).suffix]  # Starlette adds the charset
        size = {"Content-Length": str(os.fstat(file).st_size)}
        if request.method == "HEAD":
            os.close(file)
            return Response(headers=size, media_type=media_type)
        return StreamingResponse(_pieces(file), headers=size, media_type=media_type)

    return Starlette(
        routes=[Route("/{path:path}", page, methods=["GET"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)],
    )


class PageProtocol(H11Protocol):
    """HTTP with one request per connection, and an end to connections that dawdle."""

    REQUEST_S = 10.0  # until the request is there
    ANSWER_S = 300.0  # until its answer was taken

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start both clocks."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._clocks = [
            loop.call_later(self.REQUEST_S, self._end_without_request),
            loop.call_later(self.ANSWER_S, transport.abort),
        ]

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        for clock in self._clocks:
            clock.cancel()
        super().connection_lost(exc)

    def _end_without_request(self) -> None:
        if self.cycle is None:
            self.transport.abort()


class PageServer(uvicorn.Server):
    """A server of the pages below a data folder on 127.0.0.1; port 0 is any free one."""

    def __init__(self, port: int, data: Path) -> None:
        super().__init__(
            uvicorn.Config(
                pages(data),
                http=PageProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                headers=_HEADERS,
                limit_concurrency=CONNECTIONS,
                timeout_graceful_shutdown=2,
            )
        )
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen()
        self.port: int = self._socket.getsockname()[1]

    def serve_forever(self) -> None:
        """Answer until a signal, or `should_exit`."""
        self.run(sockets=[self._socket])


if __name__ == "__main__":
    PageServer(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
