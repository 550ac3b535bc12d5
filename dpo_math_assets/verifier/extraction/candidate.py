"""What a marker finds in a completion, what extraction gives in the end, and what it is handed to
compare two answers: extraction itself knows of no equality."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

# Markers of a kind that are looked at: the last ones.
MAX_MARKERS = 100


class Equality(Protocol):
    """Whether two answers are equal, in milliseconds and under the caller's conventions."""

    def quick_equal(self, a: str, b: str) -> bool:
        """Whether two answers are equal by the tiers that cost microseconds."""
        ...

    def differ(self, a: str, b: str) -> bool | None:
        """Whether two answers differ by all tiers but SymPy; None where that is not known."""
        ...


class Extraction(NamedTuple):
    """`answer` and the `marker` it stood behind, or None and the `reason` there is none.

    Several boxes are kept as `\\boxed{a}, \\boxed{b}`: only the gold can tell whether they are the
    parts of one answer. So are the answers to several parts of a question; `;` stands between
    parts with names of their own, of which each has its place.
    """

    answer: str | None
    marker: str | None
    reason: str | None


NONE = Extraction(None, None, "no_final_answer")
AMBIGUOUS = Extraction(None, None, "ambiguous_answer")


class Candidate(NamedTuple):
    """An answer in a text: where its marker begins, where second thoughts about it may begin.

    `text` is empty where the marker stands and leaves its answer open. `other` holds two forms in
    which the text gives the value: the candidate stands only if they are equal. Below a heading,
    a sentence is no answer.
    """

    start: int
    end: int
    text: str
    other: tuple[str, str] | None = None
    below_heading: bool = False


class Anchor(NamedTuple):
    """Where a text may begin for a finder: what stands before decides nothing.

    `needle` is one of the finder's. What stands before the first needle of the text must match
    `above` at its end, whose only group is what is kept of it, and the text from there on must
    match `opens` at its beginning, so that the finder gives a candidate. With `lone`, no other
    needle may follow; with `clear`, no word of a veto may stand on the line above; without
    `in_json`, the text may not be JSON. With `instead`, both are looked for anywhere, and what
    stands before the end of the last match of `above` is replaced.
    All patterns are without lookaround.
    """

    needle: str
    above: str
    opens: str
    lone: bool = True
    clear: bool = False
    in_json: bool = False
    instead: str = ""


class Finder(NamedTuple):
    """A marker. Every text in which it finds something has a match of one of its `needles`.

    `rule` is its id, `kind` how strong it is. A text with needles of none but anchored ones may be
    read from an anchor on; any other is read whole.
    """

    rule: str
    kind: str
    needles: tuple[str, ...]
    find: Callable[[str], list[Candidate]]
    anchors: tuple[Anchor, ...] = ()


def last_occurrences(text: str, *words: str) -> list[int]:
    """Where the words begin, in order; the last ones if there are very many."""
    found: list[int] = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)[-MAX_MARKERS:]
