"""dpo-math build-pairs: logs of any shape to preference pairs."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dpo_math_assets.cli.common import Commands, add_settings, chosen_settings, command
from dpo_math_assets.errors import LogFormatError

if TYPE_CHECKING:
    from dpo_math_assets.stages.workspace import Workspace


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "build-pairs", run)
    parser.add_argument("--input", nargs="+", required=True, help="log files of any shape")
    parser.add_argument("--output", required=True, help="pairs as JSON lines")
    parser.add_argument("--dataset", help="new folder for the training set selected from them")
    add_settings(parser)


def run(options: argparse.Namespace) -> None:
    """Logs to pairs: the stages of the graph over a temporary store.

    --output holds every pair that may be trained on; --dataset the training set that the policies
    select from them, with its held-out problems and the trainers' configuration.
    """
    from dpo_math_assets.pairs.dataset import write_pairs_jsonl
    from dpo_math_assets.pairs.pairing import cap_pairs
    from dpo_math_assets.pairs.schema import PAIR_SCHEMA
    from dpo_math_assets.stages.artifacts import PAIRS
    from dpo_math_assets.stages.dataset import write_dataset
    from dpo_math_assets.stages.workspace import Workspace
    from dpo_math_assets.storage import atomic_folder
    from dpo_math_assets.verifier import version_of

    target = Path(options.output)
    with tempfile.TemporaryDirectory(prefix="dpo-math-") as folder:
        workspace = Workspace.at(Path(folder), settings=chosen_settings(options))
        keys = _ingest(workspace, options.input)
        found = workspace.store.scan(PAIRS, keys, PAIR_SCHEMA)
        pairs = cap_pairs(found, workspace.settings.pairing).collect()
        write_pairs_jsonl(pairs, target)
        print(f"{target}: {pairs.height} pairs", file=sys.stderr)
        if options.dataset:
            lineage = {
                "exports": options.input,
                "verifier_version": version_of(workspace.conventions),
            }
            with atomic_folder(Path(options.dataset)) as out:
                made = write_dataset(workspace, keys, out, lineage)
            print(
                f"{options.dataset}: {made.train} pairs to train on, {made.validation} to "
                f"validate, {made.eval_prompts} held-out problems; README.md says how they were "
                "chosen",
                file=sys.stderr,
            )


def _ingest(workspace: "Workspace", names: list[str]) -> list[str]:
    """Read, verify and pair files, in the order in which they are named; gives their keys."""
    from dpo_math_assets.stages.ingest import (
        clean_partition,
        pair_partition,
        pairing_inputs,
        read_file,
    )
    from dpo_math_assets.traces.landing import partition_key
    from dpo_math_assets.traces.places import fingerprint_file

    keys = []
    for arrival, name in enumerate(names, start=1):
        path = Path(name)
        if not path.is_file():
            raise LogFormatError(f"{name}: no such file")
        key = partition_key(arrival, path.name)
        keys.append(key)
        read = read_file(workspace, key, path, fingerprint_file(path))
        if read.unreadable:
            raise LogFormatError(read.unreadable)
        print(
            f"{name}: {read.records_in} records, {read.traces} traces, "
            f"{sum(read.other_records.values())} other records, "
            f"quarantined {read.quarantined or 'none'}",
            file=sys.stderr,
        )
        cleaned = clean_partition(workspace, key)
        print(f"{name}: verdicts {cleaned.verdicts}", file=sys.stderr)
    inputs = pairing_inputs(workspace, keys)
    for key in keys:
        pair_partition(workspace, key, inputs)
    return keys
