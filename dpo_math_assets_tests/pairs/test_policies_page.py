"""docs/selection.md names settings that there are, with the defaults that they have."""

import re
from pathlib import Path

import yaml

from dpo_math_assets.pairs.pairing import PairingSettings
from dpo_math_assets.pairs.selection import NEGATIVES, DatasetSettings

PAGE = (Path(__file__).parents[2] / "docs" / "selection.md").read_text(encoding="utf-8")


def test_the_pages_defaults_are_the_defaults() -> None:
    table = PAGE.split("## Which pairs")[1].split("**Different")[0]
    told = re.findall(r"`(?:pairing\.)?(\w+): ([^`]+)`", table + PAGE.split("## What is held")[1])
    assert len(told) >= 12
    defaults = {**PairingSettings().model_dump(), **DatasetSettings().model_dump()}
    for name, value in told:
        assert yaml.safe_load(value) == defaults[name], name


def test_the_page_explains_every_kind_of_negative() -> None:
    explained = re.findall(r"^- `(\w+)`(?: \(default\))?: ", PAGE, flags=re.MULTILINE)
    assert [name for name in explained if name in NEGATIVES] == list(NEGATIVES)
