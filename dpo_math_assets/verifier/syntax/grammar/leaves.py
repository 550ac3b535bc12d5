r"""Values of one token (numerals, letters, constants, words), and the signs that stand behind them.

Those signs are indices (`x_1`, `a_{n+1}`, `C1`), primes, factorials, and degrees with minutes.
"""

import re
from collections.abc import Callable

from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import add, chosen, divide
from dpo_math_assets.verifier.syntax.grammar.stream import NotMathematicsError, Stream
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.scanner import Token
from dpo_math_assets.verifier.trace import applied

# Combinations and permutations: `5C2`, `{}_5P_2`, `C_5^2`.
CHOOSING = frozenset("CP")
_CHOOSING_INDEX = re.compile(r"([CA])_(\d{1,4})")
_INDICES: dict[Node | None, int] = {num(index): index for index in range(1, 5)}
# The terms of an index: `n+1`
_INDEX_TERM = re.compile(r"[+-]?[A-Za-z0-9]+")
_NOISE = re.compile(r"\\text|\\mathrm|[\\{} ]")
_INDEX_TOKENS = frozenset(("num", "sym", "const", "word", "func"))
_NAMES = frozenset(("sym", "const", "func", "accent", "empty"))
_VALUE_COMMANDS = frozenset(
    ("frac", "binom", "sqrt", "sum", "prod", "int", "lim", "mathbb", "begin")
)


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
    return nodes.Symbol(numbered(stream, name) if stream.token.kind == "num" else name)


def named(cls: type[nodes.Constant | nodes.NumberDomain]) -> Callable[[Stream], Node]:
    """The rule that reads a name as a constant, or as a set of numbers such as `Reals`."""
    return lambda stream: cls(stream.advance().value)


def empty_set(stream: Stream) -> Node:
    r"""`\emptyset`"""
    stream.advance()
    return nodes.FiniteSet(())


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
    if found is None or not isinstance(above, nodes.Number) or above.q != 1:
        return None
    n = int(found[2])
    if not 0 < above.p < n:
        return None
    applied("grammar.combinations", name, above)
    return chosen(found[1], num(n), above)


def indexed(stream: Stream, name: str) -> str:
    """The name with the index that begins at `_`; the terms of a sum in it are in one order."""
    stream.expect("op", "_")
    start = stream.token.start
    if stream.sees("open", "{"):
        _skip_braces(stream)
        index = stream.source[start + 1 : stream.last().start]
    elif stream.token.kind in _INDEX_TOKENS:
        token = stream.advance()
        index = stream.source[start : stream.token.start].partition("^")[0]
        if isinstance(token.node, nodes.Number):
            index = str(token.node.p)
    else:
        raise stream.unexpected("an index")
    index = _NOISE.sub("", index)
    return f"{name}_{_in_order(index) if '+' in index else index}"


def _skip_braces(stream: Stream) -> None:
    level = 0
    while not stream.sees("end"):
        token = stream.advance()
        if token.value in ("{", "}"):
            level += (token.kind == "open") - (token.kind == "close")
            if level == 0:
                return


def _in_order(index: str) -> str:
    """`1+n` as `n+1`."""
    terms = _INDEX_TERM.findall(index)
    if "".join(terms) != index:
        return index
    terms = [term if term[0] in "+-" else f"+{term}" for term in terms]
    terms.sort(key=lambda term: (term[-1].isdigit(), term))
    return "".join(terms).removeprefix("+")


def numbered(stream: Stream, letter: str) -> str:
    """The letter with the digit behind it as its index: `C1*exp(x)`, or `x1 = 2, x2 = 3`."""
    index = _INDICES.get(stream.token.node)
    if index is None or stream.token.spaced:
        return letter
    if letter in ("C", "c"):
        found = stream.tokens[stream.at - 2].kind != "num"
    else:
        listed = f"{letter}1" in stream.source and f"{letter}2" in stream.source
        found = listed and stream.peek().value == "="
    if not found:
        return letter
    stream.advance()
    name = f"{letter}_{index}"
    applied("grammar.index_without_sign", letter, name)
    return name


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
    return nodes.Quantity(add(*parts), "degree" + scale)


def factorial(stream: Stream, node: Node) -> Node:
    stream.advance()
    if stream.sees("op", "!") and not stream.token.spaced:
        stream.advance()
        return nodes.DoubleFactorial(node)
    return nodes.Factorial(node)


def index(stream: Stream, node: Node) -> Node | None:
    """A letter with the index behind it; None for any other value."""
    return nodes.Symbol(indexed(stream, node.name)) if isinstance(node, nodes.Symbol) else None


def prime(stream: Stream, node: Node) -> Node | None:
    """A letter with the primes behind it; None for any other value."""
    return (
        nodes.Symbol(node.name + stream.advance().value) if isinstance(node, nodes.Symbol) else None
    )


def begins_factor(stream: Stream) -> bool:
    """Whether the current token begins a factor without a sign before it."""
    token = stream.token
    if token.kind in _NAMES:
        differential = stream.integrals and token.value == "d"
        return not (differential and stream.peek().kind in ("sym", "accent"))
    if token.kind == "num":
        return _is_factor_behind(stream)
    if token.kind == "open":
        return stream.peek().value != "mod"  # `5 (mod 7)`
    if token.kind == "bar":
        return token.value == "|" and not stream.bars and not stream.in_set
    return token.kind == "cmd" and token.value in _VALUE_COMMANDS


def _is_factor_behind(stream: Stream) -> bool:
    """Whether a number is a factor: `x2` may be a power or an index that lost its sign.

    In `2^x3^y` and `n2^{n-1}` no sign is lost.
    """
    before = stream.last()
    if before.kind in ("close", "const") or before.value == "!":
        return True
    raised = stream.at > 1 and stream.tokens[stream.at - 2].value == "^"
    if before.kind == "num":  # `2^6 3^5`
        return raised and stream.token.spaced and stream.peek().value == "^"
    if before.kind != "sym":
        return False
    if raised:
        return True
    return stream.peek().value == "^" and any(
        stream.peek(steps).kind == "sym" for steps in (2, 3, 4)
    )


def small_circle(stream: Stream, node: Node) -> Node | None:
    r"""`90\circ` is an angle, and `f \circ g` is for `product`."""
    start = stream.at
    stream.advance()
    composes = not isinstance(node, nodes.Number | nodes.Decimal) and begins_factor(stream)
    stream.seek(start)
    return None if composes else degrees(stream, node)
