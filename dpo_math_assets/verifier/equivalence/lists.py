"""Lists and sets of values: with each other, with tuples and vectors, and with a single value."""

from collections.abc import Sequence

from dpo_math_assets.verifier.algebra.equations import (
    assigned,
    labelled_items,
    measured,
    names_of,
    without_labels,
)
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.equivalence import families
from dpo_math_assets.verifier.equivalence.choices import choice_letter
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.outcome import (
    AMBIGUOUS,
    EQUAL_STRUCTURE,
    UNKNOWN,
    Outcome,
    different,
)
from dpo_math_assets.verifier.equivalence.progressions import written_out
from dpo_math_assets.verifier.equivalence.sets import compare_pieces
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children
from dpo_math_assets.verifier.trace import applied

Items = Sequence[Node]


def compare_lists(a: Node, b: Node, context: Context) -> Outcome:
    """Two answers of which one is a list or a set."""
    a, b = labelled_items(a), labelled_items(b)
    if _has_dots(a) or _has_dots(b):
        filled = written_out(a), written_out(b)
        if any(map(_has_dots, filled)):
            return UNKNOWN
        applied("reading.dots", a, b)
        a, b = filled
    for group, other in ((a, b), (b, a)):
        if not isinstance(other, (*families.COLLECTIONS, *families.ROWS)):
            return _compare_single(group, other, context, is_candidate=group is a)
    first, second = _items(a), _items(b)
    if first is None or second is None:
        return UNKNOWN
    return _compare_items(a, first, b, second, context)


def _has_dots(node: Node) -> bool:
    return holds(node, nodes.Dots, shallow=True)


def _items(node: Node) -> Items | None:
    """The items of a collection, a tuple or a vector; None for a matrix that is no vector."""
    if isinstance(node, nodes.Matrix) and min(len(node.rows), len(node.rows[0])) > 1:
        return None
    return children(node)


def _compare_single(group: Node, other: Node, context: Context, *, is_candidate: bool) -> Outcome:
    """A list or set beside what is none, and no tuple or vector either."""

    def pair(x: Node, y: Node) -> tuple[Node, Node]:
        return (x, y) if is_candidate else (y, x)

    items = children(group)
    if outcome := _compare_choices(items, other):
        return outcome
    if isinstance(other, nodes.SetUnion) and all(map(families.equation, (*items, *other.operands))):
        sides = (items, other.operands) if is_candidate else (other.operands, items)
        # of two letters `x = 1 and y = 2` is no alternative
        return UNKNOWN if names_of(list(items)) else context.unordered(*sides, once=False)
    if isinstance(group, nodes.ValueList) and len(items) == 1:
        return context.compare(*pair(items[0], other))
    if (stated := families.equation(other)) and (given := assigned(stated)):
        return context.compare(*pair(group, given[1]))
    if isinstance(other, families.SETS):
        named = isinstance(group, nodes.FiniteSet)
        pieces = named and compare_pieces(*pair(group, other), context)
        return pieces or UNKNOWN
    if _may_be_mixed_number(group, other):
        return AMBIGUOUS
    return UNKNOWN if _states(items, other, context) else different(*pair(group, other))


def _states(items: Items, other: Node, context: Context) -> bool:
    """Whether one of several items states the other answer as a value, or this is a statement."""
    if isinstance(other, families.RELATIONS):
        return True
    equations = list(filter(None, map(families.equation, items)))
    values = list(filter(None, map(measured, equations)))  # of `m + n = 7`
    values += [given[1] for given in map(assigned, equations) if given]
    return any(context.compare(value, other).state == "equal" for value in values)


def _compare_choices(items: Items, other: Node) -> Outcome | None:
    """Several choices: `A, C` and `AC`."""
    chosen = tree.letters(other) if isinstance(other, nodes.Symbol | nodes.Product) else None
    if not chosen or sorted(chosen) != sorted(choice_letter(item) or "-" for item in items):
        return None
    applied("reading.joined_choices", other)
    return EQUAL_STRUCTURE


def _may_be_mixed_number(group: Node, other: Node) -> bool:
    """`2 and 1/2`: two values, or one."""
    if not isinstance(group, nodes.ValueList) or len(group.items) != 2:
        return False
    whole, part = group.items
    if not isinstance(whole, nodes.Number) or whole.q != 1 or not tree.is_proper_fraction(part):
        return False
    same = exact(tree.add(whole, part)) == exact(other)
    if same:
        applied("reading.mixed_number", group, other)
    return same


def _compare_items(a: Node, first: Items, b: Node, second: Items, context: Context) -> Outcome:
    once = isinstance(a, nodes.FiniteSet) or isinstance(b, nodes.FiniteSet)
    if len(first) != len(second) and not once:
        return different(a, b)
    names = names_of(list(first)), names_of(list(second))
    if names[0] and names[1]:
        return _compare_labelled(first, names[0], second, names[1], context, once=once)
    if bool(names[0]) != bool(names[1]):
        if all(map(families.equation, (*first, *second))):  # `y = \\pm 2x` beside `2x \\pm y = 0`
            return context.unordered(first, second, once)
        return _compare_labels_left_out(a, b, names[0] or names[1], (first, second), context)
    ordered = isinstance(a, families.ROWS) or isinstance(b, families.ROWS)
    if ordered and once:
        return different(a, b)
    if ordered or (not once and context.conventions.bare_list_ordered):
        return context.in_order(first, second)
    applied("reading.any_order", a, b)
    return context.unordered(first, second, once)


def _compare_labelled(
    first: Items, names: Items, second: Items, others: Items, context: Context, *, once: bool
) -> Outcome:
    """Two lists of assignments: by name where each has one of its own."""
    places = {name: place for place, name in enumerate(others)}
    if len(places) == len(second) == len(first) and places.keys() == set(names):
        return context.in_order(first, [second[places[name]] for name in names])
    return context.unordered(first, second, once)


def _compare_labels_left_out(
    a: Node, b: Node, labels: Items, items: tuple[Items, Items], context: Context
) -> Outcome:
    """Labelled values against bare ones: in order, unless all carry one label."""
    applied("reading.labels_left_out", a, b)
    once = isinstance(a, nodes.FiniteSet) or isinstance(b, nodes.FiniteSet)
    first, second = (without_labels(list(side)) for side in items)
    free = (
        isinstance(a, families.COLLECTIONS)
        and isinstance(b, families.COLLECTIONS)
        and _numbered(labels)
    )
    if len(set(labels)) == 1 or free:
        same = context.unordered(first, second, once)
        points = len(labels) > 1 and (isinstance(a, nodes.Tuple) or isinstance(b, nodes.Tuple))
        return same.demoted() if points and not free else same  # `x = 1 or x = 2`
    outcome = context.in_order(first, second)
    if outcome.state == "different" and not _in_alphabetical_order(labels):
        # Only where names stand as x, y, z do it is known which place of the other side is whose.
        same = context.unordered(first, second, once)
        return UNKNOWN if same.state == "equal" else outcome
    return outcome


def _in_alphabetical_order(labels: Items) -> bool:
    names = [label.name for label in labels if isinstance(label, nodes.Symbol)]
    return len(names) == len(labels) and names == sorted(names)


def _numbered(labels: Items) -> bool:
    """`x_1`, `x_2`: solutions of one unknown, numbered in the order of the solution."""
    names = [label.name.partition("_") for label in labels if isinstance(label, nodes.Symbol)]
    return len(names) == len(labels) and all(
        name == names[0][0] and number.isdigit() for name, _, number in names
    )
