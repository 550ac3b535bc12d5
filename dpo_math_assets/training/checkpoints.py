"""Work in progress: the trainer's own checkpoints, and which of them may be resumed.

A process that is killed while it saves leaves a folder that looks like a checkpoint and is not
one. So each gets a marker once it is whole, and only a marked one is resumed. The marker holds the
size and the checksum of every file, so that a state that was damaged later is not resumed either:
the newest one before it is. A run's states live
under a fingerprint of all that decides its result: another setting, another dataset or another
base model starts afresh instead of continuing somebody else's run.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.storage import write_json
from dpo_math_assets.training.settings import TRAINING_VERSION, TrainingSettings

MARKER = "whole"
ABANDONED_SECONDS = 30 * 24 * 3600


def fingerprint(
    trainer: str,
    settings: TrainingSettings,
    base_model: str,
    packages: dict[str, str],
    data: list[Path],
) -> str:
    """16 hex digits of everything that decides the weights: trainer, settings, code, data files.

    `base_model` is the base model's `identity`, `packages` the versions of what trains.
    """
    # The number of threads changes the speed, not the run.
    settled = settings.model_dump(
        exclude={"threads", "sft_control", "base_model", "displacement_warning", "run_code_of"}
    )
    decisive = [trainer, settled, base_model, TRAINING_VERSION, packages]
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode())
    for path in data:
        if path.exists():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


@contextmanager
def run_states(work: Path | None, name: str, resume: bool, keep: bool = False) -> Iterator[Path]:
    """The folder `name` of resumable states in `work`, held for this process alone.

    Without `work` it is temporary; without `resume` earlier states are deleted. What ends well has
    no more use for its states, so they go, unless `keep`; what fails or is killed leaves them. A
    second run that trains there at the same time is a TrainingError. Of the processes of one
    distributed run, the first holds the folder for all.
    """
    if work is None:
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as temporary:
            yield Path(temporary)
        return
    states = work / name
    states.mkdir(parents=True, exist_ok=True)
    if int(os.environ.get("RANK", "0")) > 0:
        yield states
        return
    with (states / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError(
                f"Another run is training in {states}. Wait for it, or stop it."
            ) from error
        if resume:
            _remove_damaged(states)
        else:
            for checkpoint in states.glob("checkpoint-*"):
                shutil.rmtree(checkpoint)
        yield states
        if not keep:
            shutil.rmtree(states)


def remove_abandoned(root: Path) -> list[str]:
    """Remove what runs left in `root` that nobody resumed for a month; gives the names.

    `root` holds folders of `run_states`. States are as large as the model and its optimizer, and
    are of use only to a run of the same data and settings.
    """
    removed = []
    for states in root.glob("*/*"):
        newest = max((path.stat().st_mtime for path in states.glob("*")), default=0.0)
        if time.time() - max(newest, states.stat().st_mtime) > ABANDONED_SECONDS:
            shutil.rmtree(states)
            removed.append(f"{states.parent.name}/{states.name}")
            with suppress(OSError):
                states.parent.rmdir()  # unless another run's states are there
    return removed


def mark_whole(checkpoint: Path) -> None:
    """Mark a checkpoint whose files are all written, and have reached the disk."""
    sums = {}
    for path in checkpoint.rglob("*"):
        if path.is_file() and path.name != MARKER:
            sums[path.relative_to(checkpoint).as_posix()] = _size_and_sum(path)
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    write_json(checkpoint / MARKER, sums)


def newest_whole(work: Path) -> Path | None:
    """The marked checkpoint with the most steps whose files are as they were marked, or None."""
    return next((path for path in _marked(work) if _is_as_marked(path)), None)


def _remove_damaged(work: Path) -> None:
    """Remove the damaged checkpoints that are newer than the newest whole one.

    The trainer keeps the few with the most steps, and would keep these.
    """
    for path in _marked(work):
        if _is_as_marked(path):
            return
        shutil.rmtree(path)


def _marked(work: Path) -> list[Path]:
    """The marked checkpoints, those with the most steps first."""
    marked = [path.parent for path in work.glob(f"checkpoint-*/{MARKER}")]
    return sorted(marked, key=lambda path: int(path.name.rsplit("-", 1)[1]), reverse=True)


def _is_as_marked(checkpoint: Path) -> bool:
    try:
        sums = json.loads((checkpoint / MARKER).read_text(encoding="utf-8"))
        return bool(sums) and all(_size_and_sum(checkpoint / name) == sums[name] for name in sums)
    except (OSError, ValueError, TypeError):
        return False


def _size_and_sum(path: Path) -> list[int]:
    """Size and CRC-32 of a file: against damage, and at the speed of the disk."""
    size = check = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            size += len(piece)
            check = zlib.crc32(piece, check)
    return [size, check]
