"""What an evaluation and a release candidate were made of, as the JSON that lies in them says."""

from dataclasses import dataclass, field
from typing import Any

ORIGIN_FILE = "made_of.json"  # in an evaluation
RELEASE_FILE = "release.json"  # in a release candidate


@dataclass(frozen=True)
class EvaluationOrigin:
    """The checkpoint that was evaluated, and what the samples of all its models have in common."""

    checkpoint: str
    dataset: str = ""  # version
    prompts: str = ""  # digest
    settings: dict[str, Any] = field(default_factory=dict)  # of sampling, what decides the samples
    verifier: str = ""  # version


@dataclass(frozen=True)
class ReleaseOrigin:
    """The checkpoint that is released, and the evaluation and the decision that allow it."""

    checkpoint: str
    evaluation: str
    run_id: str = ""
    made_of: EvaluationOrigin | None = None
    gate: dict[str, Any] = field(default_factory=dict)  # `GateDecision.as_dict`
