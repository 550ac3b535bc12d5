"""Decontamination: nothing like a held-out problem or a benchmark's is trained on."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs import asked_problems, shared_runs
from dpo_math_assets.pairs.benchmarks import read_benchmarks
from dpo_math_assets.pairs.decontamination import REMOVED_SCHEMA, contaminated
from dpo_math_assets.pairs.likeness import DecontaminationSettings
from dpo_math_assets.pairs.split import EVAL, TRAIN, SplitSettings, assign_splits
from dpo_math_assets.traces.prompts import canonical_key

DUCKS = "Janet's ducks lay 16 eggs per day and she eats three of them for breakfast."
DUCKS_RETOLD = "On a farm, Janet's ducks lay 16 eggs per day and she sells the rest."
TELLERS = ["Ann", "Ben", "Cat", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jim", "Kay"]
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


def test_one_story_told_too_often_for_a_template_is_still_found_by_its_numbers() -> None:
    tellings = [f"{name} {DUCKS}" for name in TELLERS]
    frame = problems(eval=DUCKS, train=[*tellings, DUCKS.replace("16", "17")])
    assert removed(frame) == [
        (f"train-{n}", "same_numbers", "eval", "eval-0") for n in range(len(tellings))
    ]


def test_a_template_with_other_numbers_or_another_operator_is_trained_on() -> None:
    def posed(task: str) -> str:
        return f"Solve this well-known problem and write its answer on the last line: {task}"

    fillers = [posed(f"{n} + {n * n}") for n in range(20, 40)]
    frame = problems(
        eval=posed("1,000 + 5"),
        train=[*fillers, posed("1000 - 5"), posed("1000 + 6"), f"Now, {posed('5 + 1000')} please"],
    )
    assert removed(frame) == [("train-22", "same_numbers", "eval", "eval-0")]


BAKER = "A baker bakes 17 trays with 23 rolls each and sells 190 of the rolls to the school"
BAKER_IN_WORDS = "A baker bakes seventeen trays with twenty-three rolls and gives six rolls away"


def answered(frame: pl.DataFrame, *answers: str | None) -> pl.DataFrame:
    return frame.with_columns(pl.Series("ground_truth", answers, pl.String))


@pytest.mark.parametrize(
    ("counted", "why"),
    [
        (f"Question {{}}. {BAKER}.", "same_problem"),
        (f"{BAKER} (item {{}})", "same_answer"),
        (BAKER.replace("and sells", "(case {}) and sells"), "same_answer"),
        (f"Attempt {{}}: {BAKER_IN_WORDS}.", "same_problem"),
        (f"Attempt {{}} of 30: {DUCKS}", "same_problem"),
    ],
    ids=["in front", "behind", "inside", "before numbers in words", "with the number of all"],
)
def test_a_held_out_problem_that_is_logged_with_a_counter_is_not_trained_on(
    counted: str, why: str
) -> None:
    prompts = [counted.format(number) for number in range(1, 31)]
    frame = answered(problems(eval=prompts[:3], train=prompts[3:]), *["201"] * 30)
    assert {row[1] for row in removed(frame)} == {why}
    assert len(removed(frame)) == 27


def test_a_benchmark_problem_that_is_logged_with_a_counter_is_not_trained_on(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bench.jsonl"
    file.write_text(json.dumps({"question": BAKER, "answer": "391 - 190 = 201\n#### 201"}) + "\n")
    prompts = [f"Question {number}. {BAKER}" for number in range(1, 31)]
    frame = answered(problems(train=prompts), *["$201$"] * 30)
    found = removed(frame, benchmark_files=[str(file)])
    assert found == [(f"train-{n}", "same_problem", "bench.jsonl", "1") for n in range(30)]


def test_problems_of_one_template_that_differ_in_one_own_number_are_trained_on() -> None:
    def posed(a: int, b: int) -> str:
        return f"Solve the problem and write its answer on the last line: {a} * {b} + 3"

    operands = [(a, b) for a in range(2, 12) for b in range(a, 12)]
    frame = answered(
        problems(
            eval=[posed(a, b) for a, b in operands[::10]],
            train=[posed(a, b) for n, (a, b) in enumerate(operands) if n % 10],
        ),
        *[str(a * b + 3) for a, b in operands[::10]],
        *[str(a * b + 3) for n, (a, b) in enumerate(operands) if n % 10],
    )
    assert removed(frame, template_prompts=1) == []


def test_a_template_whose_answers_are_few_is_trained_on() -> None:
    def posed(b: int) -> str:
        return f"Is the first of these two numbers larger than the second one: 17, {b}"

    numbers = [3, 30, *range(4, 30)]
    frame = answered(
        problems(eval=[posed(b) for b in numbers[:2]], train=[posed(b) for b in numbers[2:]]),
        *["yes" if b < 17 else "no" for b in numbers],
    )
    assert removed(frame) == []


def test_a_counter_before_a_template_does_not_join_problems_with_other_numbers() -> None:
    def posed(counter: int, a: int) -> str:
        return f"Question {counter}. {BAKER.replace('17', str(a))}"

    frame = answered(
        problems(
            eval=[posed(n, 17) for n in range(1, 13)],
            train=[posed(n, 18 + n % 12) for n in range(13, 31)],  # a template: 13 problems
        ),
        *["201"] * 12,
        *[str((18 + n % 12) * 23 - 190) for n in range(13, 31)],
    )
    assert removed(frame) == []


@pytest.mark.parametrize(
    ("held_out", "asked"),
    [
        ("What is 5*7?", "Compute 7 \\times 5."),
        ("Find the value of (2+3)*4", "4*(3+2)"),
        ("Solve for x: 3*x + 5 = 20", "What does x equal? 5 + 3*x = 20; find x for me"),
    ],
)
def test_short_problems_are_one_whatever_the_words_of_the_task(held_out: str, asked: str) -> None:
    assert [row[1] for row in removed(problems(eval=held_out, train=asked))] == ["same_problem"]


def test_short_problems_with_another_number_or_operator_are_trained_on() -> None:
    frame = problems(eval="What is 5+7?", train=["What is 5-7?", "Compute 5+8.", "What is it?"])
    assert removed(frame) == []


def test_characters_without_a_glyph_do_not_hide_a_near_duplicate() -> None:
    hidden = DUCKS_RETOLD.replace("ducks", "du\u200bcks").replace("eggs", "e\u00adggs")
    assert len(removed(problems(eval=DUCKS, train=hidden))) == 1


def test_what_was_removed_shows_the_words_that_both_have() -> None:
    found = contaminated(problems(eval=DUCKS, train=DUCKS_RETOLD), DecontaminationSettings())
    row = found.row(0, named=True)
    assert row["matched_prompt"] == DUCKS
    assert row["matched_words"] == "janet s ducks lay 16 eggs per day"


NAMES = st.sampled_from(["Ann", "Bob", "On Monday Ann", "It is known that Bob", ""])
TELLINGS = st.sampled_from([str, str.upper, lambda text: text.replace(" ", ",  "), "{}!".format])
STORIES = st.sampled_from(
    [
        "buys {a} red apples and {b} green pears at the market",
        "walks {a} miles to school and then walks {b} miles home again",
        "has {a} marbles, gives {b} of them away and counts the rest",
    ]
)
NUMBERS = st.integers(2, 5)


@st.composite
def posed(draw: Any) -> str:
    a, b = draw(NUMBERS), draw(NUMBERS)
    if draw(st.booleans()):
        task = draw(st.sampled_from(["{}", "What is {}?", "Compute {}.", "Find the value of {}"]))
        return str(task.format(draw(st.sampled_from(["{}*{}", "{} + {}", "{}-{}"])).format(a, b)))
    told = draw(TELLINGS)(f"{draw(NAMES)} {draw(STORIES).format(a=a, b=b)}")
    return f"{told} {draw(st.sampled_from(['How many?', 'Tell me how many in all.']))}"


def alike(one: str, other: str, template_runs: set[tuple[str, ...]]) -> bool:
    """What a reader takes for the same problem, found without the code that is tested."""
    words, others = (re.findall(r"\w+", text.lower()) for text in (one, other))
    if len(words) < 8 and len(others) < 8:
        sums = [sorted(re.findall(r"\d+|[+-]", text.replace("*", " "))) for text in (one, other)]
        return sums[0] == sums[1]
    shared = runs_of(one) & runs_of(other)
    numbers = [sorted(re.findall(r"\d+", text)) for text in (one, other)]
    return bool(shared - template_runs) or bool(shared and numbers[0] == numbers[1])


def runs_of(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + 8]) for at in range(len(words) - 7)}


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(posed(), min_size=2, max_size=30, unique=True), st.sampled_from(["a", "b", "c"]))
def test_near_duplicates_never_stand_on_both_sides_of_the_split(
    prompts: list[str], salt: str
) -> None:
    split = SplitSettings(eval_fraction=0.3, validation_fraction=0.2, split_salt=salt)
    keys = [canonical_key(prompt) for prompt in prompts]
    frame = assign_splits(
        pl.DataFrame(
            {"prompt_key": map(str, range(len(prompts))), "prompt": prompts, "canonical_key": keys},
            strict=False,
        ),
        split,
    )
    taken = contaminated(frame, DecontaminationSettings())
    left = frame.join(taken, on="prompt_key", how="anti")
    told_in = defaultdict(set)
    for prompt, problem in zip(prompts, keys, strict=True):
        for run in runs_of(prompt):
            told_in[run].add(problem)
    templates = {run for run, told in told_in.items() if len(told) > 10}
    sides = {"train": TRAIN, "eval": EVAL, "validation": "validation"}
    by_side = {
        side: left.filter(pl.col("split") == name)["prompt"].to_list()
        for side, name in sides.items()
    }
    held_out = frame.filter(pl.col("split") == EVAL)["prompt"].to_list()
    assert by_side["eval"] == held_out  # nothing is moved out of the evaluation
    for used, protected in (("train", "eval"), ("validation", "eval"), ("train", "validation")):
        for prompt in by_side[used]:
            for other in by_side[protected]:
                assert not alike(prompt, other, templates), (prompt, other)


def test_problems_looked_at_in_small_batches_are_removed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stories = [f"{name} {DUCKS}" for name in TELLERS]
    frame = problems(
        eval=[DUCKS, "What is 5*7?", TRAINS],
        validation=["Compute 7*5", f"Noon. {TRAINS}"],
        train=[
            *stories,
            DUCKS.replace("16", "17"),
            f"Now: {TRAINS}",
            "Find 7*5",
            *(f"No. {number} {DUCKS}" for number in range(12)),
        ],
    )
    eggs, sums, noon = "18", "35", "none"
    frame = answered(
        frame, eggs, sums, noon, sums, noon, *[eggs] * 11, "20", noon, sums, *[eggs] * 12
    )
    at_once = contaminated(frame, DecontaminationSettings())
    assert at_once.height == 27
    assert at_once.filter(why="same_answer").height == 12
    for count in (1, 2, 5):
        for module in (asked_problems, shared_runs):
            monkeypatch.setattr(module, "PROBLEMS_AT_ONCE", count)
        assert contaminated(frame, DecontaminationSettings()).equals(at_once)


@pytest.mark.parametrize("name", ["bench.csv", "bench.parquet", "bench.jsonl"])
@pytest.mark.parametrize("field", ["prompt", "question", "problem"])
def test_an_eval_set_is_read_in_the_forms_in_which_they_come(
    tmp_path: Path, name: str, field: str
) -> None:
    table = pl.DataFrame({"id": ["q7"], field: ["What is 5*7?"], "answer": ["35"]})
    path = tmp_path / name
    if name.endswith("csv"):
        table.write_csv(path)
    elif name.endswith("parquet"):
        table.write_parquet(path)
    else:
        path.write_text(json.dumps(table.row(0, named=True)) + "\n")
    found = removed(problems(train="Compute 7*5."), benchmark_files=[str(path)])
    assert found == [("train-0", "same_problem", name, "q7")]


def test_an_eval_set_without_prompts_stops_the_build_and_names_its_fields(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("id,query\n1,What is 5*7?\n")
    with pytest.raises(DatasetError, match=r"b\.csv, line 1: has none of prompt.*id, query"):
        read_benchmarks([str(tmp_path / "b.csv")])


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
