r"""Readings that a side has only beside the other, in the order in which they are tried.

`[1, 2]` is an interval, and beside a list it is a list. The other module of readings is `letters`,
for what single letters may stand for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dpo_math_assets.verifier.algebra.approximation import approximate
from dpo_math_assets.verifier.algebra.equations import measured, names_of
from dpo_math_assets.verifier.algebra.matrices import matrix_value
from dpo_math_assets.verifier.equivalence import families
from dpo_math_assets.verifier.equivalence.choices import choice_letter
from dpo_math_assets.verifier.equivalence.divisors import coprime_letters
from dpo_math_assets.verifier.equivalence.points import scaled_vector
from dpo_math_assets.verifier.equivalence.vectors import unit_vector
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children, contents, free_symbols
from dpo_math_assets.verifier.trace import applied


@dataclass(frozen=True, slots=True)
class Reading:
    """Another reading of a node `of` some types, `beside` a node of others.

    `read` gives the node so read, or the node itself. A gold is read so too, or is `never`, or is
    left `ambiguous` by it: then nobody can tell what the answer beside it is worth.
    """

    rule: str
    of: families.Types
    beside: families.Types
    read: Callable[[Node, Node], Node]
    gold: Literal["too", "never", "ambiguous"] = "too"

    def applied_to(self, node: Node, other: Node) -> Node:
        """The node as it reads beside the other; both are of the types of this reading."""
        changed = self.read(node, other)
        if changed is not node:
            applied(self.rule, node, changed)
        return changed


class Readings:
    """Readings in the order in which they are tried, found by the types of a pair."""

    def __init__(self, *ordered: Reading) -> None:
        self._ordered = ordered
        self._by_types: dict[tuple[type[Node], type[Node]], list[_Possible]] = {}

    def of_both(self, a: Node, b: Node) -> tuple[Node, Node] | None:
        """Both sides as they read beside each other; None where the gold is left ambiguous."""
        types = type(a), type(b)
        possible = self._by_types.get(types)
        if possible is None:
            possible = self._by_types[types] = self._possible(*types)
        for reading, reads_answer, reads_gold, later in possible:
            x = reading.applied_to(a, b) if reads_answer else a
            y = reading.applied_to(b, a) if reads_gold else b
            if y is not b and reading.gold == "ambiguous":
                return None
            if x is not a or y is not b:
                return later.of_both(x, y)
        return a, b

    def _possible(self, one: type[Node], other: type[Node]) -> "list[_Possible]":
        possible = []
        for place, reading in enumerate(self._ordered):
            answer = issubclass(one, reading.of) and issubclass(other, reading.beside)
            gold = issubclass(other, reading.of) and issubclass(one, reading.beside)
            gold = gold and reading.gold != "never"
            if answer or gold:
                later = Readings(*self._ordered[place + 1 :])
                possible.append((reading, answer, gold, later))
        return possible


# A reading, whether it may read the candidate's side and the gold's, and the readings after it.
_Possible = tuple[Reading, bool, bool, Readings]

# Readings of whole answers

_DIVISORS = frozenset(("gcd()", "lcm()"))


def _coprime(node: Node, other: Node) -> Node:
    if families.equation(node) or _DIVISORS.isdisjoint(contents(node)):
        return node
    return coprime_letters(node) if _DIVISORS.isdisjoint(contents(other)) else node


def _measured(node: Node, other: Node) -> Node:
    """7 of `a + b = 7`."""
    stated = families.equation(node)
    if stated is None or isinstance(other, families.RELATIONS):
        return node
    return measured(stated) or node


def _pair_in_braces(node: Node, other: Node) -> Node:
    r"""`\{(2, -1)\}` beside `(2, -1)` or `x = 2, y = -1`."""
    items = children(node)
    if len(items) != 1 or not isinstance(items[0], nodes.Tuple):
        return node
    labelled = isinstance(other, nodes.Tuple) or names_of(list(children(other)))
    return items[0] if labelled else node


def _choice_with_value(node: Node, other: Node) -> Node:
    """`D, 5` beside 5 or D."""
    items = children(node)
    if len(items) != 2 or not isinstance(items[0], nodes.Symbol) or free_symbols(items[1]):
        return node
    letter = choice_letter(items[0])
    return nodes.Choice(letter, items[1]) if letter else node


def _only_item(node: Node, other: Node) -> Node:
    r"""`\{5\}` beside 5; `\{x\}` may be a fractional part."""
    items = children(node)
    if len(items) != 1:
        return node
    return tree.in_braces(items[0]) if isinstance(items[0], nodes.SCALARS) else items[0]


_SINGLE = (*nodes.SCALARS, nodes.Quantity, nodes.Choice)
_ANY = (Node,)

# Beside whole answers only: inside others a set is no item of its own, say.
WHOLE_ANSWERS = Readings(
    Reading("reading.coprime_letters", _ANY, _ANY, _coprime, gold="never"),
    Reading("reading.stated_quantity", (nodes.Relation,), _ANY, _measured, gold="never"),
    Reading(
        "reading.set_of_one", (nodes.FiniteSet,), (nodes.Tuple, nodes.ValueList), _pair_in_braces
    ),
    Reading("reading.choice_in_list", (nodes.ValueList,), _SINGLE, _choice_with_value),
    Reading("reading.set_of_one", (nodes.FiniteSet,), _SINGLE, _only_item),
)

# Readings of any two parts


def _named_point(node: Node, other: Node) -> Node:
    """`A(1, 2)` beside a tuple."""
    name_and_pair = _name_and_pair(node)
    return name_and_pair[1] if name_and_pair else node


def _scaled_vector(node: Node, other: Node) -> Node:
    """`t(1, -1)` beside `(t, -t)`."""
    return scaled_vector(node) or node


def _combinations(node: Node, other: Node) -> Node:
    """`C(5, 2)` beside a number: the ways to choose."""
    name_and_pair = _name_and_pair(node)
    if name_and_pair is None:
        return node
    name, pair = name_and_pair
    return tree.chosen(name, *pair.items) if name in ("C", "P") and len(pair.items) == 2 else node


def _name_and_pair(node: Node) -> tuple[str, nodes.Tuple] | None:
    if not isinstance(node, nodes.Product) or len(node.factors) != 2:
        return None
    name, pair = node.factors
    if (
        not isinstance(name, nodes.Symbol)
        or not isinstance(pair, nodes.Tuple)
        or not name.name[0].isupper()
    ):
        return None
    return name.name, pair


def _descending_pair(node: Node, other: Node) -> Node:
    """`[3, -1]` beside the point `(3, -1)`: no interval descends."""
    if not _is_closed(node):
        return node
    ends = children(node)
    low, high = map(approximate, ends)
    return node if low is None or high is None or low <= high else nodes.Tuple(ends)


def _as_list(node: Node, other: Node) -> Node:
    return nodes.ValueList(children(node)) if _is_closed(node) else node


def _as_row(node: Node, other: Node) -> Node:
    return nodes.Tuple(children(node)) if _is_closed(node) else node


def _is_closed(node: Node) -> bool:
    return isinstance(node, nodes.Interval) and node.low_closed and node.high_closed


def _components(node: Node, other: Node) -> Node:
    """`2i - 3j` beside a vector."""
    vector = isinstance(other, nodes.Tuple) or (
        isinstance(other, nodes.Matrix) and 1 in _shape(other)
    )
    size = len(children(other)) if vector else 0
    return (unit_vector(node, size) if size in (2, 3) else None) or node


def _shape(matrix: nodes.Matrix) -> tuple[int, int]:
    return len(matrix.rows), len(matrix.rows[0])


def _identity(node: Node, other: Node) -> Node:
    """`3I_2` beside a matrix of two rows and columns."""
    size = len(other.rows) if isinstance(other, nodes.Matrix) else 0
    names = [nodes.Symbol(name) for name in ("I", f"I_{size}", "E", f"E_{size}")]
    rows = tuple(tuple(num(int(k == place)) for k in range(size)) for place in range(size))
    changed = tree.replace(node, lambda part: nodes.Matrix(rows) if part in names else None)
    return node if changed == node else matrix_value(changed) or changed


def _rows_in_brackets(node: Node, other: Node) -> Node:
    """`((1, 2), (3, 4))` beside a matrix."""
    items = children(node)
    rows = tuple(item.items for item in items if isinstance(item, nodes.Tuple))
    return nodes.Matrix(rows) if len(rows) == len(items) and len(set(map(len, rows))) == 1 else node


_NAMED_PAIRS = (
    Reading(
        "reading.named_point", (nodes.Product,), (*families.ROWS, nodes.ValueList), _named_point
    ),
    Reading("reading.combinations", (nodes.Product,), nodes.SCALARS, _combinations),
)
NAMED_PAIRS = Readings(*_NAMED_PAIRS)
BESIDE = Readings(
    *_NAMED_PAIRS,
    Reading("reading.scaled_vector", (nodes.Product,), families.ROWS, _scaled_vector),
    Reading("reading.descending_pair", (nodes.Interval,), (nodes.Tuple,), _descending_pair),
    Reading(
        "reading.brackets_of_list",
        (nodes.Interval,),
        (nodes.ValueList,),
        _as_list,
        gold="ambiguous",
    ),
    Reading(
        "reading.brackets_of_list", (nodes.Interval,), (nodes.Matrix,), _as_row, gold="ambiguous"
    ),
    Reading("reading.unit_vectors", nodes.SCALARS, families.ROWS, _components),
    Reading("reading.identity_matrix", nodes.SCALARS, (nodes.Matrix,), _identity),
    Reading("reading.rows_in_brackets", (nodes.Tuple,), (nodes.Matrix,), _rows_in_brackets),
)
