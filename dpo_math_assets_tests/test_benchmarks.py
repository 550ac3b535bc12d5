"""What a benchmark reports may not be what its settings were picked on."""

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

import dpo_math_assets
from dpo_math_assets.demo.prepare import split_problems
from dpo_math_assets.demo.settings import demo_settings
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA
from dpo_math_assets.pairs.split import EVAL, TRAIN, SplitSettings

BENCHMARKS = Path(dpo_math_assets.__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def training() -> ModuleType:
    spec = importlib.util.spec_from_file_location("training", BENCHMARKS / "training.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_losses_are_reported_on_problems_that_neither_training_nor_the_demos_tuning_saw(
    training: ModuleType,
) -> None:
    settings = demo_settings("default")
    by_side = split_problems(settings, training.SEEDS[0], training.SPLIT)
    asked = by_side[EVAL][: settings.held_out_problems]
    rows = [(p.key, p.prompt, p.answer, "held_out", "{}") for p in asked]
    reported = set(
        training.fresh(pl.DataFrame(rows, schema=PROMPT_SCHEMA, orient="row"))["prompt_id"]
    )
    assert len(reported) > 200
    assert reported.isdisjoint(problem.key for problem in by_side[TRAIN])
    for seed in (0, 1, 2):
        tuned = split_problems(settings, seed, SplitSettings())
        for side, problems in tuned.items():
            if side != TRAIN:
                assert reported.isdisjoint(problem.key for problem in problems)
    assert not set(training.SEEDS) & {0, 1, 2}
