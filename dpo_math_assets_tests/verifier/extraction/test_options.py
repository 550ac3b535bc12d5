"""Options that a question lists, and what a lone letter is worth with them and without."""

import polars as pl
import pytest

from dpo_math_assets.verifier import compare, verify, verify_frame
from dpo_math_assets.verifier.extraction.options import options_of, with_option

QUESTION = "How many legs have three cats? (A) 4 (B) 8 (C) 12 (D) none of these"


@pytest.mark.parametrize(
    "question",
    [
        "Choose. (A) 3 (B) x+1 (C) 5",
        "Choose.\nA. 3\nB. x+1\nC. 5",
        "Choose:\nA) 3\nB) x+1\nC) 5\n\nExplain.",
        "- **A:** 3\n- **B:** x+1\n- **C:** 5",
        r"$\textbf{(A)}\ 3\qquad\textbf{(B)}\ x+1\qquad\textbf{(C)}\ 5$",
        r"{\rm (A)}~3, {\rm (B)}~x+1, {\rm (C)}~5",
        r"\begin{enumerate}\item[(A)] 3 \item[(B)] x+1 \item[(C)] 5\end{enumerate}",
        "A．3 B．x+1 C．5",
    ],
)
def test_options_are_read_in_every_usual_form(question: str) -> None:
    assert options_of(question) == {"A": "3", "B": "x+1", "C": "5"}


@pytest.mark.parametrize(
    "question",
    [
        "A triangle has the vertices A. B and C. Find its area.",
        "Let P(A) = 1/2 and P(B) = 1/3.",
        "(A) 3 (B) 4, and then (A) 5 (B) 6",
        "(B) 3 (C) 4",
    ],
)
def test_letters_that_name_no_options_of_one_list_are_none(question: str) -> None:
    assert options_of(question) == {}


@pytest.mark.parametrize("letter", ["C", "(C)", "C.", "$C$", r"\text{C}", r"\boxed{\textbf{(C)}}"])
def test_a_lone_letter_is_its_option(letter: str) -> None:
    assert with_option(letter, QUESTION) == "(C) 12"


@pytest.mark.parametrize(
    ("answer", "gold", "verdict"),
    [
        ("12", "C", "correct"),
        ("C", "12", "correct"),
        ("12 legs", "(C)", "correct"),
        ("8", "C", "incorrect"),
        ("B", "12", "incorrect"),
        ("B", "C", "incorrect"),
        ("11", "D", "undecided"),
        ("11", "E", "undecided"),
    ],
)
def test_the_options_of_the_prompt_decide(answer: str, gold: str, verdict: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold, prompt=QUESTION).verdict == verdict
    frame = pl.DataFrame(
        {"candidate": [f"FINAL ANSWER: {answer}"], "gold": [gold], "q": [QUESTION]}
    )
    judged = verify_frame(frame, ground_truth="gold", prompt="q")
    assert judged.row(0, named=True)["verdict"] == verdict
    assert judged.columns[:3] == frame.columns
    assert judged["extracted"].to_list() == [answer]


@pytest.mark.parametrize(("answer", "gold"), [("12", "C"), ("C", "12"), ("x + 1", "A")])
def test_without_a_prompt_nobody_knows_what_a_letter_names(answer: str, gold: str) -> None:
    assert compare(answer, gold)[0] == "undecided"


def test_options_of_a_long_prompt_come_to_an_end() -> None:
    for unit in ("(A) ", "A. ", r"\textbf{(A)}\ ", "(A) 1 (B) 2 ", "{", "**A", r"\qquad"):
        assert options_of(unit * 100_000) == {}
