import math

import pytest

from dpo_math_assets.verifier.algebra.approximation import approximate
from dpo_math_assets.verifier.algebra.intervals import integer_ranges, pieces_of
from dpo_math_assets.verifier.syntax.parser import parse


def _shown(text: str) -> list[str] | None:
    pieces = pieces_of(parse(text))
    if pieces is None:
        return None
    return [
        f"{'(['[piece.low_closed]}{approximate(piece.low):g}, "
        f"{approximate(piece.high):g}{')]'[piece.high_closed]}"
        for piece in pieces
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("[1, 2)", ["[1, 2)"]),
        ("1 \\le x < 2", ["[1, 2)"]),
        ("x > 3", ["(3, inf)"]),
        ("3 < x", ["(3, inf)"]),
        ("2x + 1 \\le 5", ["(-inf, 2]"]),
        ("5 - 2x < 1", ["(2, inf)"]),
        ("|x - 1| < 2", ["(-1, 3)"]),
        ("|x| \\ge 2", ["(-inf, -2]", "[2, inf)"]),
        ("|3 - x| > 2", ["(-inf, 1)", "(5, inf)"]),
        ("x \\ne 0", ["(-inf, 0)", "(0, inf)"]),
        ("x < 1 \\text{ or } x > 3", ["(-inf, 1)", "(3, inf)"]),
        ("(0, 2) \\cup [1, 3]", ["(0, 3]"]),
        ("(0, 1) \\cup (1, 2)", ["(0, 1)", "(1, 2)"]),
        ("(0, 2) \\cap [1, 3]", ["[1, 2)"]),
        ("\\mathbb{R} \\setminus \\{0\\}", ["(-inf, 0)", "(0, inf)"]),
        ("\\{x \\mid x^2\\}", None),
        ("\\{x \\in \\mathbb{R} \\mid x > \\sqrt{2}\\}", ["(1.41421, inf)"]),
        ("\\{x \\in \\mathbb{Z} \\mid 0 < x < 3\\}", ["[1, 1]", "[2, 2]"]),
        ("x + y < 1", None),
        ("x^2 < 4", None),
    ],
)
def test_sets_are_sorted_disjoint_pieces(text: str, pieces: list[str] | None) -> None:
    assert _shown(text) == pieces


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("n > 2", [(3, math.inf)]),
        ("n \\ge 5/2", [(3, math.inf)]),
        ("\\{3, 4, 5, \\dots\\}", [(3, math.inf)]),
        ("\\{n \\in \\mathbb{Z} \\mid 1 \\le n < 4\\}", [(1, 3)]),
        ("\\{2, 4, 8, \\dots\\}", None),
        ("x + 1", None),
    ],
)
def test_sets_of_integers_are_ranges(text: str, ranges: list[tuple[float, float]] | None) -> None:
    assert integer_ranges(parse(text)) == ranges
