import pytest

from dpo_math_assets.verifier.algebra.budget import (
    Budget,
    DeadlineExceededError,
    UnknownValueError,
    within,
)
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax.parser import parse


def test_a_budget_ends_with_its_steps() -> None:
    budget = Budget(2)
    budget.spend(2)
    with pytest.raises(UnknownValueError):
        budget.spend(1)


def test_a_deadline_ends_what_is_evaluated_inside_it_and_nothing_after() -> None:
    with within(-1), pytest.raises(DeadlineExceededError):
        exact(parse("17 + \\sqrt{289}"))
    assert exact(parse("17 + \\sqrt{289}")) == 34


def test_an_inner_deadline_does_not_outlast_the_outer() -> None:
    with within(-1), within(60), pytest.raises(DeadlineExceededError):
        Budget(10).spend(1)


def test_an_evaluation_out_of_steps_has_no_value() -> None:
    assert exact(parse("1 + \\sqrt{4}"), budget=Budget(2)) is None
    assert exact(parse("1 + \\sqrt{4}"), budget=Budget(20)) == 3
