"""The dataset card: what a reader of the folder has to know, in the hub's README format."""

import json
from typing import Any

from dpo_math_assets.pairs.selection import DatasetSettings


def dataset_card(report: dict[str, Any], settings: DatasetSettings, lineage: dict[str, Any]) -> str:
    """The README.md of a dataset folder; its head tells `load_dataset` which file is which."""
    selection = report["selection"]
    return "\n".join(
        [
            "---",
            "pretty_name: Verified math preference pairs",
            "task_categories: [text-generation]",
            "tags: [dpo, math, preference]",
            *_configs(report),
            "---",
            "",
            "# Verified math preference pairs",
            "",
            f"Version `{report['version']}`. Each pair holds a completion that the verifier "
            "established as correct (`chosen`) and one that it established as incorrect "
            "(`rejected`) for one prompt. `meta.trace_id` is the chosen trace's.",
            "",
            "## Counts",
            "",
            *_table(
                ("what", "count"),
                [
                    ("training pairs", report["train"]),
                    ("validation pairs", report["validation"]),
                    ("held-out evaluation prompts", report["eval_prompts"]),
                    ("SFT completions", report["sft_completions"]),
                    ("prompts logged", report["prompts"]),
                    ("… every decided attempt right", report["prompts_all_right"]),
                    ("… every decided attempt wrong", report["prompts_all_wrong"]),
                    ("… both", report["prompts_mixed"]),
                    ("… no attempt decided", report["prompts_undecided"]),
                    ("mean characters, chosen", round(selection["chosen_length_mean"], 1)),
                    ("mean characters, rejected", round(selection["rejected_length_mean"], 1)),
                ],
            ),
            "",
            "## What selection removed",
            "",
            f"Of {selection['pairs_in']} candidate pairs:",
            "",
            *_table(("policy", "pairs removed"), list(selection["removed"].items())),
            "",
            "Problems used nowhere (`removed_problems.jsonl` names each, with what it is like):",
            "",
            *_table(("why", "problems"), list(report["removed_problems"].items())),
            "",
            "## Licences",
            "",
            "As the logs name them, by trace:",
            "",
            *_table(("licence", "traces"), list(report["licences"].items())),
            "",
            "## Versions and lineage",
            "",
            f"Verifier {', '.join(report['verifier_versions'])}.",
            "",
            *_block(lineage),
            "",
            "Settings:",
            "",
            *_block(settings.model_dump()),
            "",
            "## Training on it",
            "",
            "`trl_dpo.yaml` and `axolotl_dpo.yaml` hold the commands that use them. No problem of "
            "`eval_prompts.jsonl` is in the pairs: the split is a hash of the problem, and near "
            "duplicates of held-out problems are removed from training.",
            "",
        ]
    )


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


def _table(head: tuple[str, str], rows: list[tuple[str, Any]]) -> list[str]:
    if not rows:
        return ["None."]
    return [
        f"| {head[0]} | {head[1]} |",
        "| --- | ---: |",
        # Licence names come from the logs, which may hold anything.
        *(f"| {' '.join(name.split()).replace('|', '/')} | {n} |" for name, n in rows),
    ]


def _block(value: dict[str, Any]) -> list[str]:
    return ["```json", json.dumps(value, indent=2, ensure_ascii=False), "```"]
