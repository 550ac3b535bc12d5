"""What a text says behind its answer: it stands beside harmless remarks and beside nothing else."""

import pytest

from dpo_math_assets.verifier import verify
from dpo_math_assets.verifier.extraction.continuations import is_set_aside, sets_aside

ANSWERS = ("So it is $\\boxed{9}$", "We add.\nThe answer is 9", "We add.\nFINAL ANSWER: 9")


@pytest.mark.parametrize(
    "more",
    [
        ", which is extraneous.",
        ", though the sign may be off.",
        " unless one of them breaks.",
        " (or so I was told).",
        ", hopefully.",
        ", give or take one.",
        ", depending on the reading of the question.",
        ". That is the radius, and the diameter was asked for.",
        ". This is only the first part.",
        ". Mind you, the driver was left out.",
        ". However, they want it in metres.",
        ". Yet he has to pay for the parking as well.",
        ". Now halve this.",
        ". We still have to take the tip away.",
        ". The problem wants the perimeter.",
        ". Please disregard the value above.",
        ". I could be off.",
        ". I do not trust this result.",
        ". Not quite.",
        ". Rejected.",
        ". Hence no such number exists.",
        ". Neither of the roots works.",
        ". Check: the left side is 9 and the right side does not agree.",
        ". The claim is refuted.",
        ". The true figure is bigger.",
        ". 10 would do as well.",
        ". My reasoning has a gap.",
        ". One child was counted two times.",
        ". Das ist falsch.",
    ],
)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_the_text_sets_aside_never_passes(answer: str, more: str) -> None:
    assert verify(answer + more, "9").verdict == "undecided"


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{9} would be wrong.",
        "\\boxed{9} is one too many.",
        "\\boxed{9} counts every corner twice.",
        "\\boxed{9} holds only for squares.",
        "\\boxed{9} is a lower bound.",
        "\\boxed{9} is the answer to another question.",
        "\\boxed{9} with probability 1/2, else 8",
        "\\boxed{9} where 2 = 3",
        "\\[\\boxed{9}\\]\nif the coin is fair, which it is not.",
        "A typical mistake is \\boxed{9}.",
        "Forgetting the tip gives \\boxed{9}.",
        "Had he paid in cash, it would be \\boxed{9}.",
        "Your output should look like this: \\boxed{9}",
        "Perhaps \\boxed{9}.",
        "My guess is \\boxed{9}.",
        "It might be \\boxed{9}.",
        "It is almost \\boxed{9}.",
        "Let me try \\boxed{9}.",
        "So far the total is \\boxed{9}.",
        "The intermediate result is \\boxed{9}.",
        "Were it a cube, its volume would be \\boxed{9}.",
        "It is by no means \\boxed{9}.",
        "A reader may be led to \\boxed{9}.",
        "The naive method yields \\boxed{9}.",
        "\\boxed{9} looks plausible but is off.",
        "Any value but \\boxed{9} works.",
        '{"answer": "9", "valid": false}',
        '{"answer": "9", "comment": "this is a guess"}',
        "#### 9 ?",
    ],
)
def test_a_sentence_that_sets_its_own_answer_aside_gives_none(text: str) -> None:
    assert verify(text, "9").verdict == "undecided"


@pytest.mark.parametrize(
    "more",
    [
        ".",
        ", as required.",
        ", since a length cannot be negative.",
        " coins that are not made of gold.",
        ". Great work!",
        ". Let me know if anything is wrong or unclear.",
        ". This completes the proof.",
        ". This is the smallest such number.",
        ". That's what we were asked to find.",
        ". It is attained at the midpoint.",
        ". There are no other solutions.",
        ". It is not hard to see that this is optimal.",
        ". However, this holds in general.",
        ". Alternatively, one can use induction.",
        ". Check: 9 + 2 = 11 ✓",
        ". So the tank of 40 litres is full in 9 minutes.",
        ". In words: nine.",
        ". Die Probe geht auf.",
        "\n\nThe key steps are:\n1. Do not count the driver.\n2. If there is no tip, add none.",
    ],
)
@pytest.mark.parametrize("answer", ANSWERS[:2])
def test_remarks_in_known_words_leave_the_answer_standing(answer: str, more: str) -> None:
    assert verify(answer + more, "9").verdict == "correct"


@pytest.mark.parametrize(
    "text",
    [
        "Since $x$ is not negative, $x = \\boxed{9}$.",
        "We reject $x = -2$, so the answer is \\boxed{9}.",
        "\\boxed{9} students failed the test.",
        "\\boxed{9} ways, no matter the order.",
        "\\boxed{9}, and this is indeed the minimum.",
        "\\boxed{9} different outfits are possible.",
        "\\boxed{9} is what the question asks for.",
        "The percent error is \\boxed{9}.",
        '{"answer": "9", "unit": "cm"}',
        '{"answer": "9", "explanation": "We do not count the last one."}',
    ],
)
def test_words_of_doubt_about_other_things_take_no_answer_away(text: str) -> None:
    assert verify(text, "9").verdict == "correct"


def test_no_solution_is_an_answer_that_may_say_so() -> None:
    assert not sets_aside(". There are no such numbers.", "0")
    assert sets_aside(". There are no such numbers.", "5")


def test_the_sentence_of_a_displayed_answer_goes_on_below_it() -> None:
    text = "\\[5\\]\nunless it rains.\n"
    assert is_set_aside(text, text.index("5") + 1)
    assert not is_set_aside("\\[5\\]\nUnits are omitted.", 3)
