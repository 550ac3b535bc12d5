"""Functions, constants and letters: spelling → name in the tree. The data: functions.toml."""

from dpo_math_assets.verifier.lexicon.words import table, word_set


def by_spelling(spellings: dict[str, str]) -> dict[str, str]:
    """Spelling -> name, of a table name -> spellings."""
    return {spelled: name for name, row in spellings.items() for spelled in row.split()}


_DATA = table("functions")
FUNCTION_NAMES = by_spelling(_DATA["functions"])
# Functions only before a bracket, with a value or of unknown value.
UNKNOWN_FUNCTIONS = word_set(_DATA["unknown"])
CALLED = by_spelling(_DATA["called"]) | {name: name for name in UNKNOWN_FUNCTIONS}
CONSTANTS = by_spelling(_DATA["constants"])
GREEK = word_set(_DATA["greek"])
PRINTED = word_set(_DATA["printed"])
PRINTED_SETS: dict[str, tuple[str, str]] = {
    name: (kind, value) for name, (kind, value) in _DATA["printed_sets"].items()
}
