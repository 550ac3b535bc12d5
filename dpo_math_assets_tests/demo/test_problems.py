"""A wrong reference answer in the demo would teach its model wrong answers, and call them right."""

import re
from collections import Counter
from fractions import Fraction
from itertools import islice

import pytest

from dpo_math_assets.demo.problems import FINAL, KINDS, Problem, problems


@pytest.fixture(scope="module")
def many() -> list[Problem]:
    return list(islice(problems(0, 6, 12), 1000))


def answer_by_hand(problem: Problem) -> str:
    """The answer from the numbers in the prompt alone, without SymPy."""
    numbers = [int(number) for number in re.findall(r"\d+", problem.prompt)]
    a, b, c = numbers
    shape = re.sub(r"\d+", "n", problem.prompt)
    return {
        "Compute n*(n+n).": str(a * (b + c)),
        "Compute n*n+n.": str(a * b + c),
        "Solve n*x+n=n for x.": str(Fraction(c - b, a)),
        "Simplify n*x+n*x+n*x.": f"{a + b + c}*x",
    }[shape]


def test_every_reference_answer_is_right(many: list[Problem]) -> None:
    wrong = [problem for problem in many if answer_by_hand(problem) != problem.answer]
    assert wrong == []


def test_worked_answers_end_in_the_reference_and_misconceived_ones_never_do(
    many: list[Problem],
) -> None:
    for problem in many:
        assert problem.worked.endswith(f"\n{FINAL}{problem.answer}")
        assert problem.misconceived.rpartition(FINAL)[2] != problem.answer


def test_every_step_of_a_worked_answer_is_true_arithmetic(many: list[Problem]) -> None:
    for problem in many:
        for a, sign, b, result in re.findall(r"(\d+)([-+*/])(\d+)=(\d+)", problem.worked):
            x, y = Fraction(a), Fraction(b)
            value = {"+": x + y, "-": x - y, "*": x * y, "/": x / y}[sign]
            assert value == Fraction(result), (problem.prompt, problem.worked)


def test_no_problem_comes_twice_in_another_order_of_its_operands(many: list[Problem]) -> None:
    by_numbers = Counter(
        (problem.kind, tuple(sorted(re.findall(r"\d+", problem.prompt)))) for problem in many
    )
    assert max(by_numbers.values()) == 1
    assert len({problem.key for problem in many}) == len(many)


def test_all_kinds_are_present_from_the_start(many: list[Problem]) -> None:
    kinds = Counter(problem.kind for problem in many[:200])
    assert set(kinds) == set(KINDS) and min(kinds.values()) > 30


def test_the_seed_alone_decides_which_problems_come_and_in_which_order(many: list[Problem]) -> None:
    assert list(islice(problems(0, 6, 12), 50)) == many[:50]
    assert list(islice(problems(1, 6, 12), 50)) != many[:50]


@pytest.mark.parametrize(
    ("prompt", "right", "wrong"),
    [
        ("Compute 3*(4+5).", "4+5=9\n3*9=27\nFINAL ANSWER: 27", "FINAL ANSWER: 17"),
        ("Compute 3*4+5.", "3*4=12\n12+5=17\nFINAL ANSWER: 17", "FINAL ANSWER: 27"),
        ("Solve 3*x+4=19 for x.", "3*x=19-4=15\nx=15/3=5\nFINAL ANSWER: 5", "FINAL ANSWER: 15"),
        ("Simplify 3*x+4*x+5*x.", "3+4=7\n7+5=12\nFINAL ANSWER: 12*x", "FINAL ANSWER: 17*x"),
    ],
)
def test_each_kind_by_example(prompt: str, right: str, wrong: str) -> None:
    example = next(problem for kind in KINDS if (problem := KINDS[kind](3, 4, 5)).prompt == prompt)
    assert example.worked == right
    assert example.misconceived.endswith(wrong)
