"""lm-evaluation-harness with our metric and filter, on three local samples."""

from collections.abc import Callable
from typing import Any

PROGRAM = """
import json
import lm_eval
from lm_eval.api.model import LM
from lm_eval.api.task import ConfigurableTask
import dpo_math_assets.adapters.lm_eval

ANSWERS = {"half": "It is \\\\boxed{0.5}.", "two": "It is \\\\boxed{3}.", "odd": "I cannot tell."}

class Fixed(LM):
    def loglikelihood(self, requests): raise NotImplementedError
    def loglikelihood_rolling(self, requests): raise NotImplementedError
    def generate_until(self, requests, disable_tqdm=False):
        return [ANSWERS[request.arguments[0].split()[0]] for request in requests]

rows = [{"question": "half ?", "answer": "\\\\frac{1}{2}"}, {"question": "two ?", "answer": "2"},
        {"question": "odd ?", "answer": "7"}]
with open("rows.jsonl", "w") as out:
    out.writelines(json.dumps(row) + "\\n" for row in rows)
task = ConfigurableTask(config={
    "task": "local", "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
    "test_split": "test", "output_type": "generate_until", "doc_to_text": "{{question}}",
    "doc_to_target": "{{answer}}", "generation_kwargs": {"until": []},
    "filter_list": [{"name": "whole", "filter": [{"function": "take_first"}]},
                    {"name": "answer", "filter": [{"function": "math_sympy_answer"},
                                                  {"function": "take_first"}]}],
    "metric_list": [{"metric": "math_sympy_verify"}, {"metric": "math_sympy_undecided"}]})
result = lm_eval.evaluate(lm=Fixed(), task_dict={"local": task}, bootstrap_iters=0)
told = result["results"]["local"]
shown = [s["filtered_resps"][0] for s in result["samples"]["local"] if s["filter"] == "answer"]
print(json.dumps([{k: v for k, v in told.items() if k.startswith("math")}, shown]))
"""


def test_the_harness_counts_proven_answers_and_says_how_many_are_not(
    told_by: Callable[[str], Any],
) -> None:
    results, shown = told_by(PROGRAM)
    for filtered in ("whole", "answer"):
        assert round(results[f"math_sympy_verify,{filtered}"], 3) == 0.333
    assert round(results["math_sympy_undecided,whole"], 3) == 0.333
    assert shown == ["0.5", "3", "I cannot tell."]
