"""What the documents name is what there is: columns, reasons, assets, exported names, files."""

import importlib
import re
from pathlib import Path

import pytest

import dpo_math_assets
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.traces.schema import CLEANED_SCHEMA, TRACE_SCHEMA
from dpo_math_assets.verifier import Verdict

ROOT = Path(dpo_math_assets.__file__).parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def section(title: str) -> str:
    """A section of the architecture, up to the next one."""
    return ARCHITECTURE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def in_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize(
    "title, columns", [("Trace", TRACE_SCHEMA), ("Trace", CLEANED_SCHEMA), ("Pair", PAIR_SCHEMA)]
)
def test_every_column_of_a_table_is_documented(title: str, columns: dict[str, object]) -> None:
    assert set(columns) - in_code(section(title)) == set()


def test_no_column_is_documented_that_a_trace_does_not_have() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("Trace"), re.MULTILINE)
    assert rows == TRACE_SCHEMA.names()


def test_every_reason_of_a_verdict_is_documented() -> None:
    reasons = set(re.findall(r"`([a-z_]+)`", (Verdict.__doc__ or "").split("`reason` is")[1]))
    reasons -= {"method", "extracted"}
    assert len(reasons) >= 12
    assert reasons - in_code(section("Verdict")) == set()


def test_every_asset_is_documented_and_no_other() -> None:
    modules = {path.stem for path in (ROOT / "dpo_math_assets" / "assets").glob("[!_]*.py")}
    rows = re.findall(r"^\| `(\w+)` \|", section("Lineage"), re.MULTILINE)
    assert set(rows) == modules - {"common"}


def test_every_layer_is_documented() -> None:
    layers = re.findall(r'^    "([a-z |]+)",$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    names = {name for layer in layers for name in layer.split(" | ")} - {
        *("runtime", "extraction", "equivalence", "backends", "algebra", "syntax", "lexicon")
    }
    assert {"verifier", "traces", "stages"} <= names
    assert [name for name in names if name not in section("Layers")] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_files_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = {
        name for name in in_code(text) if re.fullmatch(r"[a-z_]+(/[\w.]+)+\.(py|md|toml)", name)
    }
    roots = (ROOT, ROOT / "dpo_math_assets", ROOT / "dpo_math_assets_tests")
    assert [name for name in sorted(named) if not any((at / name).exists() for at in roots)] == []


# Whoever uses the package may rely on these; README.md and docs/ show them.
EXPORTED = {
    "dpo_math_assets": [],
    "dpo_math_assets.verifier": [
        *("VERIFIER_VERSION", "Conventions", "CustomUnit", "Explanation", "Extraction", "Verdict"),
        *("compare", "explain", "extract", "verify", "verify_frame", "version_of"),
    ],
    "dpo_math_assets.storage": [
        *("IN_USE_PREFIX", "TEMPORARY_PREFIX", "Draft", "Snapshot", "Store", "VersionedFolder"),
        *("atomic_file", "atomic_folder", "digest", "file_digest", "forget_digests", "pinned"),
        *("write_json", "write_parquet", "write_text"),
    ],
    "dpo_math_assets.traces.database": [
        *("URL_VARIABLE", "DatabaseExport", "DatabaseSettings", "export_new_rows"),
    ],
}


@pytest.mark.parametrize("module", EXPORTED)
def test_exported_names_are_the_documented_ones(module: str) -> None:
    names = getattr(importlib.import_module(module), "__all__", [])
    assert sorted(names) == sorted(EXPORTED[module])
    documented = in_code((ROOT / "CONTRIBUTING.md").read_text("utf-8").split("\n## Exported")[1])
    assert set(names) - documented == set()
