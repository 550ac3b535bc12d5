"""A real `dagster dev` on folders of its own, for tests that watch it, click in it or kill it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dpo_math_assets_tests.graph.conftest import attempt

ROOT = Path(__file__).parents[2]


class Server:
    """A `dagster dev` on folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "dagster.yaml", home / "dagster.yaml")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = (folder / "dagster.log").open("a")
        self.process = subprocess.Popen(
            [
                Path(sys.executable).with_name("dagster"),
                "dev",
                "--workspace",
                ROOT / "workspace.yaml",
                "--port",
                str(self.port),
            ],
            cwd=folder,
            env={
                **os.environ,
                "DAGSTER_HOME": str(home),
                "DPO_MATH_DATA": str(folder / "data"),
                "DPO_MATH_DATABASE_URL": f"sqlite:///{folder / 'runtime.db'}",
                "PYTHONWARNINGS": "ignore",
            },
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **variables: Any) -> Any:
        """A GraphQL query's data."""
        request = urllib.request.Request(
            f"{self.address}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer
        return answer["data"]

    def materialized(self, asset: str) -> list[str]:
        """The materialized partitions of an asset."""
        data = self.ask(
            """
            query($asset: AssetKeyInput!) {
              assetNodeOrError(assetKey: $asset) {
                ... on AssetNode {
                  assetPartitionStatuses {
                    ... on DefaultPartitionStatuses { materializedPartitions }
                  }
                }
              }
            }""",
            asset={"path": [asset]},
        )
        statuses = data["assetNodeOrError"]["assetPartitionStatuses"]
        partitions: list[str] = statuses["materializedPartitions"]
        return partitions

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = 120) -> Any:
        """Wait until the condition gives something; its exceptions count as nothing yet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"dagster dev ended:\n{self.log_text()}"
            try:
                if found := condition():
                    return found
            except OSError:
                pass
            time.sleep(0.5)
        raise AssertionError(f"{what} did not happen in {seconds} s:\n{self.log_text()}")

    def wait_until_loaded(self) -> None:
        """Wait until the UI answers and the definitions are loaded."""
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        self.wait("the code location", lambda: self.ask(query)["repositoriesOrError"]["nodes"])

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the newest first: id, job, status, tags, and the run that each one repeats."""
        query = """{ runsOrError { ... on Runs { results {
            runId jobName status parentRunId tags { key value } } } } }"""
        found: list[dict[str, Any]] = self.ask(query)["runsOrError"]["results"]
        return found

    def kill(self) -> None:
        """End it with all its processes as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def log_text(self) -> str:
        return (self.folder / "dagster.log").read_text()[-6000:]

    def stop(self) -> None:
        """End it, where it was not killed."""
        if self.process.returncode is not None:
            return
        # A process of the background ignores SIGINT, and so does all that it starts.
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


def drop(folder: Path, name: str, prompt: str) -> None:
    """Land a finished export whose prompt has a right and a wrong answer."""
    landing = folder / "data" / "landing"
    landing.mkdir(parents=True, exist_ok=True)
    lines = [attempt(prompt, "12", "12", ok=True), attempt(prompt, "13", "12", ok=False)]
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    old = time.time() - 60
    os.utime(path, (old, old))
    path.rename(landing / name)


def landed(server: Server, name: str) -> str:
    """The partition of an export, once its pairs are there."""

    def found() -> str | None:
        keys = server.materialized("preference_pairs")
        return next((key for key in keys if key.endswith(name)), None)

    key: str = server.wait(f"the pairs of {name}", found)
    return key
