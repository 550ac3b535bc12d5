"""Work that needs torch: its requests cross as text, and what is drawn is kept model by model."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.evaluation import sampling
from dpo_math_assets.evaluation.sampling import SampleReport
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.evaluation.settings import SamplingSettings
from dpo_math_assets.json_objects import as_json, from_json
from dpo_math_assets.stages.artifacts import UNJUDGED
from dpo_math_assets.stages.tasks import InThisProcess, SamplingRequest, Subject, TrainingRequest
from dpo_math_assets.storage import Store, write_parquet, write_text
from dpo_math_assets.training.settings import TrainingSettings

SAMPLING = SamplingSettings(k=2, server_urls={"base": "http://127.0.0.1:1/v1"})
TRAINING = TrainingSettings(base_model="b", trl_overrides={"warmup_ratio": 0.1})


def sampling_request(root: Path, held_out: Path | None) -> SamplingRequest:
    subjects = [Subject(name, f"models/{name}", {"model": name}) for name in ("base", "dpo")]
    return SamplingRequest(root, subjects, SAMPLING, run_code_of="", held_out=held_out)


@pytest.mark.parametrize(
    "request_",
    [
        TrainingRequest(TRAINING, Path("/d"), Path("/out"), Path("/work"), control=True),
        sampling_request(Path("/data"), Path("/d")),
        sampling_request(Path("/data"), None),
    ],
)
def test_a_request_reaches_another_process_as_it_was(request_: Any) -> None:
    text = json.dumps(as_json(request_))
    assert from_json(type(request_), json.loads(text), "the request") == request_


def test_a_run_that_is_killed_at_the_second_model_keeps_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(model: str, prompts: pl.DataFrame, name: str, *rest: Any) -> SampleReport:
        if name == "dpo":
            raise KeyboardInterrupt
        write_parquet(rest[1], pl.DataFrame(schema=SAMPLE_SCHEMA))
        return SampleReport(name, prompts.height, 0, 0, 0, 0, 1, 0.1, "f")

    monkeypatch.setattr(sampling, "sample_model", draw)
    row = {"id": 1, "prompt": "1+1=", "ground_truth": "2", "meta": {}}
    write_text(tmp_path / "d" / "eval_prompts.jsonl", json.dumps(row) + "\n")
    with pytest.raises(KeyboardInterrupt):
        request = sampling_request(tmp_path, tmp_path / "d")
        InThisProcess(lambda progress: None).sample(request)
    store = Store(tmp_path)
    assert (store.finished(UNJUDGED, "base", {"model": "base"}) or {})["prompts"] == 1
    assert store.record(UNJUDGED, "dpo") is None
