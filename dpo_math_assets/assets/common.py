"""What every asset of the lineage shares: its group, its owners, and its outcome's type.

One group, so that the lineage page opens on the assets and not on a collapsed box.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.stages.ranges import each_export
from dpo_math_assets.stages.workspace import Workspace

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


def each_partition(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    work: Callable[[str], Mapping[str, Any]],
) -> dg.MaterializeResult:
    """Do the work of every partition of the run; `work` gives a partition's metadata.

    One that fails keeps no other from its work (`stages.ranges`): it is named in the log, in its
    metadata and by the check `exports_are_processed`. The run fails only where all fail.
    """
    keys = context.partition_keys
    outcomes = each_export(workspace, context.asset_key.to_user_string(), keys, work)
    for position, outcome in enumerate(outcomes, start=1):
        if outcome.failure is not None:
            context.log.error(
                f"[{position}/{len(keys)}] {outcome.failure}", exc_info=outcome.unforeseen
            )
            metadata: Mapping[str, Any] = {"failed": outcome.failure}
        else:
            metadata = {"left_out": LEFT_OUT} if outcome.result is None else outcome.result
        context.add_asset_metadata(metadata, partition_key=outcome.key)
    return dg.MaterializeResult()
