"""Asset checks: what must hold at each stage, and what a wrong label would slip through.

A blocking check stops the rest of its own run. None is on the way from logs to pairs, where one
export's trouble is none of the others': what must not go on there is refused by the stage itself,
for that export, and the check shows that it holds.
"""

import tempfile
from pathlib import Path

import dagster as dg
import polars as pl

from dpo_math_assets.assets import (
    cleaned_traces,
    dpo_checkpoint,
    dpo_dataset,
    offline_eval_pass_rates,
    preference_pairs,
    raw_verifier_logs,
)
from dpo_math_assets.assets.common import plain_failures
from dpo_math_assets.assets.dpo_checkpoint import CHECKPOINT, MODEL, read_manifest
from dpo_math_assets.assets.offline_eval_pass_rates import PASS_RATES
from dpo_math_assets.evaluation.run import read_decision
from dpo_math_assets.evaluation.sampling import SamplingSettings
from dpo_math_assets.json_objects import from_json
from dpo_math_assets.metadata import counts_table, preview, problems_table, rate
from dpo_math_assets.pairs.dataset import problems_on_both_sides
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.partitions import export_partitions
from dpo_math_assets.resources import Project, TaskRunner
from dpo_math_assets.stages.artifacts import CLEANED, DATASET, PAIRS, QUARANTINE, RAW
from dpo_math_assets.stages.up_to_date import decided_by_people, overruled, unprocessed
from dpo_math_assets.storage import Store
from dpo_math_assets.traces.intake import IntakeReport, imbalance
from dpo_math_assets.traces.overrides import HUMAN, read_overrides
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, QUARANTINE_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.verifier import verify_frame, version_of

# Pairs whose two answers are judged once more; the same ones each time, by smallest hash.
PAIRS_VERIFIED_AGAIN = 200
# Pairs whose labels are both the verifier's.
_BY_VERIFIER = pl.col("chosen_method").ne_missing(HUMAN) & pl.col("rejected_reason").ne_missing(
    HUMAN
)
FAILURES_SHOWN = 20
# Share of an export's logged verdicts that may differ before the export itself is doubted.
DISAGREEMENT_ALLOWED = 0.1


def _worst(counts: dict[str, int]) -> str:
    """The exports with most of something, by name."""
    worst = sorted((key for key in counts if counts[key]), key=lambda key: -counts[key])
    more = f" and {len(worst) - 3} more exports" if len(worst) > 3 else ""
    return ", ".join(f"{key} ({counts[key]})" for key in worst[:3]) + more


def _rows(store: Store, asset: str, key: str, schema: pl.Schema, recorded_by: str = "") -> int:
    rows = store.scan(asset, [key], schema, recorded_by)
    count: int = rows.select(pl.len()).collect().item()
    return count


@dg.asset_check(asset=raw_verifier_logs, partitions_def=export_partitions, name="row_balance")
def row_balance(context: dg.AssetCheckExecutionContext, project: Project) -> dg.AssetCheckResult:
    """Records in = records with traces + other records + quarantined, and all of them stored.

    And every byte of the file is in one of them or between them, counted apart from the readers.
    """
    store = project.workspace().store
    wrong = {}
    records = 0
    for key in context.partition_keys:
        record = store.record(RAW, key)
        if record is None:
            continue  # what was not read at all is for exports_are_readable to say
        report = from_json(IntakeReport, record["report"], f"the report of {RAW}, {key}")
        quarantined = sum(report.quarantined.values())
        records += report.records_in
        traces = _rows(store, RAW, key, TRACE_SCHEMA)
        set_aside = _rows(store, QUARANTINE, key, QUARANTINE_SCHEMA, recorded_by=RAW)
        if unaccounted := imbalance(report):
            wrong[key] = unaccounted
        elif (traces, set_aside) != (report.traces, quarantined):
            wrong[key] = (
                f"{report.traces} traces and {quarantined} quarantined were read, "
                f"{traces} and {set_aside} are stored"
            )
    return dg.AssetCheckResult(
        passed=not wrong,
        description="; ".join(f"{key}: {why}" for key, why in wrong.items())
        or f"All {records} records are accounted for, and every byte that could be read is in one "
        "of them or between them.",
        metadata={"records": records, "exports": len(context.partition_keys)},
    )


@dg.asset_check(
    asset=raw_verifier_logs, partitions_def=export_partitions, name="exports_are_readable"
)
def exports_are_readable(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """Every export was read, none was set aside as a whole, and no line of one was."""
    store = project.workspace().store
    unreadable = {}
    by_export: dict[str, int] = {}
    quarantined: dict[str, int] = {}
    records = 0
    for key in context.partition_keys:
        record = store.record(RAW, key)
        if record is None:
            unreadable[key] = "it was not read, the run's log says why"
            continue
        report = from_json(IntakeReport, record["report"], f"the report of {RAW}, {key}")
        if report.unreadable:
            unreadable[key] = report.unreadable
        elif report.quarantined and not report.traces:
            unreadable[key] = (
                f"it gave no trace, all {report.records_in} records are quarantined: see their "
                "details, and intake.field_map in settings.yaml for logs with other field names"
            )
        by_export[key] = sum(report.quarantined.values())
        records += report.records_in
        for reason, count in report.quarantined.items():
            quarantined[reason] = quarantined.get(reason, 0) + count
    some = sum(quarantined.values())
    if unreadable:
        said = "; ".join(f"{key}: {why}" for key, why in unreadable.items())
    elif some:
        said = (
            f"{some} of {records} records are quarantined, in {_worst(by_export)}: mend them in "
            "the export, which is then read again, or leave them set aside."
        )
    else:
        said = f"All {records} records could be read."
    return dg.AssetCheckResult(
        passed=not unreadable and not some,
        severity=dg.AssetCheckSeverity.ERROR if unreadable else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "quarantined": some,
            "quarantine_rate": rate(some, records),
            "by_reason": counts_table("reason", quarantined),
            "by_export": counts_table("export", by_export),
        },
    )


@dg.asset_check(
    asset=preference_pairs, partitions_def=export_partitions, name="exports_are_processed"
)
def exports_are_processed(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """What each export holds now went all the way to pairs."""
    workspace = project.workspace()
    registered, left_out = workspace.landing.partitions(), workspace.landing.left_out()
    waiting = unprocessed(workspace, registered)
    processed = (registered.keys() - set(waiting)).union(left_out)
    failed = [key for key in context.partition_keys if key not in processed]
    return dg.AssetCheckResult(
        passed=not failed,
        description=f"Not processed: {', '.join(failed)}. The run's log says why."
        if failed
        else f"All {len(context.partition_keys)} exports of this run went through to pairs.",
        metadata={"not_processed": len(failed), "not_processed_of_all": len(waiting)},
    )


@dg.asset_check(
    asset=cleaned_traces, partitions_def=export_partitions, name="every_trace_is_verified"
)
def every_trace_is_verified(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """As many cleaned traces as raw ones, each with a verdict of the present verifier."""
    store = project.workspace().store
    version = version_of(project.workspace().settings.verification.conventions())
    wrong = {}
    total = 0
    for key in context.partition_keys:
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
        raw = _rows(store, RAW, key, TRACE_SCHEMA)
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


@dg.asset_check(
    asset=cleaned_traces, partitions_def=export_partitions, name="verifier_did_not_crash"
)
def verifier_did_not_crash(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """No trace is undecided because the verifier itself failed.

    It costs that trace alone. But such verdicts are not lost at random: a kind of problem that
    always fails would vanish from the training set.
    """
    store = project.workspace().store
    traces = store.scan(CLEANED, context.partition_keys, CLEANED_SCHEMA)
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


@dg.asset_check(asset=cleaned_traces, partitions_def=export_partitions, name="human_verdicts_hold")
def human_verdicts_hold(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """Every row of the override files is understood, contradicts no other, and names a trace."""
    workspace = project.workspace()
    overrides = read_overrides(workspace.overrides_folder)
    known = decided_by_people(workspace, workspace.landing.partitions(), overrides)
    problems = overrides.problems + overrides.unmatched(known)
    waiting = overruled(workspace, context.partition_keys)
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


@dg.asset_check(asset=cleaned_traces, partitions_def=export_partitions, name="log_agrees")
def log_agrees(context: dg.AssetCheckExecutionContext, project: Project) -> dg.AssetCheckResult:
    """The logged verdicts, where they are verdicts, agree with the verifier's.

    A few differences are a warning: the verifier's verdict counts. Many in one export are an error:
    its log may judge something else than whether the answer equals the reference.
    """
    traces = (
        project.workspace()
        .store.scan(CLEANED, context.partition_keys, CLEANED_SCHEMA)
        .filter(pl.col("agrees_with_log").is_not_null())
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
        named = _worst(dict(suspicious.select("export", "differing").iter_rows()))
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


@dg.asset_check(
    asset=preference_pairs,
    partitions_def=export_partitions,
    blocking=True,
    name="no_chosen_is_rejected",
)
def no_chosen_is_rejected(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """No pair has the same text on both sides, an empty side, or one answer on both sides.

    Only where a person decided may the answers be alike: a right answer by a wrong way.
    """
    pairs = project.workspace().store.scan(PAIRS, context.partition_keys, PAIR_SCHEMA)
    wrong = pairs.filter(
        pl.col("chosen").eq_missing(pl.col("rejected"))
        | (pl.col("chosen").fill_null("").str.strip_chars() == "")
        | (pl.col("rejected").fill_null("").str.strip_chars() == "")
        | ((pl.col("chosen_answer") == pl.col("rejected_answer")) & _BY_VERIFIER)
    ).collect()
    total: int = pairs.select(pl.len()).collect().item()
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        description=f"{wrong.height} of {total} pairs have two sides that do not differ.",
        metadata={
            "pairs": total,
            "examples": preview(wrong, ["prompt", "chosen", "rejected", "chosen_answer"]),
        },
    )


@dg.asset_check(
    asset=preference_pairs,
    partitions_def=export_partitions,
    blocking=True,
    name="verdicts_hold_again",
)
def verdicts_hold_again(
    context: dg.AssetCheckExecutionContext, project: Project
) -> dg.AssetCheckResult:
    """Judged once more from the pair's own text, chosen is correct and rejected is not.

    Pairs in which a person decided are left out: there the verifier was overruled.
    """
    pairs = (
        project.workspace()
        .store.scan(PAIRS, context.partition_keys, PAIR_SCHEMA)
        .filter(_BY_VERIFIER)
        .bottom_k(PAIRS_VERIFIED_AGAIN, by="pair_id")
        .collect()
    )
    settings = project.workspace().settings.verification
    wrong = []
    for side, wanted in (("chosen", "correct"), ("rejected", "incorrect")):
        judged = verify_frame(
            pairs.select("prompt", side, "ground_truth", "rejected_reason"),
            candidate=side,
            conventions=settings.conventions(),
            workers=settings.workers,
            timeout_s=settings.timeout_s,
        )
        # A rejected text without any final answer is a choice of the settings, not a verdict.
        broken = pl.col("verdict") != wanted
        if side == "rejected":
            broken &= pl.col("rejected_reason") != "no_final_answer"
        wrong.append(
            judged.filter(broken).select(
                "prompt",
                pl.lit(side).alias("side"),
                pl.col(side).alias("text"),
                "ground_truth",
                "verdict",
                "reason",
            )
        )
    found = pl.concat(wrong)
    return dg.AssetCheckResult(
        passed=found.is_empty(),
        description=f"{found.height} sides of {pairs.height} pairs are judged differently now.",
        metadata={"pairs_verified": pairs.height, "examples": preview(found)},
    )


@dg.asset_check(asset=dpo_dataset, blocking=True, name="no_prompt_on_both_sides")
def no_prompt_on_both_sides(project: Project) -> dg.AssetCheckResult:
    """No problem, in any spelling or operand order, is trained on and evaluated on."""
    shared = problems_on_both_sides(project.workspace().store.current(DATASET))
    return dg.AssetCheckResult(
        passed=not shared,
        description=f"{len(shared)} problems are both trained on and held out.",
        metadata={"shared_problems": len(shared)},
    )


@dg.asset_check(asset=dpo_dataset, name="pairs_follow_traces")
def pairs_follow_traces(project: Project) -> dg.AssetCheckResult:
    """Every registered export went all the way to pairs as it is now, so that none is missing."""
    workspace = project.workspace()
    waiting = unprocessed(workspace, workspace.landing.partitions())
    named = ", ".join(waiting[:10]) + (" …" if len(waiting) > 10 else "")
    return dg.AssetCheckResult(
        passed=not waiting,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Not in this dataset, or changed since: {named}. Process them "
        "(ingest_exports) and make the dataset again."
        if waiting
        else "The pairs of all exports are up to date.",
        metadata={"outdated_exports": len(waiting)},
    )


@dg.asset_check(asset=dpo_checkpoint, blocking=True, name="loads_and_generates")
@plain_failures()
def loads_and_generates(
    context: dg.AssetCheckExecutionContext, project: Project, tasks: TaskRunner
) -> dg.AssetCheckResult:
    """The checkpoint loads as people load it and writes an answer to a held-out prompt."""
    settings = project.workspace().settings.sampling
    probe = SamplingSettings(
        k=1, max_prompts=4, max_new_tokens=settings.max_new_tokens, threads=settings.threads
    )
    with (
        tempfile.TemporaryDirectory(prefix="dpo-math-") as folder,
        project.workspace().store.current_in_use(CHECKPOINT) as checkpoint,
    ):
        out = Path(folder) / "probe.parquet"
        tasks.run(
            context.op_execution_context,
            "sample",
            {
                "settings": probe.model_dump(),
                "dataset": str(project.workspace().store.current(DATASET)),
                "models": [
                    {
                        "name": "dpo",
                        "folder": str(checkpoint / MODEL),
                        "out": str(out),
                    }
                ],
            },
        )
        written = pl.read_parquet(out, glob=False)
    empty = written.filter(pl.col("completion").str.strip_chars() == "").height
    return dg.AssetCheckResult(
        passed=empty < written.height,
        description=f"{written.height - empty} of {written.height} completions hold text.",
        metadata={"completions": preview(written, ["prompt", "mode", "completion", "truncated"])},
    )


@dg.asset_check(asset=dpo_checkpoint, name="training_is_sound")
def training_is_sound(project: Project) -> dg.AssetCheckResult:
    """Nothing was seen in training that makes bad models: no likelihood displacement, no row lost.

    Reward accuracy and margin are no sign of it: they look best when a model unlearns its answers.
    """
    report = read_manifest(project.workspace().store.current(CHECKPOINT))["report"]
    return dg.AssetCheckResult(
        passed=not report["warnings"],
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(report["warnings"]) or "Training gave no warning.",
        metadata={"warnings": len(report["warnings"])},
    )


@dg.asset_check(asset=offline_eval_pass_rates, blocking=True, name="no_regression")
def no_regression(project: Project) -> dg.AssetCheckResult:
    """The release gate: better overall, and nothing that matters significantly worse."""
    decision = read_decision(project.workspace().store.current(PASS_RATES))
    conditions = pl.DataFrame(
        [
            {"condition": c.name, "holds": c.passed, "value": c.value, "says": c.sentence}
            for c in decision.conditions
        ]
    )
    return dg.AssetCheckResult(
        passed=decision.passed,
        description=decision.summary(),
        metadata={"conditions": preview(conditions)},
    )
