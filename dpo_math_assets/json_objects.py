"""What a stage reports, as a JSON object and back: one way for every frozen dataclass.

To JSON by `dataclasses.asdict`, field by field in their order; back by pydantic, which reads nested
dataclasses, enumerations and paths by their annotations. Names that a class does not know, such as
those that another version wrote, are passed over; a field with a default may be absent.
"""

from collections.abc import Hashable
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from dpo_math_assets.errors import DpoMathError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def as_json(value: "DataclassInstance") -> dict[str, Any]:
    """The JSON object of a dataclass; what is nested in it becomes objects and lists as well."""
    return asdict(value)


def from_json(kind: type[T], value: Any, where: str) -> T:
    """The dataclass `kind` that a JSON object stands for; `where` names the place that it is from.

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


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))
