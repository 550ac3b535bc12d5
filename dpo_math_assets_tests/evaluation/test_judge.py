import polars as pl
import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation import judge
from dpo_math_assets.evaluation.judge import judge_samples
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.evaluation.statistics import StatisticsSettings, pass_rates
from dpo_math_assets.verifier import VERIFIER_VERSION

from .samples import judged

COMPLETIONS = ["FINAL ANSWER: 4", "2 + 2 is 5.\nFINAL ANSWER: 5", "I do not know", ""]


@pytest.fixture(scope="module")
def samples():
    """Four samples whose earlier verdicts, all correct, are of another verifier."""
    return judged({"base": {"a": ("", "cccc")}}).with_columns(
        completion=pl.Series(COMPLETIONS), verifier_version=pl.lit("0")
    )


def test_every_sample_is_judged_in_place_and_anew(samples):
    found = judge_samples(samples, workers=1)
    assert found.schema == SAMPLE_SCHEMA
    assert found["completion"].to_list() == COMPLETIONS
    assert found["verdict"].to_list() == ["correct", "incorrect", "undecided", "undecided"]
    assert found["extracted"].to_list()[:2] == ["4", "5"]
    assert set(found["verifier_version"]) == {VERIFIER_VERSION}


def test_judged_samples_go_straight_into_pass_rates(samples):
    rates = pass_rates(judge_samples(samples, workers=1), StatisticsSettings(resamples=100))
    row = rates.row(0, named=True)
    assert (row["avg_at_k"], row["undecided_rate"]) == (1 / 4, 2 / 4)


def test_a_frame_that_is_no_sample_is_refused(samples):
    with pytest.raises(EvaluationError, match="lack the columns completion, truncated"):
        judge_samples(samples.drop("completion", "truncated"))


def test_the_deadline_that_is_asked_for_is_the_verifiers(samples, monkeypatch):
    deadlines = []
    verify = judge.verify_frame

    def watched(*arguments, **named):
        deadlines.append(named["timeout_s"])
        return verify(*arguments, **named)

    monkeypatch.setattr(judge, "verify_frame", watched)
    judge_samples(samples, workers=1, timeout_s=0.5)
    assert deadlines == [0.5]
