"""Two answers compared, cheapest tier first; each tier says how it knows.

text: the normalised texts are the same. exact: both are numbers, compared as rationals (a decimal
that shows enough digits also stands for what it rounds). structural: containers item by item, and
expressions by their canonical form. numeric: `probe`. symbolic: SymPy, in the pool. What no tier
establishes is undecided.

`compare` is symmetric in its two answers except where `Conventions` says otherwise, which of two
failures is named (`unparsable_gold` wins), and for several boxes, which only a candidate may have
without them being one answer.
"""

import re
from fractions import Fraction
from itertools import pairwise, product
from math import floor
from typing import NamedTuple, Protocol

from dpo_math_assets.errors import VerifierLimit
from dpo_math_assets.verifier import tree
from dpo_math_assets.verifier.canonical import canonical, matrix_value, numerator
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.nodes import SCALAR_KINDS, Node, children, free_symbols, num
from dpo_math_assets.verifier.normal import normalise
from dpo_math_assets.verifier.numeric import exact, probe
from dpo_math_assets.verifier.parse import ParseError, parse
from dpo_math_assets.verifier.sets import Piece, approximate, pieces_of
from dpo_math_assets.verifier.verdict import METHODS
from dpo_math_assets.verifier.vocabulary import UNITS

__all__ = ["Pool", "compare", "same_at_sight"]

Comparison = tuple[str, str, str | None]

# Seconds that SymPy may take over one pair of expressions.
SYMPY_DEADLINE_S = 5.0
# Items of a list that are matched in any order, and sign choices that are written out.
MAX_UNORDERED = 64
MAX_SIGNS = 4
# Digits that only a printed float shows; its last one may be off by one.
FLOAT_DIGITS = 15


class Pool(Protocol):
    """What answers the hard questions: `pool.SymPyPool`."""

    def equal(self, a: Node, b: Node, deadline_s: float) -> str:
        """`equal`, `different`, `unknown`, `timeout` or `worker_crashed`."""
        ...


class Outcome(NamedTuple):
    """`state` is equal, different or unknown; `method` for equal, `reason` for unknown."""

    state: str
    method: str = "exact"
    reason: str = "unparsable_answer"


EQUAL_TEXT = Outcome("equal", "text")
EQUAL_EXACT = Outcome("equal", "exact")
EQUAL_STRUCTURE = Outcome("equal", "structural")
DIFFERENT = Outcome("different")
UNKNOWN = Outcome("unknown")
AMBIGUOUS = Outcome("unknown", reason="ambiguous_answer")


def compare(
    extracted: str,
    ground_truth: str,
    conventions: Conventions | None = None,
    pool: Pool | None = None,
) -> Comparison:
    """(verdict, reason, method) of a final answer against a gold answer, neither empty.

    Without a pool, what only SymPy could settle is undecided.
    """
    conventions = conventions or Conventions()
    try:
        return _compare(_stated(extracted), _stated(ground_truth), conventions, pool)
    except VerifierLimit:
        return "undecided", "too_large", None


def _compare(answer: str, gold: str, conventions: Conventions, pool: Pool | None) -> Comparison:
    normal = normalise(answer)
    if normal and normal == normalise(gold):
        return "correct", "pass", "text"
    plain = _plain_numbers(answer, gold)
    if plain is not None:
        return plain
    try:
        gold_node = _parse_answer(gold)
    except ParseError:
        return "undecided", "unparsable_gold", None
    boxes = _split_boxes(answer)
    if boxes:
        return _compare_boxes(boxes, gold_node, conventions, pool)
    try:
        node = _parse_answer(answer)
    except ParseError:
        return "undecided", "unparsable_answer", None
    try:
        return _verdict(_Matcher(conventions, pool).answers(node, gold_node))
    except ParseError:  # a unit or a set where only a number can stand
        return "undecided", "unparsable_answer", None


def _verdict(outcome: Outcome) -> Comparison:
    if outcome.state == "equal":
        return "correct", "pass", outcome.method
    if outcome.state == "different":
        return "incorrect", "mismatch", None
    return "undecided", outcome.reason, None


def _stated(text: str) -> str:
    """The answer in a text that may be a whole solution: behind a marker, or all of it."""
    if "####" in text or "inal answer" in text or "INAL ANSWER" in text or "boxed" in text:
        from dpo_math_assets.verifier.extract import extract

        found = extract(text)
        if found.answer is not None:
            return found.answer
    return text


def _split_boxes(answer: str) -> list[str]:
    if "\\boxed" not in answer and "\\fbox" not in answer:
        return []
    from dpo_math_assets.verifier.extract import split_boxes

    return split_boxes(answer)


def _parse_answer(text: str) -> Node:
    boxes = _split_boxes(text)
    return parse(", ".join(boxes) if boxes else text)


def _compare_boxes(
    boxes: list[str], gold: Node, conventions: Conventions, pool: Pool | None
) -> Comparison:
    """Several boxes are one answer only where the gold has as many parts."""
    parts = gold.args if gold.kind in ("list", "set") else (gold,)
    try:
        node = parse(", ".join(boxes))
    except ParseError:
        return "undecided", "ambiguous_answer", None
    items = node.args if node.kind == "list" else (node,)
    if len(parts) != len(items) or len(parts) == 1:
        return "undecided", "ambiguous_answer", None
    return _verdict(_Matcher(conventions, pool).answers(node, gold))


_PLAIN = re.compile(r"\s*(-?)\$?\s?(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.0{1,6})?\.?\s*")


def _plain_numbers(answer: str, gold: str) -> Comparison | None:
    """The commonest rows: two integers, perhaps grouped or with a dollar sign."""
    first, second = _PLAIN.fullmatch(answer), _PLAIN.fullmatch(gold)
    if first is None or second is None:
        return None
    values = [int(found[1] + found[2].replace(",", "")) for found in (first, second)]
    if values[0] == values[1]:
        return "correct", "pass", "exact"
    return "incorrect", "mismatch", None


def same_at_sight(a: str, b: str) -> bool:
    """Whether two answers are equal by the tiers that cost microseconds."""
    if normalise(a) == normalise(b):
        return True
    try:
        return _CHEAP.answers(parse(a), parse(b)).state == "equal"
    except (ParseError, VerifierLimit):
        return False


class _Matcher:
    """Compares trees under one set of conventions. The first argument is the candidate's."""

    def __init__(self, conventions: Conventions, pool: Pool | None, probing: bool = True) -> None:
        self.conventions = conventions
        self.pool = pool
        self.probing = probing

    def answers(self, a: Node, b: Node) -> Outcome:
        """Two whole answers: the conventions for bare forms apply only here."""
        if a == b and not _holds(a, "dots"):
            return EQUAL_STRUCTURE
        outcome = self.match(a, b)
        if outcome.state != "equal" and self.conventions.decimal_comma:
            for comma, other in ((a, b), (b, a)):
                value = _decimal_comma(comma)
                if value is not None and other.kind == "dec":
                    return EQUAL_EXACT if exact(other) == value else DIFFERENT
        return outcome

    def match(self, a: Node, b: Node) -> Outcome:
        if a == b and not _holds(a, "dots"):
            return EQUAL_STRUCTURE
        if "text" in (a.kind, b.kind):
            return _match_text(a, b)
        if "choice" in (a.kind, b.kind):
            return self.match_choice(a, b)
        signs = [_sign_choices(a), _sign_choices(b)]
        if signs[0] is None or signs[1] is None:
            return UNKNOWN
        if len(signs[0]) > 1 or len(signs[1]) > 1:
            return self.match(*(_one_or_list(choices) for choices in signs))
        a, b = _settled(a, self), _settled(b, self)
        if _CONTRADICTION in (a, b):
            return AMBIGUOUS
        if a.kind in _EQUATIONS or b.kind in _EQUATIONS:
            return self.match_relations(a, b)
        return self.match_values(a, b)

    # relations and assignments

    def match_relations(self, a: Node, b: Node) -> Outcome:
        if a.kind in ("list", "set") or b.kind in ("list", "set"):
            return self.match_lists(a, b)
        if _is_equation(a) and _is_equation(b):
            return self.match_equations(a, b)
        if _is_equation(a) or _is_equation(b):
            equation, value = (a, b) if _is_equation(a) else (b, a)
            if value.kind in ("rel", "chain"):
                return DIFFERENT
            if not self.conventions.assignment_matches_value:
                return DIFFERENT
            assigned = _assigned(equation)
            if assigned is not None:
                return self.match(assigned[1], b) if equation is a else self.match(a, assigned[1])
            # an answer may give what a gold equation says of y; an answer must not leave y unsolved
            return self.solves(b, a) if equation is b else UNKNOWN
        if "mod" in (a.kind, b.kind):
            if a.kind == b.kind:
                return self.every([(a.args[0], b.args[0]), (a.args[1], b.args[1])])
            return self.match(*(node.args[0] if node.kind == "mod" else node for node in (a, b)))
        if "ratio" in (a.kind, b.kind):
            return self.match_ratios(a, b)
        return self.match_inequalities(a, b)

    def match_equations(self, a: Node, b: Node) -> Outcome:
        left, right = _assigned(a), _assigned(b)
        if left is not None and right is not None:
            if left[0] == right[0]:
                return self.match(left[1], right[1])
            names = [_call_variable(side[0]) for side in (left, right)]
            if names[0] and names[1] and left[0].args[0] == right[0].args[0]:
                old, new = names[0], names[1]
                renamed = tree.replace(left[1], lambda node: new if node == old else None)
                return self.match(renamed, right[1])
        sides = [side for node in (a, b) for side in node.args[1:]]
        if any(side.kind not in SCALAR_KINDS for side in sides):
            same = self.every([(a.args[1], b.args[1]), (a.args[2], b.args[2])])
            return same if same.state == "equal" else UNKNOWN
        differences = [_difference(node) for node in (a, b)]
        return self.proportional(differences[0], differences[1], positive=False)

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
                # no rational values: try only equality up to sign
                outcome = self.scalars(a, b)
                if outcome.state == "equal" or positive:
                    return outcome
                return self.scalars(a, tree.neg(b))
            if x == 0 and y == 0:
                continue
            if x == 0 or y == 0 or (positive and x * y < 0):
                return DIFFERENT
            return self.scalars(a, canonical(tree.mul(tree.rational(x / y), b)))
        return UNKNOWN

    def vanishing(self, a: Node, b: Node) -> bool:
        """Whether symbols of one side only might cancel; then nothing is known here."""
        return free_symbols(canonical(a)) == free_symbols(canonical(b))

    def solves(self, equation: Node, value: Node) -> Outcome:
        """`y + 1 = x` against x - 1: equal if the equation is linear in the one symbol it gives."""
        if value.kind not in SCALAR_KINDS:
            return DIFFERENT
        difference = _difference(equation)
        if difference.kind not in SCALAR_KINDS:
            return UNKNOWN
        unknown = free_symbols(difference) - free_symbols(value)
        if len(unknown) != 1:
            return DIFFERENT
        symbol = Node("sym", tuple(unknown))

        def at(x: Node) -> Node:
            return tree.replace(difference, lambda node: x if node == symbol else None)

        bend = tree.add(at(num(0)), tree.mul(num(-2), at(num(1))), at(num(2)))
        slope = tree.add(at(num(1)), tree.neg(at(num(0))))
        if self.scalars(bend, num(0)).state != "equal":
            return DIFFERENT if exact(bend) is not None else UNKNOWN
        if self.scalars(slope, num(0)).state != "different":
            return UNKNOWN
        return self.scalars(at(value), num(0))

    def match_ratios(self, a: Node, b: Node) -> Outcome:
        if a.kind == b.kind == "ratio":
            if len(a.args) != len(b.args):
                return DIFFERENT
            if any(exact(part) == 0 for part in (*a.args, *b.args)):
                return self.every(list(zip(a.args, b.args, strict=True)))
            return self.every(
                [
                    (tree.mul(a.args[k], b.args[0]), tree.mul(b.args[k], a.args[0]))
                    for k in range(1, len(a.args))
                ]
            )
        ratio, other = (a, b) if a.kind == "ratio" else (b, a)
        if len(ratio.args) != 2 or other.kind not in SCALAR_KINDS:
            return DIFFERENT
        quotient = tree.divide(ratio.args[0], ratio.args[1])
        return self.match(quotient, b) if ratio is a else self.match(a, quotient)

    def match_inequalities(self, a: Node, b: Node) -> Outcome:
        if a.kind == b.kind:
            operators = [_operators(node) for node in (a, b)]
            if operators[0] == operators[1]:
                same = self.every(list(zip(_operands(a), _operands(b), strict=True)))
                if same.state == "equal":
                    return same
        both = a.kind in _EQUATIONS and b.kind in _EQUATIONS
        if not both and not self.conventions.interval_matches_inequality:
            return DIFFERENT
        if both:
            names = [free_symbols(node) for node in (a, b)]
            if names[0] != names[1]:
                return DIFFERENT
        outcome = self.match_pieces(a, b) if not both or len(names[0]) == 1 else None
        if outcome is not None:
            return outcome
        if a.kind == b.kind == "rel":
            normal = [_below_zero(node) for node in (a, b)]
            if normal[0] is None or normal[1] is None:
                return UNKNOWN
            if normal[0][0] != normal[1][0]:
                return DIFFERENT
            positive = normal[0][0] != "!="
            return self.proportional(normal[0][1], normal[1][1], positive)
        return UNKNOWN if both else DIFFERENT

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

    # lists, sets, tuples, matrices

    def match_values(self, a: Node, b: Node) -> Outcome:
        if a.kind in SCALAR_KINDS and b.kind in SCALAR_KINDS:
            if _unit_letter(a) == b or _unit_letter(b) == a:
                return AMBIGUOUS
            return self.scalars(a, b)
        if "percent" in (a.kind, b.kind):
            return self.match_percent(a, b)
        if "unit" in (a.kind, b.kind):
            return self.match_units(a, b)
        if "basen" in (a.kind, b.kind):
            return self.match_bases(a, b)
        if a.kind in ("list", "set") or b.kind in ("list", "set"):
            return self.match_lists(a, b)
        rows = [_as_rows(node) for node in (a, b)]
        if rows[0] is not None and rows[1] is not None:
            return self.match_matrices(a, b, rows[0], rows[1])
        if a.kind in _SETS and b.kind in _SETS:
            outcome = self.match_pieces(a, b)
            if outcome is not None:
                return outcome
        if a.kind == b.kind and a.kind in ("union", "inter"):
            return self.unordered(list(a.args), list(b.args))
        if a.kind == b.kind and a.kind in ("setminus", "setbuilder", "cases", "rel"):
            first, second = children(a), children(b)
            if len(first) == len(second):
                same = self.every(list(zip(first, second, strict=True)))
                if same.state == "equal":
                    return same
            return UNKNOWN
        if a.kind in SCALAR_KINDS or b.kind in SCALAR_KINDS:
            other = b if a.kind in SCALAR_KINDS else a
            return UNKNOWN if _holds(other, "matrix") and other.kind == "mul" else DIFFERENT
        if a.kind == "domain" and b.kind == "domain":
            return DIFFERENT
        simple = {"tuple", "interval", "matrix"}
        return DIFFERENT if a.kind in simple and b.kind in simple else UNKNOWN

    def match_lists(self, a: Node, b: Node) -> Outcome:
        """Lists and sets with each other, with tuples, and with a single value."""
        a, b = _labelled_items(a), _labelled_items(b)
        if _holds(a, "dots", shallow=True) != _holds(b, "dots", shallow=True):
            return UNKNOWN
        listed = ("list", "set", "tuple", "matrix")
        if a.kind not in listed or b.kind not in listed:
            group, other = (a, b) if a.kind in ("list", "set") else (b, a)
            if len(group.args) == 1:
                return self.match(*(group.args[0] if node is group else node for node in (a, b)))
            if other.kind in _SETS and group.kind == "set":
                outcome = self.match_pieces(a, b)
                return UNKNOWN if outcome is None else outcome
            assigned = _assigned(other) if _is_equation(other) else None
            if assigned is not None and assigned[1].kind in listed:
                return self.match(*(assigned[1] if node is other else node for node in (a, b)))
            if other.kind in _EQUATIONS or other.kind in _SETS:
                return self.match_conditions(a, b)
            return DIFFERENT
        first, second = (_items(node) for node in (a, b))
        if first is None or second is None:
            return UNKNOWN
        if len(first) != len(second) and "set" not in (a.kind, b.kind):
            return DIFFERENT
        names = [_names_of(items) for items in (first, second)]
        if names[0] and names[1]:
            return self.unordered(first, second)
        if names[0] or names[1]:
            # labelled values against bare ones: in order, unless all carry one label
            labels = names[0] or names[1] or []
            values = [_without_labels(items) for items in (first, second)]
            if len(set(labels)) > 1:
                return self.in_order(values[0], values[1])
            return self.unordered(values[0], values[1])
        if (a.kind == "set" and b.kind == "tuple") or (a.kind == "tuple" and b.kind == "set"):
            return DIFFERENT
        ordered = {"tuple", "matrix"} & {a.kind, b.kind}
        if ordered or (a.kind == b.kind == "list" and self.conventions.bare_list_ordered):
            return self.in_order(first, second)
        return self.unordered(first, second)

    def match_conditions(self, a: Node, b: Node) -> Outcome:
        """A list of inequalities (`x < 1 or x > 3`) against a set or an inequality."""
        group = a if a.kind == "list" else b
        pieces = [pieces_of(item) for item in group.args]
        if any(piece is None for piece in pieces) or len(free_symbols(group)) > 1:
            return DIFFERENT if all(item.kind in SCALAR_KINDS for item in group.args) else UNKNOWN
        union = Node("union", group.args)
        return self.match_pieces(*(union if node is group else node for node in (a, b))) or UNKNOWN

    def match_matrices(
        self, a: Node, b: Node, rows: list[tuple[Node, ...]], others: list[tuple[Node, ...]]
    ) -> Outcome:
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
            return self.match(*(node.args[0] if node.kind == "unit" else node for node in (a, b)))
        readings = [tree.plain(percent)]
        if self.conventions.percent_matches_number:
            readings.append(percent.args[0])
        return self.any_of([(reading, b) if percent is a else (a, reading) for reading in readings])

    def match_units(self, a: Node, b: Node) -> Outcome:
        a, b = _with_unit(a), _with_unit(b)
        if a.kind == b.kind:
            if a.args[1] == b.args[1]:
                return self.match(a.args[0], b.args[0])
            factors = [_unit_factor(node.args[1]) for node in (a, b)]
            if factors[0] and factors[1]:
                if factors[0][0] != factors[1][0]:
                    return DIFFERENT
                scaled = [
                    tree.mul(tree.rational(factor[1]), node.args[0])
                    for factor, node in zip(factors, (a, b), strict=True)
                    if factor
                ]
                return self.match(scaled[0], scaled[1])
            same = self.match(a.args[0], b.args[0])
            if same.state != "equal":
                return same
            words = [set(node.args[1].split()) for node in (a, b)]
            return same if words[0] <= words[1] or words[1] <= words[0] else UNKNOWN
        measured, other = (a, b) if a.kind == "unit" else (b, a)
        value, name = measured.args
        if name == "degree" and _holds_pi(other):
            value = tree.plain(measured)
        elif not self.conventions.units_optional:
            return DIFFERENT
        same = self.match(value, b) if measured is a else self.match(a, value)
        factor = _unit_factor(name)
        if same.state == "different" and factor and factor[1] != 1:
            # 150 cents against 1.50: right if the bare value is meant in the base unit
            base = tree.mul(tree.rational(factor[1]), value)
            if (self.match(base, b) if measured is a else self.match(a, base)).state == "equal":
                return AMBIGUOUS
        return same

    def match_bases(self, a: Node, b: Node) -> Outcome:
        if a.kind == b.kind:
            return EQUAL_EXACT if a.args[0] == b.args[0] else DIFFERENT
        based, other = (a, b) if a.kind == "basen" else (b, a)
        value = exact(other) if other.kind in SCALAR_KINDS else None
        if value is None:
            return DIFFERENT if other.kind in SCALAR_KINDS else UNKNOWN
        if value == based.args[0]:
            return EQUAL_EXACT
        # the base is often left away where the question has named it
        return EQUAL_EXACT if value == _digits_in_base(*based.args) else DIFFERENT

    def match_choice(self, a: Node, b: Node) -> Outcome:
        letters = [_choice_letter(node) for node in (a, b)]
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

    def unordered(self, first: list[Node], second: list[Node]) -> Outcome:
        """Equal as sets: each item has its equal on the other side."""
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
                repeated = any(self.match(item, other).state == "equal" for other in second)
                if not repeated:
                    return DIFFERENT
            else:
                unknown = doubt
        for item in rest:
            outcome = self.any_of([(other, item) for other in first])
            if outcome.state == "different":
                return DIFFERENT
            if outcome.state == "unknown":
                unknown = outcome
        return unknown or Outcome("equal", method)

    # scalars

    def scalars(self, a: Node, b: Node) -> Outcome:
        """Two expressions: exact values, canonical forms, rounded decimals, probing, SymPy."""
        if a == b:
            return EQUAL_STRUCTURE
        x, y = exact(a), exact(b)
        if x is not None and y is not None:
            if x == y or self.rounds(a, x, y) or self.rounds(b, y, x):
                return EQUAL_EXACT
            return DIFFERENT
        first, second = canonical(a), canonical(b)
        if first == second and not _undefined(first):
            return EQUAL_STRUCTURE
        if _undefined(first) or _undefined(second):
            return UNKNOWN
        infinite = [_has_infinity(node) for node in (first, second)]
        if any(infinite):
            plain = [
                node.kind == "const" or node.kind == "num" or _is_infinity(node)
                for node in (first, second)
            ]
            return DIFFERENT if all(plain) or not all(infinite) else UNKNOWN
        for decimal, other in ((a, b), (b, a)):
            if decimal.kind == "dec" and not free_symbols(other):
                return self.rounded(decimal, other)
        if not self.probing:
            return UNKNOWN
        result: str = probe(a, b)
        if result == "equal":
            return Outcome("equal", "numeric")
        if result == "different":
            return DIFFERENT
        if self.pool is None:
            return UNKNOWN
        result = self.pool.equal(a, b, SYMPY_DEADLINE_S)
        if result == "equal":
            return Outcome("equal", "symbolic")
        if result == "different":
            return DIFFERENT
        return Outcome("unknown", reason="timeout" if result == "unknown" else result)

    def rounds(self, decimal: Node, value: Fraction, other: Fraction) -> bool:
        """Whether `decimal` is the rational `other` rounded or cut to the digits it shows."""
        if decimal.kind != "dec" or other.denominator == 1 or (value < 0) != (other < 0):
            return False
        shown = _shown_digits(decimal)
        exactly = abs(other) * 10 ** decimal.args[2] if shown else Fraction(0)
        return any(
            floor(exactly + shift) == shown + offset for shift, offset in self.roundings(shown)
        )

    def roundings(self, shown: int) -> list[tuple[Fraction, int]]:
        """How floor(x * 10^places + shift) may relate to the digits shown for x.

        Cut off, or rounded; in a full float's digits, one unit of its noise either way.
        None where too few digits are shown to stand for another value.
        """
        digits = len(str(shown))
        if digits < self.conventions.rounded_digits or not shown:
            return []
        ways = [(Fraction(0), 0), (Fraction(1, 2), 0)]
        return [*ways, (Fraction(0), -1), (Fraction(-1), 0)] if digits >= FLOAT_DIGITS else ways

    def rounded(self, decimal: Node, other: Node) -> Outcome:
        """A decimal against an irrational constant."""
        value = approximate(other)
        if value is None:
            return self.probed(decimal, other) if self.probing else UNKNOWN
        unit = Fraction(1, 10) ** decimal.args[2]
        shown = _shown_digits(decimal)
        ways = self.roundings(shown)
        if not ways or abs(value - decimal.args[0] / decimal.args[1]) > 2 * unit + 1e-9 * abs(value):
            return DIFFERENT
        if not self.probing:
            return UNKNOWN
        # the float says near; balls say which digits
        size = tree.neg(other) if value < 0 else other
        for shift, offset in ways:
            scaled = tree.add(tree.mul(tree.rational(1 / unit), size), tree.rational(shift))
            if probe(Node("func", ("floor", scaled)), num(shown + offset)) == "equal":
                return Outcome("equal", "numeric")
        return DIFFERENT

    def probed(self, a: Node, b: Node) -> Outcome:
        result = probe(a, b)
        if result == "equal":
            return Outcome("equal", "numeric")
        return DIFFERENT if result == "different" else UNKNOWN


def _shown_digits(decimal: Node) -> int:
    """The digits that a decimal shows, as an integer; 0 if it shows none after the point."""
    p, q, places = decimal.args
    return int(abs(p) * 10**places // q) if places > 0 else 0


_CHEAP = _Matcher(Conventions(), None, probing=False)

_EQUATIONS = frozenset(("rel", "chain", "mod", "ratio"))
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
_CONTRADICTION = Node("text", ("contradiction",))


def _holds(node: Node, kind: str, shallow: bool = False) -> bool:
    """Whether a node of this kind (or the constant of this name) is in the tree."""
    if node.kind == kind or (node.kind == "const" and node.args[0] == kind):
        return True
    if shallow:
        return any(child.kind == kind for child in children(node))
    return any(_holds(child, kind) for child in children(node))


def _undefined(node: Node) -> bool:
    """Whether a node holds a division by zero, 0^0 or an undefined constant."""
    if node == Node("const", ("nan",)):
        return True
    if node.kind == "pow" and exact(node.args[0]) == 0:
        exponent = exact(node.args[1])
        if exponent is None or exponent <= 0:
            return True
    return any(_undefined(child) for child in children(node))


def _holds_pi(node: Node) -> bool:
    return _holds(node, "pi")


def _is_infinity(node: Node) -> bool:
    return node == Node("const", ("oo",)) or node == tree.neg(Node("const", ("oo",)))


def _has_infinity(node: Node) -> bool:
    if node.kind in ("sum", "integral", "limit", "prod"):
        return False
    return _is_infinity(node) or any(_has_infinity(child) for child in children(node))


def _match_text(a: Node, b: Node) -> Outcome:
    """Words equal the same words; a few words differ from other words and from a number."""
    if a.kind == b.kind:
        words = [_content_words(node.args[0]) for node in (a, b)]
        if words[0] == words[1]:
            return EQUAL_TEXT
        return DIFFERENT if max(map(len, words)) <= 2 and _alphabetic(a, b) else UNKNOWN
    said, other = (a, b) if a.kind == "text" else (b, a)
    if other.kind in ("num", "dec", "unit", "tuple") and _alphabetic(said):
        few = len(_content_words(said.args[0])) <= 2
        return DIFFERENT if few else UNKNOWN
    return UNKNOWN if said is a else Outcome("unknown", reason="unparsable_gold")


def _content_words(text: str) -> list[str]:
    return [word for word in text.split() if word not in ("the", "a", "an")]


def _alphabetic(*nodes: Node) -> bool:
    return all(node.args[0].replace(" ", "").isalpha() for node in nodes)


def _sign_choices(node: Node) -> list[Node] | None:
    """The answers that a node with plus-minus signs stands for; None if there are too many.

    Signs within one expression go together; the items of a tuple or list choose independently.
    """
    if not (_holds(node, "pm") or _holds(node, "mp")):
        return [node]
    if node.kind in ("tuple", "list", "set"):
        if sum(_holds(item, "pm") or _holds(item, "mp") for item in node.args) > MAX_SIGNS:
            return None
        items = [_sign_choices(item) for item in node.args]
        if any(item is None for item in items):
            return None
        if node.kind != "tuple":
            return [Node("list", tuple(choice for item in items for choice in item or ()))]
        return [Node("tuple", choice) for choice in product(*(item or () for item in items))]

    def signed(plus: bool) -> Node:
        def change(inner: Node) -> Node | None:
            if inner.kind not in ("pm", "mp"):
                return None
            value = tree.replace(inner.args[0], change)
            return value if plus == (inner.kind == "pm") else tree.neg(value)

        return tree.replace(node, change)

    return [signed(True), signed(False)]


def _one_or_list(choices: list[Node]) -> Node:
    return choices[0] if len(choices) == 1 else Node("list", tuple(choices))


def _settled(node: Node, matcher: _Matcher) -> Node:
    """The statement or value that a chain of equals signs, or one between numbers, comes to."""
    if node.kind == "set" and len(node.args) == 1 and node.args[0].kind in _EQUATIONS:
        node = node.args[0]
    if node.kind in ("add", "mul", "pow") and _holds(node, "matrix"):
        return matrix_value(node) or node
    if node.kind == "rel" and node.args[0] == "in":
        return node.args[2] if _is_name(node.args[1]) else node
    if node.kind == "rel" and node.args[0] in ("=", "approx"):
        operators, items = (node.args[0],), node.args[1:]
    elif node.kind == "chain" and set(node.args[0]) <= {"=", "approx"}:
        operators, items = node.args[0], node.args[1:]
    else:
        return node
    names = [item for item in items if _is_name(item)]
    values = [item for item in items if not _is_name(item)]
    if not values:
        if len(items) == 2:
            return Node("rel", ("=", *items))
        return node
    if len(values) == 1 and len(names) == 1:
        return Node("rel", ("=", names[0], values[0]))
    stated = [item for item in values if item.kind in SCALAR_KINDS and not free_symbols(item)]
    if len(stated) == len(values):
        exactly = [
            item
            for operator, item in zip(("=", *operators), items, strict=True)
            if operator == "=" and not _is_name(item)
        ] or values
        for x, y in pairwise(exactly):
            if matcher.match(x, y).state != "equal":
                return _CONTRADICTION
        value = exactly[0]
    elif len(values) == 1:
        value = values[0]
    elif names and len(operators) > 1:
        for x, y in pairwise(values):
            if matcher.match(x, y).state != "equal":
                return _CONTRADICTION
        value = values[-1]
    else:
        return Node("rel", ("=", *items)) if len(items) == 2 else node
    return Node("rel", ("=", names[0], value)) if names else value


def _is_name(node: Node) -> bool:
    """Whether a node is what stands left of an equals sign to be given a value."""
    if node.kind in ("sym", "call"):
        return True
    if node.kind in ("tuple", "ratio"):
        return all(_is_name(item) for item in node.args)
    if node.kind == "abs":
        return tree.letters(node.args[0]) is not None and node.args[0].kind == "mul"
    if node.kind == "text":
        return True
    return node.kind == "mul" and all(_is_name(factor) for factor in node.args)


def _is_equation(node: Node) -> bool:
    return node.kind == "rel" and node.args[0] in ("=", "approx")


def _assigned(equation: Node) -> tuple[Node, Node] | None:
    """(name, value) of an equation that gives a value to a name."""
    _, left, right = equation.args
    for name, value in ((left, right), (right, left)):
        if _is_name(name) and not (free_symbols(name) & free_symbols(value) and name.kind == "sym"):
            return name, value
    return None


def _call_variable(node: Node) -> Node | None:
    if node.kind == "call" and len(node.args) == 2 and node.args[1].kind == "sym":
        variable: Node = node.args[1]
        return variable
    if node.kind == "mul" and len(node.args) == 2 and node.args[1].kind == "sym":
        variable = node.args[1]
        return variable
    return None


def _difference(equation: Node) -> Node:
    """left - right, over no denominator: what an equation says is zero."""
    return numerator(tree.add(equation.args[1], tree.neg(equation.args[2])))


def _operators(node: Node) -> tuple[str, ...]:
    if node.kind == "chain":
        operators: tuple[str, ...] = node.args[0]
        return operators
    return (node.args[0],) if node.kind == "rel" else ()


def _operands(node: Node) -> tuple[Node, ...]:
    operands: tuple[Node, ...] = node.args[1:] if node.kind in ("rel", "chain") else node.args
    return operands


def _below_zero(node: Node) -> tuple[str, Node] | None:
    """An inequality as `expression < 0` or `<= 0` or `!= 0`."""
    operator, left, right = node.args
    if left.kind not in SCALAR_KINDS or right.kind not in SCALAR_KINDS:
        return None
    if operator in (">", ">="):
        left, right, operator = right, left, operator.replace(">", "<")
    if operator not in ("<", "<=", "!="):
        return None
    return operator, tree.add(left, tree.neg(right))


def _ends(x: Piece, y: Piece) -> list[tuple[Node, Node]]:
    return (
        [(x.low, y.low)]
        if x.low == x.high and y.low == y.high
        else [(x.low, y.low), (x.high, y.high)]
    )


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


def _labelled_items(node: Node) -> Node:
    """`(p, q) = (3, 2)` as `p = 3, q = 2`, and `n = 1, 2, 3` as three values of n."""
    if _is_equation(node) and node.args[1].kind == node.args[2].kind == "tuple":
        names, values = node.args[1].args, node.args[2].args
        if len(names) == len(values):
            return Node(
                "list", tuple(Node("rel", ("=", *pair)) for pair in zip(names, values, strict=True))
            )
    if node.kind == "list" and len(node.args) > 1 and node.args[0].kind == "rel":
        first, *rest = node.args
        if first.args[0] == "in":
            first = Node("rel", ("=", *first.args[1:]))
        assigned = _assigned(first) if _is_equation(first) else None
        if assigned is not None and not any(item.kind in _EQUATIONS for item in rest):
            return Node("list", (assigned[1], *rest))
    return node


def _names_of(items: list[Node]) -> list[Node]:
    """The labels of a list of assignments, or nothing if one item is no assignment."""
    labels = []
    for item in items:
        assigned = _assigned(item) if _is_equation(item) else None
        if assigned is None:
            return []
        labels.append(assigned[0])
    return labels


def _without_labels(items: list[Node]) -> list[Node]:
    found = []
    for item in items:
        assigned = _assigned(item) if _is_equation(item) else None
        found.append(assigned[1] if assigned else item)
    return found


def _decimal_comma(node: Node) -> Fraction | None:
    """`16,5` read as 16.5."""
    if node.kind != "list" or len(node.args) != 2:
        return None
    whole, part = node.args
    if whole.kind != "num" or part.kind != "num" or whole.args[1] != 1 or part.args[1] != 1:
        return None
    if part.args[0] < 0:
        return None
    digits = str(part.args[0])
    sign = -1 if whole.args[0] < 0 else 1
    return whole.args[0] + sign * Fraction(part.args[0], 10 ** len(digits))


_UNIT_POWER = re.compile(r"([A-Za-z]+)(?:\^(\d))?")


def _unit_factor(name: str) -> tuple[str, Fraction] | None:
    """(dimension, factor) of a unit such as `cm` or `cm^2`, or None for one not in the table."""
    found = _UNIT_POWER.fullmatch(name)
    if found is None or found[1] not in UNITS:
        return None
    dimension, p, q = UNITS[found[1]]
    power = int(found[2] or 1)
    return f"{dimension}^{power}", Fraction(p, q) ** power


def _digits_in_base(value: int, base: int) -> int | None:
    """The digits of `value` in `base`, read as a decimal number."""
    if base > 10:
        return None
    digits = ""
    size = abs(value)
    while size:
        size, digit = divmod(size, base)
        digits = str(digit) + digits
    return int(digits or "0") * (-1 if value < 0 else 1)


def _unit_letter(node: Node) -> Node | None:
    """The number in `26 g`, which may be grams or a multiple of g: nobody can tell."""
    if node.kind == "mul" and len(node.args) == 2 and node.args[0].kind in ("num", "dec"):
        if node.args[1].kind == "sym" and node.args[1].args[0] in UNITS:
            number: Node = node.args[0]
            return number
    return None


def _with_unit(node: Node) -> Node:
    """`2 m` beside another length is two metres."""
    number = _unit_letter(node)
    return node if number is None else Node("unit", (number, node.args[1].args[0]))


def _choice_letter(node: Node) -> str | None:
    if node.kind == "choice":
        letter: str = node.args[0]
        return letter
    if node.kind == "sym" and len(node.args[0]) == 1 and node.args[0] in "ABCDEFGHIJ":
        letter = node.args[0]
        return letter
    return None
