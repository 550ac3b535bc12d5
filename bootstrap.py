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
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
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
# So long a command has to end its own work when this process is told to stop.
STOP_SECONDS = 30
# Instance settings as earlier versions copied them: a copy that nobody edited is renewed.
EARLIER_INSTANCE_SETTINGS = {
    "76a073f886fc011c872eb5ce3962bc7390cdc919abede65a6d34cf4a0e2abd5c",
    "9495c4cb587ba9584a816af104dc547d62e525a7ada99d55031d706512bfe7b4",
}


def install() -> None:
    """Make the environment, or bring it up to date where what it was made of has changed."""
    sources = (CONSTRAINTS, ROOT / "pyproject.toml")
    wanted = sha256(b"".join(path.read_bytes() for path in sources))
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


def sha256(content: bytes) -> str:
    """The content's digest in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def environment() -> dict[str, str]:
    """The environment of every command: where data and Dagster's history are, and few warnings."""
    home = Path(os.environ.get("DAGSTER_HOME", ROOT / ".dagster_home")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists() or sha256(settings.read_bytes()) in EARLIER_INSTANCE_SETTINGS:
        shutil.copyfile(ROOT / "dagster.yaml", settings)
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


def answer_signals() -> None:
    """Let whatever asks this process to stop be answered as Ctrl-C is."""
    # Also SIGINT: ignored signals are inherited, and a shell's background jobs ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def run(command: list[str], settings: dict[str, str], folder: Path) -> int:
    """The command's exit code. What ends this process ends the command and all that it started.

    Told to stop (Ctrl-C, SIGTERM, a terminal that is closed), the command and its processes are
    interrupted, and may end what they do; what is still there after STOP_SECONDS, or at a second
    Ctrl-C, is killed.
    """
    # A session of its own: all that it starts can be named, and has a signal from nobody else.
    process = subprocess.Popen(command, cwd=folder, env=settings, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        print("Stopping", flush=True)
        return stopped(process)
    finally:
        signal_all(process, "SIGKILL")


def stopped(process: "subprocess.Popen[bytes]") -> int:
    """Interrupt the command; gives its exit code, or that of a command which had to be killed."""
    try:
        signal_all(process, "SIGINT")
        return process.wait(STOP_SECONDS)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        signal_all(process, "SIGKILL")
        return process.wait()


def signal_all(process: "subprocess.Popen[bytes]", name: str) -> None:
    """Send a signal to the command and to what it started and left behind."""
    if os.name == "nt":
        process.terminate()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, getattr(signal, name))


if __name__ == "__main__":
    answer_signals()
    sys.exit(main())
