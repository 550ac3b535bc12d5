"""What the page server gives out, and that attacks get nothing else of the data from it."""

import http.client
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPResponse
from pathlib import Path

import pytest

from dpo_math_assets import reports
from dpo_math_assets.page import render_page
from dpo_math_assets.reports import PageProtocol, PageServer, open_page

REPORT = "offline_eval_pass_rates/e1/report.html"
SECRET = "secret of another folder"
PATIENCE_S = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in (
        REPORT,
        "dpo_dataset/v1/explorer.html",
        "dpo_dataset/v1/train.jsonl",
        "dpo_dataset/v1/README.html",
        "dpo_dataset/.writing-x1/explorer.html",
        "label_audit/a1/audit.csv",
        "preference_pairs/a/report.html",
        "settings.yaml",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} é")
    (tmp_path / "secret.html").write_text(SECRET)
    (tmp_path / "outside").mkdir()
    for page in ("report.html", "explorer.html"):
        (tmp_path / "outside" / page).write_text(SECRET)
    return tmp_path / "data"


@pytest.fixture
def server(data: Path) -> Iterator[PageServer]:
    server = PageServer(0, data)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.should_exit = True
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def port(server: PageServer) -> int:
    return server.port


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """The answer to a request whose path is sent as it is."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer, answer.read()


def raw_answer(port: int, request: bytes) -> bytes:
    """Whatever comes back until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(request)
        got = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(1 << 16):
                got += piece
        return got


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (REPORT, "text/html; charset=utf-8"),
        ("dpo_dataset/v1/explorer.html", "text/html; charset=utf-8"),
        ("label_audit/a1/audit.csv", "text/csv; charset=utf-8"),
    ],
)
def test_pages_are_served_where_the_metadata_links_to_them(port: int, page: str, kind: str) -> None:
    answer, body = ask(port, f"/{page}")
    assert (answer.status, body.decode()) == (200, f"{page} é")
    assert answer.headers["Content-Type"] == kind
    head, nothing = ask(port, f"/{page}", "HEAD")
    assert (head.status, nothing) == (200, b"")
    assert head.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/dpo_dataset",
        "/dpo_dataset/v1/",
        "/dpo_dataset/v1/train.jsonl",
        "/dpo_dataset/v1/README.html",
        "/dpo_dataset/.writing-x1/explorer.html",
        "/dpo_dataset/%2ewriting-x1/explorer.html",
        "/preference_pairs/a/report.html",
        "/settings.yaml",
    ],
)
def test_logs_pairs_settings_drafts_and_listings_are_not_served(port: int, path: str) -> None:
    answer, body = ask(port, path)
    assert (answer.status, body) == (404, b"Not Found")


@pytest.mark.parametrize(
    "path",
    [
        "/dpo_dataset/../settings.yaml",
        "/dpo_dataset/v1/../../../secret.html",
        "/dpo_dataset/../explorer.html",
        "/dpo_dataset/../../outside/explorer.html",
        "/dpo_dataset/..%2foutside/explorer.html",
        "/dpo_dataset/..%2f..%2foutside/explorer.html",
        "/dpo_dataset/%2e%2e%2f%2e%2e%2foutside/explorer.html",
        "/dpo_dataset/%252e%252e%252f%252e%252e%252foutside/explorer.html",
        "/dpo_dataset/..%5c..%5coutside/explorer.html",
        "/dpo_dataset/%c0%ae%c0%ae%c0%af%c0%ae%c0%ae%c0%afoutside/explorer.html",
        "/dpo_dataset/%uff0e%uff0e/explorer.html",
        "/dpo_dataset/v1%00/explorer.html",
        "/dpo_dataset/v1/explorer.html%00.csv",
        "/dpo_dataset/v1/explorer.html/",
        "//dpo_dataset/v1/explorer.html",
        "/%2e/dpo_dataset/v1/explorer.html",
        "{tmp}/secret.html",
        "/{tmp}/outside/explorer.html",
        "/dpo_dataset/%2f{tmp}%2foutside/explorer.html",
        "http://127.0.0.1/dpo_dataset/v1/explorer.html",
        "file://{tmp}/secret.html",
    ],
)
def test_no_encoding_of_a_path_leaves_the_published_versions(
    port: int, tmp_path: Path, path: str
) -> None:
    answer, body = ask(port, path.format(tmp=tmp_path))
    assert (answer.status, body) == (404, b"Not Found")


@pytest.mark.parametrize(
    ("listed", "status"),
    [("report.html", 200), ("another.html", 404), ("x/report.html", 404), ("", 404)],
)
def test_a_page_that_was_put_into_a_version_later_is_not_served(
    port: int, data: Path, listed: str, status: int
) -> None:
    sums = f"{'0' * 64}  {listed}\n" if listed else ""
    (data / REPORT).with_name("SHA256SUMS").write_text(sums)
    assert ask(port, f"/{REPORT}")[0].status == status


def test_a_pipe_or_a_link_in_place_of_the_record_lists_nothing(port: int, data: Path) -> None:
    record = (data / REPORT).with_name("SHA256SUMS")
    os.mkfifo(record)
    assert ask(port, f"/{REPORT}")[0].status == 404
    record.unlink()
    elsewhere = data / "sums"
    elsewhere.write_text(f"{'0' * 64}  report.html\n")
    record.symlink_to(elsewhere)
    assert ask(port, f"/{REPORT}")[0].status == 404


@pytest.mark.parametrize("where", ["asset", "version", "file"])
def test_a_link_that_leads_outside_is_not_followed(
    port: int, data: Path, tmp_path: Path, where: str
) -> None:
    outside = tmp_path / "outside"
    link, target, path = {
        "asset": (data / "dpo_dataset", tmp_path / "other", "/dpo_dataset/v1/explorer.html"),
        "version": (data / "dpo_dataset/v2", outside, "/dpo_dataset/v2/explorer.html"),
        "file": (
            data / "offline_eval_pass_rates/e1/report.html",
            outside / "report.html",
            f"/{REPORT}",
        ),
    }[where]
    if where == "asset":
        link.rename(target)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    assert (data / path[1:]).is_file()
    answer, body = ask(port, path)
    assert (answer.status, body) == (404, b"Not Found")


def test_a_pipe_under_a_page_s_name_holds_up_nobody(port: int, data: Path) -> None:
    (data / REPORT).unlink()
    os.mkfifo(data / REPORT)
    assert ask(port, f"/{REPORT}")[0].status == 404
    assert ask(port, "/dpo_dataset/v1/explorer.html")[0].status == 200


def test_refused_files_leave_no_descriptor_open(data: Path) -> None:
    (data / "dpo_dataset/v2").symlink_to(data)
    os.mkfifo(data / "label_audit/a1/audit.html")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in (
        "dpo_dataset/v2/explorer.html",
        "dpo_dataset/v3/explorer.html",
        "label_audit/a1/audit.html",
        "label_audit/../audit.html",
    ):
        with pytest.raises(FileNotFoundError):
            open_page(data, *path.split("/"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "127.0.0.1.attacker.example", "attacker.example:3001", "", "[::1]", "*"],
)
def test_a_name_that_resolves_to_this_machine_reads_nothing(port: int, host: str) -> None:
    answer, body = ask(port, f"/{REPORT}", Host=host)
    assert answer.status == 400
    assert REPORT.encode() not in body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8080"])
def test_a_tunnel_to_this_machine_may_have_another_port(port: int, host: str) -> None:
    assert ask(port, f"/{REPORT}", Host=host)[0].status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /%s HTTP/1.1\r\n\r\n",
        b"GET /%s HTTP/1.0\r\n\r\n",
        b"GET /%s HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n",
        b"GET /%s HTTP/1.1\r\nHost : localhost\r\n\r\n",
    ],
)
def test_a_request_without_one_clear_host_reads_nothing(port: int, head: bytes) -> None:
    got = raw_answer(port, head % REPORT.encode())
    assert b" 400 " in got.splitlines()[0]
    assert REPORT.encode() not in got


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]
)
@pytest.mark.parametrize("path", [f"/{REPORT}", "/settings.yaml", "/"])
def test_nothing_but_reading_is_answered(port: int, method: str, path: str) -> None:
    answer, _ = ask(port, path, method)
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("path", "method", "host"),
    [
        (f"/{REPORT}", "GET", "localhost"),
        ("/none", "GET", "localhost"),
        ("/none", "POST", "localhost"),
        (f"/{REPORT}", "GET", "attacker.example"),
    ],
)
def test_answers_of_every_kind_keep_the_browser_from_guessing_framing_and_loading(
    port: int, path: str, method: str, host: str
) -> None:
    headers = ask(port, path, method, Host=host)[0].headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert "server" not in headers


@pytest.mark.parametrize("begun", [b"", b"GET ", b"GET /x HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_connection_that_asks_for_nothing_is_ended(
    port: int, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(PageProtocol, "REQUEST_S", 0.2)
    assert raw_answer(port, begun) == b""


def test_a_connection_is_not_kept_after_its_answer(port: int) -> None:
    request = f"GET /{REPORT} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
    got = raw_answer(port, request.encode())
    assert got.endswith(f"{REPORT} é".encode())


def test_a_reader_that_takes_nothing_is_ended(
    server: PageServer, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PageProtocol, "ANSWER_S", 0.3)
    whole = 64 * 1024 * 1024
    (data / REPORT).write_bytes(bytes(whole))
    got = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(f"GET /{REPORT} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        got += len(connection.recv(1))
        end = time.monotonic() + PATIENCE_S
        while server.server_state.connections and time.monotonic() < end:
            time.sleep(0.01)
        assert not server.server_state.connections
        with suppress(ConnectionResetError):
            while piece := connection.recv(1 << 20):
                got += len(piece)
    assert 0 < got < whole


def test_more_connections_than_allowed_are_told_so_and_those_after_them_are_served(
    port: int,
) -> None:
    idle = [
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        for _ in range(reports.CONNECTIONS)
    ]
    assert ask(port, f"/{REPORT}")[0].status == 503
    for connection in idle:
        connection.close()
    statuses = iter(lambda: ask(port, f"/{REPORT}")[0].status, 200)
    assert all(status == 503 for status, _ in zip(statuses, range(1000), strict=False))
    assert ask(port, f"/{REPORT}")[0].status == 200


@pytest.mark.browser
def test_a_page_s_own_script_runs_under_the_server_s_policy_and_no_other_does(
    port: int, data: Path, browser: "object"
) -> None:
    script = "document.body.dataset.own = 'ran'"
    body = "<p onclick='x()'>text</p><script>document.body.dataset.other = 'ran'</script>"
    (data / REPORT).write_text(render_page("A report", body, "p {color: red}", script, None))
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto(f"http://127.0.0.1:{port}/{REPORT}")
    assert page.evaluate("document.body.dataset.own") == "ran"
    assert page.evaluate("document.body.dataset.other") is None
    assert page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(255, 0, 0)"
