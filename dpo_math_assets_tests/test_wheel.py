"""The wheel alone in a fresh environment: it brings what verifier, traces and pairs need."""

import json
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from dpo_math_assets.cli import EXTRA_OF

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip"]
HEAVY = ("dagster", "datasets", "matplotlib", "scipy", "torch", "transformers", "trl")


def run(command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder that has no copy of the project."""
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT.parent, **more)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    built = run([*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(ROOT)])
    if "No matching distribution" in built.stderr:
        pytest.skip("needs a package index, for the tool that builds the wheel")
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment that has the wheel."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=False)
    programs = home / "bin"
    pip = [*PIP, "--python", str(programs / "python"), "install", "--quiet"]
    done = run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)])
    assert done.returncode == 0, done.stderr
    return programs


pytestmark = [pytest.mark.slow, pytest.mark.process]


def test_the_wheel_carries_the_types_the_pages_and_dagsters_settings(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "dpo_math_assets/py.typed",
        "dpo_math_assets/dagster.yaml",
        "dpo_math_assets/pairs/explorer.html",
        "dpo_math_assets/verifier/CONVENTIONS.md",
        "dpo_math_assets/verifier/RULES.md",
    } <= names
    assert not any(name.startswith("dpo_math_assets_tests") for name in names)


def test_an_answer_is_verified_without_any_library_of_the_other_stages(installed: Path) -> None:
    program = (
        "import json, sys; from dpo_math_assets.verifier import verify;"
        "loaded = [name for name in ('dagster', 'polars', 'torch') if name in sys.modules];"
        "print(json.dumps([loaded, verify('so \\\\boxed{\\\\frac{1}{2}}', '0.5').verdict]))"
    )
    done = run([str(installed / "python"), "-c", program])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], "correct"]
    find = f"import importlib.util as u; print([n for n in {HEAVY!r} if u.find_spec(n)])"
    assert run([str(installed / "python"), "-c", find]).stdout.strip() == "[]"


def test_logs_become_pairs_on_the_command_line(installed: Path, tmp_path: Path) -> None:
    log, pairs = tmp_path / "log.jsonl", tmp_path / "pairs.jsonl"
    log.write_text(
        "".join(
            json.dumps({"prompt": "2*7", "candidate": f"FINAL ANSWER: {n}", "ground_truth": "14"})
            + "\n"
            for n in (14, 15)
        )
    )
    build = [str(installed / "dpo-math"), "build-pairs", "--input", str(log)]
    done = run([*build, "--output", str(pairs)])
    assert done.returncode == 0, done.stderr
    (pair,) = map(json.loads, pairs.read_text().splitlines())
    assert (pair["chosen"], pair["rejected"]) == ("FINAL ANSWER: 14", "FINAL ANSWER: 15")


def test_a_command_of_a_stage_that_is_not_installed_names_its_extra(
    installed: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"prompt": "1+1=", "chosen": "2", "rejected": "3"}\n')
    (tmp_path / "config.json").write_text("{}")
    train = [str(installed / "dpo-math"), "train", "--model", str(tmp_path), "--data", str(pairs)]
    done = run([*train, "--out", str(tmp_path / "out")])
    assert done.returncode == 2
    assert "pip install 'dpo-math-assets[train]'" in done.stderr


def test_every_extra_that_a_command_names_brings_what_it_is_named_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for module, extra in EXTRA_OF.items():
        brought = {name.split(">=")[0].replace("-", "_") for name in extras[extra]}
        assert module in brought, (module, extra)
