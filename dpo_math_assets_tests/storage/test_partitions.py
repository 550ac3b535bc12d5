import threading
from pathlib import Path

import polars as pl
import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage import Store, atomic_file, write_parquet, write_text
from dpo_math_assets_tests.storage.builders import asking_for_a_lock, make, names, publish


def test_a_reader_never_sees_a_partition_that_is_being_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with atomic_file(store.partition("traces", "1")) as temporary:
        temporary.write_bytes(b"half")
        assert store.partitions("traces") == []


def test_a_partition_counts_as_made_only_with_a_record_of_the_same_inputs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_parquet(store.partition("traces", "1"), pl.DataFrame({"a": [1]}))
    assert store.finished("traces", "1", {"fingerprint": "x"}) is None
    store.finish("traces", "1", {"fingerprint": "x"}, {"traces": 1})
    assert store.finished("traces", "1", {"fingerprint": "x"}) == {"traces": 1}
    assert store.finished("traces", "1", {"fingerprint": "y"}) is None
    store.partition("traces", "1").unlink()
    assert store.finished("traces", "1", {"fingerprint": "x"}) is None


@pytest.mark.parametrize("file", ["traces/1.parquet", "lines/1.parquet"])
@pytest.mark.parametrize("content", [b"", b"half", b"more than it was", None])
def test_a_partition_whose_files_are_not_those_of_its_record_does_not_count_as_made(
    tmp_path: Path, file: str, content: bytes | None
) -> None:
    store = Store(tmp_path)
    files = [store.partition("traces", "1"), store.partition("lines", "1")]
    for path in files:
        write_text(path, "complete")
    store.finish("traces", "1", {}, {"traces": 1}, beside=files[1:])
    assert store.finished("traces", "1", {}) == {"traces": 1}
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)
    assert store.finished("traces", "1", {}) is None


def test_a_partition_that_is_forgotten_or_removed_does_not_count_as_made(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for undo in (store.forget, store.remove):
        make(store, "1", 7)
        assert store.finished("traces", "1", {}) == {"values": [7]}
        undo("traces", "1")
        assert store.finished("traces", "1", {}) is None
        assert store.record("traces", "1") is None
    assert names(tmp_path / "traces") == []


def test_an_asset_that_was_never_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DpoMathError, match="there is no dpo_dataset yet: materialize it first"):
        Store(tmp_path).current("dpo_dataset")


def test_a_scan_of_absent_partitions_is_an_empty_table(tmp_path: Path) -> None:
    schema = pl.Schema({"a": pl.Int64})
    assert Store(tmp_path).scan("traces", ["1"], schema).collect().schema == schema


def test_whoever_waits_for_a_partition_in_the_making_goes_on_when_it_is_made(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    seen = []

    def look() -> None:
        with store.making("traces", "1"):
            seen.append(store.partition("traces", "1").exists())

    other = threading.Thread(target=look)
    with store.making("traces", "1"):
        with asking_for_a_lock() as asked:
            other.start()
            asked.wait()
        with store.making("traces", "2"):  # another one need not wait
            write_text(store.partition("traces", "1"), "made")
    other.join()
    assert seen == [True]
    assert names(tmp_path / "traces") == ["1.parquet"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\xff"])
def test_a_damaged_record_or_pointer_is_named_with_what_to_do(tmp_path: Path, content: str) -> None:
    store = Store(tmp_path)
    make(store, "1", 1)
    publish(store.versions("model"), "v1")
    for damaged in (tmp_path / "traces" / "1.json", tmp_path / "model" / "current.json"):
        damaged.write_bytes(content.encode("latin-1"))
    with pytest.raises(
        DpoMathError, match=r"traces/1\.json is damaged: .* or materialize traces for 1"
    ):
        store.record("traces", "1")
    with pytest.raises(DpoMathError, match=r"model/current\.json is damaged: .* or write"):
        store.current("model")
