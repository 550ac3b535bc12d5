"""The split: a problem keeps its side for ever, and the sides have the sizes asked for."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dpo_math_assets.pairs.split import SplitSettings, assign_splits, split_of
from dpo_math_assets.traces.prompts import canonical_key

KEYS = [canonical_key(f"What is {n} + {n * n}?") for n in range(4000)]


def test_held_out_problems_stay_held_out_in_every_release() -> None:
    # Literal keys and sides: whoever changes the hash moves evaluation problems into training.
    sides = [split_of(key, SplitSettings()) for key in ("00", "01", "03", "08", "0c", "14")]
    assert sides == ["train", "train", "validation", "eval", "eval", "validation"]


def test_the_sides_have_the_sizes_asked_for() -> None:
    counts = pl.Series([split_of(key, SplitSettings()) for key in KEYS]).value_counts()
    shares = {side: count / len(KEYS) for side, count in counts.iter_rows()}
    assert shares["eval"] == pytest.approx(0.1, abs=0.02)
    assert shares["validation"] == pytest.approx(0.05, abs=0.015)


@given(st.text(max_size=20), st.floats(0, 0.4), st.floats(0, 0.4))
def test_resizing_validation_never_moves_a_problem_into_or_out_of_evaluation(
    key: str, one: float, other: float
) -> None:
    sides = [
        split_of(key, SplitSettings(validation_fraction=fraction)) == "eval"
        for fraction in (one, other)
    ]
    assert sides[0] == sides[1]


def test_a_larger_evaluation_keeps_every_problem_of_the_smaller_one() -> None:
    def held_out(fraction: float) -> set[str]:
        settings = SplitSettings(eval_fraction=fraction)
        return {key for key in KEYS if split_of(key, settings) == "eval"}

    assert held_out(0.1) < held_out(0.2)


def test_another_salt_is_another_split() -> None:
    sides = [
        [split_of(key, SplitSettings(split_salt=salt)) for key in KEYS] for salt in ("one", "two")
    ]
    assert sides[0] != sides[1]


def test_twins_with_exchanged_operands_are_on_one_side() -> None:
    for a in range(2, 40):
        keys = {canonical_key(f"Compute {a}*7"), canonical_key(f"Compute 7 * {a}")}
        assert len({split_of(key, SplitSettings()) for key in keys}) == 1


def test_a_whole_frame_gets_the_splits_of_its_keys_in_order() -> None:
    frame = pl.DataFrame({"canonical_key": [*KEYS[:50], KEYS[0]], "n": range(51)})
    expected = [split_of(key, SplitSettings()) for key in frame["canonical_key"]]
    got = assign_splits(frame, SplitSettings())
    assert got["split"].to_list() == expected
    assert got["n"].to_list() == list(range(51))
    assert assign_splits(frame.clear(), SplitSettings()).is_empty()


@pytest.mark.parametrize("name", ["eval_fraction", "validation_fraction"])
def test_a_share_is_a_share(name: str) -> None:
    assert getattr(SplitSettings.model_validate({name: 0}), name) == 0
    for wrong in (-0.001, 1.0):
        with pytest.raises(ValidationError):
            SplitSettings.model_validate({name: wrong})
    assert SplitSettings(eval_fraction=0.6, validation_fraction=0.3).eval_fraction == 0.6


def test_without_shares_every_problem_is_trained_on() -> None:
    none = SplitSettings(eval_fraction=0, validation_fraction=0)
    assert {split_of(key, none) for key in KEYS} == {"train"}


def test_fractions_that_leave_nothing_to_train_on_are_refused_with_the_remedy() -> None:
    with pytest.raises(ValidationError, match="lower one of them"):
        SplitSettings(eval_fraction=0.7, validation_fraction=0.3)
