import pytest

from dpo_math_assets.traces.verdicts import (
    is_infrastructure_failure,
    is_no_verdict,
    logged_verdict,
    says_nothing,
)


@pytest.mark.parametrize(
    "value", ["false", "FALSE", " False ", "0", "0.0", "no", "n", "fail", "failed", "f", 0, 0.0]
)
def test_a_boolean_spelled_false_never_counts_as_a_pass(value: object) -> None:
    assert logged_verdict(value) is False


@pytest.mark.parametrize("value", ["true", "True", "yes", "1", "1.0", "pass", "t", 1, 1.0, True])
def test_a_boolean_spelled_true_counts_as_a_pass(value: object) -> None:
    assert logged_verdict(value) is True


@pytest.mark.parametrize(
    "value", [None, "", "null", "maybe", 2, -1, 0.5, float("nan"), [], [1], {}, {"ok": True}]
)
def test_a_value_that_is_neither_for_certain_is_no_verdict(value: object) -> None:
    assert logged_verdict(value) is None


@pytest.mark.parametrize(
    "reason",
    [
        "python_checker_disabled",
        "spawn_error:spawn python ENOENT",
        "python_exit_null",
        "python_exit_1:Traceback (most recent call last):\n  File",
        "parse_error:Unexpected token",
        "sympy_import_error:ModuleNotFoundError",
        "bad_payload",
        "missing_inputs",
        "pattern not recognized",
        "mismatch expected=0 got=NaN",
    ],
)
def test_a_checker_that_could_not_run_is_not_held_against_the_solver(reason: str) -> None:
    assert is_infrastructure_failure(reason)
    assert says_nothing(reason)


@pytest.mark.parametrize(
    "reason",
    [
        "no verifier",
        "Sympy verifier placeholder pass.",
        "Sympy verifier placeholder fail.",
        "parse_failed",
        "sympy_exception",
    ],
)
def test_a_verdict_that_nobody_reached_is_ignored(reason: str) -> None:
    assert is_no_verdict(reason)
    assert not is_infrastructure_failure(reason)
    assert says_nothing(reason)


@pytest.mark.parametrize(
    "reason",
    [
        None,
        "",
        "pass",
        "mismatch",
        "mismatch expected=6 got=7",
        "sum verified",
        "verified",
        "expected 39 L",
        "sympy_equal",
        "sympy_not_equal",
    ],
)
def test_a_verdict_of_a_checker_that_ran_stays_a_verdict(reason: str | None) -> None:
    assert not says_nothing(reason)
