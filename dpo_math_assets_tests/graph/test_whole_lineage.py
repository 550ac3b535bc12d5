"""The whole lineage in process, from a log export to the release gate, on a tiny real model."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from dpo_math_assets.demo.settings import demo_sampling, demo_training
from dpo_math_assets.evaluation.run import read_decision
from dpo_math_assets.partitions import ALL_MODELS
from dpo_math_assets.settings import write_settings
from dpo_math_assets.stages.training import read_checkpoint
from dpo_math_assets.verifier import VERIFIER_VERSION
from dpo_math_assets_tests.conftest import Demo
from dpo_math_assets_tests.graph.conftest import Workbench, attempt, checks

ASSETS = (
    "raw_verifier_logs",
    "cleaned_traces",
    "preference_pairs",
    "dpo_dataset",
    "dpo_checkpoint",
    "eval_samples",
    "offline_eval_pass_rates",
)


@pytest.mark.slow
def test_a_log_export_becomes_a_judged_checkpoint_with_every_check_evaluated(
    workbench: Workbench, demo: Demo
) -> None:
    project = workbench.project
    shutil.copytree(demo.landing, workbench.landing, dirs_exist_ok=True)
    (base_model,) = (path for path in (demo.root / "base_model").iterdir() if path.is_dir())
    write_settings(
        project.settings_file,
        {
            "training": demo_training(str(base_model)).model_dump(exclude_defaults=True),
            "sampling": demo_sampling("small").model_dump(exclude_defaults=True),
        },
    )
    ingested = workbench.ingest(settle_seconds=0)
    assert ingested.success
    trained = workbench.run("train_and_evaluate", ALL_MODELS)

    for asset in ASSETS:
        assert workbench.metadata(asset), asset
    outcome = checks(ingested) | checks(trained)
    gate = outcome.pop("no_regression")
    outcome.pop("log_agrees")
    assert set(outcome.values()) == {True}
    # Twenty prompts are too few to tell: the gate says so, and then nothing is released.
    evaluation = project.workspace().store.versions("offline_eval_pass_rates").current()
    assert evaluation is not None
    decision = read_decision(evaluation)
    assert gate == decision.passed == trained.success
    assert (project.workspace().store.versions("release_candidate").current() is not None) == gate

    samples = project.workspace().store.root / "eval_samples"
    per_model = {path.stem: pl.read_parquet(path) for path in samples.glob("*.parquet")}
    assert set(per_model) == {"base", "dpo", "sft"}
    prompts = {model: set(frame["prompt"]) for model, frame in per_model.items()}
    assert prompts["base"] == prompts["dpo"] == prompts["sft"]
    dataset = project.workspace().store.versions("dpo_dataset").current()
    assert dataset is not None
    trained_on = {
        json.loads(line)["prompt"] for line in (dataset / "train.jsonl").read_text().splitlines()
    }
    assert trained_on and not trained_on & prompts["dpo"]

    checkpoint = project.workspace().store.current("dpo_checkpoint")
    manifest = read_checkpoint(checkpoint)
    assert manifest.base_model == str(base_model)
    assert manifest.dataset_version == dataset.name
    assert manifest.verifier_versions == [VERIFIER_VERSION]
    assert manifest.settings["beta"] == 0.3
    assert manifest.code["packages"]["trl"] and manifest.environment["python"]
    for recipe in ("trl.yaml", "axolotl.yaml"):
        assert str(dataset / "train.jsonl") in (checkpoint / "model" / recipe).read_text()
    assert list((project.workspace().store.root / "training_states").iterdir()) == [], (
        "nothing to resume"
    )


def test_training_without_a_base_model_fails_with_the_setting_to_set(workbench: Workbench) -> None:
    for prompt in ("2+3", "3+4", "5+9", "8+1", "1+1", "2+2", "7+7", "9+9", "6+1", "3+3"):
        gold = str(sum(map(int, prompt.split("+"))))
        workbench.land(
            f"{prompt}.jsonl",
            [attempt(prompt, gold, gold, True), attempt(prompt, "0", gold, False)],
        )
    assert workbench.ingest().success
    result = workbench.run("train_and_evaluate", ALL_MODELS)
    assert not result.success
    told = [
        event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.is_step_failure and event.step_key == "dpo_checkpoint"
    ]
    assert told[0] is not None
    assert "base_model is empty" in (told[0].description or "")
    # The dataset before it is there, and its explorer where the metadata says.
    explorer = Path(workbench.metadata("dpo_dataset")["explorer"]).read_text("utf-8")
    assert "Compute 2+3" in explorer


def test_a_dataset_without_any_wrong_answer_fails_with_why_and_what_to_do(
    workbench: Workbench,
) -> None:
    workbench.land("day1.jsonl", [attempt("2+3", "5", "5", True)])
    assert workbench.ingest().success
    result = workbench.run("train_and_evaluate", ALL_MODELS)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert "no prompt has both a right and a wrong answer" in (told.description or "")
