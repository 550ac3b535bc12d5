"""Signs behind a value: degrees with minutes of arc, factorials, indices, primes."""

from dpo_math_assets.verifier.syntax.builders import add, divide
from dpo_math_assets.verifier.syntax.grammar.names import indexed, primed
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import (
    DoubleFactorial,
    Factorial,
    Node,
    Quantity,
    Symbol,
    num,
)
from dpo_math_assets.verifier.trace import applied

__all__ = ["degrees", "factorial", "in_degrees", "index", "prime", "take_degree_mark"]


def take_degree_mark(stream: Stream) -> bool:
    if stream.take("cmd", "circ", "degree"):
        return True
    mark = stream.peek()
    braced = stream.sees("open", "{") and stream.peek(2).kind == "close"
    if braced and mark.kind == "cmd" and mark.value in ("circ", "degree"):
        stream.advance(3)
        return True
    return False


def degrees(stream: Stream, node: Node) -> Node:
    stream.advance()
    return in_degrees(stream, node)


def in_degrees(stream: Stream, node: Node) -> Node:
    """`60^\\circ 42' 30''` as one angle in degrees, `20^\\circ C` as a temperature."""
    parts = [node]
    for mark, share in (("'", 60), ("''", 3600)):
        minutes, behind = stream.token.node, stream.peek()
        if minutes is not None and behind.kind == "op" and behind.value == mark:
            stream.advance(2)
            parts.append(divide(minutes, num(share)))
            applied("grammar.minutes_of_arc", node, minutes)
    scale = f" {stream.advance().value}" if stream.sees("sym", "C", "F") else ""
    return Quantity(add(*parts), "degree" + scale)


def factorial(stream: Stream, node: Node) -> Node:
    stream.advance()
    if stream.sees("op", "!") and not stream.token.spaced:
        stream.advance()
        return DoubleFactorial(node)
    return Factorial(node)


def index(stream: Stream, node: Node) -> Node | None:
    return Symbol(indexed(stream, node.name)) if isinstance(node, Symbol) else None


def prime(stream: Stream, node: Node) -> Node | None:
    return Symbol(primed(stream, node.name)) if isinstance(node, Symbol) else None
