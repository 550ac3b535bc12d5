"""Signs between two sides: equal, less, an element of; and what an identity says."""

from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import Congruence, Function, Node, Relation
from dpo_math_assets.verifier.trace import applied

_OUTSIDE_GRAMMAR = frozenset(("?", "subset", "propto", "implies"))


def relation_sign(stream: Stream) -> str | None:
    """Takes the sign of a relation, if one is next, and gives its name."""
    start = stream.at
    negated = stream.sees("cmd", "not") and stream.peek().kind == "rel"
    if negated:
        stream.advance()
    if not stream.sees("rel"):
        return None
    operator = stream.advance().value
    if negated:
        operator = {"=": "!=", "in": "notin"}.get(operator, "?")
    if operator in _OUTSIDE_GRAMMAR:
        stream.seek(start)
        raise stream.located(ParseError(f"relation {operator} is outside the grammar"))
    return operator


def equivalent(left: Node, right: Node) -> Node:
    r"""`a \equiv b \bmod n` is a congruence, and `f(x) \equiv 0` holds everywhere."""
    if isinstance(right, Function) and right.name == "mod":
        remainder, modulus = right.arguments
        return Congruence(Relation("equiv", left, remainder), modulus)
    applied("grammar.identity", left, right)
    return Relation("=", left, right)
