import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.traces.prompts import (
    canonical_key,
    normalise_prompt,
    prompt_key,
    text_key,
)


@pytest.mark.parametrize(
    "spelling",
    [
        "  Solve x - 1 = 0\n\nfor x.  ",
        "Solve x - 1 = 0\r\nfor x.",
        "Solve\u00a0x - 1 = 0 \u2028 for x.",
        "\ufeffSol\u200bve x - 1 = 0\n for\u2060 x\u00ad.",
        "Solve x \u2212 1 = 0\nfor x.",
        "Ｓolve x - １ ＝ 0\nfor x.",
    ],
)
def test_spellings_that_look_the_same_are_one_prompt(spelling: str) -> None:
    assert normalise_prompt(spelling) == "Solve x - 1 = 0\nfor x."
    assert prompt_key(spelling) == prompt_key("Solve x - 1 = 0\nfor x.")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x² + 1", "x2 + 1"),
        ("3½", "31⁄2"),
        ("1\u20632", "12"),  # an invisible separator: two indices
        ("pages 3–5", "pages 3-5"),  # a range is no difference
        ("[1 2\n3 4]", "[1 2 3 4]"),
        ("Let R = r.", "Let r = r."),
        ("5*7", "7*5"),
    ],
)
def test_prompts_that_mean_something_else_stay_apart(one: str, other: str) -> None:
    assert prompt_key(one) != prompt_key(other)


def test_accents_in_one_or_two_characters_are_one_prompt() -> None:
    assert prompt_key("Poincar\u00e9") == prompt_key("Poincare\u0301")


@given(st.text())
@settings(deadline=None)
def test_a_normalised_prompt_stays_as_it_is(text: str) -> None:
    assert normalise_prompt(normalise_prompt(text)) == normalise_prompt(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 5*7?", "what is 7 * 5"),
        ("What is 5*7?", "What is $5 \\times 7$?"),
        ("Compute 2*(3+4)", "Compute (4+3)2"),
        ("Solve $3x+2=11$", "Solve 2 + 3x = 11"),
        ("A total of 1,000 people", "a total of 1000 people"),
    ],
)
def test_a_reordered_twin_is_on_the_same_side_of_the_split(one: str, other: str) -> None:
    assert canonical_key(one) == canonical_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("What is 5+7?", "What is 5*7?"), ("What is 5*7?", "What is 57?"), ("1.5 m", "15 m")],
)
def test_different_problems_are_not_twins(one: str, other: str) -> None:
    assert canonical_key(one) != canonical_key(other)


def test_keys_are_16_hex_digits_that_never_change() -> None:
    assert prompt_key("What is 1+1?") == text_key("What is 1+1?") == "6d52aa994781ec59"
    assert canonical_key("What is 1+1?") == "cf7e9194e57cd20a"


def test_the_key_of_a_completion_tells_texts_apart_that_look_the_same() -> None:
    assert text_key("14 ") != text_key("14")


@given(
    st.text(
        st.sampled_from(
            "ae\u00e9\u3002\u0301\u0300\u0327\u0323\u0344\u0f73\u302a\u20dd\u1100\u1161"
        ),
        max_size=150,
    )
)
def test_many_combining_marks_are_composed_as_unicode_has_it(text: str) -> None:
    assert normalise_prompt(f"({text})") == unicodedata.normalize("NFC", f"({text})")


def test_more_combining_marks_than_are_sorted_at_once_make_one_prompt_in_any_order() -> None:
    one, other = "o" + "\u0327" * 40 + "\u0301" * 40, "o" + "\u0301\u0327" * 40
    assert normalise_prompt(other) == unicodedata.normalize("NFC", one) == normalise_prompt(one)


@pytest.mark.parametrize(
    "unit", [" ", "\t", " \t", "\n ", "a ", "\u00a0", "&", "x", "\u0327\u0301", "\u0f73"]
)
def test_a_long_prompt_is_normalised_in_time_in_proportion(unit: str) -> None:
    begun = time.process_time()
    normalise_prompt("a" + unit * (200_000 // len(unit)) + "b")
    assert time.process_time() - begun < 1
