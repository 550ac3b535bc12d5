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
    ("text", "answer"),
    [
        ("FINAL ANSWER: The drive takes 45 minutes altogether.", "45 minutes"),
        ("We add.\nTherefore, his speed is 30 km per hour.", "30 km per hour"),
        ("We add.\nSo she needs 12 square feet of cloth.", "12 square feet"),
        ("FINAL ANSWER: Tim is paid $15 an hour", "$15 per hour"),
        ("FINAL ANSWER: The balance is minus 20 dollars.", "-20 dollars"),
    ],
)
def test_a_unit_stays_with_its_number_so_that_minutes_never_pass_for_hours(
    text: str, answer: str
) -> None:
    assert extract(text).answer == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "The water is 7 degrees below zero",
        "the number of factors of 7",
        "There are four bags of 7",
        "Three out of 7 children",
        "It is 7 to the fourth power",
        "There are 7 choose two teams",
        "It is 7 less than the other",
        "The first 7 odd numbers",
        "None of the 7 boats",
        "One-third of the 7 pies",
        "The score is 7 to one",
        "See line 7 of the table",
        "She has 7 crore rupees",
        "He has 7 dozen eggs",
    ],
)
def test_the_only_number_of_a_sentence_is_no_answer_unless_the_sentence_states_it(
    sentence: str,
) -> None:
    assert verify(f"FINAL ANSWER: {sentence}", "7").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "So next we divide this by 7.",
        "So let us assume that she has 7 coins.",
        "Therefore, we must consider 7 cases.",
        "So it is unclear whether there are 7 coins.",
        "So how much are 7 of them?",
        "Thus we still need to multiply by 7.",
    ],
)
def test_a_last_sentence_that_concludes_nothing_gives_no_answer(sentence: str) -> None:
    assert extract(f"We count them.\n{sentence}").answer is None


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{5}\n\nOn second thought, the sum is 6.",
        "\\boxed{5}\n\nUpon rechecking, there are 6.",
        "#### 5\nHowever, one was counted twice, giving 4.",
        "FINAL ANSWER: 5\nOh no, I forgot the first one.",
        "\\boxed{5}\n\nUpdate: it is 6.",
        "I first get \\boxed{5}. Wait, that was wrong. It is \\boxed{6}.",
    ],
)
def test_second_thoughts_never_leave_the_first_answer_or_both_as_parts(text: str) -> None:
    for gold in ("5", "5, 6"):
        assert verify(text, gold).reason == "ambiguous_answer"


@pytest.mark.parametrize(
    "text",
    [
        "The answer is not \\boxed{5}.",
        "Wrong answer: \\boxed{5}",
        "One might think that the answer is \\boxed{5}, but it is not.",
        "Suppose the answer is 5.",
        "Is the answer 5?",
        "The answer is 5? No.",
        "Tom's first answer: 5",
    ],
)
def test_an_answer_that_is_denied_asked_or_supposed_is_nobody_s_answer(text: str) -> None:
    assert extract(text)[::2] == (None, "no_final_answer")


@pytest.mark.parametrize(
    "text", ["\\boxed{5}. This should be clear by now.", "\\boxed{5}\nHowever, 5 is odd."]
)
def test_a_remark_behind_the_answer_that_changes_nothing_leaves_it_standing(text: str) -> None:
    assert extract(text).answer == "5"


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


def test_thoughts_that_are_cut_off_have_no_final_answer() -> None:
    assert extract("<think>Maybe \\boxed{5}? Then again").answer is None
    assert extract("<thinking>\\boxed{5}</thinking>\nSo \\boxed{6}.").answer == "6"


@pytest.mark.parametrize(
    "sentence",
    [
        "The value is 7 x.",
        "The area is 7 pi square feet.",
        "The sum is 7, which is wrong.",
        "Ann is 7 and Ben is 9.",
        "The price rose from $7 to $9.",
        "It is 7 and a half years old.",
        "Seven or 7 thousand people came.",
        "The number has 7 as a divisor.",
        "The result could be 7.",
        "The trick is to use 7.",
        "Twice the sum is 7.",
        "The bill is 7 without the tip.",
        "The gain is 7, or 9% of the price.",
    ],
)
def test_a_factor_or_a_second_value_behind_the_number_is_not_dropped(sentence: str) -> None:
    assert verify(f"FINAL ANSWER: {sentence}", "7").ok is not True


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
    ("text", "gold"),
    [
        ("The answer is 0.2 (20%).", "0.2"),
        ("#### 15 (7+8)", "15"),
        ("The answer is $\\sqrt{3}$ (approximately 1.732).", "\\sqrt{3}"),
        ("The answer is $\\frac{1}{6}$ or about 0.1667.", "1/6"),
        ("It is negative $\\boxed{8}$.", "-8"),
        ("The angle is $\\boxed{30}$ degrees.", "\\frac{\\pi}{6}"),
        ("The answer is D, 21.", "21"),
        ("The answer is D, 21.", "D"),
    ],
)
def test_a_second_form_or_a_word_beside_the_value_is_no_factor_of_it(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True


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
    "more",
    [
        "Check: 6 + 6 = 12 ✓",
        "That is a third of 36.",
        "Let me know if you want to see it for 7 rows!",
        "The key steps are:\n1. Count the rows.\n2. Multiply them by 2 to get all seats.",
        "So 12 seats are needed for all 12 of them.",
        "In words: twelve, or 24/2.",
        "The value is attained at $n = 3$.",
        "Tom had 15 of them and gave away 3.",
        "The other options are (A) 10, (B) 11 and (D) 13.",
        "This uses the fact that a week has 7 days.",
    ],
)
def test_checks_steps_and_offers_behind_an_answer_leave_it_standing(more: str) -> None:
    assert verify(f"The answer is 12.\n\n{more}", "12").ok is True


@pytest.mark.parametrize(
    "sentence",
    [
        "Half of the answer is 9.",
        "One less than the answer is 9.",
        "I doubt that the answer is 9.",
        "I don't think the answer is 9.",
        "There is no way the answer is 9.",
        "It is a myth that the answer is 9.",
        "Some books say the answer is 9.",
        "Ben thinks the answer is 9.",
        "The answer is unlikely to be 9.",
        "\\boxed{9 \\text{ is too small}}",
    ],
)
def test_what_the_answer_is_part_of_or_others_believe_is_no_answer(sentence: str) -> None:
    assert verify(f"We count.\n{sentence}", "9").ok is not True


def test_comments_in_code_answer_nothing_and_its_output_does() -> None:
    code = "```python\n# The answer is 9\nprint(4 + 4)\n```\n"
    assert verify(code + "```output\n8\n```", "8").ok is True
    assert verify(code + "So the sum is 8.", "9").ok is not True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("So x = 8.\n\n**Check:** 2(8) + 1 = 17 ✓", "8"),
        ("Therefore, there are 8 cats.\n\nI hope this helps!", "8"),
        ("5 + 3 = 8 cats\n\nAnn needs to feed **8** cats.", "8"),
    ],
)
def test_what_stands_below_a_conclusion_does_not_hide_it(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True


@pytest.mark.parametrize("more", ["Confidence: 95%", "Total points: 45", "Check: 12 + 33 = 45"])
def test_a_label_below_the_conclusion_is_not_taken_for_the_answer(more: str) -> None:
    value = more.rsplit(" ", 1)[1]
    assert verify(f"So the team needs 7 more points.\n\n{more}", value).ok is not True


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


def test_what_stands_behind_the_end_of_a_turn_was_said_by_nobody() -> None:
    for end in ("<end_of_turn>", "<eos>", "[EOS]", "<|EOT|>", "<｜end▁of▁sentence｜>"):
        assert verify(f"The answer is 25{end}\nThe answer is 36", "25").ok is True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("The answer is 21, not 24.", "21"),
        ("The answer is not 24 but 21.", "21"),
        ("The answer is 21, which is option D.", "D"),
        ("Answer: D (21)", "21"),
        ("The correct answer is option (D) 21.", "21"),
        ("\\boxed{21 \\text{ (D)}}", "D"),
        ("**Final Answer**\nWe have 3 * 7 = 21", "21"),
        ("### Final Answer\nThe total is:\n$$\\boxed{21}$$", "21"),
        ("**Final Answer**\n\nThe value of $n$ is\n\n$$n = 21$$", "21"),
        ("Answer:\n$$x=5$$\n$$y=6$$", "(5, 6)"),
        ("\\begin{aligned}x &= 3 \\cdot 7\\\\ &= 21\\end{aligned}", "21"),
        ("We get\n\\begin{align*}\nx &= 20 + 1\\\\\n&= 21.\n\\end{align*}", "21"),
        ("The answer is 3/5 = 0.6 = 60%.", "0.6"),
        ("Answer: 7/2 = 3.5 hours", "3.5 hours"),
        ("The answer is $\\frac{4}{3}$ or about 1.33.", "4/3"),
        ("\\boxed{0.25 \\ (0.25)}", "0.25"),
        ("**So the answer is 3!**", "3"),
        ("Answer: ~~24~~ 21 ✓", "21"),
        ("So the answer is 21. $\\blacksquare$", "21"),
        ("The answer is given by $3 \\cdot 7 = 21$.", "21"),
        ("Both sides agree, so the answer is correct.\n#### 21", "21"),
    ],
)
def test_the_value_is_told_from_the_words_signs_and_other_forms_around_it(
    text: str, gold: str
) -> None:
    assert verify(text, gold).ok is True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("The answer is 21, not 24.", "24"),
        ("The answer is not 24 but 21.", "24"),
        ("The answer is $\\frac{4}{3}$ or about 1.34.", "4/3"),
        ("The answer is 3/5 = 0.6 = 70%.", "3/5"),
        ("So the solution is\n$$x=5$$\n$$y=6$$", "6"),
        ("We check both sides, so the answer is correct.", "correct"),
    ],
)
def test_what_is_denied_contradicted_or_one_part_of_several_is_not_the_value(
    text: str, gold: str
) -> None:
    assert verify(text, gold).ok is not True


def test_a_letter_is_handed_on_with_the_value_that_the_text_lists_for_it() -> None:
    text = "A. 14\nB. 21\nC. 28\n\nThe answer is B."
    assert verify(text, "B").ok is True
    assert verify(text, "21").ok is True
    assert verify(text, "C").ok is False
    assert verify(text, "28").ok is not True


@pytest.mark.parametrize("more", ["So C is correct.", "I choose C.", "C", "But C is better."])
def test_another_letter_behind_a_letter_leaves_none(more: str) -> None:
    assert verify(f"The answer is B.\n\n{more}", "B").reason == "ambiguous_answer"


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        (
            "<|channel|>analysis<|message|>The answer is 6?<|end|><|channel|>final<|message|>21",
            "21",
        ),
        ("所以答案是 21。", "21"),
        ("解得 $x = 21$。\n\n答案：21", "21"),
        ("The answer is the sum: 21.", "21"),
        ("The answer is an odd number, namely 21.", "21"),
        ("#### 21\n\nThe answer is plausible.", "21"),
    ],
)
def test_answers_in_channels_in_chinese_and_behind_a_description_are_found(
    text: str, gold: str
) -> None:
    assert verify(text, gold).ok is True


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


@pytest.mark.parametrize("answer", ["F - 32", "A, 5", "C - \\cos x", "(a, 0)", "(a - 1)(b - 1)"])
def test_letters_that_only_look_like_choices_leave_an_answer_what_it_is(answer: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", answer).ok is True


def test_aligned_rows_that_contradict_each_other_pass_for_none_of_their_values() -> None:
    rows = "\\begin{aligned} 3x &= 6 \\\\ &= 2 \\end{aligned}"
    assert verify(f"FINAL ANSWER: {rows}", "2").ok is not True
    assert verify(f"FINAL ANSWER: {rows.replace('6', '1 + 1')}", "2").ok is True


@pytest.mark.parametrize(
    "before",
    ["So we get 7.\n\nQuestion: what is 2+3?\n", "```python\nx = 7\n", "FINAL ANSWER: 7\n"],
)
def test_a_last_line_of_another_question_of_code_or_against_another_is_not_taken_at_once(
    before: str,
) -> None:
    assert verify(f"{before}FINAL ANSWER: 5", "5").ok is not True


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
    "more",
    [
        "We can check this: 3 times 4 is 12, but 4 times 3 is 12 as well.",
        "This cannot be simplified further.",
        "The correct unit is pens.",
        "There are two ways to see this.",
        "So the result holds for all three.",
    ],
)
def test_remarks_that_look_like_second_thoughts_leave_the_answer_standing(more: str) -> None:
    for answer in ("The answer is 12.", "\\boxed{12}"):
        assert verify(f"We count.\n\n{answer}\n\n{more}", "12").ok is True


@pytest.mark.parametrize(
    "sentence",
    [
        "It isn't the case that the answer is 9.",
        "We cannot say that the answer is 9.",
        "Nobody would claim that the answer is 9.",
        "We conjecture that the answer is 9.",
        "Candidate answer: 9",
        "The last digit of the answer is 9.",
        "The answer squared is 9.",
        "The answer has 9 digits.",
    ],
)
def test_what_is_denied_or_said_of_something_else_never_passes_as_the_answer(sentence: str) -> None:
    assert verify(sentence, "9").ok is not True
    assert verify(f"We count.\n{sentence}", "9").ok is not True


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


def test_fields_beside_the_answer_of_json_are_no_other_answers() -> None:
    assert verify('{"answer": 12, "confidence": 0.9}', "12").ok is True


@pytest.mark.parametrize(
    "text",
    [
        "Part 1: 9\nPart 2: 12",
        "x is 9\ny is 12",
        "**Ann:** 9\n**Ben:** 12",
        "1. Total: $9\n2. Price of a pear: $12",
        "We find\n\\[\nx = 24 - 12 = 12",
        "We find\n$$\nx = 12",
        "The sum is 9.\n\nDifficulty: 12",
        "Tom has 9 pens.\n[12]",
    ],
)
def test_a_last_line_that_is_one_of_several_or_was_cut_off_never_passes(text: str) -> None:
    assert verify(text, "12").ok is not True


@pytest.mark.parametrize(
    "text",
    ["Ann: 9\nBen: 3\nTotal: 12", "12\n12\n12", "Thus, there are 12 pens in total.\n\n####"],
)
def test_a_sum_a_repetition_and_an_empty_mark_below_the_answer_do_not_hide_it(text: str) -> None:
    assert verify(text, "12").ok is True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("**Final Answer**\n```\n12\n```", "12"),
        ("The answer is:\n\n```text\n12\n```\nThat is all.", "12"),
        ('The final answer is:\n```json\n{"reasoning": "3 * 4", "answer": "12"}\n```', "12"),
        (
            '{"reasoning": "**Final answer:** She has as many pens as before, 12.", "answer": 12}',
            "12",
        ),
        ("{'reasoning': '3 * 4', 'answer': '12'}", "12"),
        ('{"answer": "answer": "12"}', "12"),
        ('{"student_answer": 9, "answer": 12}', "12"),
        ('{"intermediate_answer": 9, "answer": 12}', "12"),
        ('{"answer": {"value": 12, "unit": "cm"}}', "12"),
        ('{"answer": {"x": 12, "y": 9}}', "x = 12, y = 9"),
        ('{"answer": {"Ann": 12, "Ben": "9"}}', "12, 9"),
        ('{"reasoning": "3 * 4", "result": 12}', "12"),
        ("Ans: 12\n\nBecause 3 * 4 = 12.", "12"),
    ],
)
def test_answers_in_code_fences_and_in_json_of_any_shape_are_found(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True


@pytest.mark.parametrize(
    "text",
    [
        "**Answer:**\n- 12",  # a bullet, or a sign
        "**Answer:**\n```python\n12\nprint(9)\n```",
        '{"answer": 12, "unit": "thousand"}',
        '{"answer": {"total": {"value": 12}, "rest": 9}}',
        '{"tool": "sum", "result": 12}\nThat was the first step.',
        '{"reasoning": "Final answer: 12", "answer": "9"}',
        '{"reasoning": "**Final Answer:** So Ann has **9** pens in all.", "answer": "12"}',
        '{"given": 9, "total": 12}',
    ],
)
def test_a_number_in_json_or_code_that_is_not_plainly_the_answer_never_passes(text: str) -> None:
    for gold in ("12", "-12"):
        assert verify(text, gold).ok is not True


@pytest.mark.parametrize(
    "text",
    [
        "The best answer is C because 28 is even.",
        "A) 14\nB) 21\nC) 28\n\nCorrect option: C",
        "Option A is incorrect because 14 is odd. Option B is incorrect. Option C is correct.",
        "A is wrong since 14 < 20. Therefore C is the correct answer.",
        "Hence, option (C) is the right answer.\n\nThe others: option (A) forgets the sign.",
        "\\boxed{28}\n\nThe correct option is C.",
        "The answer is 28, so the correct option is **C**.",
        "A) 14 - too small\nB) 21 - odd\nC) 28 - fits\n\n**Answer: C**",
    ],
)
def test_a_choice_is_found_however_the_text_calls_it_correct(text: str) -> None:
    assert verify(text, "C").ok is True
    assert verify(text, "A").ok is False
    if "28" in text and "even" not in text:
        assert verify(text, "28").ok is True


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


@pytest.mark.parametrize(
    "sentence",
    [
        "Consequently, Ann has 12 pens.",
        "It follows that $x = 12$.",
        "In conclusion, Ann has a total of 12 pens. 😊",
        "So Ann has 12 pens left over.",
        "Therefore, the number of pens that are not used is **12**.",
        "Therefore, there are 12 children who do not like tea.",
        "Therefore, **Ann needs to bring at least 12 pens.**",
        "Therefore, the two add up to 12 pens over 5 days.",
        "So Ann puts $12$ in the box.",
        "So Ben gave her 12 pens.",
    ],
)
def test_a_last_sentence_that_concludes_states_its_value_in_many_words(sentence: str) -> None:
    assert verify(f"We count the pens. 5 + 9 = 14\n\n{sentence}", "12").ok is True


@pytest.mark.parametrize(
    "sentence",
    [
        "Therefore, it is clear that there are not 12 pens.",
        "Therefore, the number that is not right is 12.",
        "Therefore, Ann has at least 12 pens.",
        "Therefore, Ann has over 12 pens.",
        "Consequently, 12 is too small.",
    ],
)
def test_a_last_sentence_that_denies_or_bounds_its_number_states_none(sentence: str) -> None:
    assert verify(f"We count the pens. 5 + 9 = 14\n\n{sentence}", "12").ok is not True


def test_json_that_lost_a_quote_is_still_read() -> None:
    assert verify('{"reasoning": "3 * 4 = 12\n\nanswer": "12"\n}', "12").ok is True


@pytest.mark.parametrize(
    "text",
    [
        "Wir zählen.\n\n**Antwort:** 12",
        "Also ist die Antwort 12.",
        "Die richtige Antwort lautet: $12$.\n\nDie Probe geht auf.",
        "On compte.\n\nRéponse : 12",
        "La réponse finale est $\\boxed{12}$.",
        "**Respuesta final:** 12",
        "Por lo tanto, la respuesta correcta es 12.",
        "La réponse est donc 12.",
        "A resposta é 12.",
        "Risposta: 12 cm",
        "Считаем.\n\n**Ответ:** $12$",
        "したがって、答えは12です。",
        "答え：12",
        "综上，答案为12厘米。",
    ],
)
def test_answers_marked_in_other_languages_are_found(text: str) -> None:
    assert verify(text, "12").ok is True
    assert verify(text, "13").ok is False


@pytest.mark.parametrize(
    "text",
    [
        "Die Antwort ist nicht 12.",
        "Antwort: 12 oder 13",
        "Antwort: 12 Dutzend",
        "Antwort: 12.000",
        "Ich glaube nicht, dass stimmt: die Antwort ist 12.",
        "Falsche Antwort: 12\nRichtige Antwort: 13",
        "Antwort: 12. Moment, das ist falsch.",
        "Ce n'est pas vrai que la réponse est 12.",
        "Respuesta: 12. Espera, son 13.",
        "Respuesta: 12 mil",
        "Si es par, x = 12.",
        "Si x es par, la respuesta es 12.",
        "Ответ: не 12",
        "答案是12。等等，应该是13。",
        "答えは12ではありません。",
    ],
)
def test_what_another_language_denies_corrects_or_multiplies_never_passes(text: str) -> None:
    assert verify(text, "12").ok is not True


def test_choices_marked_in_chinese_are_found() -> None:
    for text in ("故选B。", "答案选 B。", "因此，故选：B"):
        assert verify(text, "B").ok is True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("[ANSWER] 12 [/ANSWER]", "12"),
        ("[Answer]: 12", "12"),
        ("Answer (final): 12", "12"),
        ("Answer (in cm): 12", "12"),
        ("Answer (in cm): 12", "0.12 m"),
        ("<steps>3 * 4</steps>\n<result>12</result>", "12"),
    ],
)
def test_labels_in_brackets_and_tags_are_labels(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True
    assert verify(text, "12 m").ok is not True or "cm" not in text


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


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("Answer:\r\n12\r\n", "12"),
        ("We add.\r\n\r\n**Final Answer**\r\n\r\n12\r\n", "12"),
        ("The answer is <b>12</b>.", "12"),
        ("\\textbf{Answer:} 12", "12"),
        ("(The answer is 12.)", "12"),
        ("The answer is then 12.", "12"),
        ("Answer: So, 12 pens.", "12"),
        ("Answer: I think it's 12.", "12"),
        ("It is twelve.", "12"),
        ("Final Answer: The square has an area of 12 square centimeters.", "12"),
        ("Answer: 12, I think", "12"),
        ("Answer → 12", "12"),
        ("We divide.\n\nThe remainder: 12", "12"),
        ("Answer: 3 x 4 = 12", "12"),
        ("Answer: twelve (12)", "12"),
        ("Final answer: m = 5, n = 7, m + n = 12", "12"),
        ("Answer: (i) 12 (ii) 15", "12, 15"),
        ("Answer: a) 12, b) 15", "12, 15"),
        ("We add.\n\nTherefore, the share is $\\frac{3}{4}$, or $0.75$.", "0.75"),
        ("(A) 12 (B) 15 (C) 18\n\nThe answer is 15.", "B"),
        ("(A) 12 (B) 15 (C) 18\n\nThe answer is 15.", "15"),
    ],
)
def test_line_ends_tags_brackets_and_phrases_around_the_value_are_no_part_of_it(
    text: str, gold: str
) -> None:
    assert verify(text, gold).ok is True


@pytest.mark.parametrize(
    "text",
    [
        "The answer is $12\\",
        '{"reasoning": "3 * 4 is 12, so the answer is 12',
        "A. 9\nB. 10\nC. 11\nD. 12",
        "\\boxed{5}\n\nThe final answer is twelve.",
        "According to the book the answer is 12.",
        "$$\\boxed{x = 12 \\text{ or } x = -5}$$\nSince lengths must be positive, $x = 12$.",
        "Answer: $x = 12$ or $x = -5$\n\nOnly $x = -5$ fits.",
        "We add.\n\nTherefore, Ben fails to get 12 pens.",
        "We add.\n\nTherefore, Ben has 12 pens besides the red ones.",
        "We add.\n\nTherefore, two times Ben's pens is 12.",
        "We add.\n\nTherefore, Ben has half the pens of Ann, who has 12 pens.",
        "The answer is 12. That can't be right.",
        "The answer is \\boxed{12,",
        "10 times the answer is 12.",
        "We list what is known.\n\nPens: 12",
        "We add.\n\nTherefore, Ben thinks he has 12 pens.",
    ],
)
def test_what_is_cut_off_ruled_out_or_of_somebody_else_never_passes(text: str) -> None:
    for gold in ("12", "12, -5"):
        assert verify(text, gold).ok is not True


@pytest.mark.parametrize(
    "answer",
    [
        "See above.",
        "12!",
        "24 → 12",
        "Por tanto, x = 12",
        "$P(A^c) = 1 - \\frac{7}{12} = \\frac{5}{12}$",
    ],
)
def test_what_may_be_right_in_another_reading_is_no_mismatch(answer: str) -> None:
    for gold in ("12", "\\frac{5}{12}"):
        assert verify(f"Answer: {answer}", gold).ok is None or gold not in answer


@pytest.mark.parametrize(
    "sentence",
    [
        "Therefore, Ben paid **$36** for the 2 shirts.",
        "So, there are 36 pens in 8 of the boxes.",
        "Therefore, 2 shirts and 3 hats cost **$36**.",
        "Thus Ben needs 36 more pens to reach his goal of 72 pens.",
    ],
)
def test_a_conclusion_with_other_numbers_states_the_result_of_the_last_sum(sentence: str) -> None:
    assert verify(f"We subtract.\n60 - 24 = 36\n\n{sentence}", "36").ok is True
    assert verify(f"We subtract.\n60 - 25 = 35\n\n{sentence}", "36").ok is not True


@pytest.mark.parametrize(
    "sentence",
    [
        "Therefore, the number is between 30 and 36.",
        "Therefore, 36 out of 40 children passed.",
        "Therefore, Ben needs 4 more than 36.",
        "Therefore, there are 36 pens and 4 boxes.",
        "Therefore, Ben paid 36 dollars of his 40, leaving 4.",
        "So 36 divided among 4 children is 9.",
        "Therefore, Ben has 4 times 36 pens.",
        "Therefore, Ben does not need 36 of the 40 pens.",
    ],
)
def test_a_conclusion_that_goes_on_from_the_result_of_the_last_sum_states_none(
    sentence: str,
) -> None:
    assert verify(f"We subtract.\n60 - 24 = 36\n\n{sentence}", "36").ok is not True


@pytest.mark.parametrize("answer", [".4", "1, 3, 5, ...", "]0, 1]", "[2, 5)", "(3, 4)", "f(2)"])
def test_points_and_brackets_of_the_value_itself_are_kept(answer: str) -> None:
    assert extract(f"FINAL ANSWER: {answer}").answer == answer


def test_a_text_cut_off_behind_its_last_sum_concludes_nothing() -> None:
    assert verify("We count.\n6 + 6 = 12 pens\n\n**", "12").ok is not True
