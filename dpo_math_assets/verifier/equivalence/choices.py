"""Multiple choice: a letter, perhaps with the answer beside it."""

from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.outcome import (
    AMBIGUOUS,
    EQUAL_EXACT,
    Outcome,
    different,
)
from dpo_math_assets.verifier.syntax.nodes import Choice, Node, Symbol
from dpo_math_assets.verifier.trace import applied

_LETTERS = frozenset("ABCDEFGHIJ")


def compare_choices(a: Node, b: Node, context: Context) -> Outcome:
    """A choice beside another, or beside the answer of one."""
    letters = choice_letter(a), choice_letter(b)
    if letters[0] and letters[1]:
        if letters[0] != letters[1]:
            return different(a, b)
        first, second = (node.rest if isinstance(node, Choice) else None for node in (a, b))
        if first is None or second is None:
            return EQUAL_EXACT
        same = context.compare(first, second)
        return AMBIGUOUS if same.state == "different" else same
    if not context.conventions.choice_matches_value:
        return different(a, b)
    first, second = (node.rest if isinstance(node, Choice) else node for node in (a, b))
    if first is None or second is None:
        return different(a, b)
    applied("reading.answer_of_choice", a, b)
    return context.compare(first, second)


def choice_letter(node: Node) -> str | None:
    """The letter of a choice, or a capital that may be one."""
    if isinstance(node, Choice):
        return node.letter
    return node.name if isinstance(node, Symbol) and node.name in _LETTERS else None
