"""The guard of the pinned verdicts: it must see a changed verdict and an old version."""

import json
import sys
from pathlib import Path

import polars as pl
import pytest

from dpo_math_assets_tests.pins import __main__ as pins


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pins of three rows of our own, in a folder of their own."""
    cases = tmp_path / "own_cases.jsonl"
    rows = [("1/2", "0.5"), ("3", "4"), ("x", "y")]
    cases.write_text("\n".join(json.dumps({"answer": a, "gold": g}) for a, g in rows), "utf-8")
    monkeypatch.setattr(pins, "OWN_CASES", cases)
    monkeypatch.setattr(pins, "PINS", tmp_path / "digests.json")
    monkeypatch.setattr(pins, "SHARED", tmp_path / "absent")
    monkeypatch.setattr(pins, "renewed_at", lambda: "HEAD")
    monkeypatch.setattr(sys, "argv", ["pins", "--renew"])
    assert pins.main() == 0
    return tmp_path / "digests.json"


def test_unchanged_verdicts_hold(pinned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pins"])
    assert pins.main() == 0


@pytest.mark.parametrize("field", pins.FIELDS)
def test_a_changed_verdict_under_an_old_version_fails_and_is_not_pinned(
    pinned: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    field: str,
) -> None:
    before = pinned.read_text("utf-8")
    said = pins.verdicts

    def changed(rows: list[pins.Row]) -> pl.DataFrame:
        first = pl.int_range(pl.len()) == 0
        return said(rows).with_columns(
            pl.when(first).then(pl.lit("?")).otherwise(field).alias(field)
        )

    old = said([("1/2", "0.5"), ("3", "4"), ("x", "y")])
    monkeypatch.setattr(pins, "verdicts", changed)
    monkeypatch.setattr(pins, "verdicts_at", lambda _, names: dict.fromkeys(names, old))
    monkeypatch.setattr(sys, "argv", ["pins", "--renew"])
    assert pins.main() == 1
    assert pinned.read_text("utf-8") == before
    output = capsys.readouterr().out
    assert "VERIFIER_VERSION is still" in output
    assert "own_cases: 1 rows" in output


def test_a_changed_verdict_under_a_new_version_is_pinned_when_asked(
    pinned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins.PINS.write_text(
        json.dumps({"version": "0", "sources": {"own_cases": "0" * 16}}), encoding="utf-8"
    )
    old = pins.verdicts([("1/2", "0.5"), ("3", "4"), ("x", "y")])
    monkeypatch.setattr(pins, "verdicts_at", lambda _, names: dict.fromkeys(names, old))
    monkeypatch.setattr(sys, "argv", ["pins"])
    assert pins.main() == 1  # and says to renew
    monkeypatch.setattr(sys, "argv", ["pins", "--renew"])
    assert pins.main() == 0
    monkeypatch.setattr(sys, "argv", ["pins"])
    assert pins.main() == 0
