"""Formulas of logic, compared by their truth tables."""

from itertools import product

from dpo_math_assets.verifier.equivalence.outcome import EQUAL_STRUCTURE, UNKNOWN, Outcome
from dpo_math_assets.verifier.syntax.logic import formula, is_logical
from dpo_math_assets.verifier.syntax.scanner import marks_vectors
from dpo_math_assets.verifier.trace import applied

# Letters of two formulas whose table is written out.
MAX_LETTERS = 10


def compare_formulas(answer: str, gold: str) -> Outcome | None:
    """Two formulas, at least one with a sign of logic; None for any other texts."""
    if not (is_logical(answer) or is_logical(gold)) or marks_vectors(answer + gold):
        return None
    first, second = formula(answer), formula(gold)
    if first is None or second is None:
        joined = any(
            found and is_logical(text) and len(found.letters) > 1
            for found, text in ((first, answer), (second, gold))
        )
        return UNKNOWN if joined else None  # a formula is no list of its letters
    letters = sorted(first.letters | second.letters)
    if len(letters) > MAX_LETTERS:
        return None
    applied("reading.truth_table", answer, gold)
    for row in product((False, True), repeat=len(letters)):
        values = dict(zip(letters, row, strict=True))
        one, other = first.value(values), second.value(values)
        if one != other:
            shown = ", ".join(f"{name} = {value}" for name, value in values.items())
            applied("witness.point", shown, f"{one} and {other}")
            return Outcome("different")
    return EQUAL_STRUCTURE
