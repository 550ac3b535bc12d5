"""Which partitions of the exports are not what they have to be now, and what may rest on them.

What is stored decides, and not what was asked for: a run that failed, a record that was lost, a new
version of a stage or of the verifier, a verdict of a person or another setting make an export
outdated again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.pairs.pairing import PAIRING_VERSION
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS, RAW
from dpo_math_assets.stages.ingest import pairing_inputs, reading_inputs, verified_report
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import Snapshot, digest
from dpo_math_assets.traces.cleaning import CLEANING_VERSION
from dpo_math_assets.traces.intake import INTAKE_VERSION
from dpo_math_assets.traces.landing import Export
from dpo_math_assets.traces.overrides import Overrides, decided_traces, read_overrides
from dpo_math_assets.traces.schema import CLEANED_SCHEMA
from dpo_math_assets.verifier import version_of


def versions(workspace: Workspace) -> list[str]:
    """The versions of all that makes the exports' partitions."""
    return [INTAKE_VERSION, CLEANING_VERSION, PAIRING_VERSION, version_of(workspace.conventions)]


def state(workspace: Workspace, exports: Mapping[str, Export], overrides: Overrides) -> str:
    """A digest of all that decides what the exports' partitions must be made of."""
    settings = workspace.settings
    return digest(
        [
            [[export.key, export.fingerprint] for export in exports.values()],
            versions(workspace),
            settings.intake.model_dump(exclude={"settle_seconds", "left_out"}),
            settings.verification.timeout_s,
            settings.pairing.model_dump(),
            overrides.digest(),
        ]
    )


def decided_by_people(
    workspace: Workspace, keys: Iterable[str], overrides: Overrides
) -> dict[str, list[str]]:
    """`decided_traces` of the exports that are cleaned; an older cleaning has no judged keys."""
    store = workspace.store
    current = [
        key
        for key in keys
        if (record := store.record(CLEANED, key)) is not None
        and record["inputs"]["version"] == CLEANING_VERSION
    ]
    return decided_traces(store.scan(CLEANED, current, CLEANED_SCHEMA), overrides)


def overruled(workspace: Workspace, keys: Iterable[str]) -> list[str]:
    """Exports whose cleaned traces do not have the verdicts that people give them now."""
    keys = list(keys)
    overrides = read_overrides(workspace.overrides_folder)
    decided = decided_by_people(workspace, keys, overrides)
    return [
        key
        for key in keys
        if (record := workspace.store.record(CLEANED, key)) is not None
        and record["inputs"].get("overrides") != overrides.digest_of(decided.get(key, []))
    ]


def require_current_verdicts(workspace: Workspace, keys: Iterable[str]) -> None:
    """DpoMathError where cleaned traces do not have the verdicts that people give them now."""
    if changed := overruled(workspace, keys):
        raise DpoMathError(
            f"The verdicts of {len(changed)} exports are not those that "
            f"{workspace.overrides_folder} gives now, the first is {changed[0]!r}: materialize "
            "cleaned_traces and preference_pairs for them first."
        )


def outdated_traces(workspace: Workspace, exports: Mapping[str, Export]) -> list[str]:
    """Exports whose cleaned traces are missing, or are not what they have to be now.

    That is what their content, the settings, the verifier and people's verdicts give.
    """
    store = workspace.store
    verified = []
    for key, export in exports.items():
        raw = store.record(RAW, key)
        inputs = reading_inputs(workspace, key, export.path, export.fingerprint)
        if (
            raw is not None
            and store.finished(RAW, key, inputs) is not None
            and verified_report(workspace, key, raw) is not None
        ):
            verified.append(key)
    current = set(verified).difference(overruled(workspace, verified))
    return [key for key in exports if key not in current]


def outdated_pairs(workspace: Workspace, keys: Iterable[str]) -> list[str]:
    """Exports that are cleaned, but whose pairs are missing or rest on other traces than now."""
    return [
        key
        for key, wanted in pairing_inputs(workspace, keys).items()
        if workspace.store.finished(PAIRS, key, wanted) is None
    ]


def unprocessed(workspace: Workspace, exports: Mapping[str, Export]) -> list[str]:
    """Exports, in order of arrival, whose present content did not go all the way to pairs."""
    if not isinstance(workspace.store, Snapshot):
        workspace = replace(workspace, store=Snapshot(workspace.store.root))
    waiting = set(outdated_traces(workspace, exports))
    waiting.update(outdated_pairs(workspace, exports))
    return [key for key in exports if key in waiting]


def usable_exports(
    workspace: Workspace, exports: Iterable[str], waiting: Sequence[str]
) -> list[str]:
    """The exports that were processed before, which a dataset or an audit is made of now.

    Those that came too late for it are left out. Raises DpoMathError where one of the others is
    `waiting` (`unprocessed`, `outdated_traces`): its labels are not the present ones.
    """
    store = workspace.store
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
