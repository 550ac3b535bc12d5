"""No text breaks the verifier: it is read, refused by the parser's own errors, or over a limit.

A text that ended in another error would be `worker_crashed`, which looks like a fault of the
machine. DPO_MATH_FUZZ sets how many texts are tried (300 by default).
"""

import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier import verify
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.parser import parse

TRIES = int(os.environ.get("DPO_MATH_FUZZ", "300"))

PIECES = [
    *("1", "0.5", "12,000", "x", "ab", "e", "i", "f(", "(", ")", "[", "]", "{", "}", "\\{", "\\}"),
    *("+", "-", "*", "/", "^", "_", "!", "'", "%", "=", "<", ">", "<=", ":", ";", ",", "|", "."),
    *(
        "\\frac",
        "\\sqrt",
        "\\sum",
        "\\int",
        "\\lim",
        "\\binom",
        "\\pm",
        "\\cdot",
        "\\times",
        "\\to",
    ),
    *("\\pi", "\\infty", "^\\circ", "\\emptyset", "\\mathbb{R}", "\\text{", "\\left", "\\right"),
    *("\\begin{cases}", "\\end{cases}", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\"),
    *(" cm", " kg", " thousand", " and ", " or ", " where ", " for ", " mod ", " in ", " dozen"),
    *(
        "Area = ",
        "Interval(",
        "Piecewise(",
        "\\overline",
        "\\vec",
        "\\circ",
        "_2",
        "101_",
        "$",
        "\\$",
    ),
]
BEHIND = ["!", "'", "^\\circ", "^2", "_1", "%", ")", "]", "-", "(", "\\sqrt", "+1", ",1", ":", "|"]


def _is_read_or_refused(text: str) -> None:
    with suppress(ParseError, VerifierLimitError):
        parse(text)
    assert verify(text, "5", timeout_s=30.0).reason != "worker_crashed"


@settings(max_examples=TRIES, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_row_of_tokens_breaks_the_verifier(text: str) -> None:
    _is_read_or_refused(text)


@settings(max_examples=TRIES, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_row_of_characters_breaks_the_verifier(text: str) -> None:
    _is_read_or_refused(text)


@pytest.mark.parametrize("sign", BEHIND)
@pytest.mark.parametrize("times", [40, 900, 4900])
def test_no_number_of_equal_signs_breaks_the_verifier(sign: str, times: int) -> None:
    for text in ("5" + sign * times, sign * times + "5", f"x {sign}" * times):
        _is_read_or_refused(text)


@pytest.mark.parametrize(
    "text",
    ["5; where x > 0", "\\emptyset thousand", "x_.5", "101_.52", "2_\\frac12", "x^_2"],
)
def test_an_odd_combination_is_read_or_refused(text: str) -> None:
    _is_read_or_refused(text)
