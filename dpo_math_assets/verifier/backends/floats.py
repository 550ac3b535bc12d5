"""mpmath's complex numbers, where python-flint is absent: the error shows from two precisions.

An expression is evaluated at a precision and at more than twice that, and what the two have in
common counts.
"""

from typing import Any

from dpo_math_assets.verifier.algebra.budget import Budget, UndefinedValueError, UnknownValueError
from dpo_math_assets.verifier.backends import evaluation
from dpo_math_assets.verifier.syntax.nodes import Node

# Values agree where their difference is known to be below 2**-140, 42 decimal digits: mpmath is
# much slower than balls.
AGREEMENT_BITS = 140


class _Floats(evaluation.Evaluation):
    """mpmath's complex numbers at a working precision; the error shows from two evaluations."""

    def __init__(
        self,
        context: Any,
        costs: tuple[int, int, int],
        point: evaluation.Point,
        budget: Budget,
        real_powers: bool,
    ) -> None:
        super().__init__(point, budget, real_powers)
        self.costs = costs
        self.context = context

    def ratio(self, p: int, q: int) -> Any:
        return self.context.mpc(self.context.mpf(p) / q)

    def constant(self, name: str) -> Any:
        if name == "i":
            return self.context.mpc(0, 1)
        return self.context.mpc(+getattr(self.context, name))

    def function(self, name: str, x: Any) -> Any:
        size = self.log2(x)
        # mpmath works to as many more digits as an argument has before its point.
        if size is not None and size > (40 if name in ("exp", "gamma") else 2_000):
            raise UnknownValueError
        try:
            return self.context.mpc(getattr(self.context, name)(x))
        except (ValueError, ZeroDivisionError) as pole:
            raise UndefinedValueError from pole

    def power(self, x: Any, y: Any) -> Any:
        return self.function("exp", y * self.function("log", x))

    def real_root(self, x: Any, index: int) -> Any:
        return self.context.mpc(self.context.root(x.real, index))

    def finite(self, x: Any) -> bool:
        return bool(self.context.isfinite(x))

    def _negligible(self, x: Any, scale: Any) -> bool:
        return bool(abs(x) <= abs(scale) * self.context.mpf(2) ** (24 - self.context.prec))

    def is_zero(self, x: Any) -> bool:
        return bool(x == 0)

    def sign(self, x: Any) -> int | None:
        if not self._negligible(x.imag, max(abs(x.real), 1)):
            return None
        if self._negligible(x.real, 1):
            return 0
        return 1 if x.real > 0 else -1

    def floor(self, x: Any) -> int:
        if self.sign(x) is None:
            raise UndefinedValueError
        near = self.context.nint(x.real)
        if self._negligible(x.real - near, max(abs(x.real), 1)):
            return int(near)
        return int(self.context.floor(x.real))

    def extreme(self, name: str, x: Any, y: Any) -> Any:
        if self.sign(x) is None or self.sign(y) is None:
            raise UndefinedValueError
        return self.context.mpc({"max": max, "min": min}[name](x.real, y.real))

    def log2(self, x: Any) -> int | None:
        return None if x == 0 else int(self.context.mag(x))


class FloatArithmetic:
    """mpmath at a precision in bits, and at more than twice that, to see the error."""

    def __init__(self, precision: int, costs: tuple[int, int, int]) -> None:
        import mpmath

        self.precision = precision
        self.costs = costs
        self.low, self.high = mpmath.MPContext(), mpmath.MPContext()
        self.low.prec, self.high.prec = precision, 2 * precision + 64

    def enclose(
        self, node: Node, point: evaluation.Point, budget: Budget, real_powers: bool
    ) -> evaluation.Enclosure:
        rough = _Floats(self.low, self.costs, point, budget, real_powers)
        about = rough.of(node)
        fine = _Floats(self.high, self.costs, point, budget, real_powers)
        value = fine.of(node)
        if len(rough.seen) != len(fine.seen):
            raise evaluation.InsufficientPrecisionError
        two = self.high.mpf(2)
        error = two**16 * abs(value - about) + abs(value) * two ** (16 - self.precision)
        real = bool(abs(value.imag) <= error)
        # What changes by half of itself between the precisions may be zero.
        sizes = [
            fine.log2(inner)
            for inner, before in zip(fine.seen, rough.seen, strict=True)
            if 2 * abs(inner - before) < abs(inner)
        ]
        return evaluation.Enclosure(
            value,
            lambda: evaluation.smallest(sizes),
            real=real,
            clean=real and all(inner.imag == 0 for inner in fine.seen[:-1]),
            ambiguous=fine.ambiguous,
            error=error,
        )

    def apart(self, x: evaluation.Enclosure, y: evaluation.Enclosure) -> bool | None:
        """True if the values differ, False if they agree, None if neither is clear."""
        error = x.error + y.error
        if abs(x.value - y.value) > error:
            return True
        bound = self.high.mpf(2) ** (min(x.smallest(), y.smallest()) - AGREEMENT_BITS)
        return False if error < bound else None
