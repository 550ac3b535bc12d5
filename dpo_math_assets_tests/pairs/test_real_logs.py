"""The whole way from a real log to a dataset: GSM8K solutions whose labels can be relied on."""

import json
from pathlib import Path

import polars as pl
import pytest

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.dataset import build_dataset
from dpo_math_assets.pairs.pairing import PairingSettings, build_pairs
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.traces.cleaning import clean_export
from dpo_math_assets.traces.intake import read_export
from dpo_math_assets.traces.schema import CLEANED_SCHEMA

pytestmark = pytest.mark.slow

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
LOG = SHARED / "logs" / "openai_gsm8k_solutions.jsonl"
CONTRADICTORY = SHARED / "hostile" / "19_contradictory_ok.jsonl"
BENCHMARK = SHARED / "eval" / "gsm8k_test.jsonl"


@pytest.fixture(scope="module")
def cleaned_log(tmp_path_factory: pytest.TempPathFactory) -> pl.LazyFrame:
    if not LOG.exists():
        pytest.skip("the shared logs are not here")
    folder = tmp_path_factory.mktemp("log")
    read_export(LOG, "gsm8k", folder / "raw.parquet", folder / "quarantine.parquet")
    clean_export(folder / "raw.parquet", folder / "cleaned.parquet", workers=1)
    return pl.scan_parquet(folder / "cleaned.parquet")


def test_labels_of_a_reliable_log_are_the_labels_of_the_pairs(
    cleaned_log: pl.LazyFrame, tmp_path: Path
) -> None:
    nothing = pl.LazyFrame(schema=CLEANED_SCHEMA)
    pairs, report = build_pairs(cleaned_log, nothing, PairingSettings())
    assert report.eligible + sum(report.excluded.values()) == report.traces
    dataset = build_dataset(
        pairs.lazy(), cleaned_log, DatasetSettings(), tmp_path, lineage={"log": LOG.name}
    )
    label = {
        (row["prompt"], row["candidate"]): row["ok"]
        for row in map(json.loads, LOG.read_text(encoding="utf-8").splitlines())
    }
    rows = [
        json.loads(line)
        for split in ("train", "validation")
        for line in (tmp_path / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(rows) == dataset.train + dataset.validation > 200
    assert {label[row["prompt"], row["chosen"]] for row in rows} == {True}
    assert {label[row["prompt"], row["rejected"]] for row in rows} == {False}
    assert set(dataset.licences) == {"MIT"}


def test_a_log_of_a_benchmarks_own_problems_leaves_nothing_to_train_on(
    cleaned_log: pl.LazyFrame, tmp_path: Path
) -> None:
    pairs, _ = build_pairs(cleaned_log, cleaned_log.head(0), PairingSettings())
    settings = DatasetSettings(benchmark_files=[str(BENCHMARK)])
    with pytest.raises(DatasetError, match=r"contaminated \d+.*benchmark_files"):
        build_dataset(pairs.lazy(), cleaned_log, settings, tmp_path, lineage={})


def test_a_log_that_calls_each_answer_both_right_and_wrong_gives_no_pair_of_equals(
    tmp_path: Path,
) -> None:
    if not CONTRADICTORY.exists():
        pytest.skip("the shared logs are not here")
    raw, cleaned = tmp_path / "raw.parquet", tmp_path / "cleaned.parquet"
    read_export(CONTRADICTORY, "both", raw, tmp_path / "quarantine.parquet")
    clean_export(raw, cleaned, workers=1)
    traces = pl.scan_parquet(cleaned)
    pairs, _ = build_pairs(traces, traces.head(0), PairingSettings())
    assert pairs.height > 50
    verdicts = dict(traces.select("candidate", "verdict").unique().collect().iter_rows())
    assert {verdicts[text] for text in pairs["chosen"]} == {"correct"}
    assert {verdicts[text] for text in pairs["rejected"]} == {"incorrect"}
