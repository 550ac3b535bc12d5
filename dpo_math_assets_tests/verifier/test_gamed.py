"""A reward is optimised against: what says nothing may never be a right answer."""

import pytest

from dpo_math_assets.verifier import verify
from dpo_math_assets_tests.verifier.gamed_answers import ANSWERS, EQUAL, GOLDS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_says_nothing_earns_no_reward_whatever_the_gold(name: str) -> None:
    text = ANSWERS[name]
    for completion in (text, f"FINAL ANSWER: {text}", f"Let us see.\n#### {text}"):
        passing = {gold for gold, written in GOLDS.items() if verify(completion, written).ok}
        assert passing <= {gold for answer, gold in EQUAL if answer == name}


@pytest.mark.parametrize("gold", GOLDS)
def test_the_right_answer_still_earns_it(gold: str) -> None:
    assert verify(f"So it is $\\boxed{{{GOLDS[gold]}}}$.", GOLDS[gold]).ok
