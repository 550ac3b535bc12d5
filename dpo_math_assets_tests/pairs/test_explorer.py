"""The page of pairs: what it holds, what its filters leave, and that no text in it comes alive."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dpo_math_assets.pairs.explorer import render_explorer, write_explorer
from dpo_math_assets.traces.overrides import judged_key
from dpo_math_assets.traces.prompts import text_key

ATTACKS = [
    "</script><script>document.title = 'owned'</script>",
    "<!--<script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg/onload=alert(1)>",
    "]]><iframe src='https://example.org/'></iframe>",
    "\u2028\u2029 \\u003cscript> ${alert(1)} `'\" \x00\x1b[31m\u202etxt.exe",
    "<style>body{display:none}</style><link rel=stylesheet href=//example.org/x.css>",
    "{{constructor.constructor('alert(1)')()}} javascript:alert(1)",
]
ATTACK = "".join(ATTACKS)


def pair(number: int, prompt: str, chosen: str, rejected: str, **changes: Any) -> dict[str, Any]:
    """A row as `dataset_pairs` gives it; `split` and fields of meta can be given by name."""
    split = changes.pop("split", "train")
    meta = {
        "prompt_key": text_key(prompt),
        "pair_id": f"{number:016x}",
        "ground_truth": "14",
        "pass_rate": 0.5,
        "attempts": 4,
        "answer_count": 2,
        "chosen_answer": "14",
        "rejected_answer": "15",
        "chosen_method": "exact",
        "rejected_reason": "mismatch",
        "trace_id_pass": f"p{number}",
        "trace_id_fail": f"f{number}",
        "export_pass": "e1",
        "export_fail": "e1",
    }
    return {
        "prompt": prompt,
        "chosen": chosen,
        "rejected": rejected,
        "split": split,
        "meta": meta | changes,
    }


PAIRS = [
    pair(1, "Solve 2*(3+4)", "2*7 is 14.\nFINAL ANSWER: 14", "2*7 is 15.\nFINAL ANSWER: 15"),
    pair(2, "Solve 2*(3+4)", "So 14", "So 11, I think", chosen_method="numeric"),
    pair(3, "Add 6 and 8", "14", "68" * 40, pass_rate=0.125, export_fail="e2"),
    pair(4, "Add 7 and 7", "14", "77", pass_rate=0.9, split="validation", rejected_reason="human"),
    pair(
        5,
        f"Compute {ATTACK}",
        f"It is {ATTACK}14",
        f"It is {ATTACK}15",
        export_pass=ATTACK,
        chosen_method=ATTACK,
        trace_id_pass=ATTACK,
        ground_truth=ATTACK,
        chosen_answer=ATTACK,
    ),
]


def page(*pairs: dict[str, Any], **more: Any) -> str:
    return render_explorer(pl.LazyFrame(list(pairs or PAIRS)), f"Pairs {ATTACK}", **more)


def held(html: str) -> dict[str, Any]:
    """What the page's script gets to read."""
    [block] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert not set("<>&\u2028\u2029") & set(block)
    data: dict[str, Any] = json.loads(block)
    return data


def test_no_text_of_a_log_is_markup_or_script_and_all_of_it_is_there() -> None:
    html = page()
    assert html.count("<script") == 2 and html.count("</script>") == 2
    assert "<img" not in html and "<iframe" not in html and "<!--" not in html
    data = held(html)
    assert f"It is {ATTACK}14" in data["chosen"]
    assert f"Compute {ATTACK}" in [prompt[0] for prompt in data["prompts"]]


def test_the_page_names_nothing_that_could_be_fetched() -> None:
    html = render_explorer(pl.LazyFrame(PAIRS[:4]), "Pairs")
    assert "default-src 'none'" in html
    assert not re.findall(r"(?:url\(|@import|\ssrc=|\shref=|fetch\(|XMLHttp)", html)
    assert re.findall(r"https?://[^\"]*", html) == ["http://www.w3.org/2000/svg"]  # a name


def test_a_pair_carries_the_keys_by_which_a_person_overrules_its_labels() -> None:
    data = held(page(PAIRS[0]))
    prompt = text_key("Solve 2*(3+4)")
    for side in ("chosen", "rejected"):
        assert data[f"{side}_key"] == [judged_key(prompt, "14", text_key(PAIRS[0][side]))]


def test_a_large_dataset_is_shown_by_whole_prompts_the_same_each_time_and_says_so() -> None:
    many = [
        pair(10 * n + m, f"Prompt {n}", f"{m} right", f"{m} wrong")
        for n in range(40)
        for m in range(3)
    ]
    html = page(*many, most_pairs=31)
    data = held(html)
    assert data["summary"].startswith("A sample: 30 of 120 pairs, all those of 10 of 40 prompts.")
    assert [data["prompt"].count(n) for n in range(10)] == [3] * 10
    random.Random(0).shuffle(many)
    assert held(page(*many, most_pairs=31)) == data
    whole = held(page(*many))
    assert whole["summary"] == "120 pairs of 40 prompts."
    assert len(held(page(*many, most_characters=400))["chosen"]) < 60
    assert len(held(page(*many, most_characters=1))["chosen"]) == 3  # never an empty page


def test_the_page_of_a_dataset_folder_holds_both_splits(tmp_path: Path) -> None:
    rows = pl.DataFrame(PAIRS)
    for split in ("train", "validation"):
        rows.filter(split=split).drop("split").write_parquet(tmp_path / f"{split}.parquet")
    out = write_explorer(tmp_path)
    data = held(out.read_text("utf-8"))
    assert sorted(data["pair_id"]) == [f"{n:016x}" for n in (1, 2, 3, 4, 5)]
    assert {prompt[2] for prompt in data["prompts"]} == {"train", "validation"}
    assert [path.name for path in tmp_path.glob("*.html")] == [out.name]


# In a browser ------------------------------------------------------------------------------------


class Watched:
    """A tab on the page, and all that it tried to do beside showing it."""

    def __init__(self, tab: Any, html: str, folder: Path) -> None:
        self.tab = tab
        self.said: list[str] = []
        tab.on("console", lambda message: self.said.append(message.text))
        tab.on("pageerror", lambda error: self.said.append(str(error)))
        tab.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        tab.on(
            "request",
            lambda request: request.url.startswith("file:") or self.said.append(request.url),
        )
        (folder / "page.html").write_text(html, encoding="utf-8")
        tab.goto((folder / "page.html").as_uri())

    def shown(self) -> str:
        text: str = self.tab.locator("#shown").inner_text()
        return text

    def prompts(self) -> list[str]:
        texts: list[str] = self.tab.locator("#list .prompt").all_inner_texts()
        return texts

    def marks(self, side: str) -> list[str]:
        texts: list[str] = self.tab.locator(f".{side} mark").all_inner_texts()
        return texts


@pytest.fixture
def watched(browser: Any, tmp_path: Path) -> Iterator[Watched]:
    tab = browser.new_page()
    found = Watched(tab, page(), tmp_path)
    yield found
    assert found.said == []
    tab.close()


@pytest.mark.browser
def test_filters_narrow_the_list_one_by_one(watched: Watched) -> None:
    tab = watched.tab
    assert watched.shown() == "1–5 of 5 pairs"

    def filtered(label: str, value: str, select: bool = False) -> str:
        control = tab.get_by_role("combobox" if select else "searchbox", name=label)
        control.select_option(label=value) if select else control.fill(value)
        shown = watched.shown()
        tab.get_by_role("button", name="Clear").click()
        tab.get_by_text("1–5 of 5 pairs", exact=True).wait_for()
        return shown

    assert filtered("Prompt contains", "solve 2*(") == "1–2 of 2 pairs"
    assert filtered("Prompt contains", "i think") == "0 pairs"
    assert filtered("Split", "validation", select=True) == "1–1 of 1 pair"
    assert filtered("Method", "numeric (1)", select=True) == "1–1 of 1 pair"
    assert filtered("Rejected because", "human (1)", select=True) == "1–1 of 1 pair"
    assert filtered("Export", "e2 (1)", select=True) == "1–1 of 1 pair"

    tab.get_by_label("or a completion does").check()
    assert filtered("Prompt contains", "i think") == "1–1 of 1 pair"
    rate, length = (tab.locator("fieldset").nth(n) for n in (0, 1))
    rate.get_by_label("to").fill("50")
    assert watched.shown() == "1–4 of 4 pairs"
    rate.get_by_label("from").fill("13")
    assert watched.shown() == "1–3 of 3 pairs"
    rate.get_by_label("from").fill("")
    length.get_by_label("from").fill("80")
    length.get_by_label("to").fill("80")
    assert watched.prompts() == ["Add 6 and 8"]


@pytest.mark.browser
def test_what_differs_is_marked_by_words_and_by_lines(watched: Watched) -> None:
    tab = watched.tab
    tab.get_by_label("Prompt contains").fill("Solve")
    assert watched.marks("chosen") == ["14", "14"]
    assert watched.marks("rejected") == ["15", "15"]
    tab.get_by_label("Mark what differs by").select_option("lines")
    assert watched.marks("chosen") == ["2*7 is 14.\nFINAL ANSWER: 14"]
    tab.get_by_label("Mark what differs by").select_option("none")
    assert watched.marks("chosen") == watched.marks("rejected") == []
    assert tab.locator(".chosen pre").inner_text() == PAIRS[0]["chosen"]


@pytest.mark.browser
def test_hostile_text_is_shown_and_does_nothing(watched: Watched) -> None:
    tab = watched.tab
    title = tab.title()
    tab.get_by_label("Prompt contains").fill("Compute")
    for side, last in (("chosen", "14"), ("rejected", "15")):
        text = tab.locator(f".{side} pre").text_content()
        for attack in ATTACKS[:5] + ATTACKS[6:]:
            assert attack in text
        # What cannot be seen, or would turn the text around, is named.
        assert "U+2028U+2029" in text and "U+0000U+001B[31mU+202Etxt.exe" in text
        assert text.endswith(last)
    assert watched.marks("chosen") == ["14"]
    assert tab.title() == title and "owned" in title  # as text, in the title it was given
    assert tab.locator("img, iframe, link, body style").count() == 0
    assert tab.locator("script").count() == 2


@pytest.mark.browser
def test_the_keyboard_is_enough(watched: Watched) -> None:
    tab = watched.tab
    tab.keyboard.press("/")
    tab.keyboard.type("Solve")
    assert watched.shown() == "1–2 of 2 pairs"
    tab.get_by_role("listbox").focus()
    first = tab.locator(".chosen pre").inner_text()
    tab.keyboard.press("ArrowDown")
    assert tab.locator(".chosen pre").inner_text() != first
    listbox = tab.get_by_role("listbox")
    active = listbox.get_attribute("aria-activedescendant")
    assert tab.locator(f"#{active}").get_attribute("aria-selected") == "true"
    assert listbox.get_by_role("option", selected=True).count() == 1
    tab.keyboard.press("k")
    assert tab.locator(".chosen pre").inner_text() == first
    tab.keyboard.press("d")
    assert tab.get_by_label("Mark what differs by").input_value() == "lines"


@pytest.mark.browser
def test_every_control_has_a_name_and_every_chart_says_what_it_shows(watched: Watched) -> None:
    tab = watched.tab
    for role in ("combobox", "searchbox", "spinbutton", "checkbox", "button"):
        for control in tab.get_by_role(role).all():
            name = control.evaluate(
                "c => c.ariaLabel || c.labels?.[0]?.textContent || c.textContent"
            )
            assert name.strip(), control
    charts = [chart.get_attribute("aria-label") for chart in tab.get_by_role("img").all()]
    assert len(charts) == 5
    assert "Characters. Mean: chosen" in charts[0]
    assert any("Pairs a prompt. 4 prompts" in chart for chart in charts)
    tab.get_by_label("Prompt contains").fill("Solve")
    assert "exact: 1, numeric: 1" in tab.get_by_role("img").nth(3).get_attribute("aria-label")


@pytest.mark.browser
def test_ten_thousand_pairs_open_and_filter_without_a_wait(browser: Any, tmp_path: Path) -> None:
    many = [
        pair(n, f"Prompt {n // 4}", f"Step {n}.\n" * 20, f"Step {n + 1}.\n" * 20)
        for n in range(10_000)
    ]
    tab = browser.new_page()
    watched = Watched(tab, page(*many), tmp_path)
    assert watched.shown() == "1–50 of 10,000 pairs"
    assert tab.locator("#list li").count() == 50  # a page of them, not all
    took = tab.evaluate(
        "() => { const start = performance.now(); byId('search').value = 'prompt 24';"
        " refilter(); return performance.now() - start; }"
    )
    assert watched.shown() == "1–50 of 444 pairs"
    assert took < 2000, f"{took} ms"  # tens of ms on an idle machine
    tab.get_by_role("button", name="Next page").click()
    assert watched.shown() == "51–100 of 444 pairs"
    tab.get_by_role("listbox").focus()
    tab.keyboard.press("End")
    assert watched.shown() == "401–444 of 444 pairs"
    assert watched.said == []
    tab.close()


@pytest.mark.browser
def test_marks_are_a_shortest_edit_and_leave_the_same_text_unmarked(watched: Watched) -> None:
    random_texts = random.Random(7)
    cases = [
        ["".join(random_texts.choices("ab\n 1", k=random_texts.randint(0, 12))) for _ in range(2)]
        for _ in range(300)
    ]
    answers = watched.tab.evaluate(
        "cases => cases.map(([a, b]) => differences([...a], [...b], 100))", cases
    )
    for (a, b), (marked_a, marked_b) in zip(cases, answers, strict=True):
        kept_a = [c for c, marked in zip(a, marked_a, strict=True) if not marked]
        kept_b = [c for c, marked in zip(b, marked_b, strict=True) if not marked]
        assert kept_a == kept_b, (a, b)
        assert len(kept_a) == longest_common_subsequence(a, b), (a, b)
    long = ["x" * 3000, "y" * 3000]
    assert watched.tab.evaluate("([a, b]) => differences([...a], [...b], 100)", long) is None


def longest_common_subsequence(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = row
        row = [0]
        for j, y in enumerate(b):
            row.append(before[j] + 1 if x == y else max(before[j + 1], row[j]))
    return row[-1]
