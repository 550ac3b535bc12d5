"""Every public function that takes a text does so in linear time; in short, on a few units.

`bootstrap.py bench faults` asks on as many units as one gives it time for.
"""

import random

import pytest

from dpo_math_assets_tests.growth import finding, functions, unit

UNITS = 3


def test_functions_of_every_place_are_found() -> None:
    found = functions()
    assert len(found) > 40
    for one in (
        "verifier.syntax.parser.parse",
        "traces.prompts.canonical_key",
        "traces.prompts.normalise_prompt",
    ):
        assert one in found


@pytest.mark.slow
def test_no_function_takes_more_than_linear_time() -> None:
    source = random.Random(20)
    found = [
        str(told)
        for name, function in functions().items()
        for told in (finding(name, function, unit(source)) for _ in range(UNITS))
        if told
    ]
    assert found == []


def test_a_quadratic_function_is_found() -> None:
    def quadratic(text: str) -> int:
        return sum(text.count("x", 0, place) for place in range(0, len(text), 2))

    told = finding("quadratic", quadratic, "ab")
    assert told is not None and told.power > 1.6
