"""The page of all rules, RULES.md, which `python -m dpo_math_assets.verifier.rules_page` writes."""

from pathlib import Path

from dpo_math_assets.verifier.rules import CONVENTIONS_PAGE, PAGE, Example, rules

# What each part of the verifier does, in the order in which a completion meets them.
_AREAS = {
    "segment": "Which part of a completion is read",
    "marker": "Where a final answer stands",
    "veto": "What sets an answer aside",
    "cleanup": "What an answer is without its wrapping",
    "prose": "What a sentence states",
    "resolve": "Which answer stands, or that none does",
    "rewrite": "Other ways to write one thing",
    "grammar": "What the signs and words of an answer mean",
    "reading": "What one answer may mean beside another",
    "witness": "What shows that two answers differ",
}


def rules_page() -> str:
    """The page of all rules as Markdown: a section for each part, an anchor for each rule."""
    lines = [
        "# Rules of the verifier",
        "",
        "Made from `lexicon/rules/*.toml` by `python -m dpo_math_assets.verifier.rules_page`. "
        "Each rule has an example in which it is applied, and one in which it is not; the tests "
        "hold both. "
        "`dpo-math verify --explain` names the rules that led to a verdict. What is decided by "
        "convention, and by which setting, is in [CONVENTIONS.md](CONVENTIONS.md); a link behind a "
        "rule leads to its section there.",
    ]
    for area, title in _AREAS.items():
        lines += ["", f"## {title}", ""]
        lines += ["| rule | why | applied to | not applied to |", "| --- | --- | --- | --- |"]
        for rule in rules().values():
            if rule.section == area:
                examples = _shown(rule.applies), _shown(rule.does_not)
                anchor = f'<a id="{rule.id}"></a>`{rule.id}`'
                why = rule.why
                if rule.convention:
                    why += f" [{rule.convention}]({CONVENTIONS_PAGE}#{rule.convention})"
                lines.append(" | ".join(("", anchor, why, *examples, "")).strip())
    return "\n".join(lines) + "\n"


def _shown(example: Example) -> str:
    """`answer` against `gold`: verdict, on one line of a table."""
    answer, gold = (_code(text) for text in (example.answer, example.gold))
    asked = f", asked {_code(example.question)}" if example.question else ""
    return f"{answer} against {gold}{asked}: {example.verdict}"


def _code(text: str) -> str:
    line = text.replace("\n", "⏎").replace("|", "\\|")
    mark = "``" if "`" in line else "`"
    return f"{mark}{line}{mark}"


if __name__ == "__main__":
    path = Path(__file__).with_name(PAGE)
    path.write_text(rules_page(), encoding="utf-8")
    print(f"{path}: {len(rules())} rules")
