"""What stages report and exchange comes back from JSON as it was, and damage is named."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.json_objects import as_json, from_json, load
from dpo_math_assets.training.settings import TrainingSettings


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    counts: dict[str, int]
    colour: Colour | None = None


@dataclass(frozen=True)
class Whole:
    parts: list[Part]
    place: Path
    settings: TrainingSettings
    share: float
    later: list[str] = field(default_factory=list)


WHOLE = Whole(
    [Part({"a": 1}, Colour.RED), Part({})], Path("/data"), TrainingSettings(beta=0.2), 0.5
)


def test_what_crosses_to_another_process_as_text_comes_back_equal() -> None:
    assert from_json(Whole, json.loads(json.dumps(as_json(WHOLE))), "here") == WHOLE


def test_json_is_readable_and_in_the_order_of_the_fields() -> None:
    written = as_json(WHOLE)
    assert list(written) == ["parts", "place", "settings", "share", "later"]
    assert written["parts"][0] == {"counts": {"a": 1}, "colour": "red"}
    assert written["place"] == "/data"


def test_fields_of_another_version_are_passed_over_and_later_ones_have_their_default() -> None:
    written = {**as_json(WHOLE), "retired": 1}
    del written["later"]
    assert from_json(Whole, written, "here") == WHOLE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"share": "half"}, "here is no Whole (share: "),
        ({"parts": [{"counts": {"a": "many"}}]}, "here is no Whole (parts.0.counts.a: "),
        ({"parts": [{"counts": {}, "colour": "blue"}]}, "here is no Whole (parts.0.colour: "),
    ],
)
def test_a_field_of_another_type_is_named(change: dict[str, object], told: str) -> None:
    with pytest.raises(DpoMathError) as error:
        from_json(Whole, {**as_json(WHOLE), **change}, "here")
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("text", [None, "", '{"parts"', "\xff"])
def test_a_file_that_is_gone_or_damaged_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "whole.json"
    if text is not None:
        file.write_text(text, encoding="latin-1")
    with pytest.raises(DpoMathError, match=r"whole\.json cannot be read"):
        load(Whole, file)
