"""One workspace for all stages: what the data folder's settings say holds in each of its parts."""

from pathlib import Path

import polars as pl

from dpo_math_assets.stages.artifacts import CLEANED
from dpo_math_assets.stages.workspace import Workspace, new_version_name
from dpo_math_assets.storage import write_parquet, write_text


def test_the_settings_of_the_data_folder_reach_the_landing_area_and_the_verifier(
    tmp_path: Path,
) -> None:
    write_text(
        tmp_path / "settings.yaml",
        "intake: {left_out: [b.jsonl]}\nverification: {markers: ['Result:']}\n",
    )
    for name in ("a.jsonl", "b.jsonl"):
        write_text(tmp_path / "landing" / name, f'{{"prompt": "{name}"}}\n')
    workspace = Workspace.at(tmp_path)
    workspace.landing.register(0)
    assert [export.path for export in workspace.landing.partitions().values()] == ["a.jsonl"]
    assert workspace.conventions.markers == ("Result:",)
    assert workspace.overrides_folder == tmp_path / "overrides"


def test_what_is_pinned_stays_while_another_process_makes_it_again(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)

    def make(number: int) -> None:
        frame = pl.DataFrame({"n": [number]})
        write_parquet(workspace.store.partition(CLEANED, "a"), frame)
        workspace.store.finish(CLEANED, "a", {"n": number}, {})

    make(1)
    with workspace.pinned([CLEANED], ["a"]) as pinned:
        make(2)
        assert pinned.settings is workspace.settings
        rows = pinned.store.scan(CLEANED, ["a"], pl.Schema({"n": pl.Int64})).collect()
        assert rows["n"].to_list() == [1]
        assert pinned.store.finished(CLEANED, "a", {"n": 1}) is not None


def test_versions_sort_by_the_time_when_they_were_made_and_name_their_run() -> None:
    first = new_version_name("0a1b2c3d4e5f")
    assert first.endswith("-0a1b2c3d") and len(first.split("-")[0]) == len("20260101T000000")
