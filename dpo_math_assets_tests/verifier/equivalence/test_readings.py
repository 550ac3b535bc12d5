"""Readings beside the other answer, and the conventions that switch them."""

import pytest

from dpo_math_assets.verifier import Conventions, verify
from dpo_math_assets_tests.verifier.equivalence.checks import all_pass, none_pass


@pytest.mark.parametrize(
    ("setting", "answer", "gold"),
    [
        ({"percent_matches_number": False}, "50\\%", "50"),
        ({"units_optional": False}, "5\\text{ cm}", "5"),
        ({"bare_list_ordered": True}, "1, 2", "2, 1"),
        ({"assignment_matches_value": False}, "x = 5", "5"),
        ({"interval_matches_inequality": False}, "x > 2", "(2, \\infty)"),
        ({"choice_matches_value": False}, "14", "(C) 14"),
        ({"decimal_comma": False}, "16,5", "16.5"),
        ({"rounded_digits": 5}, "1.414", "\\sqrt{2}"),
    ],
)
def test_each_convention_can_be_turned_off(
    setting: dict[str, bool | int], answer: str, gold: str
) -> None:
    assert verify(answer, gold).ok is True
    assert verify(answer, gold, Conventions.model_validate(setting)).ok is not True


def test_one_pair_is_the_same_solution_in_braces_and_in_square_brackets() -> None:
    all_pass("x = 2, y = -1", "\\{(2, -1)\\}")
    all_pass("(2, -1)", "\\{(2, -1)\\}", "[2, -1]")
    all_pass("(2, 0)", "[2, 0]")
    none_pass("(2, -1)", "\\{(-1, 2)\\}", "[-1, 2]")
    none_pass("(1, 2)", "[1, 2]")


def test_rows_in_round_brackets_are_a_matrix_beside_one() -> None:
    gold = "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"
    all_pass(gold, "((1, 2), (3, 4))")
    none_pass(gold, "((1, 3), (2, 4))")
