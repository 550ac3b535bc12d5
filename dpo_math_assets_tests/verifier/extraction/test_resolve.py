"""Which of several answers of a completion stands."""

import polars as pl
import pytest

from dpo_math_assets.verifier import Conventions, extract, verify_frame

STRICT = Conventions(
    percent_matches_number=False, assignment_matches_value=False, units_optional=False
)


@pytest.mark.parametrize(
    ("completion", "lenient", "strict"),
    [
        ("Answer: 10%\nAnswer: 10", "10", "ambiguous_answer"),
        ("#### 5 km\n#### 5", "5", "ambiguous_answer"),
        ("\\boxed{x = 5} or \\boxed{5}", "5", "\\boxed{x = 5}, \\boxed{5}"),
    ],
)
def test_answers_of_one_completion_are_compared_under_the_callers_conventions(
    completion: str, lenient: str, strict: str
) -> None:
    for conventions, expected in ((Conventions(), lenient), (STRICT, strict)):
        found = extract(completion, conventions)
        assert (found.answer or found.reason) == expected
        frame = pl.DataFrame({"candidate": [completion], "ground_truth": ["7"]})
        row = verify_frame(frame, conventions=conventions).row(0, named=True)
        assert (row["extracted"] or row["reason"]) == expected
