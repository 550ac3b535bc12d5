"""An Inspect evaluation of four noted answers, scored by us."""

from collections.abc import Callable
from typing import Any

PROGRAM = """
import json
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.solver import solver
from dpo_math_assets.adapters.inspect_ai import math_sympy_verify

@solver
def noted():
    async def solve(state, generate):
        state.output = ModelOutput.from_content("noted", state.input_text)
        return state
    return solve

rows = [("It is \\\\boxed{0.5}.", "\\\\frac{1}{2}"), ("It is \\\\boxed{3}.", "2"),
        ("I cannot tell.", "2"), ("\\\\boxed{4}", ["7", "2^2"])]
task = Task(dataset=[Sample(input=text, target=gold) for text, gold in rows],
            solver=noted(), scorer=math_sympy_verify())
(log,) = eval(task, model="mockllm/model", display="none", log_dir="logs")
scores = [next(iter(sample.scores.values())) for sample in log.samples]
print(json.dumps([[score.value for score in scores], [score.answer for score in scores],
                  log.results.scores[0].metrics["accuracy"].value]))
"""


def test_the_scorer_tells_right_wrong_and_unproven_apart(told_by: Callable[[str], Any]) -> None:
    values, answers, accuracy = told_by(PROGRAM)
    assert values == ["C", "I", "N", "C"]
    assert answers == ["0.5", "3", None, "4"]
    assert accuracy == 0.5
