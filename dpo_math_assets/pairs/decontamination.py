"""Problems that must not be trained on, because something they would be measured by is like them.

Held-out problems and benchmarks protect themselves against training, and validation problems
against training; nothing is ever moved to another side, so the split stays stable as data grows.
Two problems are alike, by the first of these that holds:

`same_problem`
    They ask for the same words, numbers and operators in any order. In prompts of under 2n words,
    where runs of words seldom fit, the words in which a task is put (*compute*, *what is the value
    of*) do not count.
`shared_words`
    They share a run of n words, as in GPT-3 (arXiv 2005.14165, appendix C) and open-r1 (n = 8). A
    run that occurs in more than ten problems is the wording of a template and says nothing, which
    is GPT-3's exception too.
`same_numbers`
    They share a run of n words, be it a template's, and all numbers and operators: one template,
    and the same numbers put into it.
`same_answer`
    They share a run of n words, be it a template's, and the reference answer, and all numbers and
    operators but one number that either has: *Question 3.* before one and *Question 4.* before the
    other. That number is a counter and no part of the problem if all problems with that run and
    the other numbers have one answer; the own numbers of a template change the answer. Problems
    without an answer, or with no number beside the counter, are not looked at.
"""

import json
import re
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION
from dpo_math_assets.traces.prompts import canonical_key, canonical_tokens, normalise_prompt

REMOVED_SCHEMA = pl.Schema(
    {
        "prompt_key": pl.String,
        "prompt": pl.String,  # the problem that is not trained on
        "split": pl.String,  # the side that it is removed from
        "why": pl.String,  # same_problem, shared_words, same_numbers or same_answer
        "matched_source": pl.String,  # eval, validation, or the benchmark file's name
        "matched_id": pl.String,
        "matched_prompt": pl.String,
        "matched_words": pl.String,  # the first run of words that both have, or null
    }
)

# The side that is protected first wins: a problem like both a benchmark and a held-out problem is
# reported against the benchmark.
_RANK = {"benchmark": 0, EVAL: 1, VALIDATION: 2, TRAIN: 3}

# Problems whose runs of words are in memory at once.
PROBLEMS_AT_ONCE = 50_000

# The words in which a task is put. What is left of a prompt without them is what it asks.
_TASK_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        answer calculate compute determine evaluate express find give simplify solve tell work write
        a an are as be by does equal equals following for given how i is it let me much of out
        please problem result s the this to value what you your
        """,
    )
)

# In the order in which a removal is explained.
WHYS = ("same_problem", "shared_words", "same_numbers", "same_answer")

# Runs of a prompt that are looked at for `same_answer`: those of the smallest hash, which two
# prompts have in common if most of their wording is (a bottom-k sketch, Broder 1997). All of them,
# each without every number in turn, would be the square of a prompt's length.
_SKETCH = 8

_OPERATOR = r"[-+/^=<>%]"
_NUMBER_WORD = (
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety|hundred|thousand|million)\b"
)

# Names that a prompt has in eval sets, the first one present counts.
PROMPT_FIELDS = ("prompt", "question", "problem")

# Names of the reference answer; the training set's own files have it in `meta`.
ANSWER_FIELDS = ("ground_truth", "answer")


class DecontaminationSettings(BaseModel):
    """What counts as the same problem in other words."""

    overlap_words: int = Field(
        8, ge=4, description="Prompts that share a run of this many words are near duplicates."
    )
    template_prompts: int = Field(
        10,
        ge=1,
        description="A run of words in more problems than this is a template's and says nothing.",
    )
    benchmark_files: list[str] = Field(
        default_factory=list,
        description="Eval sets whose problems must not be trained on: JSONL, CSV or Parquet files "
        "with a prompt (or question, or problem) and, where there is one, an id.",
    )


def contaminated(problems: pl.DataFrame, settings: DecontaminationSettings) -> pl.DataFrame:
    """The train and validation problems that are like a protected one, each with what it is like.

    Takes rows with prompt_key, prompt, canonical_key, split and, where it is known, ground_truth;
    gives REMOVED_SCHEMA rows in the same order, at most one a problem. Raises DatasetError for a
    benchmark file it cannot read.
    """
    benchmarks = read_benchmarks(settings.benchmark_files)
    known_answer = pl.col("ground_truth") if "ground_truth" in problems.columns else pl.lit(None)
    entries = pl.concat(
        [
            benchmarks.with_columns(pl.lit("benchmark").alias("side")),
            problems.select(
                pl.col("split").alias("source"),
                pl.col("prompt_key").alias("id"),
                "prompt",
                "canonical_key",
                known_answer.cast(pl.String).alias("ground_truth"),
                pl.col("split").alias("side"),
            ),
        ]
    ).with_columns(
        pl.col("side").replace_strict(_RANK, return_dtype=pl.Int8).alias("rank"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        # A number for the canonical key is smaller than the key.
        pl.col("canonical_key").rank("dense").cast(pl.UInt32).alias("problem"),
    )
    matches = pl.concat([*_same_problem(entries, settings), *_shared_runs(entries, settings)])
    first = (
        matches.with_columns(pl.col("why").cast(pl.Enum(WHYS)))
        .sort("row", "why", "match")
        .unique("row", keep="first", maintain_order=True)
    )
    matched = entries.select(
        pl.col("row").alias("match"),
        pl.col("source").alias("matched_source"),
        pl.col("id").alias("matched_id"),
        pl.col("prompt").alias("matched_prompt"),
    )
    removed = (
        first.join(
            entries.select("row", pl.col("id").alias("prompt_key"), "prompt", "side"), on="row"
        )
        .join(matched, on="match")
        .sort("row")
        .rename({"side": "split"})
    )
    run = [
        first_shared_run(prompt, other, settings.overlap_words)
        for prompt, other in removed.select("prompt", "matched_prompt").iter_rows()
    ]
    return removed.with_columns(
        pl.Series("matched_words", run, dtype=pl.String), pl.col("why").cast(pl.String)
    ).select(REMOVED_SCHEMA.names())


def read_benchmarks(files: list[str]) -> pl.DataFrame:
    """The problems of eval sets as rows (source, id, prompt, canonical_key, ground_truth).

    A row needs one of PROMPT_FIELDS; `id` is its number in the file where there is none, and
    ground_truth, the first of ANSWER_FIELDS that is present, may be null. Raises
    DatasetError, with file and line, for what is not such a row: a benchmark that is half read
    protects half.
    """
    rows = []
    for name in files:
        path = Path(name)
        for number, record in _records(path):
            where = f"{path}, line {number}"
            field = next((field for field in PROMPT_FIELDS if field in record), None)
            if field is None:
                raise DatasetError(
                    f"{where}: has none of {', '.join(PROMPT_FIELDS)}, only "
                    f"{', '.join(map(str, record)) or 'nothing'}; rename its field, or leave the "
                    "file out of benchmark_files"
                )
            prompt = record[field]
            if not isinstance(prompt, str) or not prompt.strip():
                raise DatasetError(f"{where}: {field} must be text, got {prompt!r}")
            rows.append(
                (
                    path.name,
                    str(record.get("id", number)),
                    prompt,
                    canonical_key(prompt),
                    _answer(record),
                )
            )
    return pl.DataFrame(
        rows,
        schema=dict.fromkeys(
            ["source", "id", "prompt", "canonical_key", "ground_truth"], pl.String
        ),
        orient="row",
    )


def _answer(record: dict[str, Any]) -> str | None:
    """The reference answer of an eval set's row, or null; GSM8K has it behind `####`."""
    meta = record.get("meta")
    known = {**(meta if isinstance(meta, dict) else {}), **record}
    answer = next((known[field] for field in ANSWER_FIELDS if field in known), None)
    return None if answer is None else str(answer).rsplit("####", 1)[-1]


def _records(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The rows of an eval set with their numbers, from 1."""
    try:
        if path.suffix in (".csv", ".parquet"):
            table = (
                pl.read_csv(path, infer_schema=False)
                if path.suffix == ".csv"
                else pl.read_parquet(path)
            )
            return list(enumerate(table.iter_rows(named=True), start=1))
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise DatasetError(f"benchmark file {path} cannot be read: {error}") from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(
                f"{path}, line {number}: not JSON ({error}); correct the line or leave the file "
                "out of benchmark_files"
            ) from error
        if not isinstance(record, dict):
            raise DatasetError(f"{path}, line {number}: must be a JSON object, got {record!r}")
        records.append((number, record))
    return records


def asked_key(prompt: str) -> str | None:
    """16 hex digits of what a prompt asks, without the words in which the task is put.

    Words and letters count once, since *for x* may be said or not. Null where nothing but task
    words, or a single token, is left: that says too little.
    """
    tokens = [token for token in canonical_tokens(prompt) if token not in _TASK_WORDS]
    names = {token for token in tokens if token.isalpha()}
    asked = sorted([*names, *(token for token in tokens if token not in names)])
    return _hash(asked) if len(asked) > 1 else None


def _hash(tokens: list[str]) -> str:
    return blake2b("\x1f".join(tokens).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _same_problem(entries: pl.DataFrame, settings: DecontaminationSettings) -> list[pl.DataFrame]:
    """(row, match, why) of problems that ask what a protected one asks."""
    short = pl.concat(
        [
            entries.clear(),
            *(
                batch.filter(_words(batch).list.len() < 2 * settings.overlap_words)
                for batch in entries.iter_slices(PROBLEMS_AT_ONCE)
            ),
        ]
    )
    asked = pl.Series([asked_key(text) for text in short["prompt"]], dtype=pl.String)
    return [
        _first_match(keyed.drop_nulls("key")).with_columns(pl.lit("same_problem").alias("why"))
        for keyed in (
            entries.select("row", "rank", pl.col("canonical_key").alias("key")),
            short.select("row", "rank", asked.alias("key")),
        )
    ]


def _first_match(keyed: pl.DataFrame) -> pl.DataFrame:
    """(row, match) of the rows whose key a row of a more protected side has (row, rank, key)."""
    protectors = (
        keyed.filter(pl.col("rank") < _RANK[TRAIN])
        .group_by("key")
        .agg(
            pl.col("row").sort_by("rank", "row").first().alias("match"),
            pl.col("rank").min().alias("match_rank"),
        )
    )
    return (
        keyed.filter(pl.col("rank") > _RANK[EVAL])
        .join(protectors, on="key")
        .filter(pl.col("match_rank") < pl.col("rank"))
        .group_by("row")
        .agg(pl.col("match").min())
    )


def _shared_runs(entries: pl.DataFrame, settings: DecontaminationSettings) -> list[pl.DataFrame]:
    """(row, match, why) of problems that share a run of words with a protected one.

    The training problems are looked at a batch at a time, and of their runs only those are kept
    that a protected problem has and that are not known to be a template's by then.
    """
    protected = entries.filter(pl.col("rank") < _RANK[TRAIN])
    training = entries.filter(pl.col("rank") == _RANK[TRAIN])
    runs = pl.concat(
        [
            _runs(batch, settings.overlap_words)
            for batch in (
                protected.iter_slices(PROBLEMS_AT_ONCE) if len(protected) else [protected]
            )
        ]
    )
    known = runs.select(pl.col("key").unique())
    posed = _with_numbers(runs, protected)
    counted = _no_template(_without_a_number(runs, protected), 1)
    told = _no_template(runs, settings.template_prompts)
    room, more_room = 2 * told.height, 2 * counted.height
    for batch in training.iter_slices(PROBLEMS_AT_ONCE):
        runs = _runs(batch, settings.overlap_words).join(known, on="key", how="semi")
        told = pl.concat([told, runs.join(told.select("key").unique(), on="key", how="semi")])
        if told.height > room:
            told = _no_template(told, settings.template_prompts)
            room = 2 * told.height
        answered = _without_a_number(runs, batch)
        counted = pl.concat(
            [counted, answered.join(counted.select("key").unique(), on="key", how="semi")]
        )
        if counted.height > more_room:
            counted = _no_template(counted, 1)
            more_room = 2 * counted.height
        numbered = _with_numbers(runs, batch)
        posed = pl.concat(
            [posed, numbered.join(posed.select("key").unique(), on="key", how="semi")]
        )
    return [
        _first_match(found).with_columns(pl.lit(why).alias("why"))
        for found, why in (
            (_no_template(told, settings.template_prompts), "shared_words"),
            (posed, "same_numbers"),
            (_no_template(counted, 1), "same_answer"),
        )
    ]


def _with_numbers(runs: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """The runs with the prompt's numbers and operators as part of the key; none without numbers."""
    asked = prompts.join(runs.select("row").unique(), on="row", how="semi")
    figures = _figures(asked, rf"\d+(?:\.\d+)?|{_OPERATOR}").list.sort().list.join(" ")
    figures = figures.set(~figures.str.contains(r"\d"), None)
    return (
        runs.join(asked.select("row", figures.alias("figures")), on="row")
        .drop_nulls("figures")
        .with_columns(pl.struct("key", "figures").hash().alias("key"))
        .drop("figures")
    )


def _without_a_number(runs: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """(row, rank, problem, key) of problems with an answer, where `problem` is that answer.

    A key is one of a few runs with the prompt's numbers and operators: with all of them, and with
    each number left out in turn, as long as another one stays.
    """
    spelling = pl.col("ground_truth").str.to_lowercase().str.replace_all(r"[\s,$]", "")
    answers = (
        prompts.select("row", spelling.alias("answer"))
        .filter(pl.col("answer") != "")
        .with_columns(pl.col("answer").hash())
    )
    few = runs.join(answers, on="row").filter(pl.col("key").rank("ordinal").over("row") <= _SKETCH)
    asked = prompts.join(few.select("row").unique(), on="row", how="semi")
    # Sums of 40 bits stand for the figures in any order, and cannot overflow.
    figures = (
        asked.select(
            "row", _figures(asked, rf"\d+(?:\.\d+)?|{_NUMBER_WORD}|{_OPERATOR}").alias("figure")
        )
        .explode("figure")
        .drop_nulls("figure")
        .select(
            "row",
            pl.col("figure").str.contains(r"\w").alias("number"),
            (pl.col("figure").hash() // 2**24).alias("weight"),
        )
    )
    sums = figures.group_by("row").agg(
        pl.col("weight").sum().alias("all"), pl.col("number").sum().alias("numbers")
    )
    left = (
        figures.filter("number")
        .select("row", "weight")
        .unique()
        .join(sums.filter(pl.col("numbers") > 1), on="row")
        .select("row", (pl.col("all") - pl.col("weight")).alias("figures"))
    )
    whole = sums.filter(pl.col("numbers") > 0).select("row", pl.col("all").alias("figures"))
    return few.join(pl.concat([whole, left]), on="row").select(
        "row",
        "rank",
        pl.col("answer").alias("problem"),
        pl.struct("key", "figures").hash().alias("key"),
    )


def _figures(prompts: pl.DataFrame, pattern: str) -> pl.Series:
    """Each prompt's matches of `pattern`; a hyphen inside a word is no minus, `1,000` is 1000."""
    return (
        _plain(prompts)
        .str.to_lowercase()
        .str.replace_all(r"(\d),(\d{3})", "${1}${2}")
        .str.replace_all(r"(\p{L})-(\p{L})", "${1} ${2}")
        .str.extract_all(pattern)
    )


def _no_template(found: pl.DataFrame, template_prompts: int) -> pl.DataFrame:
    """The rows (row, rank, problem, key) whose key no more than `template_prompts` problems have.

    Dropping a key early is dropping it for good: its number of problems only grows.
    """
    wordings = (
        found.group_by("key")
        .agg(pl.col("problem").n_unique().alias("problems"))
        .filter(pl.col("problems") > template_prompts)
    )
    return found.join(wordings, on="key", how="anti")


def first_shared_run(prompt: str, other: str, words: int) -> str | None:
    """The first run of `words` words of `prompt` that `other` has too, or null."""
    spoken, heard = (
        re.findall(r"[^\W_]+", normalise_prompt(text).lower()) for text in (prompt, other)
    )
    there = {tuple(heard[at : at + words]) for at in range(len(heard) - words + 1)}
    for at in range(len(spoken) - words + 1):
        if tuple(spoken[at : at + words]) in there:
            return " ".join(spoken[at : at + words])
    return None


def _plain(prompts: pl.DataFrame) -> pl.Series:
    """The prompts without what no reader sees; white space matters to nobody here."""
    plain = [text if text.isascii() else normalise_prompt(text) for text in prompts["prompt"]]
    return pl.Series("word", plain, pl.String)


def _words(prompts: pl.DataFrame) -> pl.Series:
    """Each prompt's words and numbers, in lower case."""
    return (
        _plain(prompts)
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
        .str.split(" ")
    )


def _runs(prompts: pl.DataFrame, words: int) -> pl.DataFrame:
    """(row, rank, problem, key) of every run of `words` words of each prompt, once.

    The key is the run's 64-bit hash.
    """
    spoken = prompts.select("row", _words(prompts)).explode("word").filter(pl.col("word") != "")
    return (
        spoken.select(
            "row",
            (pl.col("row") == pl.col("row").shift(1 - words)).alias("within"),
            pl.concat_str([pl.col("word").shift(-ahead) for ahead in range(words)], separator=" ")
            .hash()
            .alias("key"),
        )
        .filter("within")
        .select("row", "key")
        .unique()
        .join(prompts.select("row", "rank", "problem"), on="row")
        .select("row", "rank", "problem", "key")
    )
