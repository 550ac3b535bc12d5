"""Smart constructors: they fold what is exact and cheap, and keep the rest as it is written.

All raise ParseError where a value cannot stand, such as a length inside a sum.
"""

from collections.abc import Callable
from fractions import Fraction
from math import gcd

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children, free_symbols, rebuild
from dpo_math_assets.verifier.trace import applied

E = nodes.Constant("e")
PI = nodes.Constant("pi")
IMAGINARY = nodes.Constant("i")
# An exponent p/q becomes the p-th power of a q-th root up to this q.
MAX_ROOT_INDEX = 100
_NOT_PLAIN = frozenset((nodes.BasedInteger, nodes.FiniteSet, nodes.Percent, nodes.Quantity))
_INEQUALITIES = frozenset(("<", "<=", ">", ">=", "!="))


def rational(value: Fraction) -> nodes.Number:
    """A fraction as a number."""
    return num(value.numerator, value.denominator)


def plain(node: Node) -> Node:
    """The node as a factor or term: percentages, degrees, bases, braces become expressions."""
    if type(node) not in _NOT_PLAIN:
        return node
    match node:
        case nodes.BasedInteger():
            return num(node.value)
        case nodes.FiniteSet(items=(item,)):
            return in_braces(item)
        case nodes.FiniteSet():
            return node
        case nodes.Percent():
            return mul(plain(node.value), num(1, 100))
        case nodes.Quantity(unit="rad" | "radian"):
            return plain(node.value)
        case nodes.Quantity(unit="degree"):
            return mul(node.value, num(1, 180), PI)
    raise ParseError("a unit inside an expression")


def neg(node: Node) -> Node:
    """-node; signs of numbers go into the number."""
    match node:
        case nodes.Number():
            return nodes.Number(-node.p, node.q)
        case nodes.Decimal():
            return nodes.Decimal(-node.p, node.q, node.places)
        case nodes.Product(factors=(nodes.Number() | nodes.Decimal() as first, *others)):
            return mul(neg(first), *others)
        case nodes.PlusMinus():
            return nodes.MinusPlus(node.operand)
        case nodes.MinusPlus():
            return nodes.PlusMinus(node.operand)
        case nodes.Quantity():
            return nodes.Quantity(neg(node.value), node.unit)
        case nodes.Percent():
            return nodes.Percent(neg(node.value))
        case nodes.BasedInteger():
            return nodes.BasedInteger(-node.value, node.base)
    return nodes.Product((num(-1), node))


def add(*terms: Node) -> Node:
    """A sum, flat. Values of one unit add up to one of that unit."""
    first = terms[0]
    if len(terms) == 1:
        return first
    if isinstance(first, nodes.Quantity):
        unit = first.unit
        values = [x.value for x in terms if isinstance(x, nodes.Quantity) and x.unit == unit]
        if len(values) == len(terms):
            return nodes.Quantity(add(*values), unit)
    flat: list[Node] = []
    for term in map(plain, terms):
        if isinstance(term, nodes.Sum):
            flat += term.terms
        else:
            flat.append(term)
    return nodes.Sum(tuple(flat))


def mul(*factors: Node) -> Node:
    """A product, flat. A unit comes to the outside."""
    if len(factors) == 1:
        return factors[0]
    units = [factor for factor in factors if type(factor) is nodes.Quantity]
    if len(units) == 1:
        values = (x.value if isinstance(x, nodes.Quantity) else x for x in factors)
        return nodes.Quantity(mul(*values), units[0].unit)
    flat: list[Node] = []
    for factor in factors:
        factor = plain(factor)
        if isinstance(factor, nodes.Product):
            flat += factor.factors
        else:
            flat.append(factor)
    return nodes.Product(tuple(flat))


def in_braces(node: Node) -> Node:
    r"""`\\{2\\}` in an expression is 2, `\\{x\\}` the fractional part of x, perhaps."""
    letters_in = (name for name in free_symbols(node) if not name.startswith(nodes.PARAMETER))
    if not any(letters_in):
        return node
    applied("grammar.braces_of_one", node)
    return nodes.UnknownFunction("\\{", (node,))


def divide(top: Node, bottom: Node) -> Node:
    """top / bottom; two integers give their exact fraction."""
    if isinstance(top, nodes.Quantity) and not isinstance(bottom, nodes.Quantity):
        return nodes.Quantity(divide(top.value, bottom), top.unit)
    top, bottom = plain(top), plain(bottom)
    if isinstance(top, nodes.Number) and isinstance(bottom, nodes.Number) and bottom.p != 0:
        p, q = top.p * bottom.q, top.q * bottom.p
        shared = gcd(p, q) * (1 if q > 0 else -1)
        return num(p // shared, q // shared)
    reciprocal = nodes.Power(bottom, num(-1))
    return reciprocal if top == num(1) else mul(top, reciprocal)


def power(base: Node, exponent: Node) -> Node:
    """base ^ exponent; a literal exponent p/q is the p-th power of the q-th root."""
    base, exponent = plain(base), plain(exponent)
    if isinstance(exponent, nodes.Number | nodes.Decimal):
        p, q = exponent.p, exponent.q
        if 1 < q <= MAX_ROOT_INDEX:
            inner = root(base, num(q))
            return inner if p == 1 else nodes.Power(inner, num(p))
        if q == 1:
            exponent = num(p)
    return nodes.Power(base, exponent)


def root(radicand: Node, index: Node) -> Node:
    """The index-th root."""
    return nodes.Root(plain(radicand), plain(index))


def chosen(letter: str, n: Node, k: Node) -> Node:
    """The ways to choose k of n: `C` without order, `P` and `A` with it."""
    n, k = plain(n), plain(k)
    ways = nodes.Function("binom", (n, k))
    return ways if letter == "C" else mul(ways, nodes.Factorial(k))


def set_operation(operator: str, left: Node, right: Node) -> Node:
    """Union, intersection or difference; bare lists are sets and pairs open intervals here."""
    left, right = _as_set(left), _as_set(right)
    if operator == "setminus":
        return nodes.SetDifference(left, right)
    cls = nodes.SetUnion if operator == "union" else nodes.SetIntersection
    first = left.operands if isinstance(left, cls) else (left,)
    return cls((*first, right))


def _as_set(node: Node) -> Node:
    if isinstance(node, nodes.ValueList):
        return nodes.FiniteSet(node.items)
    if isinstance(node, nodes.Tuple) and len(node.items) == 2:
        return nodes.Interval(*node.items, False, False)
    return node


def is_proper_fraction(node: Node) -> bool:
    """Whether a node is p/q with 0 < p < q: what may follow an integer in a mixed number."""
    return isinstance(node, nodes.Number) and 0 < node.p < node.q


def is_inequality(node: Node) -> bool:
    """Whether a node is an inequality, or a chain of them."""
    if isinstance(node, nodes.Relation):
        return node.op in _INEQUALITIES
    return isinstance(node, nodes.RelationChain) and _INEQUALITIES.issuperset(node.ops)


def is_vector(node: Node) -> bool:
    r"""Whether a node is the nabla sign, a letter with an arrow or hat, or made of such."""
    match node:
        case nodes.Symbol(name):
            return name == "nabla" or name.startswith(("vec(", "hat(", "underline("))
        case nodes.UnknownFunction(name):
            return name == "\\times"
        case nodes.Sum() | nodes.Product():
            return any(map(is_vector, children(node)))
    return False


def letters(node: Node) -> str | None:
    """The letters of a name such as `AB` or `x_1`, or None for anything else."""
    if isinstance(node, nodes.Symbol | nodes.Constant):
        return node.name
    if isinstance(node, nodes.Product):
        parts = [letters(factor) or "" for factor in node.factors]
        if all(len(part) == 1 for part in parts):
            return "".join(parts)
    return None


def replace(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with every node for which `change` gives another one replaced, from the top."""
    changed = change(node)
    if changed is not None:
        return changed
    return rebuild(node, lambda child: replace(child, change))


def substituted(node: Node, old: Node, new: Node) -> Node:
    """The tree with `new` wherever `old` stands."""
    return replace(node, lambda inner: new if inner == old else None)
