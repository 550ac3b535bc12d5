"""Fractions, and what binds a variable: sums, products, integrals, limits and derivatives.

Each rule stands behind its command, which is taken already.
"""

import re

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import chosen, divide
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar import expressions
from dpo_math_assets.verifier.syntax.grammar.binding import as_symbol, bound, derived
from dpo_math_assets.verifier.syntax.grammar.leaves import begins_factor
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import Node, num

_BY = r"(?:d|\\partial)\s*([a-zA-Z])(?![a-zA-Z])\s*(?:\^\s*\{?\s*([2-9])\s*\}?)?\s*"
_HIGHER_DERIVATIVE = re.compile(
    rf"\{{\s*(?:d|\\partial)\s*\^\s*\{{?\s*([2-9])\s*\}}?\s*\}}\s*\{{\s*((?:{_BY}){{1,9}})\}}"
)
_VARIABLE = re.compile(_BY)


def fraction(stream: Stream) -> Node:
    r"""`\frac{a}{b}`, `\frac12`, or a derivative."""
    if derivative := _higher_derivative(stream) or _derivative(stream):
        return derivative
    top = expressions.short_group(stream)
    return divide(top, expressions.short_group(stream))


def _derivative(stream: Stream) -> Node | None:
    r"""`\frac{d}{dx} f`, or the name `\frac{dy}{dx}`; None where the fraction is another."""
    shape = [stream.peek(steps) for steps in range(8)]
    match [token.value for token in shape]:
        case ["{", "d", of, "}", "{", "d", by, "}"] if shape[2].kind == shape[6].kind == "sym":
            stream.advance(8)
            return nodes.Symbol(f"d{of}/d{by}")
        case ["{", "d", "}", "{", "d", by, "}", _] if shape[5].kind == "sym":
            stream.advance(7)
            return nodes.Derivative(expressions.product(stream), nodes.Symbol(by), 1)
    return None


def _higher_derivative(stream: Stream) -> Node | None:
    r"""`\frac{d^2}{dx^2} f`; None where the fraction is another."""
    found = _HIGHER_DERIVATIVE.match(stream.source, stream.token.start)
    if found is None:
        return None
    orders = [(nodes.Symbol(name), int(order or 1)) for name, order in _VARIABLE.findall(found[2])]
    if sum(order for _, order in orders) != int(found[1]):
        return None
    while stream.token.start < found.end():
        stream.advance()
    return derived(expressions.product(stream), orders)


def binomial(stream: Stream) -> Node:
    r"""`\binom{n}{k}`"""
    n = expressions.short_group(stream)
    return chosen("C", n, expressions.short_group(stream))


def series(stream: Stream) -> Node:
    r"""`\sum_{i=1}^n`, `\prod_{i=1}^n` and what follows."""
    name = stream.last().value
    bounds, high = _bounds(stream)
    if not isinstance(bounds, nodes.Relation) or bounds.op != "=" or high is None:
        raise ParseError(f"\\{name} without bounds of the form i=a..b")
    variable = _variable(bounds.left, f"\\{name}")
    body = bound(expressions.product(stream), variable)
    cls = nodes.Summation if name == "sum" else nodes.IndexedProduct
    return cls(body, variable, bounds.right, high)


def _bounds(stream: Stream) -> tuple[Node | None, Node | None]:
    low = high = None
    for _ in range(2):
        if stream.take("op", "_"):
            low = expressions.group(stream)
        elif stream.take("op", "^"):
            high = expressions.exponent(stream)
    return low, high


def _variable(node: Node, operator: str) -> nodes.Symbol:
    variable = as_symbol(node)
    if variable is None:
        raise ParseError(f"{operator} over something that is no variable")
    return variable


def integral(stream: Stream) -> Node:
    r"""`\int_0^1 f dx`"""
    low, high = _bounds(stream)
    stream.integrals += 1
    body, variable = _integrand(stream)
    stream.integrals -= 1
    return nodes.Integral(body, variable, low, high)


def _integrand(stream: Stream) -> tuple[Node, nodes.Symbol]:
    """`f dx`, in brackets or not."""
    stream.deeper()
    if stream.sees("open", "(", "[", "\\{", "{") and _ends_in_differential(stream):
        stream.advance()
        body = _integrand(stream)
        stream.expect("close")
    else:
        first = stream.sees("sym", "d")  # `int dx f`, as physicists write it
        node = num(1) if first else expressions.sum_of(stream)
        stream.expect("sym", "d")
        variable = _variable(expressions.primary(stream), "an integral")
        if first and begins_factor(stream):
            node = expressions.product(stream)
        body = node, variable
    stream.depth -= 1
    return body


def _ends_in_differential(stream: Stream) -> bool:
    """Whether the bracket that opens here closes directly after `d x`."""
    level, at = 0, stream.at
    while at < len(stream.tokens):
        kind = stream.tokens[at].kind
        level += (kind == "open") - (kind == "close")
        if level == 0:
            break
        at += 1
    return stream.tokens[max(at - 2, 0)].value == "d" and stream.tokens[at - 1].kind == "sym"


def limit(stream: Stream) -> Node:
    r"""`\lim_{x \to a} f`"""
    stream.expect("op", "_")
    stream.expect("open", "{")
    approach = expressions.relation(stream)
    side = stream.advance().value if stream.sees("cmd", "+", "-") else "+-"
    stream.expect("close", "}")
    if not isinstance(approach, nodes.Relation) or approach.op != "to":
        raise ParseError("a limit without x -> a")
    variable = _variable(approach.left, "a limit")
    return nodes.Limit(bound(expressions.product(stream), variable), variable, approach.right, side)
