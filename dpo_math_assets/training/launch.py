"""Starting a run: in this process, or in several by `accelerate launch`.

Several processes are one GPU each, FSDP or DeepSpeed, as Accelerate's own options say. They tell
what happens through a file that this process reads: the first of them its progress and its report,
each of them its error. Their standard input is a pipe that nobody writes to: it closes when this
process ends, however it ends, and then they end as well.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import yaml

from dpo_math_assets.errors import DpoMathError, TrainingError
from dpo_math_assets.training.progress import Progress
from dpo_math_assets.training.settings import TrainingSettings, launch_arguments

POLL_SECONDS = 0.2
# torch.distributed gives a process that it ends so long before it kills it.
END_SECONDS = 40
REMEMBERED_LINES = 40


def run_training(
    settings: TrainingSettings,
    dataset_dir: Path,
    out: Path,
    on_progress: Progress,
    *,
    control: bool,
    work: Path,
) -> dict[str, Any]:
    """Train the DPO model, or its control, into the folder `out`; gives the report's fields.

    The states in `work` stay, so that a caller who is killed before it has published `out` loses
    nothing: it removes them. Raises TrainingError as `train_dpo` does, and where a process of
    several dies.
    """
    arguments = launch_arguments(settings)
    if not arguments:
        return _train(settings, dataset_dir, out, on_progress, control, work)
    with tempfile.TemporaryDirectory(prefix="dpo-math-launch-") as folder:
        request, told = Path(folder) / "request.json", Path(folder) / "told.jsonl"
        request.write_text(
            json.dumps(
                {
                    "settings": settings.model_dump(),
                    "dataset": str(dataset_dir),
                    "out": str(out),
                    "control": control,
                    "work": str(work),
                    "told": str(told),
                }
            )
        )
        told.touch()
        command = [
            *(sys.executable, "-m", "accelerate.commands.launch", *arguments),
            *("-m", "dpo_math_assets.training.launch", str(request)),
        ]
        return _follow(command, told, on_progress)


def _train(
    settings: TrainingSettings,
    dataset_dir: Path,
    out: Path,
    on_progress: Progress,
    control: bool,
    work: Path,
) -> dict[str, Any]:
    from dpo_math_assets.training.dpo import train_dpo
    from dpo_math_assets.training.sft import train_sft_control

    run = train_sft_control if control else train_dpo
    return asdict(run(settings, dataset_dir, out, on_progress, work=work, keep_states=True))


def _follow(command: list[str], told: Path, on_progress: Progress) -> dict[str, Any]:
    """Run the launcher to its end, passing on what is told; gives the report."""
    report: dict[str, Any] | None = None
    errors: list[str] = []
    with _started(command) as (launcher, last_lines), told.open(encoding="utf-8") as lines:
        running = True
        while running:
            running = launcher.poll() is None  # before the last look into the file
            for message in _messages(lines):
                if "progress" in message:
                    on_progress(message["progress"])
                elif "error" in message:
                    errors.append(message["error"])
                else:
                    report = message["report"]
            if running:
                time.sleep(POLL_SECONDS)
    if errors:
        raise TrainingError(errors[0])
    if launcher.returncode or report is None:
        raise TrainingError(
            f"accelerate launch ended with status {launcher.returncode} and without a model. If "
            "the system killed a process (exitcode -9), memory was too small: lower batch_size or "
            "max_length. Its last lines:\n" + "".join(last_lines)
        )
    return report


def _messages(lines: IO[str]) -> Iterator[dict[str, Any]]:
    """The messages that are whole by now; half a line is left for the next look."""
    while True:
        position = lines.tell()
        line = lines.readline()
        if not line.endswith("\n"):
            lines.seek(position)
            return
        yield json.loads(line)


@contextmanager
def _started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], deque[str]]]:
    """The running launcher and the last lines of its output, which is passed on to ours.

    It is ended with all its processes when the block is left early.
    """
    launcher = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C is for us to answer
    )
    last_lines: deque[str] = deque(maxlen=REMEMBERED_LINES)
    assert launcher.stdin is not None and launcher.stdout is not None
    reader = threading.Thread(target=_pass_on, args=(launcher.stdout, last_lines), daemon=True)
    reader.start()
    try:
        yield launcher, last_lines
    finally:
        launcher.stdin.close()
        if launcher.poll() is None:
            launcher.terminate()
        try:
            launcher.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()
        reader.join(END_SECONDS)


def _pass_on(output: IO[str], last_lines: deque[str]) -> None:
    for line in output:
        last_lines.append(line)
        print(line, end="", file=sys.stderr, flush=True)


def _end_with_the_launcher() -> None:
    """End this process when standard input closes, which nobody ever writes to."""
    os.read(0, 1)
    os._exit(1)


def main() -> int:
    """One process of several: train, and tell of it."""
    threading.Thread(target=_end_with_the_launcher, daemon=True).start()
    request = json.loads(Path(sys.argv[1]).read_text())
    settings = TrainingSettings.model_validate(request["settings"])
    # Lines are appended whole, so the processes may share the file.
    with Path(request["told"]).open("a", buffering=1, encoding="utf-8") as told:

        def tell(message: dict[str, Any]) -> None:
            told.write(json.dumps(message) + "\n")

        try:
            _check_number_of_processes(settings)
            report = _train(
                settings,
                Path(request["dataset"]),
                Path(request["out"]),
                lambda progress: tell({"progress": progress}),
                request["control"],
                Path(request["work"]),
            )
        except DpoMathError as error:
            tell({"error": str(error)})
            return 1
        if int(os.environ.get("RANK", "0")) == 0:
            tell({"report": report})
    return 0


def _check_number_of_processes(settings: TrainingSettings) -> None:
    """Refuse a launch that is silently smaller than asked for.

    `accelerate launch --cpu --num_processes 2` starts one process (Accelerate 1.15, without MPI).
    """
    arguments = [part for given in launch_arguments(settings) for part in given.split("=", 1)]
    asked: int | None = None
    if "--config_file" in arguments:
        file = Path(arguments[arguments.index("--config_file") + 1])
        asked = yaml.safe_load(file.read_text("utf-8")).get("num_processes")
    if "--num_processes" in arguments:
        asked = int(arguments[arguments.index("--num_processes") + 1])
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if asked not in (None, started):
        raise TrainingError(
            f"accelerate asks for {asked} processes, and Accelerate started {started}. Give "
            "--multi_gpu in place of --cpu: it starts them on a machine without a GPU too."
        )


if __name__ == "__main__":
    sys.exit(main())
