"""The page of dpo_dataset: what somebody reads who must decide whether to train on it."""

import json
import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.assets import dpo_dataset
from dpo_math_assets.settings import write_settings
from dpo_math_assets_tests.graph.conftest import Workbench, attempt


def logged() -> list[dict[str, Any]]:
    """Forty problems with two right and two wrong answers; two all right, one all wrong."""
    mixed = [
        attempt(f"{a}*11", answer, str(11 * a), answer == str(11 * a))
        | {"trace_id": f"{a}-{n}", "candidate": f"Try {n}.\nFINAL ANSWER: {answer}"}
        for a in range(2, 42)
        for n, answer in enumerate([str(11 * a), str(11 * a), str(11 * a + 1), str(a)])
    ]
    one_sided = [attempt("1+1", "2", "2", True), attempt("2+2", "4", "4", True)]
    return [*mixed, *one_sided, attempt("3+3", "7", "6", False)]


@pytest.fixture
def page(workbench: Workbench, tmp_path: Path) -> Any:
    """Materialize the dataset of `logged` with these settings; gives its metadata."""

    def materialize(**settings: dict[str, Any]) -> dict[str, Any]:
        write_settings(Path(workbench.project.data_root) / "settings.yaml", settings)
        workbench.land("log.jsonl", logged())
        assert workbench.ingest().success
        result = dg.materialize(
            [dpo_dataset],
            instance=workbench.instance,
            resources={"project": workbench.project},
            raise_on_error=True,
        )
        assert result.success
        return workbench.metadata("dpo_dataset")

    return materialize


def rows(table: Any) -> list[dict[str, Any]]:
    return [dict(record.data) for record in table.records]


def test_each_policy_is_a_row_with_its_setting_and_its_effect(page: Any) -> None:
    told = page()
    policies = {row["policy"]: row for row in rows(told["policies"])}
    assert list(policies)[-1] == "length_balance"
    assert policies["over_the_prompt_cap"]["setting"].startswith("2 pairs a prompt")
    assert policies["negatives"]["setting"].startswith("frequent: the wrong answer given most")
    taken = sum(row["pairs_removed"] for row in policies.values())
    assert told["candidate_pairs"] - taken == told["train_pairs"] + told["validation_pairs"]


def test_prompts_that_teach_nothing_are_counted_with_their_rate(page: Any) -> None:
    told = page()
    assert (told["prompts"], told["prompts_all_right"], told["prompts_all_wrong"]) == (43, 2, 1)
    assert told["prompts_all_right_rate"] == round(2 / 43, 4)
    difficulty = {row["pass_rate"]: row["problems"] for row in rows(told["difficulty"])}
    assert difficulty == {"0": 1, "to 0.25": 0, "to 0.5": 40, "to 0.75": 0, "below 1": 0, "1": 2}


def test_what_the_evaluation_samples_is_not_trained_on(page: Any, tmp_path: Path) -> None:
    benchmark = tmp_path / "bench.jsonl"
    asked = [{"id": a, "prompt": f"What is 11*{a}?", "ground_truth": "x"} for a in range(2, 22)]
    benchmark.write_text("".join(json.dumps(row) + "\n" for row in asked))
    told = page(sampling={"benchmark_files": [str(benchmark)]})
    [removed] = rows(told["problems_removed_by_benchmark"])
    assert removed["benchmark"] == "bench.jsonl" and removed["count"] > 10
    train = (Path(told["path"]) / "train.jsonl").read_text()
    assert train.count("\n") > 10
    for a in range(2, 22):
        assert f'"Compute {a}*11"' not in train
    file = Path(told["removed_problems"]).read_text().splitlines()
    assert (
        sum(json.loads(line)["matched_source"] == "bench.jsonl" for line in file)
        == (removed["count"])
    )


def test_the_card_on_the_page_is_the_one_in_the_folder(page: Any) -> None:
    told = page()
    assert told["card"].strip().startswith("# Verified math preference pairs")
    assert told["card"].strip() in (Path(told["path"]) / "README.md").read_text()


HOSTILE = (
    "<img src=x onerror=alert(1)> [here](javascript:alert(1)) ![](http://a.example/p.png) `\n# Hi"
)


def test_text_of_a_log_is_no_markdown_on_any_page(workbench: Workbench) -> None:
    asked = [f"{a}*11 {HOSTILE}" for a in range(2, 42)]
    log = [
        attempt(prompt, f"{answer}", str(11 * a), answer == 11 * a)
        | {"trace_id": f"{HOSTILE}{a}-{n}", "meta": {"license": HOSTILE}}
        for a, prompt in enumerate(asked, 2)
        for n, answer in enumerate([11 * a, 11 * a + 1])
    ]
    workbench.land("[a](http:b) <b> `c` _d_.jsonl", [*log, HOSTILE])
    assert workbench.ingest().success
    result = dg.materialize(
        [dpo_dataset], instance=workbench.instance, resources={"project": workbench.project}
    )
    assert result.success
    card = workbench.metadata("dpo_dataset")["card"]
    assert "&#60;img src&#61;x onerror" in card  # the licence is there, as it was logged
    for asset in ("raw_verifier_logs", "cleaned_traces", "preference_pairs", "dpo_dataset"):
        records = workbench.instance.fetch_materializations(dg.AssetKey(asset), limit=10).records
        for record in records:
            assert record.asset_materialization is not None
            for name, value in record.asset_materialization.metadata.items():
                if isinstance(value, dg.MarkdownMetadataValue):
                    active = _outside_code(value.value or "")
                    assert not ACTIVE.search(active), (asset, name)


# What HOSTILE and the file's name would do; pictures of our own are data.
ACTIVE = re.compile(r"<img|<b>|\]\((?!data:image/png;)|://|^# Hi", re.MULTILINE)


def _outside_code(text: str) -> str:
    return re.sub(r"^```json\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_markdown_of_a_log_would_be_seen() -> None:
    assert ACTIVE.search(_outside_code(f"| {HOSTILE} |"))
