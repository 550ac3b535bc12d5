"""The score that verl gets, through its own reward manager too."""

import inspect
from collections.abc import Callable
from typing import Any

from dpo_math_assets.adapters import verl
from dpo_math_assets.adapters.verl import compute_score


def test_every_rollout_tells_the_same_keys_since_verl_makes_columns_of_them() -> None:
    texts = ["\\boxed{2}", "\\boxed{3}", "I cannot tell."]
    scores = [compute_score("gsm8k", text, "2") for text in texts]
    assert [score["score"] for score in scores] == [1.0, 0.0, 0.0]
    assert [score["undecided"] for score in scores] == [0.0, 0.0, 1.0]
    assert {tuple(score) for score in scores} == {("score", "undecided", "reason")}


def test_what_is_not_proven_gets_the_number_that_the_configuration_says() -> None:
    assert compute_score("gsm8k", "I cannot tell.", "2", {}, undecided_score=-0.5)["score"] == -0.5


PROGRAM = """
import json, sys
import torch
from tensordict import TensorDict
from transformers import AutoTokenizer
from omegaconf import OmegaConf
from verl import DataProto
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.workers.reward_manager import get_reward_manager_cls

class Characters:
    def decode(self, ids, skip_special_tokens=True):
        return "".join(chr(int(i)) for i in ids)

texts = ["\\\\boxed{2}", "\\\\boxed{3}", "\\\\boxed{ }"]
responses = torch.tensor([[ord(c) for c in text] for text in texts])
prompts = torch.full((3, 1), ord("?"))
batch = TensorDict(
    {"prompts": prompts, "responses": responses,
     "attention_mask": torch.ones(3, 10, dtype=torch.long)}, batch_size=3)
import numpy as np
rows = DataProto(batch=batch, non_tensor_batch={
    "reward_model": np.array([{"ground_truth": "2"}] * 3, dtype=object),
    "data_source": np.array(["gsm8k"] * 3, dtype=object),
    "extra_info": np.array([{}] * 3, dtype=object)})
config = OmegaConf.create({"reward": {"custom_reward_function": {
    "path": PATH, "name": "compute_score", "reward_kwargs": {"undecided_score": 0.25}}}})
manager = get_reward_manager_cls("naive")(
    tokenizer=Characters(), num_examine=0, compute_score=get_custom_reward_fn(config))
result = manager(rows, return_dict=True)
print(json.dumps([result["reward_tensor"].sum(-1).tolist(),
                  list(result["reward_extra_info"]["reason"])]))
"""


def test_verls_reward_manager_takes_the_function_by_its_path(
    told_by: Callable[[str], Any],
) -> None:
    rewards, reasons = told_by(PROGRAM.replace("PATH", repr(inspect.getsourcefile(verl))))
    assert rewards == [1.0, 0.0, 0.25]
    assert reasons == ["pass", "mismatch", "no_final_answer"]
