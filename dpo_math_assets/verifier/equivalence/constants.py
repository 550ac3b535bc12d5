r"""The constants that a primitive or a general solution is free by: `+ C`, `C_1 e^x + C_2 e^{-x}`.

What letter such a constant has means nothing, but only of C and c beside one variable is it known
that they are such; and a `+ C` takes up any number beside it.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.progressions import is_straight
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Decimal, Node, Number, Product, Sum, Symbol
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

_CONSTANT = re.compile(r"[CcKk](?:_\d)?")
_FREE_NAME = re.compile(r"[Cc](?:_\d)?")
_LETTER = re.compile(r"[A-DKa-dkmp-r](?:_\d)?")
# Constants that are renamed in every way.
MAX_CONSTANTS = 3
_FREE = Symbol("C")
_VARIABLES = frozenset(("x", "y", "z", "t", "u", "v", "w", "s", "r", "theta"))
_OF_LINES = (Number, Decimal, Symbol, Sum, Product)
# A point at which no usual primitive is singular.
_POINT = tree.rational(Fraction(3, 7))


def renamed_constants(a: Node, b: Node, variables: frozenset[str]) -> Iterator[Node]:
    """The first value under the names that the second has for what may be constants.

    `variables` are those of the functions that have the values.
    """
    names = free_symbols(a), free_symbols(b)
    shared = (names[0] & names[1]) | variables
    if not shared:  # `C` beside `A`: letters of choices, say
        return
    own, others = sorted(names[0] - names[1]), sorted(names[1] - names[0])
    if not own and not others:  # `C_1` and `C_2` the other way round
        own = others = sorted(name for name in names[0] if "_" in name and _CONSTANT.match(name))
    if not 0 < len(own) == len(others) <= MAX_CONSTANTS:
        return
    if not all(map(_LETTER.fullmatch, own + others)):
        return
    constants = any(all(map(_CONSTANT.fullmatch, side)) for side in (own, others))
    if not constants and shared.isdisjoint(_VARIABLES):
        return
    yield from _renamed(a, own, others)


def _renamed(a: Node, own: list[str], others: list[str]) -> Iterator[Node]:
    """The value with its own names replaced by the others, in every order of these."""
    for order in permutations(others):
        names = zip(own, order, strict=True)
        renamed: dict[Node, Node] = {Symbol(old): Symbol(new) for old, new in names}
        yield tree.replace(a, renamed.get)


def free_constants(a: Node, b: Node) -> Iterator[tuple[Node, Node]]:
    """Both values with their free constants under the same names, a single one as C.

    These are C, c and their numbered kin, as factors or terms beside one variable: `C_1 e^x + C_2`.
    """
    names = free_symbols(a), free_symbols(b)
    own, others = (sorted(filter(_FREE_NAME.fullmatch, side)) for side in names)
    variables = names[0].difference(own)
    if not 0 < len(own) == len(others) <= MAX_CONSTANTS or names[1].difference(others) != variables:
        return
    if len(variables) != 1 or not variables <= _VARIABLES or own == others == own[:1]:
        return
    if not (_straight_in(a, own) and _straight_in(b, others)):
        return
    if len(own) == 1:
        yield (
            tree.substituted(a, Symbol(*own), _FREE),
            tree.substituted(b, Symbol(*others), _FREE),
        )
        return
    for renamed in _renamed(a, own, others):
        yield renamed, b


def _straight_in(value: Node, names: list[str]) -> bool:
    return all(is_straight(value, name) for name in names)


def apart(a: Node, b: Node) -> tuple[Node, Node] | None:
    """Two primitives with `+ C`: what lies between them, and what it is at some x.

    They say the same where the two are equal, for then x is not in it. None for other values.
    """
    x, y = _without_constant(a), _without_constant(b)
    if x is None or y is None or free_symbols(x) != free_symbols(y):
        return None
    names = free_symbols(x) & _VARIABLES
    if len(names) != 1:
        return None
    between = tree.add(x, tree.neg(y))
    return between, tree.substituted(between, Symbol(next(iter(names))), _POINT)


def _without_constant(value: Node) -> Node | None:
    """The other terms of a sum that has C once."""
    if not isinstance(value, Sum) or value.terms.count(_FREE) != 1:
        return None
    rest = tree.add(*(term for term in value.terms if term != _FREE))
    return rest if is_scalar(rest) else None


def is_line(value: Node) -> bool:
    """Whether a value such as x + C may as well be a sum of two variables as a primitive."""
    return isinstance(value, _OF_LINES) and all(map(is_line, children(value)))
