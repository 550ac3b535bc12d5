"""CONVENTIONS.md holds line by line: each example has the verdict that the page shows a user."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

import dpo_math_assets.verifier
from dpo_math_assets.verifier import Conventions, verify

PAGE = Path(dpo_math_assets.verifier.__file__).with_name("CONVENTIONS.md").read_text("utf-8")
SETTING = re.compile(r"with `(\w+)=(\w+)`")
COLUMNS = "| answer | gold | verdict | why |"


class Line(NamedTuple):
    """A line of a table, and the setting that its last cell names."""

    section: str
    answer: str
    gold: str
    verdict: str
    settings: dict[str, str]


def _text(cell: str) -> str:
    """What a cell shows as code; a text that begins or ends with a backtick has blanks around."""
    code = re.fullmatch(r"(`+)(.*)\1", cell)
    assert code, f"not shown as code: {cell}"
    text = code[2]
    if len(code[1]) > 1:
        text = text.removeprefix(" ").removesuffix(" ")
    return text.replace("\\|", "|").replace("⏎", "\n")


def _lines() -> list[Line]:
    found, section = [], ""
    for line in PAGE.splitlines():
        if heading := re.match(r'## <a id="([a-z-]+)"></a>', line):
            section = heading[1]
        elif line.startswith("| `"):
            answer, gold, verdict, why = (c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1])
            settings = dict(SETTING.findall(why))
            found.append(Line(section, _text(answer), _text(gold), verdict, settings))
    return found


LINES = _lines()


@pytest.mark.parametrize("line", LINES, ids=[f"{x.section}: {x.answer[:40]}" for x in LINES])
def test_an_example_has_the_verdict_that_the_page_shows(line: Line) -> None:
    conventions = Conventions.model_validate(line.settings)
    verdict = verify(line.answer, line.gold, conventions, timeout_s=60.0)
    assert verdict.verdict == line.verdict
    if line.settings:
        assert verify(line.answer, line.gold, timeout_s=60.0).verdict != line.verdict


def test_every_table_is_read() -> None:
    assert {line.section for line in LINES} == {
        section.split('"')[0] for section in PAGE.split('## <a id="')[1:] if COLUMNS in section
    }


def test_every_setting_has_an_example_or_is_said_to_be_a_list() -> None:
    shown = {name for line in LINES for name in line.settings}
    assert Conventions.model_fields.keys() - shown == {"units", "markers", "thoughts"}


def test_links_to_sections_have_a_target() -> None:
    anchors = set(re.findall(r'<a id="([a-z-]+)"></a>', PAGE))
    assert set(re.findall(r"\(#([a-z-]+)\)", PAGE)) == anchors
