import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from dpo_math_assets import storage
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage import (
    Store,
    VersionedFolder,
    atomic_file,
    digest,
    write_json,
    write_parquet,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_write_that_fails_leaves_the_earlier_version_and_no_debris(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("earlier")
    with pytest.raises(RuntimeError, match="midway"), atomic_file(target) as temporary:
        temporary.write_text("half of the new ver")
        raise RuntimeError("midway")
    assert target.read_text() == "earlier"
    assert names(tmp_path) == ["a.txt"]


def test_a_reader_never_sees_a_partition_that_is_being_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with atomic_file(store.partition("traces", "1")) as temporary:
        temporary.write_bytes(b"half")
        assert store.partitions("traces") == []


def test_json_with_nan_is_refused_and_the_earlier_file_stands(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"loss": 1.0})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(target, {"loss": float("nan")})
    assert json.loads(target.read_text()) == {"loss": 1.0}


def test_a_version_that_fails_half_way_is_never_current(tmp_path: Path) -> None:
    folder = VersionedFolder(tmp_path)
    with folder.new_version("1") as path:
        (path / "model").write_text("good")
    with pytest.raises(RuntimeError, match="crash"), folder.new_version("2") as path:
        (path / "model").write_text("ha")
        raise RuntimeError("crash")
    current = folder.current()
    assert current is not None
    assert (current / "model").read_text() == "good"
    assert names(tmp_path) == ["1", "current.json"]


def test_nothing_published_is_no_version(tmp_path: Path) -> None:
    assert VersionedFolder(tmp_path / "none").current() is None


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


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    folder = VersionedFolder(tmp_path)
    publish(folder, "1")
    with pytest.raises(DpoMathError, match="1 exists already"), folder.new_version("1") as path:
        (path / "model").write_text("another")
    assert (tmp_path / "1" / "model").read_text() == "1"


def test_an_asset_that_was_never_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DpoMathError, match="there is no dpo_dataset yet: materialize it first"):
        Store(tmp_path).current("dpo_dataset")


def test_a_scan_of_absent_partitions_is_an_empty_table(tmp_path: Path) -> None:
    schema = pl.Schema({"a": pl.Int64})
    assert Store(tmp_path).scan("traces", ["1"], schema).collect().schema == schema


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def publish(folder: VersionedFolder, *versions: str) -> None:
    for version in versions:
        with folder.new_version(version) as path:
            (path / "model").write_text(version)


def test_old_versions_go_and_the_current_the_spared_and_those_in_use_stay(tmp_path: Path) -> None:
    folder = VersionedFolder(tmp_path)
    publish(folder, "1", "2", "3", "4", "5", "6")
    folder.point_to("3")
    with folder.in_use("2") as path:
        assert folder.remove_old(2, spare={"1"}) == ["4"]
        assert (path / "model").read_text() == "2"
    assert folder.versions() == ["1", "2", "3", "5", "6"]
    assert folder.remove_old(2, spare=set()) == ["1", "2"]
    assert names(tmp_path) == ["3", "5", "6", "current.json"]


USE = """
import signal, sys
from pathlib import Path
from dpo_math_assets.storage import VersionedFolder
with VersionedFolder(Path(sys.argv[1])).in_use("1"):
    print("held", flush=True)
    signal.pause()
"""


@pytest.mark.fault
def test_a_version_is_kept_for_another_process_until_that_ends_even_by_a_kill(
    tmp_path: Path,
) -> None:
    folder = VersionedFolder(tmp_path)
    publish(folder, "1", "2", "3")
    reader = subprocess.Popen(
        [sys.executable, "-c", USE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None and reader.stdout.readline() == "held\n"
    assert folder.remove_old(1, spare=set()) == ["2"]
    reader.kill()
    reader.wait()
    assert folder.remove_old(1, spare=set()) == ["1"]


def test_a_version_that_is_half_removed_is_seen_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = VersionedFolder(tmp_path)
    publish(folder, "1", "2")

    def killed(path: Path, ignore_errors: bool) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("dpo_math_assets.storage.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.remove_old(1, spare=set())
    assert folder.versions() == ["2"]


def test_what_was_removed_or_never_published_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DpoMathError, match="it was removed, or never published"):
        VersionedFolder(tmp_path).in_use("1").__enter__()
    assert names(tmp_path) == []


def test_what_a_killed_process_left_is_taken_over_by_the_next_writer(tmp_path: Path) -> None:
    (tmp_path / ".writing-a.txt").write_text("half of a much longer text")
    write_text(tmp_path / "a.txt", "whole")
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert names(tmp_path) == ["a.txt"]


@contextmanager
def asking_for_a_lock() -> Iterator[threading.Event]:
    """Yields what is set as soon as another thread asks for the lock of a file."""
    asked = threading.Event()

    def flock(descriptor: int, how: int) -> None:
        asked.set()
        fcntl.flock(descriptor, how)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storage, "fcntl", SimpleNamespace(**{**vars(fcntl), "flock": flock}))
        yield asked


def test_two_writers_of_one_file_write_one_after_the_other(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    second = threading.Thread(target=write_text, args=(target, "second"))
    with atomic_file(target) as temporary:
        temporary.write_text("first")
        with asking_for_a_lock() as asked:
            second.start()
            asked.wait()
        assert second.is_alive()
        assert temporary.read_text() == "first"
    second.join()
    assert target.read_text() == "second"
    assert names(tmp_path) == ["a.txt"]


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


def test_a_draft_of_a_dead_process_is_removed_and_one_that_is_being_filled_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / ".writing-dead").mkdir()
    folder = VersionedFolder(tmp_path)
    with folder.new_version("1") as filled:
        with folder.new_version("2"):
            pass
        assert filled.is_dir()
    assert names(tmp_path) == ["1", "2", "current.json"]


def test_an_error_that_is_no_lack_of_space_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), atomic_file(tmp_path / "a"):
        raise PermissionError(13, "not yours")


def make(store: Store, key: str, *values: int) -> None:
    """A partition with a record that says the same as its rows."""
    store.forget("traces", key)
    write_parquet(store.partition("traces", key), pl.DataFrame({"a": values}))
    store.finish("traces", key, {}, {"values": list(values)})


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
    with store.pinned(["traces"], ["1", "2", "3"]) as pinned:
        rows = pinned.scan("traces", ["1", "2", "3"], pl.Schema())
        assert rows.select(pl.len()).collect().item() == 101
        make(store, "1", *range(1000, 1150))
        store.remove("traces", "2")
        make(store, "3", 8)
        assert rows.collect()["a"].to_list() == [*range(100), 7]
        record = pinned.record("traces", "2")
        assert record is not None and record["report"] == {"values": [7]}
        assert pinned.record("traces", "3") is None
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
    with store.pinned(["traces"], ["1"]) as pinned:
        rows = pinned.scan("traces", ["1"], pl.Schema()).collect()["a"].to_list()
        assert pinned.finished("traces", "1", {}) == {"values": rows}
        assert rows == [2]


def test_a_partition_that_is_being_made_again_is_not_pinned(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make(store, "1", 1)
    store.forget("traces", "1")
    schema = pl.Schema({"a": pl.Int64})
    with store.pinned(["traces"], ["1"]) as pinned:
        assert pinned.scan("traces", ["1"], schema).collect().is_empty()


def test_a_draft_that_is_taken_for_abandoned_as_soon_as_it_is_there_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, others = tempfile.mkdtemp, ["another process"]

    def removed_at_once(**where: Any) -> str:
        folder = made(**where)
        if others and others.pop():
            Path(folder).rmdir()
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", removed_at_once)
    publish(VersionedFolder(tmp_path), "1")
    assert names(tmp_path) == ["1", "current.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\xff"])
def test_a_damaged_record_or_pointer_is_named_with_what_to_do(tmp_path: Path, content: str) -> None:
    store = Store(tmp_path)
    make(store, "1", 1)
    publish(store.versions("model"), "v1")
    for damaged in (tmp_path / "traces" / "1.json", tmp_path / "model" / "current.json"):
        damaged.write_bytes(content.encode("latin-1"))
    with pytest.raises(DpoMathError, match=r"traces/1\.json is damaged: .* or remove it"):
        store.record("traces", "1")
    with pytest.raises(DpoMathError, match=r"model/current\.json is damaged: .* or write"):
        store.current("model")
