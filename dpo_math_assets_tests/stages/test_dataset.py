"""The dataset and the audit of what is stored: of exports that are as they are now, of no other."""

import json
import os
from pathlib import Path

import pytest

from dpo_math_assets.errors import DatasetError, DpoMathError
from dpo_math_assets.settings import Settings, VerificationSettings
from dpo_math_assets.stages import dataset
from dpo_math_assets.stages.artifacts import AUDIT, DATASET
from dpo_math_assets.stages.dataset import audit_rows, publish_audit, publish_dataset
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_partition,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import write_text


def land(workspace: Workspace, name: str, sums: range, age: int) -> None:
    """A log of sums, each with a right and a wrong answer, and its registration."""
    rows = [
        {"prompt": f"Compute {n}+{n + 1}", "candidate": f"FINAL ANSWER: {answer}"}
        | {"ground_truth": str(2 * n + 1), "ok": True}
        for n in sums
        for answer in (2 * n + 1, 7 * n + 90)
    ]
    path = workspace.store.root / "landing" / name
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
    os.utime(path, (10_000 - age, 10_000 - age))
    workspace.landing.register(0)


def process(workspace: Workspace) -> None:
    exports = workspace.landing.partitions()
    for key in exports:
        read_partition(workspace, key, exports)
        clean_partition(workspace, key)
    inputs = pairing_inputs(workspace, exports)
    for key in exports:
        pair_partition(workspace, key, inputs)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An export that went through to pairs, and one that has just landed."""
    settings = Settings(verification=VerificationSettings(workers=1))
    workspace = Workspace.at(tmp_path, settings=settings)
    land(workspace, "early.jsonl", range(10, 40), age=90)
    process(workspace)
    land(workspace, "late.jsonl", range(40, 50), age=60)
    return workspace


def test_a_dataset_is_of_the_exports_that_are_processed_and_names_those_that_wait(
    workspace: Workspace,
) -> None:
    made = publish_dataset(workspace, "run-1")
    assert made.folder == workspace.store.current(DATASET)
    assert (made.exports, made.waiting) == (["000001-early.jsonl"], ["000002-late.jsonl"])
    assert made.report.prompts == 30 and made.report.train > 0
    written = json.loads((made.folder / "report.json").read_text())
    assert written["lineage"] == {"exports": made.exports, "run_id": "run-1"}
    assert (made.folder / "explorer.html").exists()


def test_the_same_content_keeps_its_version_and_more_exports_make_another(
    workspace: Workspace,
) -> None:
    first = publish_dataset(workspace, "run-1").report.version
    assert publish_dataset(workspace, "run-2").report.version == first
    process(workspace)
    made = publish_dataset(workspace, "run-3")
    assert made.report.version != first and made.waiting == []


def test_no_dataset_and_no_audit_rest_on_an_export_that_changed_since(
    workspace: Workspace,
) -> None:
    land(workspace, "early.jsonl", range(10, 41), age=30)
    for publish in (lambda: publish_dataset(workspace, "r"), lambda: publish_audit(workspace, 9)):
        with pytest.raises(DpoMathError, match=r"1 exports are not processed .* '000001-early"):
            publish()
    assert workspace.store.versions(DATASET).versions() == []
    assert workspace.store.versions(AUDIT).versions() == []


def test_no_dataset_has_a_problem_on_both_sides(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "problems_on_both_sides", lambda folder: {"3 + 4"})
    with pytest.raises(DatasetError, match="1 problems would be trained on and evaluated on"):
        publish_dataset(workspace, "run-1")
    assert workspace.store.versions(DATASET).versions() == []


def test_an_audit_is_published_as_a_sheet_and_a_page(workspace: Workspace) -> None:
    made = publish_audit(workspace, 5)
    assert made.rows.height == 5 and made.waiting == ["000002-late.jsonl"]
    assert made.folder == workspace.store.current(AUDIT)
    assert {"audit.csv", "audit.html"} <= {path.name for path in made.folder.iterdir()}


def test_the_answers_of_named_traces_are_asked_for(workspace: Workspace) -> None:
    shown = audit_rows(workspace, 3, None)
    assert shown.height == 3
    with pytest.raises(DpoMathError, match="no trace is named t-none"):
        audit_rows(workspace, 3, ["t-none"])
