"""Results that change without a run: of exports that are left out, of override files."""

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from dpo_math_assets.assets import cleaned_traces
from dpo_math_assets.checks.cleaned_traces import human_verdicts_hold, people_are_heard
from dpo_math_assets.checks.per_export import (
    EXPORT_CHECKS,
    LEFT_OUT,
    ExportCheck,
    evaluation,
    failing,
    targets,
)
from dpo_math_assets.stages.workspace import Workspace


def changed_results(
    instance: dg.DagsterInstance, workspace: Workspace
) -> list[dg.AssetCheckEvaluation]:
    """The results that hold now, where no run has said so."""
    found = []
    for check in EXPORT_CHECKS.values():
        found += _of_exports(instance, workspace, check)
    check_key = next(iter(human_verdicts_hold.check_keys))
    stored = _latest(instance, check_key)
    now = people_are_heard(workspace)
    if stored and stored.evaluation and stored.evaluation.description != now.description:
        found.append(
            dg.AssetCheckEvaluation(
                asset_key=cleaned_traces.key,
                check_name=check_key.name,
                passed=now.passed,
                severity=now.severity,
                description=now.description,
                metadata=now.metadata,
            )
        )
    return found


def _of_exports(
    instance: dg.DagsterInstance, workspace: Workspace, check: ExportCheck
) -> list[dg.AssetCheckEvaluation]:
    left_out = set(workspace.landing.left_out())
    failed = [
        str(info.partition_key)
        for info in instance.event_log_storage.get_asset_check_partition_info([check.key])
        if info.latest_execution_status == AssetCheckExecutionRecordStatus.FAILED
        and info.partition_key in left_out
    ]
    about = targets(instance, check.key.asset_key, failed)
    found = [evaluation(check, LEFT_OUT, key, about.get(key)) for key in failed]
    stored = _latest(instance, check.key)
    red = stored is not None and stored.status == AssetCheckExecutionRecordStatus.FAILED
    if red and not failing(instance, workspace, check):
        said = "Every export that failed is fixed, or left out."
        found.append(evaluation(check, dg.AssetCheckResult(passed=True, description=said)))
    return found


def _latest(
    instance: dg.DagsterInstance, check: dg.AssetCheckKey
) -> AssetCheckExecutionRecord | None:
    """The latest result of a check as a whole."""
    return instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [check], partition_filter=PartitionKeyFilter(key=None)
    ).get(check)
