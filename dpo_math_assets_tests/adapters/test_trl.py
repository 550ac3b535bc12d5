"""The reward that TRL gets: a proof or nothing, in threads too, in a step of its GRPO trainer."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.adapters.trl import accuracy_reward
from dpo_math_assets_tests.evaluation.conftest import make_tiny_model


def test_a_right_a_wrong_and_an_unproven_completion_get_one_zero_and_none() -> None:
    completions = ["It is \\boxed{\\frac{1}{2}}.", "It is \\boxed{3}.", "I do not know."]
    assert accuracy_reward(completions, ["0.5", "2", "2"]) == [1.0, 0.0, None]


def test_the_last_message_of_a_chat_is_the_completion() -> None:
    chat = [{"role": "assistant", "content": "So \\boxed{7}."}]
    assert accuracy_reward([chat], ["7"], prompts=[["3 + 4?"]]) == [1.0]


def test_what_was_read_and_why_becomes_columns_of_the_trainers_table() -> None:
    columns: dict[str, list[Any]] = {}
    accuracy_reward(["\\boxed{3}", "I do not know."], ["2", "2"], log_extra=columns.__setitem__)
    assert columns == {
        "solution": ["2", "2"],
        "extracted_answer": ["3", ""],
        "verdict_reason": ["mismatch", "no_final_answer"],
    }


def test_a_reward_in_a_thread_is_the_reward_of_the_main_thread() -> None:
    rewards: list[list[float | None]] = []
    completions, golds = ["\\boxed{(x+1)^2}", "\\boxed{x}"], ["x^2+2x+1", "2x"]
    thread = threading.Thread(target=lambda: rewards.append(accuracy_reward(completions, golds)))
    thread.start()
    thread.join()
    assert rewards == [accuracy_reward(completions, golds)] == [[1.0, 0.0]]


@pytest.mark.model
def test_a_step_of_the_grpo_trainer_takes_its_rewards_from_here(tmp_path: Path) -> None:
    import torch
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    torch.manual_seed(0)
    rewards: list[list[float | None]] = []

    def recorded(**columns: Any) -> list[float | None]:
        rewards.append(accuracy_reward(**columns))
        return rewards[-1]

    options = GRPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=1,
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=4,
        use_cpu=True,
        report_to=[],
        logging_steps=1,
        save_strategy="no",
    )
    trainer = GRPOTrainer(
        model=str(make_tiny_model(tmp_path / "model")),
        reward_funcs=recorded,
        args=options,
        train_dataset=Dataset.from_list([{"prompt": "1+1", "solution": "2"}] * 4),
    )
    trainer.train()
    assert rewards and len(rewards[0]) == 4
    assert set(rewards[0]) <= {0.0, 1.0, None}
    logged = json.dumps(trainer.state.log_history)
    assert "rewards/recorded/mean" in logged
