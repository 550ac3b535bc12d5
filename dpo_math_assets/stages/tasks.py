"""Work that needs torch: training and sampling, in this process or in one of its own.

A request and its answer cross to another process as JSON. A stage asks for the work through
`Tasks`, and does not know where it is done.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dpo_math_assets.evaluation.prompts import load_eval_prompts
from dpo_math_assets.evaluation.settings import SamplingSettings
from dpo_math_assets.json_objects import as_json, from_json
from dpo_math_assets.stages.artifacts import UNJUDGED
from dpo_math_assets.storage import Store
from dpo_math_assets.training.manifest import TrainingReport
from dpo_math_assets.training.progress import Progress
from dpo_math_assets.training.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingRequest:
    """A model to train from a dataset's folder into the empty folder `out`."""

    settings: TrainingSettings
    dataset: Path
    out: Path
    work: Path  # where a killed run left its states, and this one leaves its own
    control: bool  # the control on correct completions alone, in place of DPO


@dataclass(frozen=True)
class Subject:
    """A model to sample."""

    name: str  # base, dpo, sft
    model: str  # folder or hub id
    inputs: dict[str, Any]  # what its samples are made of


@dataclass(frozen=True)
class SamplingRequest:
    """Models to draw completions of, into the partitions UNJUDGED of the store at `root`."""

    root: Path
    subjects: list[Subject]
    settings: SamplingSettings
    run_code_of: str  # as in the settings of training
    held_out: Path | None  # dataset folder whose held-out prompts are answered beside benchmarks


class Tasks(Protocol):
    """Where the work is done."""

    def train(self, request: TrainingRequest) -> TrainingReport:
        """Train; the states in `work` stay, for a caller that is killed before it publishes."""

    def sample(self, request: SamplingRequest) -> None:
        """Draw the completions; each model's partition is finished as soon as it is drawn."""


class InThisProcess:
    """Tasks done right here."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress

    def train(self, request: TrainingRequest) -> TrainingReport:
        """As `Tasks.train`. Raises TrainingError as `run_training` does."""
        from dpo_math_assets.training.launch import run_training

        report = run_training(
            request.settings,
            request.dataset,
            request.out,
            self._on_progress,
            control=request.control,
            work=request.work,
        )
        return from_json(TrainingReport, report, "the report of the training")

    def sample(self, request: SamplingRequest) -> None:
        """As `Tasks.sample`. Raises EvaluationError as `sample_model` does."""
        from dpo_math_assets.evaluation import sampling

        store = Store(request.root)
        prompts = load_eval_prompts(request.held_out, request.settings.benchmark_files)
        for subject in request.subjects:
            store.forget(UNJUDGED, subject.name)
            report = sampling.sample_model(
                subject.model,
                prompts,
                subject.name,
                request.settings,
                store.partition(UNJUDGED, subject.name),
                self._on_progress,
                request.run_code_of,
            )
            store.finish(UNJUDGED, subject.name, subject.inputs, as_json(report))
