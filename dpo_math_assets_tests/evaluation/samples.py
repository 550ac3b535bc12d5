"""Judged samples written as short strings, for tests that a reader checks by eye.

A letter is a completion: `c` correct, `w` wrong, and undecided: `n` no final answer, `e` empty,
`a` ambiguous answer, `u` a limit of the verifier.
"""

import polars as pl

from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA

_LETTERS = {
    "c": ("correct", "pass", "right"),
    "w": ("incorrect", "mismatch", "wrong"),
    "n": ("undecided", "no_final_answer", None),
    "e": ("undecided", "missing_inputs", None),
    "a": ("undecided", "ambiguous_answer", None),
    "u": ("undecided", "timeout", "strange"),
}


def judged(
    outcomes: dict[str, dict[str, tuple[str, str]]],
    *,
    prompts: dict[str, str] | None = None,
    sources: dict[str, str] | None = None,
    golds: dict[str, str] | None = None,
    meta: dict[str, str] | None = None,
) -> pl.DataFrame:
    """Samples of `{model: {prompt_id: (greedy letter or "", sampled letters)}}`."""
    rows = []
    for model, by_prompt in outcomes.items():
        for prompt_id, (greedy, sampled) in by_prompt.items():
            for mode, letters in (("greedy", greedy), ("sampled", sampled)):
                for number, letter in enumerate(letters):
                    verdict, reason, extracted = _LETTERS[letter]
                    rows.append(
                        {
                            "prompt_id": prompt_id,
                            "prompt": (prompts or {}).get(prompt_id, f"Solve {prompt_id}"),
                            "ground_truth": (golds or {}).get(prompt_id, "4"),
                            "source": (sources or {}).get(prompt_id, "held_out"),
                            "meta": (meta or {}).get(prompt_id, "{}"),
                            "model": model,
                            "mode": mode,
                            "sample": number,
                            "completion": f"FINAL ANSWER: {extracted}",
                            "completion_tokens": 5,
                            "truncated": letter == "n",
                            "extracted": extracted,
                            "verdict": verdict,
                            "reason": reason,
                            "method": "exact" if letter == "c" else None,
                            "verifier_version": "1",
                        }
                    )
    return pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row")


def same(count: int, greedy: str, sampled: str, start: int = 0) -> dict[str, tuple[str, str]]:
    """`count` prompts with one and the same outcome."""
    return {f"held_out/{number}": (greedy, sampled) for number in range(start, start + count)}
