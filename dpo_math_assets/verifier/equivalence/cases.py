"""Values that hold under conditions: functions by cases, and values with a remark behind them."""

from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import ROWS, is_scalar
from dpo_math_assets.verifier.equivalence.outcome import UNKNOWN, Outcome, different
from dpo_math_assets.verifier.equivalence.piecewise import common_values, same_conditions
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.trace import applied


def compare_cases(a: Node, b: Node, context: Context) -> Outcome:
    """Functions given by cases, piece by piece; where these are not known, case by case."""
    if not all(isinstance(node, nodes.Cases) or is_scalar(node) for node in (a, b)):
        simple = isinstance(a, (*ROWS, nodes.Interval)) or isinstance(b, (*ROWS, nodes.Interval))
        return different(a, b) if simple else UNKNOWN
    both = isinstance(a, nodes.Cases) and isinstance(b, nodes.Cases)
    pairs = common_values(a, b)
    if pairs is not None:
        applied("reading.pieces", a, b)
    elif both:
        pairs = same_conditions(a, b)
    if pairs is not None:
        return context.every(pairs)
    number = not (free_symbols(a) and free_symbols(b))
    return different(a, b) if number and not both else UNKNOWN


def compare_conditional(a: Node, b: Node, context: Context) -> Outcome:
    """Values of which one or both hold under a condition; two conditions must be the same.

    One condition alone says nothing more only if it is of letters of its value.
    """
    conditions = [node.condition for node in (a, b) if isinstance(node, nodes.Conditional)]
    values = (node.value if isinstance(node, nodes.Conditional) else node for node in (a, b))
    same = context.compare(*values)
    narrows = any(name.startswith(nodes.PARAMETER) for name in free_symbols(a) | free_symbols(b))
    if len(set(conditions)) > 1 or (len(conditions) == 1 and narrows):
        return same.demoted()
    if len(conditions) == 1 and not (_of_its_letters(a) and _of_its_letters(b)):
        return same.demoted()
    applied("reading.condition", a, b)
    return same


def _of_its_letters(node: Node) -> bool:
    """Whether the condition of a value, if it has one, is of letters of the value."""
    if not isinstance(node, nodes.Conditional) or not isinstance(node.condition, nodes.Text):
        return True
    said = set(node.condition.words.split())
    return any(name.lower() in said for name in free_symbols(node.value))
