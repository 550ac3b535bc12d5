"""Everything the embedded default starts from: a base model, and its first log in the landing area.

Both are made here, deterministically from a seed, and each is made once: a second call finds it
whole and skips it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dpo_math_assets.demo.logs import write_log
from dpo_math_assets.demo.model import corpus, pretrain
from dpo_math_assets.demo.problems import Problem, problems
from dpo_math_assets.demo.settings import DemoSettings, demo_sampling, demo_settings
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION, SplitSettings, split_of
from dpo_math_assets.storage import VersionedFolder, digest
from dpo_math_assets.training.models import prepare_libraries


@dataclass(frozen=True)
class DemoPaths:
    """Where the demo's inputs are."""

    base_model: Path  # folder that from_pretrained loads
    export: Path  # the log export in the landing area


def prepare_demo(
    root: Path,
    landing: Path,
    *,
    seed: int = 0,
    size: str = "default",
    split: SplitSettings | None = None,
    on_progress: Callable[[dict[str, float | int | str]], None],
) -> DemoPaths:
    """Make the base model under `root` and the log export in `landing`, where they are not yet.

    No problem that `split` (None: the default one) holds out, for evaluation or validation, is in
    the model's corpus; the log holds problems of all three sides.
    """
    settings = demo_settings(size)
    split = split or SplitSettings()
    by_split = split_problems(settings, seed, split)
    needed = {
        TRAIN: settings.training_problems,
        VALIDATION: settings.validation_problems,
        EVAL: settings.held_out_problems,
    }
    for side, count in needed.items():
        if len(by_split[side]) < count:
            raise DpoMathError(
                f"The demo has {len(by_split[side])} problems in the split {side} and needs "
                f"{count}. Raise largest_factor or largest_term."
            )
    prepare_libraries()
    version = f"{size}-{seed}-{digest([settings.model_dump(), seed, split.model_dump()])[:8]}"
    models = VersionedFolder(root / "base_model")
    base_model = root / "base_model" / version
    if not base_model.exists():
        examples = corpus(by_split[TRAIN], settings, seed)
        with models.new_version(version) as folder:
            pretrain(examples, settings, seed, folder, on_progress)
    export = landing / f"demo-{version}.jsonl"
    if not export.exists():
        asked = [problem for side, count in needed.items() for problem in by_split[side][:count]]
        sampling = demo_sampling(size).model_copy(update={"greedy": False, "seed": seed})
        write_log(base_model, asked, sampling, export, on_progress)
    return DemoPaths(base_model=base_model, export=export)


def split_problems(
    settings: DemoSettings, seed: int, split: SplitSettings
) -> dict[str, list[Problem]]:
    """The demo's problems by side of the split, each list in the seed's order."""
    found: dict[str, list[Problem]] = {TRAIN: [], VALIDATION: [], EVAL: []}
    for problem in problems(seed, settings.largest_factor, settings.largest_term):
        found[split_of(problem.key, split)].append(problem)
    return found
