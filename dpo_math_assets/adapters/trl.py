"""A reward function for TRL, with the signature of `trl.rewards.accuracy_reward`."""

from collections.abc import Callable, Sequence
from typing import Any

from dpo_math_assets.verifier import Verdict, verify

__all__ = ["accuracy_reward"]

# A chat, of which the last message is the completion, or its plain text.
Completion = str | Sequence[dict[str, str]]


def accuracy_reward(
    completions: Sequence[Completion],
    solution: Sequence[str],
    log_extra: Callable[[str, list[Any]], None] | None = None,
    **kwargs: Any,
) -> list[float | None]:
    """1.0 for a completion proven right, 0.0 for one proven wrong, None where nothing is proven.

    TRL leaves out a completion whose reward is None, so that no group is moved by a guess.
    `solution` holds a gold answer per completion, or a whole solution that states one. `log_extra`
    is the trainer's: extracted answer and reason become columns of its table of completions.
    """
    verdicts = [
        verify(_text(completion), gold)
        for completion, gold in zip(completions, solution, strict=True)
    ]
    if log_extra is not None:
        log_extra("solution", list(solution))
        log_extra("extracted_answer", [verdict.extracted or "" for verdict in verdicts])
        log_extra("verdict_reason", [verdict.reason for verdict in verdicts])
    return [_reward(verdict) for verdict in verdicts]


def _text(completion: Completion) -> str:
    return completion if isinstance(completion, str) else completion[-1]["content"]


def _reward(verdict: Verdict) -> float | None:
    return None if verdict.ok is None else float(verdict.ok)
