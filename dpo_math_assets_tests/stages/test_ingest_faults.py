"""The stages under faults: killed, out of disk, unreadable files, two runs of the same partition.

What holds in all of them: a file is the earlier or the new one and never anything else, a record
never vouches for another file than it was written for, and the next run gives what an undisturbed
one gives, and leaves nothing behind but that.
"""

import errno
import json
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS, QUARANTINE, RAW
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.traces.containers import ExportFile
from dpo_math_assets.traces.landing import LandingArea
from dpo_math_assets.traces.places import fingerprint_file
from dpo_math_assets_tests.conftest import FAULT_ROUNDS

pytestmark = pytest.mark.fault

STAGES = (RAW, CLEANED, PAIRS)
KILLS = 10 * FAULT_ROUNDS


def write_log(path: Path, answers: list[int], broken: str = "{cut o") -> None:
    """A log of one problem, whose answer is 14, with a line that gives no record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [
        {
            "trace_id": f"{path.stem}-{number}",
            "prompt": "What is 2*(3+4)?",
            "candidate": f"Attempt {number} of {path.stem}.\nFINAL ANSWER: {answer}",
            "ground_truth": "14",
            "ok": answer == 14,
        }
        for number, answer in enumerate(answers)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + broken + "\n")


def run_stages(root: Path, only: str | None = None) -> None:
    """Every log of `root/landing` through the stages, or through one, into `root/data`."""
    workspace = Workspace.at(root / "data")
    logs = {path.name: path for path in sorted((root / "landing").iterdir())}
    for key, path in logs.items():
        if only in (None, RAW):
            read_file(workspace, key, path, fingerprint_file(path))
        if only in (None, CLEANED):
            clean_partition(workspace, key)
    if only in (None, PAIRS):
        inputs = pairing_inputs(workspace, logs)
        for key in logs:
            pair_partition(workspace, key, inputs)


def tables(root: Path) -> dict[str, bytes]:
    """Every partition file and record that a reader can see, by name."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for asset in (RAW, QUARANTINE, CLEANED, PAIRS)
        for path in (root / "data" / asset).glob("[!.]*")
    }


def hidden(root: Path) -> list[str]:
    """Temporary files and folders."""
    return sorted(str(path) for path in root.rglob(".writing-*"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """Three exports that went through, of which the second has changed since; and what is due."""
    root = tmp_path_factory.mktemp("world") / "root"
    write_log(root / "landing" / "1.jsonl", [14, 14, 15, 16])
    write_log(root / "landing" / "2.jsonl", [14, 10])
    write_log(root / "landing" / "3.jsonl", [11, 12, 14])
    run_stages(root)
    write_log(root / "landing" / "2.jsonl", [10, 14, 14, 13], broken="[also cut")
    due = root.parent / "due"
    shutil.copytree(root, due)
    run_stages(due)
    assert hidden(due) == []
    assert tables(due).keys() == tables(root).keys()
    assert tables(due) != tables(root)
    return root, tables(due)


def assert_earlier_or_due(root: Path, earlier: dict[str, bytes], due: dict[str, bytes]) -> None:
    """Nothing half-written can be seen, and records speak of the files that are there."""
    seen = tables(root)
    for name, content in seen.items():
        assert content in (earlier.get(name), due[name]), f"{name} is neither version"
    for name, content in seen.items():
        if name.endswith(".json"):
            version = due if content == due[name] else earlier
            for file in json.loads(content)["files"]:
                file = f"data/{file}"
                assert seen[file] == version[file], f"{name} vouches for another {file}"


# Runs the stages and kills itself at a moment: when a file is opened, renamed, removed, made or
# flushed under the folder, counted from 1. Prints how many moments there are.
CHILD = """
import os, signal, sys
from pathlib import Path
from dpo_math_assets_tests.stages import test_ingest_faults
import pyarrow.parquet

root, moment, seen = sys.argv[1], int(sys.argv[2]), 0

def moments(event, args):
    global seen
    if event in EVENTS and args and str(args[0]).startswith(root):
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)

EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
flush = os.fsync

def fsync(descriptor):
    moments("open", [root])
    flush(descriptor)

os.fsync = fsync
sys.addaudithook(moments)
getattr(test_ingest_faults, sys.argv[3])(Path(root))
print(seen)
"""


def child(root: Path, moment: int, work: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CHILD, str(root), str(moment), work]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


@pytest.mark.slow
def test_stages_killed_at_any_moment_leave_whole_files_and_go_on_to_the_same_result(
    world: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    source, due = world
    earlier = tables(source)
    counted = tmp_path / "counted"
    shutil.copytree(source, counted)
    told, _ = child(counted, 0, "run_stages").communicate()
    moments = int(told)
    assert moments > 100
    assert tables(counted) == due
    chance = random.Random(0)
    step = moments / KILLS
    changed = 0
    for number in range(KILLS):
        moment = int(number * step + chance.uniform(0, step)) + 1
        root = tmp_path / f"killed-{moment}"
        shutil.copytree(source, root)
        process = child(root, moment, "run_stages")
        process.communicate()
        assert process.returncode == -9, f"moment {moment} of {moments} was not reached"
        assert_earlier_or_due(root, earlier, due)
        changed += tables(root) != earlier
        run_stages(root)
        assert tables(root) == due, f"after a kill at moment {moment}"
        assert hidden(root) == []
    assert changed > KILLS / 2


def land(root: Path) -> None:
    """One look into the landing folder."""
    LandingArea(root / "landing", root / "data" / "manifest.jsonl").register(0)


@pytest.mark.slow
def test_registering_killed_at_any_moment_registers_each_export_once(
    world: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for number in range(3):
        write_log(source / "landing" / f"{number}.jsonl", [14, number])
    counted = tmp_path / "counted"
    shutil.copytree(source, counted)
    told, _ = child(counted, 0, "land").communicate()
    due = (counted / "data" / "manifest.jsonl").read_bytes()
    assert due.count(b"\n") == 3
    moments = range(1, int(told) + 1)
    for moment in random.Random(0).sample(moments, min(6, len(moments))):
        root = tmp_path / f"killed-{moment}"
        shutil.copytree(source, root)
        process = child(root, moment, "land")
        process.communicate()
        assert process.returncode == -9
        manifest = root / "data" / "manifest.jsonl"
        assert not manifest.exists() or manifest.read_bytes() == due
        land(root)
        assert manifest.read_bytes() == due
        assert hidden(root) == []


@pytest.mark.slow
def test_two_runs_of_the_same_partitions_at_once_both_end_and_give_one_result(
    world: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    source, due = world
    for attempt in range(3):
        root = tmp_path / f"attempt-{attempt}"
        shutil.copytree(source, root)
        both = [child(root, 0, "run_stages") for _ in range(2)]
        for process in both:
            process.communicate()
        assert [process.returncode for process in both] == [0, 0]
        assert tables(root) == due
        assert hidden(root) == []


@contextmanager
def full_disk(root: Path) -> Iterator[None]:
    """Nothing more fits beside what is there: the file system is filled up."""
    ballast = root / "ballast"
    with (
        ballast.open("wb", buffering=0) as file,
        pytest.raises(OSError, match="No space left"),
    ):
        while True:
            file.write(b"0" * 4096)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def file_limit(root: Path) -> Iterator[None]:
    """No file may grow beyond a few bytes, as a quota has it."""
    _, hard = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=["a full disk", "a limit"])
def scarce(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Path, Callable[[Path], Any]]]:
    """An empty folder, and what makes its space run out."""
    if request.param == "a limit":
        yield tmp_path, file_limit
        return
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, stderr=subprocess.PIPE).returncode:
        pytest.skip("needs the right to mount a tmpfs (run as root)")
    try:
        yield folder, full_disk
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("stage", STAGES)
def test_out_of_disk_is_said_plainly_leaves_the_earlier_version_and_is_over_with_more_space(
    world: tuple[Path, dict[str, bytes]], scarce: tuple[Path, Callable[[Path], Any]], stage: str
) -> None:
    source, due = world
    folder, starve = scarce
    root = folder / "root"
    shutil.copytree(source, root)
    for before in STAGES[: STAGES.index(stage)]:
        run_stages(root, only=before)
    earlier = tables(root)
    with starve(folder), pytest.raises(DpoMathError, match=r"did not fit .*Make room") as told:
        run_stages(root, only=stage)
    assert str(root / "data") in str(told.value)
    left = tables(root)
    assert {name: left[name] for name in left if name.endswith(".parquet")} == {
        name: earlier[name] for name in earlier if name.endswith(".parquet")
    }
    run_stages(root)
    assert tables(root) == due
    assert hidden(root) == []


class Failing:
    """A file whose reading fails after the first bytes, or finds the rest of the file gone."""

    def __init__(self, path: Path, error: OSError | None) -> None:
        self._file = path.open("rb")
        self._path, self._error = path, error

    def __enter__(self) -> "Failing":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        if self._file.tell() < 100:
            return self._file.read(min(size, 100))
        if self._error:
            raise self._error
        os.truncate(self._path, 100)
        return self._file.read(size)

    def seek(self, position: int) -> None:
        self._file.seek(position)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("not allowed", r"2\.jsonl: cannot be opened \(Permission denied\)\. Check"),
        ("bad sector", r"2\.jsonl: reading stopped after 100 bytes .*Check the disk"),
        ("vanished", r"2\.jsonl: cannot be opened \(No such file or directory\)\. Check"),
        ("cut", r"2\.jsonl changed after it was registered"),
        ("gone", r"2\.jsonl is gone before it was read; put it back"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_leaves_the_earlier_version(
    world: tuple[Path, dict[str, bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    words: str,
) -> None:
    source, due = world
    root = tmp_path / "root"
    shutil.copytree(source, root)
    earlier = tables(root)
    path = root / "landing" / "2.jsonl"
    content, fingerprint = path.read_bytes(), fingerprint_file(path)
    is_parquet = ExportFile.is_parquet
    open_path = Path.open

    def refuses(self: Path, *how: Any, **more: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_path(self, *how, **more)

    def fails(self: ExportFile) -> Any:
        error = OSError(errno.EIO, os.strerror(errno.EIO)) if fault == "bad sector" else None
        return Failing(self.path, error)

    def vanishes(self: ExportFile) -> bool:
        found = is_parquet(self)
        self.path.unlink()
        return found

    with monkeypatch.context() as faulty:
        if fault == "vanished":
            faulty.setattr(ExportFile, "is_parquet", vanishes)
        elif fault == "gone":
            path.unlink()
        elif fault == "not allowed":
            faulty.setattr(Path, "open", refuses)
        else:
            faulty.setattr(ExportFile, "_open", fails)
        with pytest.raises(DpoMathError, match=words):
            read_file(Workspace.at(root / "data"), "2.jsonl", path, fingerprint)
    assert tables(root) == earlier
    path.write_bytes(content)
    run_stages(root)
    assert tables(root) == due
