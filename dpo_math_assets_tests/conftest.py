"""What tests of several folders need: a browser, and an environment that has Axolotl.

Axolotl pins other versions of TRL and torch, so it lives in an environment of its own: the one
whose interpreter AXOLOTL_PYTHON names, or `.axolotl` in the project's folder, which the first test
that needs it makes (axolotl_requirements.txt, about 700 MB to fetch, on top of this environment).
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
REQUIREMENTS = Path(__file__).with_name("axolotl_requirements.txt")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium where it is installed; else the test skips."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as runner:
        found = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def axolotl() -> str:
    """An interpreter that has Axolotl, with this environment's torch and transformers."""
    if named := os.environ.get("AXOLOTL_PYTHON"):
        return named
    home = ROOT / ".axolotl"
    python = home / "bin" / "python"
    stamp = home / "installed.txt"
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return str(python)
    venv.create(home, with_pip=False, clear=True)
    site = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    # Last on the path: what Axolotl pins otherwise is found first.
    Path(site, "parent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    done = subprocess.run(
        [*install, "--no-deps", "--requirement", str(REQUIREMENTS)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(
            f"Axolotl could not be installed ({done.stderr.strip()[-300:]}); with a package index "
            f"at hand run it again, or make an environment of {REQUIREMENTS.name} and name its "
            "interpreter in AXOLOTL_PYTHON"
        )
    stamp.write_text(REQUIREMENTS.read_text())
    return str(python)
