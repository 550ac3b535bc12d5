"""What a trained model says of itself: the report of its run, and what it was made of.

Both are written by the run that trains, as JSON beside the weights, and read by everything after
it. Fields with a default came later: manifests without them stay readable.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dpo_math_assets.json_objects import load

MANIFEST_FILE = "manifest.json"
CURVES_FILE = "curves.json"


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a run did, in numbers that a plot over time makes sense of."""

    trainer: str  # dpo or sft
    base_model: str
    dataset_version: str
    rows: int  # pairs (DPO) or completions (SFT) of the training file
    chat: bool = False  # whether they are chat messages
    rows_overlong: int  # of them left out: longer than the window
    rows_indistinct: int = 0  # of them left out: both sides are the same tokens
    rows_merged_boundary: int  # of them whose prompt's last token merges with the completion
    window: int  # tokens
    parameters: int
    parameters_trained: int  # fewer with adapters
    steps: int
    resumed_from_step: int  # 0 for a run that was not interrupted
    seconds: float  # wall time of training
    cpu_seconds: float
    tokens: int
    tokens_per_second: float
    final: dict[str, float]  # the last point of each curve
    logps_chosen_fall: float | None  # nats a completion, against the base model; DPO only
    logps_chosen_fall_per_token: float | None  # the same over the mean length of chosen
    validation_fall_per_token: float | None = None  # that of the validation pairs, if any
    warnings: list[str]


@dataclass(frozen=True)
class Origin:
    """What a run starts from, known before it trains."""

    base_model_sha256: str
    verifier_versions: list[str]  # of the verdicts that the training pairs rest on
    code: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ModelManifest:
    """What a model was made of, and how that went."""

    base_model: str  # folder or hub id
    dataset_version: str
    base_model_sha256: str = ""  # `models.identity` of the base model when it was trained from
    verifier_versions: list[str] = field(default_factory=list)
    code: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    report: TrainingReport
    environment: dict[str, Any] = field(default_factory=dict)


def read_manifest(model: Path) -> ModelManifest:
    """The manifest of a folder that a run wrote. Raises DpoMathError where there is none."""
    return load(ModelManifest, model / MANIFEST_FILE)


def read_curves(model: Path) -> list[dict[str, Any]]:
    """A point per logged step of a run, from the folder that it wrote."""
    return load(list[dict[str, Any]], model / CURVES_FILE)
