"""A project in a temporary folder, and logs that a reader checks by eye."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.definitions import build_definitions
from dpo_math_assets.partitions import EXPORTS, range_tags
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.workspace import Workspace


def attempt(prompt: str, answer: str, gold: str, ok: bool | str) -> dict[str, Any]:
    """One line of a flat log."""
    return {
        "trace_id": f"{prompt}={answer}",
        "prompt": f"Compute {prompt}",
        "candidate": f"Let me see.\nFINAL ANSWER: {answer}",
        "ground_truth": gold,
        "ok": ok,
    }


def write_export(path: Path, records: list[Any], age: float) -> Path:
    """A file last modified `age` seconds ago; text goes in as it is, the rest as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines) + "\n")
    modified = time.time() - age
    os.utime(path, (modified, modified))
    return path


class Workbench:
    """A project and the Dagster instance that its runs are recorded in."""

    def __init__(self, root: Path, instance: dg.DagsterInstance) -> None:
        self.project = Project(data_root=str(root / "data"), landing_folder=str(root / "landing"))
        self.landing = root / "landing"
        self.landing.mkdir()
        self.instance = instance
        self.definitions = build_definitions(project=self.project)

    @property
    def workspace(self) -> Workspace:
        """What the stages work in, with the settings as they are now."""
        return self.project.workspace()

    def land(self, name: str, records: list[Any], age: float = 60) -> Path:
        """Put an export into the landing folder."""
        return write_export(self.landing / name, records, age)

    def ingest(self, settle_seconds: float = 1) -> dg.ExecuteInProcessResult:
        """Register what landed, and run the ingest job over all exports in one run."""
        self.workspace.landing.register(settle_seconds)
        keys = list(self.workspace.landing.partitions())
        self.instance.add_dynamic_partitions(EXPORTS, keys)
        return self.run("ingest_exports", range_tags(keys[0], keys[-1]))

    def run(
        self, job: str, tags: dict[str, str], config: dict[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run a job in process, quietly."""
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            tags=tags,
            raise_on_error=False,
            run_config={**quiet, **(config or {})},
        )

    def metadata(self, asset: str, partition: str | None = None) -> dict[str, Any]:
        """The metadata of an asset's latest materialization, as plain values."""
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(
                asset_key=dg.AssetKey(asset), asset_partitions=[partition] if partition else None
            ),
            limit=1,
        ).records
        materialization = records[0].asset_materialization
        assert materialization is not None
        return {name: value.value for name, value in materialization.metadata.items()}


@pytest.fixture(scope="session")
def dagster_instance() -> Iterator[dg.DagsterInstance]:
    """One instance in memory for all tests of a process; each of them finds it empty."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def workbench(tmp_path: Path, dagster_instance: dg.DagsterInstance) -> Workbench:
    dagster_instance.wipe()
    return Workbench(tmp_path, dagster_instance)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Each check's outcome as a whole, by name."""
    found = [check for check in result.get_asset_check_evaluations() if check.partition is None]
    return {check.check_name: check.passed for check in found}
