"""What tests of several folders need: an environment that has Axolotl.

Axolotl pins other versions of TRL and torch, so it lives in an environment of its own: the one
whose interpreter AXOLOTL_PYTHON names, or `.axolotl` in the project's folder, which the first test
that needs it makes (axolotl_requirements.txt, about 700 MB to fetch, on top of this environment).
"""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REQUIREMENTS = Path(__file__).with_name("axolotl_requirements.txt")


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
