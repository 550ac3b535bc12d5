"""The landing sensor: each finished export once, whatever restarts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.definitions import build_definitions
from dpo_math_assets.errors import DpoMathError, LogFormatError
from dpo_math_assets.resources import Project
from dpo_math_assets.sensors import MOST_ATTEMPTS, new_log_exports
from dpo_math_assets.stages import ingest
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.traces.places import fingerprint_file
from dpo_math_assets_tests.graph.conftest import Workbench, attempt

RIGHT = attempt("2+3", "5", "5", ok=True)
WRONG = attempt("2+3", "6", "5", ok=False)


def tick(workbench: Workbench, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    """One evaluation; its dynamic partitions are added, as the daemon does."""
    context = dg.build_sensor_context(
        instance=workbench.instance, cursor=cursor, resources={"project": workbench.project}
    )
    result: Any = new_log_exports(context)
    if isinstance(result, dg.SkipReason):
        assert context.cursor is None or json.loads(context.cursor)
        return result
    assert isinstance(result, dg.SensorResult)
    for request in result.dynamic_partitions_requests or []:
        workbench.instance.add_dynamic_partitions(
            request.partitions_def_name, list(request.partition_keys)
        )
    return result


def requested(result: dg.SensorResult | dg.SkipReason) -> tuple[str, str]:
    """First and last partition of the one run that was asked for."""
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    tags = request.tags
    return tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]


def run(workbench: Workbench, result: dg.SensorResult | dg.SkipReason) -> None:
    """Run what a tick asked for."""
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    assert workbench.run("ingest_exports", dict(request.tags)).success


def run_key(result: dg.SensorResult | dg.SkipReason) -> str | None:
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    return request.run_key


def settle(workbench: Workbench, result: dg.SensorResult | dg.SkipReason) -> str | None:
    """The cursor of the tick that finds all processed after the run of `result`."""
    assert isinstance(result, dg.SensorResult)
    context = dg.build_sensor_context(
        instance=workbench.instance, cursor=result.cursor, resources={"project": workbench.project}
    )
    assert isinstance(new_log_exports(context), dg.SkipReason)
    return context.cursor


def test_fresh_exports_are_asked_for_in_one_run(workbench: Workbench) -> None:
    for number in range(3):
        workbench.land(f"{number}.jsonl", [{**RIGHT, "trace_id": number}], age=90 - number)
    assert requested(tick(workbench)) == ("000001-0.jsonl", "000003-2.jsonl")
    assert workbench.instance.get_dynamic_partitions("log_exports") == [
        "000001-0.jsonl",
        "000002-1.jsonl",
        "000003-2.jsonl",
    ]


def test_a_second_tick_waits_for_the_run_that_the_first_one_asked_for(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    first = tick(workbench)
    assert isinstance(first, dg.SensorResult)
    workbench.instance.add_run(
        dg.DagsterRun(job_name="ingest_exports", status=dg.DagsterRunStatus.STARTED)
    )
    workbench.land("b.jsonl", [RIGHT])
    second = tick(workbench, first.cursor)
    assert isinstance(second, dg.SkipReason)
    assert "Waiting for the run" in (second.skip_message or "")


def test_an_export_whose_run_failed_is_asked_for_again_and_at_last_named(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    cursor, run_keys = None, set()
    for _ in range(3):
        result = tick(workbench, cursor)
        assert requested(result) == ("000001-a.jsonl", "000001-a.jsonl")
        assert isinstance(result, dg.SensorResult)
        run_keys |= {request.run_key for request in result.run_requests or []}
        cursor = result.cursor
    assert len(run_keys) == 3  # Dagster drops a key that it has seen
    given_up = tick(workbench, cursor)
    assert isinstance(given_up, dg.SkipReason)
    assert "3 runs left 000001-a.jsonl unprocessed" in (given_up.skip_message or "")
    workbench.land("a.jsonl", [RIGHT], age=30)
    assert requested(tick(workbench, cursor)) == ("000001-a.jsonl", "000001-a.jsonl")


def test_an_export_that_is_given_up_holds_up_none_that_lands_later(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ingest.read_export

    def refusing(path: Path, key: str, *rest: Any, **more: Any) -> Any:
        if key == "000001-a.jsonl":
            raise DpoMathError("refused")
        return read(path, key, *rest, **more)

    monkeypatch.setattr(ingest, "read_export", refusing)
    workbench.land("a.jsonl", [RIGHT, WRONG])
    cursor = None
    while isinstance(result := tick(workbench, cursor), dg.SensorResult):
        assert not workbench.run("ingest_exports", dict(result.run_requests[0].tags)).success
        cursor = result.cursor
    assert "3 runs left 000001-a.jsonl unprocessed" in (result.skip_message or "")
    workbench.land("b.jsonl", [RIGHT, WRONG, RIGHT], age=30)
    asked = tick(workbench, cursor)
    assert requested(asked) == ("000001-a.jsonl", "000002-b.jsonl")
    run(workbench, asked)
    assert workbench.workspace.store.partitions("preference_pairs") == ["000002-b.jsonl"]


def test_a_mended_setting_is_tried_again_without_anybody_clicking(workbench: Workbench) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    first = tick(workbench)
    assert isinstance(first, dg.SensorResult)
    run(workbench, first)
    settled = tick(workbench, first.cursor)
    assert isinstance(settled, dg.SkipReason)
    workbench.project.settings_file.write_text("pairing: {candidate_pairs: 40}\n")
    assert requested(tick(workbench, first.cursor)) == ("000001-a.jsonl", "000001-a.jsonl")


def test_a_verdict_of_a_person_is_asked_for_without_anybody_clicking(workbench: Workbench) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    first = tick(workbench)
    assert isinstance(first, dg.SensorResult)
    run(workbench, first)
    settled = tick(workbench, first.cursor)
    assert isinstance(settled, dg.SkipReason)
    workbench.workspace.overrides_folder.mkdir()
    (workbench.workspace.overrides_folder / "mine.jsonl").write_text(
        json.dumps({**WRONG, "override": "exclude"})
    )
    second = tick(workbench, first.cursor)
    assert requested(second) == ("000001-a.jsonl", "000001-a.jsonl")
    run(workbench, second)
    assert workbench.metadata("preference_pairs")["pairs"] == 0
    (workbench.workspace.overrides_folder / "typo.jsonl").write_text('{"override": "wrong"}')
    third = tick(workbench, first.cursor)
    assert isinstance(third, dg.SensorResult) and not third.run_requests
    assert isinstance(third.skip_reason, dg.SkipReason)
    assert "typo.jsonl, row 1: override is 'wrong'" in (third.skip_reason.skip_message or "")
    (event,) = third.asset_events
    assert isinstance(event, dg.AssetCheckEvaluation)
    assert (event.check_name, event.passed) == ("human_verdicts_hold", False)


@pytest.mark.slow
def test_a_verdict_that_a_person_takes_back_at_once_is_taken_out_of_the_pairs_again(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    first = tick(workbench)
    run(workbench, first)
    keys = [run_key(first)]
    cursor = settle(workbench, first)
    decisions = workbench.workspace.overrides_folder / "mine.jsonl"
    decisions.parent.mkdir()
    for _ in range(2):  # a person may do so more than once
        decisions.write_text(json.dumps({**WRONG, "override": "exclude"}))
        decided = tick(workbench, cursor)
        run(workbench, decided)
        assert workbench.metadata("preference_pairs")["pairs"] == 0
        decisions.unlink()
        assert isinstance(decided, dg.SensorResult)
        undone = tick(workbench, decided.cursor)
        run(workbench, undone)
        assert workbench.metadata("preference_pairs")["pairs"] == 1
        keys += [run_key(decided), run_key(undone)]
        cursor = settle(workbench, undone)
    assert len(set(keys)) == 5  # Dagster drops a key that it has seen


def test_a_change_that_only_a_run_started_by_hand_saw_is_undone_when_it_is_taken_back(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    first = tick(workbench)
    run(workbench, first)
    cursor = settle(workbench, first)
    workbench.land("a.jsonl", [RIGHT], age=30)
    by_hand = dg.DagsterRun(job_name="ingest_exports", status=dg.DagsterRunStatus.STARTED)
    workbench.instance.add_run(by_hand)
    context = dg.build_sensor_context(
        instance=workbench.instance, cursor=cursor, resources={"project": workbench.project}
    )
    assert isinstance(new_log_exports(context), dg.SkipReason)
    workbench.instance.delete_run(by_hand.run_id)
    assert workbench.ingest().success
    assert workbench.metadata("preference_pairs")["pairs"] == 0
    workbench.land("a.jsonl", [RIGHT, WRONG], age=20)
    run(workbench, tick(workbench, context.cursor))
    assert workbench.metadata("preference_pairs")["pairs"] == 1


def test_a_file_that_is_no_export_by_its_name_is_named(workbench: Workbench) -> None:
    workbench.land("a.jsonl.bz2", [RIGHT])
    result = tick(workbench)
    assert isinstance(result, dg.SkipReason)
    assert "not a log export by its name: a.jsonl.bz2" in (result.skip_message or "")


def test_a_broken_link_in_the_landing_folder_stops_no_other_file(workbench: Workbench) -> None:
    (workbench.landing / "loop.jsonl").symlink_to("loop.jsonl")
    workbench.land("a.jsonl", [RIGHT])
    assert requested(tick(workbench)) == ("000001-a.jsonl", "000001-a.jsonl")


def test_a_lost_manifest_is_said_and_no_key_is_given_to_another_file(workbench: Workbench) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    run(workbench, tick(workbench))
    workbench.workspace.landing.manifest.unlink()
    with pytest.raises(DpoMathError, match="restore it from a backup"):
        tick(workbench)


def test_a_sensor_whose_cursor_was_lost_does_not_process_a_finished_export_again(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    run(workbench, tick(workbench))
    assert isinstance(tick(workbench, cursor=None), dg.SkipReason)


def test_a_daemon_killed_between_registering_and_asking_loses_no_export(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    workbench.workspace.landing.register(settle_seconds=1)  # the tick that was killed came this far
    assert requested(tick(workbench, cursor=None)) == ("000001-a.jsonl", "000001-a.jsonl")


def test_an_export_that_is_still_written_is_waited_for_and_named(workbench: Workbench) -> None:
    workbench.land("growing.jsonl", [RIGHT], age=0)
    result = tick(workbench)
    assert isinstance(result, dg.SkipReason)
    assert "growing.jsonl" in (result.skip_message or "")
    workbench.land("growing.jsonl", [RIGHT, WRONG], age=60)
    assert requested(tick(workbench)) == ("000001-growing.jsonl", "000001-growing.jsonl")


def test_a_changed_export_is_asked_for_again_with_those_whose_pairs_rest_on_it(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT], age=90)
    workbench.land("b.jsonl", [WRONG], age=80)
    first = tick(workbench)
    assert isinstance(first, dg.SensorResult)
    run(workbench, first)
    workbench.land("a.jsonl", [RIGHT, WRONG], age=30)
    second = tick(workbench, first.cursor)
    assert requested(second) == ("000001-a.jsonl", "000002-b.jsonl")
    run(workbench, second)
    assert workbench.metadata("preference_pairs", "000001-a.jsonl")["pairs"] == 1


def test_a_landing_folder_that_is_not_there_fails_the_tick_with_what_to_do(
    workbench: Workbench,
) -> None:
    Path(workbench.project.landing_folder).rmdir()
    with pytest.raises(LogFormatError, match="does not exist: create it"):
        tick(workbench)


def test_a_fresh_project_makes_its_own_landing_folder(workbench: Workbench) -> None:
    data = Path(workbench.project.data_root)
    workbench.project = Project(data_root=str(data), landing_folder=str(data / "landing"))
    assert isinstance(tick(workbench), dg.SkipReason)
    assert (data / "landing").is_dir()


def test_a_mistake_in_the_settings_fails_the_tick_with_its_name(workbench: Workbench) -> None:
    workbench.project.settings_file.parent.mkdir(parents=True)
    workbench.project.settings_file.write_text("intake: {settle: 3}\n")
    with pytest.raises(DpoMathError, match="no setting named 'settle'"):
        tick(workbench)


def test_exports_in_an_object_store_become_pairs_like_those_of_a_folder(
    workbench: Workbench,
) -> None:
    workbench.project = Project(
        data_root=workbench.project.data_root, landing_folder="memory://landing-of-a-test/logs"
    )
    workbench.definitions = build_definitions(project=workbench.project)
    workbench.project.settings_file.parent.mkdir(parents=True)
    workbench.project.settings_file.write_text("intake: {settle_seconds: 0}\n")
    assert isinstance(tick(workbench), dg.SkipReason)
    source = workbench.land("a.jsonl", [RIGHT, WRONG])
    workbench.workspace.landing.place.put(source, "day1/a.jsonl")
    result = tick(workbench)
    assert requested(result) == ("000001-day1__a.jsonl", "000001-day1__a.jsonl")
    run(workbench, result)
    assert workbench.metadata("preference_pairs", "000001-day1__a.jsonl")["pairs"] == 1
    assert isinstance(result, dg.SensorResult)
    assert isinstance(tick(workbench, result.cursor), dg.SkipReason)


def killed(workbench: Workbench, result: dg.SensorResult | dg.SkipReason, at: str) -> None:
    """Run what a tick asked for in a process of its own, which dies while it works on `at`."""
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    stage, key = at.split(" ")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            DYING_RUN,
            workbench.project.data_root,
            workbench.project.landing_folder,
            json.dumps(dict(request.tags)),
            stage,
            key,
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr.decode()


DYING_RUN = """
import json, os, signal, sys
from pathlib import Path
import dagster as dg
from dpo_math_assets.definitions import build_definitions
from dpo_math_assets.partitions import EXPORTS
from dpo_math_assets.resources import Project
from dpo_math_assets_tests.graph.conftest import Workbench

data, landing, tags, stage, key = sys.argv[1:]
for asset, name in (
    ("raw_verifier_logs", "read_partition"),
    ("cleaned_traces", "clean_partition"),
    ("preference_pairs", "pair_partition"),
):
    module = sys.modules["dpo_math_assets.assets." + asset]
    def watched(*arguments, work=getattr(module, name), name=name, **named):
        if (name, arguments[1]) == (stage, key):
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments, **named)
    setattr(module, name, watched)
with dg.DagsterInstance.ephemeral() as instance:
    bench = Workbench.__new__(Workbench)
    bench.project = Project(data_root=data, landing_folder=landing)
    bench.instance = instance
    bench.definitions = build_definitions(project=bench.project)
    instance.add_dynamic_partitions(EXPORTS, list(bench.project.workspace().landing.partitions()))
    bench.run("ingest_exports", json.loads(tags))
"""


def test_runs_that_are_killed_do_not_end_ingest_while_they_get_on(workbench: Workbench) -> None:
    for number in range(5):
        workbench.land(f"{number}.jsonl", [RIGHT, WRONG, {**RIGHT, "trace_id": number}], age=90)
    cursor = None
    for number in range(4):  # each run does the work of one export more
        result = tick(workbench, cursor)
        killed(workbench, result, f"clean_partition 00000{number + 1}-{number}.jsonl")
        assert isinstance(result, dg.SensorResult)
        cursor = result.cursor
    last = tick(workbench, cursor)
    run(workbench, last)
    assert len(workbench.workspace.store.partitions("preference_pairs")) == 5


@pytest.mark.parametrize("stage", ["read_partition", "clean_partition", "pair_partition"])
def test_an_export_at_which_every_run_dies_is_passed_over_and_named(
    workbench: Workbench, stage: str
) -> None:
    for name in "abc":
        workbench.land(f"{name}.jsonl", [{**RIGHT, "trace_id": name}, WRONG], age=90)
    cursor = None
    for _ in range(3):
        result = tick(workbench, cursor)
        killed(workbench, result, f"{stage} 000002-b.jsonl")
        assert isinstance(result, dg.SensorResult)
        cursor = result.cursor
    result = tick(workbench, cursor)
    run(workbench, result)
    assert workbench.workspace.store.record("preference_pairs", "000003-c.jsonl") is not None
    asset = {"read": "raw_verifier_logs", "clean": "cleaned_traces", "pair": "preference_pairs"}
    told = workbench.metadata(asset[stage.split("_")[0]], "000002-b.jsonl")["failed"]
    assert "the process died 3 times" in told and "split the export" in told
    for _ in range(MOST_ATTEMPTS + 1):
        assert isinstance(result, dg.SensorResult)
        cursor = result.cursor
        result = tick(workbench, cursor)
    assert isinstance(result, dg.SkipReason)
    assert "000002-b.jsonl" in (result.skip_message or "")
    workbench.land("b.jsonl", [RIGHT], age=30)  # a changed file is tried again
    run(workbench, tick(workbench, cursor))
    assert workbench.workspace.store.record("preference_pairs", "000002-b.jsonl") is not None


def test_an_export_that_nothing_foresees_fails_alone(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package has the asset under its module's name.
    module = sys.modules["dpo_math_assets.assets.raw_verifier_logs"]
    read = module.read_partition

    def odd(workspace: Workspace, key: str, *arguments: Any) -> Any:
        if key == "000002-b.jsonl":
            raise OverflowError("date value out of range")
        return read(workspace, key, *arguments)

    for name in "abc":
        workbench.land(f"{name}.jsonl", [{**RIGHT, "trace_id": name}, WRONG], age=90)
    monkeypatch.setattr(module, "read_partition", odd)
    run(workbench, tick(workbench))
    assert workbench.workspace.store.record("preference_pairs", "000003-c.jsonl") is not None
    told = workbench.metadata("raw_verifier_logs", "000002-b.jsonl")["failed"]
    assert "OverflowError: date value out of range" in told and "intake.left_out" in told


def test_what_is_no_file_of_the_landing_area_stops_no_other_file(workbench: Workbench) -> None:
    landing = workbench.landing
    os.mkfifo(landing / "pipe.jsonl")
    (landing / "device.jsonl").symlink_to("/dev/zero")
    outside = workbench.land("../outside.jsonl", [RIGHT])
    (landing / "out.jsonl").symlink_to(outside)
    os.close(os.open(os.fsencode(landing) + b"/caf\xe9.jsonl", os.O_CREAT))
    os.close(os.open(os.fsencode(landing) + b"/caf\xe9.txt", os.O_CREAT))
    workbench.land("within.jsonl", [RIGHT, WRONG])
    (landing / "link.jsonl").symlink_to("within.jsonl")
    found = workbench.workspace.landing.register(settle_seconds=0)
    assert [export.path for export in found.registered] in (["within.jsonl"], ["link.jsonl"])
    assert len(found.duplicates) == 1
    assert {name: why.split(". ")[-1] for name, why in found.unreadable.items()} == {
        "pipe.jsonl": "Put a file there, or remove it",
        "device.jsonl": "Put a file there, or remove it",
        "out.jsonl": "Copy the file there instead",
        "caf\\xe9.jsonl": "Rename it",
    }
    assert found.ignored == ["caf\\xe9.txt"]
    run(workbench, tick(workbench))
    with pytest.raises(OSError, match="no file"):  # put there after the scan
        fingerprint_file(landing / "pipe.jsonl")
