"""The families of nodes that the comparison knows: tuples of classes."""

from dpo_math_assets.verifier.syntax.nodes import (
    SCALARS,
    Congruence,
    Decimal,
    FiniteSet,
    Interval,
    Matrix,
    MinusPlus,
    Node,
    Number,
    NumberDomain,
    PlusMinus,
    Ratio,
    Relation,
    RelationChain,
    SetBuilder,
    SetDifference,
    SetIntersection,
    SetUnion,
    Tuple,
    ValueList,
)

__all__ = [
    "COLLECTIONS",
    "NUMBERS",
    "RELATIONS",
    "ROWS",
    "SCALARS",
    "SETS",
    "UNSETTLED",
    "Types",
    "equation",
    "is_scalar",
]

Types = tuple[type[Node], ...]

NUMBERS: Types = (Number, Decimal)
RELATIONS: Types = (Relation, RelationChain, Congruence, Ratio)
# Values in no order, or in one that the conventions decide about.
COLLECTIONS: Types = (ValueList, FiniteSet)
ROWS: Types = (Tuple, Matrix)
# What may describe a set of reals.
SETS: Types = (
    Interval,
    SetUnion,
    SetIntersection,
    SetDifference,
    SetBuilder,
    NumberDomain,
    FiniteSet,
    Tuple,
    Relation,
    RelationChain,
)
# What a scalar may hold that is settled before its value is asked for.
UNSETTLED = frozenset({PlusMinus, MinusPlus, Tuple, ValueList, Interval, Matrix})
_SCALARS = frozenset(SCALARS)


def is_scalar(node: Node) -> bool:
    """Whether a node is an expression that the numeric and symbolic backends take."""
    return type(node) in _SCALARS


def equation(node: Node) -> Relation | None:
    """The node where it is an equation, exact or approximate; else None."""
    return node if isinstance(node, Relation) and node.op in ("=", "approx") else None
