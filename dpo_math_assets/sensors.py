"""Sensors: what notices new log exports in the landing folder."""

import json
from typing import Any

import dagster as dg

from dpo_math_assets.jobs import ingest_exports
from dpo_math_assets.pairs.pairing import PairingSettings
from dpo_math_assets.partitions import EXPORTS, export_partitions, range_tags
from dpo_math_assets.resources import Project
from dpo_math_assets.stages import CLEANED, RAW, outdated_pairs
from dpo_math_assets.storage import Store, digest
from dpo_math_assets.traces.landing import Export

KEYS_A_TICK = 500


@dg.sensor(
    job=ingest_exports,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Registers finished files of the landing folder as partitions and materializes raw traces, "
        "cleaned traces and pairs for them, in one run. A file that is still being written is "
        "waited for, a file that changed is processed again with what depends on it."
    ),
)
def new_log_exports(
    context: dg.SensorEvaluationContext, project: Project
) -> dg.SensorResult | dg.SkipReason:
    """The cursor holds the last registration that a run was asked for, and unfinished files."""
    cursor: dict[str, Any] = {"sequence": 0, "observed": {}}
    cursor.update(json.loads(context.cursor or "{}"))
    settings = project.settings()
    folder = project.landing.folder
    if folder.is_relative_to(project.data_root):
        folder.mkdir(parents=True, exist_ok=True)  # the default one; a typo elsewhere is an error
    found = project.landing.register(
        settings.intake.settle_seconds, cursor["observed"], at_most=KEYS_A_TICK
    )
    for path, why in found.unreadable.items():
        context.log.error(f"{path} cannot be read ({why}); make it readable, it is tried again")
    for copy in found.duplicates:
        context.log.info(f"{copy.path} holds the same bytes as {copy.duplicate_of}: left out")

    partitions = project.landing.partitions()
    new = [export for export in partitions.values() if export.sequence > cursor["sequence"]]
    if new:  # reading all records costs something: only when there is a reason to
        waiting = unprocessed(project.store, partitions, settings.pairing)
        new = [export for export in new if export.key in waiting]
    if not new:
        context.update_cursor(json.dumps(cursor))
        unfinished = f"; waiting for {', '.join(found.unfinished)}" if found.unfinished else ""
        return dg.SkipReason(f"{len(partitions)} exports registered, none new{unfinished}")

    # Pairs of later exports rest on the traces of earlier ones, so that a changed export is
    # followed by all that came after it; what is up to date there is left as it is.
    keys = list(partitions)
    first = min(keys.index(export.key) for export in new)
    cursor["sequence"] = max(export.sequence for export in new)
    fingerprints = [[export.key, export.fingerprint, export.sequence] for export in new]
    known = set(context.instance.get_dynamic_partitions(EXPORTS))
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=digest(fingerprints), tags=range_tags(keys[first], keys[-1]))
        ],
        dynamic_partitions_requests=[
            export_partitions.build_add_request([key for key in keys if key not in known])
        ],
        asset_events=[landed(list(partitions.values()), len(new))],
        cursor=json.dumps(cursor),
    )


def unprocessed(store: Store, partitions: dict[str, Export], settings: PairingSettings) -> set[str]:
    """Keys of the exports whose present content did not go all the way to pairs yet."""
    outdated = set(outdated_pairs(store, partitions, settings))
    for key, export in partitions.items():
        raw, cleaned = store.record(RAW, key), store.record(CLEANED, key)
        if (
            raw is None
            or cleaned is None
            or raw["inputs"]["fingerprint"] != export.fingerprint
            or cleaned["inputs"]["raw"] != digest(raw["inputs"])
        ):
            outdated.add(key)
    return outdated


def landed(exports: list[Export], new: int) -> dg.AssetMaterialization:
    """What the external asset `log_exports` shows: how many exports there are, how large."""
    return dg.AssetMaterialization(
        "log_exports",
        description="Registered from the landing folder.",
        metadata={
            "exports": len(exports),
            "new_or_changed": new,
            "bytes": sum(export.size for export in exports),
            "newest": exports[-1].path,
        },
    )
