"""dpo-math train: DPO on a file of pairs."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from dpo_math_assets.cli.common import (
    Commands,
    add_settings,
    chosen_settings,
    command,
    print_progress,
)
from dpo_math_assets.errors import DpoMathError


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "train", run)
    parser.add_argument("--model", required=True, help="folder or Hugging Face id to start from")
    parser.add_argument("--data", required=True, help="pairs as JSON lines")
    parser.add_argument("--out", required=True, help="new folder for the trained model")
    add_settings(parser)


def run(options: argparse.Namespace) -> None:
    """DPO on a file of pairs, into a folder that transformers loads.

    A run that was stopped goes on where it was: its states lie beside --out until that is whole.
    """
    from dpo_math_assets.settings import override
    from dpo_math_assets.stages.tasks import InThisProcess
    from dpo_math_assets.stages.training import train_model
    from dpo_math_assets.storage import atomic_folder

    # The control needs a dataset folder with verified completions; pairs alone do not have them.
    changes = {"base_model": options.model, "sft_control": False}
    settings = override(chosen_settings(options), "training", changes, "--model").training
    target, pairs = Path(options.out), Path(options.data)
    work = target.parent / f".{target.name}-states"
    with (
        tempfile.TemporaryDirectory(prefix="dpo-math-") as folder,
        atomic_folder(target) as out,
    ):
        if not pairs.is_file():
            raise DpoMathError(f"{pairs} is not a file of pairs (JSON lines)")
        shutil.copyfile(pairs, Path(folder) / "train.jsonl")
        tasks = InThisProcess(print_progress)
        report = train_model(settings, Path(folder), pairs, out, work, tasks)
    shutil.rmtree(work)
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{target}: {report.steps} steps on {report.rows} pairs", file=sys.stderr)
