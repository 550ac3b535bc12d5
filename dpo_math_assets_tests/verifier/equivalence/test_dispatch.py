"""The table of types, the joins of outcomes, and what shows a difference."""

from itertools import product
from typing import get_args

import pytest

from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.context import MAX_UNORDERED
from dpo_math_assets.verifier.equivalence.outcome import Outcome, Witness
from dpo_math_assets.verifier.equivalence.whole_answers import compare_answers, context_of
from dpo_math_assets.verifier.syntax.nodes import (
    AnyNode,
    Dots,
    FiniteSet,
    Node,
    Number,
    Symbol,
    ValueList,
    num,
)
from dpo_math_assets.verifier.syntax.parser import parse

CONTEXT = context_of(Conventions())
ONE_OF_EACH = [
    parse(text)
    for text in (
        *("1", "1.5", "\\pi", "x", "x + 1", "2x", "x^2", "\\sqrt{x}", "|x|", "x!", "\\sin x"),
        *("f(x)", "\\int x\\,dx", "\\sum_{k=1}^n k", "\\lim_{x \\to 0} x", "\\pm 3", "50\\%"),
        *("5\\text{ cm}", "101_2", "(1, 2, 3)", "\\{1, 2\\}", "1, 2", "[0, 1)", "\\mathbb{R}"),
        *("(0, 1) \\cup (2, 3)", "\\{x \\mid x^2 > 2\\}", "x = 1", "1 < x < 2", "3 \\pmod 7"),
        *("3 : 2", "(C) 14", "\\text{odd}", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"),
        *("\\begin{cases} x & x > 0 \\\\ 0 & x \\le 0 \\end{cases}", "x^2 \\text{ for even } x"),
    )
]


def outcome(answer: str, gold: str) -> Outcome:
    return compare_answers(parse(answer), parse(gold), CONTEXT)


def test_the_examples_are_of_many_types() -> None:
    assert len({type(node) for node in ONE_OF_EACH}) > len(get_args(AnyNode)) * 3 // 4


@pytest.mark.parametrize("node", ONE_OF_EACH, ids=lambda node: type(node).__name__)
def test_a_tree_of_any_type_is_compared_with_one_of_any_other(node: Node) -> None:
    for other in ONE_OF_EACH:
        state = compare_answers(node, other, CONTEXT).state
        assert state == "equal" if other is node else state in ("equal", "different", "unknown")


def test_neither_side_decides_whether_two_types_differ() -> None:
    for one, other in product(ONE_OF_EACH, repeat=2):
        states = {compare_answers(*pair, CONTEXT).state for pair in ((one, other), (other, one))}
        assert states != {"equal", "different"}


def test_a_difference_shows_the_parts_that_differ() -> None:
    assert outcome("(1, 2)", "(1, 3)").witness == Witness(num(2), num(3))
    assert outcome("x = 5", "x = 7").witness == Witness(num(5), num(7))
    assert outcome("1, 2", "1, 4").witness == Witness(
        ValueList((num(2),)), ValueList((num(1), num(4)))
    )
    assert outcome("(1, 2)", "(1, 2)").witness is None
    assert outcome("AB", "BA").witness is None


def test_items_of_a_set_count_once_and_those_of_a_list_each_time() -> None:
    twice, once = (num(1), num(1), num(2)), (num(2), num(1))
    assert CONTEXT.unordered(twice, once, once=True).state == "equal"
    assert CONTEXT.unordered(twice, once, once=False).state == "different"
    assert CONTEXT.compare(FiniteSet(twice), FiniteSet(once)).state == "equal"
    assert CONTEXT.compare(ValueList(twice), ValueList(once)).state == "different"


def test_a_long_list_is_compared_in_one_order_or_left_open() -> None:
    long: tuple[Number, ...] = tuple(map(num, range(MAX_UNORDERED + 1)))
    assert CONTEXT.unordered(long, long, once=False).state == "equal"
    assert CONTEXT.unordered(long, long[::-1], once=False).state == "unknown"


def test_one_item_that_nobody_can_tell_leaves_all_open_unless_another_differs() -> None:
    unknown, same, other = (Dots(), Dots()), (num(1), num(1)), (Symbol("x"), Symbol("y"))
    assert CONTEXT.every([unknown, same]).state == "unknown"
    assert CONTEXT.every([unknown, other]).state == "different"
    assert CONTEXT.any_of([unknown, same]).state == "equal"
    assert CONTEXT.any_of([other, unknown]).state == "unknown"
