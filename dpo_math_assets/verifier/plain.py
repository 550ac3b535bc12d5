"""Completions that end with a plain number behind their only marker, read a column at a time.

In most logs most completions do: `FINAL ANSWER: 42`, or JSON whose last field is `"answer": "42"`.
`extract` finds the same number at many times the cost, as a property test holds. Whatever else a
text may hold to say what its answer is, another marker, a box, thoughts, code or a question that it
asks itself, leaves it to `extract`.
"""

import polars as pl

from dpo_math_assets.verifier.extract import LANGUAGES, QUESTIONS

__all__ = ["plain_answer"]

_NUMBER = r"(-?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
_FIELD = r'(?:^|\n)[ \t]*\{?[ \t]*"(?:final_)?answer"[ \t]*:[ \t]*'
_FIELD_ENDS = r"\s*\}\s*(?:```\s*)?$"
# Nothing stands beside the number or behind it.
_ENDS = (
    rf"(?:^|\n)(?:FINAL ANSWER|F(?i:inal answer)):[ \t]*{_NUMBER}\s*$",
    rf'{_FIELD}"{_NUMBER}"{_FIELD_ENDS}',
    rf"{_FIELD}{_NUMBER}{_FIELD_ENDS}",
)
_MARKER = "nswer|NSWER"
# More than `extract` looks for: these expressions know no lookaround.
_ANYTHING_ELSE = "|".join(
    (
        *(
            "<",
            r"INST\]",
            r"EOS\]",
            "boxed",
            "fbox",
            "####",
            '"final"',
            r"C\)",  # a value that the text lists has a letter
            " (?:Q|Question|Human|User):",
        ),
        rf"```(?:{LANGUAGES})(?-u:\b)",
        rf"\n[#*\[>_ \t-]*(?:[A-Z][a-z]+ )?(?:{QUESTIONS}|question|problem)",
    )
)


def plain_answer(text: pl.Expr) -> pl.Expr:
    """The number that ends a text (String) and leaves no question; null for any other text."""
    lone = (text.str.count_matches(_MARKER) == 1) & ~text.str.contains(_ANYTHING_ELSE)
    return pl.when(lone).then(pl.coalesce(text.str.extract(end) for end in _ENDS))
