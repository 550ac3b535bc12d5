"""What pairing has to know of earlier exports, kept so that a new export costs what is new in it.

The texts that an export was the first to bring (see `pairing.distinct_texts`) lie in a *run*, a
file sorted by prompt, side and hash. Eight neighbouring runs of a size are merged into one of the
next size (a log-structured merge, O'Neil et al. 1996). So the history of a thousand exports is a
dozen files, a text is written a few times at most, and of a prompt no more is read than the
smallest hashes of either side, which bisection finds: neither the number of exports nor what they
hold counts. No text is in two runs, so that the lengths of its parts are what a prompt has in all.

A run is nothing but what its exports' cleaned traces make it, and its name says which exports and
carries the digest of all that they and those before were made of. So a run is never out of date: it
is the one that is asked for, or it is made again, from smaller runs or from the cleaned traces. So
is one that is not what its SHA-256 says, which lies in a file beside it.
Runs that nothing asks for any more are removed. They are Arrow files without compression, so that
a look-up maps them and reads single rows. Of a prompt they hold the wording of `samples_per_side`
texts a side at most; of the others the keys.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dpo_math_assets.pairs.pairing import (
    GROUP,
    TEXT_SCHEMA,
    PairingReport,
    PairingSettings,
    PairsFound,
    count_exclusions,
    distinct_texts,
    pair_texts,
    unite_texts,
)
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.storage import TEMPORARY_PREFIX, atomic_file, file_digest, write_text
from dpo_math_assets.traces.prompts import text_key
from dpo_math_assets.traces.tables import ParquetTable

# How many runs of a size make one of the next size.
FAN = 8
# Texts that are in memory at once, with their wording.
ROWS_AT_ONCE = 200_000
PAIRS_A_ROW_GROUP = 100_000
# Of this many rows one is looked at, to find where a share of the prompts ends.
STRIDE = 64
SUM = ".sha256"

_Numbers = np.ndarray[Any, np.dtype[np.uint64]]
_Counts = np.ndarray[Any, np.dtype[np.int64]]

# What a run is sorted by: the prompt's hash; the reference answer's, whose last bit says which
# side; the completion's.
_KEYS = ["prompt_number", "side_number", "text_number"]
_NO_TEXT = pl.DataFrame(schema=TEXT_SCHEMA)
_END = 2**64


class Run:
    """A file of texts (TEXT_SCHEMA), mapped into memory; its batches end where a prompt ends."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        file = pa.ipc.open_file(pa.memory_map(str(path)))
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        self._batches = [batch for batch in batches if batch.num_rows]
        self._keys: list[list[_Numbers]] = [
            [batch.column(name).to_numpy(zero_copy_only=True) for name in _KEYS]
            for batch in self._batches
        ]

    def prompts(self, stride: int = 1) -> _Numbers:
        """The prompt's number of each row, or of every so many, in order."""
        chosen = [keys[0][::stride] for keys in self._keys]
        return np.concatenate([np.empty(0, np.uint64), *chosen])

    def between(self, low: int, high: int) -> pl.DataFrame:
        """The texts of the prompts whose numbers are `low` at least and less than `high`."""
        found = []
        for batch, (prompts, *_) in zip(self._batches, self._keys, strict=True):
            start, stop = (
                len(prompts) if edge == _END else int(np.searchsorted(prompts, np.uint64(edge)))
                for edge in (low, high)
            )
            if start < stop:
                found.append(batch.slice(start, stop - start))
        return _texts(found)

    def count(self, prompts: _Numbers) -> _Counts:
        """How many texts each of the prompts has; `prompts` is in order."""
        counts = np.zeros(len(prompts), np.int64)
        for _, of, low, high in self._places([prompts]):
            counts[of] += high - low
        return counts

    def smallest(self, sides: Sequence[_Numbers], most: int) -> tuple[list[Any], _Counts]:
        """Up to `most` texts of each side with the smallest hash, and how many texts it has.

        `sides` are the prompts' and the sides' numbers, in order of the prompts. The texts come as
        Arrow batches, for `_texts`.
        """
        found, counts = [], np.zeros(len(sides[0]), np.int64)
        for batch, of, low, high in self._places(sides):
            counts[of] += high - low
            taken = np.minimum(high - low, most)
            before = np.cumsum(taken) - taken
            rows = np.arange(taken.sum()) + np.repeat(low - before, taken)
            if len(rows):
                found.append(batch.take(rows))
        return found, counts

    def holds(self, texts: Sequence[_Numbers]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of the texts are in it; given by all their numbers, in order of the prompts."""
        held = np.zeros(len(texts[0]), np.bool_)
        for _, of, low, high in self._places(texts):
            held[of] = low < high
        return held

    def _places(self, wanted: Sequence[_Numbers]) -> Iterator[tuple[Any, slice, _Counts, _Counts]]:
        """For each batch, which of `wanted` may be in it, and from where to where each is."""
        prompts = wanted[0]
        for batch, keys in zip(self._batches, self._keys, strict=True):
            of = slice(
                int(np.searchsorted(prompts, keys[0][0], "left")),
                int(np.searchsorted(prompts, keys[0][-1], "right")),
            )
            low = np.searchsorted(keys[0], prompts[of], "left")
            high = np.searchsorted(keys[0], prompts[of], "right")
            for column, values in zip(keys[1:], wanted[1:], strict=False):
                low, high = (
                    _bisect(column, values[of], low, high, strictly) for strictly in (True, False)
                )
            yield batch, of, low, high


def _bisect(
    column: _Numbers, values: _Numbers, low: _Counts, high: _Counts, strictly: bool
) -> _Counts:
    """For each value its place in its own sorted part [low, high) of the column.

    That is where the values less than it end, or, if not `strictly`, those not more than it.
    """
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        at = column[np.where(open_, middle, 0)]
        before = open_ & ((at < values) if strictly else (at <= values))
        low = np.where(before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return low


def _texts(batches: list[Any]) -> pl.DataFrame:
    """Batches of runs as one frame of texts."""
    import pyarrow as pa

    if not batches:
        return _NO_TEXT
    frame = pl.from_arrow(pa.Table.from_batches(batches))
    assert isinstance(frame, pl.DataFrame)
    return frame.drop(_KEYS)


def _numbered(texts: pl.DataFrame) -> pl.DataFrame:
    """The texts with the columns that a run is sorted by, in that order."""

    def number(column: str) -> pl.Expr:
        return pl.col(column).str.to_integer(base=16, dtype=pl.UInt64)

    golds = texts["ground_truth"].unique()
    hashes = pl.Series([int(text_key(gold), 16) for gold in golds], dtype=pl.UInt64)
    # The default is for no text at all, where Polars would not know what type it maps to.
    group = texts["ground_truth"].replace_strict(golds, hashes, default=0, return_dtype=pl.UInt64)
    return texts.select(
        number("prompt_key").alias(_KEYS[0]),
        (group // 2 * 2 + pl.col("right").cast(pl.UInt64)).alias(_KEYS[1]),
        number("candidate_key").alias(_KEYS[2]),
        *TEXT_SCHEMA.names(),
    ).sort(_KEYS)


def _numbers(numbered: pl.DataFrame) -> list[_Numbers]:
    return [numbered[name].to_numpy() for name in _KEYS]


class _RunWriter:
    """Writes texts as a run, a share of the prompts at a time, in order."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._writer = pa.ipc.new_file(str(path), self._arrow(_numbered(_NO_TEXT)).schema)

    def __enter__(self) -> "_RunWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, numbered: pl.DataFrame) -> None:
        if numbered.height:
            self._writer.write_table(self._arrow(numbered).combine_chunks())

    @staticmethod
    def _arrow(numbered: pl.DataFrame) -> Any:
        return numbered.to_arrow(compat_level=pl.CompatLevel.oldest())


# Runs are opened anew for every share: what was read of the files does not add up in memory.


def merge_runs(paths: list[Path], settings: PairingSettings, target: Path) -> None:
    """Unite runs into one at `target`, a share of the prompts in memory at a time."""
    some = np.sort(np.concatenate([Run(path).prompts(STRIDE) for path in paths]))
    with _RunWriter(target) as writer:
        for low, high in _shares(some, STRIDE):
            parts = [Run(path).between(low, high) for path in paths]
            writer.write(_numbered(unite_texts(parts, settings)))


def write_first_seen(new: Path, earlier: list[Path], target: Path) -> None:
    """Write those texts of the run `new` as a run that none of the `earlier` ones holds."""
    with _RunWriter(target) as writer:
        for low, high in _shares(Run(new).prompts(), 1):
            texts = _numbered(Run(new).between(low, high))
            writer.write(texts.filter(~_held(texts, [Run(path) for path in earlier])))


def write_pairs(
    new: Path, earlier: list[Path], settings: PairingSettings, pairs_out: Path, first_seen: Path
) -> list[PairsFound]:
    """Write the pairs that the texts of the run `new` bring as Parquet, and its first-seen texts.

    The pairs are those of `pairing.pair_texts`, in the same order, with all texts of the `earlier`
    runs; `first_seen` becomes what `write_first_seen` writes.
    """
    found = []
    with ParquetTable(pairs_out, PAIR_SCHEMA) as table, _RunWriter(first_seen) as writer:
        for low, high in _shares_with_known(new, earlier, settings):
            texts = _numbered(Run(new).between(low, high))
            runs = [Run(path) for path in earlier]
            held = _held(texts, runs)
            writer.write(texts.filter(~held))
            known, sides = _known(texts, held, runs, settings)
            pairs, told = pair_texts(texts.drop(_KEYS), known, sides, settings)
            found.append(told)
            for rows in pairs.iter_slices(PAIRS_A_ROW_GROUP):
                table.write(rows)
    return found


def _shares(prompts: _Numbers, stride: int) -> list[tuple[int, int]]:
    """Ranges of prompts with about ROWS_AT_ONCE rows each; of so many rows one is in `prompts`."""
    return _between(np.unique(prompts[:: max(1, ROWS_AT_ONCE // stride)])[1:])


def _shares_with_known(
    new: Path, earlier: list[Path], settings: PairingSettings
) -> list[tuple[int, int]]:
    """The same for a run and what is read of earlier ones beside it."""
    prompts, rows = np.unique(Run(new).prompts(), return_counts=True)
    for path in earlier:
        rows = rows + np.minimum(Run(path).count(prompts), 2 * settings.samples_per_side)
    return _between(prompts[1:][np.diff(np.cumsum(rows) // ROWS_AT_ONCE) > 0])


def _between(cuts: _Numbers) -> list[tuple[int, int]]:
    edges = cuts.tolist()
    return list(zip([0, *edges], [*edges, _END], strict=True))


def _held(numbered: pl.DataFrame, runs: list[Run]) -> pl.Series:
    """Which of the texts are in any of the runs."""
    held = np.zeros(numbered.height, np.bool_)
    for run in runs:
        held |= run.holds([numbered[name].to_numpy() for name in _KEYS])
    return pl.Series(held)


def _known(
    numbered: pl.DataFrame, held: pl.Series, runs: list[Run], settings: PairingSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of the groups of these texts, what the runs hold that a sample can take, and their sides.

    The sides are what `pairing.count_sides` would say of all texts.
    """
    prompt, side = _KEYS[:2]
    right, new = pl.col("right"), pl.col("new")
    groups = (
        numbered.with_columns(pl.col(side) // 2 * 2, new=~held)
        .group_by(prompt, side, *GROUP)
        .agg(
            new_right=(right & new).sum().cast(pl.Int64),
            new_wrong=(~right & new).sum().cast(pl.Int64),
        )
        .sort(prompt, side)
    )
    # Both sides of a group, wrong and right in turn.
    sides = [np.repeat(groups[name].to_numpy(), 2) for name in (prompt, side)]
    sides[1] = sides[1] + np.tile(np.array([0, 1], np.uint64), groups.height)
    batches: list[Any] = []
    counts = np.zeros(2 * groups.height, np.int64)
    for run in runs:
        found, count = run.smallest(sides, settings.samples_per_side)
        batches += found
        counts += count
    return _texts(batches), groups.select(
        *GROUP,
        old_right=pl.Series(counts[1::2]),
        old_wrong=pl.Series(counts[::2]),
        right=pl.Series(counts[1::2]) + pl.col("new_right"),
        wrong=pl.Series(counts[::2]) + pl.col("new_wrong"),
    )


class History:
    """The runs of a sequence of exports, in a folder.

    `traces(position)` gives an export's cleaned traces (CLEANED_SCHEMA); `name(position)` stands
    for what this export and all before it were made of, and for the settings; `check(position)`
    raises an error where the traces are no longer those that the name stands for. The exports'
    names sort as they came.
    """

    def __init__(
        self,
        folder: Path,
        settings: PairingSettings,
        traces: Callable[[int], pl.LazyFrame],
        name: Callable[[int], str],
        check: Callable[[int], None],
    ) -> None:
        self.folder = folder
        self._settings = settings
        self._traces = traces
        self._name = name
        self._check = check

    def pair(self, position: int, exports: int, target: Path) -> PairingReport:
        """Write the pairs that the export at `position` of so many brings, and report on them."""
        with self._locked():
            earlier = self._earlier(position)
            own = self._path(position, position + 1)
            with (
                self._arrived(position) as new,
                atomic_file(target) as pairs,
                atomic_file(own) as first_seen,
            ):
                found = write_pairs(new, earlier, self._settings, pairs, first_seen)
                counts = count_exclusions(self._traces(position), self._settings)
                self._check(position)
            _write_sum(own)
            # What the next exports need; after a change in the middle also what is known of all.
            wanted = [*blocks(position), (position, position + 1), *blocks(exports)]
            self._remove_but({self._path(*block) for block in wanted})
        return PairingReport.of(found, counts)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from the runs; they wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _path(self, start: int, stop: int) -> Path:
        return self.folder / f"{start:06d}-{stop:06d}-{self._name(stop - 1)}.arrow"

    def _earlier(self, position: int) -> list[Path]:
        return [self._run(*block) for block in blocks(position)]

    def _run(self, start: int, stop: int) -> Path:
        """The run of the exports from `start` on and before `stop`, made where it is not there."""
        path = self._path(start, stop)
        if _is_whole(path):
            return path
        if stop - start == 1:
            earlier = self._earlier(start)
            with self._arrived(start) as new, atomic_file(path) as temporary:
                self._check(start)
                write_first_seen(new, earlier, temporary)
        else:
            size = (stop - start) // FAN
            parts = [self._run(at, at + size) for at in range(start, stop, size)]
            with atomic_file(path) as temporary:
                merge_runs(parts, self._settings, temporary)
            for part in parts:
                part.unlink()
        _write_sum(path)
        return path

    @contextmanager
    def _arrived(self, position: int) -> Iterator[Path]:
        """A run, for the moment, of all texts of an export, also those that are not new."""
        traces = self._traces(position)
        rows: int = traces.select(pl.len()).collect().item()
        with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=self.folder) as folder:
            parts = []
            for start in range(0, max(rows, 1), ROWS_AT_ONCE):
                texts = distinct_texts(traces.slice(start, ROWS_AT_ONCE), self._settings)
                parts.append(Path(folder) / f"{start}.arrow")
                with _RunWriter(parts[-1]) as writer:
                    writer.write(_numbered(texts))
            if len(parts) > 1:
                whole = Path(folder) / "whole.arrow"
                merge_runs(parts, self._settings, whole)
                parts = [whole]
            yield parts[0]

    def _remove_but(self, wanted: set[Path]) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():  # what a killed process left
                shutil.rmtree(path)
            elif path.with_suffix(".arrow") not in wanted and path.name != ".lock":
                path.unlink()


def blocks(exports: int) -> list[tuple[int, int]]:
    """The first exports in blocks of a power of FAN, the largest first: [start, stop) of each."""
    size = 1
    while size * FAN <= exports:
        size *= FAN
    found, start = [], 0
    while start < exports:
        while start + size > exports:
            size //= FAN
        found.append((start, start + size))
        start += size
    return found


def _write_sum(run: Path) -> None:
    write_text(run.with_suffix(SUM), file_digest(run, just_written=True))


def _is_whole(path: Path) -> bool:
    """Whether a run is there as it was written; one without a sum, where it can be opened."""
    import pyarrow as pa

    written = path.with_suffix(SUM)
    with suppress(OSError, pa.ArrowInvalid):
        if written.exists():
            return written.read_bytes().decode("ascii", "replace") == file_digest(path)
        Run(path)
        return True
    return False
