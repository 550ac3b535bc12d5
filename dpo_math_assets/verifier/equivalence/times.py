"""Times of day: `3:30 pm` and `15:30`."""

from fractions import Fraction

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.outcome import EQUAL_EXACT, UNKNOWN, Outcome, different
from dpo_math_assets.verifier.syntax.nodes import Node, Number, Quantity, Ratio, num
from dpo_math_assets.verifier.trace import applied


def compare_times(a: Node, b: Node) -> Outcome | None:
    """Two times of day, one of them with am or pm; None for anything else."""
    if not isinstance(a, Quantity) and not isinstance(b, Quantity):
        return _without_seconds(a, b)
    if _is_bare_hour(a, b) or _is_bare_hour(b, a):
        return UNKNOWN  # `2:00 pm` beside 2
    first = _clock(a)
    second = _clock(b) if first else None
    if first is None or second is None:
        return None
    applied("reading.time_of_day", a, b)
    apart = first[0] - second[0]
    both_sure = first[1] and second[1]
    return EQUAL_EXACT if (apart if both_sure else apart % 720) == 0 else different(a, b)


def _without_seconds(a: Node, b: Node) -> Outcome | None:
    """`20:34:00` beside `20:34`."""
    if not isinstance(a, Ratio) or not isinstance(b, Ratio):
        return None
    shorter, longer = sorted((a.items, b.items), key=len)
    if len(shorter) != 2 or longer != (*shorter, num(0)):
        return None
    applied("reading.time_of_day", a, b)
    return EQUAL_EXACT


def _is_bare_hour(time: Node, hour: Node) -> bool:
    """Whether a number is the full hour of a time of day with am or pm."""
    if not isinstance(time, Quantity) or time.unit not in ("am", "pm"):
        return False
    shown = _hours_and_minutes(time.value)
    return shown is not None and isinstance(hour, Number) and exact(hour) == shown[0]


def _clock(node: Node) -> tuple[Fraction, bool] | None:
    """(minutes since midnight, whether the half of the day is known)."""
    half, time = (node.unit, node.value) if isinstance(node, Quantity) else ("", node)
    if half not in ("", "am", "pm") or not (half or isinstance(time, Ratio)):
        return None
    shown = _hours_and_minutes(time)
    if shown is None:
        return None
    hours, minutes = shown
    if half and 1 <= hours <= 12:
        hours = hours % 12 + (12 if half == "pm" else 0)
    return 60 * hours + minutes, bool(half) or hours >= 13 or hours == 0


def _hours_and_minutes(time: Node) -> tuple[Fraction, Fraction] | None:
    parts = [exact(part) for part in (time.items if isinstance(time, Ratio) else (time,))]
    hours, minutes, *seconds = (*parts, Fraction(0)) if len(parts) == 1 else parts
    if hours is None or minutes is None or any(seconds) or len(seconds) > 1:
        return None
    whole = hours.denominator == 1 and 0 <= hours < 24 and 0 <= minutes < 60
    return (hours, minutes) if whole else None
