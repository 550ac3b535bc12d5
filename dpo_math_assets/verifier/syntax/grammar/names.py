r"""Names of variables with what stands behind the letter: `x_1`, `a_{n+1}`, `C1`, `y'`."""

import re

from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import Node, Number, num
from dpo_math_assets.verifier.trace import applied

__all__ = ["indexed", "numbered", "primed"]

_INDICES: dict[Node | None, int] = {num(index): index for index in range(1, 5)}
# The terms of an index: `n+1`
_INDEX_TERM = re.compile(r"[+-]?[A-Za-z0-9]+")
_NOISE = re.compile(r"\\text|\\mathrm|[\\{} ]")
_INDEX_TOKENS = frozenset(("num", "sym", "const", "word", "func"))


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
        if isinstance(token.node, Number):
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


def primed(stream: Stream, name: str) -> str:
    """The name with the primes behind it."""
    return name + stream.advance().value
