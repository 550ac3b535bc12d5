"""dpo-math evaluate: pass rates of a model, alone or against its base."""

import argparse
import json
import shutil
import sys
from pathlib import Path

from dpo_math_assets.cli.common import (
    Commands,
    add_settings,
    chosen_settings,
    command,
    print_progress,
)


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "evaluate", run)
    parser.add_argument("--model", required=True, help="folder or Hugging Face id")
    parser.add_argument("--prompts", required=True, help="JSON lines of id, prompt, ground_truth")
    parser.add_argument("--out", required=True, help="new folder for samples, rates and report")
    parser.add_argument("--against", help="the base model to compare with")
    parser.add_argument(
        "--trained-on", nargs="+", default=[], help="JSON lines that the model was trained on"
    )
    add_settings(parser)


def run(options: argparse.Namespace) -> None:
    """Pass rates of a model on a file of prompts, alone or compared with its base.

    A run that was stopped goes on where it was: samples lie beside --out until it is whole.
    """
    import polars as pl

    from dpo_math_assets.evaluation.statistics import pass_rates
    from dpo_math_assets.settings import override
    from dpo_math_assets.stages.evaluation import compare_with_base, sample_models
    from dpo_math_assets.stages.tasks import InThisProcess
    from dpo_math_assets.stages.workspace import Workspace
    from dpo_math_assets.storage import atomic_folder, write_parquet

    settings = chosen_settings(options)
    prompts = [options.prompts, *settings.sampling.benchmark_files]
    settings = override(settings, "sampling", {"benchmark_files": prompts}, "--prompts")
    models = {"model": options.model, **({"base": options.against} if options.against else {})}
    target = Path(options.out)
    workspace = Workspace.at(target.parent / f".{target.name}-samples", settings=settings)
    with atomic_folder(target) as out:
        judged = sample_models(workspace, models, None, InThisProcess(print_progress))
        samples = pl.concat([pl.read_parquet(judged[name].path, glob=False) for name in models])
        write_parquet(out / "samples.parquet", samples)
        if options.against:
            found = compare_with_base(
                workspace,
                samples,
                out,
                candidate="model",
                trained=_trained_here(Path(options.model)),
                training_files=[Path(file) for file in options.trained_on] or None,
                title=f"{options.model} against {options.against}",
            )
            rates = found.comparison.rates
            print(found.decision.summary(), file=sys.stderr)
        else:
            rates = pass_rates(samples, settings.statistics, base="model")
            write_parquet(out / "pass_rates.parquet", rates)
    shutil.rmtree(workspace.store.root)
    for row in rates.filter(pl.col("slice_by") == "all").iter_rows(named=True):
        told = {
            name: [round(row[name + end], 4) for end in ("", "_low", "_high")]
            for name in ("pass_at_1", "avg_at_k", "pass_at_k", "maj_at_k")
            if row[name] is not None
        }
        print(json.dumps({"model": models[row["model"]], "prompts": row["n_prompts"], **told}))


def _trained_here(model: Path) -> Path | None:
    """The folder of a model that `train` wrote, with its curves and what it was made of."""
    from dpo_math_assets.training.manifest import CURVES_FILE, MANIFEST_FILE

    written = all((model / name).is_file() for name in (CURVES_FILE, MANIFEST_FILE))
    return model if written else None
