"""The part of a completion that decides what its answer is, cut out a column at a time.

Most completions give their answer once, near their end, and hold nothing else that extraction looks
for. What stands before then changes nothing, as a property test holds, and the many texts of a log
become few: `"answer": "42"}` stands in thousands. Everything here is derived from what the finders,
segments, choices and vetoes declare: a text with a needle of theirs that no anchor covers stays
whole, and so does one of which no anchor holds.
"""

from functools import cache
from typing import NamedTuple

import polars as pl

from dpo_math_assets.verifier.extraction import choices, segments
from dpo_math_assets.verifier.extraction.candidate import Anchor, Finder
from dpo_math_assets.verifier.extraction.markers import FINDERS
from dpo_math_assets.verifier.extraction.vetoes import WORDS_BEFORE

# The line above a needle that begins a line, and the words that may veto what stands below.
_LINE_ABOVE = r"([^\n]*)\n\s*$"
_VETO = rf"(?i)(?:^|[^a-z])(?:{'|'.join(sorted(WORDS_BEFORE))})(?:[^a-z]|$)"
_JSON = f"^{segments.BEGINS_JSON}"


class _Plan(NamedTuple):
    """Patterns: what keeps a text whole, and what an anchor may cover."""

    blocking: str
    anchored: str


@cache
def _plan(finders: tuple[Finder, ...], thoughts: segments.Thoughts) -> _Plan:
    anchored = dict.fromkeys(anchor.needle for finder in finders for anchor in finder.anchors)
    needles = [needle for finder in finders for needle in finder.needles]
    blocking = [*segments.NEEDLES, *segments.thought_needles(thoughts), *choices.NEEDLES]
    blocking += [needle for needle in needles if needle not in anchored]
    return _Plan("|".join(blocking), "|".join(anchored))


def decisive_parts(
    texts: pl.Series, finders: tuple[Finder, ...] = FINDERS, thoughts: segments.Thoughts = ()
) -> pl.Series:
    """Each text (String) from the marker that decides on, or all of it; nulls stay."""
    plan = _plan(finders, thoughts)
    text, rest = pl.col("text"), pl.col("rest")
    whole = pl.col("whole").cast(pl.Binary)
    first = pl.col("first")
    frame = pl.LazyFrame({"whole": texts})
    # Each step looks only at what the steps before it left: a search of a null costs nothing.
    for step in (
        {"text": pl.when(~pl.col("whole").str.contains(plan.blocking)).then("whole")},
        {"first": text.str.find(plan.anchored)},
        {
            "head": pl.when(first.is_not_null()).then(whole.bin.slice(0, first)).cast(pl.String),
            "rest": pl.when(first.is_not_null()).then(whole.bin.slice(first)).cast(pl.String),
        },
        {
            "lone": rest.str.count_matches(plan.anchored) == 1,
            "json": text.str.contains(_JSON),
        },
    ):
        frame = frame.with_columns(**step)
    parts = [_part(anchor) for finder in finders for anchor in finder.anchors]
    return frame.select(pl.coalesce(*parts, "whole")).collect().to_series()


def _part(anchor: Anchor) -> pl.Expr:
    """The text from an anchor on, or null."""
    head, rest = pl.col("head"), pl.col("rest")
    holds = rest.str.contains(anchor.opens if anchor.instead else f"^(?:{anchor.opens})")
    if anchor.lone:
        holds &= pl.col("lone")
    if not anchor.in_json:
        holds &= ~pl.col("json")
    if anchor.clear:
        line = pl.when(holds).then(head).str.extract(_LINE_ABOVE)
        holds &= ~line.str.contains(_VETO)
    if anchor.instead:
        holds &= head.str.contains(anchor.above)
        kept = pl.when(holds).then(head).str.replace(f"^(?s:.*){anchor.above}", anchor.instead)
    else:
        kept = pl.when(holds).then(head).str.extract(f"{anchor.above}$")
    return pl.concat_str(kept, rest).str.strip_chars_start("\n")
