"""A reward function for verl: `reward.custom_reward_function.path` names this file.

It imports nothing of verl, so it can be given to verl by path.
"""

from typing import Any

from dpo_math_assets.verifier import verify

__all__ = ["compute_score"]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: dict[str, Any] | None = None,
    undecided_score: float = 0.0,
    **kwargs: Any,
) -> dict[str, float | str]:
    """The score of one rollout: 1.0 proven right, 0.0 proven wrong, else `undecided_score`.

    verl cannot leave a rollout out, so an undecided one needs a number (`undecided_score` among
    the `reward_kwargs`); `undecided` is 1.0 for it, and verl's logs show how many there are.
    """
    verdict = verify(solution_str, ground_truth)
    undecided = verdict.ok is None
    return {
        "score": undecided_score if undecided else float(verdict.ok is True),
        "undecided": float(undecided),
        "reason": verdict.reason,
    }
