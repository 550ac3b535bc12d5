"""Points at which two expressions may part that follow one rule where one would look first.

`|x^2 - 13x + 42|` is its inside but between 6 and 7, a rounded `n/12` is a rounded `n/13` up to 11,
and an arctangent jumps where its argument does. So agreement at the usual points says little of
such expressions: here are points far out and close to zero, and those where a rule changes.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from itertools import pairwise, product
from random import Random

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.backends.opaque import any_part
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

Values = dict[str, Fraction]

# Powers of ten that the far points have, for each sign.
SIZES = (-3, -2, -1, 0, 0, 1, 1, 1, 2, 2, 3)
# Integers at which a floor or ceiling is made to jump.
JUMPS = (0, 1, -1, 2, 5)
MAX_DEGREE = 8
# Exponents of which one is even and takes the sign away, and for how many letters to try them.
EXPONENTS = (Fraction(2), Fraction(1, 2))
MAX_EXPONENTS = 3
MAX_KINKS = 24
BISECTIONS = 40

_FAR = frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "tanh", "coth"))
_STEPS = frozenset(("floor", "ceil"))
_CHOICES = frozenset(("max", "min"))


def follows_rules(node: Node) -> bool:
    """Whether a function jumps from branch to branch, or hardly changes but near zero."""
    return any_part(node, lambda part: _is_far(part) or bool(_exponents(part)))


def _is_far(node: Node) -> bool:
    return isinstance(node, nodes.Function) and node.name in _FAR


def _exponents(node: Node) -> frozenset[str]:
    """The letters in the exponents of a power of a power: `(x^a)^b` is `|x|` where ab is 1."""
    match node:
        case nodes.Power(nodes.Power(_, inner), outer):
            return free_symbols(inner) | free_symbols(outer)
    return frozenset()


def _all_exponents(node: Node) -> frozenset[str]:
    return _exponents(node).union(*map(_all_exponents, children(node)))


def telling_points(a: Node, b: Node, names: list[str], random: Random) -> Iterator[Values]:
    """Real points far out, close to zero, and where a rule of either expression changes."""
    for size in SIZES:
        for sign in (1, -1):
            yield {name: sign * _about(Fraction(10) ** size, random) for name in names}
    for _ in range(len(SIZES) if len(names) > 1 else 0):  # of different sizes and signs
        yield {
            name: random.choice((1, -1)) * _about(Fraction(10) ** random.choice(SIZES), random)
            for name in names
        }
    exponents = sorted(_all_exponents(a) | _all_exponents(b))
    for values in (
        product(EXPONENTS, repeat=len(exponents)) if len(exponents) <= MAX_EXPONENTS else ()
    ):
        below = {name: -_about(Fraction(3), random) for name in names}
        yield below | dict(zip(exponents, values, strict=True))
    for name in names:
        others = {other: _about(Fraction(3), random) for other in names if other != name}
        for value in _around_kinks((a, b), name, others):
            yield {**others, name: value}


def _around_kinks(sides: tuple[Node, Node], name: str, others: Values) -> Iterator[Fraction]:
    """Where a rule changes, between such places, and beyond the first and the last."""
    kinks = sorted({root for node in sides for root in _kinks(node, name, others)})
    kinks = kinks[:: max(1, len(kinks) // MAX_KINKS)]
    for low, high in zip(kinks, [*kinks[1:], kinks[-1] + 2] if kinks else (), strict=True):
        yield low
        yield (low + high) / 2
    if kinks:
        yield kinks[0] - 1


def _about(size: Fraction, random: Random) -> Fraction:
    return size * Fraction(random.randrange(1_000, 10_000), 1_000)


def _kinks(node: Node, name: str, others: Values) -> Iterator[Fraction]:
    """Values of a symbol at which a rule changes that depends on a polynomial of it."""
    for child in children(node):
        yield from _kinks(child, name, others)
    targets: tuple[int, ...] = (0,)
    switches: list[Polynomial | None] = []
    match node:
        case nodes.Function(function, (inside, *_)) if function in _STEPS:
            switches, targets = [_polynomial(inside, name, others)], JUMPS
        case nodes.Function(function, arguments) if function in _CHOICES:
            chosen = [_polynomial(argument, name, others) for argument in arguments]
            switches = [
                _sum(first, [-x for x in second]) if first and second else None
                for place, first in enumerate(chosen)
                for second in chosen[:place]
            ]
        case (
            nodes.Function("sign", (inside,)) | nodes.AbsoluteValue(inside) | nodes.Root(inside, _)
        ):
            switches = [_polynomial(inside, name, others)]
    for switch in switches:
        for target in targets if switch else ():
            yield from _roots(_sum(switch or [], [Fraction(-target)]))


Polynomial = list[Fraction]  # coefficients from the constant up


def _polynomial(node: Node, name: str, others: Values) -> Polynomial | None:
    """The coefficients of a polynomial in one symbol, the others having values."""
    match node:
        case nodes.Symbol(own) if own == name:
            return [Fraction(0), Fraction(1)]
        case nodes.Sum(terms):
            parts = [_polynomial(term, name, others) for term in terms]
            known = [part for part in parts if part is not None]
            return reduce(_sum, known) if len(known) == len(parts) else None
        case nodes.Product(factors):
            total: Polynomial | None = [Fraction(1)]
            for factor in factors:
                total = _within_degree(total, _polynomial(factor, name, others))
            return total
        case nodes.Power(base, nodes.Number(power, 1)):
            inside = _polynomial(base, name, others)
            if inside and len(inside) > 1 and 0 < power <= MAX_DEGREE // (len(inside) - 1):
                return reduce(_product, [inside] * power, [Fraction(1)])
    value = exact(node, others)
    return None if value is None else [value]


def _within_degree(first: Polynomial | None, second: Polynomial | None) -> Polynomial | None:
    """The product of two polynomials, or None above the degree that is looked at."""
    if first is None or second is None or len(first) + len(second) - 2 > MAX_DEGREE:
        return None
    return _product(first, second)


def _sum(first: Polynomial, second: Polynomial) -> Polynomial:
    size = max(len(first), len(second))
    padded = [[*terms, *[Fraction(0)] * (size - len(terms))] for terms in (first, second)]
    total = [x + y for x, y in zip(*padded, strict=True)]
    while total and not total[-1]:
        total.pop()
    return total


def _product(first: Polynomial, second: Polynomial) -> Polynomial:
    found = [Fraction(0)] * (len(first) + len(second) - 1)
    for i, x in enumerate(first):
        for j, y in enumerate(second):
            found[i + j] += x * y
    return found


def _roots(polynomial: Polynomial) -> list[Fraction]:
    """Its real roots, nearly: between the roots of its derivative it is monotonous."""
    degree = len(polynomial) - 1
    if degree < 1:
        return []
    if degree == 1:
        return [-polynomial[0] / polynomial[1]]
    turns = _roots([place * x for place, x in enumerate(polynomial)][1:])
    bound = 1 + max(abs(x / polynomial[-1]) for x in polynomial[:-1])
    ends = [-bound, *turns, bound]
    found = [turn for turn in turns if _at(polynomial, turn) == 0]
    for low, high in pairwise(ends):
        falls = _at(polynomial, low) > 0
        if falls == (_at(polynomial, high) > 0):
            continue
        for _ in range(BISECTIONS):
            middle = ((low + high) / 2).limit_denominator(1 << BISECTIONS)
            value = _at(polynomial, middle)
            if value == 0:
                low = high = middle
                break
            low, high = (middle, high) if (value > 0) == falls else (low, middle)
        found.append(((low + high) / 2).limit_denominator(1 << 20))
    return sorted(found)


def _at(polynomial: Polynomial, x: Fraction) -> Fraction:
    value = Fraction(0)
    for coefficient in reversed(polynomial):
        value = value * x + coefficient
    return value
