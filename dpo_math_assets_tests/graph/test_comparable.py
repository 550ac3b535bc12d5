"""Which samples may be compared: of the same prompts, and of the models of one checkpoint."""

from pathlib import Path

import polars as pl
import pytest

from dpo_math_assets.assets.offline_eval_pass_rates import comparable_samples
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.storage import Store, write_json, write_parquet, write_text
from dpo_math_assets.training.models import identity


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A checkpoint trained from `base`, without a control, and samples of both models."""
    store = Store(tmp_path / "data")
    write_text(tmp_path / "base" / "config.json", "base weights")
    with store.versions("dpo_checkpoint").new_version("v1") as folder:
        write_text(folder / "model" / "config.json", "trained weights")
        write_json(
            folder / "model" / "manifest.json",
            {"base_model_sha256": identity(str(tmp_path / "base"))},
        )
        write_json(folder / "manifest.json", {"base_model": str(tmp_path / "base")})
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
        comparable_samples(store, store.current("dpo_checkpoint"))
    return str(error.value)


def test_samples_of_one_dataset_and_this_checkpoint_are_compared(store: Store) -> None:
    _, made_of = comparable_samples(store, store.current("dpo_checkpoint"))
    assert made_of["dataset"] == "d1"


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
