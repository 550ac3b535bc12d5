"""One completion judged: extract the final answer, compare it with the gold."""

from dpo_math_assets.verifier.compare import compare
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.extract import extract
from dpo_math_assets.verifier.outcome import Pool
from dpo_math_assets.verifier.pool import shared_pool
from dpo_math_assets.verifier.verdict import Verdict

__all__ = ["verify"]

_DEFAULT = Conventions()


def verify(
    candidate: str | None,
    ground_truth: str | None,
    conventions: Conventions = _DEFAULT,
    *,
    pool: Pool | None = None,
) -> Verdict:
    """The verdict on a completion. Never raises for any text.

    Without `pool`, the process's shared pool answers what only SymPy can; it starts a worker with
    the first such row.
    """
    if not candidate or not candidate.strip() or not ground_truth or not ground_truth.strip():
        return Verdict("undecided", "missing_inputs", None, None)
    found = extract(candidate)
    if found.answer is None:
        return Verdict("undecided", found.reason or "no_final_answer", None, None)
    verdict, reason, method = compare(
        found.answer, ground_truth, conventions, pool or shared_pool()
    )
    return Verdict(verdict, reason, method, found.answer)
