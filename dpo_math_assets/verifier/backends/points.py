"""Points at which expressions are compared: real, of several sizes and signs, and between numbers.

Symbols inside factorials, binomials, `gcd`, `lcm`, `mod`, in bounds of sums, or in the exponent of
a negative constant are positive integers.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import count, product
from random import Random

from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.backends.evaluation import Point
from dpo_math_assets.verifier.backends.opaque import any_part
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

# Symbols that have positive values only, and the bound of these where there is one.
Region = Mapping[str, Fraction | None]

# Points of several sizes and signs, before those between the numbers written.
POINTS = 12
# Integers tried where a rounded expression may be meant for integers alone.
INTEGER_POINTS = 40
# Integers at which combinatorial expressions rarely vanish, and for how many letters to try them.
SMALL = range(5)
MAX_SMALL = 3
LARGEST_MARK = 10**30
SCALES = (2, 4, 2, 1, 12, 100)

# Angles below this are acute, and so are a few multiples of them.
ACUTE = Fraction(1, 4)

# First characters of names whose values may have any sign: declared integers, and opaque terms.
_OF_ANY_SIGN = frozenset((nodes.PARAMETER, "<"))
_TRIGONOMETRIC = frozenset(("sin", "cos", "tan", "cot", "sec", "csc"))
_ON_INTEGERS = frozenset(("binom", "gcd", "lcm", "mod"))
_DIVIDING = frozenset(("gcd", "lcm", "mod"))
_STEPPED = frozenset(("floor", "ceil", "mod"))
_CHOOSING = frozenset(("floor", "ceil", "sign", "max", "min", "mod"))
_COMPLEX_PARTS = frozenset(("re", "im", "conj", "arg"))


def positive_region(a: Node, b: Node) -> Region:
    """All symbols, but those of integers and those that stand for opaque terms."""
    integers = integer_symbols(a) | integer_symbols(b)
    names = free_symbols(a) | free_symbols(b)
    return {name: None for name in names - integers if name[0] not in _OF_ANY_SIGN}


def acute_region(a: Node, b: Node) -> Region | None:
    """Positive symbols, those in trigonometric functions small; None where there are none."""
    angles = _angles(a) | _angles(b)
    region = positive_region(a, b)
    if angles.isdisjoint(region):
        return None
    return {name: ACUTE if name in angles else None for name in region}


def _angles(node: Node) -> frozenset[str]:
    if isinstance(node, nodes.Function) and node.name in _TRIGONOMETRIC:
        return free_symbols(node)
    return frozenset[str]().union(*map(_angles, children(node)))


def moved_into(region: Region, point: Point) -> dict[str, tuple[Fraction, Fraction]]:
    """The point with its values moved into a region."""
    moved = dict(point)
    for name, bound in region.items():
        size = abs(point[name][0]) or Fraction(1)
        moved[name] = (size if bound is None else bound * size / (1 + size), Fraction(0))
    return moved


def real_points(a: Node, b: Node, names: list[str], random: Random) -> Iterator[Point]:
    """Real points: some of several sizes and signs, then some between the numbers written.

    Where a piecewise expression changes its rule, there mostly stands a number in it, so later
    points take the gaps between these numbers, and beyond them, in turn, and every fourth is an
    integer where there is a floor or ceiling: there they meet.
    """
    integers = integer_symbols(a) | integer_symbols(b)
    stepped = any_part(a, is_stepped) or any_part(b, is_stepped)
    written = _written(a) | _written(b)
    marks = sorted({Fraction(0), *written, *(-value for value in written)})
    marks = [2 * marks[0] - 1, *marks, 2 * marks[-1] + 1]
    for turn in count():
        point = {}
        for place, name in enumerate(names):
            share = Fraction(random.randrange(1, 1 << 24), 1 << 24)
            if name in integers:
                value = Fraction(random.randrange(1, 7 + 2 * turn))
            elif turn < POINTS:
                value = SCALES[turn % len(SCALES)] * share
                # Every third point is all positive: there most expressions are defined.
                value *= random.choice((1, -1)) if turn % 3 else 1
            else:
                gap = (turn + 7 * place) % (len(marks) - 1)
                value = marks[gap] + (marks[gap + 1] - marks[gap]) * share
                if stepped and turn % 4 == 0:
                    value = Fraction(round(value))
            point[name] = (value, Fraction(0))
        yield point


def integer_points(names: list[str], random: Random) -> Iterator[Point]:
    """Points of growing positive integers."""
    for size in range(1, INTEGER_POINTS):
        yield {
            name: (Fraction(size if len(names) == 1 else random.randint(1, size)), Fraction(0))
            for name in names
        }


def complex_points(names: list[str], random: Random) -> Iterator[Point]:
    """Points whose real and imaginary parts lie between -2 and 2."""
    for _ in range(POINTS):
        yield {name: (_signed(random), _signed(random)) for name in names}


def _signed(random: Random) -> Fraction:
    return Fraction(random.randrange(-(1 << 24), 1 << 24), 1 << 23)


def _written(node: Node) -> frozenset[Fraction]:
    """Numbers in the expression, without the very large."""
    value = None if free_symbols(node) else exact(node)
    if value is not None:
        return frozenset({value}) if abs(value) <= LARGEST_MARK else frozenset()
    return frozenset[Fraction]().union(*map(_written, children(node)))


def integer_symbols(node: Node) -> frozenset[str]:
    """Symbols that stand for positive integers, by where they occur."""
    found = frozenset[str]().union(*map(integer_symbols, children(node)))
    match node:
        case nodes.Factorial(operand) | nodes.DoubleFactorial(operand):
            return found | free_symbols(operand)
        case nodes.Function(name, arguments) if name in _ON_INTEGERS:
            return found.union(*map(free_symbols, arguments))
        case nodes.Summation(_, _, low, high) | nodes.IndexedProduct(_, _, low, high):
            return found | free_symbols(low) | free_symbols(high)
        case nodes.Power(base, exponent):
            value = exact(base)
            if value is not None and value < 0:
                return found | free_symbols(exponent)
    return found


def small_points(a: Node, b: Node, names: list[str], random: Random) -> Iterator[Point]:
    """Every choice of small integers for the integer symbols, where there are few such choices.

    Binomials of a small number, and products with a factor that vanishes, are zero beyond.
    """
    integers = sorted(integer_symbols(a) | integer_symbols(b))
    choices = product(SMALL, repeat=len(integers)) if len(integers) <= MAX_SMALL else ()
    for values in choices:
        point = {name: (Fraction(random.randint(1, 997), 331), Fraction(0)) for name in names}
        whole = ((Fraction(value), Fraction(0)) for value in values)
        yield point | dict(zip(integers, whole, strict=True))


def is_combinatorial(node: Node) -> bool:
    """Whether a node may vanish but for a few integers, or is a sum or product over some."""
    if isinstance(node, nodes.Function):
        return node.name == "binom" and bool(free_symbols(node))
    return isinstance(node, nodes.Summation | nodes.IndexedProduct) and bool(free_symbols(node))


def hinges(node: Node) -> Iterator[Node]:
    """The parts of an expression that may vanish or stand still at many points."""
    if (is_combinatorial(node) or is_stepped(node)) and free_symbols(canonical(node)):
        yield node
    if not isinstance(node, nodes.Summation | nodes.IndexedProduct):
        for child in children(node):
            yield from hinges(child)


def holds_complex_part(node: Node) -> bool:
    """Whether real and imaginary parts matter in an expression."""
    return any_part(
        node, lambda part: isinstance(part, nodes.Function) and part.name in _COMPLEX_PARTS
    )


def is_arithmetic(node: Node) -> bool:
    """Whether a node's value hangs on divisibility: `gcd(n, 6)` is `gcd(n, 606)` at most n."""
    divides = isinstance(node, nodes.Function) and node.name in _DIVIDING
    return divides and bool(free_symbols(node))


def is_divisor_of_expressions(node: Node) -> bool:
    """Whether a gcd or lcm may be that of polynomials: `gcd(x + 1, x)`, `gcd(x, 6)`."""
    return (
        isinstance(node, nodes.Function)
        and node.name in ("gcd", "lcm")
        and any(
            any_part(argument, _is_composed) or not free_symbols(argument)
            for argument in node.arguments
        )
        and bool(free_symbols(node))
    )


def _is_composed(node: Node) -> bool:
    return isinstance(node, nodes.Sum | nodes.Root | nodes.Power)


def is_piecewise(node: Node) -> bool:
    """Whether a node may follow different rules in different regions: `sqrt(x^2)` does, too."""
    match node:
        case nodes.Function(name, _):
            return name in _CHOOSING
        case nodes.Power(_, exponent):
            value = exact(exponent)
            return value is not None and value.denominator != 1
    return isinstance(node, nodes.AbsoluteValue | nodes.Root)


def is_stepped(node: Node) -> bool:
    """Whether a node's value jumps from integer to integer."""
    return isinstance(node, nodes.Function) and node.name in _STEPPED
