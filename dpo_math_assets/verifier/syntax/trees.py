"""Trees as a whole: their parts, other parts in their place, their order, what they are made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from operator import attrgetter, is_
from typing import Any, TypeVar, cast, get_args

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node

_N = TypeVar("_N", bound=Node)

_RANKS: dict[type[Node], int] = {cls: rank for rank, cls in enumerate(get_args(nodes.AnyNode))}
_NO_SYMBOLS = frozenset[str]()


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes_in(part)


def _reader(cls: Any) -> Callable[[Node], tuple[Node, ...]]:
    """How the children of a node of a class are read: in C where its fields are plain."""
    types = {field.name: field.type for field in fields(cls)}
    names = [name for name, kind in types.items() if kind not in (int, str, bool, tuple[str, ...])]
    if not names:
        return lambda node: ()
    if len(names) == 1 and types[names[0]] == tuple[Node, ...]:
        return attrgetter(names[0])
    if len(names) == 1 and types[names[0]] is Node:
        only = attrgetter(names[0])
        return lambda node: (only(node),)
    if len(names) > 1 and all(types[name] is Node for name in names):
        return attrgetter(*names)
    return lambda node: tuple(part for name in names for part in _nodes_in(getattr(node, name)))


_CHILDREN = {cls: _reader(cls) for cls in get_args(nodes.AnyNode)}


def children(node: Node) -> tuple[Node, ...]:
    """The child nodes, in order, whatever tuples they are held in."""
    return _CHILDREN[type(node)](node)


def with_children(node: _N, new: Iterable[Node]) -> _N:
    """The node with other children, as many and in the order of `children`."""
    parts = iter(new)

    def filled(value: object) -> object:
        if isinstance(value, Node):
            return next(parts)
        return tuple(map(filled, value)) if isinstance(value, tuple) else value

    cls: Any = type(node)
    return cls(*(filled(getattr(node, name)) for name in nodes.FIELDS[cls]))  # type: ignore[no-any-return]


def rebuild(node: _N, change: Callable[[Node], Node]) -> _N:
    """The node with `change` applied to each of its children; itself where none of them changes."""
    old = children(node)
    new = [change(child) for child in old]
    return node if all(map(is_, old, new)) else with_children(node, new)


def sort_key(node: Node) -> tuple[Any, ...]:
    """Orders nodes of all kinds, in every run alike: the kind, then what the node holds."""
    try:
        return node._key
    except AttributeError:
        cls = type(node)
        made = (_RANKS[cls], *(_sortable(getattr(node, name)) for name in nodes.FIELDS[cls]))
        object.__setattr__(node, "_key", made)
        return made


def _sortable(value: Any) -> Any:
    if isinstance(value, Node):
        return sort_key(value)
    if isinstance(value, tuple):
        return tuple(map(_sortable, value))
    return () if value is None else value


def contents(node: Node) -> frozenset[type[Node] | str]:
    """What a tree is made of: classes, names of constants, functions as `gcd()`."""
    kept: frozenset[type[Node] | str] | None = getattr(node, "_contents", None)
    if kept is None:
        found: set[type[Node] | str] = set()
        waiting = [node]
        for part in waiting:
            cls = type(part)
            found.add(cls)
            if isinstance(part, nodes.Constant):
                found.add(part.name)
            elif isinstance(part, nodes.Function):
                found.add(f"{part.name}()")
            if cls not in nodes.LEAVES:
                waiting += _CHILDREN[cls](part)
        kept = frozenset(found)
        object.__setattr__(node, "_contents", kept)
    return kept


def free_symbols(node: Node) -> frozenset[str]:
    """Names of the symbols that are not bound by a sum, product, integral or limit."""
    cls = type(node)
    if cls in nodes.LEAVES:
        return frozenset((cast(nodes.Symbol, node).name,)) if cls is nodes.Symbol else _NO_SYMBOLS
    kept: frozenset[str] | None = getattr(node, "_free", None)
    if kept is None:
        kept = _free_symbols(node)
        object.__setattr__(node, "_free", kept)
    return kept


_SCOPES = (nodes.Summation, nodes.IndexedProduct, nodes.Limit, nodes.Integral)


def _free_symbols(node: Node) -> frozenset[str]:
    inner = children(node)
    if not isinstance(node, _SCOPES) or len(inner) == 2:  # also an indefinite integral
        return _NO_SYMBOLS.union(*map(free_symbols, inner))
    body, variable, *bounds = inner
    # The limits lie outside the scope of the variable.
    within = free_symbols(body) - free_symbols(variable)
    return within.union(*map(free_symbols, bounds))
