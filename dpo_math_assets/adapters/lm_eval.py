"""A metric and a filter for lm-evaluation-harness; importing this module registers both.

In a task's YAML the metric is `math_sympy_verify`, beside `math_sympy_undecided`; the filter, for
samples that show the extracted answer alone, is `math_sympy_answer`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from lm_eval.api.filter import Filter
from lm_eval.api.registry import register_filter, register_metric

from dpo_math_assets.verifier import Verdict, extract, verify

__all__ = ["FinalAnswer", "math_sympy_undecided", "math_sympy_verify"]


@lru_cache(maxsize=1)
def _verdict(completion: str, gold: str) -> Verdict:
    """The verdict that both metrics ask for, one after the other."""
    return verify(completion, gold)


@register_metric(
    metric="math_sympy_verify",
    higher_is_better=True,
    output_type="generate_until",
    aggregation="mean",
)
def math_sympy_verify(references: Sequence[str], predictions: Sequence[str], **_: Any) -> float:
    """1.0 where the completion is proven equal to the gold, else 0.0."""
    return float(_verdict(predictions[0], references[0]).ok is True)


@register_metric(
    metric="math_sympy_undecided",
    higher_is_better=False,
    output_type="generate_until",
    aggregation="mean",
)
def math_sympy_undecided(references: Sequence[str], predictions: Sequence[str], **_: Any) -> float:
    """1.0 where nothing is proven: as much may be missing from `math_sympy_verify`."""
    return float(_verdict(predictions[0], references[0]).ok is None)


@register_filter("math_sympy_answer")
class FinalAnswer(Filter):
    """Each completion becomes its final answer, or stays whole where it states none."""

    def apply(self, resps: Iterable[Sequence[str]], docs: Sequence[dict[str, Any]]) -> Any:
        """The answers, in the shape of `resps`: a list of completions per document."""
        return [[extract(text).answer or text for text in texts] for texts in resps]
