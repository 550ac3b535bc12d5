"""Integers in other bases, and the digits by which a text names one without its base."""

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import is_scalar
from dpo_math_assets.verifier.equivalence.outcome import EQUAL_EXACT, UNKNOWN, Outcome, different
from dpo_math_assets.verifier.syntax.nodes import BasedInteger, Node, Number, Product, Symbol
from dpo_math_assets.verifier.trace import applied

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def compare_based(a: Node, b: Node, context: Context) -> Outcome:
    """Integers of which one or both are written in a base."""
    if isinstance(a, BasedInteger) and isinstance(b, BasedInteger):
        return EQUAL_EXACT if a.value == b.value else different(a, b)
    based, other = (a, b) if isinstance(a, BasedInteger) else (b, a)
    assert isinstance(based, BasedInteger)
    if not is_scalar(other):
        return UNKNOWN
    if exact(other) == based.value:
        return EQUAL_EXACT
    # the base is often left away where the question has named it
    if _bare_digits(other) != _digits(based.value, based.base):
        return different(a, b)
    applied("reading.base_left_out", based, other)
    return EQUAL_EXACT


def _digits(value: int, base: int) -> str:
    """The digits of a value in a base, capital letters for those beyond 9."""
    digits, size = "", abs(value)
    while size:
        size, digit = divmod(size, base)
        digits = _DIGITS[digit] + digits
    return ("-" if value < 0 else "") + (digits or "0")


def _bare_digits(node: Node) -> str | None:
    """The text of an integer, or of digits with letters among them: `1A` parses as a product."""
    match node:
        case Number(p=p, q=1):
            return str(p)
        case Symbol():
            return node.name
        case Product():
            parts = list(map(_bare_digits, node.factors))
            return "".join(map(str, parts)) if all(parts) else None
    return None
