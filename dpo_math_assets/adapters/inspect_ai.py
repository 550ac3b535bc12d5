"""A scorer for Inspect: `Task(..., scorer=math_sympy_verify())`."""

import asyncio

from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    NOANSWER,
    Score,
    Scorer,
    Target,
    accuracy,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from dpo_math_assets.verifier import verify

__all__ = ["math_sympy_verify"]


@scorer(metrics=[accuracy(), stderr()])
def math_sympy_verify() -> Scorer:
    """Correct, incorrect, or Inspect's no-answer mark where nothing is proven (accuracy counts 0).

    A sample with several targets is correct where one of them is matched.
    """

    async def score(state: TaskState, target: Target) -> Score:
        text = state.output.completion
        # Seconds at worst: other samples go on meanwhile.
        verdicts = [await asyncio.to_thread(verify, text, gold) for gold in target]
        best = max(verdicts, key=lambda verdict: (verdict.ok is True, verdict.ok is None))
        value = {True: CORRECT, False: INCORRECT, None: NOANSWER}[best.ok]
        return Score(
            value=value,
            answer=best.extracted,
            explanation=best.reason,
            metadata={"method": best.method, "verifier_version": best.verifier_version},
        )

    return score
