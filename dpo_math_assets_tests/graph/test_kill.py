"""All of Dagster killed at once, as by a power cut, and started again: nobody has to click."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from dpo_math_assets.demo.settings import demo_training
from dpo_math_assets.settings import write_settings
from dpo_math_assets.stages.artifacts import CLEANED, RAW
from dpo_math_assets.storage import Store, atomic_file
from dpo_math_assets.training.checkpoints import MARKER
from dpo_math_assets_tests.conftest import Demo
from dpo_math_assets_tests.graph.server import Server, drop, landed

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.server]


class Released(Exception):
    """Nothing is written after all."""


def jobs(server: Server) -> list[tuple[str, str]]:
    return [(run["jobName"], run["status"]) for run in server.runs()]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Start a server on the test's folder, as often as the test kills it."""
    with ExitStack() as started:

        def once_more() -> Server:
            server = Server(tmp_path)
            started.callback(server.stop)
            return server

        yield once_more


def test_exports_go_on_by_themselves_after_the_process_tree_was_killed_in_an_ingest(
    tmp_path: Path, start: Callable[[], Server]
) -> None:
    drop(tmp_path, "today.jsonl", "3*4")
    store = Store(tmp_path / "data")
    key = "000001-today.jsonl"
    # The run comes as far as the file that somebody else is writing.
    with suppress(Released), atomic_file(store.partition(CLEANED, key)):
        server = start()
        server.wait("raw traces", lambda: store.record(RAW, key))
        assert jobs(server) == [("ingest_exports", "STARTED")]
        server.kill()
        raise Released
    server = start()
    assert landed(server, "today.jsonl") == key
    assert jobs(server)[-1] == ("ingest_exports", "FAILURE")


def test_a_training_that_was_killed_with_everything_is_resumed_where_it_was(
    tmp_path: Path, demo: Demo, start: Callable[[], Server]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo.landing, data / "landing")
    for export in (data / "landing").iterdir():
        os.utime(export, (0, 0))
    (base_model,) = (path for path in (demo.root / "base_model").iterdir() if path.is_dir())
    training = demo_training(str(base_model)).model_copy(
        update={"epochs": 20, "checkpoint_steps": 5, "sft_control": False}
    )
    write_settings(data / "settings.yaml", {"training": training.model_dump(exclude_defaults=True)})
    server = start()
    landed(server, ".jsonl")
    first = launch(server, "dpo_dataset", "dpo_checkpoint")
    server.wait("a checkpoint", lambda: list((data / "training_states").rglob(MARKER)))
    server.kill()

    server = start()

    def ended() -> str | None:
        newest = server.runs()[0]
        retry = newest["parentRunId"] == first
        return newest["status"] if retry and newest["status"] in ("SUCCESS", "FAILURE") else None

    assert server.wait("the run after it", ended, seconds=300) == "SUCCESS", server.log_text()
    assert [run["status"] for run in server.runs() if run["runId"] == first] == ["FAILURE"]
    assert metadata(server, "dpo_checkpoint")["resumed_from_step"] > 0
    assert list((data / "training_states").iterdir()) == []


def launch(server: Server, *assets: str) -> str:
    """Materialize assets as the button does; gives the run's id."""
    answer = server.ask(
        """
        mutation($params: ExecutionParams!) {
          launchRun(executionParams: $params) {
            __typename
            ... on LaunchRunSuccess { run { runId } }
          }
        }""",
        params={
            "selector": {
                "repositoryName": "__repository__",
                "repositoryLocationName": "dpo_math_assets.definitions",
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": [asset]} for asset in assets],
                "assetCheckSelection": [],
            },
            "runConfigData": {},
        },
    )["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    run_id: str = answer["run"]["runId"]
    return run_id


def metadata(server: Server, asset: str) -> dict[str, int]:
    """Numbers of an asset's latest materialization."""
    query = """
        query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
          assetMaterializations(limit: 1) { metadataEntries {
            label ... on IntMetadataEntry { intValue } } } } } }"""
    found = server.ask(query, key={"path": [asset]})["assetOrError"]["assetMaterializations"]
    entries = found[0]["metadataEntries"]
    return {entry["label"]: entry["intValue"] for entry in entries if "intValue" in entry}
