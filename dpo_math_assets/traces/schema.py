"""The tables of the log stages, a comment a column. Every stage checks what it takes and gives."""

import polars as pl

_Columns = dict[str, pl.DataType | type[pl.DataType]]

_TRACE_COLUMNS: _Columns = {
    "trace_id": pl.String,  # the log's id of the attempt; made from export and line if absent
    "prompt": pl.String,  # the problem as the solver saw it
    "candidate": pl.String,  # the completion, whole
    "final": pl.String,  # solver_output.data.final, where the log has one
    "ground_truth": pl.String,  # the reference answer
    "logged_ok": pl.Boolean,  # the log's verdict; null where it gives none we can read
    "logged_reason": pl.String,  # the log's reason for it
    "verifier": pl.String,  # the checker that the log names, or math.sympy.verify
    "solver": pl.String,  # the model or solver that the log names
    "created_at": pl.Datetime("us", "UTC"),
    "meta": pl.String,  # JSON object: every other field of the record, nothing dropped
    "export": pl.String,  # partition key of the export that the attempt came in
    "line_number": pl.Int64,  # 1-based line where its record starts
}
TRACE_SCHEMA = pl.Schema(_TRACE_COLUMNS)

_QUARANTINE_COLUMNS: _Columns = {
    "export": pl.String,
    "line_number": pl.Int64,  # 1-based line where the unreadable part starts
    "byte_offset": pl.Int64,  # in the decompressed export
    "reason": pl.String,  # a short code, the same for the same defect
    "detail": pl.String,  # what is wrong and what to do
    "line": pl.Binary,  # the bytes, whole, as they came
}
QUARANTINE_SCHEMA = pl.Schema(_QUARANTINE_COLUMNS)

_CLEANED_COLUMNS: _Columns = {
    **_TRACE_COLUMNS,
    "prompt_key": pl.String,  # hash of the normalised prompt: one problem, one key
    "candidate_key": pl.String,  # hash of the completion's text
    "judged_key": pl.String,  # stands for what was judged: a text, its prompt, its gold
    "extracted": pl.String,  # the final answer that the verifier found
    "verdict": pl.String,  # correct, incorrect or undecided; a person's where there is one
    "reason": pl.String,  # reason code of the verdict; human where it is a person's
    "method": pl.String,  # text, exact, structural, numeric, symbolic or human; null if undecided
    "verifier_verdict": pl.String,  # the verifier's own, whatever a person says
    "verifier_reason": pl.String,
    "verifier_method": pl.String,
    "verifier_version": pl.String,
    "override": pl.String,  # what a person decided: correct, incorrect, exclude, or null
    "override_by": pl.String,  # who
    "override_note": pl.String,  # why
    "infrastructure_failure": pl.Boolean,  # the log's verdict says nothing about the answer
    "agrees_with_log": pl.Boolean,  # null where either side gives no verdict
    "answer_source": pl.String,  # what was verified: candidate, or final where that has none
    "duplicate": pl.Boolean,  # same prompt, gold and completion earlier in this export
    "near_duplicate": pl.Boolean,  # the same but for case and white space, earlier in it
    "truncated": pl.Boolean,  # the completion was cut off
    "gold_conflict": pl.Boolean,  # another trace of this export has another gold for the prompt
}
CLEANED_SCHEMA = pl.Schema(_CLEANED_COLUMNS)
