"""dpo-math settings: every setting with its default and meaning."""

import argparse
import json

from dpo_math_assets.cli.common import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the program."""
    command(commands, "settings", run)


def run(options: argparse.Namespace) -> None:
    """Print every setting: section, name, default and what it means."""
    from dpo_math_assets.settings import Settings

    for section, field in Settings.model_fields.items():
        print(f"{section}:")
        for name, setting in field.annotation.model_fields.items():  # type: ignore[union-attr]
            default = setting.get_default(call_default_factory=True)
            print(f"  {name}: {json.dumps(default)}\n      {setting.description}")
