"""A real `dagster dev`: a file dropped into the landing folder becomes pairs, and a click works."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.assets import ASSETS
from dpo_math_assets_tests.graph.conftest import attempt
from dpo_math_assets_tests.graph.test_database import write

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


class Server:
    """A `dagster dev` on folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir()
        shutil.copyfile(ROOT / "dagster.yaml", home / "dagster.yaml")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = (folder / "dagster.log").open("w")
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

    def log_text(self) -> str:
        return (self.folder / "dagster.log").read_text()[-6000:]

    def stop(self) -> None:
        # A process of the background ignores SIGINT, and so does all that it starts.
        self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    # The sensor looks at once, and then every half a minute.
    drop(folder, "today.jsonl", "3*4")
    started = Server(folder)
    try:
        started.wait(
            "the code location",
            lambda: started.ask(
                "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
            )["repositoriesOrError"]["nodes"],
        )
        yield started
    finally:
        started.stop()


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


def test_a_dropped_export_becomes_pairs_without_anybody_clicking(server: Server) -> None:
    assert landed(server, "today.jsonl") == "000001-today.jsonl"
    query = "{ runsOrError { ... on Runs { results { status jobName } } } }"

    def finished() -> list[tuple[str, str]]:
        runs = server.ask(query)["runsOrError"]["results"]
        found = [(run["jobName"], run["status"]) for run in runs]
        return found if all(status in ("SUCCESS", "FAILURE") for _, status in found) else []

    assert server.wait("the end of the run", finished) == [("ingest_exports", "SUCCESS")]


def test_materialize_all_reaches_every_asset_and_every_model(server: Server) -> None:
    drop(server.folder, "all.jsonl", "4*3")
    key = landed(server, "all.jsonl")
    started = server.ask(
        """
        mutation($params: LaunchBackfillParams!) {
          launchPartitionBackfill(backfillParams: $params) {
            __typename
            ... on LaunchBackfillSuccess { backfillId }
          }
        }""",
        params={
            "assetSelection": [
                {"path": [asset.key.to_user_string()]}
                for asset in ASSETS
                if isinstance(asset, dg.AssetsDefinition)
            ],
            "partitionNames": [key],
        },
    )["launchPartitionBackfill"]
    assert started["__typename"] == "LaunchBackfillSuccess", started
    query = """
        query($id: String!) {
          partitionBackfillOrError(backfillId: $id) {
            ... on PartitionBackfill {
              assetBackfillData { assetBackfillStatuses {
                ... on AssetPartitionsStatusCounts { assetKey { path } numPartitionsTargeted }
                ... on UnpartitionedAssetStatus { assetKey { path } }
              } }
            }
          }
        }"""
    data = server.wait(
        "the backfill",
        lambda: server.ask(query, id=started["backfillId"])["partitionBackfillOrError"][
            "assetBackfillData"
        ],
    )
    targets = {
        status["assetKey"]["path"][0]: status.get("numPartitionsTargeted", 1)
        for status in data["assetBackfillStatuses"]
    }
    assert targets == {
        "raw_verifier_logs": 1,
        "cleaned_traces": 1,
        "preference_pairs": 1,
        "label_audit": 1,
        "dpo_dataset": 1,
        "dpo_checkpoint": 1,
        "eval_samples": 3,
        "offline_eval_pass_rates": 1,
        "release_candidate": 1,
    }


@pytest.mark.browser
def test_a_person_materializes_a_partition_by_clicking(server: Server, browser: Any) -> None:
    drop(server.folder, "clicked.jsonl", "2*6")
    key = landed(server, "clicked.jsonl")
    raw = server.folder / "data" / "raw_verifier_logs" / f"{key}.parquet"
    raw.unlink()
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    page.goto(f"{server.address}/assets/raw_verifier_logs?view=partitions")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Launch backfill").click()
    server.wait("the clicked run", raw.exists)
    page.close()


@pytest.mark.browser
def test_a_person_turns_rows_of_the_database_into_pairs_by_clicking(
    server: Server, browser: Any
) -> None:
    write(server.folder / "runtime.db", "t1", "12", "12")
    write(server.folder / "runtime.db", "t2", "13", "12")
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    page.goto(f"{server.address}/jobs")
    page.get_by_role("link", name="export_task_traces").first.click()
    page.get_by_role("tab", name="Launchpad").click()
    page.get_by_role("button", name="Launch run").click()
    assert landed(server, "task_trace__000001.jsonl")
    page.close()
