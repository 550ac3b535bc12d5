"""Frozen dataclasses as JSON and back: one way for all that stages report and exchange.

Both directions are pydantic's, which reads nested dataclasses, enumerations, paths and settings by
their annotations. Names that a class does not know, such as those that another version wrote, are
passed over; a field with a default may be absent.
"""

import json
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from dpo_math_assets.errors import DpoMathError

T = TypeVar("T")


def as_json(value: Any) -> dict[str, Any]:
    """The JSON object of a dataclass, its fields in their order."""
    written: dict[str, Any] = _adapter(cast(Hashable, type(value))).dump_python(value, mode="json")
    return written


def from_json(kind: type[T], value: Any, where: str) -> T:
    """What a JSON value stands for; `where` names the place that it is from.

    Raises DpoMathError where a field is missing or has another type.
    """
    try:
        read: T = _adapter(cast(Hashable, kind)).validate_python(value)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        raise DpoMathError(
            f"{where} is no {kind.__name__} ({field}: {problem['msg']}): restore it from a backup, "
            "or remove it and make it anew"
        ) from None
    return read


def load(kind: type[T], file: Path) -> T:
    """What a JSON file stands for. Raises DpoMathError where it is gone or damaged."""
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise DpoMathError(
            f"{file} cannot be read ({error}): restore it from a backup, or make it anew"
        ) from None
    return from_json(kind, value, str(file))


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))
