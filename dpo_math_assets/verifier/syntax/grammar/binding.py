r"""Variables that a sum, a product, a limit or an integral binds, in indices too.

In `\sum_{k=1}^n a_k` the index is the bound variable, so that `a_k` is a term that changes with k,
written `a(k)`: neither a constant, nor the `a_k` of another place.
"""

import re
from collections import Counter
from collections.abc import Iterable

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import add, mul, neg, replace
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.trace import applied

# Letters that stand side by side in an index, as in `a_{ij}`; other words are names: `a_{max}`.
_SIDE_BY_SIDE = re.compile(r"(?!min)[i-np-t]{2,4}")
_WORD = re.compile(r"[A-Za-z]+")
# A term of `2k+1`, `n-k`: its sign, which only the first may lack, its factor and its letter.
_TERM = re.compile(r"([+-]|^)(?:(\d{0,4})([A-Za-z])|(\d{1,4}))(?=[+-]|$)")


def as_symbol(node: Node) -> nodes.Symbol | None:
    """A symbol; `i` and `e` count as symbols where a variable is bound."""
    if isinstance(node, nodes.Symbol):
        return node
    return (
        nodes.Symbol(node.name)
        if isinstance(node, nodes.Constant) and node.name in ("i", "e")
        else None
    )


def derived(body: Node, orders: Iterable[tuple[nodes.Symbol, int]]) -> Node:
    """A derivative by several variables, each so many times; their order does not count."""
    together: Counter[nodes.Symbol] = Counter()
    for variable, order in orders:
        together[variable] += order
    for variable in sorted(together, key=lambda symbol: symbol.name):
        body = nodes.Derivative(body, variable, together[variable])
    return body


def bound(body: Node, variable: nodes.Symbol) -> Node:
    """The body of what binds a variable: `i` and `e` are letters there, indices depend on it."""

    def change(node: Node) -> Node | None:
        if isinstance(node, nodes.Constant) and node.name == variable.name:
            return variable
        return _indexed(node, variable) if isinstance(node, nodes.Symbol) else None

    return replace(body, change)


def _indexed(symbol: nodes.Symbol, variable: nodes.Symbol) -> Node | None:
    letter, sign, index = symbol.name.partition("_")
    if not sign or not _holds(index, variable.name):
        return None
    term = nodes.UnknownFunction(letter, _places(index))
    applied("grammar.bound_index", symbol, term)
    return term


def _holds(index: str, name: str) -> bool:
    words = _WORD.findall(index)
    return any(
        word == name or (name in word and _SIDE_BY_SIDE.fullmatch(word) is not None)
        for word in words
    )


def _term(found: "re.Match[str]") -> Node:
    sign, factor, letter, number = found.groups()
    value: Node = num(int(number)) if number else nodes.Symbol(letter)
    if factor:
        value = mul(num(int(factor)), value)
    return neg(value) if sign == "-" else value


def _places(index: str) -> tuple[Node, ...]:
    """What stands in an index: `n-k` as an expression, `ij` as two letters, else one name."""
    terms = list(_TERM.finditer(index))
    if index and "".join(term[0] for term in terms) == index:
        return (add(*map(_term, terms)),)
    parts = index.split(",")
    if len(parts) > 1:
        return tuple(place for part in parts for place in _places(part))
    if _SIDE_BY_SIDE.fullmatch(index):
        return tuple(map(nodes.Symbol, index))
    return (nodes.Symbol(index),)
