"""The former place of the names in the modules of this folder, until all users have moved."""

from dpo_math_assets.verifier.lexicon.functions import (
    CONSTANTS,
    FUNCTION_NAMES,
    GREEK,
    PRINTED,
    PRINTED_SETS,
)
from dpo_math_assets.verifier.lexicon.latex import ACCENTS, COMMANDS, TEXT_COMMANDS
from dpo_math_assets.verifier.lexicon.units import (
    CURRENCY_CODES,
    LONG_ABBREVIATIONS,
    SPACED_UNITS,
    UNITS,
    UPRIGHT_UNITS,
    unit_named,
)
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, SCALES, TENS, word_set, words

__all__ = [
    "ACCENTS",
    "COMMANDS",
    "CONSTANTS",
    "CURRENCY_CODES",
    "FILLERS",
    "FUNCTION_NAMES",
    "GREEK",
    "LONG_ABBREVIATIONS",
    "NARROWING",
    "NOTES",
    "NOUNS",
    "NUMBER_WORDS",
    "OPENERS",
    "ORDINALS",
    "PRINTED",
    "PRINTED_SETS",
    "REFUSED",
    "SCALES",
    "SHORT_WORDS",
    "SPACED_UNITS",
    "TENS",
    "TEXT_COMMANDS",
    "UNITS",
    "UPRIGHT_UNITS",
    "unit_named",
    "word_set",
]

SHORT_WORDS = words("english", "short")
FILLERS = words("english", "fillers")
NOTES = words("english", "remarks")
NARROWING = words("english", "narrowing")
OPENERS = words("english", "case_openers")
REFUSED = words("english", "refused")
NOUNS = words("english", "nouns")
ORDINALS = words("english", "ordinals")
