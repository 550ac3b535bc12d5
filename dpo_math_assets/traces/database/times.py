"""Times as databases know them, also those that Python does not."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dpo_math_assets.traces.texts import moment

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


_NOT_OF_PYTHON = re.compile(r"(?P<later>infinity|\d{5,}-.*)|-infinity|.*\bBC", re.IGNORECASE)


def time_of(value: Any) -> datetime | None:
    """A time of the database; the first or the last that Python knows for one outside of these."""
    outside = _NOT_OF_PYTHON.fullmatch(value.strip()) if isinstance(value, str) else None
    if outside:
        return LAST if outside["later"] else FIRST
    return moment(value)


def written(value: Any) -> Any:
    """A time as the export has it: ISO 8601 where Python knows it, else the database's words."""
    known = moment(value) if isinstance(value, str) and ":" in value else value
    return known.isoformat() if isinstance(known, datetime) else value


def time_before(time: datetime, span: timedelta) -> datetime:
    """The time so long before, or the first one there is."""
    return FIRST + max(timedelta(0), time - FIRST - span)
