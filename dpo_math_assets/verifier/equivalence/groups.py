r"""Groups by their names, of which one may have several: `\mathbb{Z}_6` and `C_2 \times C_3`."""

import re

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children

# Cyclic, symmetric, alternating and dihedral groups, Klein's, quaternions and matrices.
_NAMED = re.compile(r"(?:[CZSADVQKUOGF]|GL|SL|PSL|SO|SU|Dih|Sym|Alt|Dic)_\w+")
_COMPOSED = frozenset(("\\times", "\\oplus", "\\otimes"))


def are_groups(a: Node, b: Node) -> bool:
    """Whether two nodes are names of groups, which may be one group."""
    if isinstance(a, nodes.NumberDomain) and isinstance(b, nodes.NumberDomain):
        return False  # sets by their names
    return _is_group(a) and _is_group(b)


def _is_group(node: Node) -> bool:
    match node:
        case nodes.NumberDomain(name):
            return name[0] == "Z"
        case nodes.Symbol(name):
            return _NAMED.fullmatch(name) is not None
        case nodes.UnknownFunction(name):
            composed = name in _COMPOSED and all(map(_is_group, children(node)))
            return composed or name == "\\langle"
        case nodes.Power(base=base):
            return _is_group(base)
        case nodes.Product(
            factors=(nodes.NumberDomain(), nodes.Power(exponent=nodes.Number(p=-1)), *_)
        ):
            return True  # `\mathbb{Z}/6\mathbb{Z}`
        case nodes.Product():
            return all(map(_is_group, node.factors))
    return False
