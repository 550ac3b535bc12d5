"""Words as data: the tables of this folder, and the word lists of each language.

`languages/english.toml` and its like hold lists of words (`name = '''...'''`, separated by white
space) and tables of words with what each stands for (`[name]`). Every table is read once.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """The data of `NAME.toml` in this folder."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


def word_set(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


def in_order(language: str, name: str) -> list[str]:
    """A list of words of a language, in the order of its file."""
    text: str = table(f"languages/{language}")[name]
    return text.split()


def words(language: str, name: str) -> frozenset[str]:
    """A list of words of a language, such as `words("english", "fillers")`."""
    return frozenset(in_order(language, name))


def meanings(language: str, name: str) -> dict[str, Any]:
    """Words of a language and what each stands for, such as `meanings("english", "scales")`."""
    found: dict[str, Any] = table(f"languages/{language}")[name]
    return found


# Number words of English: from zero to twenty, the tens, and what multiplies.
NUMBER_WORDS = {word: value for value, word in enumerate(in_order("english", "numbers"))}
TENS = {word: 10 * tens for tens, word in enumerate(in_order("english", "tens"), start=2)}
SCALES: dict[str, int] = meanings("english", "scales")
ORDINALS = words("english", "ordinals")
# What is counted and measures nothing, in the singular.
THINGS = words("english", "things")
# Answers that say that there is no number, each in one form.
WITHOUT_VALUE = frozenset(str(table("languages/english")["without_value"]).strip().splitlines())
# What a question has named whose answer is an adjective.
NOUNS = words("english", "nouns")
