"""Math-Verify's functions by their names: the same calls, the same kinds of answers."""

import inspect

import math_verify as theirs
import pytest

from dpo_math_assets.adapters import math_verify as ours


@pytest.mark.parametrize("name", ["parse", "verify"])
def test_whoever_changes_the_import_line_keeps_every_argument(name: str) -> None:
    signatures = [inspect.signature(getattr(module, name)).parameters for module in (ours, theirs)]
    assert list(signatures[0]) == list(signatures[1])
    for argument, parameter in signatures[1].items():
        if argument != "extraction_config":
            assert signatures[0][argument].default == parameter.default


PAIRS = [
    ("$\\frac{1}{2}$", "The result is $0.5$.", True),
    ("\\boxed{(1, 2)}", "Final answer: $(1, 2)$", True),
    ("$x^2 - 1$", "So we find \\boxed{(x-1)(x+1)}.", True),
    ("$3$", "It is \\boxed{4}.", False),
    ("$\\{1, 2\\}$", "\\boxed{\\{2, 3\\}}", False),
]


@pytest.mark.parametrize(("gold", "completion", "equal"), PAIRS)
def test_a_program_written_for_math_verify_runs_on_and_agrees(
    gold: str, completion: str, equal: bool
) -> None:
    for library in (ours, theirs):
        assert library.verify(library.parse(gold), library.parse(completion)) is equal


def test_a_text_without_an_answer_parses_to_nothing_and_matches_nothing() -> None:
    assert ours.parse("") == ours.parse("I cannot say.") == []
    assert ours.verify(ours.parse("2"), []) is False


def test_what_is_not_proven_is_not_true() -> None:
    assert ours.verify("\\text{a tall tree}", "\\text{an oak}") is False
