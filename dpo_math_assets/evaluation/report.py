"""The evaluation as one HTML page that needs nothing else: figures, slices, curves, gate, flips.

Prompts and completions are untrusted: see `page`. The browser of flipped samples shows its rows
with `textContent` only.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.evaluation import plots
from dpo_math_assets.evaluation.gate import GateDecision
from dpo_math_assets.evaluation.statistics import (
    METRICS,
    Comparison,
    PairedDifference,
    paired_differences,
)
from dpo_math_assets.page import escaped, html_table, render_page
from dpo_math_assets.storage import write_text

# A page with more is slow to open; how many there are in all is always said.
MOST_FLIPS = 1000
MOST_OVERLAPS = 100

FLIP_SCHEMA = pl.Schema(
    {
        "prompt_id": pl.String,
        "source": pl.String,
        "prompt": pl.String,
        "ground_truth": pl.String,
        "flip": pl.String,  # gained: only the candidate passes; lost: only the base does
        **{
            f"{side}_{column}": pl.String
            for side in ("base", "candidate")
            for column in ("completion", "extracted", "verdict", "reason")
        },
    }
)


def flipped_samples(samples: pl.DataFrame, base: str, candidate: str) -> pl.DataFrame:
    """Prompts whose completion passes for one of two models only (FLIP_SCHEMA), lost ones first.

    The greedy completions are compared; where none were drawn, the first sampled ones.
    """
    mode = "greedy" if "greedy" in samples["mode"] else "sampled"
    columns = ["completion", "extracted", "verdict", "reason"]
    first = samples.filter(mode=mode, sample=0)
    sides = [
        first.filter(model=model).select(
            "prompt_id",
            "source",
            "prompt",
            "ground_truth",
            pl.col(columns).name.prefix(f"{side}_"),
        )
        for side, model in (("base", base), ("candidate", candidate))
    ]
    both = sides[0].join(
        sides[1].drop("source", "prompt", "ground_truth"), on="prompt_id", validate="1:1"
    )
    before = pl.col("base_verdict") == "correct"
    after = pl.col("candidate_verdict") == "correct"
    return (
        both.filter(before != after)
        .with_columns(flip=pl.when(after).then(pl.lit("gained")).otherwise(pl.lit("lost")))
        .sort(pl.col("flip") == "gained", "prompt_id")
        .select(FLIP_SCHEMA.names())
    )


def write_report(
    out: Path,
    comparison: Comparison,
    samples: pl.DataFrame,
    decision: GateDecision,
    curves: Sequence[dict[str, Any]] | None = None,
    overlap: pl.DataFrame | None = None,
    history: Sequence[dict[str, Any]] | None = None,
    title: str = "Offline evaluation",
) -> None:
    """Write the page to `out`, whole or not at all; see `render_report`."""
    write_text(out, render_report(comparison, samples, decision, curves, overlap, history, title))


def render_report(
    comparison: Comparison,
    samples: pl.DataFrame,
    decision: GateDecision,
    curves: Sequence[dict[str, Any]] | None = None,
    overlap: pl.DataFrame | None = None,
    history: Sequence[dict[str, Any]] | None = None,
    title: str = "Offline evaluation",
) -> str:
    """The page as HTML.

    `samples` are the judged samples that were compared; `curves` the training's
    {step, loss, rewards/…, logps/…}; `overlap` the compared prompts that are like one that was
    trained on (OVERLAP_SCHEMA); `history` earlier evaluations, oldest first, a row
    {run, base, base_low, base_high, candidate, candidate_low, candidate_high, n_prompts, passed}
    of avg@k.
    """
    base, candidate = comparison.base, comparison.candidate
    flips = flipped_samples(samples, base, candidate)
    sections = [
        _gate_section(decision),
        _headline_section(comparison),
        _undecided_section(samples),
        _slice_section(comparison),
    ]
    if overlap is not None:
        sections.append(_overlap_section(overlap, comparison, samples))
    if curves:
        sections.append(
            "<h2>Training curves</h2>" + _image(plots.training_curves(curves), "training curves")
        )
    if history:
        sections.append(_history_section(history))
    sections.append(_flip_section(flips, base, candidate))
    data = {"flips": flips.head(MOST_FLIPS).to_dicts(), "base": base, "candidate": candidate}
    return render_page(title, "\n".join(sections), _STYLE, _SCRIPT, data)


def _gate_section(decision: GateDecision) -> str:
    if decision.holds:
        verdict, kind = "The gate holds: the candidate may be released.", "good"
    elif decision.overridden:
        verdict = f"The gate refuses; overridden by hand: {decision.override_reason}"
        kind = "warn"
    else:
        verdict, kind = "The gate refuses the candidate.", "bad"
    rows = [
        (
            "holds" if condition.passed else "fails",
            condition.name.replace("_", " "),
            condition.sentence,
        )
        for condition in decision.conditions
    ]
    table = html_table(("", "condition", "what was found"), rows)
    return f'<p class="verdict {kind}" role="status">{escaped(verdict)}</p>{table}'


def _headline_section(comparison: Comparison) -> str:
    everything = comparison.rates.filter(slice_by="all")
    level = f"{comparison.settings.confidence:.0%}"
    header = ("model", *(_metric_title(name, comparison.k) for name in METRICS))
    header += ("greedy, decided only", "sampled, decided only")
    header += ("undecided", "no answer", "unclear answer", "cut off", "tokens")
    rows = [
        (
            row["model"],
            *(_rate(row[name], row[f"{name}_low"], row[f"{name}_high"]) for name in METRICS),
            _percent(row["pass_at_1_decided"]),
            _percent(row["avg_at_k_decided"]),
            _percent(row["undecided_rate"]),
            _percent(row["no_answer_rate"]),
            _percent(row["unclear_answer_rate"]),
            _percent(row["truncated_rate"]),
            "–" if row["mean_tokens"] is None else f"{row['mean_tokens']:.0f}",
        )
        for row in everything.iter_rows(named=True)
    ]
    if comparison.mcnemar is None:
        mcnemar = ""
    else:
        mcnemar = (
            f"<p>Greedy, prompt by prompt: {comparison.mcnemar.gained} gained, "
            f"{comparison.mcnemar.lost} lost, McNemar p {_p(comparison.mcnemar.p_value)}.</p>"
        )
    return (
        f"<h2>Pass rates on {comparison.n_prompts} prompts</h2>"
        f"<p>Undecided counts as not passed, unless a column says otherwise. Intervals are {level}:"
        " Wilson's for greedy, a bootstrap over prompts for the others.</p>"
        + _image(plots.pass_rate_chart(comparison.rates), "pass rates by model")
        + html_table(header, rows)
        + _difference_table(comparison.base, comparison, comparison.differences)
        + mcnemar
        + "".join(
            _difference_table(control, comparison, differences)
            for control, differences in comparison.controls.items()
        )
    )


def _difference_table(
    base: str, comparison: Comparison, differences: dict[str, PairedDifference]
) -> str:
    rows = [
        (
            _metric_title(found.metric, comparison.k),
            _percent(found.base_rate),
            _percent(found.candidate_rate),
            _change(found.difference, found.low, found.high),
            _p(found.p_value),
        )
        for found in differences.values()
    ]
    title = f"{escaped(base)} against {escaped(comparison.candidate)}"
    header = ("rate", base, comparison.candidate, "change, in points", "p")
    return f"<h3>{title}</h3>" + html_table(header, rows)


def _overlap_section(overlap: pl.DataFrame, comparison: Comparison, samples: pl.DataFrame) -> str:
    title = "<h2>Prompts like one that was trained on</h2>"
    if overlap.is_empty():
        return f"{title}<p>None of the {comparison.n_prompts} prompts.</p>"
    rows = [
        (row["prompt_id"], row["why"].replace("_", " "), row["prompt"], row["training_prompt"])
        for row in overlap.head(MOST_OVERLAPS).iter_rows(named=True)
    ]
    said = f"{overlap.height} of {comparison.n_prompts}"
    if overlap.height > MOST_OVERLAPS:
        said += f"; the first {MOST_OVERLAPS} are here"
    clean = samples.join(overlap, on="prompt_id", how="anti")
    without = ""
    if not clean.is_empty():
        without = "<p>The rates without them:</p>" + _difference_table(
            comparison.base,
            comparison,
            paired_differences(clean, comparison.base, comparison.candidate, comparison.settings),
        )
    table = html_table(("prompt", "why", "asked", "trained on"), rows)
    return f"{title}<p>{said}.</p><details><summary>Show them</summary>{table}</details>{without}"


def _undecided_section(samples: pl.DataFrame) -> str:
    counts = (
        samples.group_by("verdict", "reason", "model")
        .len()
        .pivot(on="model", index=["verdict", "reason"], values="len", sort_columns=True)
        .fill_null(0)
        .sort("verdict", "reason")
    )
    rows = [
        tuple("–" if value is None else str(value) for value in row) for row in counts.iter_rows()
    ]
    return "<h2>Verdicts and reasons, completions</h2>" + html_table(tuple(counts.columns), rows)


def _slice_section(comparison: Comparison) -> str:
    if comparison.slices.is_empty():
        return ""
    control = [
        model
        for model in comparison.rates["model"].unique(maintain_order=True)
        if model not in (comparison.base, comparison.candidate)
    ]
    rates = {
        (row["slice_by"], row["slice"], row["model"]): row["avg_at_k"]
        for row in comparison.rates.iter_rows(named=True)
    }
    rows = [
        (
            row["slice_by"],
            row["slice"],
            str(row["n_prompts"]),
            _percent(row["base_rate"]),
            _percent(row["candidate_rate"]),
            *(_percent(rates.get((row["slice_by"], row["slice"], model))) for model in control),
            _change(row["difference"], row["low"], row["high"]),
            _p(row["p_holm"]) if row["tested"] else "not tested",
        )
        for row in comparison.slices.iter_rows(named=True)
    ]
    header = ("by", "slice", "prompts", comparison.base, comparison.candidate, *control)
    return (
        "<h2>Slices, avg@k</h2>"
        f"<p>p is corrected for all tested slices (Holm). A slice of fewer than "
        f"{comparison.settings.min_slice_prompts} prompts, or one that holds all prompts, is "
        "not tested. Difficulty is the base's own pass rate on half of its samples; the other "
        "half is compared.</p>"
        + _image(
            plots.slice_chart(comparison.slices, comparison.base, comparison.candidate),
            "change by slice",
        )
        + html_table((*header, "change, in points", "corrected p"), rows)
    )


def _history_section(history: Sequence[dict[str, Any]]) -> str:
    rows = [
        (
            str(run["run"]),
            str(run.get("n_prompts", "–")),
            _rate(run["base"], run["base_low"], run["base_high"]),
            _rate(run["candidate"], run["candidate_low"], run["candidate_high"]),
            {True: "holds", False: "fails"}.get(run.get("passed"), "–"),  # type: ignore[arg-type]
        )
        for run in history
    ]
    return (
        "<h2>Earlier evaluations, avg@k</h2>"
        + _image(plots.history_chart(history), "avg@k over evaluations")
        + html_table(("run", "prompts", "base", "candidate", "gate"), rows)
    )


def _flip_section(flips: pl.DataFrame, base: str, candidate: str) -> str:
    gained = flips.filter(flip="gained").height
    said = f"{gained} gained, {flips.height - gained} lost"
    if flips.height > MOST_FLIPS:
        said += f"; the first {MOST_FLIPS} are here, lost ones first"
    sources = "".join(
        f'<option value="{escaped(source)}">{escaped(source)}</option>'
        for source in flips["source"].unique().sort()
    )
    return (
        f"<h2>Samples that flipped</h2><p>Gained: only {escaped(candidate)} passes. Lost: only "
        f"{escaped(base)} does. {escaped(said)}.</p>"
        '<form id="filter">'
        '<label>Show <select id="flip"><option value="">all</option>'
        '<option value="lost">lost</option><option value="gained">gained</option></select></label> '
        f'<label>Source <select id="source"><option value="">all</option>{sources}</select></label>'
        ' <label>Search <input id="search" type="search"></label></form>'
        '<p id="shown" role="status"></p><div id="flips"></div>'
        '<button id="more" type="button" hidden>Show more</button>'
    )


def _metric_title(metric: str, k: int | None) -> str:
    return plots.RATE_TITLES[metric].format(k="k" if k is None else k)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}\u00a0%"


def _rate(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "–"
    # No line break within the figure or within its interval.
    return f"{100 * value:.1f}\u00a0% [{100 * low:.1f}\u2060–\u2060{100 * high:.1f}]"


def _change(difference: float, low: float, high: float) -> str:
    return f"{100 * difference:+.1f} [{100 * low:+.1f} to {100 * high:+.1f}]"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _image(png: bytes, description: str) -> str:
    encoded = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escaped(description)}" src="data:image/png;base64,{encoded}">'


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 0; }
main { max-width: 1100px; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2rem; }
img { max-width: 100%; display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; }
th { font-weight: 600; }
.verdict { padding: .75rem 1rem; border-left: 6px solid; font-weight: 600; }
.good { border-color: #009e73; background: #e8f6f1; }
.warn { border-color: #e69f00; background: #fdf4e0; }
.bad { border-color: #d55e00; background: #fbece2; }
details { border: 1px solid #ddd; border-radius: 4px; margin: .4rem 0; padding: .3rem .6rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
@media (max-width: 700px) { .sides { grid-template-columns: 1fr; } }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: .5rem; }
label { margin-right: 1rem; }
"""

# Untrusted text reaches the page through textContent only.
_SCRIPT = """
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const [flip, source, search, list, shown, more] =
  ["flip", "source", "search", "flips", "shown", "more"].map(id => document.getElementById(id));
const PAGE = 50;
let visible = PAGE;

function element(tag, text, parent) {
  const node = document.createElement(tag);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
}

function side(row, name, model, parent) {
  const box = element("div", null, parent);
  const verdict = row[name + "_verdict"] + " (" + row[name + "_reason"] + ")";
  element("strong", model + ": " + verdict, box);
  element("p", "Answer: " + (row[name + "_extracted"] ?? "none"), box);
  element("pre", row[name + "_completion"], box);
}

function entry(row) {
  const details = element("details", null, list);
  element("summary", row.flip + " · " + row.prompt_id + " · gold: " + row.ground_truth, details);
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    element("pre", row.prompt, details);
    const sides = element("div", null, details);
    sides.className = "sides";
    side(row, "base", data.base, sides);
    side(row, "candidate", data.candidate, sides);
  });
}

const texts = data.flips.map(row => Object.values(row).join("\\n").toLowerCase());

function render() {
  const wanted = search.value.toLowerCase();
  const rows = data.flips.filter((row, index) =>
    (!flip.value || row.flip === flip.value) &&
    (!source.value || row.source === source.value) &&
    texts[index].includes(wanted));
  list.replaceChildren();
  rows.slice(0, visible).forEach(entry);
  shown.textContent = Math.min(visible, rows.length) + " of " + rows.length + " shown";
  more.hidden = rows.length <= visible;
}

for (const control of [flip, source, search]) {
  control.addEventListener("input", () => { visible = PAGE; render(); });
}
more.addEventListener("click", () => { visible += PAGE; render(); });
document.getElementById("filter").addEventListener("submit", event => event.preventDefault());
render();
"""
