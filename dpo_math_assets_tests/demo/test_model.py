"""What the demo's model is taught, and in which tokens."""

from itertools import islice

import pytest

from dpo_math_assets.demo.model import EOS, build_tokenizer, corpus
from dpo_math_assets.demo.prepare import split_problems
from dpo_math_assets.demo.problems import problems
from dpo_math_assets.demo.settings import SIZES, demo_sampling, demo_settings, demo_training
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION, SplitSettings

pytestmark = pytest.mark.model

SMALL = SIZES["small"]


def test_text_of_the_demo_survives_its_tokenizer() -> None:
    tokenizer = build_tokenizer(64)
    for problem in islice(problems(0, 6, 20), 400):
        for completion in (problem.worked, problem.misconceived):
            ids = tokenizer(problem.prompt + completion + EOS)["input_ids"]
            assert tokenizer.unk_token_id not in ids
            assert tokenizer.decode(ids, skip_special_tokens=True) == problem.prompt + completion
            assert ids[-1] == tokenizer.eos_token_id


def test_a_prompt_ends_on_a_token_boundary_so_that_training_and_sampling_see_the_same() -> None:
    tokenizer = build_tokenizer(64)
    for problem in islice(problems(0, 6, 20), 400):
        prompt, completion = (
            tokenizer(text)["input_ids"] for text in (problem.prompt, problem.worked)
        )
        assert tokenizer(problem.prompt + problem.worked)["input_ids"] == prompt + completion


@pytest.mark.parametrize("size", SIZES)
def test_every_answer_fits_the_window_and_the_sampling_limit(size: str) -> None:
    settings = demo_settings(size)
    tokenizer = build_tokenizer(settings.window)
    limit = demo_sampling(size).max_new_tokens
    for problem in problems(0, settings.largest_factor, settings.largest_term):
        prompt = len(tokenizer(problem.prompt)["input_ids"])
        for completion in (problem.worked, problem.misconceived):
            assert len(tokenizer(completion + EOS)["input_ids"]) <= limit
        assert prompt + limit <= settings.window
    assert demo_training("base").max_length <= settings.window


@pytest.mark.parametrize("size", SIZES)
def test_there_are_enough_problems_on_both_sides_of_the_split(size: str) -> None:
    settings = demo_settings(size)
    by_split = split_problems(settings, 0, SplitSettings())
    assert len(by_split[TRAIN]) >= settings.training_problems
    assert len(by_split[VALIDATION]) >= settings.validation_problems
    assert len(by_split[EVAL]) >= settings.held_out_problems


def test_the_corpus_holds_no_problem_that_is_held_out_in_any_order_of_operands() -> None:
    by_split = split_problems(SMALL, 0, SplitSettings())
    taught = {prompt for prompt, _ in corpus(by_split[TRAIN], SMALL, seed=0)}
    keys = {problem.key for problem in by_split[TRAIN] if problem.prompt in taught}
    assert len(keys) == len(taught)
    for split in (EVAL, VALIDATION):
        assert by_split[split]
        assert keys.isdisjoint(problem.key for problem in by_split[split])


def test_misconceptions_come_at_the_rate_that_is_set_for_their_kind() -> None:
    taught = corpus(split_problems(SMALL, 0, SplitSettings())[TRAIN], SMALL, seed=0)
    equations = [completion for prompt, completion in taught if prompt.startswith("Solve")]
    forgot_to_divide = sum("/" not in completion for completion in equations) / len(equations)
    assert abs(forgot_to_divide - SMALL.misconception_rate["linear_equation"]) < 0.05


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(DpoMathError, match="Choose from default, small"):
        demo_settings("huge")
