r"""General solutions as the values they run through: `\frac{\pi}{4} + k\pi`, `\pm 1 \pmod 5`.

Each is a union of arithmetic progressions. Their steps have a common multiple, and two unions are
the same where they have the same values within it.
"""

from fractions import Fraction
from math import lcm

from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.equations import assigned, between, is_equation, sign_choices
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import (
    PARAMETER,
    SCALAR_KINDS,
    Node,
    free_symbols,
    make,
    num,
)

__all__ = ["is_straight", "same_values", "written_out"]

# Values within the common multiple of all steps that are written out.
MAX_VALUES = 200

# Where a progression starts, its step, and what intervals have beside: length and closed ends.
Line = tuple[Node, Node, tuple[object, ...]]


def same_values(a: Node, b: Node) -> bool | None:
    """Whether two general solutions run through the same values; None for other answers.

    Beside a congruence a letter runs through the integers, elsewhere only a parameter does.
    """
    subjects = _subjects(a), _subjects(b)
    if subjects[0] and subjects[1] and subjects[0] != subjects[1]:
        return None
    congruent = any(_holds_congruence(node) for node in (a, b))
    sides = [_lines(node, congruent) for node in (a, b)]
    if not sides[0] or not sides[1]:
        return None
    unit = sides[0][0][1]
    found = []
    for lines in sides:
        measured = [_measured(line, unit) for line in lines]
        if None in measured:
            return None
        found.append([line for line in measured if line is not None])
    period = Fraction(1)
    for *_, step in found[0] + found[1]:
        period = _common_multiple(period, step)
    if sum(period / step for *_, step in found[0] + found[1]) > MAX_VALUES:
        return None
    values = [
        {
            (beside, (start + turn * step) % period)
            for beside, start, step in side
            for turn in range(int(period / step))
        }
        for side in found
    ]
    return values[0] == values[1]


def written_out(node: Node) -> Node:
    r"""`1, 2, \\dots, 10` with what the dots leave out; any other list or set as it is.

    Two numbers may begin a progression of either kind: `2, 4, \\dots, 16` says too little.
    """
    if node.kind not in ("list", "set", "tuple"):
        return node
    places = [place for place, item in enumerate(node.args) if item.kind == "dots"]
    values = [exact(item) if item.kind in SCALAR_KINDS else None for item in node.args]
    if len(places) != 1 or values.count(None) > 1 or not 0 < places[0] < len(values) - 1:
        return node
    first = [value for value in values[: places[0]] if value is not None]
    last = [value for value in values[places[0] + 1 :] if value is not None]
    step = first[1] - first[0] if len(first) > 1 else Fraction(1)
    count = (last[-1] - first[0]) / step if step else Fraction(-1)
    if count.denominator != 1 or not 0 < count <= MAX_VALUES:
        return node
    whole = [first[0] + k * step for k in range(int(count) + 1)]
    fits = whole[: len(first)] == first and whole[-len(last) :] == last
    grows = len(first) == 2 and first[0] and _reaches(first[0], first[1] / first[0], last[-1])
    if not fits or (grows and step != 1):
        return node
    return make(node.kind, tuple(map(tree.rational, whole)))


def _reaches(start: Fraction, factor: Fraction, end: Fraction) -> bool:
    """Whether a geometric progression comes to `end`."""
    if abs(factor) <= 1:
        return False
    while abs(start) < abs(end):
        start *= factor
    return start == end


def _subjects(node: Node) -> set[Node]:
    """The unknowns that the parts of an answer speak of."""
    if node.kind in ("list", "union", "set"):
        return set().union(*map(_subjects, node.args))
    if node.kind == "mod":
        node = node.args[0]
    if node.kind == "rel" and node.args[0] in ("=", "equiv", "in") and node.args[1].kind == "sym":
        return {node.args[1]}
    return set()


def _holds_congruence(node: Node) -> bool:
    return node.kind == "mod" or (
        node.kind in ("list", "union", "set") and any(map(_holds_congruence, node.args))
    )


def _lines(node: Node, congruent: bool) -> list[Line]:
    """The progressions of an answer; none where a part of it is no progression."""
    choices = sign_choices(node)
    if choices is None:
        return []
    if choices != [node]:
        return _joined(choices, congruent)
    if node.kind == "list" and node.args[-1].kind == "mod":
        # `n \\equiv 1, 4 \\pmod 5` has one modulus for all
        last = node.args[-1]
        items = [
            item if item.kind == "mod" else make("mod", (item, last.args[1])) for item in node.args
        ]
        return _joined(items, congruent)
    if node.kind in ("list", "union", "set"):
        return _joined(list(node.args), congruent)
    if is_equation(node):
        given = assigned(node)
        return _lines(given[1], congruent) if given else []
    if node.kind == "mod":
        relation, modulus = node.args
        value = relation.args[2] if relation.kind == "rel" else relation
        if exact(modulus) is None or exact(modulus) == 0:
            return []
        starts = sign_choices(value) or []
        return [(start, modulus, ()) for start in starts if start.kind in SCALAR_KINDS]
    if node.kind == "rel" and node.args[0] == "in":
        return _lines(node.args[2], congruent)
    if node.kind == "unit" and node.args[1] == "degree":
        return _lines(node.args[0], congruent)
    node = between(node) or node
    if node.kind in ("interval", "tuple") and len(node.args) in (2, 4):
        low, high, *closed = node.args
        length = canonical(tree.add(high, tree.neg(low)))
        if free_symbols(length) or low.kind not in SCALAR_KINDS:
            return []
        beside = (length, *(closed or (False, False)))
        return [(start, step, beside) for start, step, _ in _progressions(low, congruent)]
    if node.kind not in SCALAR_KINDS:
        return []
    return _progressions(node, congruent)


def _joined(parts: list[Node], congruent: bool) -> list[Line]:
    found = [_lines(part, congruent) for part in parts]
    return [line for lines in found for line in lines] if all(found) else []


def _progressions(node: Node, congruent: bool) -> list[Line]:
    """The values at even and at odd integers, for a sign may go with the parameter: `(-1)^k`."""
    names = free_symbols(node)
    if len(names) != 1:
        return []
    name = next(iter(names))
    plain = name[1:].isdigit() and name.startswith(PARAMETER)  # no other domain than Z
    if not plain and not (congruent and name in "jkmnpqst"):
        return []
    parameter = make("sym", (name,))
    straight = tree.replace(node, lambda inner: num(1) if _alternates(inner, parameter) else None)
    if not is_straight(straight, name):
        return []

    def at(value: int) -> Node:
        return canonical(tree.substituted(node, parameter, num(value)))

    def line(first: int, second: int) -> Line:
        start = at(first)
        return start, canonical(tree.add(at(second), tree.neg(start))), ()

    if straight == node:
        return [line(0, 1)]
    return [line(0, 2), line(1, 3)]


def _alternates(node: Node, parameter: Node) -> bool:
    return node.kind == "pow" and node.args == (num(-1), parameter)


def is_straight(node: Node, name: str) -> bool:
    """Whether a name occurs only as a factor of terms: in no power, function or denominator."""
    if name not in free_symbols(node):
        return True
    if node.kind in ("add", "mul"):
        holding = [part for part in node.args if name in free_symbols(part)]
        return (node.kind == "add" or len(holding) < 2) and all(
            is_straight(part, name) for part in holding
        )
    return node.kind == "sym"


def _measured(line: Line, unit: Node) -> tuple[object, Fraction, Fraction] | None:
    """(what is no multiple of the unit, how many units the rest is, the step in units)."""
    start, step, beside = line
    size = exact(canonical(tree.divide(step, unit)))
    if not size:
        return None
    shift, rest = Fraction(0), []
    for term in start.args if start.kind == "add" else (start,):
        share = exact(canonical(tree.divide(term, unit)))
        if share is None:
            rest.append(term)
        else:
            shift += share
    return (canonical(tree.add(*rest)) if rest else None, beside), shift, abs(size)


def _common_multiple(a: Fraction, b: Fraction) -> Fraction:
    bottom = lcm(a.denominator, b.denominator)
    return Fraction(
        lcm(a.numerator * (bottom // a.denominator), b.numerator * (bottom // b.denominator)),
        bottom,
    )
