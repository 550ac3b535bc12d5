"""Shares of the prompts: whatever their size, nothing is lost, repeated or decided otherwise."""

from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dpo_math_assets.pairs import selection, survey
from dpo_math_assets.pairs.pairing import PairingSettings, build_pairs
from dpo_math_assets.pairs.selection import DatasetSettings, select_pairs
from dpo_math_assets.pairs.shares import prompt_shares
from dpo_math_assets.pairs.survey import survey_traces
from dpo_math_assets_tests.pairs.builders import cleaned, trace


def log(export: str = "e1") -> pl.LazyFrame:
    return cleaned(
        *(
            trace(
                f"problem {n % 30}",
                f"text {n} says {n % 7}",
                ["correct", "incorrect", "incorrect", "undecided"][n % 7 % 4],
                export=export,
                line=n,
            )
            for n in range(300)
        ),
        trace("", "no prompt", "correct", export=export, line=300, prompt_key=None),
    )


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_every_row_is_in_exactly_one_share_and_shares_follow_the_keys(at_once: int) -> None:
    rows = log().select("prompt_key", "line_number").collect()
    shares = [rows.filter(share) for share in prompt_shares(rows.height, at_once)]
    together = pl.concat(shares)
    assert together.sort("line_number").rows() == rows.sort("line_number").rows()
    assert len(shares) == -(-rows.height // at_once)
    keys = [share["prompt_key"].drop_nulls() for share in shares]
    spans = [(key.min(), key.max()) for key in keys if len(key)]
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_selection_in_shares_selects_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = DatasetSettings(eval_fraction=0.3, validation_fraction=0.2, max_pass_rate=0.6)
    pairs = build_pairs(log(), cleaned(), PairingSettings())[0].lazy()
    whole = survey_traces(log(), settings)
    selected, report = select_pairs(pairs, settings, whole)
    assert selected.height > 10
    monkeypatch.setattr(survey, "ROWS_AT_ONCE", 20)
    monkeypatch.setattr(selection, "PAIRS_AT_ONCE", 20)
    shared = survey_traces(log(), settings)
    assert_frame_equal(shared.problems, whole.problems)
    assert_frame_equal(shared.wrong_answers, whole.wrong_answers, check_row_order=False)
    in_shares, report_of_shares = select_pairs(pairs, settings, shared)
    assert_frame_equal(in_shares, selected)
    assert report_of_shares == report
