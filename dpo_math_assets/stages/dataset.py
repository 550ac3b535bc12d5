"""All pairs → the training set with its held-out problems; and the labels most worth a look.

Both rest on every export that was processed, as it is now, and on no other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DatasetError, DpoMathError
from dpo_math_assets.pairs.audit import (
    PAGE_FILE,
    SHEET_FILE,
    audit,
    audit_of,
    write_page,
    write_sheet,
)
from dpo_math_assets.pairs.dataset import DatasetReport, build_dataset, problems_on_both_sides
from dpo_math_assets.pairs.explorer import write_explorer
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.stages.artifacts import AUDIT, CLEANED, DATASET, PAIRS
from dpo_math_assets.stages.up_to_date import (
    outdated_traces,
    require_current_verdicts,
    unprocessed,
    usable_exports,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import digest
from dpo_math_assets.traces.schema import CLEANED_SCHEMA


@dataclass(frozen=True)
class PublishedDataset:
    """A dataset's version, and the exports that it is and is not made of."""

    folder: Path
    report: DatasetReport
    exports: list[str]
    waiting: list[str]  # exports that came too late for it


@dataclass(frozen=True)
class PublishedAudit:
    """An audit's version: the rows of its sheet, and the exports that it does not look at yet."""

    folder: Path
    rows: pl.DataFrame
    waiting: list[str]


def publish_dataset(workspace: Workspace, run_id: str) -> PublishedDataset:
    """Select the training set from the pairs of all exports, and make it the current version.

    A dataset of the same content keeps its version. Raises DpoMathError where an export that was
    processed before is not as it is now, and as `write_dataset` does.
    """
    registered = workspace.landing.partitions()
    with workspace.pinned([PAIRS, CLEANED], registered) as pinned:
        waiting = unprocessed(pinned, registered)
        exports = usable_exports(pinned, registered, waiting)
        with workspace.store.versions(DATASET).new_content() as draft:
            lineage = {"exports": exports, "run_id": run_id}
            report = write_dataset(pinned, exports, draft.folder, lineage)
            draft.version = report.version
    folder = workspace.store.root / DATASET / report.version
    write_explorer(folder)
    return PublishedDataset(folder, report, exports, waiting)


def write_dataset(
    workspace: Workspace, exports: Iterable[str], out: Path, lineage: dict[str, Any]
) -> DatasetReport:
    """Write the training set that the pairs of these exports give into the empty folder `out`.

    `lineage` goes into its card and its report as it is. Raises DatasetError where nothing is left
    to train on, or where a problem would be trained on and evaluated on.
    """
    exports = list(exports)
    report = build_dataset(
        workspace.store.scan(PAIRS, exports, PAIR_SCHEMA),
        workspace.store.scan(CLEANED, exports, CLEANED_SCHEMA),
        workspace.settings.selection(),
        out,
        lineage=lineage,
        conventions=workspace.conventions,
    )
    if shared := problems_on_both_sides(out):
        raise DatasetError(
            f"{len(shared)} problems would be trained on and evaluated on: no dataset is made"
        )
    return report


def publish_audit(workspace: Workspace, rows: int) -> PublishedAudit:
    """Rank the labels most worth a look, at most `rows`, as a sheet to fill in and a page.

    Raises DpoMathError where an export that was processed before is not as it is now.
    """
    registered = workspace.landing.partitions()
    with workspace.pinned([CLEANED], registered) as pinned:
        waiting = outdated_traces(pinned, registered)
        exports = usable_exports(pinned, registered, waiting)
        traces = pinned.store.scan(CLEANED, exports, CLEANED_SCHEMA)
        found = audit(traces, rows, workspace.conventions)
    with workspace.store.versions(AUDIT).new_content() as draft:
        write_sheet(found, draft.folder / SHEET_FILE)
        write_page(found, draft.folder / PAGE_FILE)
        draft.version = digest(found.write_json())[:16]
    return PublishedAudit(workspace.store.root / AUDIT / draft.version, found, waiting)


def audit_rows(workspace: Workspace, rows: int, trace_ids: list[str] | None) -> pl.DataFrame:
    """The labels most worth a look, at most `rows`; or those of the traces that are named.

    Of all cleaned traces, also of exports that have changed or are no longer registered; those that
    are left out are not shown. Raises DpoMathError where there is no trace, or people gave other
    verdicts since.
    """
    # As the dataset: what was left out after it was cleaned is no more shown than trained on.
    left_out = set(workspace.landing.left_out())
    exports = [key for key in workspace.store.partitions(CLEANED) if key not in left_out]
    if not exports:
        raise DpoMathError(f"{workspace.store.root}: no {CLEANED} there; materialize them first")
    require_current_verdicts(workspace, exports)
    traces = workspace.store.scan(CLEANED, exports, CLEANED_SCHEMA)
    if not trace_ids:
        return audit(traces, rows, workspace.conventions)
    found = audit_of(traces, trace_ids, workspace.conventions)
    if found.is_empty():
        raise DpoMathError(f"no trace is named {', '.join(trace_ids)}")
    return found
