"""Multiple choice."""

import pytest

from dpo_math_assets_tests.verifier.equivalence.checks import passes_either_way


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\text{(C) } 14", "C"),
        ("\\textbf{(B)}\\ \\frac{1}{2}", "\\frac{1}{2}"),
        ("14 (B)", "B (14)"),
        ("14 (B)", "B"),
    ],
)
def test_equal_choices_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)
