"""What a prompt asks, and where it may be cut."""

import time

import pytest

from dpo_math_assets.traces.prompts import canonical_key, plain_text
from dpo_math_assets.traces.wrapping import asked_pieces, pieces


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("Compute 5*7", ["Compute 5*7"]),
        ("Think step by step. Compute 5*7", ["Compute 5*7"]),
        ("Q: What is 1+1?\nA: 2\n\nQ: What is 5*7?\nA:", ["What is 5*7?"]),
        ("Context: Ann has 5 eggs.\nQuestion: How many?", ["Ann has 5 eggs.", "How many?"]),
        ("Ann has 5 eggs.\nQuestion: How many?", ["Ann has 5 eggs.", "How many?"]),
        ("### Instruction:\nAdd.\n\n### Input:\n5, 7\n\n### Response:\n", ["Add.", "5, 7"]),
        ("User: 5*7?\nAssistant: 35\nUser: Are you sure?", ["5*7?"]),
        ("For example, 1+1=2. Now compute 5*7.", ["Now compute 5*7."]),
        ("Think step by step.", ["Think step by step."]),
        ("", [""]),
    ],
)
def test_what_a_prompt_asks(prompt: str, asked: list[str]) -> None:
    assert [piece.text for piece in asked_pieces(plain_text(prompt))] == asked


def test_a_whole_prompt_is_cut_where_a_wrapping_may_end() -> None:
    text = "Q: What is 1+1?\nA: It is 2.\n\n(3) And 5*7? Mind\nthe gap"
    assert [piece.text for piece in pieces(text)] == [
        "What is 1+1?",
        "It is 2.",
        "(3) And 5*7?",
        "Mind\nthe gap",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["a", " ", "\n", "\t ", "(", "Q:", "Q: ", "&amp;", "<b ", "5.0", "> ", "*", "x. ", "&#"]
)
def test_a_long_prompt_takes_time_in_proportion(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit)) + "x"
        begun = time.process_time()
        canonical_key(text)
        pieces(plain_text(text))
        return time.process_time() - begun

    seconds(1_000)
    assert seconds(200_000) < 15  # where time grew by the square, minutes
