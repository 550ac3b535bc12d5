"""Relations beside any other answer: equations, congruences, ratios, inequalities."""

from dpo_math_assets.verifier.algebra.equations import (
    below_zero,
    is_name,
    operators,
)
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.equations import (
    compare_equation_and_value,
    compare_equations,
    proportional,
)
from dpo_math_assets.verifier.equivalence.families import RELATIONS, equation, is_scalar
from dpo_math_assets.verifier.equivalence.outcome import (
    EQUAL_EXACT,
    UNKNOWN,
    Outcome,
    different,
)
from dpo_math_assets.verifier.equivalence.sets import compare_pieces
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols
from dpo_math_assets.verifier.syntax.units import unit_factor
from dpo_math_assets.verifier.trace import applied

# Letters that count.
_COUNTING = frozenset("nkmij")


def compare_relations(a: Node, b: Node, context: Context) -> Outcome:
    """Two answers, one or both of them relations, and none a list or a set of values."""
    a, b = _condition_of_points(a), _condition_of_points(b)
    if isinstance(a, nodes.Relation) and isinstance(b, nodes.Relation) and a.op == b.op == "to":
        return _compare_maps(a, b, context)
    if ("to" in operators(a)) != ("to" in operators(b)):
        return _compare_step(a, b, context)
    first, second = equation(a), equation(b)
    if first and second:
        return compare_equations(first, second, context)
    if one := first or second:
        return compare_equation_and_value(a, b, one, context)
    if isinstance(a, nodes.Congruence) or isinstance(b, nodes.Congruence):
        return _compare_congruences(a, b, context)
    if isinstance(a, nodes.Ratio) or isinstance(b, nodes.Ratio):
        return _compare_ratios(a, b, context)
    return _compare_inequalities(a, b, context)


def _compare_step(a: Node, b: Node, context: Context) -> Outcome:
    r"""`3 + 4 \to 7` beside 7, of which it may be a step."""
    steps = [children(node) if "to" in operators(node) else (node,) for node in (a, b)]
    return context.any_of((x, y) for x in steps[0] for y in steps[1]).demoted()


def _compare_maps(a: nodes.Relation, b: nodes.Relation, context: Context) -> Outcome:
    r"""`x \mapsto x^2` and `t \mapsto t^2`: what is mapped may have any name."""
    names = [
        node.left.items if isinstance(node.left, nodes.Tuple) else (node.left,) for node in (a, b)
    ]
    symbols = all(isinstance(name, nodes.Symbol) for name in (*names[0], *names[1]))
    if not symbols or len(names[0]) != len(names[1]):
        return context.every([(a.left, b.left), (a.right, b.right)])
    renamed: dict[Node, Node] = dict(zip(names[1], names[0], strict=True))
    strange = free_symbols(b.right).intersection(free_symbols(a.left)) - free_symbols(b.left)
    if strange or a.left == b.left:
        return context.every([(a.left, b.left), (a.right, b.right)])
    applied("reading.name_of_argument", b.left, a.left)
    return context.compare(a.right, tree.replace(b.right, renamed.get))


def _condition_of_points(node: Node) -> Node:
    """The condition of a set of points, `\\{(x, y) | x^2 + y^2 < 4\\}`, which says all of it."""
    if not isinstance(node, nodes.SetBuilder) or not isinstance(node.condition, RELATIONS):
        return node
    if not isinstance(node.element, nodes.Tuple) or not is_name(node.element):
        return node
    applied("reading.set_of_points", node, node.condition)
    return node.condition


def _compare_congruences(a: Node, b: Node, context: Context) -> Outcome:
    """Residues of one modulus, equal up to its multiples; beside other answers their residue."""
    residues = _residue(a), _residue(b)
    solved = [not isinstance(residue, nodes.Relation) for residue in residues]
    if not isinstance(a, nodes.Congruence) or not isinstance(b, nodes.Congruence):
        if not solved[0 if isinstance(a, nodes.Congruence) else 1]:
            return UNKNOWN  # `2n = 3 (mod 7)` does not say what n is
        applied("reading.residue", a, b)
        return context.compare(*residues)
    return _compare_residues(a, b, residues, context) if solved[0] == solved[1] else UNKNOWN


def _compare_residues(
    a: nodes.Congruence, b: nodes.Congruence, residues: tuple[Node, Node], context: Context
) -> Outcome:
    """Two congruences of which both are solved, or none is."""
    named = residues[0] != a.relation, residues[1] != b.relation
    if all(named) and children(a.relation)[0] != children(b.relation)[0]:
        return UNKNOWN
    sides = residues if any(named) else (a.relation, b.relation)
    modulus = exact(b.modulus)
    values = [exact(side) if is_scalar(side) else None for side in sides]
    if values[0] is None or values[1] is None or modulus is None or exact(a.modulus) != modulus:
        return context.every([sides, (a.modulus, b.modulus)])
    applied("reading.residue", a, b)
    same = modulus and (values[0] - values[1]) % modulus == 0
    return EQUAL_EXACT if same else different(a, b)


def _residue(node: Node) -> Node:
    """3 of `x = 3 (mod 7)`, and what else is no congruence as it is."""
    match node:
        case nodes.Congruence(
            relation=nodes.Relation(op="equiv" | "=", left=nodes.Symbol(), right=value)
        ):
            return value
        case nodes.Congruence():
            return node.relation
    return node


def _compare_ratios(a: Node, b: Node, context: Context) -> Outcome:
    if isinstance(a, nodes.Quantity) or isinstance(b, nodes.Quantity):  # 2:30 against 2:30 p.m.
        if any(isinstance(node, nodes.Quantity) and unit_factor(node.unit) for node in (a, b)):
            return UNKNOWN  # hours and minutes, or minutes and seconds
        a, b = (node.value if isinstance(node, nodes.Quantity) else node for node in (a, b))
    if isinstance(a, nodes.Ratio) and isinstance(b, nodes.Ratio):
        return _compare_two_ratios(a, b, context)
    ratio, other = (a, b) if isinstance(a, nodes.Ratio) else (b, a)
    if not isinstance(ratio, nodes.Ratio) or len(ratio.items) != 2 or not is_scalar(other):
        return different(a, b)
    quotient = tree.divide(*ratio.items)
    applied("reading.quotient", ratio, quotient)
    return context.compare(quotient, b) if ratio is a else context.compare(a, quotient)


def _compare_two_ratios(a: nodes.Ratio, b: nodes.Ratio, context: Context) -> Outcome:
    if len(a.items) != len(b.items):
        return different(a, b)
    if any(exact(part) == 0 for part in a.items + b.items):
        return context.in_order(a.items, b.items)
    same = context.every(
        (tree.mul(x, b.items[0]), tree.mul(y, a.items[0]))
        for x, y in zip(a.items[1:], b.items[1:], strict=True)
    )
    if a != b and same.state == "equal" and _looks_like_time(a) and _looks_like_time(b):
        applied("reading.ratio_or_time", a, b)
        return UNKNOWN
    return same


def _looks_like_time(ratio: nodes.Ratio) -> bool:
    """`10:40`: two digits behind the colon, as minutes have."""
    parts = [exact(part) for part in ratio.items]
    return len(parts) == 2 and parts[1] is not None and 10 <= parts[1] < 60


def _compare_inequalities(a: Node, b: Node, context: Context) -> Outcome:
    """Inequalities with each other, and with the sets that they describe."""
    a, b = _with_letter(_ascending(a)), _with_letter(_ascending(b))
    if type(a) is type(b) and operators(a) == operators(b):
        same = context.in_order(children(a), children(b))
        if same.state == "equal":
            return same
    if not isinstance(a, RELATIONS) or not isinstance(b, RELATIONS):
        return _compare_with_set(a, b, context)
    names = free_symbols(a), free_symbols(b)
    if names[0] != names[1]:
        return different(a, b)
    if len(names[0]) == 1 and (outcome := compare_pieces(a, b, context)):
        return outcome
    if isinstance(a, nodes.Relation) and isinstance(b, nodes.Relation):
        return _compare_signs(a, b, context)
    return UNKNOWN


def _compare_with_set(a: Node, b: Node, context: Context) -> Outcome:
    """An inequality beside the set that it describes."""
    integers = any(isinstance(x, nodes.NumberDomain) and x.name[0] in "ZN" for x in (a, b))
    if integers and (free_symbols(a) | free_symbols(b)) <= _COUNTING:
        return UNKNOWN  # `n \\ge 1` beside all positive integers
    outcome = None
    if context.conventions.interval_matches_inequality:
        outcome = compare_pieces(a, b, context)
    if outcome is None:
        return different(a, b)
    applied("reading.inequality_as_set", a, b)
    return outcome


def _compare_signs(a: nodes.Relation, b: nodes.Relation, context: Context) -> Outcome:
    """Two inequalities in several letters: multiples of each other or not."""
    first, second = below_zero(a), below_zero(b)
    if first is None or second is None:
        return UNKNOWN
    if first[0] != second[0]:
        return different(a, b)
    return proportional(first[1], second[1], context, positive=first[0] != "!=")


def _with_letter(node: Node) -> Node:
    """`0 < f(x) < 1` with f for `f(x)`, of which it says where it lies."""
    for part in children(node):
        if isinstance(part, nodes.UnknownFunction) and part.name.isalpha():
            return tree.substituted(node, part, nodes.Symbol(part.name))
    return node


def _ascending(node: Node) -> Node:
    """`c > b > a` as `a < b < c`."""
    if not isinstance(node, nodes.RelationChain) or not {">", ">="}.issuperset(node.ops):
        return node
    signs = tuple(sign.replace(">", "<") for sign in reversed(node.ops))
    return nodes.RelationChain(signs, node.items[::-1])
