"""Any two trees compared: a table says who compares a pair of types.

The steps of `compare`: the same tree; two scalars; words, choices and conditions as they stand;
then both sides as their plus-minus signs, chains of equals signs and arithmetic of matrices leave
them, and as they read beside each other.
"""

from collections.abc import Callable
from itertools import product
from typing import get_args

from dpo_math_assets.verifier.algebra.equations import is_name
from dpo_math_assets.verifier.algebra.predicates import holds, undefined
from dpo_math_assets.verifier.algebra.signs import one_or_list, sign_choices
from dpo_math_assets.verifier.equivalence.bases import compare_based
from dpo_math_assets.verifier.equivalence.cases import compare_cases, compare_conditional
from dpo_math_assets.verifier.equivalence.choices import compare_choices
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import (
    COLLECTIONS,
    NUMBERS,
    RELATIONS,
    ROWS,
    SETS,
    UNSETTLED,
    Types,
    is_scalar,
)
from dpo_math_assets.verifier.equivalence.lists import compare_lists
from dpo_math_assets.verifier.equivalence.matrices import compare_rows, compare_scalar_beside
from dpo_math_assets.verifier.equivalence.outcome import (
    AMBIGUOUS,
    EQUAL_STRUCTURE,
    EQUAL_TEXT,
    UNKNOWN,
    Outcome,
)
from dpo_math_assets.verifier.equivalence.quantities import (
    compare_percents,
    compare_quantities,
)
from dpo_math_assets.verifier.equivalence.readings import BESIDE
from dpo_math_assets.verifier.equivalence.relations import compare_relations
from dpo_math_assets.verifier.equivalence.scalars import compare_expressions, compare_scalars
from dpo_math_assets.verifier.equivalence.sets import compare_others, compare_sets
from dpo_math_assets.verifier.equivalence.settling import CONTRADICTION, settled
from dpo_math_assets.verifier.equivalence.times import compare_times
from dpo_math_assets.verifier.equivalence.witnesses import is_open
from dpo_math_assets.verifier.equivalence.words import compare_words
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import contents
from dpo_math_assets.verifier.trace import applied

Handler = Callable[[Node, Node, Context], Outcome]
Table = dict[tuple[type[Node], type[Node]], Handler]

_ANY: Types = get_args(nodes.AnyNode)


def _table(*families: tuple[Types, Types, Handler]) -> Table:
    """Who compares a pair of types, in either order: the first family that takes it."""
    table: Table = {}
    for first, second, handler in families:
        for one, other in product(first, second):
            table.setdefault((one, other), handler)
            table.setdefault((other, one), handler)
    return table


# As they stand, before anything is settled.
_UNSETTLED = _table(
    ((nodes.Text,), _ANY, compare_words),
    ((nodes.Choice,), _ANY, compare_choices),
    ((nodes.Conditional,), _ANY, compare_conditional),
)
_SETTLED = _table(
    (COLLECTIONS, RELATIONS, compare_lists),
    (RELATIONS, _ANY, compare_relations),
    (nodes.SCALARS, nodes.SCALARS, compare_scalars),
    ((nodes.Percent,), _ANY, compare_percents),
    ((nodes.Quantity,), _ANY, compare_quantities),
    ((nodes.BasedInteger,), _ANY, compare_based),
    (COLLECTIONS, _ANY, compare_lists),
    ((nodes.Cases,), _ANY, compare_cases),
    (ROWS, ROWS, compare_rows),
    (SETS, SETS, compare_sets),
    (nodes.SCALARS, _ANY, compare_scalar_beside),
    (_ANY, _ANY, compare_others),
)


def compare(a: Node, b: Node, context: Context) -> Outcome:
    """Two trees of any types, the first the candidate's."""
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return compare_expressions(a, b, context)
    outcome = _compare(a, b, context)
    if outcome.state != "different" or outcome.witness is None or not is_open(outcome.witness):
        return outcome
    applied("reading.without_value", *outcome.witness)
    return UNKNOWN


def _compare(a: Node, b: Node, context: Context) -> Outcome:
    if outcome := identical(a, b):
        return outcome
    if is_scalar(a) and is_scalar(b) and UNSETTLED.isdisjoint(contents(a) | contents(b)):
        return compare_scalars(a, b, context)
    if handler := _UNSETTLED.get((type(a), type(b))):
        return handler(a, b, context)
    if outcome := compare_times(a, b):
        return outcome
    first, second = sign_choices(a), sign_choices(b)
    if first is None or second is None:
        return UNKNOWN
    if first != [a] or second != [b]:
        applied("reading.plus_minus", a, b)
        return context.compare(one_or_list(first), one_or_list(second))
    if _of_different_names(a, b):
        return UNKNOWN
    return _compare_settled(settled(a, context), settled(b, context), context)


def _compare_settled(a: Node, b: Node, context: Context) -> Outcome:
    if CONTRADICTION in (a, b):
        return AMBIGUOUS
    if not isinstance(a, RELATIONS) and not isinstance(b, RELATIONS):
        beside = BESIDE.of_both(a, b)
        if beside is None:
            return AMBIGUOUS  # the gold may be an interval, and its ends are no answer
        a, b = beside
    return _SETTLED[type(a), type(b)](a, b, context)


def identical(a: Node, b: Node) -> Outcome | None:
    """Whether two trees are one and say all: dots leave something out, the undefined is nothing."""
    if a != b or holds(a, nodes.Dots) or undefined(a):
        return None
    return EQUAL_TEXT if isinstance(a, nodes.Text) else EQUAL_STRUCTURE


def _of_different_names(a: Node, b: Node) -> bool:
    r"""`x \in A` beside `y \in A`, and `x = y = 1` beside `x = z = 1`."""
    if isinstance(a, nodes.RelationChain) and isinstance(b, nodes.RelationChain):
        names = [set(filter(is_name, chain.items)) for chain in (a, b)]
        return names[0] != names[1] and min(map(len, names)) > 1
    if isinstance(a, nodes.Relation) and isinstance(b, nodes.Relation):
        return a.op == b.op == "in" and a.left != b.left
    return False
