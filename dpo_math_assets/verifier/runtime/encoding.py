"""Trees as JSON values, and back: what travels between the pool and its workers."""

from dataclasses import fields
from typing import Any, get_args

from dpo_math_assets.verifier.syntax.nodes import SCALARS, AnyNode, Node
from dpo_math_assets.verifier.syntax.trees import children

_CLASSES: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(AnyNode)}
_INTEGER = "integer"


def is_scalar(node: Node) -> bool:
    """Whether SymPy can be given the tree: no tuple, set or words anywhere in it."""
    return isinstance(node, SCALARS) and all(map(is_scalar, children(node)))


def encode(value: Any) -> Any:
    """A tree as JSON values: a node is `{class: fields}`, a large integer hexadecimal text.

    Python refuses to write integers of more than 4,300 digits in decimal.
    """
    if isinstance(value, Node):
        parts = [encode(getattr(value, field.name)) for field in fields(_CLASSES[_name(value)])]
        return {_name(value): parts}
    if isinstance(value, tuple):
        return list(map(encode, value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >> 62:
        return {_INTEGER: hex(value)}
    return value


def decode(value: Any) -> Any:
    """The tree that `encode` made JSON of."""
    if isinstance(value, list):
        return tuple(map(decode, value))
    if isinstance(value, dict):
        ((name, parts),) = value.items()
        return int(parts, 16) if name == _INTEGER else _CLASSES[name](*map(decode, parts))
    return value


def _name(node: Node) -> str:
    return type(node).__name__
