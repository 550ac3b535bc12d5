"""A real `dagster dev`: a file dropped into the landing folder becomes pairs, and a click works."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.assets import ASSETS
from dpo_math_assets_tests.graph.server import Server, drop, landed
from dpo_math_assets_tests.graph.test_database import write

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    # The sensor looks at once, and then every half a minute.
    drop(folder, "today.jsonl", "3*4")
    started = Server(folder)
    try:
        started.wait_until_loaded()
        yield started
    finally:
        started.stop()


def test_a_dropped_export_becomes_pairs_without_anybody_clicking(server: Server) -> None:
    assert landed(server, "today.jsonl") == "000001-today.jsonl"

    def finished() -> list[tuple[str, str]]:
        found = [(run["jobName"], run["status"]) for run in server.runs()]
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
