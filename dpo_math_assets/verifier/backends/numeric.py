"""Numeric probing: are two scalar expressions equal, judged by their values at random points.

Rational functions are compared modulo primes (`rational.py`), everything else by values with a
known error (`enclosure.py`): there a difference is a proof, and agreement counts only where the
difference is known to be zero to 192 digits (42 by mpmath), relative to the smallest value that
went into it, at several points.

Readings:

- Symbols are real. Points where both sides are real, and every value on the way is, decide (so
  `sqrt(x) sqrt(y)` is `sqrt(x y)`); only where there are none, complex values do. Where `re`, `im`,
  `conj` or `arg` occur, agreement must hold at complex points too.
- Symbols inside factorials, binomials, `gcd`, `lcm`, `mod`, in bounds of sums, or in the exponent
  of a negative constant are positive integers.
- No number of points shows two expressions with `gcd`, `lcm` or `mod` of symbols equal.
- A power such as `(-8)^(1/3)` is the real root; where that makes a difference, the principal value
  is tried after it.
- Unknown functions, and sums, integrals and limits that are no finite sums, stand for themselves:
  equal arguments give equal values, and nothing else is known of them.

Points come from a generator seeded with the two expressions, so a verdict never changes between
runs, and does not depend on which side is which.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import count
from random import Random
from typing import Literal

from dpo_math_assets.verifier.algebra.budget import Budget, UnknownValueError
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.modular import compare_rational
from dpo_math_assets.verifier.backends.ball_arithmetic import Comparison, Point, compare_values
from dpo_math_assets.verifier.backends.breakpoints import follows_rules, telling_points
from dpo_math_assets.verifier.syntax.nodes import Node, children, contents, free_symbols, make

__all__ = [
    "ProbeResult",
    "holds_complex_part",
    "integer_symbols",
    "probe",
]

ProbeResult = Literal["equal", "different", "unknown"]

# Limits before work: nodes of one side, unknown functions in both, and steps of one probe.
MAX_NODES = 2_000
MAX_ATOMS = 16
MAX_STEPS = 300_000

AGREEMENTS = 4
POINTS = 12
# Where both sides are rarely real, or piecewise, more points are looked at.
MORE_POINTS = 48
# Integers tried where a rounded expression may be meant for integers alone.
INTEGER_POINTS = 40
# Letters that hardly stand for anything else where a value is rounded.
INTEGER_LETTERS = frozenset("kmnpq")
LARGEST_MARK = 10**30
SCALES = (2, 4, 2, 1, 12, 100)


def probe(a: Node, b: Node) -> ProbeResult:
    """Compare two scalar expressions: `equal` and `different` are established, else `unknown`.

    Raises `DeadlineExceededError` after the time that `within` allows.
    """
    if max(_count(a), _count(b)) > MAX_NODES:
        return "unknown"
    try:
        budget = Budget(MAX_STEPS)
        budget.spend(1)
        a, b, opaque = _name_atoms(a, b)
        draw = partial(_seeded, a, b)
        result = compare_rational(a, b, draw)
        if result == "unknown":
            result = _probe_points(a, b, draw, budget)
    except (UnknownValueError, RecursionError):
        return "unknown"
    if result == "different" and opaque:
        return "unknown"
    return result


def _seeded(a: Node, b: Node) -> Random:
    """The same draws for (a, b) and (b, a), in every run."""
    return Random("\n".join(sorted((repr(a), repr(b)))))


def _count(node: Node) -> int:
    """Nodes of the tree, counted up to just above the limit."""
    total, waiting = 0, [node]
    while waiting and total <= MAX_NODES:
        total += 1
        waiting.extend(children(waiting.pop()))
    return total


_ATOMS = frozenset(("call", "deriv", "integral", "sum", "prod", "limit"))


def _name_atoms(a: Node, b: Node) -> tuple[Node, Node, bool]:
    """Put a fresh symbol for every unknown call, and every sum or integral that has no value here.

    Calls of the same name whose arguments are equal get the same symbol. The third value says
    whether the sides hold different atoms that may be equal all the same, so that a difference
    proves nothing.
    """
    if _ATOMS.isdisjoint(contents(a)) and _ATOMS.isdisjoint(contents(b)):
        return a, b, False
    known: list[tuple[Node, Node]] = []

    def name(node: Node) -> Node:
        if node.kind in ("sum", "prod") and _is_finite_sum(node):
            return node
        if node.kind in _ATOMS:
            for atom, symbol in known:
                if _same_atom(atom, node):
                    return symbol
            if len(known) == MAX_ATOMS:
                raise UnknownValueError
            known.append((node, make("sym", (f"<{len(known)}>",))))
            return known[-1][1]
        if not children(node):
            return node
        return make(node.kind, tuple(name(x) if isinstance(x, Node) else x for x in node.args))

    a = name(a)
    in_a = len(known)
    b = name(b)
    in_b = free_symbols(b)
    opaque = any(
        atom.kind != "call" and (index >= in_a or symbol.args[0] not in in_b)
        for index, (atom, symbol) in enumerate(known)
    )
    return a, b, opaque


def _same_atom(a: Node, b: Node) -> bool:
    """Calls are the same if their arguments are equal; calls within calls, if written the same."""
    if a == b or a.kind != "call" or b.kind != "call":
        return a == b
    arguments = (*a.args[1:], *b.args[1:])
    if a.args[0] != b.args[0] or len(a.args) != len(b.args) or any(map(_holds_atom, arguments)):
        return False
    return all(probe(x, y) == "equal" for x, y in zip(a.args[1:], b.args[1:], strict=True))


def _holds_atom(node: Node) -> bool:
    return _holds(node, lambda part: part.kind in _ATOMS)


def _is_finite_sum(node: Node) -> bool:
    """Whether the bounds can be integers: no infinity, nothing but integer arithmetic."""
    return all(
        bound is not None and not _holds(bound, lambda part: part.kind == "const")
        for bound in node.args[2:4]
    )


def _holds(node: Node, test: Callable[[Node], bool]) -> bool:
    return test(node) or any(_holds(child, test) for child in children(node))


def _probe_points(a: Node, b: Node, draw: Callable[[], Random], budget: Budget) -> ProbeResult:
    """Evaluate at points until a difference is proved or agreement is confirmed."""
    result, ambiguous = _compare_at_points(a, b, draw, budget, real_powers=True)
    if result == "different" and ambiguous:
        result, _ = _compare_at_points(a, b, draw, budget, real_powers=False)
    return result


def _compare_at_points(
    a: Node, b: Node, draw: Callable[[], Random], budget: Budget, *, real_powers: bool
) -> tuple[ProbeResult, bool]:
    """The outcome, and whether it depends on how a power of a negative number is read."""
    names = sorted(free_symbols(a) | free_symbols(b))
    piecewise = bool(names) and (_holds(a, _is_piecewise) or _holds(b, _is_piecewise))
    needed = AGREEMENTS if names else 1
    ambiguous = False
    found: Counter[str] = Counter()
    points = _points(a, b, names, draw()) if names else iter(({},))  # a constant has one value
    for tried, point in enumerate(points):
        if tried == MORE_POINTS:
            break
        if tried >= POINTS and found["agree"] >= needed and not piecewise:
            break
        values = compare_values(a, b, point, budget, real_powers=real_powers)
        ambiguous = ambiguous or values.ambiguous
        outcome = _outcome(values)
        if outcome == "differ":
            integers = names and INTEGER_LETTERS.issuperset(names)
            whole = integers and _agree_at_integers(a, b, names, draw())
            return "unknown" if whole else "different", ambiguous
        found[outcome] += 1
    result = _conclusion(found, needed)
    rules = piecewise or follows_rules(a) or follows_rules(b)
    if result == "equal" and names and rules and _tell_apart(a, b, names, draw(), real_powers):
        return "different", ambiguous
    if result == "equal" and (_holds(a, _is_arithmetic) or _holds(b, _is_arithmetic)):
        result = "unknown"
    if result == "equal" and names and (holds_complex_part(a) or holds_complex_part(b)):
        result = _confirmed_as_complex(a, b, names, draw(), budget, real_powers)
    return result, ambiguous


def _tell_apart(a: Node, b: Node, names: list[str], random: Random, real_powers: bool) -> bool:
    """Whether expressions that agree at the usual points differ where one of them may jump."""
    integers = integer_symbols(a) | integer_symbols(b)
    budget = Budget(MAX_STEPS)
    for values in telling_points(a, b, names, random):
        point = {
            name: (Fraction(max(1, round(value))) if name in integers else value, Fraction(0))
            for name, value in values.items()
        }
        try:
            found = compare_values(a, b, point, budget, real_powers=real_powers)
        except UnknownValueError:  # too large a value there
            continue
        if _outcome(found) == "differ":
            return True
    return False


def _agree_at_integers(a: Node, b: Node, names: list[str], random: Random) -> bool:
    """Whether rounded expressions differ only at values that letters such as n hardly have."""
    if not (_holds(a, _is_stepped) or _holds(b, _is_stepped)):
        return False
    budget = Budget(MAX_STEPS)
    for size in range(1, INTEGER_POINTS):
        point = {
            name: (Fraction(size if len(names) == 1 else random.randint(1, size)), Fraction(0))
            for name in names
        }
        if compare_values(a, b, point, budget, real_powers=True).apart is not False:
            return False
    return True


def _outcome(values: Comparison) -> str:
    """What one point says: `agree` or `differ`, among reals or as complex values, or nothing."""
    if values.apart is None:
        return "none"
    if values.clean:
        return "differ" if values.apart else "agree"
    if not values.apart:
        return "agree as complex"
    return "mixed" if values.mixed else "differ as complex"


def _conclusion(found: "Counter[str]", needed: int) -> ProbeResult:
    """What all points say together, none of them having told two reals apart."""
    if found["agree"]:
        return "equal" if found["agree"] >= needed else "unknown"
    if found["differ as complex"]:
        return "different"
    if found["agree as complex"]:
        enough = found["agree as complex"] >= needed and not found["mixed"]
        return "equal" if enough else "unknown"
    # Real on one side and not on the other, wherever both have a value.
    return "different" if found["mixed"] >= needed else "unknown"


def holds_complex_part(node: Node) -> bool:
    """Whether real and imaginary parts matter in an expression."""
    parts = ("re", "im", "conj", "arg")
    return _holds(node, lambda part: part.kind == "func" and part.args[0] in parts)


def _is_arithmetic(node: Node) -> bool:
    """Whether a node's value hangs on divisibility: `gcd(n, 6)` is `gcd(n, 606)` at most n."""
    divides = node.kind == "func" and node.args[0] in ("gcd", "lcm", "mod")
    return divides and bool(free_symbols(node))


def _is_piecewise(node: Node) -> bool:
    """Whether a node may follow different rules in different regions: `sqrt(x^2)` does, too."""
    kind, args = node
    if kind == "func":
        return args[0] in ("floor", "ceil", "sign", "max", "min", "mod")
    if kind == "pow":
        exponent = exact(args[1])
        return exponent is not None and exponent.denominator != 1
    return kind in ("abs", "root")


def _is_stepped(node: Node) -> bool:
    return node.kind == "func" and node.args[0] in ("floor", "ceil", "mod")


def _points(a: Node, b: Node, names: list[str], random: Random) -> Iterator[Point]:
    """Real points: some of several sizes and signs, then some between the numbers written.

    Where a piecewise expression changes its rule, there mostly stands a number in it, so later
    points take the gaps between these numbers, and beyond them, in turn, and every fourth is an
    integer where there is a floor or ceiling: there they meet.
    """
    integers = integer_symbols(a) | integer_symbols(b)
    stepped = _holds(a, _is_stepped) or _holds(b, _is_stepped)
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
                # The first point is all positive: there most expressions are defined.
                value *= random.choice((1, -1)) if turn else 1
            else:
                gap = (turn + 7 * place) % (len(marks) - 1)
                value = marks[gap] + (marks[gap + 1] - marks[gap]) * share
                if stepped and turn % 4 == 0:
                    value = Fraction(round(value))
            point[name] = (value, Fraction(0))
        yield point


def _written(node: Node) -> frozenset[Fraction]:
    """Numbers in the expression, without the very large."""
    value = None if free_symbols(node) else exact(node)
    if value is not None:
        return frozenset({value}) if abs(value) <= LARGEST_MARK else frozenset()
    return frozenset[Fraction]().union(*map(_written, children(node)))


def integer_symbols(node: Node) -> frozenset[str]:
    """Symbols that stand for positive integers, by where they occur."""
    kind, args = node
    found = frozenset[str]().union(*map(integer_symbols, children(node)))
    if kind in ("fact", "fact2"):
        return found | free_symbols(args[0])
    if kind == "func" and args[0] in ("binom", "gcd", "lcm", "mod"):
        return found.union(*map(free_symbols, args[1:]))
    if kind in ("sum", "prod"):
        return found | free_symbols(args[2]) | free_symbols(args[3])
    if kind == "pow":
        base = exact(args[0])
        if base is not None and base < 0:
            return found | free_symbols(args[1])
    return found


def _confirmed_as_complex(
    a: Node, b: Node, names: list[str], random: Random, budget: Budget, real_powers: bool
) -> ProbeResult:
    """`equal` if two expressions that agree at real points do so at complex ones, too."""
    found: Counter[str] = Counter()
    for _ in range(POINTS):
        point = {name: (_signed(random), _signed(random)) for name in names}
        values = compare_values(a, b, point, budget, real_powers=real_powers)
        found["none" if values.apart is None else "differ" if values.apart else "agree"] += 1
    return "equal" if found["agree"] >= AGREEMENTS and not found["differ"] else "unknown"


def _signed(random: Random) -> Fraction:
    """A number between -2 and 2."""
    return Fraction(random.randrange(-(1 << 24), 1 << 24), 1 << 23)
