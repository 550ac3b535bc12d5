"""Charts as PNG bytes: pass rates by model, differences by slice, training curves, histograms.

Colours are Okabe and Ito's (2008), which colour-blind readers tell apart; models differ by marker
too, never by colour alone. Numbers stand beside the marks where a reader wants them.
"""

import io
from collections.abc import Sequence
from typing import Any

import polars as pl

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
RATE_TITLES = {
    "pass_at_1": "greedy pass@1",
    "avg_at_k": "avg@{k}",
    "pass_at_k": "pass@{k}",
    "maj_at_k": "maj@{k}",
}

# Panels of the training chart: what a reader asks of a run, in this order.
CURVE_PANELS = (
    ("Loss", ("loss", "eval_loss")),
    ("Reward accuracy", ("rewards/accuracies",)),
    ("Reward margin", ("rewards/margins",)),
    ("Reward (against the base model)", ("rewards/chosen", "rewards/rejected")),
    ("Log-probability (nats)", ("logps/chosen", "logps/rejected")),
    ("Tokens a second", ("tokens_per_second",)),
)

# A chart with more rows than this is no longer read.
MOST_SLICES_SHOWN = 40


def pass_rate_chart(rates: pl.DataFrame) -> bytes:
    """Each model's rates over everything, with their intervals (RATE_SCHEMA in)."""
    figure, axes = _figure(7.2, 3.2)
    everything = rates.filter(slice_by="all")
    metrics = [name for name in RATE_TITLES if everything[name].null_count() < everything.height]
    models = everything["model"].to_list()
    for place, row in enumerate(everything.iter_rows(named=True)):
        drawn = [metric for metric in metrics if row[metric] is not None]
        shift = 0.18 * (place - (len(models) - 1) / 2)
        x = [metrics.index(metric) + shift for metric in drawn]
        y = [row[metric] for metric in drawn]
        below = [row[metric] - row[f"{metric}_low"] for metric in drawn]
        above = [row[f"{metric}_high"] - row[metric] for metric in drawn]
        axes.errorbar(
            x, y, yerr=[below, above], fmt=_marker(place), color=_colour(place), capsize=3,
            label=row["model"],
        )  # fmt: skip
        for at, value in zip(x, y, strict=True):
            axes.annotate(
                f"{100 * value:.0f}", (at, value), (5, 0), textcoords="offset points",
                fontsize=8, va="center",
            )  # fmt: skip
    k = everything["k"].drop_nulls().max()
    axes.set_xticks(range(len(metrics)), [RATE_TITLES[metric].format(k=k) for metric in metrics])
    axes.set_xlim(-0.5, len(metrics) - 0.5)
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("pass rate")
    axes.legend(frameon=False, ncols=len(models), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _png(figure)


def slice_chart(slices: pl.DataFrame, base: str, candidate: str) -> bytes:
    """The change of avg@k by slice with its interval (SLICE_DIFFERENCE_SCHEMA in)."""
    shown = slices.head(MOST_SLICES_SHOWN)
    figure, axes = _figure(7.2, 1.2 + 0.24 * shown.height)
    for place, row in enumerate(shown.iter_rows(named=True)):
        middle, low, high = (100 * row[name] for name in ("difference", "low", "high"))
        # The interval of few prompts need not hold the value itself: never draw it inside out.
        reach = [[max(0.0, middle - low)], [max(0.0, high - middle)]]
        colour = _colour(0) if row["tested"] else "#999999"
        axes.errorbar([middle], [place], xerr=reach, fmt="o", color=colour, capsize=3)
    labels = [
        f"{row['slice_by']}: {_short(row['slice'])} (n={row['n_prompts']})"
        for row in shown.iter_rows(named=True)
    ]
    axes.set_yticks(range(shown.height), labels, fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel(f"change of avg@k, {base} to {candidate}, in points (grey: too few to test)")
    return _png(figure)


def training_curves(curves: Sequence[dict[str, Any]]) -> bytes:
    """The training's curves (a list of {step, loss, rewards/…, logps/…}) as six panels."""
    figure, grid = _figure(8.0, 7.2, rows=3, columns=2)
    for axes, (title, names) in zip(grid.flat, CURVE_PANELS, strict=True):
        for place, name in enumerate(names):
            points = [
                (float(point["step"]), float(point[name]))
                for point in curves
                if "step" in point and point.get(name) is not None
            ]
            if points:
                x, y = zip(*points, strict=True)
                axes.plot(
                    x, y, color=_colour(place), marker=_marker(place), markersize=3, label=name
                )
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("step", fontsize=8)
        if axes.lines and len(names) > 1:
            axes.legend(frameon=False, fontsize=8)
    return _png(figure)


def histogram(values: Sequence[float], title: str, x_label: str) -> bytes:
    """How often values occur, with their median marked. No values give an empty chart."""
    import numpy as np

    figure, axes = _figure(5.4, 2.8)
    if len(values):
        axes.hist(list(values), bins="auto", color=_colour(5), edgecolor="white")
        middle = float(np.median(list(values)))
        axes.axvline(middle, color=_colour(1), linestyle="--", label=f"median {middle:g}")
        axes.legend(frameon=False)
    axes.set_title(f"{title} (n={len(values)})", fontsize=10)
    axes.set_xlabel(x_label)
    axes.set_ylabel("count")
    return _png(figure)


def history_chart(history: Sequence[dict[str, Any]]) -> bytes:
    """avg@k of base and candidate over evaluation runs, in the order given (see report.py)."""
    figure, axes = _figure(7.2, 2.8)
    for place, side in enumerate(("base", "candidate")):
        points = [(n, run) for n, run in enumerate(history) if run.get(side) is not None]
        axes.errorbar(
            [n for n, _ in points],
            [run[side] for _, run in points],
            yerr=[
                [max(0.0, run[side] - run[f"{side}_low"]) for _, run in points],
                [max(0.0, run[f"{side}_high"] - run[side]) for _, run in points],
            ],
            fmt=f"{_marker(place)}-", color=_colour(place), capsize=3, label=side,
        )  # fmt: skip
    axes.set_xticks(range(len(history)), [str(run["run"])[:12] for run in history], fontsize=8)
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("avg@k")
    axes.legend(frameon=False)
    return _png(figure)


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """A figure of its own, without pyplot: nothing global, safe in threads."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns)
    for axes in [grid] if rows * columns == 1 else list(grid.flat):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    return figure, grid


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _marker(place: int) -> str:
    return MARKERS[place % len(MARKERS)]


def _short(text: str) -> str:
    # Labels come from data: no dollar may start matplotlib's own formula language.
    plain = text.replace("$", r"\$")
    return plain if len(plain) <= 32 else plain[:31] + "…"
