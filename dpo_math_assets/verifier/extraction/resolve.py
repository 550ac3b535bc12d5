"""Which answer of a completion stands: the one place of extraction that knows what equal means.

Two answers are compared by the caller's `Equality`: extraction itself has none.
"""

from typing import Protocol

__all__ = ["Equality"]


class Equality(Protocol):
    """Whether two answers are equal, in milliseconds and under the caller's conventions."""

    def quick_equal(self, a: str, b: str) -> bool:
        """Whether two answers are equal by the tiers that cost microseconds."""
        ...

    def differ(self, a: str, b: str) -> bool | None:
        """Whether two answers differ by all tiers but SymPy; None where that is not known."""
        ...
