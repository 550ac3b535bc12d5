"""Equations: what they give a name, beside each other and beside a bare value."""

import re
from fractions import Fraction

from dpo_math_assets.verifier.algebra import equations
from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.outcome import UNKNOWN, Outcome, different
from dpo_math_assets.verifier.equivalence.progressions import is_straight
from dpo_math_assets.verifier.equivalence.scalars import compare_expressions
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.trace import applied

# Values that an inequality may describe: `D = [0, \\infty)` beside `x \\ge 0`.
_SETS = (nodes.Interval, nodes.SetUnion, nodes.SetIntersection, nodes.SetDifference, nodes.Tuple)
# Letters that stand for variables by custom.
_VARIABLES = frozenset("xyztn")
_DERIVATIVE = re.compile(r"d(.)/d.")
# Points at which two equations are compared: the first numbers of each.
_SEEDS = range(3)

Assignment = tuple[Node, Node]


def compare_equations(a: nodes.Relation, b: nodes.Relation, context: Context) -> Outcome:
    """Two equations: by what they give a name, else by what they say is zero."""
    left, right = equations.assigned(a), equations.assigned(b)
    if left and right and (same := _compare_assignments(left, right, context)):
        return same
    if not all(map(is_scalar, (a.left, a.right, b.left, b.right))):
        same = context.every([(a.left, b.left), (a.right, b.right)])
        return same if same.state == "equal" else UNKNOWN
    zeros = equations.difference(a), equations.difference(b)
    if any(not free_symbols(canonical(zero)) for zero in zeros):
        return UNKNOWN  # a statement that is always or never true
    return proportional(*zeros, context, positive=False)


def _compare_assignments(left: Assignment, right: Assignment, context: Context) -> Outcome | None:
    """Two names given a value; None where the names do not say that they are one or another."""
    (old, a), (new, b) = left, right
    if (
        old == new
        or equations.known_as(old) == equations.known_as(new)
        or _same_derivative(old, new)
    ):
        return context.compare(a, b)
    if equations.without_arrows(old) == equations.without_arrows(new):
        return context.compare(a, b).demoted()
    one, other = equations.called(old, a), equations.called(new, b)
    if one and other and one[0] == other[0]:
        return _compare_functions((one[1], a), (other[1], b), context)
    for name, function in ((old, new), (new, old)):  # y = 2x against f(x) = 2x
        if isinstance(name, nodes.Symbol) and isinstance(function, nodes.UnknownFunction):
            same = context.compare(a, b)
            return same if name.name == function.name else same.demoted()  # `f = 0` says it
    return None


def _compare_functions(left: Assignment, right: Assignment, context: Context) -> Outcome:
    """`f(x) = a` against `f(t) = b`: the variable may have any name that a has no use for.

    Where it is in neither value, it may be no variable: P(A) = 1/2 is not P(B) = 1/2, but
    f(x) = 5 is f(n) = 5.
    """
    (old, a), (new, b) = left, right
    if old == new:
        return context.compare(a, b)
    used, other = free_symbols(a), free_symbols(b)
    variables = free_symbols(old) | free_symbols(new)
    if variables.isdisjoint(used | other | _VARIABLES):
        return context.compare(a, b).demoted()
    if not (free_symbols(new).isdisjoint(used) and free_symbols(old).isdisjoint(other)):
        return different(a, b)
    applied("reading.renamed_variable", a, b)
    return context.compare(tree.substituted(a, old, new), b)


def _same_derivative(a: Node, b: Node) -> bool:
    r"""Whether two names are `y'` and `\frac{dy}{dx}`."""
    if (
        not isinstance(a, nodes.Symbol)
        or not isinstance(b, nodes.Symbol)
        or "'" not in a.name + b.name
    ):
        return False
    return _DERIVATIVE.sub(r"\1'", a.name) == _DERIVATIVE.sub(r"\1'", b.name)


def proportional(a: Node, b: Node, context: Context, *, positive: bool) -> Outcome:
    """Whether a = c*b for a constant c != 0 (c > 0 where `positive`)."""
    names = free_symbols(a)
    if names != free_symbols(b):
        # symbols of one side only might cancel; then nothing is known here
        vanishing = free_symbols(canonical(a)) == free_symbols(canonical(b))
        return UNKNOWN if vanishing else different(a, b)
    for seed in _SEEDS:
        first = 10 + 5 * seed
        point = {name: Fraction(first + 7 * k, 11) for k, name in enumerate(sorted(names))}
        x, y = exact(a, point), exact(b, point)
        if x is None or y is None:
            return _compare_irrational(a, b, point, context, positive=positive)
        if x == 0 and y == 0:
            continue
        if x == 0 or y == 0 or (positive and x * y < 0):
            applied("witness.point", point)
            return different(a, b)
        applied("reading.multiple_of_equation", a, b)
        return compare_expressions(a, canonical(tree.mul(tree.rational(x / y), b)), context)
    return UNKNOWN


def _compare_irrational(
    a: Node, b: Node, point: dict[str, Fraction], context: Context, *, positive: bool
) -> Outcome:
    outcome = compare_expressions(a, b, context)
    if outcome.state != "equal" and not positive:
        outcome = _same_ratio(a, b, point, context)
    # `\\ln y = x` and `y = e^x` say the same and are no multiples of each other
    known = equations.is_polynomial(a) and equations.is_polynomial(b)
    return UNKNOWN if outcome.state == "different" and not known else outcome


def _same_ratio(a: Node, b: Node, point: dict[str, Fraction], context: Context) -> Outcome:
    """Whether a is to b everywhere as it is at a point where neither is zero."""

    def there(inner: Node) -> Node | None:
        return tree.rational(point[inner.name]) if isinstance(inner, nodes.Symbol) else None

    x, y = tree.replace(a, there), tree.replace(b, there)
    if any(compare_expressions(value, num(0), context).state != "different" for value in (x, y)):
        return UNKNOWN
    return compare_expressions(tree.mul(a, y), tree.mul(b, x), context)


def compare_equation_and_value(
    a: Node, b: Node, equation: nodes.Relation, context: Context
) -> Outcome:
    """An equation, which is one of a and b, beside an answer that is none."""
    is_gold = equation is b
    value = a if is_gold else b
    given = equations.assigned(equation)
    named_set = given is not None and isinstance(given[1], _SETS)
    comparable = named_set or not isinstance(value, nodes.Relation | nodes.RelationChain)
    if not comparable or not context.conventions.assignment_matches_value:
        return different(a, b)
    if given:
        applied("reading.assigned_value", equation, given[1])
        same = context.compare(a, given[1]) if is_gold else context.compare(given[1], b)
        if same.state == "different" and is_gold and free_symbols(a):
            solved = _solves(equation, a, context)  # `y + 1 = x` gives y, too
            same = solved if solved.state == "equal" else same
        # a residue is its number, but `x = 3` is one solution of many
        return same.demoted() if isinstance(value, nodes.Congruence) else same
    if _may_be_asked_for(equation, value, context):
        return UNKNOWN
    # an answer may give what a gold equation says of y; an answer must not leave y unsolved
    return _solves(equation, value, context) if is_gold else UNKNOWN


def _may_be_asked_for(equation: nodes.Relation, value: Node, context: Context) -> bool:
    """Whether a value is the number that `a + b = 7` states, or what `xy = x^2` says xy is."""
    if not is_scalar(value):
        return False
    if free_symbols(value):
        products = (
            isinstance(equation.left, nodes.Product),
            isinstance(equation.right, nodes.Product),
        )
        sides = (equation.right if products[0] else None, equation.left if products[1] else None)
        return any(side and context.compare(side, value).state == "equal" for side in sides)
    sides = (equation.left, equation.right)  # `\\sigma^2 = 4` beside 4
    numbers = [side for side in sides if is_scalar(side) and not free_symbols(side)]
    return any(context.compare(number, value).state == "equal" for number in numbers)


def _solves(equation: nodes.Relation, value: Node, context: Context) -> Outcome:
    """`y + 1 = x` against x - 1: equal if the equation is linear in the one symbol it gives."""
    if not is_scalar(value):
        return different(value, equation)
    zero = equations.difference(equation)
    if not is_scalar(zero):
        return UNKNOWN
    unknown = free_symbols(zero) - free_symbols(value)
    if len(unknown) != 1:
        return different(value, equation)
    symbol = nodes.Symbol(next(iter(unknown)))

    def at(x: Node) -> Node:
        return tree.substituted(zero, symbol, x)

    bend = tree.add(at(num(0)), tree.mul(num(-2), at(num(1))), at(num(2)))
    slope = tree.add(at(num(1)), tree.neg(at(num(0))))
    if compare_expressions(bend, num(0), context).state != "equal":
        return different(value, equation) if exact(bend) is not None else UNKNOWN
    if not is_straight(zero, symbol.name):  # three points of `|x| = 5` lie on a line
        return UNKNOWN
    if compare_expressions(slope, num(0), context).state != "different":
        return UNKNOWN
    applied("reading.solved_equation", equation, value)
    return compare_expressions(at(value), num(0), context)
