"""dpo-math demo: the whole lineage on the embedded default."""

import argparse

from dpo_math_assets.cli.common import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "demo", run)
    parser.add_argument("--seed", type=int, default=0, help="of problems, model and samples")
    parser.add_argument("--size", default="default", choices=("default", "small"))


def run(options: argparse.Namespace) -> None:
    """The whole lineage on the embedded default, as Dagster runs that the UI shows afterwards."""
    from dpo_math_assets.demo.run import run_demo

    run_demo(seed=options.seed, size=options.size)
