"""The job that reads the runtime's database: a click, and its rows become pairs once."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.definitions import build_definitions
from dpo_math_assets.resources import RuntimeDatabase
from dpo_math_assets.schedules import hourly_export
from dpo_math_assets_tests.graph.conftest import Workbench


def write(database: Path, row_id: str, answer: str, gold: str) -> None:
    """A task that was solved and verified, as a row of the runtime's table."""
    problem = {"goal": "Compute 3*4", "context": {"ground_truth": gold}}
    step = {
        "id": "s1",
        "kind": "specialist.run",
        "ok": True,
        "output": {
            "problem": problem,
            "solver_output": {"summary": f"FINAL ANSWER: {answer}"},
            "check": {"ok": answer == gold, "reason": "pass" if answer == gold else "mismatch"},
        },
    }
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS task_trace"
            " (id text, goal text, created_at text, steps jsonb, ok boolean)"
        )
        connection.execute(
            "INSERT INTO task_trace VALUES (?, 'Solve', datetime('now'), ?, ?)",
            (row_id, json.dumps([step]), answer == gold),
        )
        connection.commit()


def with_database(workbench: Workbench, url: str) -> None:
    """Definitions whose runtime has this database."""
    workbench.definitions = build_definitions(
        project=workbench.project, runtime_database=RuntimeDatabase(url=url)
    )


def told(workbench: Workbench) -> dict[str, Any]:
    """What the last export said on the page of `log_exports`."""
    (record,) = workbench.instance.fetch_observations(dg.AssetKey("log_exports"), limit=1).records
    observation = record.asset_observation
    assert observation is not None
    return {name: value.value for name, value in observation.metadata.items()}


def test_a_click_turns_new_rows_of_the_database_into_pairs_once(
    workbench: Workbench, tmp_path: Path
) -> None:
    database = tmp_path / "runtime.db"
    write(database, "t1", "12", "12")
    write(database, "t2", "13", "12")
    with_database(workbench, f"sqlite:///{database}")
    assert workbench.run("export_task_traces", {}).success
    assert (told(workbench)["database_rows"], told(workbench)["files"]) == (
        2,
        "task_trace/000001.jsonl",
    )
    assert workbench.ingest(settle_seconds=0).success
    key = "000001-task_trace__000001.jsonl"
    assert workbench.metadata("preference_pairs", key)["pairs"] == 1

    assert workbench.run("export_task_traces", {}).success
    assert (told(workbench)["database_rows"], told(workbench)["files"]) == (0, "none")
    assert list(workbench.workspace.landing.partitions()) == [key]


def test_a_project_without_a_database_is_told_which_variable_to_set(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DPO_MATH_DATABASE_URL", raising=False)
    result = workbench.run("export_task_traces", {})
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert failure.step_failure_data.user_failure_data is not None
    said = failure.step_failure_data.user_failure_data.description or ""
    assert "DPO_MATH_DATABASE_URL is not set" in said


def test_the_password_is_in_no_event_and_no_definition(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DPO_MATH_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/runtime")
    workbench.definitions = build_definitions(project=workbench.project)
    result = workbench.run("export_task_traces", {})
    assert not result.success
    events = [*result.all_events, *workbench.instance.all_logs(result.run_id)]
    text = " ".join(
        event.to_json() if hasattr(event, "to_json") else str(event) for event in events
    )
    assert "127.0.0.1:1/runtime cannot be read" in text
    assert "s3cret" not in text
    resource = workbench.definitions.resources["runtime_database"]  # type: ignore[index]
    assert "s3cret" not in str(resource)


def test_the_launchpad_changes_a_setting_of_one_run(workbench: Workbench, tmp_path: Path) -> None:
    database = tmp_path / "runtime.db"
    write(database, "t1", "12", "12")
    with_database(workbench, f"sqlite:///{database}")
    config = {"ops": {"export_new_task_traces": {"config": {"table": "elsewhere"}}}}
    result = workbench.run("export_task_traces", {}, config)
    assert not result.success
    assert workbench.run("export_task_traces", {}).success


def test_nobody_reads_a_database_before_a_person_turned_it_on() -> None:
    assert hourly_export.default_status is dg.DefaultScheduleStatus.STOPPED
