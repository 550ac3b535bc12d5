"""How a verdict came about: the same verdict again, with the rules that were applied."""

from dataclasses import dataclass

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.runtime.pipeline import verify
from dpo_math_assets.verifier.trace import Step, recording
from dpo_math_assets.verifier.verdict import Verdict

__all__ = ["Explanation", "explain"]

_DEFAULT = Conventions()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict and the rules that led to it, in the order in which they were applied."""

    verdict: Verdict
    steps: tuple[Step, ...]


def explain(
    candidate: str | None,
    ground_truth: str | None,
    conventions: Conventions = _DEFAULT,
    *,
    timeout_s: float = 5.0,
) -> Explanation:
    """The verdict of `verify` on a completion, and how it came about."""
    with recording() as steps:
        verdict = verify(candidate, ground_truth, conventions, timeout_s=timeout_s)
    return Explanation(verdict, tuple(steps))
