"""dpo-math: the same domain functions as the asset graph, without Dagster.

dpo-math verify       judge answers, a file or a stream of lines
dpo-math build-pairs  logs of any shape to preference pairs
dpo-math audit        the labels most worth a look, as a sheet to fill in
dpo-math train        DPO on a file of pairs
dpo-math evaluate     pass rates of a model, alone or against its base
dpo-math convert-gguf a GGUF file to a base model; SmolLM2-135M where none is named
dpo-math export-traces new rows of the runtime's database to files
dpo-math settings     every setting with its default and meaning
dpo-math demo         the whole lineage on the embedded default (this one is a Dagster run)
"""

import argparse
import sys

from dpo_math_assets.cli import (
    audit,
    build_pairs,
    convert_gguf,
    demo,
    evaluate,
    export_traces,
    settings,
    train,
    verify,
)
from dpo_math_assets.errors import DpoMathError

COMMANDS = (
    verify,
    build_pairs,
    audit,
    train,
    evaluate,
    convert_gguf,
    export_traces,
    settings,
    demo,
)

# What a command may need beyond the base installation, and the extra that brings it.
EXTRA_OF = {
    **dict.fromkeys(("dagster", "dagster_pipes"), "graph"),
    **dict.fromkeys(("accelerate", "matplotlib", "scipy", "torch", "transformers", "trl"), "train"),
    "datasets": "datasets",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a user's mistake is a sentence on stderr and exit status 2."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        sys.stderr.close()
        return 1
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(
            f"dpo-math {options.command}: needs {error.name}, which is not installed here: "
            f"pip install 'dpo-math-assets[{extra}]'",
            file=sys.stderr,
        )
        return 2
    except (DpoMathError, OSError) as error:
        print(f"dpo-math {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dpo-math",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for module in COMMANDS:
        module.add(commands)
    return parser
