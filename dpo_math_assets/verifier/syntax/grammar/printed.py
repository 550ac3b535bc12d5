"""What computer algebra prints by name: `Interval(0, 1)`, `Integral(f, (x, 0, 1))`, `Eq(x, 2)`."""

from collections.abc import Callable

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import chosen, divide, neg, set_operation
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar.binding import as_symbol, bound, derived
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.trace import applied

# How `rewrite.direction` writes `dir='+'`, `dir='-'` and `dir='+-'`.
_INFINITY = nodes.Constant("oo")
_SIDES: dict[Node, str] = {num(1): "+", num(-1): "-", num(0): "+-"}
_Values = tuple[Node, ...]


def printed(name: str, values: _Values) -> Node:
    """The node of a printed form; raises ParseError where its arguments do not fit."""
    node = _FORMS[name](values)
    if node is None:
        raise ParseError(f"{name} of {len(values)} arguments")
    applied("grammar.printed_form", name, node)
    return node


def is_single_row(stream: Stream) -> bool:
    """Whether `([[1, 2]])` follows: rows in brackets, of which there is but one."""
    if [stream.token.value, stream.peek().value, stream.peek(2).value] != ["(", "[", "["]:
        return False
    level, steps = 0, 2
    while stream.peek(steps).kind != "end":
        token = stream.peek(steps)
        level += (token.kind == "open") - (token.kind == "close")
        if level == 0:
            break
        steps += 1
    return stream.peek(steps + 1).kind == "close"


def _operation(operator: str) -> Callable[[_Values], Node | None]:
    def form(values: _Values) -> Node | None:
        if len(values) < 2:
            return None
        node = values[0]
        for value in values[1:]:
            node = set_operation(operator, node, value)
        return node

    return form


def _interval(low_closed: bool, high_closed: bool) -> Callable[[_Values], Node | None]:
    return lambda values: (
        nodes.Interval(values[0], values[1], low_closed, high_closed) if len(values) == 2 else None
    )


def _relation(operator: str) -> Callable[[_Values], Node | None]:
    return lambda values: (
        nodes.Relation(operator, values[0], values[1]) if len(values) == 2 else None
    )


def _piecewise(values: _Values) -> Node:
    return nodes.Cases(tuple(map(_branch, values)))


def _branch(node: Node) -> tuple[Node, Node | None]:
    """(value, condition) of `(x, x < 0)`, and of a last `(x, True)` without its condition."""
    match node:
        case nodes.Conditional(value, nodes.ValueList(items=(condition,))):
            return value, condition
        case nodes.Tuple(items=(value, condition, *_)):
            return value, condition
    return node, None


def _matrix(values: _Values) -> Node:
    if len(values) == 1 and isinstance(values[0], nodes.Matrix):
        return values[0]
    return nodes.Matrix(tuple((cell,) for cell in values))  # `Matrix([1, 2])` is a column


def _limit(values: _Values) -> Node | None:
    match values:
        case (operand, nodes.Symbol() as variable, point, *side):
            infinite = point in (_INFINITY, neg(_INFINITY))
            shown = "+-" if infinite or not side else _SIDES[side[0]]
            return nodes.Limit(bound(operand, variable), variable, point, shown)
    return None


def _lambda(values: _Values) -> Node | None:
    return nodes.Relation("to", values[0], values[1]) if len(values) == 2 else None


def _derivative(values: _Values) -> Node | None:
    """A derivative by one variable and more, in the order of their names."""
    body, *ranges = values
    orders: list[tuple[nodes.Symbol, int]] = []
    for range_ in ranges:
        match range_:
            case nodes.Symbol():
                orders.append((range_, 1))
            case nodes.Tuple(items=(nodes.Symbol() as variable, nodes.Number(order, 1))):
                orders.append((variable, order))
            case _:
                return None
    return derived(body, orders) if orders else None


def _over_variable(
    make: Callable[[Node, nodes.Symbol, _Values], Node | None],
) -> Callable[[_Values], Node | None]:
    """The form of a body and its variable, perhaps with bounds: `x`, `(x, 0, 1)`."""

    def form(values: _Values) -> Node | None:
        if len(values) != 2:
            return None
        body, range_ = values
        variable, *limits = range_.items if isinstance(range_, nodes.Tuple) else (range_,)
        symbol = as_symbol(variable)
        return symbol and make(bound(body, symbol), symbol, tuple(limits))

    return form


def _integral(body: Node, variable: nodes.Symbol, limits: _Values) -> Node | None:
    match limits:
        case ():
            return nodes.Integral(body, variable, None, None)
        case (low, high):
            return nodes.Integral(body, variable, low, high)
    return None


def _indexed(
    cls: type[nodes.Summation | nodes.IndexedProduct],
) -> Callable[[Node, nodes.Symbol, _Values], Node | None]:
    return lambda body, variable, limits: (
        cls(body, variable, limits[0], limits[1]) if len(limits) == 2 else None
    )


_FORMS: dict[str, Callable[[_Values], Node | None]] = {
    "Union": _operation("union"),
    "Intersection": _operation("inter"),
    "Complement": _operation("setminus"),
    "Interval": _interval(True, True),
    "Interval.open": _interval(False, False),
    "Interval.Lopen": _interval(False, True),
    "Interval.Ropen": _interval(True, False),
    "FiniteSet": nodes.FiniteSet,
    "Eq": _relation("="),
    "Ne": _relation("!="),
    "Lt": _relation("<"),
    "Le": _relation("<="),
    "Gt": _relation(">"),
    "Ge": _relation(">="),
    **dict.fromkeys(
        ("Fraction", "frac"), lambda values: divide(*values) if len(values) == 2 else None
    ),
    "Tuple": nodes.Tuple,
    "comb": lambda values: chosen("C", *values) if len(values) == 2 else None,
    "Rational": lambda values: divide(*values) if len(values) == 2 else None,
    "Piecewise": _piecewise,
    "Matrix": _matrix,
    "Limit": _limit,
    "Derivative": _derivative,
    "Lambda": _lambda,
    **dict.fromkeys(("ImmutableMatrix", "ImmutableDenseMatrix"), _matrix),
    "Integral": _over_variable(_integral),
    "Sum": _over_variable(_indexed(nodes.Summation)),
    "Product": _over_variable(_indexed(nodes.IndexedProduct)),
}
