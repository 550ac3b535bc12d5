"""Times of day: `3:30 pm` and `15:30`."""

from fractions import Fraction

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.equivalence.outcome import EQUAL_EXACT, Outcome, different
from dpo_math_assets.verifier.syntax.nodes import Node, Quantity, Ratio
from dpo_math_assets.verifier.trace import applied


def compare_times(a: Node, b: Node) -> Outcome | None:
    """Two times of day, one of them with am or pm; None for anything else."""
    if not isinstance(a, Quantity) and not isinstance(b, Quantity):
        return None
    first = _clock(a)
    second = _clock(b) if first else None
    if first is None or second is None:
        return None
    applied("reading.time_of_day", a, b)
    apart = first[0] - second[0]
    both_sure = first[1] and second[1]
    return EQUAL_EXACT if (apart if both_sure else apart % 720) == 0 else different(a, b)


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
    hours, minutes = (*parts, Fraction(0))[:2]
    if hours is None or minutes is None or len(parts) > 2:
        return None
    whole = hours.denominator == 1 and 0 <= hours < 24 and 0 <= minutes < 60
    return (hours, minutes) if whole else None
