"""Units of the user's own are read and compared, and refused where they are unclear."""

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from dpo_math_assets.verifier import (
    VERIFIER_VERSION,
    Conventions,
    CustomUnit,
    compare,
    verify,
    verify_frame,
    version_of,
)
from dpo_math_assets.verifier.runtime import frames

FURLONG = CustomUnit(name="furlong", of="m", factor="201.168", spellings=("fur",))
CONVENTIONS = Conventions(
    units=(
        FURLONG,
        CustomUnit(name="stadium", of="furlong", factor="23/25"),
        CustomUnit(name="widget"),
    )
)
ROWS = [
    ("FINAL ANSWER: 2 furlongs", "402.336 m", "correct"),
    ("FINAL ANSWER: 2 fur", "402.336 m", "correct"),
    (r"so $\boxed{2 \text{ furlongs}}$", "402.336 m", "correct"),
    ("FINAL ANSWER: 3 furlongs", "402.336 m", "incorrect"),
    ("FINAL ANSWER: 25 stadiums", "23 furlongs", "correct"),
    ("FINAL ANSWER: 5 widgets", "5 widgets", "correct"),
    ("FINAL ANSWER: 5 m / s", "5 m / s", "correct"),
]


@pytest.mark.parametrize(("candidate", "gold", "verdict"), ROWS)
def test_a_unit_of_ones_own_counts(candidate: str, gold: str, verdict: str) -> None:
    assert verify(candidate, gold, CONVENTIONS).verdict == verdict


def test_without_it_nothing_is_known_of_the_word_before_or_after() -> None:
    before = verify("FINAL ANSWER: 2 furlongs", "402.336 m")
    assert verify("FINAL ANSWER: 2 furlongs", "402.336 m", CONVENTIONS).verdict == "correct"
    assert before.verdict != "correct"
    assert verify("FINAL ANSWER: 2 furlongs", "402.336 m") == before


def test_compare_knows_them_too() -> None:
    assert compare("2 furlongs", "402.336 m", CONVENTIONS)[0] == "correct"
    assert compare("2 furlongs", "402.336 m")[0] != "correct"


@pytest.mark.parametrize("in_workers", [False, True])
def test_a_frame_is_read_with_them(in_workers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if in_workers:
        monkeypatch.setattr(frames, "PAIRS_WORTH_WORKERS", 0)
        monkeypatch.setattr(frames, "CHARACTERS_WORTH_WORKERS", 0)
    rows = pl.DataFrame(ROWS, schema=["candidate", "ground_truth", "wanted"], orient="row")
    judged = verify_frame(rows, conventions=CONVENTIONS, workers=1)
    assert judged["verdict"].to_list() == judged["wanted"].to_list()
    assert judged["verifier_version"].unique().to_list() == [version_of(CONVENTIONS)]


def test_labels_of_other_conventions_have_another_version() -> None:
    assert version_of(Conventions()) == VERIFIER_VERSION
    versions = {version_of(Conventions(units=units)) for units in [(FURLONG,), CONVENTIONS.units]}
    versions.add(version_of(Conventions(rounded_digits=4)))
    assert len(versions) == 3
    assert all(version.startswith(f"{VERIFIER_VERSION}+") for version in versions)
    assert verify("FINAL ANSWER: 1", "1", CONVENTIONS).verifier_version == version_of(CONVENTIONS)
    assert verify("FINAL ANSWER: 1", "1").verifier_version == VERIFIER_VERSION


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([{"name": "cup"}], "'cup' is a unit already"),
        ([{"name": "sin"}], "'sin' is a function, constant or letter"),
        ([{"name": "light year"}], "'light year' is no run of 1 to 40 letters"),
        ([{"name": "fathom", "spellings": ["ftm", "f.t.m"]}], "'f.t.m' is no run of"),
        ([{"name": "fathom", "of": "metr"}], "'metr', which is no known unit"),
        ([{"name": "fathom", "of": "league"}, {"name": "league"}], "no known unit"),
        ([{"name": "fathom", "factor": "1.8e"}], "no exact number above 0"),
        ([{"name": "fathom", "factor": "0.0"}], "no exact number above 0"),
        ([{"name": "fathom", "factor": "0e5"}], "no exact number above 0"),
        ([{"name": "fathom", "factor": "1/0"}], "no exact number above 0"),
        ([{"name": "fathom", "factor": "-2"}], "no exact number above 0"),
        ([{"name": "fathom", "facter": 2}], "Extra inputs are not permitted"),
        (
            [{"name": "fathom"}, {"name": "fathom"}],
            "the spelling 'fathom' of the unit fathom comes",
        ),
    ],
)
def test_a_bad_unit_is_refused_with_what_is_wrong(
    units: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ValidationError) as error:
        Conventions(units=tuple(CustomUnit(**unit) for unit in units))
    assert message in str(error.value)


def test_a_factor_is_exact_as_it_is_written() -> None:
    assert CustomUnit(name="fathom", of="m", factor=1.8288).factor == "1.8288"  # type: ignore[arg-type]
