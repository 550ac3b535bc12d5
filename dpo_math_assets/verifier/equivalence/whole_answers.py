"""Two whole answers: readings that hold for an answer, and not for the parts of one, come on top.

The steps are in `compare_answers` and, for answers in letters, in `_compare_letters`, in the order
in which they are tried.
"""

from dpo_math_assets.verifier.algebra.equations import is_name
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence import dispatch
from dpo_math_assets.verifier.equivalence.choices import choice_letter
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.contextual_readings import read_beside
from dpo_math_assets.verifier.equivalence.families import NUMBERS, RELATIONS, equation
from dpo_math_assets.verifier.equivalence.groups import are_groups
from dpo_math_assets.verifier.equivalence.letters import (
    compare_families,
    equal_by_custom,
    may_be_equal,
    under_one_name,
)
from dpo_math_assets.verifier.equivalence.outcome import (
    EQUAL_STRUCTURE,
    UNKNOWN,
    Outcome,
    SymbolicEqual,
    different,
)
from dpo_math_assets.verifier.equivalence.progressions import same_values
from dpo_math_assets.verifier.equivalence.readings import WHOLE_ANSWERS
from dpo_math_assets.verifier.equivalence.sets import compare_integer_sets
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.trace import applied

# Classes of functions that grow alike, up to a factor and lower terms.
_GROWTHS = tuple(map(nodes.Symbol, ("O", "Theta", "Omega")))


def context_of(
    conventions: Conventions, symbolic: SymbolicEqual | None = None, *, probing: bool = True
) -> Context:
    """The context in which answers are compared under some conventions."""
    return Context(conventions, symbolic, dispatch.compare, probing)


def compare_answers(a: Node, b: Node, context: Context) -> Outcome:
    """Two whole answers, the first the candidate's."""
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):  # the commonest, with one reading only
        return context.compare(a, b)
    if outcome := dispatch.identical(a, b):
        return outcome
    a, b = WHOLE_ANSWERS.of_both(a, b) or (a, b)
    subjects = _subject(a), _subject(b)
    same = context.compare(a, b)
    if None not in subjects and subjects[0] != subjects[1]:
        return same.demoted()
    return same if same.state == "equal" else _compare_otherwise(a, b, same, context)


def _compare_otherwise(a: Node, b: Node, same: Outcome, context: Context) -> Outcome:
    """Whole answers that are not equal as they stand, in their other readings."""
    same = _compare_by_custom(a, b, same, context)
    if same.state == "different" and context.conventions.choice_matches_value:
        return UNKNOWN if _names_option(a, b) else same
    return same


def _compare_by_custom(a: Node, b: Node, same: Outcome, context: Context) -> Outcome:
    if _may_be_one(a, b):
        return UNKNOWN if same.state == "different" else same
    functions = holds(a, nodes.UnknownFunction) or holds(b, nodes.UnknownFunction)
    if functions or free_symbols(a) or free_symbols(b):
        return _compare_letters(a, b, same, context)
    return UNKNOWN if same.state == "different" and equal_by_custom(a, b, context) else same


def _is_growth(node: Node) -> bool:
    """Whether a node, a product or a call by its form, may be a class of growth: `O(n^2)`."""
    if isinstance(node, nodes.UnknownFunction):
        return nodes.Symbol(node.name) in _GROWTHS
    return isinstance(node, nodes.Product) and node.factors[0] in _GROWTHS


def _names_option(a: Node, b: Node) -> bool:
    """Whether one is a lone letter, which may name an option of the question, and the other none.

    Where the question is known, its option stands beside the letter.
    """
    lone = [_is_lone_letter(node) for node in (a, b)]
    other = b if lone[0] else a
    letter = choice_letter(a if lone[0] else b)
    if lone[0] == lone[1] or choice_letter(other) or isinstance(other, nodes.Symbol):
        return False
    if letter in free_symbols(other):  # `D - 1` is no option
        return False
    applied("reading.letter_of_option", a, b)
    return True


def _is_lone_letter(node: Node) -> bool:
    return choice_letter(node) is not None and not (isinstance(node, nodes.Choice) and node.rest)


def _may_be_one(a: Node, b: Node) -> bool:
    """Whether two names, of classes of growth or of groups, may be names of one."""
    if _is_growth(a) and _is_growth(b):
        applied("reading.order_of_growth", a, b)
        return True
    if are_groups(a, b):
        applied("reading.names_of_groups", a, b)
        return True
    return False


def _compare_letters(a: Node, b: Node, same: Outcome, context: Context) -> Outcome:
    """Answers in letters that are not equal as they stand: what the letters may stand for."""
    if outcome := _compare_solutions(a, b) or compare_integer_sets(a, b):
        return outcome
    if same.state == "different" and (family := compare_families(a, b, context)):
        return family
    beside = read_beside(a, b), read_beside(b, a)
    if beside != (a, b):
        return context.compare(*beside)
    renamed = under_one_name(a, b)
    if renamed != (a, b):
        a, b = renamed
        if outcome := _compare_solutions(a, b):
            return outcome
        same = context.compare(a, b)
    return UNKNOWN if same.state == "different" and may_be_equal(a, b, context) else same


def _compare_solutions(a: Node, b: Node) -> Outcome | None:
    """General solutions by the values that they run through; None for other answers."""
    same = same_values(a, b)
    if same is None:
        return None
    applied("reading.general_solution", a, b)
    return EQUAL_STRUCTURE if same else different(a, b)


def _subject(node: Node) -> str | None:
    """The unknown that `x = 1, 2` or `x < 1 or x > 2` speaks of, where it names just one."""
    if isinstance(node, nodes.ValueList) and (first := equation(node.items[0])):
        alone = not any(isinstance(item, RELATIONS) for item in node.items[1:])
        return repr(first.left) if alone and is_name(first.left) else None
    if isinstance(node, nodes.Relation) and node.op == "!=" and isinstance(node.left, nodes.Symbol):
        return repr(node.left)
    if isinstance(node, nodes.SetUnion | nodes.SetIntersection) and all(
        map(tree.is_inequality, node.operands)
    ):
        names = free_symbols(node)
        return repr(nodes.Symbol(*names)) if len(names) == 1 else None
    return None
