"""Checks of cleaned_traces: every trace has a verdict that holds now, of verifier or person."""

from collections.abc import Sequence

import dagster as dg
import polars as pl

from dpo_math_assets.assets import cleaned_traces
from dpo_math_assets.checks.common import named_worst, stored_rows
from dpo_math_assets.checks.per_export import export_check
from dpo_math_assets.metadata import preview, problems_table, rate
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import CLEANED, RAW
from dpo_math_assets.stages.up_to_date import decided_by_people, overruled
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.traces.overrides import read_overrides
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.verifier import version_of

# Share of an export's logged verdicts that may differ before the export itself is doubted.
DISAGREEMENT_ALLOWED = 0.1
FAILURES_SHOWN = 20


@export_check(cleaned_traces)
def every_trace_is_verified(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """As many cleaned traces as raw ones, each with a verdict of the present verifier."""
    store = workspace.store
    version = version_of(workspace.settings.verification.conventions())
    wrong = {}
    total = 0
    for key in keys:
        if store.record(CLEANED, key) is None:
            continue  # not verified at all: for exports_are_processed to say
        cleaned = store.scan(CLEANED, [key], CLEANED_SCHEMA)
        told = cleaned.select(
            rows=pl.len(),
            unverified=pl.col("verdict").is_in(["correct", "incorrect", "undecided"]).not_().sum()
            + pl.col("verdict").null_count(),
            outdated=pl.col("verifier_version").ne_missing(version).sum(),
        ).collect()
        rows, unverified, outdated = told.row(0)
        total += rows
        raw = stored_rows(store, RAW, key, TRACE_SCHEMA)
        if rows != raw:
            wrong[key] = f"{raw} raw traces, {rows} cleaned ones"
        elif unverified or outdated:
            wrong[key] = f"{unverified} without a verdict, {outdated} of another verifier version"
    return dg.AssetCheckResult(
        passed=not wrong,
        description="; ".join(f"{key}: {why}" for key, why in wrong.items())
        or f"All {total} traces are verified by version {version}.",
        metadata={"traces": total},
    )


@export_check(cleaned_traces)
def verifier_did_not_crash(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """No trace is undecided because the verifier itself failed.

    It costs that trace alone. But such verdicts are not lost at random: a kind of problem that
    always fails would vanish from the training set.
    """
    store = workspace.store
    traces = store.scan(CLEANED, keys, CLEANED_SCHEMA)
    reasons = traces.group_by("reason").len().collect()
    counts: dict[str, int] = dict(reasons.iter_rows())
    failed = traces.filter(pl.col("reason") == "worker_crashed").head(FAILURES_SHOWN).collect()
    total, crashed = sum(counts.values()), counts.get("worker_crashed", 0)
    return dg.AssetCheckResult(
        passed=not crashed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"The verifier failed on {crashed} of {total} traces, which are undecided: "
        "please report them, with what the run's log says."
        if crashed
        else f"The verifier failed on none of {total} traces.",
        metadata={
            "crashed": crashed,
            "crash_rate": rate(crashed, total),
            "traces": preview(
                failed, ["export", "line_number", "trace_id", "candidate", "ground_truth"]
            ),
            "timeouts": counts.get("timeout", 0),
            "timeout_rate": rate(counts.get("timeout", 0), total),
            "too_large": counts.get("too_large", 0),
            "undetermined": counts.get("undetermined", 0),
        },
    )


@dg.asset_check(asset=cleaned_traces, name="human_verdicts_hold")
def human_verdicts_hold(project: Project) -> dg.AssetCheckResult:
    """Every row of the override files is understood, contradicts no other, and names a trace."""
    return people_are_heard(project.workspace())


def people_are_heard(workspace: Workspace) -> dg.AssetCheckResult:
    """The result of `human_verdicts_hold`: override files are of no single export."""
    exports = workspace.landing.partitions()
    overrides = read_overrides(workspace.overrides_folder)
    known = decided_by_people(workspace, exports, overrides)
    problems = overrides.problems + overrides.unmatched(known)
    waiting = overruled(workspace, list(exports))
    said = f"{len(overrides.decisions)} judgements of people are applied."
    if problems:
        first = problems[0]
        said = (
            f"{len(problems)} rows are not applied, the first: "
            f"{workspace.overrides_folder / first.file}, row {first.row}: {first.what}."
        )
    elif waiting:
        said = f"Changed since {', '.join(waiting[:3])} was cleaned: materialize it again."
    return dg.AssetCheckResult(
        passed=not problems and not waiting,
        severity=dg.AssetCheckSeverity.ERROR if overrides.problems else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "judgements": len(overrides.decisions),
            "problems": len(problems),
            "problems_of_override_files": problems_table(problems),
        },
    )


@export_check(cleaned_traces)
def log_agrees(workspace: Workspace, keys: Sequence[str]) -> dg.AssetCheckResult:
    """The logged verdicts, where they are verdicts, agree with the verifier's.

    A few differences are a warning: the verifier's verdict counts. Many in one export are an error:
    its log may judge something else than whether the answer equals the reference.
    """
    traces = workspace.store.scan(CLEANED, keys, CLEANED_SCHEMA).filter(
        pl.col("agrees_with_log").is_not_null()
    )
    by_export = (
        traces.group_by("export")
        .agg(compared=pl.len(), differing=pl.col("agrees_with_log").not_().sum())
        .with_columns(rate=pl.col("differing") / pl.col("compared"))
        .sort("rate", "export", descending=[True, False])
        .collect()
    )
    suspicious = by_export.filter(
        (pl.col("rate") > DISAGREEMENT_ALLOWED) & (pl.col("compared") >= 20)
    )
    compared, differing = int(by_export["compared"].sum()), int(by_export["differing"].sum())
    said = f"{differing} of {compared} logged verdicts differ from the verifier's."
    if suspicious.height:
        named = named_worst(dict(suspicious.select("export", "differing").iter_rows()))
        said += (
            f" More than {DISAGREEMENT_ALLOWED:.0%} do in {named}: if that log judges something "
            "else than equality with the reference, name it in `intake.left_out` of settings.yaml, "
            "and no pair rests on it. If the log is just wrong, its pairs are fine: they rest on "
            "the verifier."
        )
    return dg.AssetCheckResult(
        passed=differing == 0,
        severity=dg.AssetCheckSeverity.ERROR if suspicious.height else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "compared": compared,
            "disagreements": differing,
            "disagreement_rate": rate(differing, compared),
            "by_export": preview(by_export),
            "examples": preview(
                traces.filter(pl.col("agrees_with_log").not_()).head(8).collect(),
                ["trace_id", "extracted", "ground_truth", "verdict", "logged_ok", "logged_reason"],
            ),
        },
    )
