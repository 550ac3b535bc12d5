"""The value behind a marker without the prose and the wrapping around it."""

import pytest

from dpo_math_assets.verifier import verify


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
        ("Answer: 21 ✓", "21 ✓"),
        ("So the answer is 21. $\\blacksquare$", "21. $\\blacksquare$"),
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
