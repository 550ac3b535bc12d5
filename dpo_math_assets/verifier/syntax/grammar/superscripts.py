r"""Superscripts that are no exponents: `f^{(4)}(x)`, `x^{[2]}`, `x^{\underline{2}}`."""

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.trace import applied

FUNCTION_LETTERS = frozenset(("f", "g", "h", "F", "G", "H", "phi", "varphi", "psi"))
# What is differentiated, so that a number in brackets above counts derivatives.
_DIFFERENTIATED = FUNCTION_LETTERS | {"y"}
# Derivatives that are written with primes.
MAX_PRIMES = 9
_CLOSING = {"(": ")", "[": "]", "<": ">", "\\{": "\\}"}
_ROMAN = {"iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_LINES = frozenset(("underline", "overline", "bar"))


def bracket_above(stream: Stream, base: Node) -> str:
    """The bracket or line around all of the superscript that begins here; empty for none."""
    if not stream.sees("open", "{"):
        called = stream.token.value == stream.peek(3).value == "(" and stream.peek(2).value == ")"
        return (
            "("
            if called and isinstance(base, nodes.Symbol) and base.name in FUNCTION_LETTERS
            else ""
        )
    first = stream.peek()
    if first.kind == "accent":
        return first.value if first.value in _LINES else ""
    return bracket_around(stream)


def bracket_around(stream: Stream) -> str:
    """The bracket around all that the braces hold that open here; empty for none."""
    first = stream.peek()
    closing = _CLOSING.get(first.value) if first.kind == "open" else None
    if closing is None:
        return ""
    level, steps = 0, 1
    while True:
        token = stream.peek(steps)
        level += (token.kind == "open") - (token.kind == "close")
        if level == 0 or token.kind == "end":
            break
        steps += 1
    whole = token.value == closing and stream.peek(steps + 1).value == "}"
    return first.value if whole else ""


def marked_above(base: Node, bracket: str, above: Node, written: str) -> Node | None:
    r"""A value with a superscript in brackets or at a line; None where it is an exponent.

    `y^{(3)}` is the third derivative. `x^{(2)}` may be an index, `x^{(n)}` a rising factorial:
    nothing is known of them. `2^{(3)}`, `e^{(x)}` and `x^{(1/2)}` are powers.
    """
    if bracket != "(":
        node: Node = nodes.UnknownFunction(f"\\{bracket}", (base, above))
    elif isinstance(base, nodes.Symbol) and base.name in _DIFFERENTIATED:
        node = nodes.Symbol(base.name + _order(above, written))
    elif isinstance(base, nodes.Number | nodes.Decimal | nodes.Constant) or not _counts(above):
        return None
    else:
        node = nodes.UnknownFunction("\\superscript", (base, above))
    applied("grammar.superscript", base, node)
    return node


def _order(above: Node, written: str) -> str:
    if isinstance(above, nodes.Number) and above.q == 1 and 0 <= above.p <= MAX_PRIMES:
        return "'" * above.p
    if (order := _ROMAN.get(written.strip("() "))) is not None:
        return "'" * order
    return f"^{''.join(written.split())}"


def _counts(above: Node) -> bool:
    return isinstance(above, nodes.Symbol) or (isinstance(above, nodes.Number) and above.q == 1)
