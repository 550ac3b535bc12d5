"""Which exports are outdated, and what no dataset or audit may rest on, each by one example."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.stages import ingest
from dpo_math_assets.stages.artifacts import CLEANED, OVERRIDES, PAIRS, RAW
from dpo_math_assets.stages.up_to_date import (
    decided_by_people,
    outdated_traces,
    overruled,
    require_current_verdicts,
    unprocessed,
    usable_exports,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store, write_parquet
from dpo_math_assets.traces.overrides import read_overrides
from dpo_math_assets.verifier import conventions
from dpo_math_assets_tests.stages.conftest import KEY, OTHER, TIMEOUT, exports, other, overrule


def test_verdicts_that_people_changed_since(workspace: Workspace, store: Store) -> None:
    require_current_verdicts(workspace, [KEY, OTHER])
    overrule(store, OTHER)
    assert overruled(workspace, [KEY, OTHER]) == [OTHER]
    with pytest.raises(DpoMathError, match=r"The verdicts of 1 exports .* '000002-b'"):
        require_current_verdicts(workspace, [KEY, OTHER])
    require_current_verdicts(workspace, [KEY])
    overrule(store, KEY)
    assert overruled(workspace, [KEY, OTHER]) == [KEY]


def test_the_first_of_several_exports_is_named(workspace: Workspace, store: Store) -> None:
    overrule(store, KEY, OTHER)
    with pytest.raises(DpoMathError, match=r"The verdicts of 2 exports .* the first is '000001"):
        require_current_verdicts(workspace, [KEY, OTHER])
    with pytest.raises(DpoMathError, match=r"2 exports are not .* first is '000001"):
        usable_exports(workspace, [KEY, OTHER], [OTHER, KEY])


def test_traces_that_an_earlier_version_cleaned_are_asked_for_no_judgement(
    workspace: Workspace, store: Store
) -> None:
    overrule(store, KEY, OTHER)
    overrides = read_overrides(store.root / OVERRIDES)
    assert set(decided_by_people(workspace, [KEY, OTHER], overrides)) == {KEY, OTHER}
    path = store.partition(CLEANED, KEY)
    write_parquet(path, pl.read_parquet(path).drop("judged_key"))
    store.finish(CLEANED, KEY, {"version": "earlier"}, {})
    assert set(decided_by_people(workspace, [KEY, OTHER], overrides)) == {OTHER}


def test_traces_that_are_outdated_by_anything_that_they_rest_on(
    workspace: Workspace, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = exports(tmp_path)

    def outdated(**settings: Any) -> list[str]:
        return outdated_traces(other(workspace, **settings), registered)

    assert outdated() == []
    assert outdated(units={"furlong": {"of": "m", "factor": 201.168}}) == [KEY, OTHER]
    assert outdated(field_map={"answer": "ground_truth"}) == [KEY, OTHER]
    assert outdated(timeout_s=TIMEOUT + 1) == [KEY, OTHER]
    with monkeypatch.context() as newer:
        newer.setattr(conventions, "VERIFIER_VERSION", "another")
        assert outdated() == [KEY, OTHER]
    with monkeypatch.context() as newer:
        newer.setattr(ingest, "INTAKE_VERSION", "another")
        assert outdated() == [KEY, OTHER]
    registered[OTHER] = replace(registered[OTHER], fingerprint="another")
    assert outdated() == [OTHER]
    overrule(store, KEY)
    assert outdated() == [KEY, OTHER]


@pytest.mark.parametrize("asset", [RAW, CLEANED, PAIRS])
def test_an_export_whose_record_was_lost_is_unprocessed(
    workspace: Workspace, store: Store, tmp_path: Path, asset: str
) -> None:
    def waiting() -> list[str]:
        return unprocessed(workspace, exports(tmp_path))

    assert waiting() == []
    store.forget(asset, OTHER)
    assert waiting() == [OTHER]


def test_an_export_that_was_processed_and_is_no_longer_up_to_date(
    workspace: Workspace, store: Store
) -> None:
    assert usable_exports(workspace, [KEY, OTHER, "late"], ["late"]) == [KEY, OTHER]
    said = "1 exports are not processed as they are now, the first is '000002-b'"
    with pytest.raises(DpoMathError, match=said):
        usable_exports(workspace, [KEY, OTHER, "late"], [OTHER, "late"])
    store.forget(CLEANED, OTHER)  # its pairs are still there
    with pytest.raises(DpoMathError, match=said):
        usable_exports(workspace, [KEY, OTHER, "late"], [OTHER, "late"])
    store.forget(PAIRS, OTHER)
    assert usable_exports(workspace, [KEY, OTHER, "late"], [OTHER, "late"]) == [KEY]
