"""Whether two answers are equal by what costs milliseconds at most, under given conventions.

This is what extraction asks, of the answers that one completion gives: SymPy is never started.
"""

from functools import cache

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.outcome import Ternary
from dpo_math_assets.verifier.equivalence.whole_answers import compare_answers, context_of
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.parser import parse


class AnswerEquality:
    """Equality of answers as text under one set of conventions; what cannot be read is unknown."""

    def __init__(self, conventions: Conventions) -> None:
        self._quick = context_of(conventions, probing=False)
        self._thorough = context_of(conventions)

    def quick_equal(self, a: str, b: str) -> bool:
        """Whether two answers are equal by the tiers that cost microseconds."""
        return _state(self._quick, a, b) == "equal"

    def differ(self, a: str, b: str) -> bool | None:
        """Whether two answers differ by all tiers but SymPy; None where that is not known."""
        state = _state(self._thorough, a, b)
        return None if state == "unknown" else state == "different"


def _state(context: Context, a: str, b: str) -> Ternary:
    try:
        return compare_answers(parse(a), parse(b), context).state
    except (ParseError, VerifierLimitError):
        return "unknown"


@cache
def equality_under(conventions: Conventions) -> AnswerEquality:
    """The equality of a set of conventions."""
    return AnswerEquality(conventions)
