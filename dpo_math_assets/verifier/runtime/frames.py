"""The verifier over frames: each distinct completion read once, each distinct pair compared once.

Logs repeat themselves: the same completion, far more often the same decisive part of one (see
`prefilter.py`), and the same pair of answer and gold. So rows are reduced to distinct parts, these
to distinct (answer, gold) pairs, and Polars settles the pairs that are plain integers; only the
rest is parsed and compared. Where that is much, worker processes do it, and a row that hangs or
crashes one is `undecided` without harm to the others (see `pool.py`).
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, overload

from dpo_math_assets.verifier.conventions import Conventions, version_of
from dpo_math_assets.verifier.equivalence.outcome import Comparison
from dpo_math_assets.verifier.extraction.options import LONE_LETTER, with_option
from dpo_math_assets.verifier.runtime.pipeline import compared, extracted
from dpo_math_assets.verifier.runtime.worker_pool import Failure, WorkerPool, shared_pool
from dpo_math_assets.verifier.verdict import NO_ANSWER

if TYPE_CHECKING:
    # A worker process imports this package and has no use for Polars.
    import polars as pl

VERDICT_COLUMNS = ("verdict", "reason", "method", "extracted", "verifier_version")

# Below these, starting workers costs more than they save.
PAIRS_WORTH_WORKERS = 20_000
CHARACTERS_WORTH_WORKERS = 40_000_000
# Texts, and bytes of them, that are Python strings at a time and that a worker answers at once.
GROUP = 100
GROUP_BYTES = 500_000

# Integers that are equal only if they are the same text: no leading zeros, no `-0`.
_PLAIN_INTEGER = r"^(?:0|-?[1-9][0-9]{0,17})$"

Progress = Callable[[int, int], None]


def verify_frame(
    frame: "pl.DataFrame | pl.LazyFrame",
    *,
    candidate: str = "candidate",
    ground_truth: str = "ground_truth",
    prompt: str | None = None,
    conventions: Conventions = Conventions(),  # noqa: B008 - frozen
    workers: int | None = None,
    timeout_s: float = 5.0,
    on_progress: Progress | None = None,
) -> "pl.DataFrame":
    """Verify every row: the same rows in the same order, with `VERDICT_COLUMNS` (String) added.

    `candidate` and `ground_truth` name the columns (text or numbers, nulls allowed) of completions
    and golds, and `prompt`, if given, that of the questions, whose options lone letters name;
    verdict columns that are there already are replaced. `timeout_s` bounds the work on
    one pair. `workers` is the number of processes, by default one a CPU; a small frame needs none.
    `on_progress(done, total)` counts the distinct parts of completions read and distinct pairs
    compared, of which `total` grows once the pairs are known.
    """
    import polars as pl

    from dpo_math_assets.verifier.extraction.markers import finders_with
    from dpo_math_assets.verifier.extraction.prefilter import decisive_parts

    def decisive(texts: pl.Series) -> pl.Series:
        return decisive_parts(texts, finders_with(conventions.markers), conventions.thoughts)

    rows = frame.lazy().drop(VERDICT_COLUMNS, strict=False).collect()
    texts = rows.lazy().select(
        candidate=pl.col(candidate).cast(pl.String).map_batches(decisive, pl.String),
        gold=pl.col(ground_truth).cast(pl.String).str.strip_chars(),
        prompt=pl.col(prompt).cast(pl.String) if prompt else pl.lit(None, pl.String),
    )
    # `first` is the first row with the same decisive part, which is read once for all of them.
    given = (pl.col("candidate").str.strip_chars() != "") & ~pl.col("gold").str.contains(NO_ANSWER)
    texts = texts.with_row_index("first").with_columns(
        pl.first("first").over("candidate"), given=given.fill_null(False)
    )
    judged = texts.collect()
    distinct = judged.lazy().filter("given").unique("first", maintain_order=True).collect()
    pool = shared_pool(workers or _cpus())
    progress = _Progress(on_progress, len(distinct))
    answers = _extract_all(distinct.get_column("candidate"), conventions, pool, timeout_s, progress)
    answers = answers.with_columns(distinct.get_column("first"))
    judged = judged.drop("candidate").join(answers, on="first", how="left", maintain_order="left")

    judged = _with_verdicts(_with_options(judged), conventions, pool, timeout_s, progress)

    reason = pl.coalesce("reason", "refusal")
    return rows.hstack(
        judged.select(
            pl.when("given").then("verdict").fill_null("undecided"),
            pl.when("given").then(reason).otherwise(pl.lit("missing_inputs")).alias("reason"),
            pl.when("given").then("method"),
            pl.when("given").then("extracted"),
            pl.lit(version_of(conventions)).alias("verifier_version"),
        )
    )


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Progress:
    """Adds up what several steps have done and tells the caller."""

    def __init__(self, tell: Progress | None, total: int) -> None:
        self.tell = tell
        self.done, self.total = 0, total

    def add(self, items: int) -> None:
        self.done += items
        if self.tell is not None:
            self.tell(self.done, self.total)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No search for reference cycles: trees are none, and each search would walk the whole heap."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


# Answers of some completions, and the reasons why others have none, in the same order.
_Columns = tuple[list[str | None], list[str | None]]


def _extract_all(
    candidates: "pl.Series",
    conventions: Conventions,
    pool: WorkerPool,
    timeout_s: float,
    progress: _Progress,
) -> "pl.DataFrame":
    """The final answer of each completion, or why there is none: extracted, refusal."""
    import polars as pl

    groups = _Groups(candidates)
    if sum(groups.sizes) > CHARACTERS_WORTH_WORKERS:
        found = _extracted_by_workers(groups, conventions, pool, timeout_s, progress)
    else:
        found = _extracted_here(groups, conventions, timeout_s, progress)
    answers: list[str | None] = []
    refusals: list[str | None] = []
    with _collector_at_rest():
        for some_answers, some_refusals in found:
            answers += some_answers
            refusals += some_refusals
    schema = {"extracted": pl.String, "refusal": pl.String}
    return pl.DataFrame({"extracted": answers, "refusal": refusals}, schema=schema)


def _extracted_here(
    groups: "_Groups", conventions: Conventions, timeout_s: float, progress: _Progress
) -> Iterator[_Columns]:
    for group in groups:
        found = [extracted(text, conventions, timeout_s) for text in group]
        yield [answer for answer, _ in found], [refusal for _, refusal in found]
        progress.add(len(group))


def _extracted_by_workers(
    groups: "_Groups",
    conventions: Conventions,
    pool: WorkerPool,
    timeout_s: float,
    progress: _Progress,
) -> Iterator[_Columns]:
    """A worker reads many texts at a time; only where that fails is each one asked for alone."""
    tell = _since(progress)
    context = conventions.model_dump(mode="json")
    replies = pool.map(
        "extract",
        groups,
        timeout_s,
        context=context,
        sizes=groups.sizes,
        on_progress=lambda done, _: tell(groups.bounds[done], groups.bounds[-1]),
    )
    for number, reply in enumerate(replies):
        if isinstance(reply, str):
            texts = [[text] for text in groups[number]]
            for alone in pool.map("extract", texts, timeout_s, context=context):
                yield ([None], [alone]) if isinstance(alone, str) else alone
        else:
            yield reply


class _Groups(Sequence[list[str]]):
    """The texts of a column in runs of at most `GROUP`, cut sooner where they are long.

    They become Python strings when a worker is handed them, and not all at once. `bounds` are the
    offsets of the runs and their end, `sizes` the bytes of each.
    """

    def __init__(self, texts: "pl.Series") -> None:
        self.texts = texts
        self.bounds, self.sizes = [0], list[int]()
        size = 0
        for end, length in enumerate(texts.str.len_bytes().to_list(), start=1):
            size += length
            if end - self.bounds[-1] == GROUP or size > GROUP_BYTES or end == len(texts):
                self.bounds.append(end)
                self.sizes.append(size)
                size = 0

    def __len__(self) -> int:
        return len(self.sizes)

    @overload
    def __getitem__(self, key: int) -> list[str]: ...
    @overload
    def __getitem__(self, key: slice) -> list[list[str]]: ...
    def __getitem__(self, key: int | slice) -> list[str] | list[list[str]]:
        if isinstance(key, slice):
            return [self[number] for number in range(*key.indices(len(self)))]
        start, end = self.bounds[key], self.bounds[key + 1]
        texts: list[str] = self.texts[start:end].to_list()
        return texts


def _with_options(judged: "pl.DataFrame") -> "pl.DataFrame":
    """`answer` and `gold` with the options of the question in the place of lone letters."""
    import polars as pl

    judged = judged.with_columns(answer=pl.col("extracted"))
    sides = ["prompt", "answer", "gold"]
    letters = pl.any_horizontal(pl.col("answer", "gold").str.contains(LONE_LETTER))
    named = judged.lazy().filter(letters, pl.col("prompt").is_not_null()).select(sides)
    rows = named.unique(maintain_order=True).drop_nulls().collect().rows()
    if not rows:
        return judged
    read = pl.DataFrame(
        [(*row, with_option(row[1], row[0]), with_option(row[2], row[0])) for row in rows],
        schema=dict.fromkeys((*sides, "read_answer", "read_gold"), pl.String),
        orient="row",
    )
    return judged.join(read, on=sides, how="left", maintain_order="left").with_columns(
        answer=pl.coalesce("read_answer", "answer"), gold=pl.coalesce("read_gold", "gold")
    )


def _with_verdicts(
    judged: "pl.DataFrame",
    conventions: Conventions,
    pool: WorkerPool,
    timeout_s: float,
    progress: _Progress,
) -> "pl.DataFrame":
    """The rows with the verdict of their answer and gold, each distinct pair compared once."""
    answered = judged.lazy().filter("given").select("answer", "gold").drop_nulls()
    pairs = answered.unique(maintain_order=True).collect()
    progress.total += len(pairs)
    verdicts = _compare_all(pairs, conventions, pool, timeout_s, progress)
    return judged.join(verdicts, on=["answer", "gold"], how="left", maintain_order="left")


def _compare_all(
    pairs: "pl.DataFrame",
    conventions: Conventions,
    pool: WorkerPool,
    timeout_s: float,
    progress: _Progress,
) -> "pl.DataFrame":
    """The verdict of each pair: answer, gold, verdict, reason, method."""
    import polars as pl

    plain = pl.all_horizontal(pl.col("answer", "gold").str.contains(_PLAIN_INTEGER))
    same = pl.col("answer") == pl.col("gold")
    integers = pairs.filter(plain).with_columns(
        verdict=pl.when(same).then(pl.lit("correct")).otherwise(pl.lit("incorrect")),
        reason=pl.when(same).then(pl.lit("pass")).otherwise(pl.lit("mismatch")),
        method=pl.when(same).then(pl.lit("exact")),
    )
    progress.add(len(integers))

    rest = pairs.filter(~plain)
    results: list[tuple[str | None, ...]] = []
    if len(rest) >= PAIRS_WORTH_WORKERS:
        answers = pool.map(
            "compare",
            rest.rows(),
            timeout_s,
            context=conventions.model_dump(mode="json"),
            on_progress=_since(progress),
        )
        results = [(*pair, *_comparison(x)) for pair, x in zip(rest.rows(), answers, strict=True)]
    else:
        with _collector_at_rest():
            for answer, gold in rest.iter_rows():
                verdict = compared(answer, gold, conventions, pool, timeout_s)
                results.append((answer, gold, *verdict))
                progress.add(1)
    return pl.concat([integers, pl.DataFrame(results, schema=integers.schema, orient="row")])


def _comparison(answer: Comparison | Failure) -> Comparison:
    return ("undecided", answer, None) if isinstance(answer, str) else answer


def _since(progress: _Progress) -> Progress:
    """A callback for a count that starts at nought beside one that goes on."""
    before = progress.done

    def tell(done: int, _total: int) -> None:
        progress.add(before + done - progress.done)

    return tell
