import json

import polars as pl
import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.contamination import OVERLAP_SCHEMA, training_overlap
from dpo_math_assets.pairs.likeness import DecontaminationSettings

SETTINGS = DecontaminationSettings()
STORY = "A baker sold nine loaves on Monday and twice as many loaves on Tuesday afternoon."


def asked(*texts: str, answer: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "prompt_id": [f"bench/{n}" for n in range(len(texts))],
            "source": ["bench"] * len(texts),
            "prompt": texts,
            "ground_truth": [answer] * len(texts),
        },
        schema_overrides={"ground_truth": pl.String},
    )


@pytest.fixture
def trained(tmp_path):
    path = tmp_path / "train.jsonl"
    prompts = ["Solve 5*7", "Solve 5*7", STORY + " How many in all?"]
    path.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in prompts))
    return path


def test_a_twin_and_a_reworded_copy_of_a_training_prompt_are_found(trained):
    prompts = asked("Solve 7*5", "Solve 5*8", "Yesterday. " + STORY)
    found = training_overlap(pl.concat([prompts, prompts]), [trained], SETTINGS)
    assert found.schema == OVERLAP_SCHEMA
    assert found.select("prompt_id", "why", "training_file", "training_line").rows() == [
        ("bench/0", "same_problem", "train.jsonl", "1"),
        ("bench/2", "shared_words", "train.jsonl", "3"),
    ]
    assert found["training_prompt"][1].startswith(STORY)


def test_a_held_out_prompt_that_was_trained_on_under_other_counters_is_found(tmp_path):
    path = tmp_path / "train.jsonl"
    told = "A baker sold 9 loaves on Monday, 12 on Tuesday and none on Friday afternoon."
    rows = [
        {"prompt": f"Question {n}. {told}", "meta": {"ground_truth": "21"}} for n in range(1, 21)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = training_overlap(asked(f"Question 21. {told}", answer="21"), [path], SETTINGS)
    assert found.select("prompt_id", "why", "training_file").rows() == [
        ("bench/0", "same_problem", "train.jsonl")
    ]


def test_evaluation_prompts_that_are_like_each_other_are_no_overlap(trained):
    assert training_overlap(asked("Solve 2*3", "Solve 3*2"), [trained], SETTINGS).is_empty()


def test_an_unreadable_training_file_is_named(tmp_path):
    with pytest.raises(EvaluationError, match=r"absent\.jsonl"):
        training_overlap(asked("Solve 1"), [tmp_path / "absent.jsonl"], SETTINGS)
