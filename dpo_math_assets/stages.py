"""The stages that follow the logs, over a store: export → raw traces → cleaned traces → pairs.

Each stage makes one partition, says what it was made of, and leaves a partition alone that was
made of the same before. So a range of a thousand exports costs what is new in it, and a run that
was killed goes on where it stopped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.errors import DpoMathError, LogFormatError
from dpo_math_assets.pairs.history import History
from dpo_math_assets.pairs.pairing import PAIRING_VERSION, PairingSettings
from dpo_math_assets.storage import Snapshot, Store, digest, write_parquet
from dpo_math_assets.traces.cleaning import CLEANING_VERSION, CleaningReport, clean_export
from dpo_math_assets.traces.intake import INTAKE_VERSION, IntakeReport, read_export
from dpo_math_assets.traces.landing import Export
from dpo_math_assets.traces.overrides import (
    Overrides,
    apply_overrides,
    decided_traces,
    read_overrides,
)
from dpo_math_assets.traces.places import fingerprint_file
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, QUARANTINE_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.verifier import Conventions, version_of

RAW = "raw_verifier_logs"
QUARANTINE = "quarantined_lines"
CLEANED = "cleaned_traces"
PAIRS = "preference_pairs"
PAIRS_HISTORY = "preference_pairs_history"
OVERRIDES = "overrides"  # the folder where people put their own verdicts
# Share of an export's traces on which the verifier may crash.
CRASHES_ALLOWED = 0.001
UNREADABLE = "unreadable_export"  # quarantine reason of an export that is set aside whole

_DEFAULT = Conventions()

Report = dict[str, Any]


def reading_inputs(fingerprint: str, field_map: dict[str, str]) -> Report:
    """What a raw partition is made of."""
    return {"fingerprint": fingerprint, "field_map": field_map, "version": INTAKE_VERSION}


def cleaning_inputs(
    raw: Report, timeout_s: float, overrides: str = "", conventions: Conventions = _DEFAULT
) -> Report:
    """What a cleaned partition is made of; `raw` is the record of its raw partition.

    `overrides` stands for what people decided on its traces (`Overrides.digest_of`).
    """
    return {
        "raw": digest(raw["inputs"]),
        "version": CLEANING_VERSION,
        "verifier": version_of(conventions),
        "timeout_s": timeout_s,
        "overrides": overrides,
    }


def read_partition(
    store: Store, key: str, export: Path, fingerprint: str, field_map: dict[str, str]
) -> Report:
    """Read an export file into raw traces and quarantined lines.

    A file that cannot be read as a whole becomes a partition with no trace and one quarantined
    entry that says why; its report names it in `unreadable`. Raises DpoMathError where the file is
    gone, or is no longer the one that was registered.
    """
    inputs = reading_inputs(fingerprint, field_map)
    with store.making(RAW, key):
        if (report := store.finished(RAW, key, inputs)) is not None:
            return report
        if not export.is_file():
            raise DpoMathError(
                f"{key}: its file {export} is gone before it was read; put it back, under any name"
            )
        traces, quarantine = store.partition(RAW, key), store.partition(QUARANTINE, key)

        def approve(read: str) -> None:
            if read != fingerprint:
                raise DpoMathError(
                    f"{key}: {export} changed after it was registered; its new content is "
                    "registered at the next look into the landing folder"
                )
            store.forget(RAW, key)

        try:
            intake = read_export(
                export, key, traces, quarantine, field_map, lambda told: approve(told.fingerprint)
            )
            unreadable = None
        except LogFormatError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno is not None:
                raise  # the machine's fault and not the file's: it may go away
            approve(fingerprint_file(export))
            unreadable = str(error)
            intake = _set_aside(key, export, fingerprint, unreadable, traces, quarantine)
        report = {**asdict(intake), "unreadable": unreadable}
        store.finish(RAW, key, inputs, report, beside=[quarantine])
        return report


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
    )


def clean_partition(
    store: Store,
    key: str,
    workers: int,
    timeout_s: float,
    conventions: Conventions = _DEFAULT,
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify the raw traces of an export again and mark what pairing has to know.

    The verdicts of people in the folder OVERRIDES are put over the verifier's; where only they
    changed, nothing is verified again.

    Raises DpoMathError, and makes no partition, where the verifier itself crashed on more than a
    few traces: lost verdicts are not lost at random, and a kind of problem that always crashes
    would vanish from the training set without anybody noticing.
    """
    with store.making(CLEANED, key):
        raw = store.record(RAW, key)
        if raw is None:
            raise DpoMathError(f"{RAW} has no partition {key!r}: materialize it first")

        def approve(cleaning: CleaningReport) -> None:
            crashed = cleaning.reasons.get("worker_crashed", 0)
            if crashed > max(1, CRASHES_ALLOWED * cleaning.traces):
                raise DpoMathError(
                    f"{key}: the verifier crashed on {crashed} of {cleaning.traces} traces. Look "
                    "at the machine's memory and at the run's log, then materialize this again."
                )
            if store.record(RAW, key) != raw:
                raise DpoMathError(
                    f"{key}: its raw traces changed while they were verified: materialize this "
                    "again"
                )
            store.forget(CLEANED, key)

        overrides = read_overrides(store.root / OVERRIDES)
        report = verified_report(store, key, raw, timeout_s, conventions)
        if report is None:
            report = asdict(
                clean_export(
                    store.partition(RAW, key),
                    store.partition(CLEANED, key),
                    workers=workers,
                    timeout_s=timeout_s,
                    conventions=conventions,
                    on_progress=on_progress,
                    approve=approve,
                )
            )
            report["overrides"] = {}
        traces = store.scan(CLEANED, [key], CLEANED_SCHEMA)
        decided = decided_traces(traces, overrides).get(key, [])
        inputs = cleaning_inputs(raw, timeout_s, overrides.digest_of(decided), conventions)
        if store.finished(CLEANED, key, inputs) is None:
            store.forget(CLEANED, key)
            if decided or report["overrides"]:
                report["overrides"] = apply_overrides(store.partition(CLEANED, key), overrides)
            store.finish(CLEANED, key, inputs, report)
        return report


def verified_report(
    store: Store, key: str, raw: Report, timeout_s: float, conventions: Conventions = _DEFAULT
) -> Report | None:
    """The report of a cleaned partition that is up to date, whatever people said since; or None."""
    record = store.record(CLEANED, key)
    applied = record["inputs"].get("overrides", "") if record else ""
    return store.finished(CLEANED, key, cleaning_inputs(raw, timeout_s, applied, conventions))


def decided_by_people(
    store: Store, keys: Iterable[str], overrides: Overrides
) -> dict[str, list[str]]:
    """`decided_traces` of the exports that are cleaned; an older cleaning has no judged keys."""
    current = [
        key
        for key in keys
        if (record := store.record(CLEANED, key)) is not None
        and record["inputs"]["version"] == CLEANING_VERSION
    ]
    return decided_traces(store.scan(CLEANED, current, CLEANED_SCHEMA), overrides)


def overruled(store: Store, keys: Iterable[str]) -> list[str]:
    """Exports whose cleaned traces do not have the verdicts that people give them now."""
    keys = list(keys)
    overrides = read_overrides(store.root / OVERRIDES)
    decided = decided_by_people(store, keys, overrides)
    return [
        key
        for key in keys
        if (record := store.record(CLEANED, key)) is not None
        and record["inputs"].get("overrides") != overrides.digest_of(decided.get(key, []))
    ]


def require_verdicts_of_now(store: Store, keys: Iterable[str]) -> None:
    """DpoMathError where cleaned traces do not have the verdicts that people give them now."""
    if changed := overruled(store, keys):
        raise DpoMathError(
            f"The verdicts of {len(changed)} exports are not those that {store.root / OVERRIDES} "
            f"gives now, the first is {changed[0]!r}: materialize cleaned_traces and "
            "preference_pairs for them first."
        )


def pairing_inputs(
    store: Store, keys: Iterable[str], settings: PairingSettings
) -> dict[str, dict[str, Any]]:
    """For each export, in order of arrival, what its pairs must be made of.

    Pairs rest on the export and on all that came before, so what stands for them is a chain over
    the cleaned partitions up to it. Exports that are not cleaned are left out.
    """
    chain = ""
    inputs = {}
    for key in keys:
        if (record := store.record(CLEANED, key)) is None:
            continue
        chain = _chained(chain, key, record)
        inputs[key] = {
            "traces": chain,
            "settings": settings.model_dump(),
            "version": PAIRING_VERSION,
        }
    return inputs


def _chained(chain: str, key: str, cleaned: Report) -> str:
    return digest([chain, key, cleaned["inputs"]])


def pair_partition(
    store: Store, key: str, inputs: dict[str, dict[str, Any]], settings: PairingSettings
) -> Report:
    """Build the pairs that an export brings; `inputs` is `pairing_inputs` over all exports."""
    if key not in inputs:
        raise DpoMathError(f"{CLEANED} has no partition {key!r}: materialize it first")
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
        settings,
        traces,
        name=lambda position: digest(inputs[order[position]]),
        check=check,
    )
    with store.making(PAIRS, key):
        if (report := store.finished(PAIRS, key, inputs[key])) is not None:
            return report
        store.forget(PAIRS, key)
        pairing = history.pair(order.index(key), len(order), store.partition(PAIRS, key))
        report = asdict(pairing)
        store.finish(PAIRS, key, inputs[key], report)
        return report


def outdated_pairs(store: Store, keys: Iterable[str], settings: PairingSettings) -> list[str]:
    """Exports that are cleaned, but whose pairs are missing or rest on other traces than now."""
    return [
        key
        for key, wanted in pairing_inputs(store, keys, settings).items()
        if store.finished(PAIRS, key, wanted) is None
    ]


def outdated_traces(
    store: Store,
    exports: Mapping[str, Export],
    field_map: dict[str, str],
    timeout_s: float,
    conventions: Conventions = _DEFAULT,
) -> list[str]:
    """Exports whose cleaned traces are missing, or are not what they have to be now.

    That is what their content, these settings, the verifier and people's verdicts give.
    """
    verified = []
    for key, export in exports.items():
        raw = store.record(RAW, key)
        if (
            raw is not None
            and store.finished(RAW, key, reading_inputs(export.fingerprint, field_map)) is not None
            and verified_report(store, key, raw, timeout_s, conventions) is not None
        ):
            verified.append(key)
    of_now = set(verified).difference(overruled(store, verified))
    return [key for key in exports if key not in of_now]


def unprocessed(
    store: Store,
    exports: Mapping[str, Export],
    field_map: dict[str, str],
    timeout_s: float,
    settings: PairingSettings,
    conventions: Conventions = _DEFAULT,
) -> list[str]:
    """Exports, in order of arrival, whose content of now did not go all the way to pairs.

    What is stored decides, and not what was asked for: a run that failed, a record that was lost,
    a new version of the verifier, a verdict of a person or another setting make an export
    unprocessed again.
    """
    if not isinstance(store, Snapshot):
        store = Snapshot(store.root)
    waiting = set(outdated_traces(store, exports, field_map, timeout_s, conventions))
    waiting.update(outdated_pairs(store, exports, settings))
    return [key for key in exports if key in waiting]


def usable_exports(store: Store, exports: Iterable[str], waiting: Sequence[str]) -> list[str]:
    """The exports that were processed before, which a dataset or an audit of now is made of.

    Those that came too late for it are left out. Raises DpoMathError where one of the others is
    `waiting` (`unprocessed`, `outdated_traces`): its labels are not those of now.
    """
    known = [key for key in exports if any(store.record(asset, key) for asset in (CLEANED, PAIRS))]
    late = set(waiting)
    if outdated := [key for key in known if key in late]:
        raise DpoMathError(
            f"{len(outdated)} exports are not processed as they are now, the first is "
            f"{outdated[0]!r}: their content, a setting, the verifier or a person's verdict "
            "changed since, or they are being processed. Wait for the run of ingest_exports, or "
            "launch it for them, first."
        )
    return known
