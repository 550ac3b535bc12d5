import json

import polars as pl
import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.gate import GateSettings
from dpo_math_assets.evaluation.run import evaluate, read_decision
from dpo_math_assets.evaluation.statistics import RATE_SCHEMA, StatisticsSettings
from dpo_math_assets.pairs.likeness import DecontaminationSettings

from .samples import judged, same

SAMPLES = judged({"base": same(30, "w", "wc"), "model": same(30, "c", "cc")})
QUICK = StatisticsSettings(resamples=200)


def test_an_evaluation_folder_holds_rates_decision_and_report(tmp_path):
    gate = GateSettings(min_prompts=31)
    found = evaluate(SAMPLES, tmp_path, QUICK, gate, candidate="model", title="Base and model")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "decision.json",
        "pass_rates.parquet",
        "report.html",
        "slices.parquet",
    ]
    rates = pl.read_parquet(tmp_path / "pass_rates.parquet")
    assert rates.schema == RATE_SCHEMA and rates.equals(found.comparison.rates)
    assert json.loads((tmp_path / "decision.json").read_text())["passed"] is False
    assert "<h1>Base and model</h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert read_decision(tmp_path) == found.decision


def test_what_was_trained_on_is_looked_up_and_kept(tmp_path):
    train = tmp_path / "train.jsonl"
    train.write_text('{"prompt": "held_out/7 solve"}\n')
    out = tmp_path / "out"
    found = evaluate(SAMPLES, out, QUICK, candidate="model", training_files=[train])
    overlap = pl.read_parquet(out / "training_overlap.parquet")
    assert overlap["prompt_id"].to_list() == ["held_out/7"]
    assert "not_trained_on" in [c.name for c in found.decision.conditions if not c.passed]


def test_what_counts_as_trained_on_is_what_the_training_set_was_made_with(tmp_path):
    train = tmp_path / "train.jsonl"
    train.write_text('{"prompt": "held_out/7 solve with care and with a pen"}\n')
    told = SAMPLES.with_columns(pl.col("prompt") + " and with a pen, please")
    overlaps = []
    for words in (4, 5):
        out = tmp_path / str(words)
        likeness = DecontaminationSettings(overlap_words=words, template_prompts=100)
        evaluate(told, out, QUICK, candidate="model", training_files=[train], likeness=likeness)
        overlaps.append(pl.read_parquet(out / "training_overlap.parquet").height)
    assert overlaps == [30, 0]


def test_a_later_override_keeps_what_failed(tmp_path):
    evaluate(SAMPLES, tmp_path, QUICK, GateSettings(min_prompts=31), candidate="model")
    assert not read_decision(tmp_path, "  ").passed
    overridden = read_decision(tmp_path, "Shipped to the canary only.")
    assert overridden.passed and overridden.overridden
    assert [c.name for c in overridden.conditions if not c.passed] == ["enough_prompts"]


@pytest.mark.parametrize("text", [None, "", "[]", '{"conditions": [{}]}'])
def test_a_damaged_decision_releases_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / "decision.json").write_text(text)
    with pytest.raises(EvaluationError, match=r"decision\.json: not a gate decision"):
        read_decision(tmp_path, "override")
