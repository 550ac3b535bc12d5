import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.storage import Store, pinned
from dpo_math_assets_tests.storage.builders import make, names


def no_link(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("link", [os.link, no_link])
def test_a_partition_that_is_pinned_stays_whole_while_another_process_replaces_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: Any
) -> None:
    monkeypatch.setattr(os, "link", link)
    store = Store(tmp_path)
    make(store, "1", *range(100))
    make(store, "2", 7)
    with pinned(store, ["traces"], ["1", "2", "3"]) as snapshot:
        rows = snapshot.scan("traces", ["1", "2", "3"], pl.Schema())
        assert rows.select(pl.len()).collect().item() == 101
        make(store, "1", *range(1000, 1150))
        store.remove("traces", "2")
        make(store, "3", 8)
        assert rows.collect()["a"].to_list() == [*range(100), 7]
        record = snapshot.record("traces", "2")
        assert record is not None and record["report"] == {"values": [7]}
        assert snapshot.record("traces", "3") is None
    assert names(tmp_path / "traces") == ["1.json", "1.parquet", "3.json", "3.parquet"]


def test_a_partition_replaced_while_it_is_pinned_is_pinned_with_the_record_of_its_own_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    make(store, "1", 1)
    link, others = os.link, [2, 3]

    def meanwhile(source: Path, target: Path) -> None:
        link(source, target)
        if others:
            make(store, "1", others.pop())

    monkeypatch.setattr(os, "link", meanwhile)
    with pinned(store, ["traces"], ["1"]) as snapshot:
        rows = snapshot.scan("traces", ["1"], pl.Schema()).collect()["a"].to_list()
        assert snapshot.finished("traces", "1", {}) == {"values": rows}
        assert rows == [2]


def test_a_partition_that_is_being_made_again_is_not_pinned(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store, "1", 1)
    store.forget("traces", "1")
    schema = pl.Schema({"a": pl.Int64})
    with pinned(store, ["traces"], ["1"]) as snapshot:
        assert snapshot.scan("traces", ["1"], schema).collect().is_empty()
