r"""Equations and inequalities: what they give a name, and what they say is zero or below it."""

from collections.abc import Iterable

from dpo_math_assets.verifier.algebra.canonical import numerator
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

_OF_NAMES = (num(-1), nodes.Symbol("c"), nodes.Symbol("C"))
_SETS = nodes.SetUnion | nodes.SetIntersection | nodes.SetDifference
_ANGLE = nodes.Symbol("angle")
# Letters that number the terms of a sequence.
_INDICES = frozenset("nkm")
# Letters that functions are of, and products of two of them that name no function.
_ARGUMENTS = frozenset("xyztsuvwrnkm")
_PAIRS = ("xy", "xz", "yz", "uv")
# Functions whose value for letters is a number that an answer states: `\\gcd(a, b) = 6`.
_NAMES = frozenset(("gcd", "lcm", "det"))
_NAMED_FUNCTIONS = frozenset(("sin", "cos", "tan", "cot", "sec", "csc"))


def is_name(node: Node) -> bool:
    """Whether a node is what stands left of an equals sign to be given a value."""
    match node:
        case nodes.Symbol() | nodes.UnknownFunction() | nodes.Text():
            return True
        case nodes.Tuple() | nodes.Ratio() | nodes.Product():
            return all(map(is_name, children(node)))
        case nodes.SetUnion() | nodes.SetIntersection() | nodes.SetDifference():
            return all(map(is_name, children(node)))
        case nodes.Function() if node.name in _NAMES:
            return all(map(is_name, node.arguments))
        case nodes.AbsoluteValue(operand=operand) if isinstance(operand, _SETS):
            return is_name(operand)
        case nodes.AbsoluteValue(operand=nodes.Product() as product):
            return tree.letters(product) is not None
        case nodes.AbsoluteValue():
            return _has_size(tree.letters(node.operand) or "")
        case nodes.Power(base=nodes.Product() as sides):  # `AB/CD =`
            return node.exponent == num(-1) and (tree.letters(sides) or "").isupper()
        case nodes.Power(base=nodes.Symbol(name=name)):  # `A^{-1} =`, `A^c =`
            return name.isupper() and node.exponent in _OF_NAMES
    return False


def _has_size(name: str) -> bool:
    """Whether a letter is a vector or a complex number; of others `|x| = 5` leaves two values."""
    return name.startswith("vec(") or name in ("z", "w")


def known_as(name: Node) -> Node | str:
    r"""A name in one of its forms: the length `|AB|` or `\overline{AB}` as AB, `\angle A` as A."""
    if isinstance(name, nodes.Product) and name.factors[0] == _ANGLE and len(name.factors) == 2:
        return name.factors[1]
    ends = tree.letters(name.operand if isinstance(name, nodes.AbsoluteValue) else name) or ""
    ends = ends.removeprefix("bar(").removesuffix(")")
    return "".join(sorted(ends)) if len(ends) == 2 and ends.isupper() else name


def without_arrows(name: Node) -> Node:
    r"""`\vec{a} \cdot \vec{b}` as ab, which may be the same product in bold letters."""

    def change(part: Node) -> Node | None:
        if isinstance(part, nodes.Symbol) and part.name.startswith("vec("):
            return nodes.Symbol(part.name[4:-1])
        return None

    return tree.replace(name, change)


def measured(equation: nodes.Relation) -> Node | None:
    """The number that an equation gives as the value of a quantity: 7 in `a + b = 7`."""
    for quantity, value in _both_ways(equation):
        if is_quantity(quantity) and not free_symbols(value):
            return value
    return None


def _both_ways(equation: nodes.Relation) -> tuple[tuple[Node, Node], tuple[Node, Node]]:
    return (equation.left, equation.right), (equation.right, equation.left)


def is_quantity(node: Node) -> bool:
    r"""Whether a node is what an answer may state the value of: `a + b`, `x^2 + y^2`, `\sin x`.

    No multiple of one letter and no power of it: `2x = 5` leaves x to be found.
    """
    match node:
        case nodes.Function():
            return node.name in _NAMED_FUNCTIONS and is_name(node.arguments[0])
        case nodes.AbsoluteValue():
            return isinstance(node.operand, nodes.Symbol) and node.operand.name.isupper()
        case nodes.Sum():
            letters = [name for term in node.terms for name in free_symbols(term)]
            once = 1 < len(letters) == len(set(letters))
            return once and all(map(_is_name_or_power, node.terms))
        case nodes.Product():
            return len(free_symbols(node)) > 1 and all(map(_is_name_or_power, node.factors))
    return False


def _is_name_or_power(node: Node) -> bool:
    if (
        isinstance(node, nodes.Power)
        and isinstance(node.exponent, nodes.Number)
        and is_name(node.base)
    ):
        return True
    return is_name(node)


def assigned(node: Node) -> tuple[Node, Node] | None:
    """(name, value) of an equation that gives a value to a name; None for any other node."""
    if not isinstance(node, nodes.Relation) or node.op not in ("=", "approx"):
        return None
    for name, value in _both_ways(node):
        if is_name(name) and not _gives_itself(name, value):
            return name, value
    return None


def _gives_itself(name: Node, value: Node) -> bool:
    """Whether an equation gives its name no value: `x = 2x`, `xy = x^2`; `a(n) = 3n` does."""
    used = free_symbols(value)
    match name:
        case nodes.Symbol():
            return name.name in used
        case nodes.Product(factors=(nodes.Symbol(name=letter), nodes.Symbol(name=variable))) if (
            letter not in used
        ):
            return variable in used and (variable not in _ARGUMENTS or letter + variable in _PAIRS)
        case nodes.Product():
            return not free_symbols(name).isdisjoint(used)
    return False


def called(name: Node, value: Node) -> tuple[str, nodes.Symbol] | None:
    """The name and the variable of `f(x)` that has a value, also of a sequence: `a_n = 3n`."""
    match name:
        case nodes.Symbol():
            base, _, index = name.name.partition("_")
            known = index in _INDICES and index in free_symbols(value)
            return (base, nodes.Symbol(index)) if known else None
        case nodes.UnknownFunction(name=function, arguments=(nodes.Symbol() as variable,)):
            return function, variable
        case nodes.Product(factors=(nodes.Symbol() as letter, nodes.Symbol() as variable)):
            return letter.name, variable
    return None


def difference(equation: nodes.Relation) -> Node:
    """left - right, over no denominator: what an equation says is zero."""
    return numerator(tree.add(equation.left, tree.neg(equation.right)))


def is_polynomial(node: Node) -> bool:
    """Whether letters are only added, multiplied and raised to whole powers."""
    match node:
        case nodes.Sum() | nodes.Product():
            return all(map(is_polynomial, children(node)))
        case nodes.Power(exponent=nodes.Number(p=p, q=1)) if p > 0:
            return is_polynomial(node.base)
    return isinstance(node, nodes.Symbol) or not free_symbols(node)


def operators(node: Node) -> tuple[str, ...]:
    """The signs of a relation or a chain; none of any other node."""
    if isinstance(node, nodes.RelationChain):
        return node.ops
    return (node.op,) if isinstance(node, nodes.Relation) else ()


def between(node: Node) -> nodes.Interval | None:
    """The interval that `a < x <= b` says x lies in; None for any other node."""
    match node:
        case nodes.RelationChain(
            ops=("<" | "<=" as first, "<" | "<=" as second),
            items=(low, nodes.Symbol(name=name), high),
        ) if name not in free_symbols(low) | free_symbols(high):
            return nodes.Interval(low, high, first == "<=", second == "<=")
    return None


def below_zero(inequality: nodes.Relation) -> tuple[str, Node] | None:
    """An inequality as `expression < 0` or `<= 0` or `!= 0`."""
    operator, left, right = inequality.op, inequality.left, inequality.right
    if not isinstance(left, nodes.SCALARS) or not isinstance(right, nodes.SCALARS):
        return None
    if operator in (">", ">="):
        left, right, operator = right, left, operator.replace(">", "<")
    if operator not in ("<", "<=", "!="):
        return None
    return operator, tree.add(left, tree.neg(right))


def labelled_items(node: Node) -> Node:
    """`(p, q) = (3, 2)` as `p = 3, q = 2`, and `n = 1, 2, 3` as three values of n."""
    match node:
        case nodes.Relation(
            op="=" | "approx", left=nodes.Tuple(items=names), right=nodes.Tuple(items=values)
        ):
            if len(names) == len(values):
                return nodes.ValueList(tuple(map(_equal, names, values)))
        case nodes.ValueList(items=(nodes.Relation() as first, *rest)) if rest:
            given = assigned(_equal(first.left, first.right) if first.op == "in" else first)
            if given and not any(isinstance(item, _STATEMENTS) for item in rest):
                return nodes.ValueList((given[1], *rest))
    return node


_STATEMENTS = (nodes.Relation, nodes.RelationChain, nodes.Congruence, nodes.Ratio)


def _equal(left: Node, right: Node) -> nodes.Relation:
    return nodes.Relation("=", left, right)


def names_of(items: Iterable[Node]) -> list[Node]:
    """The labels of a list of assignments, or nothing if one item is no assignment."""
    found = list(map(assigned, items))
    return [given[0] for given in found if given] if all(found) else []


def without_labels(items: Iterable[Node]) -> list[Node]:
    """The items, of assignments only their values."""
    return [given[1] if (given := assigned(item)) else item for item in items]
