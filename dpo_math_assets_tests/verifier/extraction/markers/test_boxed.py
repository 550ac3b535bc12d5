"""Boxes with what stands around them: part of the answer, a change of it, or a circumstance."""

import pytest

from dpo_math_assets.verifier import extract, verify


@pytest.mark.parametrize(
    "text",
    [
        "The bell rings $\\boxed{9}$ times in an hour.",
        "The lamp flashes $\\boxed{9}$ times a minute.",
        "She visits him \\boxed{9} times.",
        "He needs $\\boxed{9}$ weeks to earn \\$70.",
        "It takes $\\boxed{9}$ hours to drive from $A$ to $B$.",
        "Hence $20 \\equiv \\boxed{9} \\pmod{11}$.",
        "Hence $20 \\equiv \\boxed{9} \\pmod 11$.",
        "Hence $n \\equiv \\boxed{9}\\bmod 11$",
    ],
)
def test_circumstances_behind_a_box_change_nothing(text: str) -> None:
    assert verify(text, "9").verdict == "correct"


@pytest.mark.parametrize(
    "text",
    [
        "It is $\\boxed{9}$ times 4.",
        "It is $\\boxed{9}$ times the first number.",
        "It rises from 3 to $\\boxed{9}$ to \\$12.",
        "The area is $\\boxed{9}\\pi$.",
        "It is $\\boxed{9}$, or 10.",
        "So we need $n < \\boxed{9}$.",
    ],
)
def test_a_factor_a_range_or_another_value_behind_a_box_is_not_dropped(text: str) -> None:
    assert verify(text, "9").verdict != "correct"


@pytest.mark.parametrize(
    ("text", "part", "whole", "other"),
    [
        ("So $t \\geq \\boxed{9}$.", "9", "t \\ge 9", "t \\le 9"),
        ("So we need $n \\le \\boxed{9}$.", "9", "n \\leq 9", "n < 9"),
        ("The term is $\\boxed{-8}y^5$.", "-8", "-8y^5", "-8y^4"),
        ("It is $\\boxed{8}ab$.", "8", "8ab", "8a"),
    ],
)
def test_of_a_bound_or_a_coefficient_the_gold_says_whether_all_of_it_is_asked_for(
    text: str, part: str, whole: str, other: str
) -> None:
    assert verify(text, part).verdict == "correct"
    assert verify(text, whole).verdict == "correct"
    assert verify(text, other).verdict != "correct"
    assert verify(text, "77").verdict == "incorrect"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So $x = -\\boxed{8}$.", "-8"),
        ("Its volume is $\\boxed{12}\\pi$.", "12\\pi"),
        ("$\\sqrt{\\boxed{7}}$", "\\sqrt{7}"),
        ("\\boxed{2},400 people", "2,400"),
        ("$-\\boxed{a + b}$", "-(a + b)"),
        ("It takes $\\boxed{45}$ minutes.", "45 minutes"),
        ("$\\boxed{30}^\\circ$", "30^\\circ"),
        ("- \\boxed{8}", "8"),
        ("**\\boxed{8}**", "8"),
        ("\\textbf{\\boxed{8}}", "8"),
        ("\\boxed{8}, 400 of them", "8"),
    ],
)
def test_what_touches_a_box_belongs_to_its_answer_and_what_only_shows_it_does_not(
    text: str, answer: str
) -> None:
    assert extract(text).answer == answer


@pytest.mark.parametrize(
    "text", ["$3 + \\boxed{4} = 7$", "$\\boxed{4} \\cdot 2$", "$\\frac{\\boxed{1}}{\\boxed{2}}$"]
)
def test_a_box_that_is_a_term_of_something_larger_is_not_taken_for_all_of_it(text: str) -> None:
    assert extract(text)[::2] == (None, "ambiguous_answer")


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{7} is not the sum.",
        "\\boxed{7} would be right if $x = 1$.",
        "We rule out \\boxed{7}.",
        "\\boxed{7}, or rather 8.",
        "\\boxed{7}. The true answer is 8.",
        "\\boxed{7}. We made an arithmetic slip.",
        "$x \\ne \\boxed{7}$",
        "$\\boxed{7}$ million",
    ],
)
def test_what_follows_a_box_or_bounds_it_can_make_it_no_answer(text: str) -> None:
    assert verify(text, "7").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "The answer is \\boxed{25} less than 80.",
        "The answer is $\\boxed{25}$ or more.",
        "It takes \\boxed{25} hours and 30 minutes.",
        "The answer is half of $\\boxed{25}$.",
        "The answer is at least $\\boxed{25}$.",
        "I don't think it is $\\boxed{25}$.",
        "$\\boxed{25}$, which is incorrect.",
        "$\\boxed{25}$ and $3$",
        "The answer is 25 and",
        "We go on in steps.\n\n### 25.",
    ],
)
def test_words_beside_the_value_or_a_text_cut_off_behind_it_keep_it_from_passing(
    sentence: str,
) -> None:
    assert verify(sentence, "25").ok is not True


@pytest.mark.parametrize("unit", ["gs", "minutes", "cm"])
def test_a_unit_behind_a_box_is_one_by_the_vocabulary_alone(unit: str) -> None:
    assert extract(f"It takes $\\boxed{{25}}$ {unit}.").answer == (
        "25" if unit == "gs" else f"25 {unit}"
    )


@pytest.mark.parametrize(
    "above", ["20 + 5 = 25", "25", "Total: 40", "x +", "\\frac{50}{2}", "We subtract the 4"]
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_number_on_the_line_above_is_no_factor_of_a_box(above: str, gap: str) -> None:
    assert extract(f"We add.\n{above}{gap}\\boxed{{25}}").answer == "25"
    assert verify(f"#### 40\n\n{above}{gap}\\boxed{{25}}", "40").ok is not True


@pytest.mark.parametrize(
    "formula", ["\\[\n3 +\n\\boxed{4}\n\\]", "$$3 \\cdot\n\\boxed{4}$$", "$3 +\n\\boxed{4}$"]
)
def test_a_formula_over_several_lines_holds_its_box_as_a_term(formula: str) -> None:
    assert extract(formula).answer is None


@pytest.mark.parametrize(
    "text",
    [
        "$\\boxed{25}$k",
        "$\\boxed{25}$ × 10³",
        "$\\boxed{25}\\,\\pi$",
        "$\\boxed{25}$ $\\pi$",
        "The sum is \\boxed{25} +",
        "The sum is \\boxed{25,",
        "-$\\boxed{25}$",
        "It is between 20 and $\\boxed{25}$.",
        "It is \\boxed{25}, 30 and 35.",
        "It is 20 or $\\boxed{25}$.",
        "It is \\boxed{25} or 30.",
        "It is \\boxed{25} R3.",
        "Half of the answer is $\\boxed{25}$.",
        "The answer cannot possibly be $\\boxed{25}$.",
        "$x > \\boxed{25}$",
        "$\\boxed{25} \\to 30$",
        "It is two thirds of $\\boxed{25}$.",
        "It is the negative of \\boxed{25}.",
        "It is 3 divided by $\\boxed{25}$.",
        "It can be up to \\boxed{25}.",
        "It is $\\boxed{25}$ sixths.",
        "It is \\boxed{25} but",
    ],
)
def test_a_box_that_its_line_changes_bounds_or_sets_aside_does_not_pass(text: str) -> None:
    assert verify(text, "25").ok is not True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("$\\boxed{\\frac{3}{4}}$ or $0.75$", "3/4"),
        ("He needs at least \\boxed{25} apples.", "25"),
        ("There are \\boxed{25} times as many.", "25"),
        ("$x = \\boxed{3}$ or $\\boxed{-4}$", "-4, 3"),
        ("**Final Answer:** \\boxed{3}, \\boxed{-4}", "-4, 3"),
        ("The length is $|\\boxed{-25}|$", "25"),
        ("The share is \\boxed{25\\%} of the people.", "25%"),
    ],
)
def test_a_box_keeps_its_value_beside_words_that_leave_it_alone(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True
