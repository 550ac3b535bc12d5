"""Text and times that every reader takes, and JSON that any parser takes."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from dpo_math_assets.traces.field_names import Fields
from dpo_math_assets.traces.json_records import LoggedFloat

# A larger number is a time in milliseconds (as seconds it would be past the year 5000).
_LARGEST_SECONDS = 1e11


def moment(value: Any) -> datetime | None:
    """A time as ISO 8601 text, or as seconds or milliseconds since 1970; UTC where it says none."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _LARGEST_SECONDS else value
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        pass
    return None


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold the text: no unpaired surrogates."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str) -> str:
    """The text with U+FFFD for unpaired surrogates."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def strict_json(value: Fields) -> str:
    """JSON that any parser takes: NaN and infinities as text, no unpaired surrogate."""
    try:
        text = _ENCODER.encode(value)
        text.encode("utf-8")
    except (ValueError, TypeError):
        text = _ENCODER.encode(_strict(value))
    return text


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {clean(str(key)): _strict(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(each) for each in value]
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return value.text if isinstance(value, LoggedFloat) else str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
