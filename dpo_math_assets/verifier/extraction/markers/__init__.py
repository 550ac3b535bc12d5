"""The markers of an answer, each found by a finder of its own, the strongest kind first.

A new marker is a module with a `Finder`, and its place in `FINDERS`.
"""

from functools import cache

from dpo_math_assets.verifier.extraction.candidate import Candidate, Finder
from dpo_math_assets.verifier.extraction.markers.boxed import BOXED
from dpo_math_assets.verifier.extraction.markers.custom import custom_finder
from dpo_math_assets.verifier.extraction.markers.final_answer import FINAL_ANSWER
from dpo_math_assets.verifier.extraction.markers.hashes import HASHES
from dpo_math_assets.verifier.extraction.markers.international import INTERNATIONAL
from dpo_math_assets.verifier.extraction.markers.json_field import JSON_FIELD
from dpo_math_assets.verifier.extraction.markers.phrases import PHRASES
from dpo_math_assets.verifier.trace import applied

__all__ = ["FINDERS", "finders_with", "marked"]

FINDERS: tuple[Finder, ...] = (
    FINAL_ANSWER,
    BOXED,
    HASHES,
    JSON_FIELD,
    INTERNATIONAL,
    PHRASES,
)


@cache
def finders_with(markers: tuple[str, ...]) -> tuple[Finder, ...]:
    """All finders, and one of the labels that the user has named."""
    return (*FINDERS, custom_finder(markers)) if markers else FINDERS


def marked(text: str, finders: tuple[Finder, ...] = FINDERS) -> dict[str, list[Candidate]]:
    """What stands behind the markers of each kind, the strongest kind first."""
    found: dict[str, list[Candidate]] = {}
    for finder in finders:
        candidates = finder.find(text)
        for candidate in candidates:
            applied(finder.rule, candidate.text)
        found.setdefault(finder.kind, []).extend(candidates)
    return found
