"""How the suite is divided, and what tests of several folders need: a browser, the demo, Axolotl.

Tests run in several processes, each of which takes whole files (`bootstrap.py test`). What is dear
to make is made once for all of them, by the first that needs it, in a folder that they share.

Axolotl pins other versions of TRL and torch, so it lives in an environment of its own: the one
whose interpreter AXOLOTL_PYTHON names, or `.axolotl` in the project's folder, which the first test
that needs it makes (axolotl_requirements.txt, about 700 MB to fetch, on top of this environment).
The libraries of `dpo_math_assets.adapters` have one too (ADAPTERS_PYTHON, `.adapters`,
adapters_requirements.txt, about 150 MB).
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Before a library that counts the cores is imported: the processes of the suite share them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "2")

ROOT = Path(__file__).parents[1]
AXOLOTL_REQUIREMENTS = Path(__file__).with_name("axolotl_requirements.txt")
ADAPTERS_REQUIREMENTS = Path(__file__).with_name("adapters_requirements.txt")

# Kills at random moments: the short form is the suite's, `FAULT_ROUNDS=10` a thorough one.
FAULT_ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))

# A test with none of these marks is a unit test.
KINDS = ("slow", "graph", "growth", "browser", "fault", "server", "process", "model")
# Tests that have their mark by the place where they stand.
MARK_OF_PATH = {"graph/*.py": "graph", "test_growth*.py": "growth"}
MARK_OF_FIXTURE = {
    "browser": "browser",
    "adapted": "process",
    "axolotl": "process",
    "server": "server",
    "postgresql": "server",
    "demo": "model",
    "base_model": "model",
    "tiny_model": "model",
    "letters": "model",
}


def pytest_configure() -> None:
    """No property may depend on how busy the machine is."""
    from hypothesis import HealthCheck, settings

    settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the unit tests, and begin with the files that take longest.

    So the processes that share the files end at about the same time.
    """
    for item in items:
        for pattern, mark in MARK_OF_PATH.items():
            if item.path.match(pattern):
                item.add_marker(mark)
        for fixture in getattr(item, "fixturenames", ()):
            if mark := MARK_OF_FIXTURE.get(fixture):
                item.add_marker(mark)
        if not any(item.get_closest_marker(kind) for kind in KINDS):
            item.add_marker("unit")
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@contextmanager
def once(path: Path) -> Iterator[bool]:
    """Let one process at a time make `path`; yields whether it is there already.

    The lock ends with the process that holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path.exists()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of the suite have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@dataclass(frozen=True)
class Demo:
    """The small demo's inputs as `prepare_demo` made them; not to be written to."""

    root: Path
    landing: Path
    progress: list[dict[str, float | int | str]]


@pytest.fixture(scope="session")
def demo(shared_folder: Path) -> Demo:
    """The demo's model and log of seed 0."""
    from dpo_math_assets.demo.prepare import prepare_demo

    made = Demo(shared_folder / "demo", shared_folder / "demo" / "landing", [])
    progress = made.root / "progress.json"
    with once(progress) as there:
        if not there:
            prepare_demo(made.root, made.landing, size="small", on_progress=made.progress.append)
            progress.write_text(json.dumps(made.progress))
    return Demo(made.root, made.landing, json.loads(progress.read_text()))


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
    return _interpreter_with("axolotl", AXOLOTL_REQUIREMENTS)


@pytest.fixture(scope="session")
def adapted() -> str:
    """An interpreter that has the libraries of `dpo_math_assets.adapters`, on this environment."""
    return _interpreter_with("adapters", ADAPTERS_REQUIREMENTS)


@pytest.fixture
def told_by(adapted: str, tmp_path: Path) -> Callable[[str], Any]:
    """Run a program there, in an empty folder; gives what its last line of output says as JSON."""

    def run(program: str) -> Any:
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path)}
        done = subprocess.run(
            [adapted, "-c", program],
            cwd=tmp_path,
            env={**os.environ, **offline, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return run


def _interpreter_with(name: str, requirements: Path) -> str:
    """The interpreter of an environment on top of this one; skips where it cannot be made."""
    named = f"{name.upper()}_PYTHON"
    if python := os.environ.get(named):
        return python
    home = ROOT / f".{name}"
    with once(home):
        return _environment(home, requirements, named)


def _environment(home: Path, requirements: Path, named: str) -> str:
    python = home / "bin" / "python"
    stamp = home / "installed.txt"
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return str(python)
    venv.create(home, with_pip=False, clear=True)
    site = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    # Last on the path: what the requirements pin otherwise is found first.
    Path(site, "parent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    done = subprocess.run(
        [*install, "--no-deps", "--requirement", str(requirements)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(
            f"{requirements.name} could not be installed ({done.stderr.strip()[-300:]}); with a "
            "package index at hand run it again, or make an environment of it and name its "
            f"interpreter in {named}"
        )
    stamp.write_text(requirements.read_text())
    return str(python)
