"""The kept history gives the pairs of the traces themselves, whatever happens to its files."""

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.pairs import history
from dpo_math_assets.pairs.history import History, blocks
from dpo_math_assets.pairs.pairing import PairingReport, PairingSettings, build_pairs, pair_texts
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.storage import digest, forget_digests
from dpo_math_assets_tests.pairs.builders import cleaned, trace

CAPS = PairingSettings(samples_per_side=2, candidate_pairs=3)


def export(number: int, *texts: tuple[str, int]) -> pl.LazyFrame:
    """An export's attempts as (problem, text); even texts are right, odd ones wrong."""
    return cleaned(
        *(
            trace(
                problem,
                f"text {text}",
                "incorrect" if text % 2 else "correct",
                export=f"e{number:03d}",
                line=line,
            )
            for line, (problem, text) in enumerate(texts)
        )
    )


def history_of(folder: Path, exports: list[pl.LazyFrame], **more: Any) -> History:
    """The history of exports as they are now."""
    chain = [""]
    for each in exports:
        chain.append(digest([chain[-1], each.collect().select("prompt", "candidate").rows()]))
    return History(
        folder,
        more.get("settings", CAPS),
        exports.__getitem__,
        name=chain[1:].__getitem__,
        check=more.get("check", lambda position: None),
    )


def pairs_of(
    folder: Path, exports: list[pl.LazyFrame], position: int
) -> tuple[pl.DataFrame, PairingReport]:
    target = folder.parent / "pairs.parquet"
    report = history_of(folder, exports).pair(position, len(exports), target)
    return pl.read_parquet(target), report


def assert_as_without_files(folder: Path, exports: list[pl.LazyFrame], position: int) -> None:
    expected, told = build_pairs(
        exports[position], pl.concat([cleaned(), *exports[:position]]), CAPS
    )
    pairs, report = pairs_of(folder, exports, position)
    assert_frame_equal(pairs, expected)
    assert report == told


def many_exports(count: int, seed: int = 0) -> list[pl.LazyFrame]:
    chance = random.Random(seed)
    return [
        export(number, *((f"p{chance.randrange(6)}", chance.randrange(30)) for _ in range(12)))
        for number in range(count)
    ]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def flip_a_bit(path: Path, chance: random.Random) -> None:
    damaged = bytearray(path.read_bytes())
    if damaged:  # the file that is locked is empty
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
    forget_digests()


@pytest.fixture(params=[(2, 5), (2, 1000), (8, 7)], ids=["fan 2, 5 rows", "fan 2", "fan 8, 7 rows"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few runs make one, and few rows fill the memory."""
    fan, rows = request.param
    monkeypatch.setattr(history, "FAN", fan)
    monkeypatch.setattr(history, "ROWS_AT_ONCE", rows)
    monkeypatch.setattr(history, "STRIDE", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_each_export_in_turn_has_the_pairs_and_the_report_of_the_traces(tmp_path: Path) -> None:
    exports = many_exports(20)
    for position in range(len(exports)):
        assert_as_without_files(tmp_path / "history", exports, position)


attempts = st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 9)), max_size=6)
mishap = st.sampled_from(["none", "lost", "one lost", "cut", "flipped", "changed", "stopped"])


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    logs=st.lists(attempts, min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.integers(0, 5), mishap, attempts), min_size=1, max_size=6),
)
def test_a_lost_cut_or_outdated_history_is_made_again_and_never_trusted(
    tmp_path_factory: pytest.TempPathFactory,
    logs: list[list[tuple[str, int]]],
    steps: list[tuple[int, str, list[tuple[str, int]]]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "FAN", 2)
        patch.setattr(history, "ROWS_AT_ONCE", 3)
        patch.setattr(history, "STRIDE", 1)
        folder = tmp_path_factory.mktemp("store") / "history"
        exports = [export(number, *texts) for number, texts in enumerate(logs)]
        for number, what, texts in steps:
            position = number % len(exports)
            runs = sorted(folder.glob("*.arrow"))
            if what == "changed":
                exports[position] = export(position, *texts)
            for run in runs if what == "lost" else runs[: what == "one lost"]:
                run.unlink()
            for run in runs if what == "cut" else []:
                run.write_bytes(run.read_bytes()[:-9])
            for run in sorted(folder.iterdir()) if what == "flipped" and runs else []:
                flip_a_bit(run, chance=random.Random(run.name))
            if what == "stopped":
                (folder / ".writing-left").mkdir(parents=True)
                (folder / ".writing-000000-000001-x.arrow").write_bytes(b"half")
            assert_as_without_files(folder, exports, position)
            assert not any(name.startswith(".writing") for name in names(folder))


def test_a_run_with_a_flipped_bit_is_made_again_and_gives_no_other_pairs(tmp_path: Path) -> None:
    exports = many_exports(6)
    folder = tmp_path / "history"
    for position in range(5):
        pairs_of(folder, exports, position)
    chance = random.Random(0)
    for _ in range(24):
        flip_a_bit(chance.choice(sorted(folder.glob("*.arrow"))), chance)
        assert_as_without_files(folder, exports, 5)


def test_a_run_that_an_earlier_package_wrote_without_a_sum_is_read(tmp_path: Path) -> None:
    exports = many_exports(3)
    folder = tmp_path / "history"
    for position in range(2):
        pairs_of(folder, exports, position)
    for written in folder.glob("*.sha256"):
        written.unlink()
    read: list[int] = []
    last = history_of(folder, exports)
    last._traces = lambda position: read.append(position) or exports[position]  # type: ignore[func-returns-value]
    last.pair(2, 3, tmp_path / "pairs.parquet")
    assert set(read) == {2}


def test_a_thousand_exports_are_a_dozen_files() -> None:
    assert blocks(0) == []
    assert blocks(10) == [(0, 8), (8, 9), (9, 10)]
    assert [stop - start for start, stop in blocks(1000)] == [512] + [64] * 7 + [8] * 5
    for exports in range(1, 200):
        covered = [n for start, stop in blocks(exports) for n in range(start, stop)]
        assert covered == list(range(exports))
        assert all(start % (stop - start) == 0 for start, stop in blocks(exports))


def test_pairs_of_a_new_export_read_no_earlier_export(tmp_path: Path) -> None:
    exports = many_exports(30)
    for position in range(29):
        pairs_of(tmp_path / "history", exports, position)
    read = []
    last = history_of(tmp_path / "history", exports)
    last._traces = lambda position: read.append(position) or exports[position]  # type: ignore[func-returns-value]
    last.pair(29, 30, tmp_path / "pairs.parquet")
    assert set(read) == {29}


def test_only_runs_that_the_next_export_needs_are_kept(tmp_path: Path) -> None:
    exports = many_exports(18)
    for position in range(18):
        pairs_of(tmp_path / "history", exports, position)
    kept = {name[:13] for name in names(tmp_path / "history") - {".lock"}}
    assert kept == {"000000-000008", "000008-000016", "000016-000017", "000017-000018"}
    pairs_of(tmp_path / "history", exports, 3)  # its pairs were lost, the traces are the same
    assert kept < {name[:13] for name in names(tmp_path / "history")}


def test_texts_beyond_the_sample_cap_are_counted_and_cost_no_wording(tmp_path: Path) -> None:
    exports = [export(n, *(("p", text) for text in range(n * 20, n * 20 + 20))) for n in range(9)]
    for position in range(9):
        _, report = pairs_of(tmp_path / "history", exports, position)
        assert report.pairs_possible == (10 * (position + 1)) ** 2 - (10 * position) ** 2
    (merged,) = (tmp_path / "history").glob("000000-000008-*.arrow")
    texts = pl.read_ipc(merged)
    assert (texts.height, texts["candidate"].count()) == (160, 4)


def test_traces_that_change_while_they_are_paired_leave_no_run_and_no_pairs_behind(
    tmp_path: Path,
) -> None:
    def changed(position: int) -> None:
        raise DpoMathError("its cleaned traces changed")

    pairing = history_of(tmp_path / "history", many_exports(2), check=changed)
    with pytest.raises(DpoMathError, match="changed"):
        pairing.pair(1, 2, tmp_path / "pairs.parquet")
    assert names(tmp_path / "history") == {".lock"}
    assert not (tmp_path / "pairs.parquet").exists()


def test_other_settings_do_not_use_the_wording_kept_for_smaller_ones(tmp_path: Path) -> None:
    exports = many_exports(3)
    pairs_of(tmp_path / "history", exports, 2)
    larger = PairingSettings(samples_per_side=9, candidate_pairs=40)
    # What stands for an export stands for the settings too, as in stages.pair_partition.
    wider = history_of(tmp_path / "history", exports, settings=larger)
    name = wider._name
    wider._name = lambda position: f"other-{name(position)}"
    wider.pair(2, 3, tmp_path / "pairs.parquet")
    expected, _ = build_pairs(exports[2], pl.concat(exports[:2]), larger)
    assert_frame_equal(pl.read_parquet(tmp_path / "pairs.parquet"), expected)


def test_exports_without_a_text_make_an_empty_table_of_the_right_columns(tmp_path: Path) -> None:
    exports = [export(0), export(1)]
    for position in range(2):
        pairs, report = pairs_of(tmp_path / "history", exports, position)
        assert pairs.equals(pl.DataFrame(schema=PAIR_SCHEMA))
        assert report == PairingReport()


def test_a_failure_half_way_leaves_the_earlier_pairs_standing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = many_exports(2)
    pairs_of(tmp_path / "history", exports, 1)
    before = (tmp_path / "pairs.parquet").read_bytes()
    calls: list[Any] = []

    def fails_the_third_time(*inputs: Any) -> Any:
        calls.append(inputs)
        if len(calls) == 3:
            raise OSError("disk full")
        return pair_texts(*inputs)

    monkeypatch.setattr(history, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(history, "pair_texts", fails_the_third_time)
    with pytest.raises(OSError, match="disk full"):
        pairs_of(tmp_path / "history", exports, 1)
    assert (tmp_path / "pairs.parquet").read_bytes() == before
    assert names(tmp_path) == {"history", "pairs.parquet"}
