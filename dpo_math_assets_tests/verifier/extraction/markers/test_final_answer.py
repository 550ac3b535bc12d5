"""Answers behind `Final answer:` and below its heading."""

import pytest

from dpo_math_assets.verifier import extract, verify


@pytest.mark.parametrize(
    "text",
    [
        'We add.\n**Final Answer:** `"answer": "9"`',
        'We add.\nFinal answer: {"answer": "9"}',
        '### Final Answer\n\n"answer": "9",\n}',
    ],
)
def test_a_field_of_json_behind_the_label_is_its_value(text: str) -> None:
    assert extract(text).answer == "9"
    assert verify(text, "9").verdict == "correct"
