"""A metric for lighteval: `metrics=[math_sympy_verify]` in a task's configuration."""

from typing import Any

import numpy as np
from lighteval.metrics.metrics_sample import SampleLevelComputation
from lighteval.metrics.utils.metric_utils import SampleLevelMetricGrouping
from lighteval.tasks.requests import Doc, SamplingMethod

from dpo_math_assets.verifier import verify

__all__ = ["math_sympy_verify"]


class _Verify(SampleLevelComputation):
    def compute(self, doc: Doc, model_response: Any, **_: Any) -> dict[str, float]:
        """The best of the golds counts: 1.0 where the first completion equals one of them."""
        text = model_response.final_text[0]
        oks = [verify(text, gold).ok for gold in doc.get_golds()]
        passes = True in oks
        return {
            "math_sympy_verify": float(passes),
            "math_sympy_undecided": float(not passes and None in oks),
        }


# Pass rate, and the share of which nothing is proven.
math_sympy_verify = SampleLevelMetricGrouping(
    metric_name=["math_sympy_verify", "math_sympy_undecided"],
    higher_is_better={"math_sympy_verify": True, "math_sympy_undecided": False},
    category=SamplingMethod.GENERATIVE,
    sample_level_fn=_Verify(),
    corpus_level_fn={"math_sympy_verify": np.mean, "math_sympy_undecided": np.mean},
)
