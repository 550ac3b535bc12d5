"""What every asset of the lineage shares: its group, its owners, and its outcome's type.

One group, so that the lineage page opens on the assets and not on a collapsed box.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.resources import Project

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


def _unforeseen(key: str, error: Exception) -> str:
    return (
        f"{key}: {type(error).__name__}: {error}. Nothing foresees this, so it may be a mistake in "
        "the program: please report it with the traceback in this run's log. To do without this "
        "export, name it in intake.left_out of settings.yaml."
    )


def new_version_name(run_id: str) -> str:
    """A version's name: when it was made, and by which run."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{run_id[:8]}"


def each_partition(
    context: dg.AssetExecutionContext,
    work: Callable[[str], Mapping[str, Any]],
    project: Project,
) -> dg.MaterializeResult:
    """Do the work of every partition of the run; `work` gives a partition's metadata.

    One that fails keeps no other from its work: it is named in the log, in its metadata and by the
    check `exports_are_processed`. The run fails only where all fail. Those of `left_out` (see
    `LandingArea.left_out`) are passed over, and count for nothing.

    An export at which the process dies again and again is passed over in the end (`attempts`).
    """
    keys = context.partition_keys
    left_out = project.landing.left_out()
    attempts = project.attempts(context.asset_key.to_user_string())
    failed = {}
    for position, key in enumerate(keys, start=1):
        if key in left_out:
            context.add_asset_metadata({"left_out": LEFT_OUT}, partition_key=key)
            continue
        try:
            with attempts.begun(key):
                metadata = dict(work(key))
        except (dg.Failure, dg.RetryRequested):
            raise
        except Exception as error:  # whatever it is, it is this export's
            told = str(error) if isinstance(error, DpoMathError) else _unforeseen(key, error)
            failed[key] = told
            metadata = {"failed": told}
            context.log.error(
                f"[{position}/{len(keys)}] {told}", exc_info=not isinstance(error, DpoMathError)
            )
        context.add_asset_metadata(metadata, partition_key=key)
    if failed and len(failed) == len(set(keys).difference(left_out)):
        raise DpoMathError("\n".join(failed.values()))
    return dg.MaterializeResult()
