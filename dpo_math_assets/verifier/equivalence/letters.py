r"""What the letters of whole answers may stand for: parameters, constants, functions, factors.

Where a letter has another meaning by custom alone, an equality under it decides nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dpo_math_assets.verifier.algebra.equations import assigned
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.equivalence.constants import (
    apart,
    free_constants,
    is_line,
    renamed_constants,
)
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import equation
from dpo_math_assets.verifier.equivalence.outcome import EQUAL_STRUCTURE, UNKNOWN, Outcome
from dpo_math_assets.verifier.equivalence.points import same_points
from dpo_math_assets.verifier.equivalence.scalars import compare_expressions
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import PARAMETER, Node, num
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.trace import applied

# Letters that stand for integers by custom, without a word about it.
INTEGER_LETTERS = frozenset("jklmnpqst")
_PARAMETER = re.compile(rf"{PARAMETER}\d+")
_NONE = frozenset[str]()
# Letters of complex numbers, of which a bar is the conjugate beside the letter itself.
_COMPLEX = frozenset("zw")
_PRINTED = {"E": nodes.Constant("e"), "I": nodes.Constant("i")}


def value_of(node: Node) -> Node:
    """An answer without the name it gives a value to."""
    given = assigned(stated) if (stated := equation(node)) else None
    return node if given is None else given[1]


# Constants of primitives


def compare_families(a: Node, b: Node, context: Context) -> Outcome | None:
    """Primitives and solutions whose free constants take up what they differ by; or None."""
    given = [assigned(stated) if (stated := equation(node)) else None for node in (a, b)]
    if given[0] and given[1] and given[0][0] != given[1][0]:
        return None
    x, y = value_of(a), value_of(b)
    if (pair := apart(x, y)) and (same := compare_expressions(*pair, context)).state != "different":
        applied("reading.free_constant", x, y)
        return same.demoted() if is_line(y) else same
    for named in free_constants(x, y):
        if context.compare(*(apart(*named) or named)).state == "equal":
            applied("reading.free_constant", x, y)
            return UNKNOWN if is_line(y) else EQUAL_STRUCTURE
    return None


# Names of one meaning


def under_one_name(a: Node, b: Node) -> tuple[Node, Node]:
    """Both answers with printed constants as constants, and parameters under one name."""
    a, b = _same_parameters(_printed_constants(a, b), _printed_constants(b, a))
    letters = free_symbols(a) | free_symbols(b)
    conjugates: dict[Node, Node] = {
        nodes.Symbol(f"bar({name})"): nodes.Function("conj", (nodes.Symbol(name),))
        for name in letters
        if name[0] in _COMPLEX and f"bar({name})" in letters
    }
    if not conjugates:
        return a, b
    applied("reading.conjugate", a, b)
    return tree.replace(a, conjugates.get), tree.replace(b, conjugates.get)


def _printed_constants(node: Node, other: Node) -> Node:
    """`2 + 3*I` or `2 + 3j` beside `2 + 3i`: how computer algebra and engineers write i and e."""
    here, there = free_symbols(node), free_symbols(other)
    changed = node
    plain = isinstance(node, nodes.Sum) and not all(map(free_symbols, node.terms))
    if plain and holds(other, "i") and here - there == {"j"}:
        changed = tree.substituted(node, nodes.Symbol("j"), tree.IMAGINARY)  # `3 + 4j`, no vector
    else:
        nothing_else = here | there <= _PRINTED.keys()
        for letter in _PRINTED.keys() & (here if nothing_else else here - there):
            constant = _PRINTED[letter]
            # E beside other letters may be a field, I beside other capitals a current
            others = here - {letter}
            alone = others <= _PRINTED.keys() or (
                letter == "I" and not any(map(_is_capital, others))
            )
            beside = nothing_else or (alone and holds(other, constant.name))
            if beside and not holds(node, constant.name):
                changed = tree.substituted(changed, nodes.Symbol(letter), constant)
    if changed is not node:
        applied("reading.printed_constant", node, changed)
    return changed


def _is_capital(name: str) -> bool:
    return name[:1].isupper()


def _same_parameters(a: Node, b: Node) -> tuple[Node, Node]:
    """A parameter that one side declares and the other only uses, under one name."""
    if (renamed := _renamed(a, b)) is not None:
        return a, renamed
    return _renamed(b, a) or a, b


def _renamed(declaring: Node, using: Node) -> Node | None:
    declared, used = free_symbols(value_of(declaring)), free_symbols(value_of(using))
    parameters = sorted(name for name in declared if name.startswith(PARAMETER))
    if not parameters or not used.isdisjoint(parameters):
        return None
    others = {name for name in used - declared if not name.startswith(PARAMETER)}
    if holds(declaring, "pi"):  # `2\pi r` is no general solution
        others &= INTEGER_LETTERS
    if len(parameters) != len(others):
        return None
    names = zip(sorted(others), parameters, strict=True)
    renamed: dict[Node, Node] = {nodes.Symbol(old): nodes.Symbol(new) for old, new in names}
    changed = tree.replace(using, renamed.get)
    applied("reading.parameter_name", using, changed)
    return changed


# Meanings by custom


def may_be_equal(a: Node, b: Node, context: Context) -> bool:
    """Whether two answers that differ are equal in a reading that is possible by custom."""
    x, y = value_of(a), value_of(b)
    if _names_of_one(a, b):
        applied("reading.other_name", a, b)
        return True
    variables = _variables(a) & _variables(b)
    renamed = renamed_constants(x, y, variables)
    if any(context.compare(other, y).state == "equal" for other in renamed):
        applied("reading.other_constant", a, b)
        return True
    if _of_one_condition(a, b, context):
        applied("reading.bounded_letter", a, b)
        return True
    if same_points(a, b) or same_points(x, y):
        applied("reading.same_points", a, b)
        return True
    return equal_by_custom(a, b, context)


def _variables(node: Node) -> frozenset[str]:
    """The variables of a function that is given: x of `f(x) = c`."""
    given = assigned(stated) if (stated := equation(node)) else None
    return (
        free_symbols(given[0]) if given and isinstance(given[0], nodes.UnknownFunction) else _NONE
    )


def _of_one_condition(a: Node, b: Node, context: Context) -> bool:
    """`2^k, k >= 0` beside `2^n, n >= 0`: a letter that a condition bounds may have any name."""
    if not isinstance(a, nodes.Conditional) or not isinstance(b, nodes.Conditional):
        return False
    own, others = free_symbols(a) - free_symbols(b), free_symbols(b) - free_symbols(a)
    if len(own) != 1 or len(others) != 1 or not own <= free_symbols(a.condition):
        return False
    renamed = tree.substituted(a, nodes.Symbol(*own), nodes.Symbol(*others))
    return context.compare(renamed, b).state == "equal"


_DERIVED = re.compile(r"d(?P<over>\w)/d\w|(?P<prime>\w)'|dot\((?P<dot>\w)\)|(?P<index>\w)_[xyzt]")
_FIGURES = (nodes.Symbol("angle"), nodes.Symbol("triangle"))


def _names_of_one(a: Node, b: Node) -> bool:
    """Whether two names may be of one thing: a derivative, a transpose, an angle by its corner."""
    first, second = _plain_name(a), _plain_name(b)
    return first is not None and first == second


def _plain_name(node: Node) -> str | None:
    """The letter of a derivative, a transposed matrix, the corner of a figure."""
    match node:
        case nodes.Symbol(name) if found := _DERIVED.fullmatch(name):
            return found[found.lastgroup or 0]
        case nodes.Symbol(name) if name.isupper():
            return name[len(name) // 2] if len(name) == 3 else name
        case nodes.Power(base=nodes.Symbol(name), exponent=nodes.Symbol("T")):
            return name
        case nodes.Product(factors=(figure, nodes.Symbol(name))) if figure in _FIGURES:
            return name[len(name) // 2] if len(name) == 3 else name
    return None


@dataclass(frozen=True, slots=True)
class _Custom:
    """What a part of a tree stands for to some readers; `applies` is a cheap test of a pair."""

    rule: str
    applies: Callable[[Node, Node], bool]
    change: Callable[[Node], Node | None]


def equal_by_custom(a: Node, b: Node, context: Context) -> bool:
    """Whether both are equal with letters, logarithms or parameters as others read them."""
    for custom in _CUSTOMS:
        if not custom.applies(a, b):
            continue
        changed = tree.replace(a, custom.change), tree.replace(b, custom.change)
        if changed == (a, b):
            continue
        if context.compare(*changed).state == "equal" or compare_families(*changed, context):
            applied(custom.rule, a, b)
            return True
    return False


def _any_integer(node: Node) -> Node | None:
    """A parameter without what narrows its integers."""
    numbered = _PARAMETER.match(node.name) if isinstance(node, nodes.Symbol) else None
    return nodes.Symbol(numbered[0]) if numbered else None


def _natural_logarithm(node: Node) -> Node | None:
    if isinstance(node, nodes.Function) and node.name == "log" and node.arguments[1] == num(10):
        return nodes.Function("ln", node.arguments[:1])
    return None


def _as_factor(node: Node) -> Node | None:
    """`g(a + b)` as a multiple of g."""
    if not isinstance(node, nodes.UnknownFunction) or len(node.arguments) != 1:
        return None
    return tree.mul(nodes.Symbol(node.name), tree.replace(node.arguments[0], _as_factor))


def _as_constant(node: Node) -> Node | None:
    return _PRINTED.get(node.name) if isinstance(node, nodes.Symbol) else None


def _have_parameters(a: Node, b: Node) -> bool:
    return any(name.startswith(PARAMETER) for name in free_symbols(a) | free_symbols(b))


def _have_logarithms(a: Node, b: Node) -> bool:
    return holds(a, "log()") or holds(b, "log()")


def _have_functions(a: Node, b: Node) -> bool:
    return holds(a, nodes.UnknownFunction) or holds(b, nodes.UnknownFunction)


def _have_capitals(a: Node, b: Node) -> bool:
    composed = isinstance(a, nodes.Sum | nodes.Product | nodes.Power) and isinstance(
        b, nodes.Sum | nodes.Product | nodes.Power
    )
    return composed and not (free_symbols(a) | free_symbols(b)).isdisjoint(_PRINTED)


_CUSTOMS = (
    _Custom("reading.other_integers", _have_parameters, _any_integer),
    _Custom("reading.natural_logarithm", _have_logarithms, _natural_logarithm),
    _Custom("reading.letter_as_factor", _have_functions, _as_factor),
    _Custom("reading.capital_as_constant", _have_capitals, _as_constant),
)
