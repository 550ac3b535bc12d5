"""The whole lineage in process, from a log export to the release gate, on a tiny real model."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from dpo_math_assets.demo.settings import demo_sampling, demo_training
from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.run import read_decision
from dpo_math_assets.pairs.audit import ROWS
from dpo_math_assets.partitions import ALL_MODELS
from dpo_math_assets.settings import write_settings
from dpo_math_assets.stages import evaluation, training
from dpo_math_assets.stages.artifacts import CHECKPOINT, MODELS, PASS_RATES, RELEASE
from dpo_math_assets.stages.dataset import publish_audit, publish_dataset
from dpo_math_assets.stages.evaluation import publish_evaluation, sample_checkpoint
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_partition,
)
from dpo_math_assets.stages.release import publish_release
from dpo_math_assets.stages.tasks import InThisProcess
from dpo_math_assets.stages.training import publish_checkpoint, read_checkpoint
from dpo_math_assets.stages.workspace import Workspace
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


@dataclass(frozen=True)
class Lineage:
    """The demo's smallest log, from landing to gate by the graph."""

    workbench: Workbench
    base_model: Path
    ingested: dg.ExecuteInProcessResult
    trained: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def lineage(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lineage]:
    with dg.DagsterInstance.ephemeral() as instance:
        workbench = Workbench(tmp_path_factory.mktemp("lineage"), instance)
        shutil.copytree(demo.landing, workbench.landing, dirs_exist_ok=True)
        (base_model,) = (path for path in (demo.root / "base_model").iterdir() if path.is_dir())
        write_settings(
            workbench.project.settings_file,
            {
                "training": demo_training(str(base_model)).model_dump(exclude_defaults=True),
                "sampling": demo_sampling("small").model_dump(exclude_defaults=True),
            },
        )
        ingested = workbench.ingest(settle_seconds=0)
        trained = workbench.run("train_and_evaluate", ALL_MODELS)
        yield Lineage(workbench, base_model, ingested, trained)


@pytest.mark.slow
def test_a_log_export_becomes_a_judged_checkpoint_with_every_check_evaluated(
    lineage: Lineage,
) -> None:
    workbench, base_model = lineage.workbench, lineage.base_model
    ingested, trained = lineage.ingested, lineage.trained
    project = workbench.project
    assert ingested.success

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


# Files that say how long something took, or whose names or sums rest on such files.
TIMED = ("dpo_checkpoint/", "eval_samples/", "offline_eval_pass_rates/")
TIMES = {"seconds", "cpu_seconds", "tokens_per_second"}


def without_times(value: Any) -> Any:
    """A JSON value without times, what rests on them, and the commit that is checked out."""
    if isinstance(value, dict):
        dropped = TIMES | {"digest", "identity", "commit"}
        return {name: without_times(v) for name, v in value.items() if name not in dropped}
    return [without_times(v) for v in value] if isinstance(value, list) else value


def content(root: Path, name: str) -> Any:
    """What a stored file must have in common with the same file made another way."""
    read = (root / name).read_bytes()
    if not name.startswith(TIMED):
        return read
    if name.endswith(".json"):
        return without_times(json.loads(read))
    lines = read.splitlines()
    if name.endswith("SHA256SUMS"):
        return [line.split(b"  ")[1] for line in lines]
    if name.endswith("README.md"):
        return [line for line in lines if not line.startswith((b"- Time", b"| tokens_per_second"))]
    if name.endswith("report.html"):  # a picture of the curves is of the speed as well
        return re.sub(rb"base64,[A-Za-z0-9+/=]+", b"", read)
    return read


def run_stages(workspace: Workspace, run_id: str) -> None:
    """Everything that both jobs do, without Dagster."""
    workspace.landing.register(0)
    exports = workspace.landing.partitions()
    for key in exports:
        read_partition(workspace, key, exports)
        clean_partition(workspace, key)
    inputs = pairing_inputs(workspace, exports)
    for key in exports:
        pair_partition(workspace, key, inputs)
    publish_audit(workspace, ROWS)
    publish_dataset(workspace, run_id)
    tasks = InThisProcess(lambda progress: None)
    publish_checkpoint(workspace, run_id, tasks)
    sample_checkpoint(workspace, MODELS, tasks)
    publish_evaluation(workspace, run_id)


@pytest.mark.slow
def test_the_stages_without_dagster_store_what_the_graph_stores(
    lineage: Lineage, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(lineage.workbench.project.data_root)
    store = lineage.workbench.workspace.store
    for stage, asset in ((training, CHECKPOINT), (evaluation, PASS_RATES)):
        version = store.current(asset).name
        monkeypatch.setattr(stage, "new_version_name", lambda run_id, version=version: version)
    # At the same place, since what is stored names paths.
    by_graph = data.rename(data.with_name("by_graph"))
    data.mkdir()
    shutil.copy(by_graph / "settings.yaml", data)
    try:
        workspace = Workspace.at(data, lineage.workbench.landing)
        run_stages(workspace, lineage.trained.run_id)
        released = lineage.trained.success
        with nullcontext() if released else pytest.raises(EvaluationError, match="does not hold"):
            publish_release(workspace, lineage.trained.run_id)
        made = [
            {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
            for root in (by_graph, data)
        ]
        names = [{name for name in each if not name.startswith(RELEASE)} for each in made]
        assert names[0] == names[1]
        for name in sorted(names[0]):
            assert content(data, name) == content(by_graph, name), name
        assert {name.split("/")[0] for name in names[0]} > set(ASSETS)
        assert any(name.endswith("model/model.safetensors") for name in names[0])
    finally:
        shutil.rmtree(data)
        by_graph.rename(data)


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
