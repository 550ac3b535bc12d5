"""Terms of which nothing is known but what they are made of, as symbols of their own.

Unknown functions, and sums, integrals and limits that are no finite sums, stand for themselves:
equal arguments give equal values, and nothing else is known of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from dpo_math_assets.verifier.algebra.budget import UnknownValueError
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import replace
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols

MAX_TERMS = 16

OPAQUE = (
    nodes.UnknownFunction,
    nodes.Derivative,
    nodes.Integral,
    nodes.Summation,
    nodes.IndexedProduct,
    nodes.Limit,
)

Equal = Callable[[Node, Node], bool]


def any_part(node: Node, test: Callable[[Node], bool]) -> bool:
    """Whether a test holds for some node of a tree."""
    return test(node) or any(any_part(child, test) for child in children(node))


def with_names(a: Node, b: Node, equal: Equal) -> tuple[Node, Node, bool]:
    """Both trees with a fresh symbol for every opaque term.

    Calls of the same name whose arguments are `equal` get the same symbol. The third value says
    whether the sides hold different terms that may be equal all the same, so that a difference
    proves nothing. Raises `UnknownValueError` for too many terms.
    """
    if not (any_part(a, _is_opaque) or any_part(b, _is_opaque)):
        return a, b, False
    naming = _Naming(equal)
    a = naming.named(a)
    in_a = len(naming.known)
    b = naming.named(b)
    in_b = free_symbols(b)
    undecided = any(
        place >= in_a or symbol.name not in in_b for place, (_, symbol) in enumerate(naming.known)
    )
    return a, b, undecided


@dataclass
class _Naming:
    """The symbols that stand for the opaque terms met so far."""

    equal: Equal
    known: list[tuple[Node, nodes.Symbol]] = field(default_factory=list)

    def named(self, node: Node) -> Node:
        return replace(node, self.symbol_for)

    def symbol_for(self, node: Node) -> Node | None:
        if _is_opaque(node):
            return self.symbol(node)
        return (
            node if isinstance(node, nodes.Summation | nodes.IndexedProduct) else None
        )  # finite: as it is

    def symbol(self, node: Node) -> nodes.Symbol:
        for term, symbol in self.known:
            if self.same(term, node):
                return symbol
        if len(self.known) == MAX_TERMS:
            raise UnknownValueError
        self.known.append((node, nodes.Symbol(f"<{len(self.known)}>")))
        return self.known[-1][1]

    def same(self, a: Node, b: Node) -> bool:
        """Calls are the same if their arguments are; calls within calls, if written the same."""
        if a == b or not (
            isinstance(a, nodes.UnknownFunction) and isinstance(b, nodes.UnknownFunction)
        ):
            return a == b
        if a.name != b.name or len(a.arguments) != len(b.arguments):
            return False
        if any(any_part(argument, _holds_terms) for argument in (*a.arguments, *b.arguments)):
            return False
        return all(map(self.equal, a.arguments, b.arguments))


def _holds_terms(node: Node) -> bool:
    return isinstance(node, OPAQUE)


def _is_opaque(node: Node) -> bool:
    if isinstance(node, nodes.Summation | nodes.IndexedProduct):
        return any(any_part(bound, _is_constant) for bound in (node.low, node.high))
    return isinstance(node, OPAQUE)


def _is_constant(node: Node) -> bool:
    return isinstance(node, nodes.Constant)
