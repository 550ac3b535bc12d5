"""What each selection policy was set to and what it changed, as rows of a table.

The dataset card and the Dagster UI show the same rows. They are made from `report.json`'s numbers
alone (`DatasetReport` as a dict), so that they can never say more than what was counted.
"""

from typing import Any

from dpo_math_assets.pairs.decontamination import WHYS
from dpo_math_assets.pairs.selection import NEAR, NEGATIVES, DatasetSettings

Row = dict[str, str | int]


def policy_rows(report: dict[str, Any], settings: DatasetSettings) -> list[Row]:
    """A row a policy, in the order in which they act: policy, setting, pairs_removed, effect."""
    return [*_problem_rows(report, settings), *_pair_rows(report, settings)]


def _row(policy: str, setting: str, effect: str, pairs: int) -> Row:
    return {"policy": policy, "setting": setting, "pairs_removed": pairs, "effect": effect}


def _problem_rows(report: dict[str, Any], settings: DatasetSettings) -> list[Row]:
    """The policies that decide which problems and texts are used at all."""
    selection = report["selection"]
    removed: dict[str, int] = selection["removed"]
    problems = report["removed_problems"]
    set_aside = {why: count for why, count in problems.items() if why in removed}
    alike = sum(problems.get(why, 0) for why in WHYS)
    before, after = selection["candidates"], selection["selected"]

    def row(policy: str, setting: str, effect: str) -> Row:
        return _row(policy, setting, effect, removed.get(policy, 0))

    return [
        row(
            "repeated_or_over_the_caps",
            f"{settings.samples_per_side} completions a side and {settings.candidate_pairs} pairs "
            "a prompt",
            "the exports' pairs are those of one rebuild",
        ),
        *(
            row(why, "always", f"{count} problems are used nowhere")
            for why, count in set_aside.items()
        ),
        row(
            "held_out",
            f"{settings.eval_fraction:.0%} of the problems evaluate, "
            f"{settings.validation_fraction:.0%} validate",
            f"{report['eval_prompts']} problems to evaluate on",
        ),
        row("contested_completion", "always", "no text is taught as right and as wrong"),
        row(
            "contaminated",
            f"runs of {settings.overlap_words} words; eval sets besides the held-out problems: "
            f"{len(settings.benchmark_files)}",
            f"{alike} problems are like one that is measured by",
        ),
        row(
            "difficulty",
            f"pass rates of {settings.min_pass_rate:g} to {settings.max_pass_rate:g}",
            f"mean pass rate of the pairs' prompts {before['pass_rate_mean']:.2f} → "
            f"{after['pass_rate_mean']:.2f}",
        ),
    ]


def _pair_rows(report: dict[str, Any], settings: DatasetSettings) -> list[Row]:
    """The policies that pick among the pairs that are left."""
    selection = report["selection"]
    before, after = selection["candidates"], selection["selected"]
    unbalanced = selection["before_length_balance"]
    removed: dict[str, int] = selection["removed"]

    def row(policy: str, setting: str, effect: str, pairs: int | None = None) -> Row:
        return _row(policy, setting, effect, removed.get(policy, 0) if pairs is None else pairs)

    return [
        row(
            "over_the_prompt_cap",
            f"{settings.max_pairs_per_prompt} pairs a prompt, a completion in "
            f"{settings.max_uses_per_completion}",
            f"pairs a prompt {_ratio(before, 'pairs', 'prompts'):.1f} → "
            f"{_ratio(after, 'pairs', 'prompts'):.1f}, "
            f"different wrong answers among them {_share(before, 'distinct_wrong_answers')} → "
            f"{_share(after, 'distinct_wrong_answers')}, "
            f"different completions {_share(before, 'distinct_completions', sides=2)} → "
            f"{_share(after, 'distinct_completions', sides=2)}",
        ),
        row(
            "negatives",
            f"{settings.negatives}: {NEGATIVES[settings.negatives]}",
            "with their prompt's most frequent wrong answer "
            f"{before['most_frequent_wrong_answer_share']:.0%} → "
            f"{after['most_frequent_wrong_answer_share']:.0%}, with a number within {NEAR:.0%} of "
            f"the right one {before['near_wrong_answer_share']:.0%} → "
            f"{after['near_wrong_answer_share']:.0%}",
            pairs=0,
        ),
        row(
            "sources",
            "none: reported only",
            "chosen and rejected from different exports "
            f"{before['across_exports_share']:.0%} → {after['across_exports_share']:.0%}; where "
            "those are of different solvers, style is preferred along with the answer",
            pairs=0,
        ),
        row(
            "over_the_malformed_share",
            f"at most {settings.max_malformed_share:.0%}, where pairing.include_malformed is on",
            f"{after['malformed_share']:.1%} of the rejected texts have no final answer",
        ),
        row(
            "length_balance",
            f"means within {settings.length_band:.0%}, at most {settings.max_length_trim:.0%} of "
            "the pairs dropped for it",
            f"mean characters of chosen and rejected {unbalanced['chosen_length_mean']:.0f} and "
            f"{unbalanced['rejected_length_mean']:.0f} → {after['chosen_length_mean']:.0f} and "
            f"{after['rejected_length_mean']:.0f}, "
            + ("within the band" if selection["lengths_in_band"] else "NOT within the band"),
        ),
    ]


def prompt_rows(report: dict[str, Any]) -> list[dict[str, str | int | float]]:
    """A row a kind of prompt (kind, prompts, share): what the log's problems can teach from."""
    kinds = {
        "right and wrong answers: can make pairs": "prompts_mixed",
        "every decided attempt right: nothing to prefer it to": "prompts_all_right",
        "every decided attempt wrong: nothing to prefer": "prompts_all_wrong",
        "no attempt decided": "prompts_undecided",
    }
    return [
        {
            "prompts": kind,
            "count": report[name],
            "share": round(report[name] / report["prompts"], 4) if report["prompts"] else 0.0,
        }
        for kind, name in kinds.items()
    ]


def difficulty_rows(report: dict[str, Any]) -> list[dict[str, str | int]]:
    """A row a class of pass rates: problems of the log, and pairs that are trained on."""
    pairs = report["pairs_by_pass_rate"]
    return [
        {"pass_rate": name, "problems": count, "pairs": pairs[name]}
        for name, count in report["prompts_by_pass_rate"].items()
    ]


def _ratio(measures: dict[str, Any], part: str, whole: str) -> float:
    return float(measures[part] / measures[whole]) if measures[whole] else 0.0


def _share(measures: dict[str, Any], part: str, sides: int = 1) -> str:
    return f"{_ratio(measures, part, 'pairs') / sides:.0%}"
