"""How much work an evaluation may do, and the errors that end one: no value, no budget, no time."""

from contextvars import ContextVar, Token
from math import inf
from time import monotonic

from dpo_math_assets.errors import InternalError


class UnknownValueError(InternalError):
    """The expression is beyond the limits, or beyond this way of evaluating it."""


class UndefinedValueError(InternalError):
    """The expression has no finite value here."""


class DeadlineExceededError(InternalError):
    """The time that `within` allows is over."""


_END: ContextVar[float] = ContextVar("end", default=inf)


class within:
    """`with within(seconds):` bounds every evaluation inside: later, `DeadlineExceededError`.

    Budgets bound one comparison; a row may hold hundreds of them.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        self.outer: Token[float] = _END.set(min(_END.get(), monotonic() + self.seconds))

    def __exit__(self, *_: object) -> None:
        _END.reset(self.outer)


class Budget:
    """Work that may still be done, in steps of about a microsecond."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.end = _END.get()

    def spend(self, steps: int) -> None:
        """Count the work; `UnknownValueError` if none is left, `DeadlineExceededError` if late."""
        self.left -= steps
        if self.left < 0:
            raise UnknownValueError
        if monotonic() > self.end:
            raise DeadlineExceededError
