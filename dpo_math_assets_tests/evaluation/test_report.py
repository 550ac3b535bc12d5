import json
import re
from html.parser import HTMLParser
from typing import ClassVar

import polars as pl
import pytest

from dpo_math_assets.evaluation.contamination import OVERLAP_SCHEMA
from dpo_math_assets.evaluation.gate import GateDecision, GateSettings, judge_release
from dpo_math_assets.evaluation.report import flipped_samples, render_report, write_report
from dpo_math_assets.evaluation.statistics import StatisticsSettings, compare_models

from .samples import judged

pytestmark = pytest.mark.slow

ATTACK = "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)>"

SAMPLES = judged(
    {
        "base": {"a": ("c", "cw"), "b": ("w", "ww"), "c": ("c", "cc"), "d": ("w", "ww")},
        "dpo": {"a": ("w", "ww"), "b": ("c", "cc"), "c": ("c", "cc"), "d": ("c", "cw")},
        "sft": {"a": ("c", "cc"), "b": ("c", "cc"), "c": ("c", "cc"), "d": ("w", "ww")},
    },
    sources={"a": ATTACK},
    golds={"b": ATTACK},
    prompts={"a": f"Solve {ATTACK}"},
).with_columns(completion=pl.col("completion") + ATTACK)
CURVES = [{"step": 1, "loss": 0.7, "logps/chosen": -1.0}, {"step": 2, "logps/chosen": -2.0}]
OVERLAP = pl.DataFrame(
    [("a", ATTACK, f"Solve {ATTACK}", "same_problem", "train.jsonl", "1", ATTACK)],
    schema=OVERLAP_SCHEMA,
    orient="row",
)
HISTORY = [
    {
        "run": ATTACK, "base": 0.4, "base_low": 0.3, "base_high": 0.5, "candidate": 0.6,
        "candidate_low": 0.5, "candidate_high": 0.7, "n_prompts": 300, "passed": True,
    }
]  # fmt: skip


def page(override_reason="", **more):
    comparison = compare_models(SAMPLES, settings=StatisticsSettings(resamples=200))
    refused = judge_release(comparison, GateSettings(min_prompts=5), chosen_fall=0.0)
    decision = GateDecision(refused.conditions, override_reason)
    return render_report(comparison, SAMPLES, decision, CURVES, OVERLAP, HISTORY, **more)


def test_flips_are_the_prompts_that_only_one_model_passes_lost_ones_first():
    flips = flipped_samples(SAMPLES, "base", "dpo")
    assert flips.select("prompt_id", "flip").rows() == [
        ("a", "lost"),
        ("b", "gained"),
        ("d", "gained"),
    ]
    row = flips.row(0, named=True)
    assert (row["base_verdict"], row["candidate_verdict"]) == ("correct", "incorrect")
    without_greedy = flipped_samples(SAMPLES.filter(mode="sampled"), "base", "dpo")
    assert without_greedy["prompt_id"].to_list() == ["a", "b", "d"]


def test_a_script_in_a_completion_stays_text():
    html = page(title=ATTACK)
    assert ATTACK not in html
    assert html.count("<script") == 2 and html.count("</script>") == 2
    assert "<img src=x" not in html
    [block] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert not set("<>&") & set(block)
    first = json.loads(block)["flips"][0]
    assert first["base_completion"].endswith(ATTACK)
    assert first["prompt"] == f"Solve {ATTACK}"


def test_an_override_reason_stays_text():
    html = page(ATTACK)
    assert ATTACK not in html and "overridden by hand" in html


def test_the_page_needs_nothing_from_anywhere():
    class Links(HTMLParser):
        found: ClassVar[set[str]] = set()

        def handle_starttag(self, tag, attributes):
            self.found |= {v.split(",")[0] for k, v in attributes if k in ("src", "href", "action")}

    links = Links()
    links.feed(page())
    assert links.found == {"data:image/png;base64"}
    assert not re.findall(r"(?:url\(|@import|https?://)", page())


def test_the_headline_figures_are_those_of_the_comparison():
    text = page().replace("\u00a0", " ").replace("\u2060", "")
    assert "The gate refuses the candidate." in text
    assert "4 prompts were compared; at least 5 are asked for." in text
    assert "Greedy, prompt by prompt: 2 gained, 1 lost" in text
    assert "37.5 %" in text and "62.5 %" in text  # avg@2 of base and dpo
    for model in ("base", "dpo", "sft"):
        assert f"<td>{model}</td>" in text
    assert "<h3>base against dpo</h3>" in text and "<h3>sft against dpo</h3>" in text


def test_rates_are_shown_without_the_prompts_that_were_trained_on():
    text = page().replace("\u00a0", " ")
    after = text.split("The rates without them:")[1]
    # Prompt a is out: of the 6 samples of b, c and d the base passes 2 and dpo 5.
    assert "<td>avg@2</td><td>33.3 %</td><td>83.3 %</td>" in after
    nothing = render_report(
        compare_models(SAMPLES, settings=StatisticsSettings(resamples=200)),
        SAMPLES,
        judge_release(compare_models(SAMPLES, settings=StatisticsSettings(resamples=200))),
        overlap=OVERLAP.clear(),
    )
    assert "None of the 4 prompts." in nothing


def test_the_report_is_written_whole(tmp_path):
    comparison = compare_models(SAMPLES, settings=StatisticsSettings(resamples=200))
    decision = judge_release(comparison)
    out = tmp_path / "report" / "index.html"
    write_report(out, comparison, SAMPLES, decision)
    assert out.read_text(encoding="utf-8") == render_report(comparison, SAMPLES, decision)
    assert [path.name for path in out.parent.iterdir()] == ["index.html"]


@pytest.mark.browser
def test_the_page_runs_in_a_browser_and_runs_nothing_else(browser, tmp_path):
    (tmp_path / "report.html").write_text(page(), encoding="utf-8")
    tab = browser.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    tab.goto((tmp_path / "report.html").as_uri())

    shown = tab.locator("#shown")
    assert shown.inner_text() == "3 of 3 shown"
    tab.get_by_label("Show").select_option("gained")
    assert shown.inner_text() == "2 of 2 shown"
    tab.get_by_label("Source").select_option("held_out")
    tab.get_by_label("Search").fill("solve d")
    assert shown.inner_text() == "1 of 1 shown"
    tab.get_by_label("Search").fill("")
    tab.get_by_label("Source").select_option("")
    tab.get_by_label("Show").select_option("lost")
    tab.locator("#flips summary").click()
    assert tab.locator("#flips pre").all_inner_texts()[1:] == [
        "FINAL ANSWER: right" + ATTACK,
        "FINAL ANSWER: wrong" + ATTACK,
    ]
    assert tab.locator("img").count() == 4
    assert all(
        tab.locator("img").nth(n).evaluate("image => image.naturalWidth > 100") for n in range(4)
    )
    assert tab.title() == "Offline evaluation"
    assert said == []
