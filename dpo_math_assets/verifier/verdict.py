"""What the verifier says of one answer, and the version of the verifier that said it."""

from dataclasses import dataclass

# Raise it with every change that can change a verdict: it goes into the assets' code versions, so
# that a better verifier marks old traces stale.
VERIFIER_VERSION = "1.7"

# Texts that stand where an answer is missing; for Python and for Polars alike.
NO_ANSWER = r"^\s*(?:|(?i:null|n/a|tbd)|\$?\\boxed\{\s*\}\$?|\{\s*\"answer\"\s*:\s*null\s*\})\s*$"

# How a pass was established, cheapest first.
METHODS = ("text", "exact", "structural", "numeric", "symbolic")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer judged.

    `verdict` is `correct`, `incorrect` or `undecided`. `reason` is `pass`, `mismatch`, or why the
    answer is undecided: `no_final_answer`, `unparsable_answer`, `unparsable_gold`,
    `ambiguous_answer`, `undetermined` (both sides are understood, and no tier could tell),
    `domain` (equal on a part of the domain only), `timeout`, `too_large`, `worker_crashed`,
    `missing_inputs`. `method` is one of `METHODS` for a pass, else None. `extracted` is the final
    answer as found in the completion.
    """

    verdict: str
    reason: str
    method: str | None
    extracted: str | None
    verifier_version: str = VERIFIER_VERSION

    @property
    def ok(self) -> bool | None:
        """True for correct, False for incorrect, None for undecided."""
        return {"correct": True, "incorrect": False}.get(self.verdict)
