"""Two expressions compared by their values at a point, with a known error, until it is settled.

python-flint keeps its working precision in one place for all threads, so a lock holds each
evaluation together.
"""

import os
import threading
from typing import Any, NamedTuple

from dpo_math_assets.verifier.algebra.budget import (
    Budget,
    UndefinedValueError,
    UnknownValueError,
)
from dpo_math_assets.verifier.backends.evaluation import (
    AGREEMENT_BITS,
    Evaluation,
    InsufficientPrecisionError,
    Point,
    log2,
)
from dpo_math_assets.verifier.syntax.nodes import Node

# Steps that may be spent on values for an explanation, and the digits that it shows.
MAX_SHOWN = 3_000_000
SHOWN_DIGITS = 15


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
        for arithmetic in _ARITHMETICS:
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


def bounds(a: Node, b: Node, point: Point, *, real_powers: bool) -> str:
    """The values of two expressions that differ at a point, each with its error, for people."""
    with _LOCK:
        for arithmetic in _ARITHMETICS:
            try:
                budget = Budget(MAX_SHOWN)
                x = arithmetic.enclose(a, point, budget, real_powers)
                y = arithmetic.enclose(b, point, budget, real_powers)
            except (InsufficientPrecisionError, UnknownValueError):
                continue
            if arithmetic.apart(x, y):
                return f"{x.shown()} and {y.shown()}"
    return ""


class _Enclosure(NamedTuple):
    """The value of one expression, and all the values that went into it."""

    value: Any
    seen: list[Any]
    real: bool
    clean: bool
    ambiguous: bool

    def shown(self) -> str:
        """The value with its error; of one that is real no imaginary part."""
        value = self.value.real if self.value.imag.contains(0) else self.value
        return str(value.str(SHOWN_DIGITS))

    def smallest(self) -> int:
        """log2 of the smallest magnitude that went into the value, at most 0.

        Values that differ, as most do, are told apart without it.
        """
        sizes = map(log2, self.seen)
        return min((size for size in sizes if size is not None and size < 0), default=0)


class _Arithmetic(NamedTuple):
    """Balls of a precision in bits, and what their steps cost (measured)."""

    precision: int
    costs: tuple[int, int, int]

    def enclose(self, node: Node, point: Point, budget: Budget, real_powers: bool) -> _Enclosure:
        import flint

        with flint.ctx.workprec(self.precision):
            evaluation = Evaluation(self.costs, point, budget, real_powers)
            value = evaluation.of(node)
            clean = all(bool(inner.imag.contains(0)) for inner in evaluation.seen)
        real = clean or bool(value.imag.contains(0))
        return _Enclosure(value, evaluation.seen, real, clean, evaluation.ambiguous)

    def apart(self, x: _Enclosure, y: _Enclosure) -> bool | None:
        """True if the values certainly differ, False if they agree, None if neither is clear."""
        import flint

        with flint.ctx.workprec(self.precision):
            difference = x.value - y.value
        if not difference.contains(0):
            return True
        bound = flint.arb(2) ** (min(x.smallest(), y.smallest()) - AGREEMENT_BITS)
        if difference.real.rad() < bound and difference.imag.rad() < bound:
            return False
        return None


# They are tried in turn.
_ARITHMETICS = (
    _Arithmetic(192, (6, 12, 40)),
    _Arithmetic(768, (8, 30, 200)),
    _Arithmetic(3072, (25, 500, 6_000)),
)

_LOCK = threading.Lock()


def _new_lock() -> None:
    global _LOCK
    _LOCK = threading.Lock()


# A forked child may inherit the lock in the hand of a thread that it has not.
os.register_at_fork(after_in_child=_new_lock)
