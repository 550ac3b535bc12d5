"""The main job on the embedded default: inputs made here, then the lineage as for anybody's logs.

Everything after the first log export is an ordinary Dagster run, recorded in the instance that
DAGSTER_HOME names, so that the UI opens on it with everything materialized.
"""

import os
import time
from collections.abc import Callable, Mapping

import dagster as dg
from dagster._core.launcher import WorkerStatus

from dpo_math_assets.definitions import build_definitions
from dpo_math_assets.demo.prepare import prepare_demo
from dpo_math_assets.demo.settings import demo_sampling, demo_training
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.partitions import ALL_MODELS, EXPORTS, range_tags
from dpo_math_assets.resources import Project
from dpo_math_assets.run_launcher import MonitoredRunLauncher
from dpo_math_assets.sensors import landed
from dpo_math_assets.settings import load_settings, write_settings
from dpo_math_assets.traces.places import Folder
from dpo_math_assets.training.progress import in_words

NOTE = "Written by the demo; take this sentence out to keep your changes."


def run_demo(seed: int, size: str) -> None:
    """Make the inputs, then run both jobs; raises DpoMathError where a run fails."""
    if not os.environ.get("DAGSTER_HOME"):
        raise DpoMathError(
            "DAGSTER_HOME is not set, so nothing of this would be seen in the UI: set it to a "
            "folder, or start this with `python3.11 bootstrap.py demo`"
        )
    started = time.monotonic()
    definitions = build_definitions()
    project = definitions.resources["project"]  # type: ignore[index]
    assert isinstance(project, Project)

    def say(what: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {what}", flush=True)

    say("Making the base model and its first log export")
    place = project.workspace().landing.place
    if not isinstance(place, Folder):
        raise DpoMathError(
            f"the demo writes its log into a local folder: unset DPO_MATH_LANDING ({place}) for it"
        )
    place.path.mkdir(parents=True, exist_ok=True)
    paths = prepare_demo(
        project.workspace().store.root / "demo",
        place.path,
        seed=seed,
        size=size,
        on_progress=lambda progress: say(in_words(progress)),
    )
    _configure(project, str(paths.base_model), size)

    with dg.DagsterInstance.get() as instance:
        _end_dead_runs(instance, say)
        found = project.workspace().landing.register(settle_seconds=0)
        exports = project.workspace().landing.partitions()
        instance.add_dynamic_partitions(EXPORTS, list(exports))
        instance.report_runless_asset_event(landed(list(exports.values()), len(found.registered)))
        keys = list(exports)
        for name, tags in (
            ("ingest_exports", range_tags(keys[0], keys[-1])),
            ("train_and_evaluate", ALL_MODELS),
        ):
            _run_job(definitions.resolve_job_def(name), instance, tags, say)
        _say_results(instance, say)
    say("Done. Open the UI with `python3.11 bootstrap.py ui`")


def _run_job(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    tags: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Run a job in this process and say which checks do not hold; DpoMathError where it fails."""
    say(f"Running the job {job.name}")
    result = job.execute_in_process(
        instance=instance,
        tags=dict(tags),
        run_config={"loggers": {"plain": {}}},
        raise_on_error=False,
    )
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            say(
                f"Check {check.check_name} of {check.asset_key.to_user_string()} does not "
                f"hold: {check.description}"
            )
    if not result.success:
        raise DpoMathError(
            f"the run {result.run_id} of {job.name} failed; the lines above say why, and so "
            "does the UI"
        )


def _end_dead_runs(instance: dg.DagsterInstance, say: Callable[[str], None]) -> None:
    """Fail the runs that were killed, so that they no longer hold the training pool."""
    launcher = MonitoredRunLauncher()
    launcher.register_instance(instance)
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(filters=unfinished):
        health = launcher.check_run_worker_health(run)
        if health.status != WorkerStatus.RUNNING:
            say(f"The run {run.run_id} was killed: it is marked as failed")
            instance.report_run_failed(run, health.msg)
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        elif run.job_name == "train_and_evaluate":
            say(f"The run {run.run_id} of {run.job_name} is under way: training waits for it")


def _configure(project: Project, base_model: str, size: str) -> None:
    """Point settings.yaml at the demo's model, unless a person has written it."""
    path = project.settings_file
    if path.exists():
        if NOTE not in path.read_text("utf-8").split("\n", 1)[0]:
            raise DpoMathError(
                f"{path} is not the demo's: set DPO_MATH_DATA to another folder to run the demo "
                "beside your own data"
            )
        if load_settings(path).training.base_model == base_model:
            return  # with whatever a person changed in it
    write_settings(
        path,
        {
            "training": demo_training(base_model).model_dump(exclude_defaults=True),
            "sampling": demo_sampling(size).model_dump(exclude_defaults=True),
        },
        NOTE,
    )


def _say_results(instance: dg.DagsterInstance, say: Callable[[str], None]) -> None:
    """The figures that the demo is about, from the metadata that the UI shows."""
    event = instance.get_latest_materialization_event(dg.AssetKey("offline_eval_pass_rates"))
    assert event is not None and event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    for model in ("base", "dpo", "sft"):
        rates = {
            name: metadata[f"{model}_{name}"].value
            for name in ("pass_at_1", "avg_at_k", "pass_at_k")
            if f"{model}_{name}" in metadata
        }
        say(f"{model}: " + ", ".join(f"{name} {value:.3f}" for name, value in rates.items()))
    gain = {name: metadata[f"gain_avg_at_k{name}"].value for name in ("", "_low", "_p_value")}
    say(
        f"dpo against base, problem by problem: avg_at_k {gain['']:+.3f}, at least "
        f"{gain['_low']:+.3f} at 95 % (p = {gain['_p_value']:.2g}); greedy "
        f"{metadata['greedy_gained'].value} gained, {metadata['greedy_lost'].value} lost "
        f"(McNemar p = {metadata['mcnemar_p_value'].value:.2g})"
    )
    say(
        "sft is the control that saw the correct answers alone: a gain it shares is not owed to DPO"
    )
    say(f"The gate: {metadata['gate'].value}")
