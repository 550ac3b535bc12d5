"""Vectors written in unit vectors: `2i - 3j`."""

from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Constant, Node, Product, Sum, Symbol, Tuple, num

_BASIS = {"i": 0, "j": 1, "k": 2}


def unit_vector(node: Node, dimension: int) -> Tuple | None:
    """`2i - 3j` as the tuple of its components, where j or a hat says that i is no number."""
    components: list[list[Node]] = [[] for _ in range(dimension)]
    named = set()
    for term in node.terms if isinstance(node, Sum) else (node,):
        factors = list(term.factors) if isinstance(term, Product) else [term]
        vectors = [factor for factor in factors if _name(factor)]
        if len(vectors) != 1:
            return None
        name = _name(vectors[0])
        place = _BASIS[name.removeprefix("hat(").removeprefix("vec(").removesuffix(")")]
        if place >= dimension:
            return None
        named.add(name)
        factors.remove(vectors[0])
        components[place].append(tree.mul(*factors) if factors else num(1))
    if named <= {"i", "k"}:
        return None
    return Tuple(tuple(tree.add(*terms) if terms else num(0) for terms in components))


_MARKED = frozenset(f"{mark}({name})" for mark in ("hat", "vec") for name in _BASIS) | _BASIS.keys()


def _name(node: Node) -> str:
    """The name of a unit vector, plain or marked; nothing for any other node."""
    return node.name if isinstance(node, Symbol | Constant) and node.name in _MARKED else ""
