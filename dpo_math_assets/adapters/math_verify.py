"""Math-Verify's two functions by their names: an import line is the whole migration.

    from dpo_math_assets.adapters.math_verify import parse, verify

Their arguments are Math-Verify's. Those that steer its regexes or its rounding have no meaning
here and change nothing; the timeouts are kept, and hold in threads too.
"""

from collections.abc import Sequence
from typing import Any

from dpo_math_assets.verifier import extract
from dpo_math_assets.verifier import verify as judge

__all__ = ["parse", "verify"]

NO_LIMIT_S = 3600.0  # where a caller asks for no timeout at all


def parse(
    pred: str,
    extraction_config: Sequence[Any] = (),
    fallback_mode: str = "first_match",
    extraction_mode: str = "any_match",
    parsing_timeout: int | None = 5,
    raise_on_error: bool = False,
) -> list[str]:
    """The final answer of a text in a list of one, or an empty list where it states none.

    A text, and no SymPy object: `verify` reads it when both sides are known.
    """
    answer = extract(pred).answer if pred.strip() else None
    return [] if answer is None else [answer]


def verify(
    gold: list[str] | str,
    target: list[str] | str,
    float_rounding: int = 6,
    numeric_precision: int = 15,
    strict: bool = True,
    allow_set_relation_comp: bool = False,
    timeout_seconds: int | None = 5,
    raise_on_error: bool = False,
) -> bool:
    """Whether one of the target's answers is proven equal to one of the gold's.

    False is "wrong" and "nothing proven" alike, as in Math-Verify; `dpo_math_assets.verifier`
    tells them apart.
    """
    golds, targets = ([side] if isinstance(side, str) else side for side in (gold, target))
    limit = NO_LIMIT_S if timeout_seconds is None else float(timeout_seconds)
    return any(judge(answer, right, timeout_s=limit).ok for right in golds for answer in targets)
