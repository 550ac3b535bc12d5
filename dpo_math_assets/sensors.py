"""Sensors: what notices new log exports in the landing folder."""

import json
from typing import Any

import dagster as dg

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.jobs import ingest_exports
from dpo_math_assets.partitions import EXPORTS, export_partitions, range_tags
from dpo_math_assets.resources import VERSIONS, Project
from dpo_math_assets.settings import Settings
from dpo_math_assets.stages import CLEANED, PAIRS, RAW, unprocessed
from dpo_math_assets.storage import digest
from dpo_math_assets.traces.landing import Export, Registration
from dpo_math_assets.traces.overrides import Overrides, read_overrides
from dpo_math_assets.traces.places import Folder
from dpo_math_assets.verifier import version_of

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
    settings = project.settings()
    found = _look(context, project, settings, cursor["observed"])
    exports = project.landing.partitions()
    told = f"{len(exports)} exports registered"
    if left_out := project.landing.left_out():
        told += f", {len(left_out)} more left out (intake.left_out, or the same bytes)"
    if found.unfinished:
        told += f"; still being written: {_named(found.unfinished)}"
    if found.ignored:
        told += f"; not a log export by its name: {_named(found.ignored)}"

    overrides = read_overrides(project.overrides_folder)
    if overrides.problems:
        problem = overrides.problems[0]
        told += f"; rows of overrides that decide nothing: {len(overrides.problems)}, the first "
        told += f"{problem.file}, row {problem.row}: {problem.what}"

    def skip(why: str) -> dg.SkipReason:
        context.update_cursor(json.dumps(cursor))
        return dg.SkipReason(f"{why} ({told})")

    state = _state(exports, settings, overrides)
    if cursor["settled"] == state:
        return skip("Nothing new")
    # What is stored may be made of this state from now on: the one before is settled no more.
    cursor["settled"] = ""
    if run := _running(context.instance):
        return skip(f"Waiting for the run {run}")
    waiting = unprocessed(
        project.store,
        exports,
        settings.intake.field_map,
        settings.verification.timeout_s,
        settings.pairing,
        settings.verification.conventions(),
    )
    if not waiting:
        cursor["settled"] = state
        return skip("Nothing new")
    asked = digest([state, _done(project, waiting)])
    attempts = cursor["attempts"] if cursor["asked"] == asked else 0
    if attempts == MOST_ATTEMPTS:
        return skip(
            f"{attempts} runs left {_named(waiting)} unprocessed: the last one's log says why. A "
            "changed file or setting is tried again; or launch ingest_exports yourself"
        )
    cursor |= {"asked": asked, "attempts": attempts + 1}

    order = dict.fromkeys(context.instance.get_dynamic_partitions(EXPORTS))
    added = [key for key in exports if key not in order]
    keys = [*order, *added]
    # Up to the last one: pairs of later exports rest on earlier ones. What is up to date is kept.
    wanted = set(waiting)
    first = next(key for key in keys if key in wanted)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                # Dagster drops a key that it has seen: the same state may come back after a run.
                run_key=digest([asked, attempts, _latest(context.instance)]),
                tags=range_tags(first, keys[-1]),
            )
        ],
        dynamic_partitions_requests=[export_partitions.build_add_request(added)],
        asset_events=[landed(list(exports.values()), len(waiting))],
        cursor=json.dumps(cursor),
    )


def _look(
    context: dg.SensorEvaluationContext,
    project: Project,
    settings: Settings,
    observed: dict[str, list[int]],
) -> Registration:
    place = project.landing.place
    if isinstance(place, Folder) and place.path.is_relative_to(project.data_root):
        place.path.mkdir(parents=True, exist_ok=True)  # the default; a typo elsewhere is an error
    if not project.landing.manifest.exists() and project.store.partitions(RAW):
        raise DpoMathError(
            f"{project.landing.manifest} is missing, though exports were read before: restore it "
            "from a backup, or set DPO_MATH_DATA to an empty folder to begin anew"
        )
    found = project.landing.register(settings.intake.settle_seconds, observed, at_most=KEYS_A_TICK)
    for path, why in found.unreadable.items():
        context.log.error(f"{path} cannot be read ({why}). It is looked at again")
    for copy in found.duplicates:
        context.log.info(f"{copy.path} holds the same bytes as {copy.duplicate_of}: left out")
    return found


def _state(exports: dict[str, Export], settings: Settings, overrides: Overrides) -> str:
    """All that decides what the exports' partitions must be made of."""
    return digest(
        [
            [[export.key, export.fingerprint] for export in exports.values()],
            VERSIONS,
            settings.intake.field_map,
            version_of(settings.verification.conventions()),
            settings.verification.timeout_s,
            settings.pairing.model_dump(),
            overrides.digest(),
        ]
    )


def _done(project: Project, waiting: list[str]) -> list[Any]:
    """How far the exports have come that are not processed to the end.

    It differs after a run that did anything for one of them, be it that it died there: such an
    export is passed over in the end (`attempts`).
    """
    assets = [(name, project.attempts(name)) for name in (RAW, CLEANED, PAIRS)]
    done = []
    for key in waiting:
        for name, attempts in assets:
            record = project.store.record(name, key)
            done.append([key, record and record["inputs"], attempts.deaths(key)])
    return done


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
