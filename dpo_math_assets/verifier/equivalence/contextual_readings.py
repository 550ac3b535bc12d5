r"""Readings that a letter has only beside an answer without it.

`C_n^2` may be a square and $\Gamma(5)$ a product; beside an answer that knows no such letter they
are the ways to choose and the gamma function.
"""

import re

from dpo_math_assets.errors import VerifierLimit
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.interpretations import unit_vector
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.lexer import ParseError
from dpo_math_assets.verifier.syntax.nodes import (
    SCALAR_KINDS,
    Node,
    children,
    contents,
    free_symbols,
    make,
    num,
)
from dpo_math_assets.verifier.syntax.parser import parse

__all__ = ["read_beside"]

_CHOOSING_INDEX = re.compile(r"([CAP])_([a-z0-9+-]{1,9})")
# Planck's constant over a full turn.
_REDUCED = make("sym", ("hbar",))
_DOMAINS = frozenset("RZQN")  # C is a choice, too
# Euler's function is counted out up to here.
MAX_TOTIENT = 10**9


def read_beside(node: Node, other: Node) -> Node:
    """The node with its letters read as the other answer, which does not hold them, calls for."""
    if other.kind == "domain" and node.kind == "sym" and node.args[0] in _DOMAINS:
        return make("domain", node.args)
    called, letters_there = _called(node), free_symbols(other)
    factors = (called & letters_there) - _called(other)
    strange = (free_symbols(node) - letters_there) | (called - letters_there - _called(other))
    if not strange and not factors:
        return node
    if any(name.startswith("hat(") for name in strange):  # `2\\hat{i}` beside `2i`
        vectors = unit_vector(node, 3), unit_vector(other, 3)
        return vectors[0] if vectors[0] and vectors[1] else node

    def change(inner: Node) -> Node | None:
        if inner == _REDUCED and inner.args[0] in strange and "h" in letters_there:
            return tree.divide(make("sym", ("h",)), tree.mul(num(2), tree.PI))
        if inner.kind == "sym" and inner.args[0] in strange:  # `\\vec{a}` beside a bold a
            name = inner.args[0].removeprefix("vec(").removesuffix(")")
            if len(name) == 2 and name.isupper() and inner.args != (name,) and name > name[::-1]:
                return tree.neg(make("sym", (f"vec({name[::-1]})",)))  # from A to B, or back
            return make("sym", (name,)) if name in letters_there else None
        if inner.kind == "pow" and inner.args[0].kind == "sym" and inner.args[0].args[0] in strange:
            return _chosen(inner)
        if inner.kind == "mul":
            if sum(map(tree.is_vector, inner.args)) > 1:
                return inner  # no product of their lengths
            return _function_values(inner, strange)
        if inner.kind == "call" and len(inner.args) == 2:
            name, argument = inner.args
            if name in factors:  # `h(a + b)` beside `ah + bh`
                return tree.mul(make("sym", (name,)), tree.replace(argument, change))
            return _totient(argument) if name == "phi" and name in strange else None
        return None

    return tree.replace(node, change)


def _called(node: Node) -> frozenset[str]:
    """The names of the unknown functions of a tree."""
    if "call" not in contents(node):
        return frozenset()
    names = frozenset({str(node.args[0])}) if node.kind == "call" else frozenset[str]()
    return names.union(*map(_called, children(node)))


def _chosen(power: Node) -> Node | None:
    """`C_n^2` as the ways to choose 2 of n."""
    found = _CHOOSING_INDEX.fullmatch(power.args[0].args[0])
    k = power.args[1]
    if found is None or k.kind not in SCALAR_KINDS or not any(map(str.isalpha, found[2])):
        return None
    try:
        return tree.chosen(found[1], parse(found[2]), k)
    except (ParseError, VerifierLimit):
        return None


def _function_values(product: Node, strange: frozenset[str]) -> Node | None:
    r"""`\Gamma(5)` and `\zeta(2)`, which read as products, as the values of these functions."""
    names = [factor.args[0] if factor.kind == "sym" else "" for factor in product.args]
    for place, name in enumerate(names[:-1]):
        if name in ("Gamma", "zeta") and name in strange:
            x = product.args[place + 1]
            if free_symbols(x):
                return None
            if name == "Gamma":
                value = make("fact", (tree.add(x, num(-1)),))
            else:
                k = make("sym", ("k",))
                term = make("pow", (k, tree.neg(x)))
                value = make("sum", (term, k, num(1), make("const", ("oo",))))
            rest = product.args[:place] + product.args[place + 2 :]
            return tree.mul(*rest, value) if rest else value
    return None


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
    return num(result - result // n if n > 1 else result)
