"""Whether the order of letters may count: in words, and in products of what may be matrices.

Arithmetic lets factors commute. Three small letters may spell a word (`dog` is not `god`), and
capitals may be matrices or names (`AB` is not `BA`, nor `A^{-1}B` the same as `BA^{-1}`).
"""

import re

from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import Node, Number, Power, Product, Symbol, num
from dpo_math_assets.verifier.syntax.trees import children

_TRANSPOSE = Symbol("T")
_VOWELS = frozenset("aeiou")
# Three small letters by themselves; more are a word anyway.
_THREE = re.compile(r"(?<![A-Za-z0-9\\])[a-z]{3}(?![A-Za-z])")
# Whole powers of a product that are written out.
MAX_POWER = 4

# The capitals of a product with their exponents, from left to right.
Row = tuple[tuple[str, Node], ...]


def order_may_count(a: Node, b: Node) -> bool:
    """Whether two expressions equal as numbers may differ by the order of their capitals."""
    rows = _rows(a), _rows(b)
    together = rows[0] | rows[1]
    if len({tuple(sorted(row, key=repr)) for row in together}) < len(together):
        return True
    return rows[0] != rows[1] and any(map(_returns, together))


def same_capitals(a: Node, b: Node) -> bool:
    """Whether two names of capitals differ in the order alone: `ABC` and `BCA`, `IV` and `VI`."""
    first, second = (
        (tree.letters(node) or "").removeprefix("bar(").removesuffix(")") for node in (a, b)
    )
    if not first or not second or len(first) < 2:
        return False
    return first.isupper() and sorted(first) == sorted(second)


def words_may_differ(a: str, b: str) -> bool:
    """Whether two texts hold three small letters that may be words and differ in their order.

    Words have a vowel; neighbours in the alphabet are variables.
    """
    first, second = set(_THREE.findall(a)), set(_THREE.findall(b))
    letters = [set(map(_letters_of_word, side)) - {""} for side in (first - second, second - first)]
    return not letters[0].isdisjoint(letters[1])


def _letters_of_word(row: str) -> str:
    """The letters of what may be a word in their order, or nothing."""
    letters = "".join(sorted(row))
    neighbours = ord(letters[-1]) - ord(letters[0]) == len(letters) - 1
    return "" if neighbours or _VOWELS.isdisjoint(row) else letters


def _rows(node: Node) -> frozenset[Row]:
    """The rows of two capitals and more among the products of a tree."""
    rows: set[Row] = set()

    def visit(inner: Node) -> None:
        row = _row(inner)
        if len(row) > 1:
            rows.add(row)
            return
        for child in children(inner):
            visit(child)

    visit(node)
    return frozenset(rows)


def _row(node: Node) -> Row:
    match node:
        case Product(factors):
            return tuple(entry for factor in factors for entry in _row(factor))
        case Symbol(name):
            return ((name, num(1)),) if name[0].isupper() and name[1:2] in ("", "_") else ()
        case Power(base, exponent):
            return _raised(_row(base), exponent)
    return ()


def _raised(row: Row, exponent: Node) -> Row:
    if len(row) == 1 and row[0][1] == num(1):
        return ((row[0][0], exponent),)
    if exponent in (num(-1), _TRANSPOSE):  # the factors turn round
        return tuple((name, exponent) for name, _ in reversed(row))
    if isinstance(exponent, Number) and exponent.q == 1 and 1 < exponent.p <= MAX_POWER:
        return row * exponent.p
    return row


def _returns(row: Row) -> bool:
    """Whether a capital comes again behind another: `P^{-1}AP`."""
    names = [name for name, _ in row]
    return any(name in names[place + 2 :] for place, name in enumerate(names))
