"""What may be shipped: only what the gate lets through, or what a human answers for."""

import json

import dagster as dg
import pytest

from dpo_math_assets.assets import release_candidate
from dpo_math_assets.evaluation.gate import GateCondition, GateDecision
from dpo_math_assets.resources import Project
from dpo_math_assets.storage import write_json, write_text
from dpo_math_assets_tests.graph.conftest import Workbench


def evaluated(workbench: Workbench, passed: bool, *others: GateCondition) -> None:
    """A checkpoint and its evaluation, with a gate of one condition, behind `others`."""
    store = workbench.workspace.store
    with store.versions("dpo_checkpoint").new_version("v1") as folder:
        write_text(folder / "model" / "config.json", "{}")
    condition = GateCondition("improvement", passed, -0.1, 0.0, "avg@8 went down by 10 points.")
    with store.versions("offline_eval_pass_rates").new_version("e1") as folder:
        write_json(folder / "decision.json", GateDecision([*others, condition]).as_dict())
        write_json(folder / "made_of.json", {"checkpoint": "v1"})
        write_text(folder / "report.html", "<html></html>")


def release(workbench: Workbench, reason: str = "") -> bool:
    result = dg.materialize(
        [release_candidate],
        instance=workbench.instance,
        resources={"project": workbench.project},
        run_config={
            "ops": {"release_candidate": {"config": {"override_reason": reason}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
        raise_on_error=False,
    )
    return result.success


def test_a_refused_checkpoint_is_not_released_by_a_click_on_the_asset_alone(
    workbench: Workbench,
) -> None:
    evaluated(workbench, passed=False)
    assert not release(workbench)
    assert workbench.workspace.store.versions("release_candidate").current() is None


def test_a_refusal_shows_what_failed_by_how_much_and_how_to_override_it(
    workbench: Workbench,
) -> None:
    enough = GateCondition("enough_prompts", True, 200.0, 100.0, "200 prompts were compared.")
    evaluated(workbench, False, enough)
    assert not release(workbench)
    (record,) = workbench.instance.fetch_observations(
        dg.AssetKey("release_candidate"), limit=1
    ).records
    assert record.event_log_entry.asset_observation is not None
    shown = record.event_log_entry.asset_observation.metadata
    first, second = shown["conditions"].records
    assert first.data == {
        "condition": "improvement",
        "holds": False,
        "found": "-0.1",
        "limit": "0",
        "says": "avg@8 went down by 10 points.",
    }
    assert second.data["condition"] == "enough_prompts"
    assert "override_reason:" in str(shown["to_override"].value)
    (run,) = workbench.instance.get_runs(limit=1)
    (failure,) = workbench.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    assert failure.dagster_event is not None
    data = failure.dagster_event.step_failure_data.user_failure_data
    assert data is not None and {"conditions", "to_override"} <= data.metadata.keys()


def test_a_human_override_releases_and_its_reason_is_kept(workbench: Workbench) -> None:
    evaluated(workbench, passed=False)
    assert release(workbench, "asked for by the maths team")
    folder = workbench.workspace.store.versions("release_candidate").current()
    assert folder is not None
    told = json.loads((folder / "release.json").read_text())
    assert told["gate"]["overridden"] is True
    assert told["gate"]["override_reason"] == "asked for by the maths team"


@pytest.mark.parametrize("reason", ["", "not needed"])
def test_a_passed_checkpoint_is_released_with_its_model_and_report(
    workbench: Workbench, reason: str
) -> None:
    evaluated(workbench, passed=True)
    assert release(workbench, reason)
    folder = workbench.workspace.store.versions("release_candidate").current()
    assert folder is not None
    assert (folder / "model" / "config.json").exists()
    assert (folder / "report.html").exists()
    assert json.loads((folder / "release.json").read_text())["gate"]["overridden"] is False


def test_a_report_opens_by_a_link_where_reports_are_served_and_by_its_path_elsewhere(
    workbench: Workbench,
) -> None:
    data = workbench.project.data_root
    served = Project(data_root=data, landing_folder=data, reports_url="http://127.0.0.1:3001/")
    page = ("offline_eval_pass_rates", "e1", "report.html")
    address = "http://127.0.0.1:3001/offline_eval_pass_rates/e1/report.html"
    assert served.report_link(*page).value == address
    path = workbench.project.report_link(*page).value
    assert path == f"{data}/offline_eval_pass_rates/e1/report.html"
