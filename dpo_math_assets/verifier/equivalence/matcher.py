"""Two trees compared: statements, sets, lists, tuples and matrices item by item, down to scalars.

Every comparison gives an `Outcome`: equal, different, or unknown. Containers are equal if all their
items are, and different as soon as one is.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from dpo_math_assets.verifier.algebra.approximation import approximate
from dpo_math_assets.verifier.algebra.canonical import canonical
from dpo_math_assets.verifier.algebra.equations import (
    EQUATIONS,
    assigned,
    below_zero,
    called,
    difference,
    is_equation,
    is_name,
    is_polynomial,
    is_quantity,
    known_as,
    labelled_items,
    measured,
    names_of,
    operands,
    operators,
    without_arrows,
    without_labels,
)
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.intervals import (
    Piece,
    integer_ranges,
    pieces_of,
    says_integers,
)
from dpo_math_assets.verifier.algebra.matrices import determinant, matrix_value
from dpo_math_assets.verifier.algebra.predicates import holds, undefined
from dpo_math_assets.verifier.algebra.signs import one_or_list, sign_choices
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.commutativity import order_may_count, same_capitals
from dpo_math_assets.verifier.equivalence.comparison import (
    AMBIGUOUS,
    DIFFERENT,
    EQUAL_EXACT,
    EQUAL_STRUCTURE,
    EQUAL_TEXT,
    UNKNOWN,
    UNPARSABLE_ANSWER,
    UNPARSABLE_GOLD,
    Outcome,
    Pool,
)
from dpo_math_assets.verifier.equivalence.constants import (
    apart,
    free_constants,
    is_line,
    renamed_constants,
)
from dpo_math_assets.verifier.equivalence.contextual_readings import read_beside
from dpo_math_assets.verifier.equivalence.interpretations import (
    bare_digits,
    choice_letter,
    clock,
    compound_unit,
    congruent,
    coprime_letters,
    digits_in_base,
    thousands,
    unit_letters,
    unit_vector,
    with_unit,
)
from dpo_math_assets.verifier.equivalence.piecewise import common_values, same_conditions
from dpo_math_assets.verifier.equivalence.progressions import is_straight, same_values, written_out
from dpo_math_assets.verifier.equivalence.scalars import Scalars
from dpo_math_assets.verifier.lexicon.vocabulary import NOUNS, ORDINALS
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import (
    PARAMETER,
    SCALAR_KINDS,
    Node,
    Relation,
    children,
    contents,
    free_symbols,
    make,
    num,
)
from dpo_math_assets.verifier.syntax.units import is_unit_of, unit_factor
from dpo_math_assets.verifier.verdict import METHODS

__all__ = ["Matcher"]

# Letters that stand for integers by custom, without a word about it.
INTEGER_LETTERS = frozenset("jklmnpqst")
# Letters that stand for variables by custom.
VARIABLES = frozenset("xyztn")
# Letters that count, and the one that hardly does anything else.
_COUNTS = frozenset("nkm")
_WHOLE = frozenset("n")
# Items of a list that are matched in any order.
MAX_UNORDERED = 64

_SETS = frozenset(
    (
        "interval",
        "union",
        "inter",
        "setminus",
        "setbuilder",
        "domain",
        "set",
        "tuple",
        "rel",
        "chain",
    )
)
_NUMBERS = frozenset(("num", "dec"))
# What an expression may hold that is to be settled before its value is asked for.
_TO_SETTLE = frozenset(("pm", "mp", "tuple", "list", "interval", "matrix"))
_DIVISORS = frozenset(("gcd()", "lcm()"))
_PARAMETER = re.compile(rf"{PARAMETER}\d+")
_DERIVATIVE = re.compile(r"d(.)/d.")
# A month has no fixed number of days, an ounce may be a fluid one, a pound may be money.
# The sign of the yen is the yuan's too.
_NO_FIXED_FACTOR = (
    *({"month^1", "s^1"}, {"g^1", "m^3"}, {"g^1", "sterling^1"}),
    {"yen^1", "yuan^1"},
)
# An angle is a number in one book and not in another: `rad/s` and revolutions a second.
_ANGLE = re.compile(r"\brad\^-?\d ?")
_MONEY_IN_POUNDS = {"pound", "GBP"}
# Scale -> what a degree is in kelvin, and where zero lies.
_TEMPERATURES = {
    "degree C": (Fraction(1), Fraction(27315, 100)),
    "degree F": (Fraction(5, 9), Fraction(45967, 180)),
    "K": (Fraction(1), Fraction(0)),
}
# Sizes that differ from place to place, or have other names here.
_LOOSE_UNITS = frozenset(("ton", "cup", "spoon", "teaspoon", "tablespoon"))
# Units that are no round multiple of others, and bytes: a kilobyte is a thousand, or 1024.
_NEVER_ROUND = ("eV", "electronvolt", "atm", "atmosphere", "B", "byte")
_CONTRADICTION = make("text", ("contradiction",))


class Matcher:
    """Compares trees under one set of conventions. The first argument is the candidate's."""

    def __init__(self, conventions: Conventions, pool: Pool | None, probing: bool = True) -> None:
        self.conventions = conventions
        self.scalars = Scalars(conventions, pool, probing)

    def answers(self, a: Node, b: Node) -> Outcome:
        """Two whole answers: the conventions for bare forms apply only here."""
        if a.kind in _NUMBERS and b.kind in _NUMBERS:  # the commonest, with one reading only
            return self.match(a, b)
        if _identical(a, b):
            return EQUAL_TEXT if a.kind == "text" else EQUAL_STRUCTURE
        divisors = not is_equation(a) and not _DIVISORS.isdisjoint(contents(a))
        if divisors and _DIVISORS.isdisjoint(contents(b)):
            a = coprime_letters(a)
        stated = isinstance(a, Relation) and is_equation(a) and measured(a)
        if stated and b.kind not in EQUATIONS:
            a = stated
        a, b = _only_item(a, b), _only_item(b, a)
        subjects = _subject(a), _subject(b)
        same = self.match(a, b)
        if None not in subjects and subjects[0] != subjects[1]:
            return UNKNOWN if same.state == "equal" else same
        if same.state == "equal":
            return same
        if not (
            free_symbols(a) or free_symbols(b) or holds(a, "call") or holds(b, "call")
        ):  # what follows is about letters
            other = same.state == "different" and self.same_in_another_reading(a, b)
            return UNKNOWN if other else same
        if (through := same_values(a, b)) is not None:
            return EQUAL_STRUCTURE if through else DIFFERENT
        if (whole := self.match_integers(a, b)) is not None:
            return whole
        if same.state == "different" and (family := self.same_family(a, b)):
            return family
        beside = read_beside(a, b), read_beside(b, a)
        if beside != (a, b):
            return self.match(*beside)
        renamed = _same_parameters(_printed_constants(a, b), _printed_constants(b, a))
        if renamed != (a, b):
            a, b = renamed
            if (through := same_values(a, b)) is not None:
                return EQUAL_STRUCTURE if through else DIFFERENT
            same = self.match(a, b)
        if same.state == "different" and (
            _may_be_defined(a, b)
            or _may_be_defined(b, a)
            or self.same_but_constant(a, b)
            or self.same_in_another_reading(a, b)
        ):
            return UNKNOWN
        return same

    def same_family(self, a: Node, b: Node) -> Outcome | None:
        """Primitives and solutions whose free constants take up what they differ by; or None."""
        given = [assigned(node) if is_equation(node) else None for node in (a, b)]
        if given[0] and given[1] and given[0][0] != given[1][0]:
            return None
        x, y = _value(a), _value(b)
        if (pair := apart(x, y)) and (same := self.scalars.compare(*pair)).state != "different":
            return UNKNOWN if same.state == "equal" and is_line(y) else same
        for named in free_constants(x, y):
            if self.match(*(apart(*named) or named)).state == "equal":
                return UNKNOWN if is_line(y) else EQUAL_STRUCTURE
        return None

    def same_in_another_reading(self, a: Node, b: Node) -> bool:
        """Whether both are equal in a reading that is possible but not this project's.

        Parameters that run through other integers than the gold's, a logarithm without a base
        that is meant as the natural one, a letter before brackets that is a factor, and capitals in
        which computer algebra prints e and i.
        """
        changes: list[Callable[[Node], Node | None]] = []
        letters, inside = free_symbols(a) | free_symbols(b), contents(a) | contents(b)
        if any(name.startswith(PARAMETER) for name in letters):
            changes.append(_any_integer)
        if "log()" in inside:
            changes.append(_natural_logarithm)
        if "call" in inside:
            changes.append(_as_factor)
        if ("E" in letters or "I" in letters) and {a.kind, b.kind} <= _COMPOSED:
            changes.append(_as_constant)
        for change in changes:
            changed = tree.replace(a, change), tree.replace(b, change)
            if changed == (a, b):
                continue
            if self.match(*changed).state == "equal" or self.same_family(*changed):
                return True
        return False

    def same_but_constant(self, a: Node, b: Node) -> bool:
        """Whether only the letters of constants differ, as in the primitives x + C, x + K.

        Then nobody can tell whether the letter means something.
        """
        x, y = _value(a), _value(b)
        return any(self.match(other, y).state == "equal" for other in renamed_constants(x, y))

    def match(self, a: Node, b: Node) -> Outcome:
        if a.kind in _NUMBERS and b.kind in _NUMBERS:
            return self.scalars.compare(a, b)
        if _identical(a, b):
            return EQUAL_TEXT if a.kind == "text" else EQUAL_STRUCTURE
        if {a.kind, b.kind} <= SCALAR_KINDS and _TO_SETTLE.isdisjoint(contents(a) | contents(b)):
            return self.match_scalars(a, b)
        if "text" in (a.kind, b.kind):
            return _match_text(a, b)
        if "choice" in (a.kind, b.kind):
            return self.match_choice(a, b)
        if "noted" in (a.kind, b.kind):
            return self.match_noted(a, b)
        if "unit" in (a.kind, b.kind) and (same := _same_time(a, b)):
            return same
        first, second = sign_choices(a), sign_choices(b)
        if first is None or second is None:
            return UNKNOWN
        if first != [a] or second != [b]:
            return self.match(one_or_list(first), one_or_list(second))
        if _of_different_names(a, b):
            return UNKNOWN
        a, b = _settled(a, self), _settled(b, self)
        if _CONTRADICTION in (a, b):
            return AMBIGUOUS
        if a.kind in EQUATIONS or b.kind in EQUATIONS:
            return self.match_relations(a, b)
        return self.match_values(a, b)

    def match_noted(self, a: Node, b: Node) -> Outcome:
        """Values of which one or both hold under a condition; two conditions must be the same."""
        same = self.match(*(node.args[0] if node.kind == "noted" else node for node in (a, b)))
        conditions = [node.args[1] for node in (a, b) if node.kind == "noted"]
        narrows = any(name.startswith(PARAMETER) for node in (a, b) for name in free_symbols(node))
        conflict = len(set(conditions)) > 1 or (len(conditions) == 1 and narrows)
        return UNKNOWN if conflict and same.state == "equal" else same

    # relations and assignments

    def match_relations(self, a: Node, b: Node) -> Outcome:
        if a.kind in ("list", "set") or b.kind in ("list", "set"):
            return self.match_lists(a, b)
        if "setbuilder" in (a.kind, b.kind):
            a, b = _condition_of_points(a), _condition_of_points(b)
        if is_equation(a) and is_equation(b):
            return self.match_equations(a, b)
        if is_equation(a) or is_equation(b):
            equation, value = (a, b) if is_equation(a) else (b, a)
            if value.kind in ("rel", "chain"):
                return DIFFERENT
            if not self.conventions.assignment_matches_value:
                return DIFFERENT
            given = assigned(equation)
            if given is not None:
                same = self.match(given[1], b) if equation is a else self.match(a, given[1])
                if same.state == "different" and equation is b and free_symbols(a):
                    solved = self.solves(b, a)  # `y + 1 = x` gives y, too
                    same = solved if solved.state == "equal" else same
                # a residue is its number, but `x = 3` is one solution of many
                return UNKNOWN if value.kind == "mod" and same.state == "equal" else same
            assert isinstance(equation, Relation)
            number = measured(equation) if value.kind in SCALAR_KINDS else None
            if number and not free_symbols(value) and self.match(number, value).state == "equal":
                return UNKNOWN  # the number may be what was asked for
            # an answer may give what a gold equation says of y; an answer must not leave y unsolved
            return self.solves(b, a) if equation is b else UNKNOWN
        if "mod" in (a.kind, b.kind):
            if a.kind == b.kind:
                return self.match_congruences(a, b)
            return self.match(
                *(congruent(node.args[0]) if node.kind == "mod" else node for node in (a, b))
            )
        if "ratio" in (a.kind, b.kind):
            if "unit" in (a.kind, b.kind):  # 2:30 against 2:30 p.m.
                if any(node.kind == "unit" and unit_factor(node.args[1]) for node in (a, b)):
                    return UNKNOWN  # hours and minutes, or minutes and seconds
                a, b = (node.args[0] if node.kind == "unit" else node for node in (a, b))
            return self.match_ratios(a, b)
        return self.match_inequalities(a, b)

    def match_equations(self, a: Node, b: Node) -> Outcome:
        left, right = assigned(a), assigned(b)
        if left is not None and right is not None:
            same_name = left[0] == right[0] or known_as(left[0]) == known_as(right[0])
            if same_name or _same_derivative(left[0], right[0]):
                return self.match(left[1], right[1])
            if without_arrows(left[0]) == without_arrows(right[0]):
                same = self.match(left[1], right[1])
                return same if same.state == "different" else UNKNOWN
            if {left[0].kind, right[0].kind} == {"sym", "call"}:  # y = 2x against f(x) = 2x
                same = self.match(left[1], right[1])
                if left[0].args[0] == right[0].args[0]:  # f = 0
                    return same
                return same if same.state == "different" else UNKNOWN
            one, other = called(*left), called(*right)
            if one and other and one[0] == other[0]:
                return self.match_functions(one[1], left[1], other[1], right[1])
        sides = [side for node in (a, b) for side in node.args[1:]]
        if any(side.kind not in SCALAR_KINDS for side in sides):
            same = self.every([(a.args[1], b.args[1]), (a.args[2], b.args[2])])
            return same if same.state == "equal" else UNKNOWN
        differences = [difference(node) for node in (a, b) if isinstance(node, Relation)]
        if any(not free_symbols(canonical(zero)) for zero in differences):
            return UNKNOWN  # a statement that is always or never true
        return self.proportional(differences[0], differences[1], positive=False)

    def match_functions(self, old: Node, a: Node, new: Node, b: Node) -> Outcome:
        """`f(x) = a` against `f(t) = b`: the variable may have any name that a has no use for.

        Where it is in neither value, it may be no variable: P(A) = 1/2 is not P(B) = 1/2, but
        f(x) = 5 is f(n) = 5.
        """
        used, other = free_symbols(a), free_symbols(b)
        bound = {*old.args, *new.args} & (used | other | VARIABLES)
        if old != new and not bound:
            same = self.match(a, b)
            return UNKNOWN if same.state == "equal" else same
        if old != new and (new.args[0] in used or old.args[0] in other):
            return DIFFERENT
        return self.match(tree.substituted(a, old, new), b)

    def proportional(self, a: Node, b: Node, positive: bool) -> Outcome:
        """Whether a = c*b for a constant c != 0 (c > 0 where `positive`)."""
        names = free_symbols(a)
        if names != free_symbols(b):
            return DIFFERENT if not self.vanishing(a, b) else UNKNOWN
        for seed in range(3):
            point = {
                name: Fraction(7 * k + 3 + 5 * seed, 11)
                for k, name in enumerate(sorted(names), start=1)
            }
            x, y = exact(a, point), exact(b, point)
            if x is None or y is None:
                outcome = self.scalars.compare(a, b)
                if outcome.state != "equal" and not positive:
                    outcome = self.same_ratio(a, b, point)
                # `\\ln y = x` and `y = e^x` say the same and are no multiples of each other
                known = is_polynomial(a) and is_polynomial(b)
                return UNKNOWN if outcome.state == "different" and not known else outcome
            if x == 0 and y == 0:
                continue
            if x == 0 or y == 0 or (positive and x * y < 0):
                return DIFFERENT
            return self.scalars.compare(a, canonical(tree.mul(tree.rational(x / y), b)))
        return UNKNOWN

    def same_ratio(self, a: Node, b: Node, point: dict[str, Fraction]) -> Outcome:
        """Whether a is to b everywhere as it is at a point where neither is zero."""

        def there(inner: Node) -> Node | None:
            return tree.rational(point[inner.args[0]]) if inner.kind == "sym" else None

        x, y = tree.replace(a, there), tree.replace(b, there)
        if any(self.scalars.compare(value, num(0)).state != "different" for value in (x, y)):
            return UNKNOWN
        return self.scalars.compare(tree.mul(a, y), tree.mul(b, x))

    def vanishing(self, a: Node, b: Node) -> bool:
        """Whether symbols of one side only might cancel; then nothing is known here."""
        return free_symbols(canonical(a)) == free_symbols(canonical(b))

    def solves(self, equation: Node, value: Node) -> Outcome:
        """`y + 1 = x` against x - 1: equal if the equation is linear in the one symbol it gives."""
        if value.kind not in SCALAR_KINDS:
            return DIFFERENT
        assert isinstance(equation, Relation)
        zero = difference(equation)
        if zero.kind not in SCALAR_KINDS:
            return UNKNOWN
        unknown = free_symbols(zero) - free_symbols(value)
        if len(unknown) != 1:
            return DIFFERENT
        symbol = make("sym", tuple(unknown))

        def at(x: Node) -> Node:
            return tree.substituted(zero, symbol, x)

        bend = tree.add(at(num(0)), tree.mul(num(-2), at(num(1))), at(num(2)))
        slope = tree.add(at(num(1)), tree.neg(at(num(0))))
        if self.scalars.compare(bend, num(0)).state != "equal":
            return DIFFERENT if exact(bend) is not None else UNKNOWN
        if not is_straight(zero, symbol.args[0]):  # three points of `|x| = 5` lie on a line
            return UNKNOWN
        if self.scalars.compare(slope, num(0)).state != "different":
            return UNKNOWN
        return self.scalars.compare(at(value), num(0))

    def match_congruences(self, a: Node, b: Node) -> Outcome:
        """Residues of one modulus, equal up to its multiples."""
        modulus, residues = exact(b.args[1]), [congruent(node.args[0]) for node in (a, b)]
        bare = residues != [a.args[0], b.args[0]]
        named = residues[0] != a.args[0] and residues[1] != b.args[0]
        if named and a.args[0].args[1] != b.args[0].args[1]:
            return UNKNOWN
        sides = residues if bare else [a.args[0], b.args[0]]
        values = [exact(side) if side.kind in SCALAR_KINDS else None for side in sides]
        if modulus is None or exact(a.args[1]) != modulus or None in values:
            return self.every([(sides[0], sides[1]), (a.args[1], b.args[1])])
        x, y = [value for value in values if value is not None]
        return EQUAL_EXACT if modulus and (x - y) % modulus == 0 else DIFFERENT

    def match_ratios(self, a: Node, b: Node) -> Outcome:
        if a.kind == b.kind == "ratio":
            if len(a.args) != len(b.args):
                return DIFFERENT
            if any(exact(part) == 0 for part in (*a.args, *b.args)):
                return self.every(list(zip(a.args, b.args, strict=True)))
            same = self.every(
                [
                    (tree.mul(a.args[k], b.args[0]), tree.mul(b.args[k], a.args[0]))
                    for k in range(1, len(a.args))
                ]
            )
            times = a != b and _looks_like_time(a) and _looks_like_time(b)
            return UNKNOWN if times and same.state == "equal" else same
        ratio, other = (a, b) if a.kind == "ratio" else (b, a)
        if len(ratio.args) != 2 or other.kind not in SCALAR_KINDS:
            return DIFFERENT
        quotient = tree.divide(ratio.args[0], ratio.args[1])
        return self.match(quotient, b) if ratio is a else self.match(a, quotient)

    def match_inequalities(self, a: Node, b: Node) -> Outcome:
        a, b = _ascending(a), _ascending(b)
        if a.kind == b.kind and operators(a) == operators(b):
            same = self.every(list(zip(operands(a), operands(b), strict=True)))
            if same.state == "equal":
                return same
        both = a.kind in EQUATIONS and b.kind in EQUATIONS
        if not both and not self.conventions.interval_matches_inequality:
            return DIFFERENT
        if both:
            names = [free_symbols(node) for node in (a, b)]
            if names[0] != names[1]:
                return DIFFERENT
        outcome = self.match_pieces(a, b) if not both or len(names[0]) == 1 else None
        if outcome is not None:
            return outcome
        if isinstance(a, Relation) and isinstance(b, Relation):
            normal = [below_zero(node) for node in (a, b)]
            if normal[0] is None or normal[1] is None:
                return UNKNOWN
            if normal[0][0] != normal[1][0]:
                return DIFFERENT
            positive = normal[0][0] != "!="
            return self.proportional(normal[0][1], normal[1][1], positive)
        return UNKNOWN if both else DIFFERENT

    def match_integers(self, a: Node, b: Node) -> Outcome | None:
        """Sets of which one is of integers, as `n > 2` may be, too; None where none is."""
        names = free_symbols(a), free_symbols(b)
        said = says_integers(a), says_integers(b)
        if not (any(said) or names[0] == names[1] == _WHOLE):
            return None
        ranges = integer_ranges(a), integer_ranges(b)
        if None in ranges or ranges[0] != ranges[1]:
            return None
        if not any(said):
            return UNKNOWN
        counts = [
            known or (name and name <= _COUNTS) for known, name in zip(said, names, strict=True)
        ]
        return EQUAL_STRUCTURE if all(counts) else None

    def match_pieces(self, a: Node, b: Node) -> Outcome | None:
        first, second = pieces_of(a), pieces_of(b)
        if first is None or second is None:
            return None
        if len(first) != len(second):
            return DIFFERENT
        pairs: list[tuple[Node, Node]] = []
        for x, y in zip(first, second, strict=True):
            if x[2:] != y[2:]:
                return DIFFERENT
            pairs += _ends(x, y)
        return self.every(pairs)

    def match_scalars(self, a: Node, b: Node) -> Outcome:
        for value, other in ((thousands(a), b), (thousands(b), a)):
            if value and exact(other) is not None and exact(other) == exact(value):
                return AMBIGUOUS
        for value, other in ((unit_letters(a), b), (unit_letters(b), a)):
            if value and not free_symbols(other):
                same = self.scalars.compare(value.args[0], other)
                return AMBIGUOUS if same.state == "equal" else DIFFERENT
        same = self.scalars.compare(a, b)
        if same.state == "different" and same_capitals(a, b):
            return UNKNOWN
        settled = same.state != "equal" or same.method == "exact" or a == b
        return same if settled or not order_may_count(a, b) else UNKNOWN

    # lists, sets, tuples, matrices

    def match_cases(self, a: Node, b: Node) -> Outcome:
        """Functions given by cases, piece by piece; where these are not known, case by case."""
        if a.kind in SCALAR_KINDS | {"cases"} and b.kind in SCALAR_KINDS | {"cases"}:
            pairs = common_values(a, b)
            if pairs is None and a.kind == b.kind:
                pairs = same_conditions(a, b)
            if pairs is None:
                number = not (free_symbols(a) and free_symbols(b))
                return DIFFERENT if number and a.kind != b.kind else UNKNOWN
            return self.every(pairs)
        return DIFFERENT if {a.kind, b.kind} & {"tuple", "interval", "matrix"} else UNKNOWN

    def match_values(self, a: Node, b: Node) -> Outcome:
        a, b = _named_pair(a, b), _named_pair(b, a)
        if a.kind in SCALAR_KINDS and b.kind in SCALAR_KINDS:
            return self.match_scalars(a, b)
        if "percent" in (a.kind, b.kind):
            return self.match_percent(a, b)
        if "unit" in (a.kind, b.kind):
            return self.match_units(a, b)
        if "basen" in (a.kind, b.kind):
            return self.match_bases(a, b)
        a, b = _descending_pair(a, b), _descending_pair(b, a)
        if _row_beside(b, a) != b:
            return AMBIGUOUS  # the gold may be an interval, and its ends are no answer
        a = _row_beside(a, b)
        if a.kind in ("list", "set") or b.kind in ("list", "set"):
            return self.match_lists(a, b)
        if "cases" in (a.kind, b.kind):
            return self.match_cases(a, b)
        a, b = _components_beside(a, b), _components_beside(b, a)
        a, b = _identity_beside(a, b), _identity_beside(b, a)
        if {a.kind, b.kind} == {"tuple", "matrix"}:
            a, b = _rows_in_brackets(a), _rows_in_brackets(b)
        rows = [_as_rows(node) for node in (a, b)]
        if rows[0] is not None and rows[1] is not None:
            return self.match_matrices(a, b, rows[0], rows[1])
        if a.kind in _SETS and b.kind in _SETS:
            outcome = self.match_pieces(a, b)
            if outcome is not None:
                return outcome
        if a.kind == b.kind and a.kind in ("union", "inter"):
            return self.unordered(list(a.args), list(b.args), once=True)
        if a.kind == b.kind and a.kind in ("setminus", "setbuilder", "rel"):
            first, second = children(a), children(b)
            if len(first) == len(second):
                same = self.every(list(zip(first, second, strict=True)))
                if same.state == "equal":
                    return same
            return UNKNOWN
        if a.kind in SCALAR_KINDS or b.kind in SCALAR_KINDS:
            other = b if a.kind in SCALAR_KINDS else a
            scalar = a if other is b else b
            powers = holds(scalar, "matrix") or (holds(other, "matrix") and other.kind == "mul")
            return UNKNOWN if powers else DIFFERENT
        if a.kind == "domain" and b.kind == "domain":
            # whether N holds 0, and what N^* and Z_0 are, differs from place to place
            counting = all(name[0] == "N" or name[:2] == "Z+" for (name,) in (a.args, b.args))
            return UNKNOWN if counting else DIFFERENT
        simple = {"tuple", "interval", "matrix"}
        return DIFFERENT if a.kind in simple and b.kind in simple else UNKNOWN

    def match_lists(self, a: Node, b: Node) -> Outcome:
        """Lists and sets with each other, with tuples, and with a single value."""
        a, b = labelled_items(a), labelled_items(b)
        if holds(a, "dots", shallow=True) or holds(b, "dots", shallow=True):
            a, b = written_out(a), written_out(b)
            if holds(a, "dots", shallow=True) or holds(b, "dots", shallow=True):
                return UNKNOWN
        listed = ("list", "set", "tuple", "matrix")
        if a.kind not in listed or b.kind not in listed:
            group, other = (a, b) if a.kind in ("list", "set") else (b, a)
            chosen = tree.letters(other) if other.kind in ("sym", "mul") else None
            if chosen and sorted(chosen) == sorted(choice_letter(x) or "-" for x in group.args):
                return EQUAL_STRUCTURE  # several choices: `A, C` and `AC`
            if other.kind == "union" and all(map(is_equation, group.args + other.args)):
                lines = not names_of(list(group.args))  # `x = 1 or x = 2y`, and no two letters
                return self.unordered(list(a.args), list(b.args), once=False) if lines else UNKNOWN
            if len(group.args) == 1 and group.kind == "list":
                return self.match(*(group.args[0] if node is group else node for node in (a, b)))
            if other.kind in _SETS and group.kind == "set":
                outcome = self.match_pieces(a, b)
                return UNKNOWN if outcome is None else outcome
            given = assigned(other) if is_equation(other) else None
            if given is not None:
                return self.match(*(given[1] if node is other else node for node in (a, b)))
            if _may_be_mixed_number(group) and exact(tree.add(*group.args)) == exact(other):
                return AMBIGUOUS
            return UNKNOWN if other.kind in EQUATIONS or other.kind in _SETS else DIFFERENT
        first, second = (_items(node) for node in (a, b))
        if first is None or second is None:
            return UNKNOWN
        if len(first) != len(second) and "set" not in (a.kind, b.kind):
            return DIFFERENT
        names = [names_of(items) for items in (first, second)]
        once = "set" in (a.kind, b.kind)
        if names[0] and names[1]:
            places = {name: place for place, name in enumerate(names[1])}
            if len(places) == len(second) == len(first) and places.keys() == set(names[0]):
                return self.in_order(first, [second[places[name]] for name in names[0]])
            return self.unordered(first, second, once)
        if bool(names[0]) != bool(names[1]) and all(map(is_equation, first + second)):
            return self.unordered(first, second, once)  # `y = \\pm 2x` beside `2x \\pm y = 0`
        if names[0] or names[1]:
            # labelled values against bare ones: in order, unless all carry one label
            labels = names[0] or names[1] or []
            values = [without_labels(items) for items in (first, second)]
            free = {a.kind, b.kind} <= {"list", "set"} and _numbered(labels)
            if len(set(labels)) > 1 and not free:
                outcome = self.in_order(values[0], values[1])
                if labels[0].kind == "text" and outcome.state == "different":
                    # words have no order of their own, as x and y have
                    free = self.unordered(values[0], values[1], once).state == "equal"
                    return UNKNOWN if free else outcome
                return outcome
            same = self.unordered(values[0], values[1], once)
            points = len(labels) > 1 and "tuple" in (a.kind, b.kind) and not free
            return UNKNOWN if points and same.state == "equal" else same  # `x = 1 or x = 2`
        if {a.kind, b.kind} in ({"set", "tuple"}, {"set", "matrix"}):
            return DIFFERENT
        ordered = {"tuple", "matrix"} & {a.kind, b.kind}
        if ordered or (a.kind == b.kind == "list" and self.conventions.bare_list_ordered):
            return self.in_order(first, second)
        return self.unordered(first, second, once)

    def match_matrices(
        self, a: Node, b: Node, rows: list[tuple[Node, ...]], others: list[tuple[Node, ...]]
    ) -> Outcome:
        if holds(a, "dots") or holds(b, "dots"):
            return UNKNOWN
        if a.kind == b.kind == "matrix":
            shapes = [(len(found), len(found[0])) for found in (rows, others)]
            if shapes[0] != shapes[1]:
                return DIFFERENT
        flat = [[cell for row in found for cell in row] for found in (rows, others)]
        vectors = all(min(len(found), len(found[0])) == 1 for found in (rows, others))
        if len(flat[0]) != len(flat[1]) or not (vectors or a.kind == b.kind):
            return DIFFERENT
        return self.in_order(flat[0], flat[1])

    def match_percent(self, a: Node, b: Node) -> Outcome:
        if a.kind == b.kind:
            return self.match(a.args[0], b.args[0])
        percent, other = (a, b) if a.kind == "percent" else (b, a)
        if other.kind == "unit":
            if unit_factor(other.args[1]) or other.args[1] == "degree":
                return DIFFERENT
            return self.match(*(node.args[0] if node.kind == "unit" else node for node in (a, b)))
        said = percent.args[0]
        pairs = [(tree.plain(percent), other)]
        if said.kind == "dec" and other.kind in SCALAR_KINDS:  # 33.33% rounds a third
            pairs.append((said, tree.mul(num(100), other)))
        value = exact(said) if said.kind in SCALAR_KINDS else None
        if self.conventions.percent_matches_number and (value is None or abs(value) >= 1):
            pairs.append((said, other))
        return self.any_of([pair if percent is a else pair[::-1] for pair in pairs])

    def match_units(self, a: Node, b: Node) -> Outcome:
        a, b = with_unit(a), with_unit(b)
        if a.kind == b.kind:
            if a.args[1] == b.args[1]:
                return self.match(a.args[0], b.args[0])
            factors = [unit_factor(node.args[1]) for node in (a, b)]
            names = {a.args[1], b.args[1]}
            if names == _MONEY_IN_POUNDS:
                return self.match(a.args[0], b.args[0])
            if names <= _TEMPERATURES.keys():  # two temperatures, or two differences of them
                same = self.any_of([(a.args[0], b.args[0]), (_kelvin(a), _kelvin(b))])
                return UNKNOWN if same.state == "equal" else same
            if "degree" in names and names & {"rad", "radian"}:
                return self.match(*(tree.plain(node) for node in (a, b)))
            if factors[0] and factors[1]:
                if factors[0][0] != factors[1][0]:
                    dimensions = {factors[0][0], factors[1][0]}
                    sizes = {_ANGLE.sub("", dimension) for dimension in dimensions}
                    of_euro = "cent" in names and "euro^1" in dimensions
                    undecided = of_euro or len(sizes) == 1 or dimensions in _NO_FIXED_FACTOR
                    return UNKNOWN if undecided else DIFFERENT
                scaled = [
                    tree.mul(tree.rational(factor[1]), node.args[0])
                    for factor, node in zip(factors, (a, b), strict=True)
                    if factor
                ]
                same = self.match(scaled[0], scaled[1])
                loose = not _LOOSE_UNITS.isdisjoint(names) or any(
                    name.endswith(_NEVER_ROUND) for name in names
                )
                return UNKNOWN if loose and same.state == "different" else same
            same = self.match(a.args[0], b.args[0])
            if same.state != "equal":
                return UNKNOWN if not _LOOSE_UNITS.isdisjoint(names) else same
            words = [set(node.args[1].split()) for node in (a, b)]
            if "/" in words[0] ^ words[1]:
                return UNKNOWN
            return same if words[0] <= words[1] or words[1] <= words[0] else UNKNOWN
        measured, other = (a, b) if a.kind == "unit" else (b, a)
        value, name = measured.args
        if name in ("K", "M") and value.kind in _NUMBERS:  # kelvin, or thousands
            thousand = thousands(make("mul", (value, make("sym", (name,)))))
            if thousand and exact(other) == exact(thousand):
                return AMBIGUOUS
        if value.kind == "ratio" and name in ("am", "pm") and other.kind != "ratio":
            return DIFFERENT
        if name == "degree" and _in_radians(other):
            if value.kind == "dec":  # 36.87 degrees round an arctangent, and not so their radians
                angle = tree.mul(num(180), tree.divide(other, tree.PI))
                return self.match(value, angle) if measured is a else self.match(angle, value)
            value = tree.plain(measured)
        elif not self.conventions.units_optional:
            return DIFFERENT
        same = self.match(value, b) if measured is a else self.match(a, value)
        if same.state == "different" and _right_in_another_unit(value, name, other):
            return AMBIGUOUS
        return same

    def match_bases(self, a: Node, b: Node) -> Outcome:
        if a.kind == b.kind:
            return EQUAL_EXACT if a.args[0] == b.args[0] else DIFFERENT
        based, other = (a, b) if a.kind == "basen" else (b, a)
        if other.kind not in SCALAR_KINDS:
            return UNKNOWN
        if exact(other) == based.args[0]:
            return EQUAL_EXACT
        # the base is often left away where the question has named it
        return EQUAL_EXACT if bare_digits(other) == digits_in_base(*based.args) else DIFFERENT

    def match_choice(self, a: Node, b: Node) -> Outcome:
        letters = [choice_letter(node) for node in (a, b)]
        if letters[0] and letters[1]:
            if letters[0] != letters[1]:
                return DIFFERENT
            rests = [node.args[1] if node.kind == "choice" else None for node in (a, b)]
            if rests[0] is None or rests[1] is None:
                return EQUAL_EXACT
            same = self.match(rests[0], rests[1])
            return AMBIGUOUS if same.state == "different" else same
        if not self.conventions.choice_matches_value:
            return DIFFERENT
        rests = [node.args[1] if node.kind == "choice" else node for node in (a, b)]
        if rests[0] is None or rests[1] is None:
            return DIFFERENT
        return self.match(rests[0], rests[1])

    # joining outcomes

    def every(self, pairs: list[tuple[Node, Node]]) -> Outcome:
        """Equal if every pair is; different as soon as one is."""
        method, unknown = EQUAL_STRUCTURE.method, None
        for x, y in pairs:
            outcome = self.match(x, y)
            if outcome.state == "different":
                return DIFFERENT
            if outcome.state == "unknown":
                unknown = unknown or outcome
            elif METHODS.index(outcome.method) > METHODS.index(method):
                method = outcome.method
        return unknown or Outcome("equal", method)

    def any_of(self, pairs: list[tuple[Node, Node]]) -> Outcome:
        """Equal if one pair is; different only if all are."""
        unknown = None
        for x, y in pairs:
            outcome = self.match(x, y)
            if outcome.state == "equal":
                return outcome
            if outcome.state == "unknown":
                unknown = outcome
        return unknown or DIFFERENT

    def in_order(self, first: list[Node], second: list[Node]) -> Outcome:
        if len(first) != len(second):
            return DIFFERENT
        return self.every(list(zip(first, second, strict=True)))

    def unordered(self, first: list[Node], second: list[Node], once: bool) -> Outcome:
        """Equal in any order: each item has its equal on the other side.

        Repeated items count `once`, as in sets, or each time, as in lists.
        """
        if len(first) > MAX_UNORDERED or len(second) > MAX_UNORDERED:
            return self.in_order(first, second) if first == second else UNKNOWN
        method, unknown = EQUAL_STRUCTURE.method, None
        rest = list(second)
        for item in first:
            found = None
            doubt = None
            for other in rest:
                outcome = self.match(item, other)
                if outcome.state == "equal":
                    found = other
                    if METHODS.index(outcome.method) > METHODS.index(method):
                        method = outcome.method
                    break
                if outcome.state == "unknown":
                    doubt = outcome
            if found is not None:
                rest.remove(found)
            elif doubt is None:
                if not once or self.any_of([(item, other) for other in second]).state != "equal":
                    return DIFFERENT
            else:
                unknown = doubt
        if rest and unknown is None and not once:
            return DIFFERENT
        for item in rest:
            outcome = self.any_of([(other, item) for other in first])
            if outcome.state == "different":
                return DIFFERENT
            if outcome.state == "unknown":
                unknown = outcome
        return unknown or Outcome("equal", method)

    # scalars


def _identical(a: Node, b: Node) -> bool:
    """Whether two trees are one and say all: dots leave something out, the undefined is nothing."""
    return a == b and not holds(a, "dots") and not undefined(a)


_ANGLES = frozenset(("asin", "acos", "atan", "acot", "asec", "acsc", "arg"))


def _in_radians(node: Node) -> bool:
    """Whether a value without a degree sign says by its form that it is an angle in radians."""
    if node.kind == "func" and node.args[0] in _ANGLES:
        return True
    return holds(node, "pi") or any(map(_in_radians, children(node)))


def _value(node: Node) -> Node:
    """An answer without the name it gives a value to."""
    given = assigned(node) if is_equation(node) else None
    return node if given is None else given[1]


def _value_symbols(node: Node) -> frozenset[str]:
    """The letters of an answer without the name it gives a value to."""
    return free_symbols(_value(node))


def _same_parameters(a: Node, b: Node) -> tuple[Node, Node]:
    """A parameter that one side declares and the other only uses, under one name."""
    names = _value_symbols(a), _value_symbols(b)
    for k, (declared, used) in enumerate((names, names[::-1])):
        parameters = [name for name in declared if name.startswith(PARAMETER)]
        others = {name for name in used - declared if not name.startswith(PARAMETER)}
        if holds(a if k == 0 else b, "pi"):  # `2\pi r` is no general solution
            others &= INTEGER_LETTERS
        if 0 < len(parameters) == len(others) and used.isdisjoint(parameters):
            renamed = {
                make("sym", (old,)): make("sym", (new,))
                for old, new in zip(sorted(others), sorted(parameters), strict=True)
            }
            if k == 0:
                return a, tree.replace(b, renamed.get)
            return tree.replace(a, renamed.get), b
    return a, b


def _match_text(a: Node, b: Node) -> Outcome:
    """Words equal the same words; a few words differ from other words and from a number."""
    if a.kind == b.kind:
        facts = _date(a.args[0]) or _remainder(a.args[0]), _date(b.args[0]) or _remainder(b.args[0])
        if facts[0] and facts[1]:
            return EQUAL_TEXT if facts[0] == facts[1] else DIFFERENT
        words = [_content_words(node.args[0]) for node in (a, b)]
        if words[0] == words[1] or _same_but_noun(*words):
            return EQUAL_TEXT
        few = max(map(len, words)) <= 2 and _alphabetic(a, b)
        return DIFFERENT if few and not _related(words[0], words[1]) else UNPARSABLE_ANSWER
    said, other = (a, b) if a.kind == "text" else (b, a)
    name = tree.letters(other)
    if name and name.isalpha() and name.lower() == said.args[0]:  # a word read as a product
        return EQUAL_TEXT
    content = _content_words(said.args[0])
    few = len(content) <= 2 and _alphabetic(said) and ORDINALS.isdisjoint(content)
    if few and other.kind in ("num", "dec", "unit", "tuple") and not holds(other, "text"):
        return DIFFERENT
    return UNPARSABLE_ANSWER if said is a else UNPARSABLE_GOLD


_DATE = re.compile(
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (?P<day>\d\d?)"
    r"|(?P<early>\d\d?) (?:of )?(?P<later>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
)
_REMAINDER = re.compile(r"(\d+) remainder (\d+)")


def _date(said: str) -> tuple[str, ...] | None:
    """Day and month of `march 5` or `5 march`."""
    found = _DATE.fullmatch(said) if said[:1].isalnum() and len(said) < 20 else None
    return (found["day"] or found["early"], found["month"] or found["later"]) if found else None


def _remainder(said: str) -> tuple[str, ...] | None:
    found = _REMAINDER.fullmatch(said)
    return found.groups() if found else None


def _related(first: list[str], second: list[str]) -> bool:
    """Whether words may say the same: some more than others, one stem, numbers in other words."""
    if set(first) <= set(second) or set(second) <= set(first):
        return True
    if ORDINALS.isdisjoint(first) != ORDINALS.isdisjoint(second):
        return True
    return any(a[:5] == b[:5] for a in first for b in second if a != b and len(a) > 5 < len(b))


def _same_but_noun(first: list[str], second: list[str]) -> bool:
    """`isosceles` and `isosceles triangle`: the question has said of what it asks."""
    shorter, longer = sorted((first, second), key=len)
    return shorter != [] and shorter == longer[:-1] and longer[-1] in NOUNS


_IT_IS = re.compile(r"^(?:it|this|that|they) (?:is|are) ")


def _content_words(text: str) -> list[str]:
    said = _IT_IS.sub("", text)
    return [word for word in said.split() if word not in ("the", "a", "an")]


def _alphabetic(*nodes: Node) -> bool:
    return all(node.args[0].replace(" ", "").isalpha() for node in nodes)


def _only_item(node: Node, other: Node) -> Node:
    """`\\{5\\}` beside 5 is this number, and `D, 5` beside 5 or D a choice with its value.

    So is `\\{(2, -1)\\}` beside `x = 2, y = -1`. Inside other answers a set is no item of its own.
    """
    if node.kind not in ("list", "set"):
        return node
    pair = node.kind == "set" and [item.kind for item in node.args] == ["tuple"]
    if pair and (other.kind == "tuple" or (other.kind == "list" and names_of(list(other.args)))):
        return _only(node)
    single = other.kind in SCALAR_KINDS or other.kind in ("unit", "choice")
    if single and node.kind == "list" and len(node.args) == 2:
        letter = choice_letter(node.args[0])
        named = letter and node.args[0].kind == "sym" and not free_symbols(node.args[1])
        return make("choice", (letter, node.args[1])) if named else node
    return _only(node) if single and node.kind == "set" and len(node.args) == 1 else node


def _only(node: Node) -> Node:
    item: Node = node.args[0]
    return item


def _subject(node: Node) -> str | None:
    """The unknown that `x = 1, 2` or `x < 1 or x > 2` speaks of, where it names just one."""
    if node.kind == "list" and is_equation(node.args[0]):
        first, *rest = node.args
        if is_name(first.args[1]) and not any(item.kind in EQUATIONS for item in rest):
            return repr(first.args[1])
    if node.kind == "rel" and node.args[0] == "!=" and node.args[1].kind == "sym":
        return repr(node.args[1])
    if node.kind in ("union", "inter") and all(map(tree.is_inequality, node.args)):
        names = free_symbols(node)
        return repr(make("sym", tuple(names))) if len(names) == 1 else None
    return None


def _printed_constants(node: Node, other: Node) -> Node:
    """`2 + 3*I` or `2 + 3j` beside `2 + 3i`: how computer algebra and engineers write i and e."""
    plain = node.kind == "add" and any(not free_symbols(term) for term in node.args)
    if plain and holds(other, "i") and free_symbols(node) - free_symbols(other) == {"j"}:
        return tree.substituted(node, make("sym", ("j",)), tree.IMAGINARY)  # `3 + 4j`, no vector
    # a letter alone may be a choice, and one beside others a current or a field
    if node.kind not in ("add", "mul", "pow") or not free_symbols(node) <= {"E", "I"}:
        return node
    for letter in ("E", "I"):
        symbol, constant = make("sym", (letter,)), make("const", (letter.lower(),))
        here, there = free_symbols(node), free_symbols(other)
        name = constant.args[0]
        if letter in here - there and holds(other, name) and not holds(node, name):
            node = tree.substituted(node, symbol, constant)
    return node


def _same_derivative(a: Node, b: Node) -> bool:
    r"""Whether two names are `y'` and `\frac{dy}{dx}`."""
    if a.kind != "sym" or b.kind != "sym" or "'" not in a.args[0] + b.args[0]:
        return False
    names = {_DERIVATIVE.sub(r"\1'", node.args[0]) for node in (a, b)}
    return len(names) == 1


def _may_be_mixed_number(group: Node) -> bool:
    """`2 and 1/2`: two values, or one."""
    if group.kind != "list" or len(group.args) != 2:
        return False
    whole, part = group.args
    return whole.kind == "num" and whole.args[1] == 1 and tree.is_proper_fraction(part)


def _any_integer(node: Node) -> Node | None:
    """A parameter without what narrows its integers."""
    numbered = _PARAMETER.match(node.args[0]) if node.kind == "sym" else None
    return make("sym", (numbered[0],)) if numbered else None


def _natural_logarithm(node: Node) -> Node | None:
    if node.kind == "func" and node.args[0] == "log" and node.args[2] == num(10):
        return make("func", ("ln", node.args[1]))
    return None


def _may_be_defined(name: Node, other: Node) -> bool:
    """`H_n` beside a formula in n: the question may have said what it stands for."""
    if name.kind != "sym" or other.kind not in SCALAR_KINDS or "_" not in name.args[0]:
        return False
    return not free_symbols(other).isdisjoint(name.args[0].partition("_")[2])


_COMPOSED = frozenset(("add", "mul", "pow"))
_PRINTED = {"E": "e", "I": "i"}


def _as_factor(node: Node) -> Node | None:
    """`g(a + b)` as a multiple of g."""
    if node.kind != "call" or len(node.args) != 2:
        return None
    return tree.mul(make("sym", (node.args[0],)), tree.replace(node.args[1], _as_factor))


def _as_constant(node: Node) -> Node | None:
    known = node.kind == "sym" and node.args[0] in _PRINTED
    return make("const", (_PRINTED[node.args[0]],)) if known else None


def _of_different_names(a: Node, b: Node) -> bool:
    r"""`x \in A` beside `y \in A`, and `x = y = 1` beside `x = z = 1`."""
    chains = [set(filter(is_name, operands(node))) for node in (a, b) if node.kind == "chain"]
    if len(chains) == 2 and chains[0] != chains[1] and min(map(len, chains)) > 1:
        return True
    members = [node for node in (a, b) if node.kind == "rel" and node.args[0] == "in"]
    return len(members) == 2 and members[0].args[1] != members[1].args[1]


def _determined(node: Node) -> Node | None:
    is_determinant = node.kind == "func" and node.args[0] == "det"
    return determinant(node.args[1]) if is_determinant and node.args[1].kind == "matrix" else None


def _numbered(labels: list[Node]) -> bool:
    """`x_1`, `x_2`: solutions of one unknown, numbered as they were found."""
    names = [str(label.args[0]).partition("_") for label in labels if label.kind == "sym"]
    return len(names) == len(labels) and all(
        name == names[0][0] and number.isdigit() for name, _, number in names
    )


def _ascending(node: Node) -> Node:
    """`c > b > a` as `a < b < c`."""
    if node.kind != "chain" or not {">", ">="}.issuperset(node.args[0]):
        return node
    signs = tuple(sign.replace(">", "<") for sign in reversed(node.args[0]))
    return make("chain", (signs, *reversed(node.args[1:])))


def _settled(node: Node, matcher: Matcher) -> Node:
    """The statement or value that a chain of equals signs, or one between numbers, comes to."""
    if node.kind == "set" and len(node.args) == 1 and node.args[0].kind in EQUATIONS:
        node = node.args[0]
    if node.kind == "list" and (compound := compound_unit(node)):
        return compound
    if node.kind == "pow" and node.args[0].kind in ("interval", "list"):  # `[1, -1]^T`
        return matrix_value(node) or node
    if node.kind in ("add", "pow") and holds(node, "tuple", shallow=True):
        value = matrix_value(node)  # `(1, 2) + (3, 4)`
        rows = value.args if value and not holds(node, "matrix") else ()
        return make("tuple", rows[0]) if len(rows) == 1 else value or node
    if node.kind == "mul" and holds(node, "tuple", shallow=True) and not free_symbols(node):
        return matrix_value(node) or node
    if node.kind in ("add", "mul", "pow", "func") and holds(node, "matrix"):
        node = tree.replace(node, _determined)
        return matrix_value(node) or node
    if node.kind == "rel" and node.args[0] == "in":
        return node.args[2] if is_name(node.args[1]) else node
    if node.kind == "rel" and node.args[0] in ("=", "approx"):
        signs, items = (node.args[0],), node.args[1:]
        items = _named_pair(*items), _named_pair(*items[::-1])
    elif node.kind == "chain" and set(node.args[0]) <= {"=", "approx"}:
        signs, items = node.args[0], node.args[1:]
    else:
        return node
    opens = len(items) > 2 and is_quantity(items[0])  # `m + n = 3 + 4 = 7`
    names = [item for item in items if is_name(item) or (opens and item is items[0])]
    values = [item for item in items if item not in names]
    if not values:
        if len(items) == 2:
            return make("rel", ("=", *items))
        return node
    if len(values) == 1 and len(names) == 1:
        return make("rel", ("=", names[0], values[0]))
    stated = [item for item in values if item.kind in SCALAR_KINDS and not free_symbols(item)]
    if len(stated) == len(values):
        exactly = [
            item
            for sign, item in zip(("=", *signs), items, strict=True)
            if sign == "=" and item not in names
        ] or values
        for x, y in pairwise(exactly):
            if matcher.match(x, y).state != "equal":
                return _CONTRADICTION
        value = exactly[0]
    elif len(values) == 1:
        value = values[0]
    elif names and len(signs) > 1:
        for x, y in pairwise(values):
            if matcher.match(x, y).state != "equal":
                return _CONTRADICTION
        value = values[-1]
    else:
        return make("rel", ("=", *items)) if len(items) == 2 else node
    return make("rel", ("=", names[0], value)) if names else value


def _ends(x: Piece, y: Piece) -> list[tuple[Node, Node]]:
    return (
        [(x.low, y.low)]
        if x.low == x.high and y.low == y.high
        else [(x.low, y.low), (x.high, y.high)]
    )


def _row_beside(node: Node, other: Node) -> Node:
    """`[1, 2]` beside a list or a matrix as a list or a row."""
    if node.kind == "interval" and node.args[2:] == (True, True):
        if other.kind == "list":
            return make("list", node.args[:2])
        if other.kind == "matrix":
            return make("tuple", node.args[:2])
    return node


def _descending_pair(node: Node, other: Node) -> Node:
    """`[3, -1]` beside the point `(3, -1)`: no interval descends."""
    if node.kind != "interval" or node.args[2:] != (True, True) or other.kind != "tuple":
        return node
    low, high = map(approximate, node.args[:2])
    if low is None or high is None or low <= high:
        return node
    return make("tuple", node.args[:2])


def _named_pair(node: Node, other: Node) -> Node:
    """`A(1, 2)` beside a tuple is a point; `C(5, 2)` beside a number, the ways to choose."""
    if node.kind != "mul" or len(node.args) != 2 or node.args[1].kind != "tuple":
        return node
    name: Node = node.args[0]
    pair: Node = node.args[1]
    if name.kind != "sym" or not name.args[0][0].isupper():
        return node
    if other.kind in ("tuple", "list", "matrix"):
        return pair
    if name.args[0] in ("C", "P") and len(pair.args) == 2 and other.kind in SCALAR_KINDS:
        return tree.chosen(name.args[0], *pair.args)
    return node


def _components_beside(node: Node, other: Node) -> Node:
    """`2i - 3j` beside a vector as its components."""
    if node.kind not in SCALAR_KINDS or other.kind not in ("tuple", "matrix"):
        return node
    items = _items(other) or []
    return (unit_vector(node, len(items)) if len(items) in (2, 3) else None) or node


def _kelvin(measured: Node) -> Node:
    """A temperature as kelvin."""
    degree, zero = _TEMPERATURES[measured.args[1]]
    return tree.add(tree.mul(tree.rational(degree), measured.args[0]), tree.rational(zero))


def _identity_beside(node: Node, other: Node) -> Node:
    """`3I_2` beside a matrix of two rows and columns, its identity written out."""
    if other.kind != "matrix" or node.kind not in SCALAR_KINDS:
        return node
    size = len(other.args)
    names = [make("sym", (name,)) for name in ("I", f"I_{size}", "E", f"E_{size}")]
    rows = tuple(tuple(num(int(k == place)) for k in range(size)) for place in range(size))

    def change(inner: Node) -> Node | None:
        return make("matrix", rows) if inner in names else None

    changed = tree.replace(node, change)
    return node if changed == node else matrix_value(changed) or changed


def _right_in_another_unit(value: Node, unit: str, number: Node) -> bool:
    """150 cents against 1.50, 5 feet 6 inches against 66: right if another unit is meant."""
    factor = unit_factor(unit)
    size = exact(value) if value.kind in SCALAR_KINDS else None
    meant = exact(number) if number.kind in SCALAR_KINDS else None
    if factor is None or not size or not meant:
        return False
    return is_unit_of(factor[0], size * factor[1] / meant)


def _looks_like_time(ratio: Node) -> bool:
    """`10:40`: two digits behind the colon, as minutes have."""
    parts = [exact(part) for part in ratio.args]
    return len(parts) == 2 and parts[1] is not None and 10 <= parts[1] < 60


def _same_time(a: Node, b: Node) -> Outcome | None:
    """Two times of day, one of them with am or pm; None for anything else."""
    first, second = clock(a), clock(b)
    if first is None or second is None:
        return None
    apart = first[0] - second[0]
    both_sure = first[1] and second[1]
    return EQUAL_EXACT if (apart if both_sure else apart % 720) == 0 else DIFFERENT


def _rows_in_brackets(node: Node) -> Node:
    """`((1, 2), (3, 4))` as a matrix."""
    rows = tuple(item.args for item in node.args if isinstance(item, Node) and item.kind == "tuple")
    whole = len(rows) == len(node.args) and len(set(map(len, rows))) == 1
    return make("matrix", rows) if whole else node


def _condition_of_points(node: Node) -> Node:
    """The condition of a set of points, `\\{(x, y) | x^2 + y^2 < 4\\}`, which says all of it."""
    points = node.kind == "setbuilder" and node.args[0].kind == "tuple" and is_name(node.args[0])
    condition: Node = node.args[1] if points else node
    return condition if condition.kind in EQUATIONS else node


def _items(node: Node) -> list[Node] | None:
    if node.kind == "matrix":
        rows = _as_rows(node)
        assert rows is not None
        return [cell for row in rows for cell in row] if min(len(rows), len(rows[0])) == 1 else None
    return list(node.args)


def _as_rows(node: Node) -> list[tuple[Node, ...]] | None:
    """The rows of a matrix, or of a tuple taken as one row."""
    if node.kind == "matrix":
        return list(node.args)
    return [node.args] if node.kind == "tuple" else None
