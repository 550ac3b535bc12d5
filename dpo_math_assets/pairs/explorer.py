"""The explorer: one HTML page in which people look through the pairs of a dataset.

The page holds its pairs itself and asks nobody for anything. A dataset that is too large for a page
is shown by whole prompts, those with the smallest keys: keys are hashes, so that is a fair sample,
the same each time, and the pairs of one prompt stay together. The page says how many there are.

Its markup, style and script are the files explorer.html, .css and .js beside this one.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.page import render_page
from dpo_math_assets.pairs.split import TRAIN, VALIDATION
from dpo_math_assets.storage import write_text
from dpo_math_assets.traces.overrides import judged_key
from dpo_math_assets.traces.prompts import text_key

EXPLORER_FILE = "explorer.html"

# A page with more is slow to open.
MOST_PAIRS = 20_000
MOST_CHARACTERS = 40_000_000


def write_explorer(dataset: Path) -> Path:
    """Write the page of a dataset folder (see `dataset`) into it, whole or not at all."""
    out = dataset / EXPLORER_FILE
    write_text(out, render_explorer(dataset_pairs(dataset), f"Preference pairs of {dataset.name}"))
    return out


def dataset_pairs(dataset: Path) -> pl.LazyFrame:
    """The pairs of a dataset folder: prompt, chosen, rejected, meta and `split`."""
    return pl.concat(
        [
            pl.scan_parquet(dataset / f"{split}.parquet", glob=False).with_columns(
                split=pl.lit(split)
            )
            for split in (TRAIN, VALIDATION)
        ]
    )


def render_explorer(
    pairs: pl.LazyFrame,
    title: str,
    most_pairs: int = MOST_PAIRS,
    most_characters: int = MOST_CHARACTERS,
) -> str:
    """The page as HTML; `pairs` as `dataset_pairs` gives them."""
    shown, pairs_in_all, prompts_in_all = _sample(pairs, most_pairs, most_characters)
    prompts = shown["prompt_key"].n_unique()
    summary = f"{shown.height:,} pairs of {prompts:,} prompts."
    if shown.height < pairs_in_all:
        summary = (
            f"A sample: {shown.height:,} of {pairs_in_all:,} pairs, all those of {prompts:,} of "
            f"{prompts_in_all:,} prompts. Charts and filters are of the sample."
        )
    resources = files("dpo_math_assets.pairs")
    body, style, script = (
        resources.joinpath(f"explorer.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    return render_page(title, body, style, script, {"summary": summary, **_columns(shown)})


def _sample(
    pairs: pl.LazyFrame, most_pairs: int, most_characters: int
) -> tuple[pl.DataFrame, int, int]:
    """The pairs to show, by prompt and pair id; how many pairs and prompts there are in all."""
    flat = pairs.select(
        *(pl.col(side).str.len_chars().alias(f"{side}_length") for side in ("chosen", "rejected")),
        "prompt",
        "chosen",
        "rejected",
        "split",
        *(pl.col("meta").struct.field(name) for name in _META),
    )
    characters = (
        pl.col("prompt").str.len_chars() + pl.col("chosen_length") + pl.col("rejected_length")
    )
    sizes = (
        flat.group_by("prompt_key")
        .agg(pl.len().alias("pairs"), characters.sum().alias("characters"))
        .sort("prompt_key")
        .collect(engine="streaming")
    )
    fits = (pl.col("pairs").cum_sum() <= most_pairs) & (
        pl.col("characters").cum_sum() <= most_characters
    )
    kept = sizes.filter(fits | (pl.int_range(pl.len()) == 0))["prompt_key"]
    shown = (
        flat.filter(pl.col("prompt_key").is_in(kept.implode()))
        .sort("prompt_key", "pair_id")
        .collect(engine="streaming")
    )
    return shown, int(sizes["pairs"].sum()), sizes.height


_META = [
    "prompt_key",
    "pair_id",
    "ground_truth",
    "pass_rate",
    "attempts",
    "answer_count",
    "chosen_answer",
    "rejected_answer",
    "chosen_method",
    "rejected_reason",
    "trace_id_pass",
    "trace_id_fail",
    "export_pass",
    "export_fail",
]


def _columns(pairs: pl.DataFrame) -> dict[str, Any]:
    """The pairs as the page's script reads them: a list a column, repeated text by its number."""
    of_prompt = ["prompt", "ground_truth", "split", "pass_rate", "attempts"]
    prompts = pairs.select(of_prompt).unique(maintain_order=True)
    numbers = pairs.select(of_prompt).join(
        prompts.with_row_index("number"), on=of_prompt, nulls_equal=True, maintain_order="left"
    )
    coded: dict[str, Any] = {}
    for names, columns in {
        "methods": {"method": "chosen_method"},
        "reasons": {"reason": "rejected_reason"},
        "exports": {"export_pass": "export_pass", "export_fail": "export_fail"},
    }.items():
        values = sorted({value for column in columns.values() for value in pairs[column]})
        codes = {value: code for code, value in enumerate(values)}
        coded[names] = values
        for name, column in columns.items():
            coded[name] = [codes[value] for value in pairs[column]]
    keys = {
        f"{side}_key": [
            judged_key(prompt, gold, text_key(text))
            for prompt, gold, text in pairs.select("prompt_key", "ground_truth", side).iter_rows()
        ]
        for side in ("chosen", "rejected")
    }
    plain = ["answer_count", "pair_id"]
    plain += [
        f"{side}{what}" for side in ("chosen", "rejected") for what in ("", "_answer", "_length")
    ]
    return {
        "prompts": prompts.rows(),
        "prompt": numbers["number"].to_list(),
        **coded,
        **keys,
        "trace_pass": pairs["trace_id_pass"].to_list(),
        "trace_fail": pairs["trace_id_fail"].to_list(),
        **{name: pairs[name].to_list() for name in plain},
    }
