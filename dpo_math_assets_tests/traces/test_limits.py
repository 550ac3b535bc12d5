"""Small files that stand for much: each ends soon, in little memory, and names the setting.

Every file is read in a process of its own, which says how much memory it took at most.
"""

import gzip
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from dpo_math_assets.traces.limits import MB, LimitError, ReadingLimits
from dpo_math_assets_tests.traces.reading import lines, read

MOST_MEMORY = 1000 * MB
MOST_CPU_S = 120

READ = textwrap.dedent(
    """
    import json, resource, sys
    from pathlib import Path
    from dpo_math_assets.traces.intake import read_export
    from dpo_math_assets.traces.limits import LimitError

    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
    folder = Path(sys.argv[1]).parent
    told = {}
    try:
        report = read_export(Path(sys.argv[1]), "e", folder / "t.parquet", folder / "q.parquet")
        told = {"quarantined": report.quarantined, "traces": report.traces}
    except LimitError as error:
        told = {"limit": error.name, "said": str(error)}
    # Not ru_maxrss, which counts what the process was before it became this one.
    (most,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    told["memory"] = int(most.split()[1]) * 1024
    told["left"] = sorted(path.name for path in folder.glob("*.parquet"))
    print(json.dumps(told))
    """
)


def outcome(path: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", READ, path, str(MOST_CPU_S)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["memory"] < MOST_MEMORY
    return told


def zstd(path: Path, piece: bytes, times: int, ends: tuple[bytes, bytes] = (b"", b"")) -> Path:
    with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as writer:
        writer.write(ends[0])
        for _ in range(times):
            writer.write(piece)
        writer.write(ends[1])
    return path


def gz(path: Path, piece: bytes, times: int) -> Path:
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(times):
            file.write(piece)
    return path


def plain(path: Path, piece: bytes, times: int) -> Path:
    with path.open("wb") as file:
        for _ in range(times):
            file.write(piece)
    return path


def wide_group(path: Path) -> Path:
    """A row group of 300 MB."""
    text = pa.array([f"{n:06d}" + "x" * 30_000 for n in range(10_000)])
    pq.write_table(pa.table({"prompt": text}), path, row_group_size=10_000, use_dictionary=False)
    return path


BOMBS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "e.jsonl.zst": ("max_ratio", lambda path: zstd(path, bytes(MB), 10_000)),
    "e.jsonl.gz": ("max_ratio", lambda path: gz(path, b" " * MB, 400)),
    "ends.jsonl.zst": ("max_lines", lambda path: zstd(path, b"\n" * MB, 1000)),
    "e.parquet": ("max_row_group_mb", wide_group),
}


@pytest.mark.fault
@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_stands_for_far_more_is_set_aside_whole_with_the_setting_to_raise(
    tmp_path: Path, name: str
) -> None:
    limit, make = BOMBS[name]
    told = outcome(make(tmp_path / name))
    assert told["limit"] == limit
    assert f"intake.{limit}" in told["said"] and name in told["said"]
    assert told["left"] in ([], [name]), "half of a reading is none"


# A record just under the limit, of the values that take most memory for a byte of text.
DENSE = {"lists": b"[],", "floats": b"1.5,", "objects": b'{"":0},'}


@pytest.mark.fault
@pytest.mark.parametrize("name", DENSE)
def test_a_record_of_nothing_but_small_values_takes_little_memory(
    tmp_path: Path, name: str
) -> None:
    unit = DENSE[name]
    head, end = b'{"prompt": "p", "candidate": "c", "ground_truth": "1", "x": [', b"0]}\n"
    path = zstd(tmp_path / "e.jsonl.zst", unit * 1000, 15_900 // len(unit), (head, end))
    assert outcome(path)["traces"] == 1


@pytest.mark.fault
def test_a_file_of_blanks_takes_little_memory(tmp_path: Path) -> None:
    told = outcome(plain(tmp_path / "e.jsonl", b" " * MB, 400))
    assert set(told["quarantined"]) <= {"record_too_long"} and told["traces"] == 0


@pytest.mark.fault
def test_a_parquet_cell_beyond_the_limit_costs_its_row(tmp_path: Path) -> None:
    sound = {"prompt": "p", "candidate": "c", "ground_truth": "1", "x": "", "n": [0]}
    rows = [sound, {**sound, "x": "y" * 20 * MB}, {**sound, "n": [0] * 3 * MB}, sound]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "e.parquet")
    told = outcome(tmp_path / "e.parquet")
    assert (told["traces"], told["quarantined"]) == (2, {"record_too_long": 2})


@pytest.mark.parametrize(
    ("limits", "content"),
    [
        (ReadingLimits(max_decompressed_mb=1), b"\n" + b"x" * MB),
        (ReadingLimits(max_lines=3), b"{}\n" * 4),
    ],
)
def test_a_limit_holds_from_the_first_byte_beyond_it(
    tmp_path: Path, limits: ReadingLimits, content: bytes
) -> None:
    with pytest.raises(LimitError, match="Nothing of it is read"):
        read(tmp_path, content, limits=limits)
    read(tmp_path, content[: -MB // 2] if len(content) > MB else content[:-3], limits=limits)


def test_a_log_that_compresses_well_is_no_bomb(tmp_path: Path) -> None:
    record = {"prompt": "p", "candidate": "c", "ground_truth": "1"}
    content = zstandard.compress(lines(record) * 100_000)
    assert len(content) * 400 < 100_000 * len(lines(record))
    assert read(tmp_path, content, "e.jsonl.zst").report.traces == 100_000


class _TenKilobytes(ReadingLimits):
    @property
    def record_bytes(self) -> int:
        return 10_000


def test_blanks_longer_than_any_record_are_accounted_for_wherever_they_stand(
    tmp_path: Path,
) -> None:
    record = lines({"prompt": "p", "candidate": "c", "ground_truth": "1"})
    blanks = b"\n \r\n" * 5_000
    over_lines = b'{"prompt": "p",' + b"\n" * 9 + b'"candidate": "c", "ground_truth": "2"}\n'
    content = blanks + record + blanks + over_lines + blanks
    export = read(tmp_path, content, limits=_TenKilobytes())  # which checks the balance
    assert [trace["ground_truth"] for trace in export.traces] == ["1", "2"]
