import json
import threading
from pathlib import Path

import pytest

from dpo_math_assets.storage import atomic_file, write_json, write_text
from dpo_math_assets_tests.storage.builders import asking_for_a_lock, names


def test_a_write_that_fails_leaves_the_earlier_version_and_no_debris(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("earlier")
    with pytest.raises(RuntimeError, match="midway"), atomic_file(target) as temporary:
        temporary.write_text("half of the new ver")
        raise RuntimeError("midway")
    assert target.read_text() == "earlier"
    assert names(tmp_path) == ["a.txt"]


def test_json_with_nan_is_refused_and_the_earlier_file_stands(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"loss": 1.0})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(target, {"loss": float("nan")})
    assert json.loads(target.read_text()) == {"loss": 1.0}


def test_what_a_killed_process_left_is_taken_over_by_the_next_writer(tmp_path: Path) -> None:
    (tmp_path / ".writing-a.txt").write_text("half of a much longer text")
    write_text(tmp_path / "a.txt", "whole")
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert names(tmp_path) == ["a.txt"]


def test_two_writers_of_one_file_write_one_after_the_other(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    second = threading.Thread(target=write_text, args=(target, "second"))
    with atomic_file(target) as temporary:
        temporary.write_text("first")
        with asking_for_a_lock() as asked:
            second.start()
            asked.wait()
        assert second.is_alive()
        assert temporary.read_text() == "first"
    second.join()
    assert target.read_text() == "second"
    assert names(tmp_path) == ["a.txt"]


def test_an_error_that_is_no_lack_of_space_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), atomic_file(tmp_path / "a"):
        raise PermissionError(13, "not yours")
