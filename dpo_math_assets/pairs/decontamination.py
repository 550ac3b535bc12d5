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
`wrapped_problem`
    One holds the other's problem, however short, between two places where a wrapping may end (see
    `traces.wrapping`): behind an instruction, under a system prompt, as a worked example. Words in
    which a task is put do not count. What stands in this way beside more than ten different
    problems is a template's worked example and says nothing.
"""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.errors import DatasetError
from dpo_math_assets.pairs.split import EVAL, TRAIN, VALIDATION
from dpo_math_assets.traces.prompts import canonical_key, plain_text, tokens
from dpo_math_assets.traces.wrapping import (
    NUMBER_WORDS,
    TASK_WORDS,
    Piece,
    asked_and_all_pieces,
)

REMOVED_SCHEMA = pl.Schema(
    {
        "prompt_key": pl.String,
        "prompt": pl.String,  # the problem that is not trained on
        "split": pl.String,  # the side that it is removed from
        "why": pl.String,  # one of WHYS
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

# In the order in which a removal is explained.
WHYS = ("same_problem", "shared_words", "same_numbers", "same_answer", "wrapped_problem")

# Runs of a prompt that are looked at for `same_answer`: those of the smallest hash, which two
# prompts have in common if most of their wording is (a bottom-k sketch, Broder 1997). All of them,
# each without every number in turn, would be the square of a prompt's length.
_SKETCH = 8

_OPERATOR = r"[-+/^=<>%]"
_NUMBER_WORD = rf"\b(?:{'|'.join(sorted(NUMBER_WORDS))})\b"

# Neighbouring pieces of a prompt that are looked at together. Longer problems share runs of words.
_PIECES = 12
# A question of one number with no more tokens than this may be part of any problem.
_TOKENS_ASKED = 2

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
                pl.read_csv(path, infer_schema=False, glob=False)
                if path.suffix == ".csv"
                else pl.read_parquet(path, glob=False)
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


def _same_problem(entries: pl.DataFrame, settings: DecontaminationSettings) -> list[pl.DataFrame]:
    """(row, match, why) of problems that ask what a protected one asks, bare or wrapped.

    The problem of either side is looked for everywhere in the other's prompt, so that only one of
    them has to be told from its wrapping.
    """
    protected = entries.filter(pl.col("rank") < _RANK[TRAIN])
    training = entries.filter(pl.col("rank") == _RANK[TRAIN])
    asked, held = _asked_and_held(protected, settings)
    texts, problems = [held], [asked]
    for batch in training.iter_slices(PROBLEMS_AT_ONCE):
        its_problem, its_text = _asked_and_held(batch, settings)
        texts.append(its_text.join(asked.select("key").unique(), on="key", how="semi"))
        problems.append(its_problem.join(held.select("key").unique(), on="key", how="semi"))
    found = _without_examples(pl.concat(texts), settings)
    keyed = entries.with_columns(pl.col("canonical_key").alias("key"))
    short = pl.col("asked") & pl.col("short")
    return [
        _first_match(rows, protectors).with_columns(pl.lit(why).alias("why"))
        for rows, protectors, why in (
            (keyed, keyed, "same_problem"),
            (found.filter(short), asked.filter(short), "same_problem"),
            (found, asked, "wrapped_problem"),
            (pl.concat(problems), _without_examples(held, settings), "wrapped_problem"),
        )
    ]


_HELD_SCHEMA = pl.Schema(
    {
        "row": pl.UInt32,
        "rank": pl.Int8,
        "key": pl.UInt64,  # of the tokens of neighbouring pieces
        "problem": pl.UInt64,  # the key of what the prompt asks
        "asked": pl.Boolean,  # whether the key is of what the prompt asks
        "short": pl.Boolean,  # whether the prompt has few words
    }
)


def _asked_and_held(
    prompts: pl.DataFrame, settings: DecontaminationSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The keys of what each prompt asks, and of everything that it might ask (_HELD_SCHEMA)."""
    asked: list[tuple[int, int, int, int, bool, bool]] = []
    held: list[tuple[int, int, int, int, bool, bool]] = []
    for row, rank, prompt in prompts.select("row", "rank", "prompt").iter_rows():
        text = plain_text(prompt)
        short = len(text.split()) < 2 * settings.overlap_words
        posed, parts = asked_and_all_pieces(text)
        every = _asked_tokens(parts)
        own = _asked_keys(posed, every if posed is parts else _asked_tokens(posed))
        problem = own[0] if own else row
        asked.extend((row, rank, key, problem, True, short) for key in own)
        others = _run_keys(every).difference(own)
        held.extend((row, rank, key, problem, False, short) for key in others)
    mine = pl.DataFrame(asked, schema=_HELD_SCHEMA, orient="row")
    return mine, pl.concat([mine, pl.DataFrame(held, schema=_HELD_SCHEMA, orient="row")])


def _without_examples(held: pl.DataFrame, settings: DecontaminationSettings) -> pl.DataFrame:
    """Without keys that many prompts hold beside their own problem: worked examples, boilerplate.

    A prompt that asks just that stays.
    """
    beside = held.filter(~pl.col("asked"))
    examples = _no_template(beside, settings.template_prompts)
    return pl.concat([held.filter("asked"), examples])


def _asked_keys(asked: list[Piece], tokens: list[list[str]]) -> list[int]:
    """The keys of a problem: of all of it, and of its part from first to last number.

    The latter does without what stands before and behind the numbers. It is left out where that
    could be any problem's: one number, and no question that is asked of it. No key where there is
    a single token, or none: that says too little. `tokens` are those of each piece.
    """
    found = []
    if sum(map(len, tokens)) > 1:
        found.append(_sum_key(tokens))
    counting = [place for place, piece in enumerate(asked) if piece.counts]
    if counting:
        part = slice(counting[0], counting[-1] + 1)
        within = tokens[part]
        numbers = sum(token[0].isdigit() for each in within for token in each)
        if numbers > 1 or (
            any(piece.asks for piece in asked[part]) and sum(map(len, within)) > _TOKENS_ASKED
        ):
            found.append(_sum_key(within))
    return found


def _run_keys(tokens: list[list[str]]) -> set[int]:
    """The keys of up to _PIECES neighbouring pieces, given by their tokens, from each one on."""
    tokens = [each for each in tokens if each]
    keys = set()
    for start in range(len(tokens)):
        names: set[str] = set()
        total = count = 0
        for each in tokens[start : start + _PIECES]:
            for token in each:
                if token not in names:
                    total += hash(token)
                    count += 1
                    if token.isalpha():
                        names.add(token)
            if count > 1:
                keys.add(total % _KEYS)
    return keys


_KEYS = 2**64


def _sum_key(parts: list[list[str]]) -> int:
    """A key of the tokens in whatever order; words and letters count once.

    *For x* may be said or not. It holds in this process only.
    """
    told = [token for each in parts for token in each]
    names = {token for token in told if token.isalpha()}
    others = (hash(token) for token in told if not token.isalpha())
    return (sum(map(hash, names)) + sum(others)) % _KEYS


def _asked_tokens(parts: list[Piece]) -> list[list[str]]:
    """The tokens of each piece, without the words in which a task is put and closing signs."""
    found = []
    for piece in parts:
        text = piece.text.replace("\\(", "").replace("\\)", "")
        text = text.replace("\\[", "").replace("\\]", "").rstrip("=_?. ")
        found.append([token for token in tokens(text) if token not in TASK_WORDS])
    return found


def _first_match(rows: pl.DataFrame, protectors: pl.DataFrame) -> pl.DataFrame:
    """(row, match) of the rows whose key a row of a more protected side has.

    Both frames have row, rank and key, and may be the same.
    """
    protecting = (
        protectors.filter(pl.col("rank") < _RANK[TRAIN])
        .group_by("key")
        .agg(
            pl.col("row").sort_by("rank", "row").first().alias("match"),
            pl.col("rank").min().alias("match_rank"),
        )
    )
    return (
        rows.filter(pl.col("rank") > _RANK[EVAL])
        .join(protecting, on="key")
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
        _first_match(found, found).with_columns(pl.lit(why).alias("why"))
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
    spoken, heard = (re.findall(r"[^\W_]+", plain_text(text).lower()) for text in (prompt, other))
    there = {tuple(heard[at : at + words]) for at in range(len(heard) - words + 1)}
    for at in range(len(spoken) - words + 1):
        if tuple(spoken[at : at + words]) in there:
            return " ".join(spoken[at : at + words])
    return None


def _plain(prompts: pl.DataFrame) -> pl.Series:
    """The prompts in plain characters; white space matters to nobody here."""
    return pl.Series("word", [plain_text(text) for text in prompts["prompt"]], pl.String)


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
