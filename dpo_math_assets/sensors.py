"""Sensors: what notices new log exports in the landing folder."""

import json
from typing import Any

import dagster as dg

from dpo_math_assets.checks.standing import changed_results
from dpo_math_assets.jobs import ingest_exports
from dpo_math_assets.partitions import EXPORTS, export_partitions, range_tags
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.ingest import register_exports
from dpo_math_assets.stages.ranges import progress
from dpo_math_assets.stages.up_to_date import state, unprocessed
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import digest
from dpo_math_assets.traces.landing import Export, Registration
from dpo_math_assets.traces.overrides import Overrides, read_overrides

KEYS_A_TICK = 500
# Runs that are asked for the same work, and do none of it, before a human has to look.
MOST_ATTEMPTS = 3
UNFINISHED_RUNS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def _summary(exports: int, left_out: list[str], found: Registration, overrides: Overrides) -> str:
    """What a look saw, in a sentence."""
    told = f"{exports} exports registered"
    if left_out:
        told += f", {len(left_out)} more left out (intake.left_out, or the same bytes)"
    if found.unfinished:
        told += f"; still being written: {_named(found.unfinished)}"
    if found.ignored:
        told += f"; not a log export by its name: {_named(found.ignored)}"
    if overrides.problems:
        problem = overrides.problems[0]
        told += f"; rows of overrides that decide nothing: {len(overrides.problems)}, the first "
        told += f"{problem.file}, row {problem.row}: {problem.what}"
    return told


@dg.sensor(
    job=ingest_exports,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Registers finished files of the landing folder as partitions and materializes raw traces, "
        "cleaned traces and pairs for them, in one run. A file that is still being written is "
        "waited for, a file that changed is processed again with what depends on it, and so is an "
        "export on whose traces people decided something else (folder `overrides`)."
    ),
)
def new_log_exports(
    context: dg.SensorEvaluationContext, project: Project
) -> dg.SensorResult | dg.SkipReason:
    """What is stored decides what is asked for, so that nothing is lost with a run or a cursor.

    One run at a time: pairs rest on the traces of all earlier exports. The cursor holds unfinished
    files, the state in which all was processed, and how often the same work was asked for without
    any of it being done.
    """
    cursor: dict[str, Any] = {"observed": {}, "settled": "", "asked": "", "attempts": 0}
    cursor.update(json.loads(context.cursor or "{}"))
    workspace = project.workspace()
    found = _look(context, workspace, cursor["observed"])
    exports = workspace.landing.partitions()
    left_out = workspace.landing.left_out()
    overrides = read_overrides(workspace.overrides_folder)
    told = _summary(len(exports), left_out, found, overrides)

    def skip(why: str) -> dg.SkipReason:
        context.update_cursor(json.dumps(cursor))
        return dg.SkipReason(f"{why} ({told})")

    wanted = state(workspace, exports, overrides)
    # And what only checks tell of.
    told_of = [[found.file, found.row, found.what] for found in overrides.problems]
    shown = digest([wanted, left_out, told_of])
    if cursor["settled"] == shown:
        return skip("Nothing new")
    # What is stored may be made of this state from now on: the one before is settled no more.
    cursor["settled"] = ""
    if run := _running(context.instance):
        return skip(f"Waiting for the run {run}")
    waiting = unprocessed(workspace, exports)
    if not waiting:
        cursor["settled"] = shown
        skipped = skip("Nothing new")
        if not (changed := changed_results(context.instance, workspace)):
            return skipped
        return dg.SensorResult(skip_reason=skipped, asset_events=changed, cursor=json.dumps(cursor))
    asked = digest([wanted, progress(workspace, waiting)])
    attempts = cursor["attempts"] if cursor["asked"] == asked else 0
    if attempts == MOST_ATTEMPTS:
        return skip(
            f"{attempts} runs left {_named(waiting)} unprocessed: the last one's log says why. A "
            "changed file or setting is tried again; or launch ingest_exports yourself"
        )
    cursor |= {"asked": asked, "attempts": attempts + 1}

    # Dagster drops a run key that it has seen: the same state may come back after a run.
    run_key = digest([asked, attempts, _latest(context.instance)])
    return _request(context, exports, waiting, run_key, json.dumps(cursor))


def _request(
    context: dg.SensorEvaluationContext,
    exports: dict[str, Export],
    waiting: list[str],
    run_key: str,
    cursor: str,
) -> dg.SensorResult:
    """One run over all exports from the first that waits, and the partitions that it adds."""
    order = dict.fromkeys(context.instance.get_dynamic_partitions(EXPORTS))
    added = [key for key in exports if key not in order]
    keys = [*order, *added]
    # Up to the last one: pairs of later exports rest on earlier ones. What is up to date is kept.
    first = next(key for key in keys if key in waiting)
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=run_key, tags=range_tags(first, keys[-1]))],
        dynamic_partitions_requests=[export_partitions.build_add_request(added)],
        asset_events=[landed(list(exports.values()), len(waiting))],
        cursor=cursor,
    )


def _look(
    context: dg.SensorEvaluationContext, workspace: Workspace, observed: dict[str, list[int]]
) -> Registration:
    found = register_exports(workspace, observed, at_most=KEYS_A_TICK)
    for path, why in found.unreadable.items():
        context.log.error(f"{path} cannot be read ({why}). It is looked at again")
    for copy in found.duplicates:
        context.log.info(f"{copy.path} holds the same bytes as {copy.duplicate_of}: left out")
    return found


def _running(instance: dg.DagsterInstance) -> str | None:
    """The id of an ingest run that is queued or under way."""
    runs = instance.get_runs(
        filters=dg.RunsFilter(job_name=ingest_exports.name, statuses=UNFINISHED_RUNS), limit=1
    )
    return runs[0].run_id if runs else None


def _latest(instance: dg.DagsterInstance) -> str | None:
    """The id of the ingest run that was asked for last."""
    runs = instance.get_runs(filters=dg.RunsFilter(job_name=ingest_exports.name), limit=1)
    return runs[0].run_id if runs else None


def _named(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def landed(exports: list[Export], new: int) -> dg.AssetMaterialization:
    """What the external asset `log_exports` shows: how many exports there are, how large."""
    return dg.AssetMaterialization(
        "log_exports",
        description="Registered from the landing area.",
        metadata={
            "exports": len(exports),
            "new_or_changed": new,
            "bytes": sum(export.size for export in exports),
            "newest": exports[-1].path,
        },
    )
