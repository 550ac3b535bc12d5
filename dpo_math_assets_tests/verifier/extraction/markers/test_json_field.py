"""Answers in fields of JSON and of what looks like it."""

import pytest

from dpo_math_assets.verifier import verify


def test_fields_beside_the_answer_of_json_are_no_other_answers() -> None:
    assert verify('{"answer": 12, "confidence": 0.9}', "12").ok is True


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("**Final Answer**\n```\n12\n```", "12"),
        ("The answer is:\n\n```text\n12\n```\nThat is all.", "12"),
        ('The final answer is:\n```json\n{"reasoning": "3 * 4", "answer": "12"}\n```', "12"),
        (
            '{"reasoning": "**Final answer:** She has as many pens as before, 12.", "answer": 12}',
            "12",
        ),
        ("{'reasoning': '3 * 4', 'answer': '12'}", "12"),
        ('{"answer": "answer": "12"}', "12"),
        ('{"student_answer": 9, "answer": 12}', "12"),
        ('{"intermediate_answer": 9, "answer": 12}', "12"),
        ('{"answer": {"value": 12, "unit": "cm"}}', "12"),
        ('{"answer": {"x": 12, "y": 9}}', "x = 12, y = 9"),
        ('{"answer": {"Ann": 12, "Ben": "9"}}', "12, 9"),
        ('{"reasoning": "3 * 4", "result": 12}', "12"),
        ("Ans: 12\n\nBecause 3 * 4 = 12.", "12"),
    ],
)
def test_answers_in_code_fences_and_in_json_of_any_shape_are_found(text: str, gold: str) -> None:
    assert verify(text, gold).ok is True


@pytest.mark.parametrize(
    "text",
    [
        "**Answer:**\n- 12",  # a bullet, or a sign
        "**Answer:**\n```python\n12\nprint(9)\n```",
        '{"answer": 12, "unit": "thousand"}',
        '{"answer": {"total": {"value": 12}, "rest": 9}}',
        '{"tool": "sum", "result": 12}\nThat was the first step.',
        '{"reasoning": "Final answer: 12", "answer": "9"}',
        '{"reasoning": "**Final Answer:** So Ann has **9** pens in all.", "answer": "12"}',
        '{"given": 9, "total": 12}',
    ],
)
def test_a_number_in_json_or_code_that_is_not_plainly_the_answer_never_passes(text: str) -> None:
    for gold in ("12", "-12"):
        assert verify(text, gold).ok is not True


def test_json_that_lost_a_quote_is_still_read() -> None:
    assert verify('{"reasoning": "3 * 4 = 12\n\nanswer": "12"\n}', "12").ok is True
