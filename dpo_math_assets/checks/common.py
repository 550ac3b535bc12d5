"""What checks of several stages share."""

from collections.abc import Mapping

import polars as pl

from dpo_math_assets.storage import Store


def named_worst(counts: Mapping[str, int]) -> str:
    """The exports with most of something, by name."""
    worst = sorted((key for key in counts if counts[key]), key=lambda key: -counts[key])
    more = f" and {len(worst) - 3} more exports" if len(worst) > 3 else ""
    return ", ".join(f"{key} ({counts[key]})" for key in worst[:3]) + more


def stored_rows(
    store: Store, asset: str, key: str, schema: pl.Schema, recorded_by: str = ""
) -> int:
    """Rows of a partition as they are stored; `recorded_by` is as in `Store.scan`."""
    rows = store.scan(asset, [key], schema, recorded_by)
    count: int = rows.select(pl.len()).collect().item()
    return count
