"""What a stage refuses to make a partition from, each by one example.

Faults of the machine are in test_ingest_faults.py; here the machine is sound, and the data is not
what a stage was asked to rest on.
"""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import DpoMathError, LogFormatError, MachineError
from dpo_math_assets.settings import IntakeSettings, Settings
from dpo_math_assets.stages import ingest
from dpo_math_assets.stages.artifacts import CLEANED, OVERRIDES, PAIRS, QUARANTINE, RAW
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
    register_exports,
)
from dpo_math_assets.stages.up_to_date import (
    outdated_pairs,
    outdated_traces,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store
from dpo_math_assets.traces.cleaning import CleaningReport
from dpo_math_assets.traces.landing import Export
from dpo_math_assets.traces.places import fingerprint_file
from dpo_math_assets.verifier import conventions
from dpo_math_assets_tests.stages.conftest import (
    KEY,
    OTHER,
    TIMEOUT,
    at,
    log,
    other,
    overrule,
    pair,
    rows,
)


class TestRegistering:
    def test_a_manifest_that_is_gone_after_exports_were_read(self, workspace: Workspace) -> None:
        with pytest.raises(DpoMathError, match=r"manifest\.jsonl is missing, though exports were"):
            register_exports(workspace, {}, at_most=5)
        assert not workspace.landing.manifest.exists()

    def test_a_landing_folder_elsewhere_that_is_not_there(self, tmp_path: Path) -> None:
        assert register_exports(at(tmp_path / "data"), {}, at_most=5).registered == []
        elsewhere = Workspace.at(tmp_path / "data", tmp_path / "typo")
        with pytest.raises(DpoMathError, match="typo"):
            register_exports(elsewhere, {}, at_most=5)


class TestReading:
    def test_an_export_that_is_gone(self, tmp_path: Path) -> None:
        workspace = at(tmp_path)
        with pytest.raises(DpoMathError, match="gone is gone before it was read; put it back"):
            read_file(workspace, KEY, tmp_path / "gone", "f")
        assert workspace.store.partitions(RAW) == []

    def test_an_export_that_changed_after_it_was_registered(self, tmp_path: Path) -> None:
        workspace = at(tmp_path / "data")
        path = tmp_path / "a.jsonl"
        registered = log(path, 14)
        log(path, 14, 15)
        with pytest.raises(DpoMathError, match=r"a\.jsonl changed after it was registered"):
            read_file(workspace, KEY, path, registered)
        assert workspace.store.record(RAW, KEY) is None

    def test_an_unreadable_export_that_changed_after_it_was_registered(
        self, tmp_path: Path
    ) -> None:
        workspace = at(tmp_path / "data")
        path = tmp_path / "a.parquet"
        path.write_bytes(b"PAR1 and then something else")
        with pytest.raises(DpoMathError, match=r"a\.parquet changed after it was registered"):
            read_file(workspace, KEY, path, "another")
        assert workspace.store.record(RAW, KEY) is None

    def test_an_export_that_cannot_be_read_is_one_quarantined_entry_and_no_trace(
        self, tmp_path: Path
    ) -> None:
        workspace = at(tmp_path / "data")
        path = tmp_path / "a.parquet"
        path.write_bytes(b"PAR1 and then nothing")
        report = read_file(workspace, KEY, path, fingerprint_file(path))
        store = workspace.store
        assert "a.parquet" in (report.unreadable or "")
        assert (rows(store, RAW), rows(store, QUARANTINE)) == (0, 1)
        assert (report.records_in, report.quarantined) == (1, {"unreadable_export": 1})
        counts = [report.traces, report.trace_records, report.blank_lines, report.bytes_in]
        assert counts == [0, 0, 0, 21]
        entry = pl.read_parquet(store.partition(QUARANTINE, KEY)).row(0, named=True)
        assert (entry["line_number"], entry["byte_offset"], entry["line"]) == (1, 0, b"")
        assert entry["reason"] == "unreadable_export" and "a.parquet" in entry["detail"]

    def test_a_disk_that_fails_sets_no_export_aside(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: Any, **more: Any) -> None:
            raise LogFormatError("reading stopped") from OSError(errno.EIO, "disk")

        monkeypatch.setattr(ingest, "read_export", fails)
        workspace = at(tmp_path / "data")
        fingerprint = log(tmp_path / "a.jsonl", 14)
        with pytest.raises(LogFormatError, match="reading stopped"):
            read_file(workspace, KEY, tmp_path / "a.jsonl", fingerprint)
        assert workspace.store.record(RAW, KEY) is None

    def test_a_reader_that_loses_a_record(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = ingest.read_export

        def loses_one(*given: Any, **more: Any) -> Any:
            *most, approve = given

            def changed(told: Any) -> None:
                approve(replace(told, records_in=told.records_in + 1))

            return read(*most, changed, **more)

        monkeypatch.setattr(ingest, "read_export", loses_one)
        workspace = at(tmp_path / "data")
        fingerprint = log(tmp_path / "a.jsonl", 14)
        with pytest.raises(DpoMathError, match=r"records in, .* accounted for\. This is a mistake"):
            read_file(workspace, KEY, tmp_path / "a.jsonl", fingerprint)
        assert workspace.store.record(RAW, KEY) is None
        assert not workspace.store.partition(RAW, KEY).exists()

    @pytest.mark.parametrize("change", ["fingerprint", "field_map", "version"])
    def test_what_was_read_counts_for_the_same_bytes_fields_and_reader_alone(
        self, workspace: Workspace, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / KEY
        fingerprint = fingerprint_file(path)
        traces = rows(workspace.store, RAW)
        path.rename(tmp_path / "away")
        assert read_file(workspace, KEY, path, fingerprint).traces == traces
        if change == "fingerprint":
            fingerprint = "another"
        elif change == "field_map":
            workspace = other(workspace, field_map={"answer": "ground_truth"})
        else:
            monkeypatch.setattr(ingest, "INTAKE_VERSION", "another")
        with pytest.raises(DpoMathError, match="is gone before it was read"):
            read_file(workspace, KEY, path, fingerprint)


class TestCleaning:
    def test_an_export_that_was_not_read(self, tmp_path: Path) -> None:
        with pytest.raises(DpoMathError, match="raw_verifier_logs has no partition '000001-a'"):
            clean_partition(at(tmp_path), KEY)

    def test_a_machine_on_which_no_worker_starts(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_workers(*_: Any, **__: Any) -> None:
            raise MachineError("no worker starts")

        monkeypatch.setattr(ingest, "clean_export", no_workers)
        with pytest.raises(MachineError):
            clean_partition(other(workspace, timeout_s=TIMEOUT + 1), KEY)
        # What was made before stands.
        applied = workspace.store.record(CLEANED, KEY)
        assert applied is not None and applied["inputs"]["timeout_s"] == TIMEOUT

    def test_a_cleaning_that_lost_a_trace(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        during(monkeypatch, lambda told: replace(told, traces=told.traces - 1))
        with pytest.raises(DpoMathError, match="2 raw traces became 1 cleaned ones"):
            clean_partition(other(workspace, timeout_s=TIMEOUT + 1), KEY)

    def test_raw_traces_that_are_replaced_while_they_are_verified(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def replaced(told: CleaningReport) -> CleaningReport:
            workspace.store.finish(RAW, KEY, {"fingerprint": "new"}, {})
            return told

        during(monkeypatch, replaced)
        with pytest.raises(DpoMathError, match="its raw traces changed while they were verified"):
            clean_partition(other(workspace, timeout_s=TIMEOUT + 1), KEY)

    @pytest.mark.parametrize("module", [ingest, conventions])
    def test_what_another_version_cleaned_is_cleaned_again(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, module: Any
    ) -> None:
        name = "CLEANING_VERSION" if module is ingest else "VERIFIER_VERSION"
        cleaned_again: list[str] = []

        def noted(told: CleaningReport) -> CleaningReport:
            cleaned_again.append(name)
            return told

        during(monkeypatch, noted)
        clean_partition(workspace, KEY)
        assert cleaned_again == []
        monkeypatch.setattr(module, name, "another")
        clean_partition(workspace, KEY)
        assert cleaned_again == [name]

    def test_a_decision_is_put_in_and_taken_out_without_verifying_anything_again(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        during(monkeypatch, lambda told: pytest.fail("verified again"))
        overrule(workspace.store, KEY)
        assert clean_partition(workspace, KEY).overrides == {"incorrect": 1}
        (workspace.store.root / OVERRIDES / "mine.csv").unlink()
        clean_partition(workspace, KEY)
        verdicts = pl.read_parquet(workspace.store.partition(CLEANED, KEY))["verdict"].to_list()
        assert verdicts == ["correct", "incorrect"]


def during(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Let `change` see, and replace, what cleaning found before its partition is approved."""
    clean = ingest.clean_export

    def changed(*args: Any, approve: Any, **more: Any) -> CleaningReport:
        return clean(*args, approve=lambda told: approve(change(told)), **more)

    monkeypatch.setattr(ingest, "clean_export", changed)


class TestPairing:
    def test_an_export_that_was_not_cleaned(self, workspace: Workspace, store: Store) -> None:
        store.forget(CLEANED, KEY)
        inputs = pairing_inputs(workspace, [KEY, OTHER])
        assert list(inputs) == [OTHER]
        with pytest.raises(DpoMathError, match="cleaned_traces has no partition '000001-a'"):
            pair_partition(workspace, KEY, inputs)

    @pytest.mark.parametrize("change", ["replaced", "forgotten"])
    @pytest.mark.parametrize("earlier", [KEY, OTHER])
    def test_traces_that_change_while_they_are_paired(
        self, workspace: Workspace, store: Store, change: str, earlier: str
    ) -> None:
        inputs = pairing_inputs(workspace, [KEY, OTHER])
        inputs = {key: {**inputs[key], "settings": {"samples_per_side": 3}} for key in inputs}
        store.forget(CLEANED, earlier)
        if change == "replaced":
            store.finish(CLEANED, earlier, {"version": "another"}, {})
        with pytest.raises(DpoMathError, match=f"{earlier}: its cleaned traces changed while"):
            pair_partition(other(workspace, samples_per_side=3), OTHER, inputs)
        assert store.record(PAIRS, OTHER) is None

    def test_pairs_are_made_again_where_an_earlier_export_changed(
        self, workspace: Workspace, store: Store, tmp_path: Path
    ) -> None:
        assert rows(store, PAIRS, OTHER) == 1
        fingerprint = log(tmp_path / KEY, 15)
        read_file(workspace, KEY, tmp_path / KEY, fingerprint)
        clean_partition(workspace, KEY)
        assert outdated_pairs(workspace, [KEY, OTHER]) == [KEY, OTHER]
        pair(workspace)
        assert rows(store, PAIRS, OTHER) == 0

    def test_pairs_of_other_settings_or_another_version_are_outdated(
        self, workspace: Workspace, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert outdated_pairs(workspace, [KEY, OTHER]) == []
        fewer = other(workspace, samples_per_side=2)
        assert outdated_pairs(fewer, [KEY, OTHER]) == [KEY, OTHER]
        monkeypatch.setattr(ingest, "PAIRING_VERSION", "another")
        assert outdated_pairs(workspace, [KEY, OTHER]) == [KEY, OTHER]


class TestLimits:
    """An export beyond a limit is set aside whole, and read once the limit is another."""

    def test_a_raised_limit_has_the_export_read_again_and_another_limit_does_not(
        self, tmp_path: Path
    ) -> None:
        fingerprint = log(tmp_path / KEY, 14, 15, 16)
        root = tmp_path / "data"

        def read(**limits: int) -> tuple[int, dict[str, int]]:
            settings = Settings(intake=IntakeSettings(**limits))
            workspace = Workspace.at(root, settings=settings)
            report = read_file(workspace, KEY, tmp_path / KEY, fingerprint)
            export = Export(KEY, 1, 1, KEY, 1, 1, fingerprint)
            assert outdated_traces(workspace, {KEY: export}) == [KEY]
            return report.traces, report.limits_met

        assert read(max_lines=2) == (0, {"max_lines": 2})
        (entry,) = pl.read_parquet(root / QUARANTINE / f"{KEY}.parquet").rows(named=True)
        assert entry["reason"] == "unreadable_export"
        assert "raise intake.max_lines in settings.yaml" in entry["detail"]
        (tmp_path / KEY).rename(tmp_path / "away")
        assert read(max_lines=2, max_ratio=7) == (0, {"max_lines": 2})
        with pytest.raises(DpoMathError, match="is gone before it was read"):
            read(max_lines=3)
        (tmp_path / "away").rename(tmp_path / KEY)
        assert read(max_lines=3) == (3, {})
        assert read(max_lines=2) == (3, {}), "what was read stays read"
