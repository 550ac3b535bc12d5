"""The dataset card: what a reader of the folder has to know, in the hub's README format."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dpo_math_assets.pairs.policies import difficulty_rows, policy_rows, prompt_rows
from dpo_math_assets.pairs.selection import DatasetSettings

# Exports that the card names; report.json names all.
EXPORTS_NAMED = 20

# The hub's identifiers of licences that math logs come with; any other is `other` there.
_LICENCE_IDS = {
    "apache-2.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc-by-4.0",
    "cc-by-nc-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc0-1.0",
    "gpl-3.0",
    "mit",
    "odc-by",
    "unlicense",
}
# Any sign but those that are plain in the middle of a line.
_ACTIVE = re.compile(r"[^\w\s.,;()+-]|_|(?<=[^\W\d])\.(?=[^\W\d])")
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}


def dataset_card(report: dict[str, Any], settings: DatasetSettings, lineage: dict[str, Any]) -> str:
    """The README.md of a dataset folder; its head tells `load_dataset` which file is which.

    `report` is `DatasetReport` as a dict.
    """
    pairs = report["train"] + report["validation"]
    return "\n".join(
        [
            "---",
            "pretty_name: Verified math preference pairs",
            f"license: {json.dumps(_licence_ids(report['licences']))}",
            "task_categories: [text-generation]",
            f"size_categories: [{next((s for n, s in _SIZES.items() if pairs < n), '1M<n<10M')}]",
            "tags: [dpo, math, preference]",
            *_configs(report),
            "---",
            "",
            "# Verified math preference pairs",
            "",
            f"Version `{report['version']}`. Each pair holds a completion that the verifier "
            "established as correct (`chosen`) and one that it established as incorrect "
            "(`rejected`) for one prompt. `meta.trace_id` is the chosen trace's; `meta.pass_rate` "
            "says how often the prompt was solved.",
            "",
            *_prompts(report),
            "## What selection did",
            "",
            f"From {report['selection']['pairs_in']} candidate pairs, policy by policy; `a → b` "
            "compares the pairs to pick from with the pairs picked.",
            "",
            *_table(policy_rows(report, settings)),
            "",
            *_not_trained_on(report),
            "## Versions and lineage",
            "",
            f"Verifier {', '.join(report['verifier_versions'])}.",
            "",
            *_lineage(lineage),
            "",
            "Settings:",
            "",
            *_block(settings.model_dump()),
            "",
            "## Training on it",
            "",
            "`trl_dpo.yaml` and `axolotl_dpo.yaml` hold the commands that use them; those in "
            "`conversational/` are for models with a chat template. "
            '`datasets.load_from_disk("hf_dataset")` and `load_dataset` on this folder read the '
            "same rows. No problem of `eval_prompts.jsonl` is in the pairs: the split is a hash of "
            "the problem, and near duplicates of held-out problems are removed from training.",
            "",
        ]
    )


def _prompts(report: dict[str, Any]) -> list[str]:
    """How many pairs and prompts there are, and how often prompts are solved."""
    return [
        "## Counts",
        "",
        *_table(
            [
                {"what": what, "count": count}
                for what, count in (
                    ("training pairs", report["train"]),
                    ("validation pairs", report["validation"]),
                    ("prompts of these pairs", report["selection"]["selected"]["prompts"]),
                    ("held-out evaluation prompts", report["eval_prompts"]),
                    ("SFT completions", report["sft_completions"]),
                    ("prompts logged", report["prompts"]),
                )
            ]
        ),
        "",
        "Of the prompts logged:",
        "",
        *_table(prompt_rows(report)),
        "",
        "By how often a prompt is solved (its pass rate):",
        "",
        *_table(difficulty_rows(report)),
        "",
    ]


def _not_trained_on(report: dict[str, Any]) -> list[str]:
    """What is used nowhere and why, and the licences of the rest."""
    return [
        "## What is not trained on",
        "",
        "`removed_problems.jsonl` names each problem that is used nowhere, why, and the "
        "problem and words that it shares.",
        "",
        *_table([{"why": why, "problems": n} for why, n in report["removed_problems"].items()]),
        "",
        "Like a problem of a benchmark:",
        "",
        *_table(
            [
                {"benchmark": shown_as_is(name), "problems": n}
                for name, n in report["benchmarks"].items()
            ]
        ),
        "",
        "## Licences",
        "",
        "As the logs name them, by trace; `not named` needs a look before the data is shared.",
        "",
        *_table(
            [{"licence": shown_as_is(name), "traces": n} for name, n in report["licences"].items()]
        ),
        "",
    ]


def _licence_ids(licences: Mapping[str, int]) -> list[str]:
    """The hub's identifiers for what the logs name; `unknown` where a trace names none."""
    ids = set()
    for name in licences:
        known = "-".join(name.lower().split())
        ids.add("unknown" if name == "not named" else known if known in _LICENCE_IDS else "other")
    return sorted(ids)


def _configs(report: dict[str, Any]) -> list[str]:
    """Which file is which split. A split without rows is left out: an empty file cannot be read."""
    splits = [name for name in ("train", "validation") if report[name]]
    lines = ["configs:"]
    for config, folder in (("default", ""), ("conversational", "conversational/")):
        lines += [f"- config_name: {config}", "  data_files:"]
        for split in splits:
            lines += [f"  - split: {split}", f"    path: {folder}{split}.jsonl"]
    for config, split, path in (
        ("sft", "train", "sft.jsonl"),
        ("eval", "test", "eval_prompts.jsonl"),
    ):
        if report["sft_completions" if config == "sft" else "eval_prompts"]:
            lines += [
                f"- config_name: {config}",
                "  data_files:",
                f"  - split: {split}",
                f"    path: {path}",
            ]
    return lines


def _lineage(lineage: dict[str, Any]) -> list[str]:
    exports = lineage.get("exports", [])
    if len(exports) <= EXPORTS_NAMED:
        return _block(lineage)
    named = {**lineage, "exports": exports[:EXPORTS_NAMED]}
    return [f"{len(exports)} exports; `report.json` names all of them.", "", *_block(named)]


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows of one shape as a table, numbers to the right."""
    if not rows:
        return ["None."]
    right = {name for name, value in rows[0].items() if isinstance(value, int | float)}
    return [
        f"| {' | '.join(name.replace('_', ' ') for name in rows[0])} |",
        f"| {' | '.join('---:' if name in right else '---' for name in rows[0])} |",
        *(f"| {' | '.join(map(_cell, row.values()))} |" for row in rows),
    ]


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "/")


def shown_as_is(text: str) -> str:
    """Text from outside as Markdown that shows just this text: no markup, no link, no HTML.

    Whatever could begin something is written as a character reference; a dot between letters too,
    since an address becomes a link without any sign around it.
    """
    return _ACTIVE.sub(lambda sign: f"&#{ord(sign[0])};", " ".join(text.split()))


def _block(value: dict[str, Any]) -> list[str]:
    """A value as a block of JSON, in which a backtick is an escape: none ends the block."""
    text = json.dumps(value, indent=2, ensure_ascii=False).replace("`", "\\u0060")
    return ["```json", text, "```"]
