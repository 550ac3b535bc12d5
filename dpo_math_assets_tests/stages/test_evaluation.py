"""Samples of a checkpoint's models: when they are drawn again, and which may be compared.

Drawing is replaced by completions that are given; test_lineage runs it for real.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import DpoMathError, EvaluationError
from dpo_math_assets.evaluation.gate import GateSettings
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.json_objects import as_json
from dpo_math_assets.settings import Settings, VerificationSettings
from dpo_math_assets.stages import evaluation
from dpo_math_assets.stages.artifacts import MODELS, SAMPLES, UNJUDGED
from dpo_math_assets.stages.evaluation import (
    comparable_samples,
    publish_evaluation,
    sample_checkpoint,
)
from dpo_math_assets.stages.origins import EvaluationOrigin
from dpo_math_assets.stages.release import publish_release
from dpo_math_assets.stages.training import publish_checkpoint
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Store, digest, write_json, write_parquet, write_text
from dpo_math_assets.training.models import identity
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets.verifier import conventions
from dpo_math_assets_tests.stages.builders import FakeTasks, manifest

ANSWERS = {"base": "FINAL ANSWER: 3", "dpo": "FINAL ANSWER: 2", "sft": "FINAL ANSWER: 3"}


def at(root: Path, **sampling: Any) -> Workspace:
    """A workspace with these settings of sampling."""
    settings = Settings(
        training=TrainingSettings(base_model=str(root.parent / "base")),
        verification=VerificationSettings(workers=1),
        gate=GateSettings(min_prompts=1),
    )
    sampling = {"k": 2, **sampling}
    settings = settings.model_copy(
        update={"sampling": settings.sampling.model_copy(update=sampling)}
    )
    return Workspace.at(root, settings=settings)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A checkpoint of three models, trained on a dataset that holds two problems out."""
    workspace = at(tmp_path / "data")
    write_text(tmp_path / "base" / "config.json", "base weights")
    rows = {
        "train": [{"prompt": "4+4=", "chosen": "8", "rejected": "3"}],
        "sft": [{"prompt": "4+4=", "completion": "8"}],
        "eval_prompts": [
            {"id": number, "prompt": prompt, "ground_truth": "2", "meta": {}}
            for number, prompt in enumerate(("1+1=", "7-5="))
        ],
    }
    with workspace.store.versions("dpo_dataset").new_version("d1") as folder:
        for name, lines in rows.items():
            text = "".join(json.dumps(line) + "\n" for line in lines)
            write_text(folder / f"{name}.jsonl", text)
    publish_checkpoint(workspace, "run-1", FakeTasks())
    return workspace


def sample(workspace: Workspace) -> list[str]:
    """Sample all models; gives those that were drawn."""
    tasks = FakeTasks(**ANSWERS)
    assert None not in sample_checkpoint(workspace, MODELS, tasks).values()
    return tasks.sampled


def test_samples_are_drawn_once_and_judged(workspace: Workspace) -> None:
    assert sample(workspace) == ["base", "dpo", "sft"]
    assert sample(workspace) == []
    judged = workspace.store.scan(SAMPLES, ["base", "dpo"], SAMPLE_SCHEMA).collect()
    assert judged.height == 2 * 2 * 3
    verdicts = dict(judged.select("model", "verdict").unique().iter_rows())
    assert verdicts == {"base": "incorrect", "dpo": "correct"}
    assert workspace.store.partitions(UNJUDGED) == []


def test_samples_of_an_earlier_version_are_recognised_by_what_they_are_made_of(
    workspace: Workspace,
) -> None:
    store, model = workspace.store, str(workspace.store.current("dpo_checkpoint") / "model")
    prompts = [
        {"prompt_id": f"held_out/{n}", "prompt": text, "ground_truth": "2"}
        | {"source": "held_out", "meta": "{}"}
        for n, text in enumerate(("1+1=", "7-5="))
    ]
    settings = workspace.settings.sampling.model_dump()
    del settings["threads"], settings["batch_size"]
    inputs = {
        "model": model,
        "identity": identity(model),
        "dataset": "d1",
        "prompts": digest(prompts),
        "settings": settings,
        "verifier": conventions.VERIFIER_VERSION,
    }
    sample(workspace)
    record = store.record(SAMPLES, "dpo")
    assert record is not None and record["inputs"] == inputs


@pytest.mark.parametrize(
    ("change", "drawn"),
    [
        ({"threads": 3}, []),
        ({"batch_size": 16}, []),
        ({"temperature": 0.5}, ["base", "dpo", "sft"]),
        ({"seed": 1}, ["base", "dpo", "sft"]),
    ],
)
def test_a_setting_that_only_changes_the_speed_draws_nothing_again(
    workspace: Workspace, change: dict[str, Any], drawn: list[str]
) -> None:
    sample(workspace)
    assert sample(at(workspace.store.root, **change)) == drawn


def test_a_new_verifier_judges_again_what_was_drawn(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample(workspace)
    monkeypatch.setattr(conventions, "VERIFIER_VERSION", "another")
    assert sample(workspace) == []
    record = workspace.store.record(SAMPLES, "dpo")
    assert record is not None and record["inputs"]["verifier"] == "another"


def test_a_run_that_is_killed_while_it_judges_draws_nothing_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(evaluation, "judge_samples", killed)
        with pytest.raises(KeyboardInterrupt):
            sample(workspace)
    assert workspace.store.partitions(SAMPLES) == []
    assert sample(workspace) == []
    assert workspace.store.partitions(SAMPLES) == ["base", "dpo", "sft"]


def test_samples_of_a_control_that_the_new_checkpoint_does_not_have_are_removed(
    workspace: Workspace,
) -> None:
    sample(workspace)
    training = workspace.settings.training.model_copy(update={"sft_control": False})
    settings = workspace.settings.model_copy(update={"training": training})
    without = Workspace.at(workspace.store.root, settings=settings)
    publish_checkpoint(without, "run-2", FakeTasks())
    judged = sample_checkpoint(without, MODELS, FakeTasks(**ANSWERS))
    assert judged["sft"] is None
    assert workspace.store.partitions(SAMPLES) == ["base", "dpo"]


def test_a_checkpoint_is_evaluated_and_released_only_where_the_gate_or_a_person_allows_it(
    workspace: Workspace,
) -> None:
    sample(workspace)
    made = publish_evaluation(workspace, "run-1")
    assert made.folder == workspace.store.current("offline_eval_pass_rates")
    made_of = json.loads((made.folder / "made_of.json").read_text())
    assert made_of["checkpoint"] == made.checkpoint and made_of["dataset"] == "d1"
    assert not made.evaluation.decision.passed, "two problems tell nothing"
    with pytest.raises(EvaluationError, match="there is no release candidate"):
        publish_release(workspace, "run-1")
    assert workspace.store.versions("release_candidate").versions() == []
    released = publish_release(workspace, "run-1", "asked for")
    assert released.decision.overridden
    assert released.origin.made_of == EvaluationOrigin(**made_of)
    assert (released.folder / "model" / "config.json").read_text() == "{}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A checkpoint trained from `base`, without a control, and samples of both models."""
    store = Store(tmp_path / "other")
    write_text(tmp_path / "base" / "config.json", "base weights")
    written = as_json(manifest(str(tmp_path / "base")))
    with store.versions("dpo_checkpoint").new_version("v1") as folder:
        write_text(folder / "model" / "config.json", "trained weights")
        write_json(folder / "model" / "manifest.json", written)
        write_json(folder / "manifest.json", written)
    sampled(store, "base", tmp_path / "base")
    sampled(store, "dpo", store.current("dpo_checkpoint") / "model")
    return store


def sampled(store: Store, model: str, folder: Path, prompts: str = "p1") -> None:
    write_parquet(store.partition("eval_samples", model), pl.DataFrame(schema=SAMPLE_SCHEMA))
    inputs = {
        "model": str(folder),
        "identity": identity(str(folder)),
        "dataset": "d1",
        "prompts": prompts,
        "settings": {},
        "verifier": "1",
    }
    store.finish("eval_samples", model, inputs, {})


def refusal(store: Store) -> str:
    with pytest.raises(DpoMathError) as error:
        comparable_samples(Workspace.at(store.root), store.current("dpo_checkpoint"))
    return str(error.value)


def test_samples_of_one_dataset_and_this_checkpoint_are_compared(store: Store) -> None:
    _, made_of = comparable_samples(Workspace.at(store.root), store.current("dpo_checkpoint"))
    assert made_of.dataset == "d1"


def test_a_base_whose_weights_were_replaced_is_not_taken_for_the_one_trained_from(
    store: Store, tmp_path: Path
) -> None:
    write_text(tmp_path / "base" / "config.json", "other weights")
    sampled(store, "base", tmp_path / "base")
    assert "'base'" in refusal(store)


def test_samples_of_an_earlier_checkpoint_are_not_taken_for_this_one(
    store: Store, tmp_path: Path
) -> None:
    write_text(tmp_path / "older" / "config.json", "earlier weights")
    sampled(store, "dpo", tmp_path / "older")
    assert "'dpo'" in refusal(store)


def test_a_benchmark_edited_in_place_is_not_compared_with_its_earlier_self(store: Store) -> None:
    sampled(store, "dpo", store.current("dpo_checkpoint") / "model", prompts="p2")
    assert "another prompts" in refusal(store)


def test_a_missing_model_is_named(store: Store) -> None:
    store.remove("eval_samples", "dpo")
    assert "no partition 'dpo'" in refusal(store)
