"""Whether Dagster can load the definitions, and what loading them costs."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap

from dpo_math_assets.definitions import build_definitions

ROOT = Path(__file__).parents[2]

HEAVY = ("torch", "trl", "transformers", "datasets", "ray", "sympy", "matplotlib", "scipy")


def test_the_definitions_load_with_every_asset_in_one_group() -> None:
    definitions = build_definitions()
    dg.Definitions.validate_loadable(definitions)
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    assert list(specs) and {spec.group_name for spec in specs.values()} == {"math_dpo"}
    lineage = {
        name: sorted(dep.asset_key.to_user_string() for dep in spec.deps)
        for name, spec in specs.items()
    }
    assert lineage == {
        "log_exports": [],
        "raw_verifier_logs": ["log_exports"],
        "cleaned_traces": ["raw_verifier_logs"],
        "preference_pairs": ["cleaned_traces"],
        "label_audit": ["cleaned_traces"],
        "dpo_dataset": ["cleaned_traces", "preference_pairs"],
        "dpo_checkpoint": ["dpo_dataset"],
        "eval_samples": ["cleaned_traces", "dpo_checkpoint", "dpo_dataset"],
        "offline_eval_pass_rates": ["eval_samples"],
        "release_candidate": ["offline_eval_pass_rates"],
    }
    for name, spec in specs.items():
        assert spec.description and spec.owners and spec.kinds, name
        if name != "log_exports":
            assert spec.code_version, name


def test_the_password_of_a_landing_url_is_not_in_what_the_ui_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DPO_MATH_LANDING", "sftp://user:TopSecret@host/exports")
    definitions = build_definitions()
    shown = RepositorySnap.from_def(definitions.get_repository_def())
    assert "DPO_MATH_LANDING" in repr(shown.resources)
    assert "TopSecret" not in repr(shown.resources)
    with dg.build_resources(definitions.resources or {}) as made:
        assert made.project.landing_folder == "sftp://user:TopSecret@host/exports"


@pytest.mark.process
def test_loading_the_definitions_takes_no_heavy_library() -> None:
    program = (
        "import json, sys; from dpo_math_assets.definitions import defs; defs();"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


@pytest.mark.slow
def test_dagster_validates_the_workspace_file() -> None:
    dagster = Path(sys.executable).with_name("dagster")
    done = subprocess.run(
        [dagster, "definitions", "validate", "--workspace", "workspace.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
