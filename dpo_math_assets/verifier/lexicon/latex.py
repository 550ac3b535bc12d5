"""LaTeX commands: command → kind and value of the token that it is. The data: latex.toml."""

from dpo_math_assets.verifier.lexicon.functions import by_spelling
from dpo_math_assets.verifier.lexicon.words import table, word_set

_DATA = table("latex")
TEXT_COMMANDS = word_set(_DATA["text"])
ACCENTS = word_set(_DATA["accents"])
# Kinds are those of the lexer's tokens, and `space`, `skip` (nothing), `group` (nothing, but its
# braces hold an answer).
COMMANDS: dict[str, tuple[str, str]] = {
    **{
        command: (kind, value)
        for kind, spellings in _DATA["commands"].items()
        for command, value in by_spelling(spellings).items()
    },
    **dict.fromkeys(_DATA["skipped"].split(), ("skip", "")),
    **dict.fromkeys((*_DATA["spaces"].split(), " "), ("space", "")),
    **dict.fromkeys(_DATA["groups"].split(), ("group", "")),
}
