"""The part of a completion that decides what its answer is, cut out a column at a time.

Most completions give their answer once, at the beginning of a line or as a field of JSON, and hold
nothing else that `extract` looks for. What stands before that marker then changes nothing, as a
property test holds, and the many texts of a log become few: `"answer": "42"}` stands in thousands.
Whatever else a text may hold, another marker, a box, thoughts, code, listed choices, a question
that it asks itself, a doubt, keeps it whole.
"""

import polars as pl

from dpo_math_assets.verifier.extraction.markers.international import (
    _ASCII_STEMS as ASCII_STEMS,
)
from dpo_math_assets.verifier.extraction.markers.international import (
    _OTHER_STEMS as OTHER_STEMS,
)
from dpo_math_assets.verifier.extraction.segments import ASKING, BEGINS_JSON, LANGUAGES, QUESTIONS
from dpo_math_assets.verifier.extraction.vetoes import VETOED_BEFORE

__all__ = ["decisive_parts"]

_MARKER = "nswer|NSWER"
# A field behind another field or at the beginning of a line; its key ends what stood before it.
_FIELD = r'(?:^|\n|",\s*)([ \t]*\{?[ \t]*"(?:final_)?answer"[ \t]*:(?s:.*))$'
# A label or a sentence that begins a line, below one that does not run on into it.
_LINE = (
    r"(?:^|(?:^|[^A-Za-z\s])\s*\n)"
    r"((?:[*#_> \t]{0,20}(?:FINAL ANSWER|F(?i:inal answer)|Answer)[*_ ]*:"
    r"|(?:(?:So|Thus|Hence|Therefore),? )?[Tt]he (?:final |correct )?answer is:? [$*\\(\[-]*\d)"
    r"(?s:.*))$"
)
_A = r"(?:^|\n)A:"
_LAST_LINE = r"(?:^|\n)(A:[^\n]*\s*)$"
_HASHES = "#{4,}"
_ABOVE_HASHES = r"(?:^|\n)([^\n]*[A-Za-z\d][^\n]*\n)\s*####"
_HASHED = r"\n(#{4,}[ \t]*-?\$?\d[\d,]*(?:\.\d+)?[ \t]*(?:\n(?s:.*))?)$"
# These expressions know no lookaround: without it, more is found, and the text stays whole.
_VETOED = "(?im:" + VETOED_BEFORE.replace(r"(?<!\bI )", "") + ")"
# More than `extract` looks for.
_ANYTHING_ELSE = "|".join(
    (
        # line ends of Windows, what only Python calls space, thoughts, tokens of a chat, code
        *(
            r"[\r\x1c-\x1f]",
            r"</?[A-Za-z]",
            r"<\|",
            "<｜",
            r"INST\]",
            r"EOS\]",
            rf"```(?:{LANGUAGES})(?-u:\b)",
        ),
        # other markers
        *("boxed", "fbox", '"final"', "ption", "hoice", r"(?:^|\n)Ans:"),
        " is (?:the )?(?:correct|right|best)",
        *(*ASCII_STEMS, *OTHER_STEMS),
        # listed choices
        *(r"(?:^|[\s(])[B-J][).:]\s", r"C\)"),
        # questions
        f" (?:{'|'.join(ASKING)}):",
        rf"\n[#*\[>_ \t-]*(?:[A-Z][a-z]+ )?(?:{QUESTIONS}|question|problem)",
    )
)


def decisive_parts(texts: pl.Series) -> pl.Series:
    """Each text (String) from its only marker on, or all of it; nulls stay."""
    text, marked, hashed = pl.col("text"), pl.col("marked"), pl.col("hashed")
    markers, hashes, prose = pl.col("markers"), pl.col("hashes"), pl.col("prose")
    # Each step looks only at what the steps before it left: a search of a null costs nothing.
    steps = (
        {"text": pl.when(~text.str.contains(_ANYTHING_ELSE)).then(text)},
        {"markers": text.str.count_matches(_MARKER), "hashes": text.str.count_matches(_HASHES)},
        {"lone": pl.when((markers + hashes == 1) & ~text.str.contains(_A)).then(text)},
        {"marked": pl.when(markers == 1).then("lone"), "hashed": pl.when(hashes == 1).then("lone")},
        {"prose": ~text.str.contains(f"^{BEGINS_JSON}")},
        {"field": marked.str.extract(_FIELD), "above": hashed.str.extract(_ABOVE_HASHES)},
        {
            "line": pl.when(pl.col("field").is_null() & prose).then(marked).str.extract(_LINE),
            "undoubted": pl.when(~pl.col("above").str.contains(_VETOED))
            .then(hashed)
            .str.extract(_HASHED),
            "last": pl.when((markers + hashes == 0) & prose).then(text).str.extract(_LAST_LINE),
        },
    )
    frame = pl.LazyFrame({"whole": texts, "text": texts})
    for step in steps:
        frame = frame.with_columns(**step)
    part = pl.coalesce("field", "line", "undoubted", "last", "whole")
    return frame.select(part).collect().to_series()
