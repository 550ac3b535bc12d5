"""Where the final answer is found in a completion, and where there is none to be found."""

import json
from pathlib import Path

import pytest

from dpo_math_assets.verifier import extract, verify

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("We add.\nFINAL ANSWER: 14", "14"),
        ("We add.\n**Final answer:** $x = 14$.", "x = 14"),
        ("Steps.\nFinal Answer:\n\n\\[ \\frac{1}{2} \\]", "\\frac{1}{2}"),
        ("So the area is $\\boxed{3\\sqrt{2}}$ square units.", "3\\sqrt{2}"),
        ("Nested: \\boxed{\\text{if } \\frac{a}{b}}.", "\\text{if } \\frac{a}{b}"),
        ("5 + 6 = <<5+6=11>>11\n#### 11", "11"),
        ("Tom has 3 left.\nA: 3", "3"),
        ("Adding up, the answer is 42.", "42"),
        ("The correct answer is: 42 because 6 times 7 is 42.", "42"),
        ('```json\n{"reasoning": "6 * 7", "answer": "42"}\n```', "42"),
        ('{"reasoning": "half", "answer": 0.5}', "0.5"),
        ("Answer: $18", "$18"),
        ("After tax the final answer is: $18", "$18"),
        ("-36", "-36"),
        ("\\frac{3}{4}", "\\frac{3}{4}"),
        ("First multiply.\n6*7 gives\n42", "42"),
        ("We find that $x \\ne 3$.", "x \\ne 3"),
        ("He sold 3 + 4 = 7 boxes.\nTherefore, he has 13 boxes left.", "13"),
        ("FINAL ANSWER: Jack has $120 now.", "$120"),
        ("<think>\\boxed{1}? no, \\boxed{2}</think>So \\boxed{3}.", "3"),
    ],
)
def test_the_answer_is_found_where_people_and_models_put_it(completion: str, answer: str) -> None:
    assert extract(completion).answer == answer


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "I would need more information to solve this problem, as the number of cars is missing.",
        "#### Step 1: Calculate the total number of eggs that the farmer collects each day",
        "The result is \\boxed{\\phantom{0}} and I will fill it in once the sum is worked out",
    ],
)
def test_text_without_an_answer_gives_none_and_no_guess(completion: str) -> None:
    found = extract(completion)
    assert (found.answer, found.reason) == (None, "no_final_answer")


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


@pytest.mark.parametrize("said", ["not 42", "42 or 41", "41=42", "at least 42", "42 or more"])
def test_a_hedged_or_denied_answer_never_passes_as_the_number_in_it(said: str) -> None:
    for completion in (f"FINAL ANSWER: {said}", f"\\boxed{{{said}}}", f"The answer is {said}."):
        assert verify(completion, "42").ok is not True


@pytest.mark.parametrize(
    "sentence",
    ["He ate half of 12 pies.", "There are 12 million people.", "It does not cost $12 in total."],
)
def test_the_number_in_a_sentence_is_no_answer_where_words_change_it(sentence: str) -> None:
    assert verify(f"FINAL ANSWER: {sentence}", "12").ok is not True


def test_a_missing_side_is_named_and_not_judged() -> None:
    for candidate, gold in ((None, "1"), ("", "1"), ("1", None), ("1", " ")):
        verdict = verify(candidate, gold)
        assert (verdict.verdict, verdict.reason) == ("undecided", "missing_inputs")


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{" * 15_000,
        "\\boxed{1}" * 11_000,
        "FINAL ANSWER: " * 8_000,
        "#" * 100_000,
        "the answer is " * 7_000,
        '"answer": "' * 10_000,
        "FINAL ANSWER: 1" + " " * 100_000 + "because",
        "FINAL ANSWER: " + ". " * 50_000,
        "$" * 100_000,
    ],
)
def test_a_long_repetitive_completion_costs_time_in_proportion(text: str) -> None:
    # no stopwatch: quadratic work on 100 kB would take minutes, the limit of any test runner
    extract(text)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data beside the repository")
@pytest.mark.parametrize(
    "name", ["openai_gsm8k_solutions", "zeroeval_gsm8k", "star_gsm8k", "qwen25math_rm_example"]
)
def test_no_right_answer_of_a_real_log_is_called_wrong(name: str) -> None:
    wrong = []
    with (SHARED / "data" / "logs" / f"{name}.jsonl").open() as lines:
        for row in map(json.loads, lines):
            if row["ok"] and verify(row["candidate"], row["ground_truth"]).ok is False:
                wrong.append(row["trace_id"])
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "FINAL ANSWER: 5. Wait, it is 6",
        "FINAL ANSWER: 5\nActually, 6 is right.",
        "The answer is \\boxed{5}. Hmm, but 6 fits better.",
        "#### 5\n\nI made a mistake: 6 of them are left.",
        '{"answer": 5}\nNo, that is wrong.',
        "FINAL ANSWER: 5\n\nThe answer is 6.",
    ],
)
def test_an_answer_that_is_taken_back_afterwards_is_no_final_answer(text: str) -> None:
    assert extract(text)[::2] == (None, "ambiguous_answer")


@pytest.mark.parametrize(
    "text",
    [
        "Wait, 6 is wrong. FINAL ANSWER: 5",
        "#### 5\nI hope that was clear.",
        "\\boxed{5}\n\nSo the answer is 5.",
        "A: 5\n\nQ: What is 2 + 4?\nA: 6",
    ],
)
def test_second_thoughts_before_the_answer_or_none_at_all_leave_it_standing(text: str) -> None:
    assert extract(text).answer == "5"


@pytest.mark.parametrize(
    "text", ["I do not know", "I'm not sure.", "Sorry, I cannot solve this.", '{"answer": null}']
)
def test_who_gives_no_answer_has_given_none(text: str) -> None:
    assert extract(text)[::2] == (None, "no_final_answer")
