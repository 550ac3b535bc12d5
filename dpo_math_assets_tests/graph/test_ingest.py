"""Exports through raw, cleaned and pairs, as runs of the graph."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from dpo_math_assets.assets import dpo_dataset, label_audit
from dpo_math_assets.checks import pairs_follow_traces
from dpo_math_assets.errors import DpoMathError, MachineError
from dpo_math_assets.partitions import ALL_MODELS, range_tags
from dpo_math_assets.stages import ingest
from dpo_math_assets.stages.artifacts import CLEANED, RAW
from dpo_math_assets.stages.ingest import clean_partition, read_partition
from dpo_math_assets.stages.up_to_date import unprocessed
from dpo_math_assets.traces import cleaning, intake
from dpo_math_assets.traces.containers import Line
from dpo_math_assets.traces.json_records import JsonRecords
from dpo_math_assets.verifier import conventions
from dpo_math_assets.verifier.runtime import pipeline
from dpo_math_assets_tests.graph.conftest import Workbench, attempt, checks

SHARED_LOGS = Path(__file__).parents[2].parent / "shared" / "data" / "logs"

RIGHT = attempt("3*(4+5)", "27", "27", ok=True)
WRONG = attempt("3*(4+5)", "17", "27", ok=False)
ANOTHER = attempt("3*(4+5)", "19", "27", ok=False)


def test_a_right_and_a_wrong_answer_of_one_prompt_become_a_pair(workbench: Workbench) -> None:
    workbench.land("day1.jsonl", [RIGHT, WRONG])
    result = workbench.ingest()
    assert result.success
    pairs = pl.read_parquet(
        workbench.workspace.store.partition("preference_pairs", "000001-day1.jsonl")
    )
    assert pairs.select("chosen_answer", "rejected_answer").rows() == [("27", "17")]
    assert checks(result) == {
        "row_balance": True,
        "exports_are_readable": True,
        "every_trace_is_verified": True,
        "verifier_did_not_crash": True,
        "human_verdicts_hold": True,
        "log_agrees": True,
        "exports_are_processed": True,
        "no_chosen_is_rejected": True,
        "verdicts_hold_again": True,
    }


def test_an_answer_that_the_log_calls_wrong_and_is_right_is_never_rejected(
    workbench: Workbench,
) -> None:
    lying = attempt("3*(4+5)", "\\frac{54}{2}", "27", ok=False)
    workbench.land("day1.jsonl", [lying, WRONG])
    result = workbench.ingest()
    pairs = pl.read_parquet(
        workbench.workspace.store.partition("preference_pairs", "000001-day1.jsonl")
    )
    assert pairs["chosen"].to_list() == [lying["candidate"]]
    assert checks(result)["log_agrees"] is False
    assert workbench.metadata("cleaned_traces")["disagreements_with_log"] == 1


def test_two_exports_in_one_run_pair_across_each_other(workbench: Workbench) -> None:
    workbench.land("day1.jsonl", [RIGHT], age=90)
    workbench.land("day2.jsonl", [WRONG], age=80)
    assert workbench.ingest().success
    assert workbench.metadata("preference_pairs", "000001-day1.jsonl")["pairs"] == 0
    assert workbench.metadata("preference_pairs", "000002-day2.jsonl")["pairs"] == 1


def test_a_broken_line_costs_that_line_and_is_kept_whole_with_its_place(
    workbench: Workbench,
) -> None:
    workbench.land("day1.jsonl", [RIGHT, '{"prompt": "cut o', WRONG])
    result = workbench.ingest()
    assert result.success
    metadata = workbench.metadata("raw_verifier_logs")
    assert (metadata["records_in"], metadata["traces"], metadata["quarantined"]) == (3, 2, 1)
    store = workbench.workspace.store
    (line,) = (
        store.scan("quarantined_lines", ["000001-day1.jsonl"], pl.Schema())
        .collect()
        .rows(named=True)
    )
    assert (line["line_number"], line["line"]) == (2, b'{"prompt": "cut o')
    assert checks(result)["row_balance"] is True
    assert checks(result)["exports_are_readable"] is False


def test_a_reader_that_loses_a_line_is_stopped_before_anything_rests_on_its_traces(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_line = JsonRecords._line

    def forgetful(self: JsonRecords, line: Line, text: str) -> Any:
        return iter(()) if line.number == 2 else read_line(self, line, text)

    monkeypatch.setattr(JsonRecords, "_line", forgetful)
    workbench.land("day1.jsonl", [RIGHT, WRONG, ANOTHER], age=90)
    workbench.land("day2.jsonl", [RIGHT], age=80)
    result = workbench.ingest()
    assert result.success and not checks(result)["exports_are_processed"]
    told = workbench.metadata("raw_verifier_logs", "000001-day1.jsonl")["failed"]
    assert "bytes" in told and "are in records, in the quarantine or between them" in told
    assert workbench.workspace.store.partitions("cleaned_traces") == ["000002-day2.jsonl"]


def test_an_export_that_cannot_be_read_at_all_stops_no_other_and_is_named(
    workbench: Workbench,
) -> None:
    workbench.land("broken.parquet", ["PAR1 and then nothing"], age=90)
    workbench.land("good.jsonl", [RIGHT, WRONG], age=80)
    result = workbench.ingest()
    assert result.success
    assert workbench.metadata("preference_pairs", "000002-good.jsonl")["pairs"] == 1
    assert (
        "broken.parquet"
        in workbench.metadata("raw_verifier_logs", "000001-broken.parquet")["unreadable"]
    )
    failed = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "exports_are_readable" and not check.passed
    ]
    # The export's own result, and the check as a whole.
    assert {check.partition for check in failed} == {"000001-broken.parquet", None}
    assert {check.severity for check in failed} == {dg.AssetCheckSeverity.ERROR}
    assert all("broken.parquet" in (check.description or "") for check in failed)


def test_a_second_run_rewrites_nothing_that_is_up_to_date(workbench: Workbench) -> None:
    workbench.land("day1.jsonl", [RIGHT, WRONG])
    workbench.ingest()
    store = workbench.workspace.store
    stages = ("raw_verifier_logs", "cleaned_traces", "preference_pairs")
    before = [store.partition(stage, "000001-day1.jsonl").stat().st_mtime_ns for stage in stages]
    assert workbench.ingest().success
    after = [store.partition(stage, "000001-day1.jsonl").stat().st_mtime_ns for stage in stages]
    assert before == after


def test_a_changed_export_replaces_its_rows_and_the_pairs_that_rested_on_them(
    workbench: Workbench,
) -> None:
    workbench.land("day1.jsonl", [RIGHT], age=90)
    workbench.land("day2.jsonl", [WRONG], age=80)
    workbench.ingest()
    workbench.land("day1.jsonl", [ANOTHER], age=30)
    assert workbench.ingest().success
    assert workbench.metadata("preference_pairs", "000002-day2.jsonl")["pairs"] == 0


def test_a_partition_without_an_export_fails_with_what_to_do(workbench: Workbench) -> None:
    workbench.instance.add_dynamic_partitions("log_exports", ["made-up"])
    result = workbench.run("ingest_exports", {"dagster/partition": "made-up"})
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert "No export is registered as 'made-up'" in (told.description or "")


def test_an_export_that_vanished_before_its_run_keeps_no_other_from_its_work(
    workbench: Workbench,
) -> None:
    workbench.land("gone.jsonl", [RIGHT], age=90)
    workbench.land("there.jsonl", [RIGHT, WRONG], age=80)
    workbench.workspace.landing.register(settle_seconds=1)
    (workbench.landing / "gone.jsonl").unlink()
    result = workbench.ingest()
    assert result.success
    assert workbench.metadata("preference_pairs", "000002-there.jsonl")["pairs"] == 1
    assert (
        "is gone before it was read"
        in workbench.metadata("raw_verifier_logs", "000001-gone.jsonl")["failed"]
    )
    outcome = checks(result)
    assert not outcome["exports_are_readable"] and not outcome["exports_are_processed"]


def test_an_export_renamed_before_its_run_is_read_under_its_new_name(workbench: Workbench) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    workbench.workspace.landing.register(settle_seconds=1)
    (workbench.landing / "a.jsonl").rename(workbench.landing / "b.jsonl")
    assert workbench.ingest().success
    assert workbench.metadata("preference_pairs", "000001-a.jsonl")["pairs"] == 1


def test_rows_of_other_bytes_never_stand_under_a_registered_fingerprint(
    workbench: Workbench,
) -> None:
    path = workbench.land("a.jsonl", [RIGHT])
    workbench.workspace.landing.register(settle_seconds=1)
    path.write_text(json.dumps(WRONG) + "\n")  # between registering and reading
    key = "000001-a.jsonl"
    with pytest.raises(DpoMathError, match="changed after it was registered"):
        read_partition(workbench.workspace, key, workbench.workspace.landing.partitions())
    assert workbench.workspace.store.record(RAW, key) is None


def test_a_machine_without_workers_makes_no_cleaned_traces_and_is_asked_again(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG, ANOTHER])

    def no_workers(*_: Any, **__: Any) -> None:
        raise MachineError("no worker starts")

    with monkeypatch.context() as broken:
        broken.setattr(ingest, "clean_export", no_workers)
        assert not workbench.ingest().success
    assert not any((Path(workbench.project.data_root) / "cleaned_traces").iterdir())
    assert workbench.ingest().success


POISON = attempt("2+3", "poison", "5", ok=False)


def test_texts_on_which_our_code_fails_cost_their_rows_and_never_their_export(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the reader, in the keys of prompts, in extraction and in comparison: a row each."""
    faulty = {
        (intake, "read_record"): "reader-poison",
        (cleaning, "prompt_key"): "prompt-poison",
        (cleaning, "stops_inside"): "cut-poison",
        (pipeline, "extract_answer"): "answer-poison",
        (pipeline, "compare_with"): "pair-poison",
    }
    for (module, name), poison in faulty.items():
        function = getattr(module, name)

        def failing(text: Any, *rest: Any, poison: str = poison, function: Any = function) -> Any:
            if poison in str(text):
                raise ZeroDivisionError("a mistake of ours")
            return function(text, *rest)

        monkeypatch.setattr(module, name, failing)
    poisoned = [
        RIGHT | {"trace_id": poison, "candidate": f"{poison}\nFINAL ANSWER: {poison}*x"}
        for poison in faulty.values()
    ]
    poisoned[1]["prompt"] = "prompt-poison"
    workbench.land("a.jsonl", [RIGHT, WRONG, *poisoned])
    result = workbench.ingest()
    assert result.success
    assert workbench.metadata("preference_pairs", "000001-a.jsonl")["pairs"] == 1
    assert workbench.metadata("cleaned_traces", "000001-a.jsonl")["verifier_failures"] == 4
    assert workbench.metadata("raw_verifier_logs", "000001-a.jsonl")["quarantined"] == 1
    found = checks(result)
    assert found["verifier_did_not_crash"] is False and found["exports_are_readable"] is False
    assert found["row_balance"] and found["exports_are_processed"]
    traces = pl.read_parquet(
        workbench.workspace.store.partition("cleaned_traces", "000001-a.jsonl")
    )
    lost = traces.filter(pl.col("reason") == "worker_crashed")["trace_id"].to_list()
    assert lost == list(faulty.values())[1:]


def test_an_export_that_is_refused_holds_up_no_other(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that lands with it nor one that lands after three runs left it unprocessed."""
    read, clean = ingest.read_export, ingest.clean_export

    def refusing(*given: Any, **more: Any) -> Any:
        if given[1] == "000001-a.jsonl":
            raise DpoMathError("refused by the reader")
        return read(*given, **more)

    def crashing(raw: Path, *rest: Any, **more: Any) -> Any:
        if raw.stem == "000002-b.jsonl":
            raise MachineError("refused by the machine")
        return clean(raw, *rest, **more)

    monkeypatch.setattr(ingest, "read_export", refusing)
    monkeypatch.setattr(ingest, "clean_export", crashing)
    for name, age in (("a", 90), ("b", 80), ("c", 70)):
        workbench.land(f"{name}.jsonl", [RIGHT, WRONG | {"trace_id": name}], age)
    for key in ("c", "d"):
        for _ in range(3):
            workbench.ingest()
        number = {"c": 3, "d": 4}[key]
        assert workbench.metadata("preference_pairs", f"{number:06d}-{key}.jsonl")["pairs"] >= 1
        workbench.land("d.jsonl", [ANOTHER, attempt("7*6", "41", "42", ok=False)], age=60)
    processed = workbench.workspace.store.partitions("preference_pairs")
    assert processed == ["000003-c.jsonl", "000004-d.jsonl"]


def test_a_new_verifier_makes_every_export_unprocessed_and_the_old_pairs_make_no_dataset(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.land("a.jsonl", [RIGHT], age=90)
    workbench.land("b.jsonl", [WRONG], age=80)
    workbench.ingest()

    def waiting() -> list[str]:
        workspace = workbench.workspace
        return unprocessed(workspace, workspace.landing.partitions())

    assert waiting() == []
    monkeypatch.setattr(conventions, "VERIFIER_VERSION", "another")
    assert waiting() == ["000001-a.jsonl", "000002-b.jsonl"]
    clean_partition(workbench.workspace, "000001-a.jsonl")
    result = workbench.run("train_and_evaluate", ALL_MODELS)
    failures = [event for event in result.all_events if event.is_step_failure]
    assert {event.step_key for event in failures} == {"dpo_dataset", "label_audit"}
    for failure in failures:
        told = failure.step_failure_data.user_failure_data
        assert told is not None
        assert "exports are not processed as they are now" in (told.description or "")


SUMS = [(f"{n}+{7 * n + 3}", str(8 * n + 3)) for n in range(12)]
ATTEMPTS = [attempt(s, gold + end, gold, ok=not end) for s, gold in SUMS for end in ("", "1")]


def change_content(workbench: Workbench) -> None:
    workbench.land("a.jsonl", ATTEMPTS[:6], age=40)
    workbench.workspace.landing.register(1)


def change_field_map(workbench: Workbench) -> None:
    workbench.project.settings_file.write_text("intake: {field_map: {answer: ground_truth}}\n")


def change_timeout(workbench: Workbench) -> None:
    workbench.project.settings_file.write_text("verification: {timeout_s: 4}\n")


def lose_cleaned(workbench: Workbench) -> None:
    workbench.workspace.store.forget(
        CLEANED, "000001-a.jsonl"
    )  # as a run that cleans it again does


@pytest.mark.parametrize("change", [change_content, change_field_map, change_timeout, lose_cleaned])
def test_no_dataset_and_no_audit_is_made_from_traces_that_are_not_those_of_now(
    workbench: Workbench, change: Callable[[Workbench], None]
) -> None:
    workbench.land("a.jsonl", ATTEMPTS)
    workbench.ingest()
    change(workbench)
    result = dg.materialize(
        [dpo_dataset, label_audit],
        resources={"project": workbench.project},
        instance=workbench.instance,
        raise_on_error=False,
    )
    told = {
        event.step_key: event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.is_step_failure
    }
    assert set(told) == {"dpo_dataset", "label_audit"}
    for failure in told.values():
        assert failure is not None
        assert "the first is '000001-a.jsonl': their content, a setting" in (
            failure.description or ""
        )


def test_a_dataset_names_the_exports_that_came_too_late_for_it_and_says_to_rest_on_no_such_one(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", ATTEMPTS)
    workbench.ingest()
    workbench.land("late.jsonl", ATTEMPTS[:2], age=50)
    workbench.workspace.landing.register(1)
    result = dg.materialize(
        [dpo_dataset, label_audit, pairs_follow_traces],
        resources={"project": workbench.project},
        instance=workbench.instance,
    )
    for asset in ("dpo_dataset", "label_audit"):
        assert workbench.metadata(asset)["exports_not_processed_yet"] == ["000002-late.jsonl"]
    folder = Path(workbench.metadata("dpo_dataset")["path"])
    lineage = json.loads((folder / "report.json").read_text())["lineage"]
    assert lineage == {"exports": ["000001-a.jsonl"], "run_id": result.run_id}
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert "000002-late.jsonl" in (check.description or "")


def test_a_run_of_which_all_fails_but_what_is_left_out_fails_and_one_of_nothing_else_does_not(
    workbench: Workbench,
) -> None:
    gone = workbench.land("a.jsonl", [RIGHT], age=90)
    workbench.land("games/g.jsonl", [WRONG], age=80)
    landing, settings = workbench.workspace.landing, workbench.project.settings_file
    landing.register(1)
    workbench.instance.add_dynamic_partitions("log_exports", list(landing.partitions()))
    settings.write_text('intake: {left_out: ["games/*"]}\n')
    gone.unlink()
    both, left_out = ("000001-a.jsonl", "000002-games__g.jsonl"), ("000002-games__g.jsonl",) * 2
    assert not workbench.run("ingest_exports", range_tags(*both)).success
    assert workbench.run("ingest_exports", range_tags(*left_out)).success


def test_an_export_that_is_left_out_has_no_part_in_any_pair_until_it_is_let_in_again(
    workbench: Workbench,
) -> None:
    workbench.land("games/g.jsonl", [RIGHT], age=90)
    workbench.land("a.jsonl", [WRONG], age=80)
    workbench.ingest()
    assert workbench.metadata("preference_pairs", "000002-a.jsonl")["pairs"] == 1
    settings = workbench.project.settings_file
    settings.write_text('intake: {left_out: ["games/*"]}\n')
    landing = workbench.workspace.landing
    assert (list(landing.partitions()), landing.left_out()) == (
        ["000002-a.jsonl"],
        ["000001-games__g.jsonl"],
    )
    everything = range_tags("000001-games__g.jsonl", "000002-a.jsonl")
    result = workbench.run("ingest_exports", everything)
    assert result.success and all(checks(result).values())
    assert workbench.metadata("preference_pairs", "000002-a.jsonl")["pairs"] == 0
    settings.unlink()
    assert workbench.run("ingest_exports", everything).success
    assert workbench.metadata("preference_pairs", "000002-a.jsonl")["pairs"] == 1


def test_an_export_that_changes_into_anothers_content_has_no_part_in_any_pair(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT], age=90)
    workbench.land("b.jsonl", [WRONG], age=80)
    workbench.ingest()
    assert workbench.metadata("preference_pairs", "000002-b.jsonl")["pairs"] == 1
    workbench.land("b.jsonl", [RIGHT], age=50)
    workbench.workspace.landing.register(1)
    result = workbench.run("ingest_exports", range_tags("000001-a.jsonl", "000002-b.jsonl"))
    assert result.success and all(checks(result).values())
    assert "earlier export" in workbench.metadata("preference_pairs", "000002-b.jsonl")["left_out"]


@pytest.mark.slow
@pytest.mark.skipif(not SHARED_LOGS.is_dir(), reason="needs the real logs beside the repository")
def test_real_logs_dropped_as_they_are_go_through_with_every_line_accounted_for(
    workbench: Workbench,
) -> None:
    sources = sorted(SHARED_LOGS.glob("*.jsonl"))
    for source in sources:
        workbench.land(source.name, source.read_text("utf-8").splitlines())
    result = workbench.ingest()
    assert result.success
    for key in workbench.workspace.landing.partitions():
        metadata = workbench.metadata("raw_verifier_logs", key)
        lines = (SHARED_LOGS / key.split("-", 1)[1]).read_text("utf-8").count("\n")
        assert metadata["records_in"] == lines
        assert metadata["traces"] + metadata["quarantined"] == lines
        assert metadata["quarantined"] == 0
    assert checks(result)["row_balance"] is True
    assert checks(result)["verdicts_hold_again"] is True


def test_a_field_map_for_some_exports_makes_those_again_and_corrupts_no_other(
    workbench: Workbench,
) -> None:
    def answered(answer: str) -> dict[str, Any]:
        return {**attempt("3*4", answer, "12", ok=False), "answer": answer}

    # This log has the reference answer and what its solver said; the other calls the former so.
    workbench.land("solver.jsonl", [answered("12"), answered("13")])
    mine = [
        {"question": "Compute 5+6", "reply": f"FINAL ANSWER: {n}", "answer": "11"} for n in (11, 12)
    ]
    workbench.land("mine.jsonl", mine)
    workbench.ingest()
    keys = {key.split("-", 1)[1]: key for key in workbench.workspace.landing.partitions()}
    assert workbench.metadata("raw_verifier_logs", keys["mine.jsonl"])["traces"] == 0
    before = stored(workbench, "raw_verifier_logs", keys["solver.jsonl"])

    of_mine = "{candidate: reply, ground_truth: answer}"
    settings = workbench.project.settings_file
    settings.write_text(f"intake: {{field_map: {{'mine*': {of_mine}}}}}\n")
    workbench.ingest()
    assert stored(workbench, "raw_verifier_logs", keys["solver.jsonl"]) == before
    verdicts = pl.read_parquet(
        workbench.workspace.store.partition("cleaned_traces", keys["mine.jsonl"])
    )["verdict"]
    assert sorted(verdicts) == ["correct", "incorrect"]

    settings.write_text(f"intake: {{field_map: {of_mine}}}\n")
    workbench.ingest()
    cleaned = pl.read_parquet(
        workbench.workspace.store.partition("cleaned_traces", keys["solver.jsonl"])
    )
    assert sorted(cleaned["verdict"]) == ["correct", "incorrect"], "13 is not 12"
    (row,) = workbench.metadata("raw_verifier_logs", keys["solver.jsonl"])[
        "field_map_passed_over"
    ].records
    assert row.data == {"field": "ground_truth", "count": 1}


def stored(workbench: Workbench, asset: str, key: str) -> int:
    return workbench.workspace.store.partition(asset, key).stat().st_mtime_ns
