"""Set everything up and run it: `bootstrap.py demo`, `ui`, `test`, `check`, `bench` or `pin`.

Needs Python 3.11 or newer and nothing else. It makes a virtual environment in `.venv`, installs
the pinned packages of constraints.txt, and starts what was asked for:

    demo   the whole lineage on the embedded default (about five minutes on two cores)
    ui     the Dagster UI on the state that demo left, or on your own data (--port 3100, say)
    test   the test suite, in as many processes as there are cores, four at most; what follows
           is passed on to pytest (-m unit: what needs a minute; -n 0: in this process)
    check  lint, types, and whether Dagster can load the definitions
    bench  every benchmark in benchmarks/, or the one that is named (bench verifier --show); the
           quick form with --short. Real data for it lies in `shared` beside the project
    pin    whether the verifier still says what is pinned, row by row where it does not; --renew
           pins what it says now

Data goes to `./data` (or $DPO_MATH_DATA), Dagster's history to `./.dagster_home` (or
$DAGSTER_HOME). `ui` also serves the reports and the pairs' explorer on port 3001 of this machine
alone, so that the links in the UI open them ($DPO_MATH_REPORTS_URL, where they are served
elsewhere).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = VENV / "installed.txt"
REPORTS_PORT = "3001"
# Tests of one file may share what is dear to make; conftest.py puts the longest files first.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")


def install() -> None:
    """Make the environment, or bring it up to date where what it was made of has changed."""
    sources = (CONSTRAINTS, ROOT / "pyproject.toml")
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not PYTHON.exists() or subprocess.run([PYTHON, "-c", "import pip"]).returncode:
        print(f"Making a virtual environment in {VENV}", flush=True)
        venv.create(VENV, with_pip=True, clear=True)
    print("Installing the pinned packages (a few minutes on a new machine)", flush=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The first install fixes torch before anything that depends on it is resolved.
    torch = next(
        line for line in CONSTRAINTS.read_text().splitlines() if line.startswith("torch==")
    )
    subprocess.run([*command, torch, "--constraint", CONSTRAINTS], check=True)
    subprocess.run(
        [*command, "--constraint", CONSTRAINTS, "--editable", f"{ROOT}[dev]"], check=True
    )
    STAMP.write_text(wanted)


def environment() -> dict[str, str]:
    """The environment of every command: where data and Dagster's history are, and few warnings."""
    home = Path(os.environ.get("DAGSTER_HOME", ROOT / ".dagster_home")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(ROOT / "dagster.yaml", home / "dagster.yaml")
    data = Path(os.environ.get("DPO_MATH_DATA", ROOT / "data")).resolve()
    return {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "DPO_MATH_DATA": str(data),
        "DPO_MATH_REPORTS_URL": os.environ.get(
            "DPO_MATH_REPORTS_URL", f"http://127.0.0.1:{REPORTS_PORT}"
        ),
        # A look into the landing area reads a new file through once, however large it is.
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": os.environ.get(
            "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", "600"
        ),
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore"),
        # Every process of a run, and of the tests, would compile the program again.
        "PYTHONDONTWRITEBYTECODE": "",
    }


@contextmanager
def served_reports(data: Path) -> Iterator[None]:
    """Serve the assets' pages to this machine's browsers, and nothing else of the data."""
    server = subprocess.Popen(
        [PYTHON, "-m", "dpo_math_assets.reports", REPORTS_PORT, data],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def main() -> int:
    """Install, then run the command that the first argument names."""
    workspace = ["--workspace", ROOT / "workspace.yaml"]
    scripts = sorted((ROOT / "benchmarks").glob("*.py"))
    # Beside the benchmarks lies what they measure against, which is imported and not run.
    benchmarks = [path for path in scripts if "__main__" in path.read_text("utf-8")]
    processes = str(min(os.cpu_count() or 1, 4))
    commands = {
        "demo": [[BIN / "dpo-math", "demo"]],
        "ui": [[BIN / "dagster", "dev", *workspace]],
        "test": [[PYTHON, "-m", "pytest", "-n", processes, *BY_FILE]],
        "bench": [],
        "pin": [[PYTHON, "-m", "dpo_math_assets_tests.pins"]],
        "check": [
            [BIN / "ruff", "check"],
            [BIN / "ruff", "format", "--check"],
            [BIN / "mypy"],
            [BIN / "lint-imports"],
            [BIN / "dagster", "definitions", "validate", *workspace],
        ],
    }
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        print(__doc__)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything is installed
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
        return 2
    arguments = sys.argv[2:]
    if sys.argv[1] == "bench" and arguments and not arguments[0].startswith("-"):
        named = [path for path in benchmarks if path.stem == arguments[0]]
        if not named:
            known = ", ".join(path.stem for path in benchmarks)
            print(f"There is no benchmark {arguments[0]!r}. Choose from {known}.")
            return 2
        benchmarks, arguments = named, arguments[1:]
    commands["bench"] = [[PYTHON, path] for path in benchmarks]
    install()
    settings = environment()
    ui = sys.argv[1] == "ui"
    with served_reports(Path(settings["DPO_MATH_DATA"])) if ui else nullcontext():
        for command in commands[sys.argv[1]]:
            # Away from the project's dagster.yaml, which Dagster would warn of.
            folder = Path(settings["DAGSTER_HOME"]) if ui else ROOT
            if code := run([*map(str, command), *arguments], settings, folder):
                return code
    return 0


def run(command: list[str], settings: dict[str, str], folder: Path) -> int:
    """The command's exit code. Ctrl-C is the command's to answer: it ends its own processes."""
    process = subprocess.Popen(command, cwd=folder, env=settings)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            print("Stopping", flush=True)


if __name__ == "__main__":
    sys.exit(main())
