import os
import time
from pathlib import Path

import pytest

from dpo_math_assets.errors import LogFormatError
from dpo_math_assets.traces.landing import LandingArea, partition_key


@pytest.fixture
def area(tmp_path: Path) -> LandingArea:
    folder = tmp_path / "landing"
    folder.mkdir()
    return LandingArea(folder, tmp_path / "log_exports" / "manifest.jsonl")


def land(area: LandingArea, name: str, content: str, age: float = 60) -> Path:
    """Put a file into the landing folder, last modified `age` seconds ago."""
    path = Path(str(area.place)) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    modified = time.time() - age
    os.utime(path, (modified, modified))
    return path


def registered(area: LandingArea, settle_seconds: float = 10) -> list[str]:
    return [export.key for export in area.register(settle_seconds).registered]


def test_each_finished_file_is_registered_once_also_by_a_restarted_process(
    area: LandingArea,
) -> None:
    land(area, "a.jsonl", "1", age=90)
    land(area, "b.jsonl", "2", age=80)
    assert registered(area) == ["000001-a.jsonl", "000002-b.jsonl"]
    restarted = LandingArea(str(area.place), area.manifest)
    assert registered(restarted) == []
    assert list(restarted.partitions()) == ["000001-a.jsonl", "000002-b.jsonl"]


def test_a_file_that_is_still_written_is_waited_for(area: LandingArea) -> None:
    land(area, "growing.jsonl", "1", age=0)
    found = area.register(settle_seconds=10)
    assert found.registered == []
    assert found.unfinished == ["growing.jsonl"]
    land(area, "growing.jsonl", "12", age=11)
    assert registered(area) == ["000001-growing.jsonl"]


def test_a_file_from_a_machine_whose_clock_runs_ahead_is_not_waited_for_for_ever(
    area: LandingArea,
) -> None:
    land(area, "ahead.jsonl", "1", age=-3600)
    observed: dict[str, list[int]] = {}
    assert area.register(10, observed).registered == []
    observed["ahead.jsonl"][2] -= 9 * 10**9  # the earlier look was nine seconds ago
    assert area.register(10, observed).registered == []
    observed["ahead.jsonl"][2] -= 1 * 10**9
    assert [e.path for e in area.register(10, observed).registered] == ["ahead.jsonl"]


def test_a_changed_file_keeps_its_partition_and_is_registered_again(area: LandingArea) -> None:
    land(area, "a.jsonl", "1", age=90)
    land(area, "b.jsonl", "2", age=80)
    area.register(10)
    land(area, "a.jsonl", "1 and more", age=30)
    (changed,) = area.register(10).registered
    assert (changed.key, changed.arrival, changed.sequence) == ("000001-a.jsonl", 1, 3)


def test_a_touched_file_is_not_processed_again(area: LandingArea) -> None:
    land(area, "a.jsonl", "1", age=90)
    area.register(10)
    land(area, "a.jsonl", "1", age=30)
    assert registered(area) == []


def test_a_reupload_under_another_name_is_not_counted_twice(area: LandingArea) -> None:
    land(area, "a.jsonl", "same", age=90)
    land(area, "copy-of-a.jsonl", "same", age=80)
    found = area.register(10)
    assert [export.path for export in found.registered] == ["a.jsonl"]
    assert [export.duplicate_of for export in found.duplicates] == ["000001-a.jsonl"]
    assert list(area.partitions()) == ["000001-a.jsonl"]


def test_a_copy_is_processed_once_its_original_no_longer_holds_its_rows(area: LandingArea) -> None:
    land(area, "a.jsonl", "same", age=90)
    land(area, "copy.jsonl", "same", age=80)
    area.register(10)
    land(area, "a.jsonl", "other", age=30)
    area.register(10)
    assert [export.path for export in area.register(10).registered] == ["copy.jsonl"]


def test_an_export_that_changes_into_anothers_content_is_not_counted_twice(
    area: LandingArea,
) -> None:
    land(area, "a.jsonl", "same", age=90)
    land(area, "b.jsonl", "other", age=80)
    area.register(10)
    land(area, "b.jsonl", "same", age=50)
    area.register(10)
    assert list(area.partitions()) == ["000001-a.jsonl"]
    assert area.left_out() == ["000002-b.jsonl"]
    choosy = LandingArea(str(area.place), area.manifest, ["a.jsonl"])
    assert list(choosy.partitions()) == ["000002-b.jsonl"]  # the bytes still count once
    land(area, "b.jsonl", "its own again", age=30)
    area.register(10)
    assert list(area.partitions()) == ["000001-a.jsonl", "000002-b.jsonl"]


def test_an_unreadable_file_stops_no_other_and_is_tried_again(
    area: LandingArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(area, "bad.jsonl", "1", age=90)
    land(area, "good.jsonl", "2", age=80)
    opened = Path.open

    def refuse(self: Path, *args: object, **kwargs: object) -> object:
        if self.name == "bad.jsonl":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    found = area.register(10)
    assert [export.path for export in found.registered] == ["good.jsonl"]
    assert "Permission denied" in found.unreadable["bad.jsonl"]
    monkeypatch.undo()
    assert [export.path for export in area.register(10).registered] == ["bad.jsonl"]


def test_one_look_registers_a_bounded_number_and_says_what_is_left(area: LandingArea) -> None:
    for number in range(5):
        land(area, f"{number}.jsonl", str(number), age=90 - number)
    found = area.register(10, at_most=2)
    assert (len(found.registered), found.remaining) == (2, 3)
    assert registered(area) == ["000003-2.jsonl", "000004-3.jsonl", "000005-4.jsonl"]


def test_an_absent_landing_folder_is_named(tmp_path: Path) -> None:
    area = LandingArea(tmp_path / "nowhere", tmp_path / "manifest.jsonl")
    with pytest.raises(LogFormatError, match="nowhere does not exist"):
        area.register(10)


def test_a_partition_key_is_safe_in_a_path_and_a_range_and_sorts_by_arrival() -> None:
    key = partition_key(12, "day one/../Überlog [1].jsonl")
    assert key == "000012-day_one__.___berlog_1_.jsonl"
    assert partition_key(2, "z") < partition_key(10, "a")


def test_exports_are_left_out_by_path_or_key_and_stay_registered(area: LandingArea) -> None:
    for number, name in enumerate(["games/a.jsonl", "b.jsonl", "c.jsonl"]):
        land(area, name, str(number), age=90 - number)
    area.register(10)
    choosy = LandingArea(str(area.place), area.manifest, ["games/*", "000003-*"])
    assert list(choosy.partitions()) == ["000002-b.jsonl"]
    assert choosy.left_out() == ["000001-games__a.jsonl", "000003-c.jsonl"]
    assert len(choosy.exports()) == 3 and area.left_out() == []
