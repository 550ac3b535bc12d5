"""Which checkpoints and evaluations are kept: none that anything refers to is ever removed."""

from pathlib import Path

from dpo_math_assets.stages.retention import checkpoints_referred_to, evaluations_referred_to
from dpo_math_assets.storage import Store, write_json, write_text


def store_with(tmp_path: Path) -> Store:
    """Checkpoints c1 to c5; e1 evaluates c1, e2 evaluates c2, and a release rests on e1 and c1."""
    store = Store(tmp_path)
    for version in ("c1", "c2", "c3", "c4", "c5"):
        with store.versions("dpo_checkpoint").new_version(version) as folder:
            write_text(folder / "model" / "config.json", "{}")
    for version, checkpoint in (("e1", "c1"), ("e2", "c2"), ("e3", "c2")):
        with store.versions("offline_eval_pass_rates").new_version(version) as folder:
            write_json(folder / "made_of.json", {"checkpoint": checkpoint})
    with store.versions("release_candidate").new_version("r1") as folder:
        write_json(folder / "release.json", {"checkpoint": "c1", "evaluation": "e1"})
    return store


def test_a_checkpoint_that_was_evaluated_or_released_outlives_newer_ones(tmp_path: Path) -> None:
    store = store_with(tmp_path)
    assert checkpoints_referred_to(store) == {"c1", "c2"}
    removed = store.versions("dpo_checkpoint").remove_old(1, checkpoints_referred_to(store))
    assert removed == ["c3", "c4"]


def test_a_checkpoint_goes_once_its_last_evaluation_went(tmp_path: Path) -> None:
    store = store_with(tmp_path)
    evaluations = store.versions("offline_eval_pass_rates")
    assert evaluations.remove_old(1, evaluations_referred_to(store)) == ["e2"]
    assert "c2" in checkpoints_referred_to(store), "e3 is of it too"
    write_json(evaluations.root / "e3" / "made_of.json", {"checkpoint": "c5"})
    removed = store.versions("dpo_checkpoint").remove_old(1, checkpoints_referred_to(store))
    assert removed == ["c2", "c3", "c4"]


def test_the_evaluation_of_a_release_is_kept(tmp_path: Path) -> None:
    store = store_with(tmp_path)
    assert evaluations_referred_to(store) == {"e1"}
