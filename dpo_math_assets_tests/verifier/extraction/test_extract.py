"""The final answer of whole completions, of all the kinds that people and models write."""

import json
from pathlib import Path

import pytest

from dpo_math_assets.verifier import extract, verify

SHARED = Path(__file__).parents[3].parent / "shared"


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
        ('{"reasoning": "30 * 40", "answer": 1,200}', "1,200"),
        ('{"answer": -$5, "unit": "dollars"}', "-$5"),
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


@pytest.mark.parametrize("said", ["not 42", "42 or 41", "41=42", "at least 42", "42 or more"])
def test_a_hedged_or_denied_answer_never_passes_as_the_number_in_it(said: str) -> None:
    for completion in (f"FINAL ANSWER: {said}", f"\\boxed{{{said}}}", f"The answer is {said}."):
        assert verify(completion, "42").ok is not True


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
        "FINAL ANSWER: it is " + "1+" * 140,
        "\\boxed{1} wrong answer: " * 4_000,
        "\\boxed{1} " + "not " * 25_000,
        "(a) the answer is 1\n" * 5_000,
        "The answer is 1.\n\nQ: " * 5_000,
        "\n" * 50_000 + "-" * 50_000,
        "\n--- " * 20_000,
        "```c " * 20_000,
        "The answer is 1. " + "2 + " * 25_000 + "= 3",
        "Answer:\n```\n" + " " * 100_000 + "1",
        '"answer": {' * 10_000,
        "Antwort: 1 " * 10_000,
        "答案是" * 30_000,
        "1\n" + "[1] a\n" * 20_000,
        "\\boxed{1}\n" + "tokens " * 15_000,
        "\\boxed{1}\n" + "#- " * 30_000 + "2",
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
    "text", ["I do not know", "I'm not sure.", "Sorry, I cannot solve this.", '{"answer": null}']
)
def test_who_gives_no_answer_has_given_none(text: str) -> None:
    assert extract(text)[::2] == (None, "no_final_answer")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The final answer is\n$$\n\\frac{2}{3}\n$$", "\\frac{2}{3}"),
        ("### Final Answer\n\n**24**", "24"),
        ("**Answer**\n\\[\nx^2\n\\]", "x^2"),
        ("<answer>\n24\n</answer>", "24"),
        ("Final Answer: The roots are $x=2$ and $x=9$.", "$x=2$ and $x=9$"),
        ("Final answer: The line is y = 3x - 1.", "y = 3x - 1"),
        ("Final answer: The smallest value is 6, attained at $t = 1$.", "6"),
        ("Therefore, n = 24.", "n = 24"),
        ("Hence, the length of $AB$ is $24$.", "24"),
        ("\\boxed{\\text{The answer is } 24}", "24"),
        ("\\boxed{24 \\text{ (chairs)}}", "24"),
        ("After all of this, C is correct.", "C"),
        ("The answer is 24, as required.", "24"),
        ("The answer is 24 (twenty-four).", "24"),
        ("The answer is $\\frac{1}{4}$ or 0.25.", "\\frac{1}{4}"),
        ("(a) The answer is 2.\n(b) The answer is 9.", "\\boxed{2}; \\boxed{9}"),
        ("$a = \\boxed{2}$ and $b = \\boxed{9}$", "\\boxed{a=2}, \\boxed{b=9}"),
    ],
)
def test_sentences_displays_and_restatements_are_read_as_a_reader_does(
    text: str, answer: str
) -> None:
    assert (extract(text).answer or "").strip("$") == answer.strip("$")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<|begin_of_thought|>\\boxed{4}<|end_of_thought|>So \\boxed{5}.", "5"),
        ('{"student_answer": "4", "answer": "5"}', "5"),
        ("<answer>The answer is 5</answer>", "5"),
        ("You might think the answer is 4, but the answer is 5.", "5"),
        ("(a) 4\n(b) 5", "\\boxed{4}; \\boxed{5}"),
        ("1. Answer: 4\n2. Answer: 5", "\\boxed{4}, \\boxed{5}"),
        ("We add.\nTherefore, the ratio of cats to dogs is 4:5.", "4:5"),
        ("We add.\nSo each of the 4 boys gets 5 nuts.", "5"),
        ("We add.\nHence the sum of the first 4 terms is 5.", "5"),
        ("We add.\nSo, after 4 hours, there are 5 left.", "5"),
        ('{"answer": "She sells each mug for $5."}', "$5"),
        ("FINAL ANSWER: The film ends at 4:05 pm.", "4:05 pm"),
        ("FINAL ANSWER: 2 + 3 = 5 kittens", "2 + 3 = 5"),
    ],
)
def test_completions_of_all_kinds_of_models_give_the_answer_they_mean(
    text: str, answer: str
) -> None:
    assert extract(text).answer == answer


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 18.\n\nQ: Ann has 3 pens, buys 4. How many?\nA: 3 + 4 = 7. The answer is 7.",
        "#### 18\n\nQuestion: Ann has 3 pens.\nAnswer: 7\n#### 7",
        "So Ann has 18 pens.\n\nProblem: Ben has 7 pens.\nSolution: Therefore, Ben has 7 pens.",
        "The answer is 18.\n\nHuman: And with 3 less?\nAssistant: The answer is 15.",
        "18\nQ: What is 3 + 4?\nA: 7\nQ: What is 3 + 5?",
        "The final answer is 18. I hope it is correct.\n\nProblem:\nAdd.\n\nThe final answer is 7.",
        "Answer: 18 Question: What is 3 + 4? Answer: 7",
        "The answer is 18. [/INST] What is 3 + 4? [INST] The answer is 7.",
    ],
)
def test_the_answer_to_a_question_the_model_went_on_to_ask_itself_is_nobody_s(text: str) -> None:
    assert verify(text, "18").ok is True
    assert verify(text, "7").ok is False


@pytest.mark.parametrize(
    "text",
    [
        "Question: What is 3 + 4?\nAnswer: 7\n\nQuestion: What is 9 + 9?\nAnswer: 18",
        "The answer is 7. The answer is 18.",
        "The answer is 7.\n\nNow try this one: 9 and 9?\nThe answer is 18.",
    ],
)
def test_of_two_answers_on_a_par_neither_is_just_taken(text: str) -> None:
    for gold in ("7", "18"):
        assert verify(text, gold).reason == "ambiguous_answer"


@pytest.mark.parametrize(
    "text",
    [
        "1. There are 3 boxes.\n2. Each holds 8 pens.\n3.",
        "We get 3. Then 3 + 4.",
    ],
)
def test_what_was_cut_off_before_its_end_has_no_answer(text: str) -> None:
    assert verify(text, "3").ok is not True


def test_a_remark_before_a_question_that_is_told_again_is_no_answer_to_it() -> None:
    text = "Let me restate.\n\nExample: 2 boxes hold 9 each.\n\n2 * 9 = 18\n\nThe answer is 18."
    assert verify(text, "18").ok is True


@pytest.mark.parametrize(
    "before",
    ["So we get 7.\n\nQuestion: what is 2+3?\n", "```python\nx = 7\n", "FINAL ANSWER: 7\n"],
)
def test_a_last_line_of_another_question_of_code_or_against_another_is_not_taken_at_once(
    before: str,
) -> None:
    assert verify(f"{before}FINAL ANSWER: 5", "5").ok is not True


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("See above.", "12"),
        ("12!", "12"),
        ("24 → 12", "12"),
        ("Por tanto, x = 12", "12"),
        ("$P(A^c) = 1 - \\frac{7}{12} = \\frac{5}{12}$", "\\frac{5}{12}"),
    ],
)
def test_what_may_be_right_in_another_reading_is_no_mismatch(answer: str, gold: str) -> None:
    assert verify(f"Answer: {answer}", gold).ok is not False
