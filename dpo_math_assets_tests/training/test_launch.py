"""Several processes by `accelerate launch`, for real: two on this machine's CPU, over gloo."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.checkpoints import newest_whole
from dpo_math_assets.training.launch import run_training
from dpo_math_assets.training.settings import TrainingSettings, validate_training

Numbers = dict[str, float | int | str]
# As `accelerate config` writes it for two GPUs; without any they are two processes over gloo.
CONFIG = """\
compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
machine_rank: 0
main_process_port: 0
mixed_precision: 'no'
num_machines: 1
num_processes: 2
"""


@pytest.fixture
def two(
    settings: TrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> TrainingSettings:
    """Two processes with a pair each a step are one process with two pairs a step."""
    # Where a launch puts its request, which its processes have in their command lines.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "two.yaml").write_text(CONFIG)
    accelerate = f"--config_file {tmp_path / 'two.yaml'}"
    return settings.model_copy(update={"accelerate": accelerate, "batch_size": 1})


def ranks(folder: Path) -> list[psutil.Process]:
    """The processes of the test's launches that are alive."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "dpo_math_assets.training.launch" in line and line[-1].startswith(str(folder)):
            found.append(process)
    return found


def none_is_left(folder: Path, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while ranks(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not ranks(folder)


def run(
    settings: TrainingSettings, dataset: Path, tmp_path: Path, tell: Any = lambda numbers: None
) -> dict[str, Any]:
    return run_training(
        settings, dataset, tmp_path / "out", tell, control=False, work=tmp_path / "work"
    )


@pytest.mark.slow
def test_two_processes_make_one_whole_checkpoint_with_the_curves_that_one_process_has(
    settings: TrainingSettings, two: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    told: list[Numbers] = []
    report = run(two, dataset, tmp_path, told.append)

    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["environment"]["processes"] == 2
    assert manifest["report"] == report
    (states,) = (tmp_path / "work").iterdir()
    newest = newest_whole(states)
    assert newest is not None
    assert {"rng_state_0.pth", "rng_state_1.pth"} <= {path.name for path in newest.iterdir()}

    steps = [numbers["step"] for numbers in told if "loss" in numbers]
    assert steps == list(range(1, 16)), "only one of the processes tells of its progress"
    # The same pairs a step as one process takes; the reference was computed by both processes.
    assert report["steps"] == 15
    alone = run_training(
        settings, dataset, tmp_path / "alone", lambda _: None, control=False, work=tmp_path / "w1"
    )
    for name in ("loss", "rewards/margins", "logps/chosen", "logps/rejected"):
        assert report["final"][name] == pytest.approx(alone["final"][name], rel=0.1), name
    assert none_is_left(tmp_path)


# Runs in every process of the launch, which finds it in PYTHONPATH.
DIE_AFTER_A_CHECKPOINT = """
import glob, os, signal, threading, time

def die():
    while not glob.glob(os.environ["DIE_AFTER"]):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)

if os.environ.get("RANK") == "1":
    threading.Thread(target=die, daemon=True).start()
"""


@pytest.mark.slow
@pytest.mark.fault
def test_a_process_that_dies_fails_the_run_clearly_leaves_no_orphan_and_can_be_resumed(
    two: TrainingSettings, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = two.model_copy(update={"epochs": 30.0, "logging_steps": 10, "checkpoint_steps": 20})
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(DIE_AFTER_A_CHECKPOINT)
    with monkeypatch.context() as fatal:
        paths = [str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
        fatal.setenv("PYTHONPATH", os.pathsep.join(paths))
        fatal.setenv("DIE_AFTER", str(tmp_path / "work" / "*" / "checkpoint-20" / "whole"))
        with pytest.raises(TrainingError, match=r"(?s)accelerate launch ended with status 1.*-9"):
            run(long, dataset, tmp_path)
    assert none_is_left(tmp_path)
    assert not (tmp_path / "out" / "manifest.json").exists()
    report = run(long, dataset, tmp_path)
    assert 20 <= report["resumed_from_step"] < 150 == report["steps"]


STARTER = """
import signal, sys
from pathlib import Path
from dpo_math_assets.training.launch import run_training
from dpo_math_assets.training.settings import TrainingSettings

# Ctrl-C is ignored by what a shell has put into the background, and by all that this starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings = TrainingSettings.model_validate_json(sys.argv[1])
dataset, folder = map(Path, sys.argv[2:])
run_training(
    settings, dataset, folder / "out", lambda numbers: print(numbers, flush=True),
    control=False, work=folder / "work",
)
"""


@pytest.mark.slow
@pytest.mark.fault
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_processes_end_with_the_run_that_started_them_however_it_ends(
    two: TrainingSettings, dataset: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    endless = two.model_copy(update={"epochs": 10_000.0})
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, endless.model_dump_json(), str(dataset), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ},
    )
    assert starter.stdout is not None
    assert any("'step': 2" in line for line in starter.stdout)
    assert len(ranks(tmp_path)) >= 2
    starter.send_signal(ending)
    starter.wait(60)
    assert none_is_left(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", ["--num_processes 2", "--config_file {folder}/two.yaml"])
def test_a_launch_that_silently_starts_fewer_processes_is_refused_in_its_own_words(
    two: TrainingSettings, dataset: Path, tmp_path: Path, number: str
) -> None:
    accelerate = f"--cpu {number.format(folder=tmp_path)}"
    single = two.model_copy(update={"accelerate": accelerate})
    with pytest.raises(TrainingError, match="asks for 2 processes, and Accelerate started 1"):
        run(single, dataset, tmp_path)


@pytest.mark.parametrize(
    ("accelerate", "message"),
    [
        ("--config_file /no/such.yaml", "configuration file '/no/such.yaml', which does not exist"),
        ("--config_file=/no/such.yaml", "configuration file '/no/such.yaml', which does not exist"),
        ("train.py --multi_gpu", "holds 'train.py', which belongs to no option"),
        ("-m my.script", "sets -m, which the run manages"),
        ("--config_file 'x", "which no shell would read"),
    ],
)
def test_bad_launch_arguments_are_named_before_anything_starts(
    settings: TrainingSettings, dataset: Path, accelerate: str, message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        validate_training(settings.model_copy(update={"accelerate": accelerate}), dataset)
