"""What the Checks page shows of each export, and of a check as a whole, run by run."""

import dagster as dg
import pytest
from dagster._core.event_api import PartitionKeyFilter

from dpo_math_assets.checks.per_export import EXPORT_CHECKS, failing, with_earlier
from dpo_math_assets.checks.standing import changed_results
from dpo_math_assets.partitions import range_tags
from dpo_math_assets.sensors import new_log_exports
from dpo_math_assets_tests.graph.conftest import Workbench, attempt

GOOD = [attempt("3*4", "12", "12", ok=True), attempt("3*4", "13", "12", ok=False)]
CUT = [*GOOD, '{"prompt": "cut o']
UNKNOWN = [{"a": 1}, {"a": 2}]


def key_of(workbench: Workbench, name: str) -> str:
    return next(key for key in workbench.workspace.landing.partitions() if key.endswith(name))


def stored(
    workbench: Workbench, check: str, partition: str | None = None
) -> dg.AssetCheckEvaluation:
    """What Dagster has of a check last: of one partition, or as a whole."""
    key = next(
        key
        for key in workbench.definitions.resolve_asset_graph().asset_check_keys
        if key.name == check
    )
    record = workbench.instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [key], partition_filter=PartitionKeyFilter(key=partition)
    )[key]
    assert record.evaluation is not None, "planned, and never evaluated: the page says Skipped"
    return record.evaluation


def passed(workbench: Workbench, check: str, *names: str) -> dict[str, bool]:
    """Whether a check holds for each of these exports, and as a whole."""
    found = {name: stored(workbench, check, key_of(workbench, name)).passed for name in names}
    return {**found, "whole": stored(workbench, check).passed}


def ingest_only(workbench: Workbench, name: str) -> dg.ExecuteInProcessResult:
    """The run that the sensor asks for when only this export is new."""
    key = key_of(workbench, name)
    return workbench.run("ingest_exports", range_tags(key, key))


@pytest.fixture
def bad_then_good(workbench: Workbench) -> Workbench:
    """An export of which nothing can be read, and another a while later."""
    workbench.land("bad.jsonl", UNKNOWN)
    workbench.ingest()
    workbench.land("good.jsonl", GOOD)
    workbench.workspace.landing.register(1)
    workbench.instance.add_dynamic_partitions(
        "log_exports", list(workbench.workspace.landing.partitions())
    )
    ingest_only(workbench, "good.jsonl")
    return workbench


def test_each_export_of_a_run_over_a_range_has_a_result_of_its_own(workbench: Workbench) -> None:
    workbench.land("bad.jsonl", UNKNOWN)
    workbench.land("cut.jsonl", CUT)
    workbench.land("good.jsonl", GOOD)
    workbench.ingest()
    names = ("bad.jsonl", "cut.jsonl", "good.jsonl")
    assert passed(workbench, "exports_are_readable", *names) == {
        "bad.jsonl": False,
        "cut.jsonl": False,
        "good.jsonl": True,
        "whole": False,
    }
    severity = {
        name: stored(workbench, "exports_are_readable", key_of(workbench, name)).severity
        for name in names
    }
    assert severity["bad.jsonl"] == dg.AssetCheckSeverity.ERROR
    assert severity["cut.jsonl"] == dg.AssetCheckSeverity.WARN
    for check in ("row_balance", "every_trace_is_verified", "verdicts_hold_again"):
        assert set(passed(workbench, check, *names).values()) == {True}, check


def test_a_good_export_that_comes_later_does_not_hide_one_that_failed(
    bad_then_good: Workbench,
) -> None:
    found = passed(bad_then_good, "exports_are_readable", "bad.jsonl", "good.jsonl")
    assert found == {"bad.jsonl": False, "good.jsonl": True, "whole": False}
    whole = stored(bad_then_good, "exports_are_readable")
    assert whole.severity == dg.AssetCheckSeverity.ERROR
    assert key_of(bad_then_good, "bad.jsonl") in (whole.description or "")


def test_a_check_is_green_again_once_the_export_is_fixed(bad_then_good: Workbench) -> None:
    bad_then_good.land("bad.jsonl", GOOD[:1], age=30)
    bad_then_good.workspace.landing.register(1)
    ingest_only(bad_then_good, "bad.jsonl")
    found = passed(bad_then_good, "exports_are_readable", "bad.jsonl", "good.jsonl")
    assert found == {"bad.jsonl": True, "good.jsonl": True, "whole": True}


def settle(workbench: Workbench, cursor: str | None) -> tuple[str | None, int]:
    """Tick the sensor, and do the runs that it asks for, until it asks for none.

    Gives its cursor, and how many results it stored without a run.
    """
    stored_alone = 0
    while True:
        context = dg.build_sensor_context(
            instance=workbench.instance,
            definitions=workbench.definitions,
            cursor=cursor,
            resources={"project": workbench.project},
        )
        found = new_log_exports(context)
        if not isinstance(found, dg.SensorResult):
            return context.cursor, stored_alone
        cursor = found.cursor
        for event in found.asset_events:
            workbench.instance.report_runless_asset_event(event)
            stored_alone += isinstance(event, dg.AssetCheckEvaluation)
        for request in found.run_requests or []:
            workbench.run("ingest_exports", dict(request.tags))
        if not found.run_requests:
            return cursor, stored_alone


@pytest.mark.parametrize("order", [("bad.jsonl", "good.jsonl"), ("good.jsonl", "bad.jsonl")])
def test_a_check_is_green_again_once_the_export_is_left_out(
    workbench: Workbench, order: tuple[str, str]
) -> None:
    for name in order:
        workbench.land(name, UNKNOWN if name == "bad.jsonl" else GOOD)
        workbench.workspace.landing.register(1)
    workbench.ingest()
    cursor, stored_alone = settle(workbench, None)
    assert stored_alone == 0, "nothing changed"
    assert passed(workbench, "exports_are_readable", "good.jsonl")["whole"] is False
    bad = key_of(workbench, "bad.jsonl")
    workbench.project.settings_file.write_text("intake: {left_out: [bad.jsonl]}\n")
    cursor, stored_alone = settle(workbench, cursor)
    assert stored_alone
    assert passed(workbench, "exports_are_readable", "good.jsonl")["whole"] is True
    left = stored(workbench, "exports_are_readable", bad)
    assert (left.passed, left.description) == (True, "Left out by intake.left_out.")
    assert settle(workbench, cursor) == (cursor, 0), "told once"


def test_a_row_of_an_override_file_that_is_corrected_turns_its_check_green_without_a_run(
    workbench: Workbench,
) -> None:
    workbench.land("good.jsonl", GOOD)
    sheet = workbench.workspace.overrides_folder / "sheet.csv"
    sheet.parent.mkdir(parents=True)
    sheet.write_text("judged_keys,override\nt0123456789abcdef,perhaps\n")
    workbench.ingest()
    assert stored(workbench, "human_verdicts_hold").passed is False
    cursor, _ = settle(workbench, None)
    assert stored(workbench, "human_verdicts_hold").passed is False
    sheet.write_text("judged_keys,override\n")
    _, stored_alone = settle(workbench, cursor)
    assert stored_alone == 1
    assert stored(workbench, "human_verdicts_hold").passed is True


def test_execute_all_checks_every_export_that_is_not_left_out(bad_then_good: Workbench) -> None:
    graph = bad_then_good.definitions.resolve_asset_graph()
    checks = [
        key for key in graph.asset_check_keys if key.asset_key == dg.AssetKey("raw_verifier_logs")
    ]
    job = dg.define_asset_job("all_checks", dg.AssetSelection.checks(*checks))
    definitions = dg.Definitions.merge(bad_then_good.definitions, dg.Definitions(jobs=[job]))
    result = definitions.resolve_job_def("all_checks").execute_in_process(
        instance=bad_then_good.instance, raise_on_error=False
    )
    assert result.success
    found = passed(bad_then_good, "exports_are_readable", "bad.jsonl", "good.jsonl")
    assert found == {"bad.jsonl": False, "good.jsonl": True, "whole": False}


@pytest.mark.parametrize(("blocking", "severity"), [(True, "WARN"), (False, "ERROR")])
def test_an_earlier_failure_of_a_blocking_check_does_not_stop_a_later_export(
    bad_then_good: Workbench, blocking: bool, severity: str
) -> None:
    check = EXPORT_CHECKS["exports_are_readable"]
    earlier = failing(bad_then_good.instance, bad_then_good.workspace, check)
    assert list(earlier) == [key_of(bad_then_good, "bad.jsonl")]
    whole = with_earlier(dg.AssetCheckResult(passed=True), earlier, blocking)
    assert (whole.passed, whole.severity) == (False, dg.AssetCheckSeverity[severity])


def test_a_run_of_a_single_partition_keeps_both_results_apart(bad_then_good: Workbench) -> None:
    key = key_of(bad_then_good, "good.jsonl")
    bad_then_good.definitions.resolve_job_def("ingest_exports").execute_in_process(
        instance=bad_then_good.instance, partition_key=key, raise_on_error=False
    )
    found = passed(bad_then_good, "exports_are_readable", "bad.jsonl", "good.jsonl")
    assert found == {"bad.jsonl": False, "good.jsonl": True, "whole": False}


def test_nothing_is_told_where_nothing_changed(bad_then_good: Workbench) -> None:
    assert changed_results(bad_then_good.instance, bad_then_good.workspace) == []
