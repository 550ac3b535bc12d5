"""What stands in for the work that needs torch: tiny models, and completions that are given."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.evaluation.prompts import load_eval_prompts
from dpo_math_assets.evaluation.sampling import SampleReport
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.json_objects import as_json
from dpo_math_assets.stages.artifacts import UNJUDGED
from dpo_math_assets.stages.tasks import SamplingRequest, TrainingRequest
from dpo_math_assets.storage import Store, write_json, write_parquet, write_text
from dpo_math_assets.training.manifest import ModelManifest, TrainingReport
from dpo_math_assets.training.models import identity

REPORT = TrainingReport(
    trainer="dpo",
    base_model="base",
    dataset_version="d1",
    rows=1,
    rows_overlong=0,
    rows_merged_boundary=0,
    window=64,
    parameters=1,
    parameters_trained=1,
    steps=1,
    resumed_from_step=0,
    seconds=1.0,
    cpu_seconds=1.0,
    tokens=10,
    tokens_per_second=10.0,
    final={"loss": 0.5},
    logps_chosen_fall=4.0,
    logps_chosen_fall_per_token=0.2,
    validation_fall_per_token=None,
    warnings=["The chosen completions fell."],
)


def manifest(base_model: str, **changes: Any) -> ModelManifest:
    """The manifest of a model trained from a folder, as its run writes it."""
    written = ModelManifest(
        base_model=base_model,
        dataset_version="d1",
        base_model_sha256=identity(base_model),
        verifier_versions=["7"],
        code={"commit": "abc"},
        environment={"python": "3.11"},
        report=REPORT,
    )
    return replace(written, **changes)


class FakeTasks:
    """Writes what training and sampling write, and remembers what it was asked for.

    Training leaves states behind, as it does, and may be stopped at the control; every completion
    of a model is the text given for it.
    """

    def __init__(self, stopped_at_control: bool = False, **completions: str) -> None:
        self.stopped_at_control = stopped_at_control
        self.completions = completions
        self.sampled: list[str] = []

    def train(self, request: TrainingRequest) -> TrainingReport:
        write_text(request.work / "dpo-1" / "lock", "")
        if request.control and self.stopped_at_control:
            raise KeyboardInterrupt
        written = manifest(request.settings.base_model, dataset_version=request.dataset.name)
        write_json(request.out / "manifest.json", as_json(written))
        write_json(request.out / "curves.json", [{"step": 1, "loss": 0.5}])
        write_text(request.out / "README.md", "# Model\n")
        write_text(request.out / "config.json", '{"control": true}' if request.control else "{}")
        return written.report

    def sample(self, request: SamplingRequest) -> None:
        store = Store(request.root)
        prompts = load_eval_prompts(request.held_out, request.settings.benchmark_files)
        for subject in request.subjects:
            self.sampled.append(subject.name)
            rows = [
                {
                    **prompt,
                    "model": subject.name,
                    "mode": mode,
                    "sample": number,
                    "completion": self.completions[subject.name],
                    "completion_tokens": 5,
                    "truncated": False,
                }
                for prompt in prompts.iter_rows(named=True)
                for mode, copies in (("greedy", 1), ("sampled", request.settings.k))
                for number in range(copies)
            ]
            frame = pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row")
            write_parquet(store.partition(UNJUDGED, subject.name), frame)
            report = SampleReport(
                model=subject.name,
                prompts=prompts.height,
                completions=frame.height,
                completion_tokens=5 * frame.height,
                truncated=0,
                resumed_shards=0,
                shards=1,
                seconds=0.5,
                fingerprint=f"{Path(subject.model).name}-1",
            )
            store.finish(UNJUDGED, subject.name, subject.inputs, as_json(report))
