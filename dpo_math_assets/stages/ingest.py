"""The stages that follow the logs: export → raw traces → cleaned traces → pairs.

Each stage makes one partition, says what it was made of, and leaves a partition alone that was
made of the same before. So a range of a thousand exports costs what is new in it, and a run that
was killed goes on where it stopped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DamagedDataError, DpoMathError, LogFormatError
from dpo_math_assets.json_objects import as_json, from_json
from dpo_math_assets.pairs.history import History
from dpo_math_assets.pairs.pairing import PAIRING_VERSION, PairingReport
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS, PAIRS_HISTORY, QUARANTINE, RAW
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import digest, write_parquet
from dpo_math_assets.traces.cleaning import CLEANING_VERSION, CleaningReport, clean_export
from dpo_math_assets.traces.field_names import map_of_export
from dpo_math_assets.traces.intake import INTAKE_VERSION, IntakeReport, imbalance, read_export
from dpo_math_assets.traces.landing import Export, Registration
from dpo_math_assets.traces.limits import LimitError
from dpo_math_assets.traces.overrides import apply_overrides, decided_traces, read_overrides
from dpo_math_assets.traces.places import Folder, fingerprint_file
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, QUARANTINE_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.verifier import version_of

UNREADABLE = "unreadable_export"  # quarantine reason of an export that is set aside whole

# What a partition is made of, or the record of one, as the store keeps it.
Inputs = dict[str, Any]
Record = dict[str, Any]


def reading_inputs(workspace: Workspace, key: str, path: str, fingerprint: str) -> Inputs:
    """What the raw partition of an export is made of, by its path in the landing area.

    Where a limit kept some of it from being read, that limit as it was then is part of it.
    """
    intake = workspace.settings.intake
    field_map = map_of_export(intake.field_map, path, key)
    inputs = {"fingerprint": fingerprint, "field_map": field_map, "version": INTAKE_VERSION}
    try:
        record = workspace.store.record(RAW, key)
    except DamagedDataError:
        record = None  # the partition is to be made again, whatever it met
    met = record["inputs"].get("limits", {}) if record else {}
    return inputs | _limits(met) if all(getattr(intake, n) == met[n] for n in met) else inputs


def _limits(met: Mapping[str, int]) -> Inputs:
    return {"limits": dict(met)} if met else {}


def cleaning_inputs(workspace: Workspace, raw: Record, overrides: str = "") -> Inputs:
    """What a cleaned partition is made of; `raw` is the record of its raw partition.

    `overrides` stands for what people decided on its traces (`Overrides.digest_of`).
    """
    return {
        "raw": digest(raw["inputs"]),
        "version": CLEANING_VERSION,
        "verifier": version_of(workspace.conventions),
        "timeout_s": workspace.settings.verification.timeout_s,
        "overrides": overrides,
    }


def register_exports(
    workspace: Workspace, observed: dict[str, list[int]], at_most: int
) -> Registration:
    """Register the finished files of the landing area; `observed` is as in `split_finished`.

    A landing folder inside of the data folder, which is the default, is made where it is not there.
    Raises DpoMathError where exports were read before and their manifest is gone: all of them would
    be registered under other keys.
    """
    landing, store = workspace.landing, workspace.store
    if isinstance(landing.place, Folder) and landing.place.path.is_relative_to(store.root):
        # Elsewhere a folder that is not there is a typo, and an error.
        landing.place.path.mkdir(parents=True, exist_ok=True)
    if not landing.manifest.exists() and store.partitions(RAW):
        raise DpoMathError(
            f"{landing.manifest} is missing, though exports were read before: restore it "
            "from a backup, or set DPO_MATH_DATA to an empty folder to begin anew"
        )
    return landing.register(workspace.settings.intake.settle_seconds, observed, at_most)


def read_partition(workspace: Workspace, key: str, exports: Mapping[str, Export]) -> IntakeReport:
    """Read a registered export into raw traces and quarantined lines.

    `exports` are those of the landing area, read once for all keys. Raises DpoMathError where none
    of them has the key, and as `read_file` does.
    """
    if key not in exports:
        raise DpoMathError(
            f"No export is registered as {key!r}. Partitions are registered from the landing "
            f"area {workspace.landing.place} by the sensor new_log_exports: put the file there, "
            "and delete this partition."
        )
    export = exports[key]
    inputs = reading_inputs(workspace, key, export.path, export.fingerprint)
    if (report := workspace.store.finished(RAW, key, inputs)) is not None:
        return _intake_report(report, key)
    # Only now is an object fetched from its store.
    with workspace.landing.place.local(export.path) as path:
        return read_file(workspace, key, path, export.fingerprint, export.path)


def read_file(
    workspace: Workspace, key: str, export: Path, fingerprint: str, landed: str | None = None
) -> IntakeReport:
    """Read a file into the raw traces and quarantined lines of the partition `key`.

    `landed` is its path in the landing area, for the patterns of field maps; its name, where it
    did not land.

    A file that cannot be read as a whole becomes a partition with no trace and one quarantined
    entry that says why; its report names it in `unreadable`. Raises DpoMathError where the file is
    gone, or is no longer the one that was registered.
    """
    store = workspace.store
    inputs = reading_inputs(workspace, key, landed or export.name, fingerprint)
    with store.making(RAW, key):
        if (report := store.finished(RAW, key, inputs)) is not None:
            return _intake_report(report, key)
        if not export.is_file():
            raise DpoMathError(
                f"{key}: its file {export} is gone before it was read; put it back, under any name"
            )
        traces, quarantine = store.partition(RAW, key), store.partition(QUARANTINE, key)

        def approve_reading(found: IntakeReport) -> None:
            if unaccounted := imbalance(found):
                raise DpoMathError(
                    f"{key}: {unaccounted}. This is a mistake of the program: please report it. "
                    "The export is left out until a reader accounts for all of it."
                )
            approve(found.fingerprint)

        def approve(read: str) -> None:
            if read != fingerprint:
                raise DpoMathError(
                    f"{key}: {export} changed after it was registered; its new content is "
                    "registered at the next look into the landing folder"
                )
            store.forget(RAW, key)

        try:
            intake = read_export(
                export,
                key,
                traces,
                quarantine,
                inputs["field_map"],
                approve_reading,
                limits=workspace.settings.intake,
            )
        except LogFormatError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno is not None:
                raise  # the machine's fault and not the file's: it may go away
            approve(fingerprint_file(export))
            intake = _set_aside(key, export, fingerprint, str(error), traces, quarantine)
            if isinstance(error, LimitError):
                intake = replace(intake, limits_met={error.name: error.value})
        inputs = {**inputs, **_limits(intake.limits_met)}
        store.finish(RAW, key, inputs, as_json(intake), beside=[quarantine])
        return intake


def _intake_report(report: dict[str, Any], key: str) -> IntakeReport:
    return from_json(IntakeReport, report, f"the report of {RAW}, {key}")


def _set_aside(
    key: str, export: Path, fingerprint: str, why: str, traces: Path, quarantine: Path
) -> IntakeReport:
    """An export of which nothing can be read: no trace, one quarantined entry.

    The entry holds no bytes: the export itself stays in the landing folder.
    """
    entry = {
        "export": key,
        "line_number": 1,
        "byte_offset": 0,
        "reason": UNREADABLE,
        "detail": why,
        "line": b"",
    }
    write_parquet(traces, pl.DataFrame(schema=TRACE_SCHEMA))
    write_parquet(quarantine, pl.DataFrame([entry], schema=QUARANTINE_SCHEMA))
    return IntakeReport(
        records_in=1,
        trace_records=0,
        traces=0,
        other_records={},
        quarantined={UNREADABLE: 1},
        shapes={},
        blank_lines=0,
        bytes_in=export.stat().st_size,
        fingerprint=fingerprint,
        unreadable=why,
    )


def clean_partition(
    workspace: Workspace, key: str, on_progress: Callable[[int, int], None] | None = None
) -> CleaningReport:
    """Verify the raw traces of an export again and mark what pairing has to know.

    The verdicts of people in the folder of overrides are put over the verifier's; where only they
    changed, nothing is verified again.

    A trace on which the verifier itself fails is undecided (`worker_crashed`) and counted. Raises
    MachineError, and makes no partition, where the machine cannot run the verifier's workers.
    """
    store, verification = workspace.store, workspace.settings.verification
    with store.making(CLEANED, key):
        raw = store.record(RAW, key)
        if raw is None:
            raise DpoMathError(f"{RAW} has no partition {key!r}: materialize it first")

        def approve(cleaning: CleaningReport) -> None:
            if store.record(RAW, key) != raw:
                raise DpoMathError(
                    f"{key}: its raw traces changed while they were verified: materialize this "
                    "again"
                )
            if cleaning.traces != raw["report"]["traces"]:
                raise DpoMathError(
                    f"{key}: {raw['report']['traces']} raw traces became {cleaning.traces} cleaned "
                    "ones. This is a mistake of the program: please report it."
                )
            store.forget(CLEANED, key)

        overrides = read_overrides(workspace.overrides_folder)
        report = verified_report(workspace, key, raw)
        if report is None:
            report = clean_export(
                store.checked(RAW, key),
                store.partition(CLEANED, key),
                workers=verification.workers,
                timeout_s=verification.timeout_s,
                conventions=workspace.conventions,
                on_progress=on_progress,
                approve=approve,
            )
        traces = store.scan(CLEANED, [key], CLEANED_SCHEMA)
        decided = decided_traces(traces, overrides).get(key, [])
        inputs = cleaning_inputs(workspace, raw, overrides.digest_of(decided))
        if store.finished(CLEANED, key, inputs) is None:
            store.forget(CLEANED, key)
            if decided or report.overrides:
                applied = apply_overrides(store.partition(CLEANED, key), overrides)
                report = replace(report, overrides=applied)
            store.finish(CLEANED, key, inputs, as_json(report))
        return report


def verified_report(workspace: Workspace, key: str, raw: Record) -> CleaningReport | None:
    """The report of a cleaned partition that is up to date, whatever people said since; or None."""
    try:
        record = workspace.store.record(CLEANED, key)
    except DamagedDataError:
        return None
    applied = record["inputs"].get("overrides", "") if record else ""
    report = workspace.store.finished(CLEANED, key, cleaning_inputs(workspace, raw, applied))
    if report is None:
        return None
    return from_json(CleaningReport, report, f"the report of {CLEANED}, {key}")


def pairing_inputs(workspace: Workspace, keys: Iterable[str]) -> dict[str, Inputs]:
    """For each export, in order of arrival, what its pairs must be made of.

    Pairs rest on the export and on all that came before, so what stands for them is a chain over
    the cleaned partitions up to it. Exports that are not cleaned are left out.
    """
    chain = ""
    inputs = {}
    for key in keys:
        if (record := workspace.store.record(CLEANED, key)) is None:
            continue
        chain = _chained(chain, key, record)
        inputs[key] = {
            "traces": chain,
            "settings": workspace.settings.pairing.model_dump(),
            "version": PAIRING_VERSION,
        }
    return inputs


def _chained(chain: str, key: str, cleaned: Record) -> str:
    return digest([chain, key, cleaned["inputs"]])


def pair_partition(workspace: Workspace, key: str, inputs: dict[str, Inputs]) -> PairingReport:
    """Build the pairs that an export brings; `inputs` is `pairing_inputs` over all exports."""
    if key not in inputs:
        raise DpoMathError(f"{CLEANED} has no partition {key!r}: materialize it first")
    store = workspace.store
    order = list(inputs)

    def traces(position: int) -> pl.LazyFrame:
        return store.scan(CLEANED, [order[position]], CLEANED_SCHEMA)

    def check(position: int) -> None:
        export = order[position]
        chain = inputs[order[position - 1]]["traces"] if position else ""
        record = store.record(CLEANED, export)
        if record is None or _chained(chain, export, record) != inputs[export]["traces"]:
            raise DpoMathError(
                f"{export}: its cleaned traces changed while they were being paired: materialize "
                f"{PAIRS} again"
            )

    history = History(
        store.root / PAIRS_HISTORY,
        workspace.settings.pairing,
        traces,
        name=lambda position: digest(inputs[order[position]]),
        check=check,
    )
    with store.making(PAIRS, key):
        if (report := store.finished(PAIRS, key, inputs[key])) is not None:
            return from_json(PairingReport, report, f"the report of {PAIRS}, {key}")
        store.forget(PAIRS, key)
        pairing = history.pair(order.index(key), len(order), store.partition(PAIRS, key))
        store.finish(PAIRS, key, inputs[key], as_json(pairing))
        return pairing
