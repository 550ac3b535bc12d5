"""lighteval's own evaluation of samples with our metric."""

from collections.abc import Callable
from typing import Any

PROGRAM = """
import json
from lighteval.metrics import apply_metric
from lighteval.models.model_output import ModelResponse
from lighteval.tasks.requests import Doc
from dpo_math_assets.adapters.lighteval import math_sympy_verify

def doc(*golds):
    return Doc(query="?", choices=list(golds), gold_index=list(range(len(golds))))

rows = [("It is \\\\boxed{0.5}.", doc("\\\\frac{1}{2}")), ("It is \\\\boxed{3}.", doc("2")),
        ("I cannot tell.", doc("2")), ("So \\\\boxed{4}.", doc("7", "2^2"))]
found = apply_metric([ModelResponse(text=[text]) for text, _ in rows],
                     [doc for _, doc in rows], [math_sympy_verify])
corpus = math_sympy_verify.get_corpus_aggregations()
print(json.dumps([{name: float(mean([row[name] for row in found]))
                   for name, mean in corpus.items()}, found]))
"""


def test_any_of_the_golds_counts_and_the_unproven_are_a_figure_of_their_own(
    told_by: Callable[[str], Any],
) -> None:
    corpus, samples = told_by(PROGRAM)
    assert [sample["math_sympy_verify"] for sample in samples] == [1.0, 0.0, 0.0, 1.0]
    assert corpus == {"math_sympy_verify": 0.5, "math_sympy_undecided": 0.25}
