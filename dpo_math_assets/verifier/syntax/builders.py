"""Smart constructors: they fold what is exact and cheap, and keep the rest as it is written.

All raise ParseError where a value cannot stand, such as a length inside a sum.
"""

from collections.abc import Callable
from fractions import Fraction
from math import gcd

from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import (
    PARAMETER,
    BasedInteger,
    Constant,
    Decimal,
    Factorial,
    FiniteSet,
    Function,
    Interval,
    MinusPlus,
    Node,
    Number,
    Percent,
    PlusMinus,
    Power,
    Product,
    Quantity,
    Relation,
    RelationChain,
    Root,
    SetDifference,
    SetIntersection,
    SetUnion,
    Sum,
    Symbol,
    Tuple,
    UnknownFunction,
    ValueList,
    num,
)
from dpo_math_assets.verifier.syntax.trees import children, free_symbols, rebuild
from dpo_math_assets.verifier.trace import applied

__all__ = [
    "IMAGINARY",
    "PI",
    "E",
    "add",
    "chosen",
    "divide",
    "in_braces",
    "is_inequality",
    "is_proper_fraction",
    "is_vector",
    "letters",
    "mul",
    "neg",
    "plain",
    "power",
    "rational",
    "replace",
    "root",
    "set_operation",
    "substituted",
]

E = Constant("e")
PI = Constant("pi")
IMAGINARY = Constant("i")
# An exponent p/q becomes the p-th power of a q-th root up to this q.
MAX_ROOT_INDEX = 100
_NOT_PLAIN = frozenset((BasedInteger, FiniteSet, Percent, Quantity))
_INEQUALITIES = frozenset(("<", "<=", ">", ">=", "!="))


def rational(value: Fraction) -> Number:
    """A fraction as a number."""
    return num(value.numerator, value.denominator)


def plain(node: Node) -> Node:
    """The node as a factor or term: percentages, degrees, bases, braces become expressions."""
    if type(node) not in _NOT_PLAIN:
        return node
    match node:
        case BasedInteger():
            return num(node.value)
        case FiniteSet(items=(item,)):
            return in_braces(item)
        case FiniteSet():
            return node
        case Percent():
            return mul(plain(node.value), num(1, 100))
        case Quantity(unit="rad" | "radian"):
            return plain(node.value)
        case Quantity(unit="degree"):
            return mul(node.value, num(1, 180), PI)
    raise ParseError("a unit inside an expression")


def neg(node: Node) -> Node:
    """-node; signs of numbers go into the number."""
    match node:
        case Number():
            return Number(-node.p, node.q)
        case Decimal():
            return Decimal(-node.p, node.q, node.places)
        case Product(factors=(Number() | Decimal() as first, *others)):
            return mul(neg(first), *others)
        case PlusMinus():
            return MinusPlus(node.operand)
        case MinusPlus():
            return PlusMinus(node.operand)
        case Quantity():
            return Quantity(neg(node.value), node.unit)
        case Percent():
            return Percent(neg(node.value))
        case BasedInteger():
            return BasedInteger(-node.value, node.base)
    return Product((num(-1), node))


def add(*terms: Node) -> Node:
    """A sum, flat. Values of one unit add up to one of that unit."""
    first = terms[0]
    if len(terms) == 1:
        return first
    if isinstance(first, Quantity):
        unit = first.unit
        values = [x.value for x in terms if isinstance(x, Quantity) and x.unit == unit]
        if len(values) == len(terms):
            return Quantity(add(*values), unit)
    flat: list[Node] = []
    for term in map(plain, terms):
        if isinstance(term, Sum):
            flat += term.terms
        else:
            flat.append(term)
    return Sum(tuple(flat))


def mul(*factors: Node) -> Node:
    """A product, flat. A unit comes to the outside."""
    if len(factors) == 1:
        return factors[0]
    units = [factor for factor in factors if type(factor) is Quantity]
    if len(units) == 1:
        values = (x.value if isinstance(x, Quantity) else x for x in factors)
        return Quantity(mul(*values), units[0].unit)
    flat: list[Node] = []
    for factor in factors:
        factor = plain(factor)
        if isinstance(factor, Product):
            flat += factor.factors
        else:
            flat.append(factor)
    return Product(tuple(flat))


def in_braces(node: Node) -> Node:
    r"""`\\{2\\}` in an expression is 2, `\\{x\\}` the fractional part of x, perhaps."""
    letters_in = (name for name in free_symbols(node) if not name.startswith(PARAMETER))
    if not any(letters_in):
        return node
    applied("grammar.braces_of_one", node)
    return UnknownFunction("\\{", (node,))


def divide(top: Node, bottom: Node) -> Node:
    """top / bottom; two integers give their exact fraction."""
    if isinstance(top, Quantity) and not isinstance(bottom, Quantity):
        return Quantity(divide(top.value, bottom), top.unit)
    top, bottom = plain(top), plain(bottom)
    if isinstance(top, Number) and isinstance(bottom, Number) and bottom.p != 0:
        p, q = top.p * bottom.q, top.q * bottom.p
        shared = gcd(p, q) * (1 if q > 0 else -1)
        return num(p // shared, q // shared)
    reciprocal = Power(bottom, num(-1))
    return reciprocal if top == num(1) else mul(top, reciprocal)


def power(base: Node, exponent: Node) -> Node:
    """base ^ exponent; a literal exponent p/q is the p-th power of the q-th root."""
    base, exponent = plain(base), plain(exponent)
    if isinstance(exponent, Number | Decimal):
        p, q = exponent.p, exponent.q
        if 1 < q <= MAX_ROOT_INDEX:
            inner = root(base, num(q))
            return inner if p == 1 else Power(inner, num(p))
        if q == 1:
            exponent = num(p)
    return Power(base, exponent)


def root(radicand: Node, index: Node) -> Node:
    """The index-th root."""
    return Root(plain(radicand), plain(index))


def chosen(letter: str, n: Node, k: Node) -> Node:
    """The ways to choose k of n: `C` without order, `P` and `A` with it."""
    n, k = plain(n), plain(k)
    ways = Function("binom", (n, k))
    return ways if letter == "C" else mul(ways, Factorial(k))


def set_operation(operator: str, left: Node, right: Node) -> Node:
    """Union, intersection or difference; bare lists are sets and pairs open intervals here."""
    left, right = _as_set(left), _as_set(right)
    if operator == "setminus":
        return SetDifference(left, right)
    cls = SetUnion if operator == "union" else SetIntersection
    first = left.operands if isinstance(left, cls) else (left,)
    return cls((*first, right))


def _as_set(node: Node) -> Node:
    if isinstance(node, ValueList):
        return FiniteSet(node.items)
    if isinstance(node, Tuple) and len(node.items) == 2:
        return Interval(*node.items, False, False)
    return node


def is_proper_fraction(node: Node) -> bool:
    """Whether a node is p/q with 0 < p < q: what may follow an integer in a mixed number."""
    return isinstance(node, Number) and 0 < node.p < node.q


def is_inequality(node: Node) -> bool:
    """Whether a node is an inequality, or a chain of them."""
    if isinstance(node, Relation):
        return node.op in _INEQUALITIES
    return isinstance(node, RelationChain) and _INEQUALITIES.issuperset(node.ops)


def is_vector(node: Node) -> bool:
    r"""Whether a node is the nabla sign, a letter with an arrow or hat, or made of such."""
    match node:
        case Symbol(name):
            return name == "nabla" or name.startswith(("vec(", "hat(", "underline("))
        case UnknownFunction(name):
            return name == "\\times"
        case Sum() | Product():
            return any(map(is_vector, children(node)))
    return False


def letters(node: Node) -> str | None:
    """The letters of a name such as `AB` or `x_1`, or None for anything else."""
    if isinstance(node, Symbol | Constant):
        return node.name
    if isinstance(node, Product):
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
