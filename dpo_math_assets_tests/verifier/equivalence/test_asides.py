"""Words beside equal values: what contradicts is no pass, and what is harmless costs none."""

import pytest

from dpo_math_assets.verifier import verify


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("mean: 7", "median: 7"),
        (r"\text{supremum: } 4", r"\text{infimum: } 4"),
        ("Volume = 9", "Surface = 9"),
        ("8 hours later", "8 hours earlier"),
        (r"12\text{ years from now}", r"12\text{ years ago}"),
        (r"4\text{ steps to the left}", r"4\text{ steps to the right}"),
        (r"4 \times 5\text{ board}", r"2 \times 10\text{ board}"),
        ("80 km/2", "80 km"),
        ("80 km/2", "80"),
        (r"3n \equiv 2 \pmod 5", r"n \equiv 2 \pmod 5"),
        (r"n > 2 \pmod 5", r"n \equiv 2 \pmod 5"),
        ("ab = a^2 + 1", "a^2 + 1"),
        ("(B), possibly (C)", "B"),
        ("7 where 1 = 2", "7"),
        ("7 with probability 1/3, else 8", "7"),
    ],
)
def test_what_contradicts_or_limits_an_equal_value_is_no_pass(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict != "correct"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("mean: 7", "7"),
        ("7", "mean: 7"),
        ("total cost: 7", "cost: 7"),
        ("There are 7 apples left.", "7"),
        ("Mia: 5, Tom: 3", "Tom: 3, Mia: 5"),
        (r"n \equiv 12 \pmod 5", r"n \equiv 2 \pmod 5"),
        ("a(n) = 3n - 1", "3n - 1"),
        (r"3 \times 10^4 people", "30000"),
        ("80 km/h", "80"),
        ("2x + 1 for x > 0", "2x + 1"),
    ],
)
def test_harmless_words_cost_no_pass(answer: str, gold: str) -> None:
    assert verify(answer, gold).verdict == "correct"
