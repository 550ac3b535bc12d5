"""A browser for the tests of pages: Chromium where it is installed, else the test skips."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as runner:
        found = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()
