"""What every asset of the lineage shares: its group, its owners, and its outcome's type.

One group, so that the lineage page opens on the assets and not on a collapsed box.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dpo_math_assets.errors import DpoMathError

GROUP = "math_dpo"
OWNERS = ["team:math-models"]

# A run over a range of exports is one run, not one for each.
SINGLE_RUN = dg.BackfillPolicy.single_run()

LEFT_OUT = "by intake.left_out, or its bytes are those of an earlier export"


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn an error about the user's input into a failure that shows its words and no traceback."""
    try:
        yield
    except DpoMathError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None


def new_version_name(run_id: str) -> str:
    """A version's name: when it was made, and by which run."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{run_id[:8]}"


def each_partition(
    context: dg.AssetExecutionContext,
    work: Callable[[str], Mapping[str, Any]],
    left_out: Collection[str],
) -> dg.MaterializeResult:
    """Do the work of every partition of the run; `work` gives a partition's metadata.

    One that fails about its input keeps no other from its work: it is named in the log, in its
    metadata and by the check `exports_are_processed`. The run fails only where all fail. Those of
    `left_out` (see `LandingArea.left_out`) are passed over, and count for nothing.
    """
    keys = context.partition_keys
    failed = {}
    for position, key in enumerate(keys, start=1):
        if key in left_out:
            context.add_asset_metadata({"left_out": LEFT_OUT}, partition_key=key)
            continue
        try:
            metadata = dict(work(key))
        except DpoMathError as error:
            failed[key] = str(error)
            metadata = {"failed": str(error)}
            context.log.error(f"[{position}/{len(keys)}] {error}")
        context.add_asset_metadata(metadata, partition_key=key)
    if failed and len(failed) == len(set(keys).difference(left_out)):
        raise DpoMathError("\n".join(failed.values()))
    return dg.MaterializeResult()
