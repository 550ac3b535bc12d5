"""A person's verdict from a file to the pairs, and what it makes stale."""

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.assets import dpo_dataset, label_audit
from dpo_math_assets.pairs import dataset
from dpo_math_assets.pairs.pairing import PairingSettings, cap_pairs
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.partitions import ALL_MODELS
from dpo_math_assets.stages import ingest
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
)
from dpo_math_assets.stages.up_to_date import unprocessed
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store
from dpo_math_assets.traces.landing import Export
from dpo_math_assets.traces.places import fingerprint_file
from dpo_math_assets_tests.graph.conftest import Workbench, attempt, checks

RIGHT = attempt("3*(4+5)", "27", "27", ok=True)
WRONG = attempt("3*(4+5)", "17", "27", ok=False)
OTHER = attempt("5*5", "25", "25", ok=True)


def decide(workbench: Workbench, name: str, *rows: Any) -> Path:
    """Put a file of decisions in its place; a row is text, or a log's record and a decision."""
    folder = workbench.workspace.overrides_folder
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        row if isinstance(row, str) else json.dumps({**row[0], "override": row[1], "by": "Ada"})
        for row in rows
    ]
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def waiting(workbench: Workbench) -> list[str]:
    workspace = workbench.workspace
    return unprocessed(workspace, workspace.landing.partitions())


def pairs(workbench: Workbench, key: str) -> list[tuple[str, str, str]]:
    frame = pl.read_parquet(workbench.workspace.store.partition(PAIRS, key))
    return frame.select("chosen_answer", "rejected_answer", "rejected_reason").rows()


def test_an_answer_that_a_person_calls_right_is_chosen_without_being_verified_again(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.land("a.jsonl", [OTHER, WRONG, attempt("3*(4+5)", "18", "27", ok=False)])
    workbench.ingest()
    assert pairs(workbench, "000001-a.jsonl") == []
    decide(workbench, "mine.jsonl", (WRONG, "correct"))

    def never(*args: object, **more: object) -> None:
        raise AssertionError("verified again")

    monkeypatch.setattr(ingest, "clean_export", never)
    result = workbench.ingest()
    assert result.success
    assert pairs(workbench, "000001-a.jsonl") == [("17", "18", "mismatch")]
    assert workbench.metadata("cleaned_traces")["human_verdicts"] == 1
    outcome = checks(result)
    assert outcome["human_verdicts_hold"] and outcome["verdicts_hold_again"]
    frame = pl.read_parquet(workbench.workspace.store.partition(CLEANED, "000001-a.jsonl"))
    assert frame.filter(candidate=WRONG["candidate"]).select(
        "verdict", "method", "verifier_verdict", "override_by"
    ).rows() == [("correct", "human", "incorrect", "Ada")]


def test_a_right_answer_by_a_wrong_way_may_be_rejected_by_a_person(workbench: Workbench) -> None:
    lucky = {**RIGHT, "candidate": "3*4+5 is 27.\nFINAL ANSWER: 27"}
    workbench.land("a.jsonl", [RIGHT, lucky])
    workbench.ingest()
    decide(workbench, "mine.jsonl", (lucky, "incorrect"))
    result = workbench.ingest()
    assert result.success
    assert pairs(workbench, "000001-a.jsonl") == [("27", "27", "human")]
    assert checks(result)["no_chosen_is_rejected"]


def test_only_exports_with_the_trace_are_cleaned_again_and_an_excluded_one_makes_no_pair(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [OTHER], age=90)
    workbench.land("b.jsonl", [RIGHT, WRONG], age=80)
    workbench.land("c.jsonl", [{**WRONG, "trace_id": "sent again"}], age=70)
    workbench.ingest()
    store = workbench.workspace.store
    assert waiting(workbench) == []
    before = store.partition(CLEANED, "000001-a.jsonl").stat().st_mtime_ns
    file = decide(workbench, "mine.jsonl", (WRONG, "exclude"))
    assert waiting(workbench) == ["000002-b.jsonl", "000003-c.jsonl"]
    workbench.ingest()
    assert waiting(workbench) == []
    assert store.partition(CLEANED, "000001-a.jsonl").stat().st_mtime_ns == before
    assert pairs(workbench, "000002-b.jsonl") == pairs(workbench, "000003-c.jsonl") == []
    file.rename(file.with_name("renamed.jsonl"))
    assert waiting(workbench) == []
    file.with_name("renamed.jsonl").unlink()
    assert waiting(workbench) == ["000002-b.jsonl", "000003-c.jsonl"]
    workbench.ingest()
    assert pairs(workbench, "000002-b.jsonl") == [("27", "17", "mismatch")]


def test_a_run_killed_while_it_puts_decisions_in_leaves_no_partition_that_vouches_for_others(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    workbench.ingest()
    decide(workbench, "mine.jsonl", (WRONG, "exclude"))

    def killed(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as before_the_record:
        before_the_record.setattr(Store, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            clean_partition(workbench.workspace, "000001-a.jsonl")
    assert workbench.workspace.store.record(CLEANED, "000001-a.jsonl") is None
    assert waiting(workbench) == ["000001-a.jsonl"]
    workbench.ingest()
    assert waiting(workbench) == []
    assert pairs(workbench, "000001-a.jsonl") == []


def test_rows_that_decide_nothing_are_shown_where_a_person_looks(workbench: Workbench) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    decide(
        workbench,
        "mine.jsonl",
        (RIGHT, "fine"),
        (attempt("9*9", "81", "81", ok=True), "incorrect"),
    )
    result = workbench.ingest()
    assert result.success
    (check,) = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "human_verdicts_hold"
    ]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert "2 rows are not applied" in (check.description or "")
    assert "mine.jsonl, row 1: override is 'fine'" in (check.description or "")
    table = check.metadata["problems_of_override_files"].value
    assert [record.data["row"] for record in table.records] == [1, 2]
    shown = workbench.metadata("cleaned_traces")["problems_of_override_files"]
    assert [record.data["file"] for record in shown.records] == ["mine.jsonl"]


def test_a_dataset_is_not_made_from_verdicts_that_people_changed_since(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    workbench.ingest()
    decide(workbench, "mine.jsonl", (WRONG, "exclude"))
    result = workbench.run("train_and_evaluate", ALL_MODELS)
    failures = {
        event.step_key: event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.is_step_failure
    }
    assert set(failures) == {"dpo_dataset", "label_audit"}
    for told in failures.values():
        assert told is not None
        assert "'000001-a.jsonl'" in (told.description or "")
        assert "launch it for them, first" in (told.description or "")


def test_a_dataset_made_beside_an_ingest_rests_on_the_traces_that_it_began_with(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = [(f"{n}+{7 * n + 3}", str(8 * n + 3)) for n in range(12)]
    right, wrong = (
        [attempt(s, a, gold, ok=a == gold) for s, gold in sums for a in [gold + end]]
        for end in ("", "1")
    )
    workbench.land("a.jsonl", right + wrong)
    workbench.ingest()
    resources = {"project": workbench.project}

    def made() -> str:
        instance = workbench.instance
        assert dg.materialize([dpo_dataset], resources=resources, instance=instance).success
        version: str = workbench.metadata("dpo_dataset")["dataset_version"]
        return version

    before = made()
    select_pairs = dataset.select_pairs

    def meanwhile(*args: Any, **more: Any) -> Any:
        decide(workbench, "mine.jsonl", *[(record, "correct") for record in wrong])
        clean_partition(workbench.workspace, "000001-a.jsonl")
        return select_pairs(*args, **more)

    monkeypatch.setattr(dataset, "select_pairs", meanwhile)
    assert made() == before


def test_an_audit_sheet_that_is_filled_in_changes_the_pairs_and_is_not_asked_again(
    workbench: Workbench,
) -> None:
    missed = {**WRONG, "ok": True}  # the log calls right what the verifier calls wrong
    workbench.land("a.jsonl", [RIGHT, missed])
    workbench.ingest()
    assert pairs(workbench, "000001-a.jsonl") == [("27", "17", "mismatch")]

    def audited() -> Path:
        resources = {"project": workbench.project}
        assert dg.materialize(
            [label_audit], resources=resources, instance=workbench.instance
        ).success
        return Path(workbench.metadata("label_audit")["sheet"])

    sheet = audited()
    assert workbench.metadata("label_audit")["disagrees_with_log"] == 1
    assert "the log contradicts" in Path(workbench.metadata("label_audit")["page"]).read_text()
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["trace_id"], row["verdict"], row["logged_verdict"]) == (
        WRONG["trace_id"],
        "incorrect",
        "right",
    )
    folder = workbench.workspace.overrides_folder
    folder.mkdir()
    with (folder / "filled in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow({**row, "override": "correct", "by": "Ada"})
    workbench.ingest()
    assert pairs(workbench, "000001-a.jsonl") == []
    audited()
    assert workbench.metadata("label_audit")["dagster/row_count"] == 0


def test_an_unreadable_file_of_decisions_stops_the_run_and_keeps_the_labels(
    workbench: Workbench,
) -> None:
    workbench.land("a.jsonl", [RIGHT, WRONG])
    workbench.ingest()
    workbench.workspace.overrides_folder.mkdir()
    (workbench.workspace.overrides_folder / "sheet.csv").write_bytes(b"judged_keys;override\n\xe9")
    result = workbench.ingest()
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert "sheet.csv cannot be read as UTF-8" in (told.description or "")
    assert pairs(workbench, "000001-a.jsonl") == [("27", "17", "mismatch")]


# One prompt, answers 1 to 4, of which 1 is right; several exports, and decisions in between.
ATTEMPTS = [attempt("1*1", str(answer), "1", ok=answer == 1) for answer in (1, 2, 3, 4)]
EXPORT = st.lists(st.sampled_from(ATTEMPTS), min_size=1, max_size=4)
DECISIONS = st.dictionaries(
    st.integers(0, 3), st.sampled_from(["correct", "incorrect", "exclude"]), max_size=3
)
STEPS = st.lists(st.one_of(EXPORT, DECISIONS), min_size=2, max_size=6)


class Pipeline:
    """The stages over a folder, run as the sensor has them run."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace.at(folder / "data")
        self.store = self.workspace.store
        self.folder = folder
        self.exports: dict[str, Export] = {}

    def land(self, records: list[dict[str, Any]]) -> None:
        number = len(self.exports) + 1
        path = self.folder / f"{number}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        key = f"{number:06d}-{path.name}"
        self.exports[key] = Export(
            key=key,
            path=path.name,
            arrival=number,
            sequence=number,
            size=path.stat().st_size,
            modified_ns=0,
            fingerprint=fingerprint_file(path),
        )

    def decide(self, decisions: dict[int, str]) -> None:
        folder = self.store.root / "overrides"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({**ATTEMPTS[n], "override": d}) for n, d in decisions.items()]
        (folder / "all.jsonl").write_text("\n".join(lines))

    def run(self) -> None:
        stale = unprocessed(self.workspace, self.exports)
        up_to_last = list(self.exports)[list(self.exports).index(stale[0]) :] if stale else []
        for key in stale:
            path = self.folder / self.exports[key].path
            read_file(self.workspace, key, path, self.exports[key].fingerprint)
            clean_partition(self.workspace, key)
        inputs = pairing_inputs(self.workspace, self.exports)
        for key in up_to_last:  # pairs of later exports rest on earlier ones
            pair_partition(self.workspace, key, inputs)
        assert unprocessed(self.workspace, self.exports) == []

    def result(self) -> tuple[list[pl.DataFrame], pl.DataFrame, list[Any]]:
        cleaned = [pl.read_parquet(self.store.partition(CLEANED, key)) for key in self.exports]
        union = cap_pairs(self.store.scan(PAIRS, self.exports, PAIR_SCHEMA), PairingSettings())
        records = [self.store.record(CLEANED, key) for key in self.exports]
        return cleaned, union.collect(), [(r["inputs"], r["report"]) for r in records if r]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_decisions_that_came_in_between_give_what_a_rebuild_with_all_of_them_gives(
    steps: list[Any],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown, rebuilt = (Pipeline(Path(folder) / name) for name in ("grown", "rebuilt"))
        for pipeline in (grown, rebuilt):
            pipeline.folder.mkdir()
        for step in steps:
            grown.decide(step) if isinstance(step, dict) else grown.land(step)
            grown.run()
        for step in steps:
            rebuilt.decide(step) if isinstance(step, dict) else rebuilt.land(step)
        rebuilt.run()
        if not grown.exports:
            return
        for mine, theirs in zip(grown.result()[0], rebuilt.result()[0], strict=True):
            assert mine.equals(theirs)
        assert grown.result()[1].equals(rebuilt.result()[1])
        assert grown.result()[2] == rebuilt.result()[2]
