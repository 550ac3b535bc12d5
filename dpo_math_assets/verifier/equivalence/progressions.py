r"""General solutions as the values they run through: `\frac{\pi}{4} + k\pi`, `\pm 1 \pmod 5`.

Each is a union of arithmetic progressions. Their steps have a common multiple, and two unions are
the same where they have the same values within it.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import NamedTuple

from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.equations import assigned, between
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.signs import sign_choices
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

# Values within the common multiple of all steps that are written out.
MAX_VALUES = 200

# Letters that beside a congruence run through the integers.
_INTEGERS = frozenset("jkmnpqst")
_ALTERNATIVES = (nodes.ValueList, nodes.SetUnion, nodes.FiniteSet)


class _Progression(NamedTuple):
    start: Node
    step: Node
    # What intervals have beside: length and closed ends.
    beside: tuple[object, ...] = ()


class _Measured(NamedTuple):
    """A progression in units of another's step: what is no multiple of it, the rest, the step."""

    beside: object
    start: Fraction
    step: Fraction

    def values(self, period: Fraction) -> Iterable[tuple[object, Fraction]]:
        turns = range(int(period / self.step))
        return ((self.beside, (self.start + turn * self.step) % period) for turn in turns)


def same_values(a: Node, b: Node) -> bool | None:
    """Whether two general solutions run through the same values; None for other answers.

    Beside a congruence a letter runs through the integers, elsewhere only a parameter does.
    """
    subjects = _subjects(a), _subjects(b)
    if subjects[0] and subjects[1] and subjects[0] != subjects[1]:
        return None
    congruent = _holds_congruence(a) or _holds_congruence(b)
    sides = _progressions(a, congruent), _progressions(b, congruent)
    if not sides[0] or not sides[1]:
        return None
    unit = sides[0][0].step
    first, second = (_measured(side, unit) for side in sides)
    return None if first is None or second is None else _same(first, second)


def _same(first: list[_Measured], second: list[_Measured]) -> bool | None:
    period = reduce(_common_multiple, (found.step for found in first + second), Fraction(1))
    if sum(period / found.step for found in first + second) > MAX_VALUES:
        return None
    values = [{x for found in side for x in found.values(period)} for side in (first, second)]
    return values[0] == values[1]


def written_out(node: Node) -> Node:
    r"""`1, 2, \dots, 10` with what the dots leave out; any other list or set as it is."""
    if (
        not isinstance(node, nodes.ValueList | nodes.FiniteSet | nodes.Tuple)
        or node.items.count(nodes.Dots()) != 1
    ):
        return node
    place = node.items.index(nodes.Dots())
    first, last = _numbers(node.items[:place]), _numbers(node.items[place + 1 :])
    whole = _continued(first, last) if first and last else None
    return type(node)(tuple(map(tree.rational, whole))) if whole else node


def _continued(first: list[Fraction], last: list[Fraction]) -> list[Fraction] | None:
    r"""The one progression that begins and ends so.

    Two numbers may begin one of either kind: `2, 4, \dots, 16` says too little.
    """
    step = first[1] - first[0] if len(first) > 1 else Fraction(1)
    count = (last[-1] - first[0]) / step if step else Fraction(-1)
    if count.denominator != 1 or not 0 < count <= MAX_VALUES:
        return None
    whole = [first[0] + k * step for k in range(int(count) + 1)]
    if whole[: len(first)] != first or whole[-len(last) :] != last:
        return None
    grows = len(first) == 2 and first[0] and _reaches(first[0], first[1] / first[0], last[-1])
    return None if grows and step != 1 else whole


def _numbers(items: tuple[Node, ...]) -> list[Fraction] | None:
    values = [value for item in items if (value := exact(item)) is not None]
    return values if len(values) == len(items) else None


def _reaches(start: Fraction, factor: Fraction, end: Fraction) -> bool:
    """Whether a geometric progression comes to `end`."""
    if abs(factor) <= 1:
        return False
    while abs(start) < abs(end):
        start *= factor
    return start == end


def _subjects(node: Node) -> set[Node]:
    """The unknowns that the parts of an answer speak of."""
    match node:
        case nodes.ValueList() | nodes.SetUnion() | nodes.FiniteSet():
            return set().union(*map(_subjects, children(node)))
        case nodes.Congruence():
            return _subjects(node.relation) if isinstance(node.relation, nodes.Relation) else set()
        case nodes.Relation(op="=" | "equiv" | "in", left=nodes.Symbol() as subject):
            return {subject}
    return set()


def _holds_congruence(node: Node) -> bool:
    if isinstance(node, _ALTERNATIVES):
        return any(map(_holds_congruence, children(node)))
    return isinstance(node, nodes.Congruence)


def _progressions(node: Node, congruent: bool) -> list[_Progression]:
    """The progressions of an answer; none where a part of it is no progression."""
    choices = sign_choices(node)
    if choices != [node]:
        return _joined(choices or (), congruent)
    if isinstance(node, nodes.SCALARS):
        return _of_expression(node, congruent)
    if given := assigned(node):
        return _progressions(given[1], congruent)
    match node:
        case nodes.ValueList(items=(*items, nodes.Congruence() as last)):
            # `n \\equiv 1, 4 \\pmod 5` has one modulus for all
            several = (
                x if isinstance(x, nodes.Congruence) else nodes.Congruence(x, last.modulus)
                for x in items
            )
            return _joined((*several, last), congruent)
        case nodes.ValueList() | nodes.SetUnion() | nodes.FiniteSet():
            return _joined(children(node), congruent)
        case nodes.Congruence():
            return _residues(node)
        case nodes.Relation(op="in"):
            return _progressions(node.right, congruent)
        case nodes.Quantity(unit="degree"):
            return _progressions(node.value, congruent)
        case nodes.Tuple(items=(low, high)):
            return _of_interval(nodes.Interval(low, high, False, False), congruent)
    interval = node if isinstance(node, nodes.Interval) else between(node)
    return _of_interval(interval, congruent) if interval else []


def _joined(parts: Iterable[Node], congruent: bool) -> list[_Progression]:
    found = [_progressions(part, congruent) for part in parts]
    return [line for lines in found for line in lines] if all(found) else []


def _modulo(node: Node, modulus: Node) -> nodes.Congruence:
    return node if isinstance(node, nodes.Congruence) else nodes.Congruence(node, modulus)


def _residues(node: nodes.Congruence) -> list[_Progression]:
    """The residues that a congruence gives a letter; none where it is to be solved first."""
    match node.relation:
        case nodes.Relation(op="equiv" | "=", left=nodes.Symbol(), right=value):
            pass
        case nodes.Relation():
            return []  # `2n = 3 (mod 7)`, `n < 3 (mod 7)`
        case value:
            pass
    starts = sign_choices(value) if exact(node.modulus) else None
    return [
        _Progression(start, node.modulus)
        for start in starts or ()
        if isinstance(start, nodes.SCALARS)
    ]


def _of_interval(node: nodes.Interval, congruent: bool) -> list[_Progression]:
    length = canonical(tree.add(node.high, tree.neg(node.low)))
    if free_symbols(length) or not isinstance(node.low, nodes.SCALARS):
        return []
    beside = (length, node.low_closed, node.high_closed)
    return [line._replace(beside=beside) for line in _of_expression(node.low, congruent)]


def _of_expression(node: Node, congruent: bool) -> list[_Progression]:
    """The values at even and at odd integers, for a sign may go with the parameter: `(-1)^k`."""
    names = free_symbols(node)
    if len(names) != 1:
        return []
    (name,) = names
    plain = name[1:].isdigit() and name.startswith(nodes.PARAMETER)  # no other domain than Z
    if not plain and not (congruent and name in _INTEGERS):
        return []
    parameter = nodes.Symbol(name)
    straight = tree.substituted(node, nodes.Power(num(-1), parameter), num(1))
    if not is_straight(straight, name):
        return []

    def line(first: int, second: int) -> _Progression:
        start, then = (
            canonical(tree.substituted(node, parameter, num(k))) for k in (first, second)
        )
        return _Progression(start, canonical(tree.add(then, tree.neg(start))))

    return [line(0, 1)] if straight == node else [line(0, 2), line(1, 3)]


def is_straight(node: Node, name: str) -> bool:
    """Whether a name occurs only as a factor of terms: in no power, function or denominator."""
    if name not in free_symbols(node):
        return True
    if isinstance(node, nodes.Sum):
        return all(is_straight(term, name) for term in node.terms)
    if isinstance(node, nodes.Product):
        holding = [factor for factor in node.factors if name in free_symbols(factor)]
        return len(holding) < 2 and is_straight(holding[0], name)
    return isinstance(node, nodes.Symbol)


def _measured(lines: list[_Progression], unit: Node) -> list[_Measured] | None:
    """Progressions in units of a step; None where one has another."""
    found = []
    for line in lines:
        size = exact(canonical(tree.divide(line.step, unit)))
        if not size:
            return None
        shift, rest = Fraction(0), []
        for term in line.start.terms if isinstance(line.start, nodes.Sum) else (line.start,):
            share = exact(canonical(tree.divide(term, unit)))
            if share is None:
                rest.append(term)
            else:
                shift += share
        beside = canonical(tree.add(*rest)) if rest else None
        found.append(_Measured((beside, line.beside), shift, abs(size)))
    return found


def _common_multiple(a: Fraction, b: Fraction) -> Fraction:
    bottom = lcm(a.denominator, b.denominator)
    return Fraction(lcm(int(a * bottom), int(b * bottom)), bottom)
