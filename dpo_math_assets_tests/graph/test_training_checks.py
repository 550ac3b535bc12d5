"""What was seen in training is a check, so that nobody has to read the run's log for it."""

import dagster as dg
import pytest

from dpo_math_assets.checks import training_is_sound
from dpo_math_assets.storage import write_json
from dpo_math_assets_tests.graph.conftest import Workbench


@pytest.mark.parametrize("warnings", [[], ["The chosen completions fell by 40.0 nats."]])
def test_a_run_that_unlearned_its_answers_is_a_warning_check_in_its_own_words(
    workbench: Workbench, warnings: list[str]
) -> None:
    project = workbench.project
    with project.store.versions("dpo_checkpoint").new_version("v1") as folder:
        write_json(folder / "manifest.json", {"report": {"warnings": warnings}})
    result = training_is_sound(project)
    assert isinstance(result, dg.AssetCheckResult)
    assert result.passed == (not warnings)
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert warnings == [] or warnings[0] in (result.description or "")
