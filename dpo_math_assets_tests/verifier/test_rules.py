"""Every rule is applied where its row says so and nowhere else, and every id has a row."""

import re
from pathlib import Path

import pytest

import dpo_math_assets.verifier
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.rules import PAGE, Rule, rules
from dpo_math_assets.verifier.rules_page import rules_page
from dpo_math_assets.verifier.runtime.explain import explain

CODE = Path(dpo_math_assets.verifier.__file__).parent


@pytest.mark.parametrize("rule", rules().values(), ids=rules().keys())
def test_a_rule_is_applied_in_its_example_and_not_in_its_counterexample(rule: Rule) -> None:
    example, counterexample = rule.applies, rule.does_not
    shown = explain(example.answer, example.gold, prompt=example.question)
    assert rule.id in [step.rule for step in shown.steps]
    assert shown.verdict.verdict == rule.applies.verdict
    other = explain(counterexample.answer, counterexample.gold, prompt=counterexample.question)
    assert rule.id not in [step.rule for step in other.steps]
    assert other.verdict.verdict == rule.does_not.verdict


def test_every_rule_in_the_code_has_a_row_and_every_row_a_rule() -> None:
    in_code = {
        name
        for path in CODE.rglob("*.py")
        for name in re.findall(r"\"([a-z]+\.[a-z_]+)\"", path.read_text("utf-8"))
        if name.split(".")[0] in {rule.split(".")[0] for rule in rules()}
    }
    assert in_code == rules().keys()


def test_settings_of_rules_are_conventions() -> None:
    settings = {rule.setting for rule in rules().values() if rule.setting}
    assert settings <= Conventions.model_fields.keys()


def test_the_page_of_rules_is_what_the_rules_give() -> None:
    assert (CODE / PAGE).read_text("utf-8") == rules_page(), (
        "run `python -m dpo_math_assets.verifier.rules_page`"
    )


def test_links_of_rules_to_the_page_of_conventions_lead_to_a_section() -> None:
    sections = set(
        re.findall(r'<a id="([a-z-]+)"></a>', (CODE / "CONVENTIONS.md").read_text("utf-8"))
    )
    linked = {rule.convention for rule in rules().values() if rule.convention}
    assert linked <= sections
    assert sections - linked == {"undefined", "symmetry", "test-sets"}  # no rule reads these


def test_explain_links_to_the_convention_and_to_the_rule() -> None:
    (row,) = (
        row
        for row in explain("150 cm", "1.5 m").as_rows()
        if row["rule"] == "reading.unit_conversion"
    )
    assert row["see"] == "RULES.md#reading.unit_conversion"
    assert row["convention"] == "CONVENTIONS.md#units"


def test_every_rule_has_a_section_on_the_page() -> None:
    page = rules_page()
    assert [rule for rule in rules() if f'<a id="{rule}"></a>' not in page] == []
