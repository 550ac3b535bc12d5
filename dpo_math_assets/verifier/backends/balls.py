"""Complex balls of python-flint: every value encloses the true one (Johansson, "Arb", 2017).

Two balls that do not meet prove a difference.
"""

from typing import Any

from dpo_math_assets.verifier.algebra.budget import Budget, UndefinedValueError
from dpo_math_assets.verifier.backends.evaluation import (
    Enclosure,
    Evaluation,
    InsufficientPrecisionError,
    Point,
    smallest,
)
from dpo_math_assets.verifier.syntax.nodes import Node

# Values agree where their difference is known to be below 2**-640, 192 decimal digits: 40 digits
# would do for what people mix up, and not for tanh(200) and 1.
AGREEMENT_BITS = 640


class _Balls(Evaluation):
    """Complex balls of python-flint: every value encloses the true one."""

    def __init__(
        self, costs: tuple[int, int, int], point: Point, budget: Budget, real_powers: bool
    ) -> None:
        import flint

        super().__init__(point, budget, real_powers)
        self.costs = costs
        self.flint = flint

    def ratio(self, p: int, q: int) -> Any:
        return self.flint.acb(self.flint.fmpq(p, q))

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.flint.acb(0, 1)
        return self.flint.acb.pi() if name == "pi" else self.flint.acb(1).exp()

    def function(self, name: str, x: Any) -> Any:
        return getattr(x, name)()

    def power(self, x: Any, y: Any) -> Any:
        return x.pow(y)

    def real_root(self, x: Any, index: int) -> Any:
        return self.flint.acb(x.real.root(index))

    def finite(self, x: Any) -> bool:
        return bool(x.is_finite())

    def is_zero(self, x: Any) -> bool:
        if x.is_zero():
            return True
        if x.contains(0):
            raise InsufficientPrecisionError
        return False

    def sign(self, x: Any) -> int | None:
        if not x.imag.is_zero():
            if x.imag.contains(0):
                raise InsufficientPrecisionError
            return None
        if x.real.contains(0):
            if not _is_tiny(x.real.rad()):
                raise InsufficientPrecisionError
            return 0
        return 1 if x.real > 0 else -1

    def floor(self, x: Any) -> int:
        if not x.imag.contains(0):
            raise UndefinedValueError
        near = (x.real.mid() + self.flint.fmpq(1, 2)).floor().unique_fmpz()
        if near is not None and x.real.contains(near) and _is_tiny(x.real.rad()):
            return int(near)
        below = x.real.floor().unique_fmpz()
        if below is None:
            raise InsufficientPrecisionError
        return int(below)

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        if not (x.imag.is_zero() and y.imag.is_zero()):
            raise UndefinedValueError
        return self.flint.acb(getattr(x.real, name)(y.real))

    def log2(self, x: Any) -> int | None:
        mantissa, exponent = x.abs_lower().man_exp()
        return int(mantissa).bit_length() + int(exponent) if mantissa else None


def _is_tiny(radius: Any) -> bool:
    mantissa, exponent = radius.man_exp()
    return not mantissa or int(mantissa).bit_length() + int(exponent) < -AGREEMENT_BITS


class BallArithmetic:
    """Balls of python-flint at one precision in bits."""

    def __init__(self, precision: int, costs: tuple[int, int, int]) -> None:
        self.precision = precision
        self.costs = costs

    def enclose(self, node: Node, point: Point, budget: Budget, real_powers: bool) -> Enclosure:
        import flint

        with flint.ctx.workprec(self.precision):
            evaluation = _Balls(self.costs, point, budget, real_powers)
            value = evaluation.of(node)
            clean = all(bool(inner.imag.contains(0)) for inner in evaluation.seen)
        return Enclosure(
            value,
            lambda: smallest(map(evaluation.log2, evaluation.seen)),
            real=clean or bool(value.imag.contains(0)),
            clean=clean,
            ambiguous=evaluation.ambiguous,
        )

    def apart(self, x: Enclosure, y: Enclosure) -> bool | None:
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
