"""Checks of exports: each export has a result of its own, and the check has one for all of them.

Dagster (1.13) plans a result for every partition of a run over a range, and takes one from the
check, which is of no partition. So the results of the partitions are logged here as the events that
Dagster stores. The one of no partition is the check's as a whole, which the lists of checks show:
it holds where it holds for every export that was ever checked and is not left out. "Execute all"
runs without a partition, and checks all exports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from dpo_math_assets.assets.common import plain_failures
from dpo_math_assets.partitions import export_partitions
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.workspace import Workspace

# What a check finds in some exports together, and in each of them.
Look = Callable[[Workspace, Sequence[str]], dg.AssetCheckResult]
LookAtEach = Callable[[Workspace, Sequence[str]], Mapping[str, dg.AssetCheckResult]]

LEFT_OUT = dg.AssetCheckResult(passed=True, description="Left out by intake.left_out.")
_NAMED = 10


@dataclass(frozen=True)
class ExportCheck:
    """A check and how it looks at exports."""

    key: dg.AssetCheckKey
    look: Look
    each: LookAtEach
    blocking: bool


# Every check that `export_check` made, by name.
EXPORT_CHECKS: dict[str, ExportCheck] = {}


def export_check(
    asset: dg.AssetsDefinition, blocking: bool = False, each: LookAtEach | None = None
) -> Callable[[Look], dg.AssetChecksDefinition]:
    """Make a check out of what a function finds in some exports; it has its name and docstring.

    `each` gives the same of every export for itself; by default the function is asked for each.
    """

    def made(look: Look) -> dg.AssetChecksDefinition:
        def one_by_one(
            workspace: Workspace, keys: Sequence[str]
        ) -> Mapping[str, dg.AssetCheckResult]:
            return {key: look(workspace, [key]) for key in keys}

        known = ExportCheck(
            dg.AssetCheckKey(asset.key, look.__name__), look, each or one_by_one, blocking
        )

        def check(context: dg.AssetCheckExecutionContext, project: Project) -> Iterator[Any]:
            with plain_failures():
                yield from _checked(context, project.workspace(), known)

        made_check = dg.asset_check(
            asset=asset,
            name=known.key.name,
            description=look.__doc__,
            partitions_def=export_partitions,
            blocking=blocking,
        )(check)  # type: ignore[arg-type]
        EXPORT_CHECKS[known.key.name] = known
        return made_check

    return made


def _one_by_one(look: Look) -> LookAtEach:
    return lambda workspace, keys: {key: look(workspace, [key]) for key in keys}


def _checked(
    context: dg.AssetCheckExecutionContext, workspace: Workspace, check: ExportCheck
) -> Iterator[Any]:
    run = context.op_execution_context
    left_out = set(workspace.landing.left_out())
    partitioned = run.has_partition_key or run.has_partition_key_range
    asked = list(run.partition_keys) if partitioned else list(workspace.landing.partitions())
    keys = [key for key in asked if key not in left_out]
    together = check.look(workspace, keys) if keys else LEFT_OUT
    results = {key: LEFT_OUT for key in asked if key in left_out}
    if keys:
        results |= {keys[0]: together} if len(keys) == 1 else check.each(workspace, keys)
    earlier = failing(context.instance, workspace, check, except_for=asked)
    about = targets(context.instance, check.key.asset_key, asked)
    told = [evaluation(check, result, key, about.get(key)) for key, result in results.items()]
    told.append(evaluation(check, with_earlier(together, earlier, check.blocking)))
    # What is logged is stored as it is; what is yielded also decides whether the run goes on.
    last = told.pop(0 if run.has_partition_key else -1)
    for event in told:
        run.log_event(event)  # type: ignore[arg-type]
    yield dg.Output(None)
    yield last


def failing(
    instance: dg.DagsterInstance,
    workspace: Workspace,
    check: ExportCheck,
    except_for: Sequence[str] = (),
) -> dict[str, dg.AssetCheckEvaluation]:
    """Exports on which a check fails as they are now, by what it said of them last."""
    checked = set(workspace.landing.partitions()).difference(except_for)
    storage = instance.event_log_storage
    found = {}
    for info in storage.get_asset_check_partition_info([check.key]):
        failed = info.latest_execution_status == AssetCheckExecutionRecordStatus.FAILED
        key = info.partition_key
        if key in checked and failed and info.is_current:
            records = storage.get_asset_check_execution_history(
                check.key, limit=1, partition_filter=PartitionKeyFilter(key=key)
            )
            if records and records[0].evaluation:
                found[str(key)] = records[0].evaluation
    return found


def with_earlier(
    result: dg.AssetCheckResult, earlier: Mapping[str, dg.AssetCheckEvaluation], blocking: bool
) -> dg.AssetCheckResult:
    """The result of a run's exports, and of others that still fail.

    Where only those do a blocking check warns: their error would stop the run of another export.
    """
    if not earlier:
        return result
    named = [f"{key} ({found.description})" for key, found in list(earlier.items())[:_NAMED]]
    more = f" and {len(earlier) - _NAMED} more" if len(earlier) > _NAMED else ""
    severity = result.severity
    if result.passed:
        errors = any(found.severity == dg.AssetCheckSeverity.ERROR for found in earlier.values())
        error = errors and not blocking
        severity = dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=False,
        severity=severity,
        description=f"{result.description} Other exports fail still: {'; '.join(named)}{more}.",
        metadata={**result.metadata, "other_exports_failing": len(earlier)},
    )


def targets(
    instance: dg.DagsterInstance, asset: dg.AssetKey, keys: Sequence[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    """The latest materialization of each partition, which its result is about."""
    ids = instance.event_log_storage.get_latest_storage_id_by_partition(
        asset, dg.DagsterEventType.ASSET_MATERIALIZATION, set(keys)
    )
    if not ids:
        return {}
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=asset, storage_ids=list(ids.values())), limit=len(ids)
    )
    return {
        str(record.partition_key): AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
        for record in found.records
    }


def evaluation(
    check: ExportCheck,
    result: dg.AssetCheckResult,
    partition: str | None = None,
    target: AssetCheckEvaluationTargetMaterializationData | None = None,
) -> dg.AssetCheckEvaluation:
    """A result as the event that Dagster stores."""
    return dg.AssetCheckEvaluation(
        asset_key=check.key.asset_key,
        check_name=check.key.name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
        target_materialization_data=target,
        blocking=check.blocking,
        partition=partition,
    )
