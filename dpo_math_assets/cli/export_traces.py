"""dpo-math export-traces: new rows of the runtime's database to files."""

import argparse
import os
import sys
from pathlib import Path

from dpo_math_assets.cli.common import Commands, add_settings, chosen_settings, command


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "export-traces", run)
    parser.add_argument("--out", required=True, help="folder for the files and what was exported")
    add_settings(parser)


def run(options: argparse.Namespace) -> None:
    """New rows of the runtime's task_trace table to log files, each row once.

    The database is that of DPO_MATH_DATABASE_URL: a password has no place on a command line.
    """
    from dpo_math_assets.traces.database import URL_VARIABLE, export_new_rows
    from dpo_math_assets.traces.landing import LandingArea

    out = Path(options.out)
    progress = out / ".database"
    exported = export_new_rows(
        os.environ.get(URL_VARIABLE, ""),
        LandingArea(out, progress / "manifest.jsonl"),
        progress,
        chosen_settings(options).database,
        on_progress=lambda said: print(said, file=sys.stderr),
    )
    for name in exported.files:
        print(out / name)
    print(exported.summary(), file=sys.stderr)
