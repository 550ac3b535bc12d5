r"""Meanings that a letter has only beside an answer without it.

`C_n^2` may be a square and $\zeta(2)$ a product; beside an answer that knows no such letter they
are the ways to choose and the zeta function.
"""

import re
from dataclasses import dataclass

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.vectors import unit_vector
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.parser import parse
from dpo_math_assets.verifier.syntax.trees import children, contents, free_symbols
from dpo_math_assets.verifier.trace import applied

_CHOOSING_INDEX = re.compile(r"([CAP])_([a-z0-9+-]{1,9})")
# Planck's constant over a full turn.
_REDUCED = "hbar"
_DOMAINS = frozenset("RZQN")  # C is a choice, too
# Euler's function is counted out up to here.
MAX_TOTIENT = 10**9


def read_beside(node: Node, other: Node) -> Node:
    """The node with its letters read as the other answer, which does not hold them, calls for."""
    if (
        isinstance(other, nodes.NumberDomain)
        and isinstance(node, nodes.Symbol)
        and node.name in _DOMAINS
    ):
        applied("reading.letter_of_domain", node, other)
        return nodes.NumberDomain(node.name)
    called, called_there, letters_there = _called(node), _called(other), free_symbols(other)
    factors = (called & letters_there) - called_there
    strange = (free_symbols(node) - letters_there) | (called - letters_there - called_there)
    if not strange and not factors:
        return node
    if any(name.startswith("hat(") for name in strange):  # `2\\hat{i}` beside `2i`
        vector = unit_vector(node, 3)
        if not vector or not unit_vector(other, 3):
            return node
        applied("reading.unit_vectors", node, vector)
        return vector
    return _Change(strange, factors, letters_there).of(node)


@dataclass(frozen=True, slots=True)
class _Change:
    """What to make of the letters that the other side does not hold, or holds as factors."""

    strange: frozenset[str]
    factors: frozenset[str]
    letters_there: frozenset[str]

    def of(self, node: Node) -> Node:
        return tree.replace(node, self.part)

    def part(self, inner: Node) -> Node | None:
        match inner:
            case nodes.Symbol(name) if name in self.strange:
                return self.letter(name)
            case nodes.Power(nodes.Symbol(name), k) if name in self.strange:
                return _chosen(name, k)
            case nodes.Product(factors) if sum(map(tree.is_vector, factors)) > 1:
                return inner  # no product of their lengths
            case nodes.UnknownFunction(name, (argument,)) if name in self.factors and not _called(
                argument
            ):
                applied("reading.letter_as_factor", inner)  # `h(a + b)` beside `ah + bh`
                return tree.mul(nodes.Symbol(name), self.of(argument))
            case nodes.UnknownFunction("phi", (argument,)) if "phi" in self.strange:
                return _totient(argument)
            case nodes.UnknownFunction("zeta", (argument,)) if "zeta" in self.strange:
                return _zeta(argument)
        return None

    def letter(self, name: str) -> Node | None:
        if name == _REDUCED and "h" in self.letters_there:
            applied("reading.reduced_constant", name)
            return tree.divide(nodes.Symbol("h"), tree.mul(num(2), tree.PI))
        plain = name.removeprefix("vec(").removesuffix(")")  # `\\vec{a}` beside a bold a
        if len(plain) == 2 and plain.isupper() and plain != name and plain > plain[::-1]:
            applied("reading.arrow", name)
            return tree.neg(nodes.Symbol(f"vec({plain[::-1]})"))  # from A to B, or back
        if plain not in self.letters_there:
            return None
        applied("reading.arrow", name)
        return nodes.Symbol(plain)


def _called(node: Node) -> frozenset[str]:
    """The names of the unknown functions of a tree."""
    if nodes.UnknownFunction not in contents(node):
        return frozenset()
    names = frozenset((node.name,)) if isinstance(node, nodes.UnknownFunction) else frozenset[str]()
    return names.union(*map(_called, children(node)))


def _chosen(name: str, k: Node) -> Node | None:
    """`C_n^2` as the ways to choose 2 of n."""
    index = _CHOOSING_INDEX.fullmatch(name)
    if index is None or not is_scalar(k) or not any(map(str.isalpha, index[2])):
        return None
    try:
        ways = tree.chosen(index[1], parse(index[2]), k)
    except (ParseError, VerifierLimitError):
        return None
    applied("reading.combinations", name, ways)
    return ways


def _zeta(x: Node) -> Node | None:
    """The value of the zeta function, as the series that it is."""
    if free_symbols(x):
        return None
    k = nodes.Symbol("k")
    value = nodes.Summation(nodes.Power(k, tree.neg(x)), k, num(1), nodes.Constant("oo"))
    applied("reading.special_function", x, value)
    return value


def _totient(node: Node) -> Node | None:
    value = exact(node)
    if value is None or value.denominator != 1 or not 0 < value <= MAX_TOTIENT:
        return None
    n = result = value.numerator
    p = 2
    while p * p <= n:
        if n % p == 0:
            result -= result // p
            while n % p == 0:
                n //= p
        p += 1
    applied("reading.special_function", node)
    return num(result - result // n if n > 1 else result)
