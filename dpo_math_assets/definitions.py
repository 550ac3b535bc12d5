"""The definitions that Dagster loads: every asset, check, job, sensor and schedule."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

import dagster as dg

from dpo_math_assets.assets import ASSETS
from dpo_math_assets.checks import CHECKS
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.jobs import export_task_traces, ingest_exports, train_and_evaluate
from dpo_math_assets.resources import Project, RuntimeDatabase, TaskRunner
from dpo_math_assets.schedules import hourly_export, nightly_rebuild
from dpo_math_assets.sensors import new_log_exports
from dpo_math_assets.traces.database import URL_VARIABLE
from dpo_math_assets.traces.places import without_secrets

LANDING_VARIABLE = "DPO_MATH_LANDING"


def _data_root() -> Path:
    """The absolute folder that DPO_MATH_DATA names."""
    value = os.environ.get("DPO_MATH_DATA", "data")
    if "://" in value:
        raise DpoMathError(
            f"DPO_MATH_DATA is {without_secrets(value)}: it must be a local folder, since files "
            "are renamed into place there. Only DPO_MATH_LANDING may be the URL of an object store"
        )
    return Path(value).absolute()


def _landing(data: Path) -> str:
    """The absolute folder, or the URL, that DPO_MATH_LANDING names."""
    value = os.environ.get(LANDING_VARIABLE, str(data / "landing"))
    # A URL by the variable's name: it may hold a password, which the UI would show.
    return dg.EnvVar(LANDING_VARIABLE) if "://" in value else str(Path(value).absolute())


def build_definitions(**resource_overrides: Any) -> dg.Definitions:
    """All definitions; a resource given by name takes the place of the default one.

    The environment decides where things lie, here and nowhere else: DPO_MATH_DATA (default
    `./data`), DPO_MATH_LANDING (default `landing` in it; may be the URL of an object store),
    DPO_MATH_DATABASE_URL (the runtime's database, where there is one to read from), and
    DPO_MATH_REPORTS_URL (where `reports` serves the pages, for links).
    """
    data = _data_root()
    resources = {
        "project": Project(
            data_root=str(data),
            landing_folder=_landing(data),
            reports_url=os.environ.get("DPO_MATH_REPORTS_URL", ""),
        ),
        # By the variable's name, so that the UI does not show the password.
        "runtime_database": RuntimeDatabase(
            url=dg.EnvVar(URL_VARIABLE) if os.environ.get(URL_VARIABLE) else ""
        ),
        "tasks": TaskRunner(pipes=dg.PipesSubprocessClient()),
    }
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=[export_task_traces, ingest_exports, train_and_evaluate],
        sensors=[new_log_exports],
        schedules=[hourly_export, nightly_rebuild],
        loggers={"console": dg.colored_console_logger, "plain": plain_logger},
        resources={**resources, **resource_overrides},
        # Steps share the run's process: training and verification have processes of their own.
        executor=dg.in_process_executor,
    )


class PlainFormatter(logging.Formatter):
    """`12:00:01 step: message`."""

    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {})
        step = meta.get("step_key") or meta.get("job_name") or ""
        message = meta.get("orig_message") or record.getMessage()
        return f"{self.formatTime(record, '%H:%M:%S')} {step}: {message}"


def _plain_handler(init_context: dg.InitLoggerContext) -> logging.Logger:
    handler = logging.StreamHandler(sys.stdout)
    handler.setLevel(logging.INFO)
    handler.setFormatter(PlainFormatter())
    logger = logging.getLogger("dpo_math_assets.plain")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


plain_logger = dg.LoggerDefinition(
    _plain_handler,
    description="For people who watch a run in a terminal: what assets say, a line each.",
)


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and workspace.yaml load."""
    return build_definitions()
