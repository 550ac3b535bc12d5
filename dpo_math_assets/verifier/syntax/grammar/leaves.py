"""Values of one token: numerals, letters, constants, named sets, words; and `5C2`."""

import re

from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS
from dpo_math_assets.verifier.syntax.builders import chosen
from dpo_math_assets.verifier.syntax.grammar.names import numbered
from dpo_math_assets.verifier.syntax.grammar.stream import NotMathematicsError, Stream
from dpo_math_assets.verifier.syntax.nodes import (
    Constant,
    FiniteSet,
    Node,
    Number,
    NumberDomain,
    Symbol,
    num,
)
from dpo_math_assets.verifier.syntax.scanner import Token
from dpo_math_assets.verifier.trace import applied

__all__ = [
    "CHOOSING",
    "chosen_by_index",
    "constant",
    "empty_set",
    "named_domain",
    "number",
    "numeral",
    "symbol",
    "word",
]

# Combinations and permutations: `5C2`, `{}_5P_2`, `C_5^2`.
CHOOSING = frozenset("CP")
_CHOOSING_INDEX = re.compile(r"([CA])_(\d{1,4})")


def number(stream: Stream) -> Node:
    """A numeral, or `5C2`."""
    node = numeral(stream.advance())
    letter = stream.token
    if letter.value in CHOOSING and not letter.spaced:
        k = stream.peek()
        if k.node and not k.spaced:
            stream.advance(2)
            applied("grammar.combinations", node, k.node)
            return chosen(letter.value, node, k.node)
    return node


def numeral(token: Token) -> Node:
    assert token.node is not None, "the lexer gives every numeral its value"
    return token.node


def symbol(stream: Stream) -> Node:
    """A letter, perhaps with the digit behind it as its index."""
    name = stream.advance().value
    return Symbol(numbered(stream, name) if stream.token.kind == "num" else name)


def constant(stream: Stream) -> Node:
    """A constant by name."""
    return Constant(stream.advance().value)


def empty_set(stream: Stream) -> Node:
    r"""`\emptyset`"""
    stream.advance()
    return FiniteSet(())


def named_domain(stream: Stream) -> Node:
    """A set of numbers by its printed name, such as `Reals`."""
    return NumberDomain(stream.advance().value)


def word(stream: Stream) -> Node:
    """`negative seven`; any other word where a value is due makes the answer text."""
    name = stream.token.value.lower()
    if stream.last().value == "-" and name in NUMBER_WORDS:
        stream.advance()
        return num(NUMBER_WORDS[name])
    raise NotMathematicsError


def chosen_by_index(name: str, above: Node) -> Node | None:
    """`C_5^2`, as the ways to choose 2 of 5 are written where 5 stands below."""
    found = _CHOOSING_INDEX.fullmatch(name)
    if found is None or not isinstance(above, Number) or above.q != 1:
        return None
    n = int(found[2])
    if not 0 < above.p < n:
        return None
    applied("grammar.combinations", name, above)
    return chosen(found[1], num(n), above)
