"""The preference pair as a table row, and as the JSON line that trainers read."""

import polars as pl

PAIR_SCHEMA = pl.Schema(
    {
        "pair_id": pl.String,  # hash of prompt, chosen and rejected: the pair depends on text alone
        "prompt_key": pl.String,  # as in cleaned_traces
        "prompt": pl.String,
        "ground_truth": pl.String,
        "chosen": pl.String,  # a completion whose answer the verifier established as correct
        "rejected": pl.String,  # a completion whose answer it established as incorrect
        "chosen_key": pl.String,  # candidate_key of chosen
        "rejected_key": pl.String,
        "chosen_answer": pl.String,  # the extracted answers
        "rejected_answer": pl.String,
        "trace_id_pass": pl.String,
        "trace_id_fail": pl.String,
        "export_pass": pl.String,
        "export_fail": pl.String,
        "chosen_method": pl.String,  # the verifier's method for each side
        "rejected_method": pl.String,
        "verifier": pl.String,
        "verifier_version": pl.String,
        "score": pl.Float64,  # larger is better; depends on the pair alone
    }
)
