"""The demo's inputs: made once, whole, and the same from the same seed."""

import json
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from dpo_math_assets.demo.logs import final_answer
from dpo_math_assets.demo.prepare import DemoPaths, prepare_demo
from dpo_math_assets.demo.settings import SIZES
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION, SplitSettings, split_of
from dpo_math_assets.traces.prompts import canonical_key
from dpo_math_assets_tests.conftest import Demo

Numbers = dict[str, float | int | str]


@pytest.fixture(scope="module")
def prepared(
    demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, DemoPaths, list[Numbers]]:
    """A copy of the demo's inputs, and the progress that their making gave."""
    root = tmp_path_factory.mktemp("prepared") / "demo"
    shutil.copytree(demo.root, root)
    (model,) = (path for path in (root / "base_model").iterdir() if path.is_dir())
    (export,) = (root / "landing").iterdir()
    return root, DemoPaths(base_model=model, export=export), demo.progress


@pytest.mark.slow
def test_the_log_holds_what_a_solver_would_have_logged(
    prepared: tuple[Path, DemoPaths, list[Numbers]],
) -> None:
    _, paths, _ = prepared
    size = SIZES["small"]
    records = [json.loads(line) for line in paths.export.read_text().splitlines()]
    prompts = {record["prompt"] for record in records}
    assert len(records) == len(prompts) * size.completions
    assert len({record["trace_id"] for record in records}) == len(records)
    for record in records:
        assert record["ok"] is (final_answer(record["candidate"]) == record["ground_truth"])
    splits = Counter(split_of(canonical_key(prompt), SplitSettings()) for prompt in prompts)
    assert splits == {
        TRAIN: size.training_problems,
        VALIDATION: size.validation_problems,
        EVAL: size.held_out_problems,
    }

    verdicts = defaultdict(set)
    for record in records:
        verdicts[record["prompt"]].add(record["ok"])
    mixed = sum(len(seen) == 2 for seen in verdicts.values())
    assert mixed > 20, "pairs need problems with right and wrong answers"


@pytest.mark.slow
def test_the_base_model_is_one_that_transformers_loads(
    prepared: tuple[Path, DemoPaths, list[Numbers]],
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _, paths, _ = prepared
    model = AutoModelForCausalLM.from_pretrained(paths.base_model)
    assert model.num_parameters() < 1e6
    assert len(AutoTokenizer.from_pretrained(paths.base_model)) == model.config.vocab_size


@pytest.mark.slow
def test_progress_is_told_in_numbers(prepared: tuple[Path, DemoPaths, list[Numbers]]) -> None:
    _, _, told = prepared
    losses = [float(entry["loss"]) for entry in told if "loss" in entry]
    assert len(losses) > 5 and losses[-1] < losses[0]


@pytest.mark.slow
def test_a_second_call_makes_nothing_again(
    prepared: tuple[Path, DemoPaths, list[Numbers]],
) -> None:
    root, paths, _ = prepared
    before = {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}
    told: list[Numbers] = []
    again = prepare_demo(root, root / "landing", seed=0, size="small", on_progress=told.append)
    assert (again, told) == (paths, [])
    assert {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))} == before


@pytest.mark.slow
def test_an_export_that_was_removed_is_made_again_the_same_from_the_same_model(
    prepared: tuple[Path, DemoPaths, list[Numbers]],
) -> None:
    root, paths, _ = prepared
    bytes_before = paths.export.read_bytes()
    paths.export.unlink()
    prepare_demo(root, root / "landing", seed=0, size="small", on_progress=lambda _: None)
    assert paths.export.read_bytes() == bytes_before


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model_elsewhere(
    prepared: tuple[Path, DemoPaths, list[Numbers]], tmp_path: Path
) -> None:
    _, paths, _ = prepared
    again = prepare_demo(
        tmp_path, tmp_path / "landing", seed=0, size="small", on_progress=lambda _: None
    )
    weights = "model.safetensors"
    assert (again.base_model / weights).read_bytes() == (paths.base_model / weights).read_bytes()
    assert again.export.read_bytes() == paths.export.read_bytes()
