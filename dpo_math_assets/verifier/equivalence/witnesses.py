"""Whether the parts that show a difference show it: all that they hold must have a value.

A call of an unknown function may be any number, and so may a name such as `H_3` or `\\hat{p}` by
itself, or any letter beside a set or a point.
"""

import re

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.outcome import Witness
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, contents, free_symbols

# What a letter is compared with as such: another letter, a choice, the name of a set.
_OF_LETTERS = (nodes.Symbol, nodes.Choice, nodes.NumberDomain)
_NOTHING = nodes.FiniteSet(())
# With an index, a prime or an accent, or of several capitals: the name of something.
# Roman numerals aside: these have a reading of their own.
_NAMED = re.compile(r"\w.*[_'(/].*|(?![IVXLCDM]+$)[A-Z]{2,}")


def is_open(witness: Witness) -> bool:
    """Whether a part has no value of its own, so that the parts may be equal all the same."""
    answer, gold = witness
    if _calls(answer) != _calls(gold):
        return True
    return _is_name(answer, gold) or _is_name(gold, answer)


def _calls(node: Node) -> frozenset[Node]:
    """The calls of unknown functions in a tree."""
    if nodes.UnknownFunction not in contents(node):
        return frozenset()
    here = frozenset((node,)) if isinstance(node, nodes.UnknownFunction) else frozenset[Node]()
    return here.union(*map(_calls, children(node)))


def _is_name(node: Node, other: Node) -> bool:
    """Whether a node is a name that stands for something, beside what does not hold it."""
    if node == _NOTHING:  # no solutions, or 0 of them
        return is_scalar(other) and exact(other) == 0
    name = tree.letters(node)
    if name is None or isinstance(other, _OF_LETTERS) or tree.letters(other):
        return False
    if isinstance(node, nodes.Symbol) and not is_scalar(other):  # of a set, say
        return True
    return _NAMED.fullmatch(name) is not None and free_symbols(node).isdisjoint(free_symbols(other))
