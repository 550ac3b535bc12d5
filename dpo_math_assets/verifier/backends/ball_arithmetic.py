"""Two expressions compared by their values at a point, with a known error, until it is settled.

Both libraries keep their working precision in one place for all threads, so a lock holds each
evaluation together.
"""

import importlib.util
import os
import threading
from functools import cache
from typing import NamedTuple

from dpo_math_assets.verifier.algebra.budget import Budget, UndefinedValueError
from dpo_math_assets.verifier.backends.balls import BallArithmetic
from dpo_math_assets.verifier.backends.evaluation import InsufficientPrecisionError, Point
from dpo_math_assets.verifier.backends.floats import FloatArithmetic
from dpo_math_assets.verifier.syntax.nodes import Node


class Comparison(NamedTuple):
    """What two values at one point say of two expressions.

    `apart` is True where the values certainly differ, False where they agree, None where neither
    is known. `mixed`: just one is real. `clean`: both are real, and so was every value on the way;
    `one_sided`: that holds for just one. `ambiguous`: a power of a negative number was read in one
    of its two senses.
    """

    apart: bool | None
    mixed: bool = False
    clean: bool = False
    one_sided: bool = False
    ambiguous: bool = False


def compare_values(
    a: Node, b: Node, point: Point, budget: Budget, *, real_powers: bool
) -> Comparison:
    """Compare the values of two expressions at a point, at growing precision until that is settled.

    `real_powers` reads powers of negative reals with an odd denominator as real. Raises
    `UnknownValueError` for what cannot be evaluated, and when the budget is spent.
    """
    with _LOCK:
        for arithmetic in _arithmetics():
            try:
                x = arithmetic.enclose(a, point, budget, real_powers)
                y = arithmetic.enclose(b, point, budget, real_powers)
            except InsufficientPrecisionError:
                continue
            except UndefinedValueError:
                break
            apart = arithmetic.apart(x, y)
            if apart is not None:
                return Comparison(
                    apart,
                    mixed=x.real != y.real,
                    clean=x.clean and y.clean,
                    one_sided=x.clean != y.clean,
                    ambiguous=x.ambiguous or y.ambiguous,
                )
    return Comparison(None)


@cache
def _arithmetics() -> tuple[BallArithmetic, ...] | tuple[FloatArithmetic, ...]:
    """The arithmetics to try in turn, coarsest first, with what their steps cost (measured)."""
    if importlib.util.find_spec("flint") is not None:
        return (
            BallArithmetic(192, (6, 12, 40)),
            BallArithmetic(768, (8, 30, 200)),
            BallArithmetic(3072, (25, 500, 6_000)),
        )
    return (
        FloatArithmetic(192, (25, 250, 3_000)),
        FloatArithmetic(768, (50, 1_500, 30_000)),
    )


_LOCK = threading.Lock()


def _new_lock() -> None:
    global _LOCK
    _LOCK = threading.Lock()


# A forked child may inherit the lock in the hand of a thread that it has not.
os.register_at_fork(after_in_child=_new_lock)
