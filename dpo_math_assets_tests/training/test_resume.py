"""Killed at any moment and started again: the same weights as a run that was never killed.

A child process dies by SIGKILL at a given moment; the run is then started again here. One moment
is in the suite for each way of going wrong, and kills at random moments: more of them with
`FAULT_ROUNDS=20`.
"""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.training.checkpoints import newest_whole
from dpo_math_assets.training.launch import run_training
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets_tests.conftest import FAULT_ROUNDS

LORA = {"adapter": "lora", "lora_r": 4, "lora_dropout": 0.2, "learning_rate": 3e-2}

DYING_RUN = """
import os, signal, sys
from pathlib import Path
from dpo_math_assets.storage import VersionedFolder
from dpo_math_assets.training import dpo, progress
from dpo_math_assets.training.launch import run_training
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets_tests.conftest import FAULT_ROUNDS

moment, settings = sys.argv[1], TrainingSettings.model_validate_json(sys.argv[2])
dataset, root, work = map(Path, sys.argv[3:])

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

def listen(numbers):
    print(numbers, flush=True)
    step = numbers.get("step")
    if (moment, step) in (("scoring", None), ("first steps", 2), ("step", 6)):
        die()

def at(checkpoint):  # "checkpoint-8" of a path in it
    return any(part == "checkpoint-8" for part in Path(checkpoint).parts)

if moment == "saving":
    import torch
    save = torch.save  # of optimizer and scheduler, after the weights
    torch.save = lambda value, path, *more, **named: die() if at(str(path)) else save(
        value, path, *more, **named
    )
if moment == "saved, not marked":
    mark = progress.mark_whole
    progress.mark_whole = lambda checkpoint: die() if at(checkpoint) else mark(checkpoint)
if moment == "trained":
    dpo.write_model = die
with VersionedFolder(root).new_version("v1") as out:
    run_training(settings, dataset, out / "model", listen, control=False, work=work)
    if moment == "written, not published":
        die()
"""


def start(moment: str, settings: TrainingSettings, dataset: Path, folder: Path) -> Any:
    paths = [str(dataset), str(folder / "versions"), str(folder / "work")]
    return subprocess.Popen(
        [sys.executable, "-c", DYING_RUN, moment, settings.model_dump_json(), *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def train(settings: TrainingSettings, dataset: Path, out: Path, work: Path) -> dict[str, Any]:
    return run_training(settings, dataset, out, lambda told: None, control=False, work=work)


def weights(out: Path) -> bytes:
    return (out / "model.safetensors").read_bytes()


def published(folder: Path) -> list[str]:
    return [path.name for path in (folder / "versions").glob("*") if path.name[0] != "."]


@pytest.fixture(scope="module")
def never_killed() -> dict[str, bytes]:
    """Weights of uninterrupted runs by their settings, each trained once."""
    return {}


def uninterrupted(
    settings: TrainingSettings, dataset: Path, tmp_path: Path, known: dict[str, bytes]
) -> bytes:
    key = settings.model_dump_json(exclude={"base_model"})
    if key not in known:
        train(settings, dataset, tmp_path / "uninterrupted", tmp_path / "other_work")
        known[key] = weights(tmp_path / "uninterrupted")
    return known[key]


@pytest.mark.slow
@pytest.mark.fault
@pytest.mark.parametrize(
    ("moment", "change", "resumes_from"),
    [
        ("scoring", {}, 0),
        ("step", {}, 4),
        ("saving", {}, 4),
        ("saved, not marked", {}, 4),
        ("trained", {}, 15),
        ("written, not published", {}, 15),
        ("first steps", LORA, 0),
        ("step", LORA, 4),
        ("written, not published", LORA, 15),
    ],
    ids=lambda value: "lora" if value == LORA else "full" if value == {} else str(value),
)
def test_a_retry_goes_on_from_the_last_whole_checkpoint_to_the_very_same_weights(
    settings: TrainingSettings,
    dataset: Path,
    tmp_path: Path,
    never_killed: dict[str, bytes],
    moment: str,
    change: dict[str, Any],
    resumes_from: int,
) -> None:
    chosen = settings.model_copy(update=change)
    killed = start(moment, chosen, dataset, tmp_path)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert published(tmp_path) == []

    out = tmp_path / "resumed"
    report = train(chosen, dataset, out, tmp_path / "work")
    assert (report["resumed_from_step"], report["steps"]) == (resumes_from, 15)
    points = json.loads((out / "curves.json").read_text())
    assert [point["step"] for point in points] == list(range(1, 16)), "curves lose nothing"
    assert weights(out) == uninterrupted(chosen, dataset, tmp_path, never_killed)


@pytest.mark.slow
@pytest.mark.fault
@pytest.mark.parametrize("seed", range(2 * FAULT_ROUNDS))
def test_a_run_that_is_killed_again_and_again_at_random_moments_ends_with_the_same_weights(
    settings: TrainingSettings,
    dataset: Path,
    tmp_path: Path,
    never_killed: dict[str, bytes],
    seed: int,
) -> None:
    moments = random.Random(seed)
    chosen = settings.model_copy(update=LORA if seed % 2 else {})
    for _ in range(2):
        run = start("none", chosen, dataset, tmp_path)
        for _ in range(moments.randint(1, 18)):  # as many lines as a whole run has
            run.stdout.readline()
        run.kill()
        run.communicate()
    for states in (tmp_path / "work").glob("dpo-*"):
        newest = newest_whole(states)
        assert newest is None or (newest / "trainer_state.json").exists()
    out = tmp_path / "resumed"
    train(chosen, dataset, out, tmp_path / "work")
    assert weights(out) == uninterrupted(chosen, dataset, tmp_path, never_killed)
