"""Words beside equal values: what contradicts is no pass, and what is harmless costs none."""

import pytest

from dpo_math_assets.verifier import verify
from dpo_math_assets_tests.verifier.equivalence.checks import nobody_knows, passes_either_way


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7 km upstream", "7 km downstream"),
        ("4 hours earlier", "4 hours later"),
        ("8\\text{ weeks ago}", "8\\text{ weeks from now}"),
        ("2\\text{ cm to the right}", "2\\text{ cm to the left}"),
        ("40^\\circ\\text{ south of west}", "40^\\circ\\text{ west of south}"),
        ("6\\% \\text{ rise}", "6\\% \\text{ fall}"),
        ("9 dollars loss", "9 dollars"),
        ("\\text{mode: } 8", "\\text{median: } 8"),
        ("Width = 8", "Length = 8"),
        ("\\text{convex on: } (2, 3)", "\\text{concave on: } (2, 3)"),
        ("4\\times6\\text{ matrix}", "3\\times8\\text{ matrix}"),
        ("p \\times q \\text{ array}", "q \\times p \\text{ array}"),
        ("4\\times6\\text{ matrix}", "24"),
    ],
)
def test_values_that_words_send_apart_are_not_equal(one: str, other: str) -> None:
    nobody_knows(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("4 hours later", "4 hours later"),
        ("2\\text{ cm to the left}", "2\\text{ cm to the left}"),
        ("\\text{Width: } 8", "8"),
        ("\\text{Width} = 8\\text{ cm}", "\\text{width: } 8\\text{ cm}"),
        ("9 apples left", "9"),
        ("4 \\times 6 \\text{ cm}", "24\\text{ cm}"),
    ],
)
def test_the_same_words_and_names_alone_change_nothing(one: str, other: str) -> None:
    passes_either_way(one, other)
