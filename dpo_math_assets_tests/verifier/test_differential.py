"""Every pair of a set of answers, judged by this verifier and by Math-Verify.

Where the two contradict each other, one of them is wrong or they follow another convention. Each
such pair is listed with the reason; a pair that is not on the list fails.
"""

import logging
from itertools import combinations_with_replacement

import pytest

from dpo_math_assets.verifier import verify

ANSWERS = [
    *(r"\frac{1}{2}", "0.5", "2^{-1}", r"-\frac{1}{2}", r"50\%", "3", r"\sqrt{9}", r"\log_2(8)"),
    *(
        "1,000",
        "10^3",
        r"2\sqrt{3}",
        r"\frac{6}{\sqrt{3}}",
        r"\sqrt{12}",
        r"\pi",
        r"\frac{2\pi}{2}",
    ),
    *("x+1", "1+x", r"\frac{x^2-1}{x-1}", "(x+1)^2", "x^2+2x+1", "x^2+1", "4", "4t", "r^2+1"),
    *("R^2+1", "1/2^{99}", "1/2^{98}", "(1,2)", "(2,1)", "[1,2]", r"\{1,2\}", r"\{2,1\}", "1,2"),
    *("[0,1)", r"0 \le x < 1", r"\sin^2(x)+\cos^2(x)", "1", r"\ln(4)", r"2\ln(2)", "1+2i", "2i+1"),
    *("i", r"\sqrt{-1}", r"\infty", r"-\infty", r"\text{yes}", r"\text{no}", "5!", "120"),
    *(r"\binom{5}{2}", "10", r"\pm 3", "3,-3", r"\frac13", "0.333"),
]

# Math-Verify calls these equal, and they are not.
ITS_FALSE_PASSES = {
    ("4", "4t"): "a variable on one side is dropped",
    ("r^2+1", "R^2+1"): "names are compared without case",
    ("1/2^{99}", "1/2^{98}"): "an absolute tolerance",
    ("(1,2)", r"\{1,2\}"): "a point is no set",
    ("(2,1)", r"\{2,1\}"): "a point is no set",
}
# It calls these different, and they are equal, or equal by this project's conventions.
ITS_FALSE_MISMATCHES = {
    ("[0,1)", r"0 \le x < 1"): "an interval and its inequality",
    ("i", r"\sqrt{-1}"): "the imaginary unit is a variable",
    (r"\frac13", "0.333"): "a decimal that shows three digits stands for what it rounds",
}


@pytest.mark.parametrize(
    ("decimal", "exact"),
    [("0.5", r"\sin(\pi/6)"), ("3.0", r"\ln(e^3)"), ("0.5", r"\frac{\ln 2}{\ln 4}")],
)
def test_a_short_decimal_equals_what_it_is_exactly_as_math_verify_says(
    decimal: str, exact: str
) -> None:
    assert verify(f"FINAL ANSWER: {decimal}", exact).ok is True
    assert verify(f"FINAL ANSWER: {exact}", decimal).ok is True


def test_a_set_is_no_vector() -> None:
    for vector in (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}"):
        assert verify(r"FINAL ANSWER: \{1,2\}", vector).ok is not True
        assert verify(f"FINAL ANSWER: {vector}", r"\{1,2\}").ok is not True


@pytest.mark.slow
def test_no_contradiction_with_math_verify_that_is_not_its_known_mistake() -> None:
    peer = pytest.importorskip("math_verify")
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    # Without its time limits, which are signals and would depend on the machine.
    trees = {answer: peer.parse(f"${answer}$", parsing_timeout=None) for answer in ANSWERS}
    its_passes, its_mismatches = set(), set()
    for a, b in combinations_with_replacement(ANSWERS, 2):
        theirs = peer.verify(trees[a], trees[b], timeout_seconds=None)
        ours = verify(f"FINAL ANSWER: {b}", a).ok
        if theirs and ours is False:
            its_passes.add((a, b))
        if not theirs and ours:
            its_mismatches.add((a, b))
    assert its_passes == set(ITS_FALSE_PASSES)
    assert its_mismatches == set(ITS_FALSE_MISMATCHES)
