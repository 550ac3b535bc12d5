"""Decontamination: nothing like a held-out problem or a benchmark's is trained on."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.decontamination import (
    REMOVED_SCHEMA,
    DecontaminationSettings,
    contaminated,
    read_benchmarks,
)
from dpo_math_assets.traces.prompts import canonical_key

DUCKS = "Janet's ducks lay 16 eggs per day and she eats three of them for breakfast."
DUCKS_RETOLD = "On a farm, Janet's ducks lay 16 eggs per day and she sells the rest."
TRAINS = "Two trains leave a town at noon and drive apart at 40 and 50 km an hour."


def problems(**sides: str | list[str]) -> pl.DataFrame:
    rows = [
        (f"{split}-{number}", prompt, canonical_key(prompt), split)
        for split, prompts in sides.items()
        for number, prompt in enumerate([prompts] if isinstance(prompts, str) else prompts)
    ]
    return pl.DataFrame(rows, ["prompt_key", "prompt", "canonical_key", "split"], orient="row")


def removed(frame: pl.DataFrame, **settings: Any) -> list[tuple[Any, ...]]:
    result = contaminated(frame, DecontaminationSettings(**settings))
    assert result.schema == REMOVED_SCHEMA
    return result.select("prompt_key", "why", "matched_source", "matched_id").rows()


def test_a_retold_held_out_problem_is_not_trained_on() -> None:
    frame = problems(eval=DUCKS, train=[DUCKS_RETOLD, TRAINS])
    assert removed(frame) == [("train-0", "shared_words", "eval", "eval-0")]


def test_punctuation_and_case_do_not_hide_a_near_duplicate() -> None:
    shouted = "JANET'S DUCKS -- lay 16 eggs, per day; AND SHE sings."
    assert len(removed(problems(eval=DUCKS, train=shouted))) == 1


def test_seven_shared_words_are_not_eight() -> None:
    other = "My ducks lay 16 eggs per day and it rains."
    assert removed(problems(eval=DUCKS, train=other)) == []
    assert len(removed(problems(eval=DUCKS, train=other), overlap_words=7)) == 1


def test_words_of_two_prompts_are_never_read_as_one_run() -> None:
    halves = ["Janet's ducks lay 16 eggs", "per day and she eats three"]
    assert removed(problems(eval=DUCKS, train=halves)) == []


def test_validation_is_cleared_of_held_out_problems_and_training_of_both() -> None:
    frame = problems(eval=DUCKS, validation=[DUCKS_RETOLD, TRAINS], train=f"Noon. {TRAINS}")
    assert removed(frame) == [
        ("validation-0", "shared_words", "eval", "eval-0"),
        ("train-0", "shared_words", "validation", "validation-1"),
    ]


def test_the_wording_of_a_template_does_not_empty_the_training_set() -> None:
    def posed(n: int) -> str:
        return f"Solve the problem and give the answer on the last line: {n} + {n * n}"

    frame = problems(eval=[posed(1), posed(2)], train=[posed(n) for n in range(3, 20)])
    assert removed(frame) == []
    assert len(removed(frame, template_prompts=100)) == 17


def test_a_benchmark_given_as_a_file_is_never_trained_on(tmp_path: Path) -> None:
    file = tmp_path / "bench.jsonl"
    file.write_text(
        '{"id": "b1", "prompt": "What is 5*7?", "ground_truth": "35"}\n'
        f'{{"prompt": "{TRAINS}"}}\n\n'
    )
    frame = problems(
        eval="What is 5*7 ?", train=["What is 7*5?", f"Noon. {TRAINS}", "What is 7*6?"]
    )
    assert removed(frame, benchmark_files=[str(file)]) == [
        ("train-0", "same_problem", "bench.jsonl", "b1"),
        ("train-1", "shared_words", "bench.jsonl", "2"),
    ]


@pytest.mark.parametrize("line", ["{", "[1]", '{"id": 1}', '{"prompt": 7}', '{"prompt": " "}'])
def test_a_benchmark_that_is_half_readable_stops_the_build(tmp_path: Path, line: str) -> None:
    file = tmp_path / "bench.jsonl"
    file.write_text('{"prompt": "fine"}\n' + line + "\n")
    with pytest.raises(DatasetError, match=r"bench\.jsonl, line 2"):
        read_benchmarks([str(file)])


def test_a_benchmark_that_is_absent_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_benchmarks([str(tmp_path / "absent.jsonl")])


def test_no_problems_are_no_trouble() -> None:
    assert removed(problems(train=[])) == []
    assert removed(problems(train=TRAINS)) == []
