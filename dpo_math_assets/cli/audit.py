"""dpo-math audit: the labels most worth a look."""

import argparse
import sys
from pathlib import Path

from dpo_math_assets.cli.common import Commands, command, positive


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "audit", run)
    parser.add_argument("--data", required=True, help="the project's data folder")
    parser.add_argument("--output", required=True, help="the sheet, a .csv file")
    parser.add_argument("--rows", type=positive(int), default=200, help="answers on it, at most")
    parser.add_argument("--trace-id", nargs="+", help="the answers of these traces instead")


def run(options: argparse.Namespace) -> None:
    """The labels most worth a look, of a data folder, as a sheet to fill in."""
    from dpo_math_assets.pairs.audit import write_sheet
    from dpo_math_assets.stages.dataset import audit_rows
    from dpo_math_assets.stages.workspace import Workspace

    workspace = Workspace.at(Path(options.data))
    rows = audit_rows(workspace, options.rows, options.trace_id)
    write_sheet(rows, Path(options.output))
    print(
        f"{options.output}: {rows.height} answers; filled in, put it into "
        f"{workspace.overrides_folder}",
        file=sys.stderr,
    )
