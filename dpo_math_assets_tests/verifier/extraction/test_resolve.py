"""Which of several answers of a completion stands."""

import polars as pl
import pytest

from dpo_math_assets.verifier import Conventions, extract, verify, verify_frame

STRICT = Conventions(
    percent_matches_number=False, assignment_matches_value=False, units_optional=False
)


@pytest.mark.parametrize(
    ("completion", "lenient", "strict"),
    [
        ("Answer: 10%\nAnswer: 10", "10", "ambiguous_answer"),
        ("#### 5 km\n#### 5", "5", "ambiguous_answer"),
        ("\\boxed{x = 5} or \\boxed{5}", "5", "\\boxed{x = 5}, \\boxed{5}"),
    ],
)
def test_answers_of_one_completion_are_compared_under_the_callers_conventions(
    completion: str, lenient: str, strict: str
) -> None:
    for conventions, expected in ((Conventions(), lenient), (STRICT, strict)):
        found = extract(completion, conventions)
        assert (found.answer or found.reason) == expected
        frame = pl.DataFrame({"candidate": [completion], "ground_truth": ["7"]})
        row = verify_frame(frame, conventions=conventions).row(0, named=True)
        assert (row["extracted"] or row["reason"]) == expected


@pytest.mark.parametrize(
    "completion",
    [
        "FINAL ANSWER: 41\nOn reflection:\nFINAL ANSWER: 42",
        "#### 41\nWait.\n#### 42",
        "FINAL ANSWER: 41\nNo: \\boxed{42}",
        '{"answer": "41"} or rather {"answer": "42"}',
    ],
)
def test_answers_that_disagree_are_ambiguous_and_the_last_is_not_just_taken(
    completion: str,
) -> None:
    assert extract(completion).reason == "ambiguous_answer"
    assert verify(completion, "42").verdict == "undecided"


def test_the_same_answer_in_two_forms_is_one_answer() -> None:
    assert extract("So \\boxed{1/2}, that is, \\boxed{0.5}.").answer == "0.5"


def test_several_boxes_answer_a_gold_of_as_many_parts_and_no_other() -> None:
    completion = "The cat has \\boxed{3} and the dog \\boxed{5}."
    assert verify(completion, "3, 5").ok is True
    assert verify(completion, "3, 4").ok is False
    for gold in ("3", "5", "3, 5, 7"):
        assert verify(completion, gold).reason == "ambiguous_answer"


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("We solve.\n**Final Answer:**\nx = 8\ny = 9", "(8, 9)"),
        ("Answer:\nx = 8 or\nx = 9", "8, 9"),
        ("Final Answers:\n(a) $\\frac{1}{7}$\n(b) $\\frac{2}{7}$", "\\frac{1}{7}, \\frac{2}{7}"),
        ("Answer:\n- 21\n- 24", "21, 24"),
    ],
)
def test_parts_on_lines_of_their_own_are_one_answer_and_the_first_alone_is_none(
    text: str, gold: str
) -> None:
    assert verify(text, gold).ok is True
    assert verify(text, gold.strip("()").split(",")[0]).ok is not True


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("\\boxed{12}\n\nThe answer is 15 apples.", "12"),
        ("\\boxed{\\frac12}\n\nSo the answer is $\\frac13$.", "\\frac12"),
        ("\\boxed{B}\n\nThe answer is C.", "B"),
        ("Without it the answer is 120.\n\nNow 120 - 24 = 96.\n\nSo there are 96 ways.", "120"),
        ("#### 12\n\nSo Tom has 15 apples.", "12"),
        ("\\boxed{7}\n\nRounding to the nearest ten gives 10.", "7"),
        ("Answer: 5\nAnswer: 6", "6"),
        ("<answer>12</answer><answer>13</answer>", "13"),
        ("Answer: There are 12 apples. Then he gets 5 more, so 17.", "12"),
        ("Thus, we discard $x = 5$.", "5"),
        ("To find it, we must evaluate $\\binom{10}{3}$.", "120"),
        ("Thus, x exceeds $14$.", "14"),
        ("Thus, 2x is 14.", "14"),
        ("$\\boxed{3}$ squared", "3"),
        ("x = 3\ny = 4", "4"),
    ],
)
def test_an_answer_that_is_not_the_last_word_or_not_stated_never_passes(
    text: str, first: str
) -> None:
    assert verify(text, first).ok is not True


@pytest.mark.parametrize(
    "ending", ["#### 7.4", "The answer is 7.4.", "\\boxed{7.4}", "Answer: 7.4"]
)
@pytest.mark.parametrize(
    "more",
    [
        "Since nobody can ride in a part of a bus, we need 8.",
        "Rounding up, 8 buses.",
        "Without the driver: 7.4 - 1 = 6.4",
        "So the whole class takes 8 buses.",
        "8",
        "That does not look right.",
        "Let me try a different approach.",
    ],
)
def test_an_answer_that_the_text_goes_on_from_to_another_value_never_passes(
    ending: str, more: str
) -> None:
    assert verify(f"We divide.\n{ending}\n\n{more}", "7.4").reason == "ambiguous_answer"


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{4}\n\nCorrected: \\boxed{7}",
        "\\boxed{4}\n\nRecalculating: \\boxed{7}",
        "We try $\\boxed{4}$. It fails. We try $\\boxed{7}$.",
        "$\\boxed{4}$ and $\\boxed{7}$ are candidates; only 7 fits.",
        "Step 1 gives $\\boxed{4}$. Step 2 gives $\\boxed{7}$.",
        "between \\boxed{4} and \\boxed{7}",
        "$\\boxed{4} < x < \\boxed{7}$",
        "$n \\notin \\{\\boxed{4}, \\boxed{7}\\}$",
    ],
)
def test_boxes_of_which_one_replaces_or_bounds_the_other_are_no_parts(text: str) -> None:
    assert verify(text, "4, 7").ok is not True


@pytest.mark.parametrize(
    "text", ["(a) $\\boxed{4}$ (b) $\\boxed{7}$", "Area: \\boxed{4}\nPerimeter: \\boxed{7}"]
)
def test_named_parts_pass_in_their_own_order_only(text: str) -> None:
    assert verify(text, "4, 7").ok is True
    assert verify(text, "7, 4").ok is None


@pytest.mark.parametrize(
    "more",
    [
        "Check your units! The actual length is 9.",
        "Let me check. 3 times 4 is 12, but one was sold: 11.",
        "To verify: the number of pens is actually 11, as one was sold.",
        "Pens are sold whole, so she must buy thirteen.",
        "Thus the total is eleven pens.",
        "That can't be, since 12 > 9.",
        "This violates the second condition.",
        "I misapplied the rule.",
        "Subtracting the broken one, we are left with 11.",
        "Reading it again, it asks for 11.",
        "Or is it 11?",
        "However,",
    ],
)
def test_a_check_or_a_conclusion_in_words_that_finds_another_value_keeps_the_first_from_passing(
    more: str,
) -> None:
    for answer in ("The answer is 12.", "\\boxed{12}", "**Answer:** 12"):
        assert verify(f"We count.\n\n{answer}\n\n{more}", "12").ok is not True


@pytest.mark.parametrize(
    "told",
    [
        "Confidence: 95%",
        "**Confidence (0-100):** 80",
        "Difficulty: 3/5",
        "Output tokens: 512",
        "Time complexity: O(1)",
    ],
)
@pytest.mark.parametrize("answer", ["#### 12", "**Answer:** 12", "Thus, there are 12 pens."])
def test_what_a_text_tells_of_its_answer_is_no_other_answer(answer: str, told: str) -> None:
    assert verify(f"We count the pens.\n\n{answer}\n\n{told}", "12").ok is True


@pytest.mark.parametrize(
    "more",
    ["Time: 3s", "Score: 10/10", "References\n[1] A book, p. 7\n[2] Page 9", "Source: page 7"],
)
def test_what_is_listed_behind_a_marked_answer_is_no_other_answer(more: str) -> None:
    assert verify(f"We count.\n\n\\boxed{{12}}\n\n{more}", "12").ok is True


def test_a_line_that_works_on_to_another_value_is_looked_at_whatever_it_is_called() -> None:
    assert verify("Answer: 12\n\nSteps: 2 * 4 = 8, so 8 + 3 = 11", "12").ok is not True


@pytest.mark.parametrize(
    "text",
    ["Ann: 9\nBen: 3\nTotal: 12", "12\n12\n12", "Thus, there are 12 pens in total.\n\n####"],
)
def test_a_sum_a_repetition_and_an_empty_mark_below_the_answer_do_not_hide_it(text: str) -> None:
    assert verify(text, "12").ok is True


@pytest.mark.parametrize(
    "text",
    [
        "(A) 14 (B) 21 (C) 28\n\n\\boxed{21}\n\nThe correct option is C.",
        "(A) 14 (B) 21 (C) 28\n\nThe answer is 21. The correct option is C.",
        "The answer is 14. The answer is 21, so the correct option is C.",
        "If C is correct, then so is A.",
        "Statement C is correct.\nStatement D is correct.",
        "B is correct.\nAnd C is correct.",
    ],
)
def test_a_letter_that_its_value_or_another_letter_contradicts_never_passes(text: str) -> None:
    assert verify(text, "C").ok is not True


def test_several_answers_behind_one_label_are_a_list() -> None:
    assert verify("We solve.\n\nThe answers are $x = 3$ and $x = 5$.", "3, 5").ok is True


def test_parts_below_a_text_are_one_answer_and_the_last_alone_is_none() -> None:
    for text in (
        "(a) 12\n(b) 15",
        "We solve.\n\n(a) The area is 12.\n(b) The perimeter is 15.\n\n---",
    ):
        assert verify(text, "12, 15").ok is True
        assert verify(text, "15").ok is not True
    for text in ("We solve.\n\n(b) 15", "(a) 12\nWe add 3.\n(b) 15"):
        assert verify(text, "15").ok is not True


def test_a_rule_or_a_smiley_below_the_answer_does_not_hide_it() -> None:
    for end in ("---", "***", "😊", "I hope this helps! 😊"):
        assert verify(f"We add.\n\nTherefore, there are 12 pens.\n\n{end}", "12").ok is True
