"""Problems that ask what a protected one asks, bare or wrapped (see `decontamination`)."""

import polars as pl

from dpo_math_assets.pairs.likeness import (
    PROBLEMS_AT_ONCE,
    RANK,
    DecontaminationSettings,
    first_match,
    no_template,
)
from dpo_math_assets.pairs.split import TRAIN
from dpo_math_assets.traces.prompts import plain_text, tokens
from dpo_math_assets.traces.wrapping import TASK_WORDS, Piece, asked_and_all_pieces

# Neighbouring pieces of a prompt that are looked at together. Longer problems share runs of words.
_PIECES = 12


# A question of one number with no more tokens than this may be part of any problem.
_TOKENS_ASKED = 2


def same_problem(entries: pl.DataFrame, settings: DecontaminationSettings) -> list[pl.DataFrame]:
    """(row, match, why) of problems that ask what a protected one asks, bare or wrapped.

    The problem of either side is looked for everywhere in the other's prompt, so that only one of
    them has to be told from its wrapping.
    """
    protected = entries.filter(pl.col("rank") < RANK[TRAIN])
    training = entries.filter(pl.col("rank") == RANK[TRAIN])
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
        first_match(rows, protectors).with_columns(pl.lit(why).alias("why"))
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
    examples = no_template(beside, settings.template_prompts)
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
