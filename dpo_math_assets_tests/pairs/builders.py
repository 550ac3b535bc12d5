"""Cleaned traces from a few literal words, for the tests of this folder."""

from hashlib import blake2b

import polars as pl

from dpo_math_assets.traces.schema import CLEANED_SCHEMA


def key(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def trace(
    prompt: str,
    candidate: str,
    verdict: str,
    *,
    export: str = "e1",
    line: int = 1,
    **columns: object,
) -> dict[str, object]:
    """A cleaned trace as a row; any column of CLEANED_SCHEMA can be given by name."""
    proof = {
        "correct": {"reason": "pass", "method": "exact"},
        "incorrect": {"reason": "mismatch", "method": None},
        "undecided": {"reason": "no_final_answer", "method": None},
    }[verdict]
    row: dict[str, object] = {
        "trace_id": f"{export}-{line}",
        "prompt": prompt,
        "candidate": candidate,
        "ground_truth": "14",
        "verifier": "math.sympy.verify",
        "meta": "{}",
        "export": export,
        "line_number": line,
        "prompt_key": key(prompt),
        "candidate_key": key(candidate),
        "extracted": candidate.split()[-1] if verdict != "undecided" else None,
        "verdict": verdict,
        "verifier_version": "1",
        "infrastructure_failure": False,
        "answer_source": "candidate",
        "duplicate": False,
        "near_duplicate": False,
        "truncated": False,
        "gold_conflict": False,
        **proof,
    }
    row |= columns
    own = {f"verifier_{name}": row[name] for name in ("verdict", "reason", "method")}
    return own | row


def cleaned(*rows: dict[str, object]) -> pl.LazyFrame:
    """The rows as a frame with CLEANED_SCHEMA."""
    return pl.DataFrame(list(rows), schema=CLEANED_SCHEMA).lazy()
