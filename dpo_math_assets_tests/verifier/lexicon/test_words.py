"""Every word of the tables stands there once, and means what it says."""

from collections import Counter
from fractions import Fraction

import pytest

from dpo_math_assets.verifier.lexicon.functions import FUNCTION_NAMES
from dpo_math_assets.verifier.lexicon.latex import COMMANDS
from dpo_math_assets.verifier.lexicon.units import SPACED_UNITS, UNITS, unit_named
from dpo_math_assets.verifier.lexicon.words import (
    NUMBER_WORDS,
    SCALES,
    TENS,
    in_order,
    meanings,
    table,
    words,
)
from dpo_math_assets.verifier.syntax.nodes import FUNCTIONS
from dpo_math_assets.verifier.syntax.units import unit_factor

# Functions that the parser builds out of others.
BUILT = {"lg", "sqrt", "cbrt", "root", "abs", "fact", "cis"}


def _commands() -> list[str]:
    data = table("latex")
    lists = [data["skipped"], data["spaces"], data["groups"]]
    lists += [row for kind in data["commands"].values() for row in kind.values()]
    return " ".join(lists).split()


def _spellings(data: dict[str, str]) -> list[str]:
    return " ".join(data.values()).split()


def _unit_spellings() -> list[str]:
    data = table("units")
    found = []
    for row in data["units"].values():
        sign, names = row.get("sign", ""), row["names"].split()
        for prefix in ("", *row.get("prefixes", "")):
            spelled = data["prefixes"][prefix]["name"] if prefix else ""
            found += [*([prefix + sign] if sign else []), *(spelled + name for name in names)]
    return found


@pytest.mark.parametrize(
    "spellings",
    [
        _commands(),
        _spellings(table("functions")["functions"]),
        _spellings(table("functions")["constants"]),
        _unit_spellings(),
    ],
    ids=["commands", "functions", "constants", "units"],
)
def test_no_spelling_stands_in_a_table_twice(spellings: list[str]) -> None:
    assert [name for name, times in Counter(spellings).items() if times > 1] == []


def test_every_function_is_one_of_the_tree_or_built_by_the_parser() -> None:
    by_sign = {"gamma"}  # `\\Gamma` before brackets, which alone is a letter
    assert set(FUNCTION_NAMES.values()) | by_sign == FUNCTIONS.keys() | BUILT


def test_commands_have_the_kind_of_their_table() -> None:
    assert COMMANDS["leqslant"] == ("rel", "<=")
    assert COMMANDS["{"] == ("open", "\\{")
    assert COMMANDS[" "] == ("space", "")
    assert COMMANDS["left"] == ("skip", "")


@pytest.mark.parametrize(
    ("spelling", "dimension", "factor"),
    [
        ("kilometre", "m", Fraction(1000)),
        ("um", "m", Fraction(1, 10**6)),
        ("ounce", "g", Fraction(45_359_237, 1_600_000)),
        ("mph", "m s^-1", Fraction(1609344, 3_600_000)),
        ("kph", "m s^-1", Fraction(1000, 3600)),
        ("keV", "g m^2 s^-2", Fraction(1_602_176_634, 10**22)),
    ],
)
def test_units_have_exact_factors(spelling: str, dimension: str, factor: Fraction) -> None:
    assert UNITS[spelling] == (dimension, factor)


def test_a_plural_is_the_unit_and_ms_is_no_plural() -> None:
    assert [unit_named(word) for word in ("miles", "ms", "m", "widgets")] == [
        "mile",
        "ms",
        "m",
        None,
    ]
    # these stand before other units only: `sq ft`
    assert SPACED_UNITS - {"sq", "cu"} <= UNITS.keys()


def test_units_compose() -> None:
    assert unit_factor("km / hour") == ("m^1 s^-1", Fraction(5, 18))


def test_number_words_count() -> None:
    assert (NUMBER_WORDS["zero"], NUMBER_WORDS["twenty"], len(NUMBER_WORDS)) == (0, 20, 21)
    assert (TENS["twenty"], TENS["ninety"]) == (20, 90)
    assert SCALES["billion"] == 10**9
    assert meanings("english", "scales") == SCALES
    assert in_order("english", "tens")[0] == "twenty"
    assert "therefore" in words("english", "fillers")
    assert "个" in words("chinese", "counters")
