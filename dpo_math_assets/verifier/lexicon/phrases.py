"""Phrases as data: patterns of a language, and words that tell at once that a text holds none.

A file holds a table for each kind of phrase. `pattern` is a regular expression whose lines are
joined; case does not matter but in `(?-i:...)`, and `{name}` stands for a fragment of the table
`[fragments]`. `words`, if given, are runs of letters of which every match holds one.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.lexicon.words import table, word_set


class Phrases(NamedTuple):
    """A pattern, and words of which every match holds one (none: no such words are known)."""

    words: frozenset[str]
    pattern: "re.Pattern[str]"


def phrases(file: str, name: str, **fragments: str) -> Phrases:
    """The phrases called `name` in `languages/FILE.toml`, with more fragments to put in."""
    data = table(f"languages/{file}")
    pattern: str = data[name]["pattern"].replace("\n", "")
    for fragment, text in {**data.get("fragments", {}), **fragments}.items():
        pattern = pattern.replace(f"{{{fragment}}}", text)
    return Phrases(word_set(data[name].get("words", "")), re.compile(pattern, re.IGNORECASE))
