import pytest

from dpo_math_assets.verifier.algebra.signs import one_or_list, sign_choices
from dpo_math_assets.verifier.syntax.parser import parse


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("x + 1", ["x + 1"]),
        ("(1, \\pm 2)", ["(1, 2)", "(1, -2)"]),
        ("(\\pm 1, \\pm 2)", ["(1, 2)", "(1, -2)", "(-1, 2)", "(-1, -2)"]),
        ("0, \\pm 2", ["0, 2, -2"]),
    ],
)
def test_signs_of_items_are_chosen_one_by_one(text: str, choices: list[str]) -> None:
    assert sign_choices(parse(text)) == [parse(choice) for choice in choices]


def test_signs_of_one_expression_go_together() -> None:
    both, opposite = sign_choices(parse("\\pm 1 \\pm x")), sign_choices(parse("1 \\pm 2 \\mp x"))
    assert both is not None and opposite is not None
    assert len(both) == len(opposite) == 2


def test_many_signs_are_not_written_out() -> None:
    assert sign_choices(parse("(\\pm 1, \\pm 2, \\pm 3, \\pm 4, \\pm 5)")) is None


def test_what_is_excluded_is_both() -> None:
    (choice,) = sign_choices(parse("x \\ne \\pm 2")) or []
    assert choice == parse("x \\ne 2, x \\ne -2")


def test_one_choice_is_no_list() -> None:
    assert one_or_list([parse("1")]) == parse("1")
    assert one_or_list([parse("1"), parse("2")]) == parse("1, 2")
