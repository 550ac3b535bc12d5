import pytest

from dpo_math_assets.verifier.equivalence.progressions import same_values, written_out
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (r"x \equiv 1, 4 \pmod 5", r"x \equiv \pm 1 \pmod 5", True),
        (r"x \equiv 1 \pmod 2", r"x \equiv 1, 3 \pmod 4", True),
        (r"x \equiv 1 \pmod 5", r"x \equiv 2 \pmod 5", False),
        (r"n = 6k + 1", r"n \equiv 1 \pmod 6", True),
        (r"x \equiv 1 \pmod 5", r"y \equiv 1 \pmod 5", None),
        ("3", "4", None),
        ("2k", "2n", None),
    ],
)
def test_general_solutions_are_the_values_they_run_through(
    a: str, b: str, same: bool | None
) -> None:
    assert same_values(parse(a), parse(b)) is same


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (r"1, 2, \dots, 5", "1, 2, 3, 4, 5"),
        (r"\{1, \dots, 4\}", r"\{1, 2, 3, 4\}"),
        (r"5, 10, 15, \dots, 25", "5, 10, 15, 20, 25"),
    ],
)
def test_dots_between_numbers_are_written_out(text: str, whole: str) -> None:
    assert written_out(parse(text)) == parse(whole)


@pytest.mark.parametrize(
    "text", [r"2, 4, \dots, 16", r"1, 2, 3, \dots", r"1, 2, \dots, 4.5", r"1, 2, \dots, 10^9"]
)
def test_dots_that_leave_a_doubt_are_left(text: str) -> None:
    assert written_out(parse(text)) == parse(text)
