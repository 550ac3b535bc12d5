r"""Operations that are no products of numbers: of vectors and sets, compositions, `a \star b`.

Each is an unknown function of its two sides, named by its LaTeX command, so that it equals only
what is written the same way. Of products of vectors more is known: both are linear in each side,
`\cdot` commutes, and `\times` changes its sign with the order.
"""

import re
from collections.abc import Iterator
from itertools import product

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import (
    add,
    is_vector,
    mul,
    neg,
    replace,
)
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import free_symbols, sort_key
from dpo_math_assets.verifier.trace import applied

# What programs and word processors write for a product of numbers.
_MULTIPLYING = frozenset(("ast", "bullet"))
OPERATIONS = (
    *_MULTIPLYING,
    "star",
    "oplus",
    "ominus",
    "otimes",
    "odot",
    "diamond",
    "veebar",
    "wedge",
    "#",
)
# What is multiplied out of products of sums of vectors.
MAX_TERMS = 16
# A single bold letter, perhaps with its index; longer runs are words.
_BOLD = re.compile(
    r"\\(?:mathbf|textbf|boldsymbol|bm|pmb|bold)\s*(?:\{\s*\\?([A-Za-z]|(?<=\\)[a-z]{2,8})\s*[_}]"
    r"|\\?([A-Za-z](?![A-Za-z])|(?<=\\)[a-z]{2,8}))"
)
_SETS = (nodes.FiniteSet, nodes.Interval, nodes.NumberDomain, nodes.SetBuilder, nodes.Tuple)
NABLA = nodes.Symbol("nabla")


def as_vector(node: Node, source: str) -> Node | None:
    """A value that is a vector, its bold letters as those with an arrow; None for any other."""
    bold = {one or other for one, other in _BOLD.findall(source)}
    node = _with_arrows(node, bold) if bold else node
    return node if is_vector(node) else None


def vectors_multiplied(sign: str, left: Node, right: Node) -> Node:
    r"""`\vec{a}\cdot\vec{b}` or `\vec{a}\times\vec{b}`, the sign given as its command."""
    node = _multiplied_out(sign, left, right)
    applied("grammar.product_of_vectors", left, node)
    return node


def _with_arrows(node: Node, bold: set[str]) -> Node:
    """Bold letters as those with an arrow: two ways to mark a vector."""

    def change(part: Node) -> Node | None:
        if isinstance(part, nodes.Symbol | nodes.Constant) and part.name.partition("_")[0] in bold:
            return nodes.Symbol(f"vec({part.name})") if part != NABLA else None
        return None

    return replace(node, change)


def _multiplied_out(sign: str, left: Node, right: Node) -> Node:
    pairs = [list(map(_scaled, _terms(side))) for side in (left, right)]
    plain = [pair for side in pairs for pair in side if pair is not None]
    whole = sum(map(len, pairs))
    nabla = NABLA.name in free_symbols(left) | free_symbols(right)
    if nabla or len(plain) < whole or len(pairs[0]) * len(pairs[1]) > MAX_TERMS:
        return nodes.UnknownFunction(sign, (left, right))
    count = len(pairs[0])
    terms = []
    for (factors, vector), (others, other) in product(plain[:count], plain[count:]):
        terms.append(mul(*factors, *others, _of_two(sign, vector, other)))
    return add(*terms)


def _terms(node: Node) -> Iterator[Node]:
    """The terms of a sum of sums."""
    if isinstance(node, nodes.Sum):
        for term in node.terms:
            yield from _terms(term)
    elif (
        isinstance(node, nodes.Product)
        and len(node.factors) == 2
        and isinstance(node.factors[1], nodes.Sum)
    ):
        for term in _terms(node.factors[1]):
            yield mul(node.factors[0], term)
    else:
        yield node


def _scaled(term: Node) -> tuple[list[Node], Node] | None:
    """The numbers of a term and its one vector, None for any other term."""
    factors = term.factors if isinstance(term, nodes.Product) else (term,)
    vectors = [factor for factor in factors if is_vector(factor)]
    if len(vectors) != 1 or isinstance(vectors[0], nodes.Sum | nodes.Product):
        return None
    return [factor for factor in factors if factor is not vectors[0]], vectors[0]


def _of_two(sign: str, left: Node, right: Node) -> Node:
    if sort_key(left) <= sort_key(right):
        return nodes.UnknownFunction(sign, (left, right))
    turned = nodes.UnknownFunction(sign, (right, left))
    return neg(turned) if sign == "\\times" else turned


def operation(name: str, left: Node, right: Node) -> Node:
    r"""`a \star b`, of which nothing is known, unless the sign is one of a product of numbers."""
    numbers = not free_symbols(left) and not free_symbols(right)
    if name in _MULTIPLYING and numbers:
        return mul(left, right)
    if name == "times" and not (_is_ordered(left) and _is_ordered(right)):
        return mul(left, right)
    node = nodes.UnknownFunction(f"\\{name}", (left, right))
    applied("grammar.named_operation", node)
    return node


def _is_ordered(node: Node) -> bool:
    """Whether a cross behind a value may be one of sets, or of the coordinates of vectors."""
    return isinstance(node, _SETS) or (isinstance(node, nodes.Matrix) and len(node.rows[0]) == 1)


def compose(left: Node, right: Node) -> Node:
    r"""`f \circ g`, which is not `g \circ f`."""
    node = nodes.UnknownFunction("\\circ", (left, right))
    applied("grammar.composition", node)
    return node


def is_composition(node: Node) -> bool:
    r"""Whether a node is `f \circ g`."""
    return isinstance(node, nodes.UnknownFunction) and node.name == "\\circ"


def called_composition(node: Node, arguments: tuple[Node, ...]) -> Node:
    r"""`(f \circ g)(x)` as `f(g(x))`."""
    if isinstance(node, nodes.Symbol):
        return nodes.UnknownFunction(node.name, arguments)
    if not isinstance(node, nodes.UnknownFunction) or not is_composition(node):
        return nodes.UnknownFunction("\\of", (node, *arguments))
    outer, inner = node.arguments
    return called_composition(outer, (called_composition(inner, arguments),))
