"""What the commands share: settings, progress, and how a command is added."""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dpo_math_assets.errors import DpoMathError

if TYPE_CHECKING:
    from dpo_math_assets.settings import Settings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = object


def command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    """Add a command whose help is what `run` says of itself; gives its parser."""
    told = run.__doc__ or ""
    parser = commands.add_parser(name, help=told.splitlines()[0], description=told)
    parser.set_defaults(run=run)
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose settings."""
    parser.add_argument("--settings", help="a settings.yaml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.NAME=VALUE", help="one setting"
    )


def chosen_settings(options: argparse.Namespace) -> "Settings":
    """The settings file, with what `--set section.name=value` changes."""
    import yaml

    from dpo_math_assets.settings import Settings, load_settings, override

    if options.settings and not Path(options.settings).exists():
        raise DpoMathError(f"--settings {options.settings}: no such file")
    chosen = load_settings(Path(options.settings)) if options.settings else Settings()
    for change in options.set:
        path, found, value = change.partition("=")
        section, _, name = path.partition(".")
        if not found or section not in Settings.model_fields:
            raise DpoMathError(
                f"--set {change}: write section.name=value, with a section of "
                f"{', '.join(Settings.model_fields)}"
            )
        try:
            values = {name: yaml.safe_load(value)}
        except yaml.YAMLError as error:
            raise DpoMathError(f"--set {change}: {error}") from None
        chosen = override(chosen, section, values, f"--set {change}")
    return chosen


def print_progress(progress: dict[str, float | int | str]) -> None:
    """Say on stderr how far the work has come."""
    from dpo_math_assets.training.progress import in_words

    print(in_words(progress), file=sys.stderr, flush=True)


def positive(kind: type[int] | type[float]) -> Callable[[str], int | float]:
    """An argument that is a finite number above 0."""

    def read(text: str) -> int | float:
        value = kind(text)
        if not (math.isfinite(value) and value > 0):
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return read
