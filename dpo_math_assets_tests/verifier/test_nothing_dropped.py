"""No token of an answer is passed over: with one more or one less, it is not the same answer.

What may go, and where, is a list of its own.
"""

import re

import pytest

from dpo_math_assets.verifier import compare

ANSWERS = (
    r"\frac{3}{4}",
    "7x^4 + 5",
    "(4, 7)",
    r"\{3, 7\}",
    "y > 4",
    r"3\sqrt{5}",
    r"6\text{ cm}",
    "z = 9",
    "3, 5, 8",
)
TOKENS = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|\d|\s+|.")
MORE = (
    *("?", '"', "`", "!", "'", "|", "[", "]", "(", ")", "<", "@", "-", "/", "^2", "_4", "^*"),
    *(r"\&", r"\_", r"\#", r"\pm", r"\hat", r"\bar", r"\tilde", r"\dot", r"\neg", r"\not", r"\cup"),
    *(
        r"\emptyset",
        r"\infty",
        r"\dagger",
        r"^{-1}",
        r"^{\prime}",
        r"\Rightarrow",
        r"\stackrel{!}{=}",
    ),
    *(r"\operatorname{sgn}", r"\cancel", r"\ominus", r"\square \cdot", r"\therefore 2", "%%"),
    *("not", "per", "mod", "half", "double", "more", "less", "at most", "below", "short", "too"),
    *("7", "n", "million", "dozen", "for every 4", "²", "₂", "¬", "★", "…"),
)
# A sign that says nothing, and where: before the answer, behind it, or anywhere between its tokens.
ALLOWED = (
    *((sign, "before") for sign in ("+", "=", r"\approx", "about", "exactly", r"\therefore", "is")),
    *((sign, "behind") for sign in (".", ",", r"\square", "QED", "[PAD]")),
    *((sign, "inside") for sign in (r"\,", "~", r"\quad", r"\displaystyle", r"\phantom{2}")),
)
# Tokens without which an answer is the same: white space, the name of a value, a unit.
DISPENSABLE = {"z = 9": "z", r"6\text{ cm}": "cm"}


def passes(answer: str, gold: str) -> bool:
    return compare(answer, gold)[0] == "correct"


def places(tokens: list[str]) -> list[int]:
    """Where another token may stand: not inside a word or a number."""
    return [k for k in range(len(tokens) + 1) if tokens[k - 1 : k] != ["text"]]


@pytest.mark.parametrize("gold", ANSWERS)
def test_an_answer_with_one_more_token_is_another(gold: str) -> None:
    tokens = TOKENS.findall(gold)
    for sign in MORE:
        for place in places(tokens):
            answer = f"{''.join(tokens[:place])} {sign} {''.join(tokens[place:])}"
            assert not passes(answer, gold), answer


@pytest.mark.parametrize("gold", ANSWERS)
def test_an_answer_with_one_token_less_is_another(gold: str) -> None:
    tokens = TOKENS.findall(gold)
    for place, token in enumerate(tokens):
        if token.isspace() or token in (DISPENSABLE.get(gold), r"\text"):
            continue
        answer = "".join(tokens[:place] + tokens[place + 1 :])
        assert not passes(answer, gold), answer


@pytest.mark.parametrize(("sign", "where"), ALLOWED)
def test_what_says_nothing_may_stand_where_it_does(sign: str, where: str) -> None:
    gold = r"\frac{3}{4}"
    answers = {
        "before": [f"{sign} {gold}"],
        "behind": [f"{gold} {sign}"],
        "inside": [f"{gold} {sign} + 0", rf"{sign} \frac{{3}}{{{sign} 4}}"],
    }
    for answer in answers[where]:
        assert passes(answer, gold), answer
