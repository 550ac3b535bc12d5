"""Points at which two expressions may part that follow one rule where one would look first.

`|x^2 - 13x + 42|` is its inside but between 6 and 7, a rounded `n/12` is a rounded `n/13` up to 11,
and an arctangent jumps where its argument does. So agreement at the usual points says little of
such expressions: here are points far out and close to zero, and those where a rule changes.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from random import Random

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax.nodes import Node, children

__all__ = ["follows_rules", "telling_points"]

Values = dict[str, Fraction]

# Powers of ten that the far points have, for each sign.
SIZES = (-3, -2, -1, 0, 0, 1, 1, 1, 2, 2, 3)
# Integers at which a floor or ceiling is made to jump.
JUMPS = (0, 1, -1, 2, 5)
MAX_DEGREE = 8
MAX_KINKS = 24
BISECTIONS = 40

_FAR = frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "tanh", "coth"))
_STEPS = frozenset(("floor", "ceil"))
_CHOICES = frozenset(("max", "min"))


def follows_rules(node: Node) -> bool:
    """Whether a function jumps from branch to branch, or hardly changes but near zero."""
    if node.kind == "func" and node.args[0] in _FAR:
        return True
    return any(map(follows_rules, children(node)))


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
    for name in names:
        others = {other: _about(Fraction(3), random) for other in names if other != name}
        kinks = sorted({root for node in (a, b) for root in _kinks(node, name, others)})
        kinks = kinks[:: max(1, len(kinks) // MAX_KINKS)]
        for low, high in zip(kinks, [*kinks[1:], kinks[-1] + 2] if kinks else (), strict=True):
            for value in (low, (low + high) / 2):
                yield {**others, name: value}
        if kinks:
            yield {**others, name: kinks[0] - 1}


def _about(size: Fraction, random: Random) -> Fraction:
    return size * Fraction(random.randrange(1_000, 10_000), 1_000)


def _kinks(node: Node, name: str, others: Values) -> Iterator[Fraction]:
    """Values of a symbol at which a rule changes that depends on a polynomial of it."""
    for child in children(node):
        yield from _kinks(child, name, others)
    targets: tuple[int, ...] = (0,)
    function = node.args[0] if node.kind == "func" else node.kind
    if function in _STEPS:
        switches, targets = [_polynomial(node.args[1], name, others)], JUMPS
    elif function in _CHOICES:
        arguments = [_polynomial(argument, name, others) for argument in node.args[1:]]
        switches = [
            _sum(first, [-x for x in second]) if first and second else None
            for place, first in enumerate(arguments)
            for second in arguments[:place]
        ]
    elif function in ("abs", "sign", "root"):
        inside = node.args[1] if function == "sign" else node.args[0]
        switches = [_polynomial(inside, name, others)]
    else:
        return
    for switch in switches:
        for target in targets if switch else ():
            yield from _roots(_sum(switch or [], [Fraction(-target)]))


Polynomial = list[Fraction]  # coefficients from the constant up


def _polynomial(node: Node, name: str, others: Values) -> Polynomial | None:
    """The coefficients of a polynomial in one symbol, the others having values."""
    kind, args = node
    if kind == "sym" and args[0] == name:
        return [Fraction(0), Fraction(1)]
    if kind == "add":
        total: Polynomial = []
        for term in args:
            part = _polynomial(term, name, others)
            if part is None:
                return None
            total = _sum(total, part)
        return total
    if kind == "mul":
        product = [Fraction(1)]
        for factor in args:
            part = _polynomial(factor, name, others)
            if part is None or len(product) + len(part) - 2 > MAX_DEGREE:
                return None
            product = _product(product, part)
        return product
    if kind == "pow" and args[1].kind == "num" and args[1].args[1] == 1:
        base, power = _polynomial(args[0], name, others), args[1].args[0]
        if base and len(base) > 1 and 0 < power <= MAX_DEGREE // (len(base) - 1):
            product = [Fraction(1)]
            for _ in range(power):
                product = _product(product, base)
            return product
    value = exact(node, others)
    return None if value is None else [value]


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
