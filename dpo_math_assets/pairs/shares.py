"""The prompts a share at a time, so that memory follows the share and not the whole history.

Nothing that concerns one prompt needs to see another, and prompt keys are hashes: a range of keys
is a fair share of the prompts with all that was logged of them.
"""

import polars as pl


def prompt_shares(rows: int, rows_at_once: int) -> list[pl.Expr]:
    """Filters on `prompt_key`, in the keys' order, that together take each of `rows` rows once.

    Each takes about `rows_at_once` rows, as far as the prompts are logged about equally often.
    """
    count = max(1, -(-rows // rows_at_once))
    key = pl.col("prompt_key").fill_null("")
    edges = [f"{2**32 * number // count:08x}" for number in range(1, count)]
    filters = []
    for low, high in zip([None, *edges], [*edges, None], strict=True):
        above = pl.lit(True) if low is None else key >= low
        below = pl.lit(True) if high is None else key < high
        filters.append(above & below)
    return filters
