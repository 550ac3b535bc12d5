"""Labels of the user's own."""

import polars as pl
import pytest
from pydantic import ValidationError

from dpo_math_assets.verifier import Conventions, extract, verify_frame
from dpo_math_assets.verifier.extraction.markers import finders_with
from dpo_math_assets.verifier.extraction.prefilter import decisive_parts
from dpo_math_assets.verifier.runtime import frames

OWN = Conventions(markers=("Result:", "Ergebnis ="))


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("2 + 3 = 5.\nResult: 5\nThat was easy.", "5"),
        ("2 + 3 = 5.\nErgebnis = 5", "5"),
        ("2 + 3 = 5.\n**Result:** 5", "5"),
        ("Result: 4\nFINAL ANSWER: 4", "4"),
    ],
)
def test_a_label_of_ones_own_marks_an_answer(completion: str, answer: str) -> None:
    assert extract(completion, OWN).answer == answer


@pytest.mark.parametrize(
    "completion",
    ["A wrong Result: 5", "Result: 5\nResult: 6", "Result:", "2 + 3 = 5.\nMyResult: 5\nEasy."],
)
def test_a_label_of_ones_own_is_vetoed_and_contradicted_as_others(completion: str) -> None:
    assert extract(completion, OWN).answer is None


def test_without_it_the_label_is_none() -> None:
    assert extract("2 + 3 = 5.\nResult: 5\nThat was easy.").answer is None


def test_frames_and_their_workers_know_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"candidate": ["2 + 3 = 5.\nResult: 5\nEasy."], "ground_truth": ["5"]})
    assert verify_frame(frame)["verdict"].to_list() == ["undecided"]
    assert verify_frame(frame, conventions=OWN)["verdict"].to_list() == ["correct"]
    monkeypatch.setattr(frames, "CHARACTERS_WORTH_WORKERS", 0)
    assert verify_frame(frame, conventions=OWN)["verdict"].to_list() == ["correct"]


def test_the_short_cut_begins_at_the_label() -> None:
    texts = pl.Series(["2 + 3 = 5.\nResult: 5", "2 + 3 = 5.\nResult: 5\nFINAL ANSWER: 6"])
    finders = finders_with(OWN.markers)
    assert decisive_parts(texts, finders).to_list() == ["Result: 5", texts[1]]
    assert decisive_parts(texts).to_list() == [texts[0], "FINAL ANSWER: 6"]


@pytest.mark.parametrize("label", ["", "A", "Result: ", "two\nlines:", "=", "x" * 41])
def test_what_is_no_label_is_refused(label: str) -> None:
    with pytest.raises(ValidationError, match="is no label"):
        Conventions(markers=(label,))
