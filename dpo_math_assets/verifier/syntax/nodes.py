"""The syntax tree of an answer: what the parser gives and every later tier reads.

A node is one of the frozen dataclasses below: immutable, hashable, picklable, compared by value and
type. There is no subtraction, division or negation: `a - b` is `Sum(a, Product(Number(-1), b))` and
`a / b` is `Product(a, Power(b, Number(-1)))`.

`Scalar` is the union of what the numeric and symbolic backends take; the other kinds are settled by
the equivalence dispatch. `AnyNode` is the union of all: the tables over all kinds (their fields,
children and ranks, and who compares which pair) are made from it, so that none is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, TypeVar, cast, dataclass_transform, get_args

# First character of the name of a declared integer parameter.
PARAMETER = "#"

# Known functions and their arguments. `log` always has its base; `ln` is natural.
FUNCTIONS: dict[str, str] = {
    **dict.fromkeys(("sin", "cos", "tan", "cot", "sec", "csc"), "x in radians"),
    **dict.fromkeys(("asin", "acos", "atan", "acot", "asec", "acsc"), "x, principal value"),
    **dict.fromkeys(("sinh", "cosh", "tanh", "coth", "sech", "csch"), "x"),
    **dict.fromkeys(("asinh", "acosh", "atanh", "acoth", "asech", "acsch"), "x"),
    "exp": "x",
    "ln": "x, principal value",
    "log": "x, base",
    "floor": "x",
    "ceil": "x",
    "sign": "x",
    "re": "x",
    "im": "x",
    "conj": "x",
    "arg": "x, principal argument",
    "gcd": "one integer or more",
    "lcm": "one integer or more",
    "max": "one value or more",
    "min": "one value or more",
    "mod": "a, n: the remainder in 0..n-1",
    "gamma": "x",
    "binom": "n, k",
    "det": "a matrix node (never numeric)",
}


class Node:
    """Base of all nodes. What is asked of the same trees again and again is kept in them."""

    __slots__ = ("_contents", "_free", "_hash", "_key")

    _hash: int
    _key: tuple[Any, ...]
    _contents: frozenset[type["Node"] | str]
    _free: frozenset[str]

    def __repr__(self) -> str:
        held = (repr(getattr(self, name)) for name in FIELDS[type(self)])
        return f"{type(self).__name__}({', '.join(held)})"

    def __str__(self) -> str:
        from dpo_math_assets.verifier.syntax.printing import plain_text  # which imports this module

        return plain_text(self)

    def __hash__(self) -> int:
        cls = type(self)
        if cls in LEAVES:
            return hash((cls, _VALUES[cls](self)))
        kept: int | None = getattr(self, "_hash", None)  # a third of the cost of a caught error
        if kept is None:
            kept = hash((cls, _VALUES[cls](self)))
            object.__setattr__(self, "_hash", kept)
        return kept


_N = TypeVar("_N", bound=Node)


@dataclass_transform(frozen_default=True)
def _node(cls: type[_N]) -> type[_N]:
    """A frozen dataclass with slots that keeps the hash and the text of `Node`."""
    made = dataclass(frozen=True, slots=True, repr=False)(cls)
    made.__hash__ = Node.__hash__  # type: ignore[method-assign]
    return made


@_node
class Number(Node):
    """The exact rational p/q, in lowest terms, q > 0."""

    p: int
    q: int


@_node
class Decimal(Node):
    """A decimal literal: exactly p/q as written; its last shown digit stands for 10**-places.

    `1.50` has places 2, `1.5e6` has places -5.
    """

    p: int
    q: int
    places: int


@_node
class Constant(Node):
    """`pi`, `e`, `i`, `oo` (positive infinity), `nan` (an undefined value)."""

    name: str


@_node
class Symbol(Node):
    """A variable, case sensitive, with subscript and prime: `x_1`, `alpha`, `y'`.

    `#0`, `#1` are declared integer parameters.
    """

    name: str


@_node
class Sum(Node):
    """Sum of two or more terms."""

    terms: tuple[Node, ...]


@_node
class Product(Node):
    """Product of two or more factors."""

    factors: tuple[Node, ...]


@_node
class Power(Node):
    """Principal power."""

    base: Node
    exponent: Node


@_node
class Root(Node):
    """The index-th root.

    Index 2 is the principal square root; an odd integer index of a real radicand is the real root.
    """

    radicand: Node
    index: Node


@_node
class AbsoluteValue(Node):
    """Absolute value, or modulus."""

    operand: Node


@_node
class Factorial(Node):
    """x!"""

    operand: Node


@_node
class DoubleFactorial(Node):
    """x!!"""

    operand: Node


@_node
class Function(Node):
    """A known function; names and arguments are those of `FUNCTIONS`."""

    name: str
    arguments: tuple[Node, ...]


@_node
class UnknownFunction(Node):
    """An unknown function applied, `f(x)`: equal only where name and arguments are."""

    name: str
    arguments: tuple[Node, ...]


@_node
class Derivative(Node):
    """Unevaluated derivative."""

    operand: Node
    variable: Node
    order: int


@_node
class Integral(Node):
    """Unevaluated integral; low and high are None where it is indefinite."""

    integrand: Node
    variable: Node
    low: Node | None
    high: Node | None


@_node
class Summation(Node):
    """Unevaluated sum over the integers low..high."""

    term: Node
    variable: Node
    low: Node
    high: Node


@_node
class IndexedProduct(Node):
    """Unevaluated product over the integers low..high."""

    factor: Node
    variable: Node
    low: Node
    high: Node


@_node
class Limit(Node):
    """Unevaluated limit; side is `+`, `-` or `+-`."""

    operand: Node
    variable: Node
    point: Node
    side: str


@_node
class PlusMinus(Node):
    """Both x and -x; every `PlusMinus` of one answer takes the same sign."""

    operand: Node


@_node
class MinusPlus(Node):
    """Both -x and x, opposite in sign to `PlusMinus`."""

    operand: Node


@_node
class Percent(Node):
    """x per cent."""

    value: Node


@_node
class Quantity(Node):
    """A value with a unit or a currency, the unit's normalised name."""

    value: Node
    unit: str


@_node
class BasedInteger(Node):
    """An integer written in base `base`, its value."""

    value: int
    base: int


@_node
class Tuple(Node):
    """Ordered: a point, a tuple, a vector in parentheses."""

    items: tuple[Node, ...]


@_node
class FiniteSet(Node):
    """Braces; no items is the empty set."""

    items: tuple[Node, ...]


@_node
class ValueList(Node):
    """Bare values joined by commas, `and`, `or`."""

    items: tuple[Node, ...]


@_node
class Interval(Node):
    """A real interval; a pair in round brackets alone is a `Tuple`."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@_node
class SetUnion(Node):
    """Union of sets; of inequalities: one or the other."""

    operands: tuple[Node, ...]


@_node
class SetIntersection(Node):
    """Intersection of sets; of inequalities: all at once."""

    operands: tuple[Node, ...]


@_node
class SetDifference(Node):
    """Set difference."""

    left: Node
    right: Node


@_node
class NumberDomain(Node):
    """A named set: `R`, `Q`, `Z`, `N`, `C`."""

    name: str


@_node
class SetBuilder(Node):
    """{ element : condition }."""

    element: Node
    condition: Node


@_node
class Matrix(Node):
    """Rows of equal length; a column vector has rows of one."""

    rows: tuple[tuple[Node, ...], ...]


@_node
class Relation(Node):
    """op is `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `notin`, `approx`, `equiv`, `to` (arrow), ..."""

    op: str
    left: Node
    right: Node


@_node
class RelationChain(Node):
    """a < b < c: one item more than ops."""

    ops: tuple[str, ...]
    items: tuple[Node, ...]


@_node
class Cases(Node):
    """A function by cases: each branch a value and its condition, or None."""

    branches: tuple[tuple[Node, Node | None], ...]


@_node
class Congruence(Node):
    """A relation modulo modulus."""

    relation: Node
    modulus: Node


@_node
class Ratio(Node):
    """a : b : c."""

    items: tuple[Node, ...]


@_node
class Dots(Node):
    """An ellipsis in a list."""


@_node
class Conditional(Node):
    """A value with a condition behind it, in words (`Text`) or as a list."""

    value: Node
    condition: Node


@_node
class Choice(Node):
    """A multiple-choice letter; rest is the answer beside it, or None."""

    letter: str
    rest: Node | None


@_node
class Text(Node):
    """Words, lower case, single spaces."""

    words: str


Scalar = (
    Number
    | Decimal
    | Constant
    | Symbol
    | Sum
    | Product
    | Power
    | Root
    | AbsoluteValue
    | Factorial
    | DoubleFactorial
    | Function
    | UnknownFunction
    | Derivative
    | Integral
    | Summation
    | IndexedProduct
    | Limit
)
AnyNode = (
    Scalar
    | PlusMinus
    | MinusPlus
    | Percent
    | Quantity
    | BasedInteger
    | Tuple
    | FiniteSet
    | ValueList
    | Interval
    | SetUnion
    | SetIntersection
    | SetDifference
    | NumberDomain
    | SetBuilder
    | Matrix
    | Relation
    | RelationChain
    | Cases
    | Congruence
    | Ratio
    | Dots
    | Conditional
    | Choice
    | Text
)

SCALARS: tuple[type[Node], ...] = get_args(Scalar)

LEAVES = frozenset((Number, Decimal, Constant, Symbol, BasedInteger, NumberDomain, Dots, Text))
# The names of what a node of each class holds.
FIELDS: dict[type[Node], tuple[str, ...]] = {
    cls: tuple(field.name for field in fields(cast(Any, cls))) for cls in get_args(AnyNode)
}
# What a node holds, as one value to hash.
_VALUES: dict[type[Node], Callable[[Node], object]] = {
    cls: attrgetter(*names) if names else lambda node: () for cls, names in FIELDS.items()
}


def num(p: int, q: int = 1) -> Number:
    """The exact rational p/q; p and q must already be in lowest terms with q > 0."""
    return Number(p, q)
