import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.storage import VersionedFolder
from dpo_math_assets_tests.storage.builders import names, publish


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


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    folder = VersionedFolder(tmp_path)
    publish(folder, "1")
    with pytest.raises(DpoMathError, match="1 exists already"), folder.new_version("1") as path:
        (path / "model").write_text("another")
    assert (tmp_path / "1" / "model").read_text() == "1"


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
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.remove_old(1, spare=set())
    assert folder.versions() == ["2"]


def test_what_was_removed_or_never_published_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DpoMathError, match="it was removed, or never published"):
        VersionedFolder(tmp_path).in_use("1").__enter__()
    assert names(tmp_path) == []


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
