"""The tables of the evaluation, a comment a column. Every stage checks what it takes and gives."""

import polars as pl

PROMPT_SCHEMA = pl.Schema(
    {
        "prompt_id": pl.String,  # "<source>/<id in the file>": unique over all files
        "prompt": pl.String,
        "ground_truth": pl.String,
        "source": pl.String,  # "held_out", or the stem of the benchmark file
        "meta": pl.String,  # JSON object: the row's own meta
    }
)

# What the judge fills in; null in a sample that was not judged yet.
VERDICT_SCHEMA = pl.Schema(
    {
        "extracted": pl.String,  # the final answer that the verifier found
        "verdict": pl.String,  # correct, incorrect or undecided
        "reason": pl.String,  # reason code of the verdict
        "method": pl.String,  # how equality was established; null if undecided
        "verifier_version": pl.String,
    }
)

SAMPLE_SCHEMA = pl.Schema(
    [
        *PROMPT_SCHEMA.items(),
        ("model", pl.String),  # base, dpo or sft
        ("mode", pl.String),  # greedy or sampled
        ("sample", pl.Int64),  # 0..k-1 within its mode; the one greedy completion is 0
        ("completion", pl.String),
        ("completion_tokens", pl.Int64),  # with the end token; null where a server does not say
        ("truncated", pl.Boolean),  # the token limit came before the end token
        *VERDICT_SCHEMA.items(),
    ]
)
