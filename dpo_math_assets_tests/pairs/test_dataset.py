"""The dataset folder: what trainers read, what is held out, what an empty set tells its user."""

import html
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.card import dataset_card, shown_as_is
from dpo_math_assets.pairs.dataset import (
    DatasetReport,
    build_dataset,
    write_pairs_jsonl,
)
from dpo_math_assets.pairs.pairing import PairingSettings, build_pairs
from dpo_math_assets.pairs.policies import policy_rows, prompt_rows
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.pairs.split import split_of
from dpo_math_assets.traces.prompts import canonical_key, prompt_key
from dpo_math_assets_tests.pairs.builders import cleaned, trace

LINEAGE = {"exports": ["e1"], "code_version": "1"}


def logs(problems: int = 60) -> list[dict[str, object]]:
    """Problems `Compute 2 times 3 plus 7`, each with three right and three wrong attempts."""
    rows = []
    for a in range(2, 2 + problems):
        prompt, gold = f"Compute {a} times 3 plus 7", str(3 * a + 7)
        for n, (text, verdict) in enumerate(
            [
                (f"So {gold}.\nFINAL ANSWER: {gold}", "correct"),
                (f"It is {gold}.\nFINAL ANSWER: {gold}", "correct"),
                (f"Then {gold}.\nFINAL ANSWER: {gold}", "correct"),
                (f"So {10 * a}.\nFINAL ANSWER: {10 * a}", "incorrect"),
                (f"It is {10 * a}.\nFINAL ANSWER: {10 * a}", "incorrect"),
                (f"So {a}.\nFINAL ANSWER: {a}", "incorrect"),
            ]
        ):
            meta = {"model": f"m{n % 2}", "meta": {"license": "MIT", "level": 3}}
            rows.append(
                trace(
                    prompt,
                    text,
                    verdict,
                    line=100 * a + n,
                    ground_truth=gold,
                    prompt_key=prompt_key(prompt),
                    meta=json.dumps(meta),
                )
            )
    return rows


def build(out: Path, rows: list[dict[str, object]] | None = None, **changes: Any) -> DatasetReport:
    traces = cleaned(*(logs() if rows is None else rows))
    pairs, _ = build_pairs(traces, cleaned(), PairingSettings())
    out.mkdir(exist_ok=True)
    return build_dataset(pairs.lazy(), traces, DatasetSettings(**changes), out, lineage=LINEAGE)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_documented_line_is_written(tmp_path: Path) -> None:
    pairs, _ = build_pairs(
        cleaned(
            trace("Solve 2*(3+4)", "FINAL ANSWER: 14", "correct", trace_id="trace-123"),
            trace("Solve 2*(3+4)", "FINAL ANSWER: 15", "incorrect", trace_id="trace-124"),
        ),
        cleaned(),
        PairingSettings(),
    )
    write_pairs_jsonl(pairs, tmp_path / "pairs.jsonl")
    [row] = lines(tmp_path / "pairs.jsonl")
    meta = row.pop("meta")
    assert row == {
        "prompt": "Solve 2*(3+4)",
        "chosen": "FINAL ANSWER: 14",
        "rejected": "FINAL ANSWER: 15",
    }
    assert meta == {
        "trace_id": "trace-123",
        "trace_id_pass": "trace-123",
        "trace_id_fail": "trace-124",
        "verifier": "math.sympy.verify",
        "verifier_version": "1",
        "ground_truth": "14",
        "chosen_answer": "14",
        "rejected_answer": "15",
        "chosen_method": "exact",
        "rejected_reason": "mismatch",
        "export_pass": "e1",
        "export_fail": "e1",
        "pair_id": meta["pair_id"],
        "prompt_key": pairs.item(0, "prompt_key"),
    }


def test_every_row_of_every_file_has_the_same_shape_and_no_null(tmp_path: Path) -> None:
    report = build(tmp_path / "d", meta_fields=["model", "level", "absent"])
    rows = lines(tmp_path / "d/train.jsonl") + lines(tmp_path / "d/validation.jsonl")
    assert len(rows) == report.train + report.validation > 60
    shapes = {(tuple(row), tuple(row["meta"])) for row in rows}
    assert len(shapes) == 1
    for row in rows:
        assert None not in row["meta"].values()
        assert row["meta"]["trace_id"] == row["meta"]["trace_id_pass"]
        assert row["chosen"] != row["rejected"]
        assert row["meta"]["level_pass"] == "3"
        assert row["meta"]["model_fail"] in ("m0", "m1")
        assert row["meta"]["absent_fail"] == ""


def test_parquet_and_chat_files_hold_the_rows_of_the_json_lines(tmp_path: Path) -> None:
    build(tmp_path / "d")
    for split in ("train", "validation"):
        rows = lines(tmp_path / f"d/{split}.jsonl")
        assert pl.read_parquet(tmp_path / f"d/{split}.parquet").to_dicts() == rows
        chats = lines(tmp_path / f"d/conversational/{split}.jsonl")
        assert [chat["chosen"][0]["content"] for chat in chats] == [row["chosen"] for row in rows]
        assert chats[0]["prompt"] == [{"role": "user", "content": rows[0]["prompt"]}]
        assert chats[0]["rejected"] == [{"role": "assistant", "content": rows[0]["rejected"]}]


def test_no_held_out_problem_is_in_anything_that_trains(tmp_path: Path) -> None:
    report = build(tmp_path / "d", eval_fraction=0.3)
    held_out = {canonical_key(row["prompt"]) for row in lines(tmp_path / "d/eval_prompts.jsonl")}
    assert len(held_out) == report.eval_prompts > 5
    for file in ("train.jsonl", "validation.jsonl", "sft.jsonl"):
        used = {canonical_key(row["prompt"]) for row in lines(tmp_path / "d" / file)}
        assert used and not used & held_out
    train, validation = (
        {row["prompt"] for row in lines(tmp_path / f"d/{split}.jsonl")}
        for split in ("train", "validation")
    )
    assert not train & validation


def test_more_data_never_moves_a_problem_between_training_and_evaluation(tmp_path: Path) -> None:
    build(tmp_path / "less", logs(30), eval_fraction=0.3)
    build(tmp_path / "more", logs(90), eval_fraction=0.3)
    less, more = (
        {
            part: {row["prompt"] for row in lines(tmp_path / data / file)}
            for part, file in (("train", "train.jsonl"), ("eval", "eval_prompts.jsonl"))
        }
        for data in ("less", "more")
    )
    assert less["eval"] < more["eval"]
    assert less["train"] < more["train"]


def test_held_out_prompts_that_make_no_pair_are_evaluated_too(tmp_path: Path) -> None:
    unsolved = [
        trace(
            prompt := f"Prove {n} of it",
            "FINAL ANSWER: 1",
            "incorrect",
            line=n,
            prompt_key=prompt_key(prompt),
        )
        for n in range(40)
    ]
    report = build(tmp_path / "d", logs() + unsolved)
    rows = lines(tmp_path / "d/eval_prompts.jsonl")
    prompts = {row["prompt"] for row in rows}
    settings = DatasetSettings()
    every = {str(row["prompt"]) for row in logs() + unsolved}
    assert prompts == {p for p in every if split_of(canonical_key(p), settings) == "eval"}
    assert any(prompt.startswith("Prove") for prompt in prompts)
    assert len({row["id"] for row in rows}) == len(rows) == report.eval_prompts
    assert all(row["ground_truth"] and row["meta"]["attempts"] for row in rows)


def test_the_sft_control_gets_distinct_verified_completions_of_train_prompts(
    tmp_path: Path,
) -> None:
    again = [row | {"export": "e2", "line_number": 1} for row in logs()]
    report = build(tmp_path / "d", logs() + again, sft_completions_per_prompt=2)
    rows = lines(tmp_path / "d/sft.jsonl")
    right = {(row["prompt"], row["candidate"]) for row in logs() if row["verdict"] == "correct"}
    assert {(row["prompt"], row["completion"]) for row in rows} <= right
    assert len({(row["prompt"], row["completion"]) for row in rows}) == len(rows)
    assert len(rows) == report.sft_completions == 2 * len({row["prompt"] for row in rows})


def test_a_benchmark_problem_is_removed_and_named(tmp_path: Path) -> None:
    settings = DatasetSettings()
    taken = next(
        str(row["prompt"])
        for row in logs()
        if split_of(canonical_key(str(row["prompt"])), settings) == "train"
    )
    bench = tmp_path / "bench.jsonl"
    bench.write_text(json.dumps({"id": "b", "prompt": taken + "!"}) + "\n")
    report = build(tmp_path / "d", benchmark_files=[str(bench)])
    [removed] = lines(tmp_path / "d/removed_problems.jsonl")
    assert (removed["prompt"], removed["why"]) == (taken, "same_problem")
    assert (removed["matched_source"], removed["matched_id"]) == ("bench.jsonl", "b")
    assert report.removed_problems == {"same_problem": 1}
    assert taken not in (tmp_path / "d/train.jsonl").read_text()
    assert taken not in (tmp_path / "d/sft.jsonl").read_text()


def test_a_prompt_with_two_reference_answers_is_neither_trained_nor_evaluated_on(
    tmp_path: Path,
) -> None:
    doubtful = [row | {"export": "e2", "ground_truth": "99"} for row in logs()[::6]][:30]
    report = build(tmp_path / "d", logs() + doubtful, eval_fraction=0.4)
    prompts = {str(row["prompt"]) for row in doubtful}
    for file in ("train.jsonl", "validation.jsonl", "sft.jsonl", "eval_prompts.jsonl"):
        assert not prompts & {row["prompt"] for row in lines(tmp_path / "d" / file)}
    assert report.removed_problems == {"gold_conflict": 30}
    assert len(lines(tmp_path / "d/removed_problems.jsonl")) == 30


def test_the_same_data_give_the_same_bytes_and_version_in_any_order(tmp_path: Path) -> None:
    first = build(tmp_path / "a")
    second = build(tmp_path / "b", logs()[::-1])
    assert first == second
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_more_held_out_prompts_or_other_settings_are_another_version(tmp_path: Path) -> None:
    held_out = next(
        prompt
        for n in range(100)
        if split_of(canonical_key(prompt := f"Find {n}"), DatasetSettings()) == "eval"
    )
    more = [trace(held_out, "FINAL ANSWER: 1", "incorrect", prompt_key=prompt_key(held_out))]
    versions = [
        build(tmp_path / "a").version,
        build(tmp_path / "b", logs() + more).version,
        build(tmp_path / "c", split_salt="other").version,
    ]
    assert len(set(versions)) == 3
    assert all(len(version) == 16 for version in versions)


def test_the_card_and_the_report_say_what_went_in(tmp_path: Path) -> None:
    report = build(tmp_path / "d")
    numbers = json.loads((tmp_path / "d/report.json").read_text())
    assert numbers["train"] == report.train == len(lines(tmp_path / "d/train.jsonl"))
    assert numbers["lineage"] == LINEAGE
    assert numbers["selection"]["removed"]["held_out"] > 0
    assert report.licences == {"MIT": 2 * (report.train + report.validation)}
    card = (tmp_path / "d/README.md").read_text()
    for fact in (report.version, f"| training pairs | {report.train} |", "| MIT |", '"e1"'):
        assert fact in card


def test_every_policy_says_what_it_was_set_to_and_what_it_changed(tmp_path: Path) -> None:
    report = build(tmp_path / "d", max_pairs_per_prompt=1, split_salt="other")
    settings = DatasetSettings(max_pairs_per_prompt=1, split_salt="other")
    rows = {row["policy"]: row for row in policy_rows(asdict(report), settings)}
    removed = sum(int(row["pairs_removed"]) for row in rows.values())
    assert removed == report.selection.pairs_in - report.selection.pairs
    assert rows["over_the_prompt_cap"]["setting"] == "1 pairs a prompt, a completion in 1"
    assert "pairs a prompt 9.0 → 1.0" in str(rows["over_the_prompt_cap"]["effect"])
    # Of each prompt's nine pairs six have the wrong answer that was given twice.
    assert "wrong answer 67% → 100%" in str(rows["negatives"]["effect"])
    card = (tmp_path / "d/README.md").read_text()
    for row in rows.values():
        assert f"| {row['policy']} | {row['setting']} | {row['pairs_removed']} |" in card


def test_problems_and_pairs_are_counted_by_how_often_a_problem_is_solved(tmp_path: Path) -> None:
    solved = [row for row in logs(8) if row["verdict"] == "correct"]
    unsolved = [
        row | {"prompt": f"Prove {row['prompt']}", "prompt_key": prompt_key(f"P{row['prompt']}")}
        for row in logs(5)
        if row["verdict"] == "incorrect"
    ]
    mixed = [row for row in logs() if row not in solved]
    report = build(tmp_path / "d", [*mixed, *solved, *unsolved])
    classes = report.prompts_by_pass_rate
    assert (classes["0"], classes["to 0.5"], classes["1"]) == (5, 60, 0)
    assert sum(classes.values()) == report.prompts == 65
    assert report.pairs_by_pass_rate["to 0.5"] == report.train + report.validation
    rates = {row["prompts"][:5]: row["share"] for row in prompt_rows(asdict(report))}
    assert rates["right"] == round(60 / 65, 4)


def test_all_pairs_of_a_problem_have_its_one_spelling(tmp_path: Path) -> None:
    rows = [row | {"prompt": f"{row['prompt']}{'  ' * (n % 3)}"} for n, row in enumerate(logs(), 1)]
    build(tmp_path / "d", rows)
    for file in ("train.jsonl", "validation.jsonl", "sft.jsonl", "eval_prompts.jsonl"):
        assert {row["prompt"] for row in lines(tmp_path / "d" / file)} <= {
            str(row["prompt"]) for row in logs()
        }


def test_a_card_of_many_exports_names_a_few_and_counts_all(tmp_path: Path) -> None:
    report = asdict(build(tmp_path / "d"))
    lineage = {"exports": [f"e{n}" for n in range(1000)], "run_id": "r"}
    card = dataset_card(report, DatasetSettings(), lineage)
    assert "1000 exports" in card and '"e0"' in card and '"e999"' not in card


def test_a_name_in_the_lineage_cannot_end_its_block_of_code(tmp_path: Path) -> None:
    report = asdict(build(tmp_path / "d"))
    name = "x```\n<b>![](http://a.example/p.png)"
    card = dataset_card(report, DatasetSettings(), {"exports": [name, "```"]})
    blocks = card.split("```")
    assert len(blocks) == 5  # the lineage's and the settings', each between two fences
    assert json.loads(blocks[1].removeprefix("json"))["exports"] == [name, "```"]


@pytest.mark.parametrize(
    ("logged", "identifier"),
    [("MIT", "mit"), ("Apache 2.0", "apache-2.0"), ("Ours, ask us", "other"), (None, "unknown")],
)
def test_the_cards_head_names_licences_as_the_hub_knows_them(
    tmp_path: Path, logged: str | None, identifier: str
) -> None:
    meta = json.dumps({"license": logged} if logged else {})
    build(tmp_path / "d", [row | {"meta": meta} for row in logs()])
    head = yaml.safe_load((tmp_path / "d/README.md").read_text().split("---\n")[1])
    assert head["license"] == [identifier]


def test_a_licence_text_from_a_log_cannot_break_the_card(tmp_path: Path) -> None:
    odd = json.dumps({"license": "MIT | 9 |\n# Trust me"})
    build(tmp_path / "d", [row | {"meta": odd} for row in logs()])
    card = (tmp_path / "d/README.md").read_text()
    assert "\n# Trust me" not in card
    assert "| MIT &#124; 9 &#124; &#35; Trust me |" in card


@pytest.mark.parametrize(
    "odd",
    [
        "<script>alert(1)</script>",
        "<!-- the rest is hidden",
        "![seen](https://example.org/seen.png)",
        "[the terms](javascript:alert(1))",
        "see https://example.org/terms",
        "see www.example.org",
        "mail <me@example.org>",
        "`code` and **bold** and _slant_ and ~~gone~~",
        "a \\| b | c",
        "&lt;b&gt; $x$",
    ],
)
def test_a_name_from_outside_is_shown_and_does_nothing(odd: str) -> None:
    written = shown_as_is(odd)
    assert html.unescape(written) == odd
    plain = re.sub(r"&#\d+;", "", written)
    assert not re.search(r"[^\w\s.,;()+-]|_|[a-z]\.[a-z]", plain)


def test_pairs_whose_traces_were_judged_anew_are_refused(tmp_path: Path) -> None:
    rows = logs()
    pairs, _ = build_pairs(cleaned(*rows), cleaned(), PairingSettings())
    turned = [
        row | {"verdict": "incorrect", "reason": "mismatch"} if row["verdict"] == "correct" else row
        for row in rows
    ]
    with pytest.raises(DatasetError, match="build preference_pairs anew"):
        build_dataset(pairs.lazy(), cleaned(*turned), DatasetSettings(), tmp_path, lineage=LINEAGE)


def test_only_right_answers_make_an_error_that_says_what_to_log(tmp_path: Path) -> None:
    rows = [row for row in logs(5) if row["verdict"] == "correct"]
    with pytest.raises(DatasetError, match=r"5 prompts 5 are all right.*Log several completions"):
        build(tmp_path / "d", rows)


def test_an_empty_history_is_an_error_and_not_an_empty_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there are no pairs"):
        build(tmp_path / "d", [])
    assert list((tmp_path / "d").iterdir()) == []


def test_a_policy_that_takes_every_pair_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"difficulty \d+.*widen min_pass_rate"):
        build(tmp_path / "d", min_pass_rate=0.9)
    with pytest.raises(DatasetError, match="lower validation_fraction"):
        build(tmp_path / "e", eval_fraction=0.0, validation_fraction=0.999999)


def test_untrusted_text_stays_one_line_of_json(tmp_path: Path) -> None:
    nasty = 'a\nb\u2028c\x00d"e\\f \ud83d\ude00'.encode("utf-16", "surrogatepass").decode("utf-16")
    rows = [
        row | {"candidate": f"{row['candidate']} {nasty}", "trace_id": f"{nasty}{n}"}
        for n, row in enumerate(logs())
    ]
    report = build(tmp_path / "d", rows)
    text = (tmp_path / "d/train.jsonl").read_text(encoding="utf-8")
    parsed = [json.loads(line) for line in text.rstrip("\n").split("\n")]
    assert len(parsed) == report.train
    assert all(row["chosen"].endswith(nasty) for row in parsed)
