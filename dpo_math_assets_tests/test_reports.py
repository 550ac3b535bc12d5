"""What the report server gives out, and that nothing else of the data can be had from it."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dpo_math_assets.reports import page_server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    for name in (
        "offline_eval_pass_rates/e1/report.html",
        "dpo_dataset/v1/explorer.html",
        "dpo_dataset/v1/train.jsonl",
        "preference_pairs/a.html",
        "settings.yaml",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "secret.html").write_text("secret")
    server = page_server(0, tmp_path / "data")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_pages_are_served_where_the_metadata_links_to_them(address: str) -> None:
    for page in ("offline_eval_pass_rates/e1/report.html", "dpo_dataset/v1/explorer.html"):
        with urllib.request.urlopen(f"{address}/{page}", timeout=10) as answer:
            assert answer.read().decode() == page
            assert answer.headers["Content-Type"] == "text/html"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "dpo_dataset",
        "dpo_dataset/v1/",
        "dpo_dataset/v1/train.jsonl",
        "preference_pairs/a.html",
        "settings.yaml",
        "dpo_dataset/../settings.yaml",
        "dpo_dataset/%2e%2e/%2e%2e/secret.html",
        "dpo_dataset/..%2f..%2fsecret.html",
    ],
)
def test_logs_pairs_settings_and_listings_are_not_served(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{address}/{path}", timeout=10)
