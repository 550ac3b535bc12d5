"""The rules of the verifier by id: what each reads, why, and an example for and against it.

They are data: `lexicon/rules/*.toml`, a file for each part of the verifier. From them come the
tests of the rules, the words of `explain`, and the page RULES.md (`rules_page.py`). Both link to
the section of CONVENTIONS.md that a rule belongs to.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

PAGE = "RULES.md"
CONVENTIONS_PAGE = "CONVENTIONS.md"
# Parts of the verifier that read completions, and the section that they belong to.
_READING_COMPLETIONS = ("segment", "marker", "veto", "cleanup", "prose", "resolve")
_COMPLETIONS = "completions"


@dataclass(frozen=True, slots=True)
class Example:
    """A completion (or a bare answer), a gold, the verdict that is due, perhaps a question."""

    answer: str
    gold: str
    verdict: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `setting` is the field of `Conventions` that switches it, if any.

    The rule is applied in the example `applies`, and not in the example `does_not`.
    """

    id: str
    section: str
    why: str
    applies: Example
    does_not: Example
    setting: str | None = None
    # The anchor of a section of CONVENTIONS.md.
    convention: str | None = None


@cache
def rules() -> dict[str, Rule]:
    """All rules by id, in the order of the files and their lines."""
    found: dict[str, Rule] = {}
    folder = files("dpo_math_assets.verifier.lexicon") / "rules"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        for name, row in tomllib.loads(file.read_text("utf-8")).items():
            section = file.name.removesuffix(".toml")
            found[name] = Rule(
                name,
                section,
                row["why"],
                _example(row, "applies"),
                _example(row, "does_not"),
                row.get("setting"),
                row.get("convention", _COMPLETIONS if section in _READING_COMPLETIONS else None),
            )
    return found


def _example(row: dict[str, Any], name: str) -> Example:
    answer, gold, verdict = row[name]
    return Example(answer, gold, verdict, row.get("question"))
