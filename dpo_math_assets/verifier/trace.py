"""The record of the rules that were applied to an answer, kept only while somebody asks for it.

A rule calls `applied` with its id where it changes what is read. Outside `recording` that costs one
look-up and keeps nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Step(NamedTuple):
    """A rule (its id in `rules.py`) that was applied: to which text, and what came of it."""

    rule: str
    before: str
    after: str


_STEPS: ContextVar[list[Step] | None] = ContextVar("steps", default=None)


def applied(rule: str, before: object = "", after: object = "") -> None:
    """Record that a rule was applied; trees and texts are written out only if somebody asks."""
    steps = _STEPS.get()
    if steps is not None:
        steps.append(Step(rule, str(before), str(after)))


def is_recording() -> bool:
    """Whether somebody asks which rules are applied."""
    return _STEPS.get() is not None


@contextmanager
def recording() -> Iterator[list[Step]]:
    """The rules that are applied inside the block, in order."""
    steps: list[Step] = []
    token = _STEPS.set(steps)
    try:
        yield steps
    finally:
        _STEPS.reset(token)
