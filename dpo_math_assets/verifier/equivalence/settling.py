r"""What an answer comes to before it is compared: `x = 2 + 3 = 5`, `(1, 2) + (3, 4)`, `\det A`."""

from collections.abc import Sequence
from itertools import pairwise

from dpo_math_assets.verifier.algebra.equations import is_name, is_quantity
from dpo_math_assets.verifier.algebra.matrices import matrix_value
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import RELATIONS, is_scalar
from dpo_math_assets.verifier.equivalence.points import scaled_vector
from dpo_math_assets.verifier.equivalence.readings import NAMED_PAIRS
from dpo_math_assets.verifier.equivalence.unit_readings import compound_unit
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols, rebuild
from dpo_math_assets.verifier.trace import applied

# What a chain comes to whose values differ.
CONTRADICTION = nodes.Text("contradiction")
_EQUALS = frozenset(("=", "approx"))


def settled(node: Node, context: Context) -> Node:
    """The statement or value that a node comes to; `CONTRADICTION` where it contradicts itself."""
    if isinstance(node, nodes.FiniteSet) and len(node.items) == 1:
        node = node.items[0] if isinstance(node.items[0], RELATIONS) else node
    if isinstance(node, nodes.ValueList):
        return _named("reading.compound_unit", node, compound_unit(node))
    if isinstance(node, nodes.Sum | nodes.Product | nodes.Power | nodes.Function):
        return _computed(node)
    if isinstance(node, nodes.Relation) and node.op == "in":
        if not is_name(node.left):
            return node
        return _named("reading.membership", node, node.right)
    if isinstance(node, nodes.Relation) and node.op in _EQUALS:
        sides = NAMED_PAIRS.of_both(node.left, node.right) or children(node)
        return _stated(node, (node.op,), sides, context)
    if isinstance(node, nodes.RelationChain) and _EQUALS.issuperset(node.ops):
        return _stated(node, node.ops, node.items, context)
    return node


def _named(rule: str, node: Node, changed: Node | None) -> Node:
    """What a rule makes of a node, or the node where it makes nothing of it."""
    if changed is None or changed is node:
        return node
    applied(rule, node, changed)
    return changed


def _computed(node: nodes.Sum | nodes.Product | nodes.Power | nodes.Function) -> Node:
    """A sum, product or power of matrices and tuples, worked out."""
    if isinstance(node, nodes.Sum):  # `s(1, 0) + t(0, 1)`
        node = rebuild(node, lambda term: scaled_vector(term) or term)
    rows = nodes.Interval | nodes.ValueList  # `[1, -1]^T`
    if isinstance(node, nodes.Power) and isinstance(node.base, rows):
        return _named("reading.matrix_arithmetic", node, matrix_value(node))
    if not isinstance(node, nodes.Function) and holds(node, nodes.Tuple, shallow=True):
        if isinstance(node, nodes.Product):
            if not free_symbols(node):
                return _named("reading.matrix_arithmetic", node, matrix_value(node))
        else:
            value = matrix_value(node)  # `(1, 2) + (3, 4)`
            row = value is not None and len(value.rows) == 1 and not holds(node, nodes.Matrix)
            result = nodes.Tuple(value.rows[0]) if value and row else value
            return _named("reading.matrix_arithmetic", node, result)
    if not holds(node, nodes.Matrix):
        return node
    return _named("reading.matrix_arithmetic", node, matrix_value(node))


def _stated(node: Node, signs: Sequence[str], items: Sequence[Node], context: Context) -> Node:
    """What equals signs between names and values give: `name = value`, or the value."""
    names = _names(items)
    values = [item for item in items if item not in names]
    if len(names) == len(values) == 1:
        return nodes.Relation("=", names[0], values[0])
    steps, value = _steps(signs, items, names, values)
    if value is None:
        return nodes.Relation("=", *items) if len(items) == 2 else node
    applied("reading.chain", node, value)
    if any(context.compare(x, y).state != "equal" for x, y in pairwise(steps)):
        return CONTRADICTION
    return nodes.Relation("=", names[0], value) if names else value


def _names(items: Sequence[Node]) -> list[Node]:
    opens = len(items) > 2 and is_quantity(items[0])  # `m + n = 3 + 4 = 7`
    return [item for item in items if is_name(item) or (opens and item is items[0])]


def _steps(
    signs: Sequence[str], items: Sequence[Node], names: list[Node], values: list[Node]
) -> tuple[list[Node], Node | None]:
    """The values that must be equal, and the one that they come to, if any.

    Numbers come to the first of them; those behind a sign of approximation are left out.
    """
    if values and all(is_scalar(item) and not free_symbols(item) for item in values):
        exact = (item for sign, item in zip(("=", *signs), items, strict=True) if sign == "=")
        values = [item for item in exact if item not in names] or values
        return values, values[0]
    if len(values) == 1 or (values and names and len(signs) > 1):
        return values, values[-1]
    return values, None
