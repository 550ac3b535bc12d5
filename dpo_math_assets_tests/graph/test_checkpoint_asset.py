"""dpo_checkpoint as an asset: its work crosses to a process as JSON, and its report to metadata.

Training itself is replaced by a few files; test_whole_lineage runs it for real.
"""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dpo_math_assets.assets import dpo_checkpoint
from dpo_math_assets.json_objects import as_json, from_json
from dpo_math_assets.resources import TaskRunner
from dpo_math_assets.settings import write_settings
from dpo_math_assets.stages.tasks import TrainingRequest
from dpo_math_assets.stages.training import read_checkpoint
from dpo_math_assets.storage import write_text
from dpo_math_assets_tests.graph.conftest import Workbench
from dpo_math_assets_tests.stages.builders import FakeTasks


class FakeProcess(TaskRunner):
    """Takes a request and gives an answer as the process does, through JSON text."""

    def run(self, context: Any, task: str, request: dict[str, Any]) -> dict[str, Any]:
        assert task == "train"
        asked = from_json(TrainingRequest, json.loads(json.dumps(request)), "the request")
        answer: dict[str, Any] = json.loads(json.dumps(as_json(FakeTasks().train(asked))))
        return answer


@pytest.fixture
def project_with_data(workbench: Workbench, tmp_path: Path) -> Workbench:
    """A dataset, a base model and settings that name it."""
    store = workbench.workspace.store
    pair = {"prompt": "1+1=", "chosen": "2", "rejected": "3"}
    with store.versions("dpo_dataset").new_version("d1") as folder:
        write_text(folder / "train.jsonl", json.dumps(pair) + "\n")
        write_text(folder / "sft.jsonl", json.dumps({"prompt": "1+1=", "completion": "2"}) + "\n")
    write_text(tmp_path / "base" / "config.json", "{}")
    write_settings(
        workbench.project.settings_file, {"training": {"base_model": str(tmp_path / "base")}}
    )
    return workbench


def test_the_metadata_says_what_the_manifest_says(project_with_data: Workbench) -> None:
    dg.materialize(
        [dpo_checkpoint],
        instance=project_with_data.instance,
        resources={
            "project": project_with_data.project,
            "tasks": FakeProcess(pipes=dg.PipesSubprocessClient()),
        },
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    manifest = read_checkpoint(project_with_data.workspace.store.current("dpo_checkpoint"))
    assert manifest.run_id and manifest.version.endswith(manifest.run_id[:8])
    metadata = project_with_data.metadata("dpo_checkpoint")
    assert metadata["checkpoint_version"] == manifest.version
    assert metadata["warning"] == "The chosen completions fell."
    assert metadata["chosen_fall_nats_per_token"] == 0.2
    assert "validation_fall_nats_per_token" not in metadata
