"""Characters that show nothing never join what they stand between."""

import pytest

from dpo_math_assets.verifier import verify
from dpo_math_assets.verifier.syntax.normalization import to_ascii

INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202e"]


@pytest.mark.parametrize("sign", INVISIBLE)
def test_an_invisible_character_inside_a_number_or_name_leaves_it_unread(sign: str) -> None:
    for answer, gold in ((f"0{sign}7", "7"), (f"3{sign}4", "34"), (f"p{sign}q", "pq")):
        assert verify(f"FINAL ANSWER: {answer}", gold).verdict == "undecided"
        assert verify(f"FINAL ANSWER: {gold}", answer).verdict == "undecided"


@pytest.mark.parametrize("sign", INVISIBLE)
def test_an_invisible_character_elsewhere_says_nothing(sign: str) -> None:
    assert verify(f"FINAL ANSWER: {sign}34{sign} apples", "34").verdict == "correct"
    assert to_ascii(f"{sign}3 + {sign}4{sign}") == "3 + 4"


def test_the_invisible_signs_of_mathml_are_signs() -> None:
    assert to_ascii("2\u2062x") == "2*x"
    assert to_ascii("sin\u2061x") == "sin x"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("\u7b54\uff1a7\u4e2a\u68a8", "7"),
        ("\u56e0\u6b64\u6b63\u786e\u9009\u9879\u662f C", "C"),
        ("7\u7c73", "7"),
        ("\u767e\u5206\u4e4b30", "30\\%"),
        ("\u4e94\u5206\u4e4b\u4e8c", "2/5"),
    ],
)
def test_chinese_words_around_an_answer_are_read(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).verdict == "correct"


def test_chinese_words_that_change_a_number_leave_it_undecided() -> None:
    assert verify("FINAL ANSWER: 7\u4e2a\u4ee5\u4e0a", "7").verdict == "undecided"
