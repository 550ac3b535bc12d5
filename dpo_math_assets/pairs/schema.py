"""The preference pair as a table row, and as the JSON line that trainers read."""

import polars as pl

# Both labels of a pair are this verifier's, whatever checker the log names.
VERIFIER = "math.sympy.verify"

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
        "rejected_answer": pl.String,  # null where the completion holds no final answer
        "trace_id_pass": pl.String,
        "trace_id_fail": pl.String,
        "export_pass": pl.String,
        "export_fail": pl.String,
        "chosen_method": pl.String,  # how chosen was established as right; or human
        "rejected_method": pl.String,  # null where the verifier names no method for a mismatch
        "rejected_reason": pl.String,  # mismatch or human; no_final_answer if opted in
        "verifier": pl.String,
        "verifier_version": pl.String,  # both, comma-separated, where the two sides differ
        "score": pl.Float64,  # larger is better; depends on the pair alone
    }
)

SELECTED_SCHEMA = pl.Schema(
    [
        *PAIR_SCHEMA.items(),
        ("canonical_key", pl.String),  # one problem, one key, whatever the order of its operands
        ("split", pl.String),  # train or validation; a pair of a held-out prompt is not selected
        ("pass_rate", pl.Float64),  # share of the prompt's decided attempts that are correct
        ("attempts", pl.Int64),  # decided attempts that the pass rate rests on
        ("answer_count", pl.Int64),  # attempts at the prompt that gave the rejected answer
        ("chosen_length", pl.Int64),  # characters
        ("rejected_length", pl.Int64),
    ]
)
