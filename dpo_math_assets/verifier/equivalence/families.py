"""The families of nodes that the comparison knows: tuples of classes."""

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import SCALARS, Node

Types = tuple[type[Node], ...]

NUMBERS: Types = (nodes.Number, nodes.Decimal)
RELATIONS: Types = (nodes.Relation, nodes.RelationChain, nodes.Congruence, nodes.Ratio)
# Values in no order, or in one that the conventions decide about.
COLLECTIONS: Types = (nodes.ValueList, nodes.FiniteSet)
ROWS: Types = (nodes.Tuple, nodes.Matrix)
# What may describe a set of reals.
SETS: Types = (
    nodes.Interval,
    nodes.SetUnion,
    nodes.SetIntersection,
    nodes.SetDifference,
    nodes.SetBuilder,
    nodes.NumberDomain,
    nodes.FiniteSet,
    nodes.Tuple,
    nodes.Relation,
    nodes.RelationChain,
)
# What a scalar may hold that is settled before its value is asked for.
UNSETTLED = frozenset(
    {nodes.PlusMinus, nodes.MinusPlus, nodes.Tuple, nodes.ValueList, nodes.Interval, nodes.Matrix}
)
_SCALARS = frozenset(SCALARS)


def is_scalar(node: Node) -> bool:
    """Whether a node is an expression that the numeric and symbolic backends take."""
    return type(node) in _SCALARS


def equation(node: Node) -> nodes.Relation | None:
    """The node where it is an equation, exact or approximate; else None."""
    return node if isinstance(node, nodes.Relation) and node.op in ("=", "approx") else None
