"""Answers that are told by their place alone."""

import pytest

from dpo_math_assets.verifier import extract, verify


@pytest.mark.parametrize(
    "program",
    [
        "total = 4\nfor n in range(3):\n    total += n\n7",
        "def add(n):\n    return n + 4\nadd(3)\n7",
        "import math\nn = 7",
        "n = 7\nprint(n)",
    ],
)
def test_the_lines_of_a_program_without_a_fence_state_nothing(program: str) -> None:
    assert extract(program).answer is None


@pytest.mark.parametrize(
    "hedge", [", I guess", " with probability 1/3, else 8", " unless it rains"]
)
def test_a_bare_answer_that_its_own_line_hedges_is_ambiguous(hedge: str) -> None:
    assert verify(f"7{hedge}", "7").reason == "ambiguous_answer"
