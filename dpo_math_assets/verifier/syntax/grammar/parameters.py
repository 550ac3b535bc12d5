r"""Letters that run through the integers: declared (`k \in \mathbb{Z}`), or by custom (`2k\pi`).

What such a letter is called means nothing, so that each is renamed by its place in the answer.
"""

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import PI, mul, replace
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import PARAMETER, Node, num
from dpo_math_assets.verifier.syntax.trees import children, free_symbols
from dpo_math_assets.verifier.trace import applied

# What general solutions are multiples of.
_TURNS = frozenset(("pi", "degree", "circ"))
_CUSTOMARY = ("k", "l", "m", "n")


def declaration(node: Node) -> tuple[str, str] | None:
    r"""("k", domain) of `k \in \mathbb{Z}`: nothing for Z itself, else `N`, `Z+`, `R`."""
    match node:
        case nodes.Relation("in", nodes.Symbol(name), nodes.NumberDomain(domain)):
            if domain[0] in "ZN" or domain == "R":
                return name, "" if domain == "Z" else domain
    return None


def declares(stream: Stream, node: Node) -> bool:
    r"""Whether a node is `k \in \mathbb{Z}`; the parameter is kept."""
    declared = declaration(node)
    if declared is None or declared[1] == "R":
        return False
    stream.parameters.append(declared)
    return True


def with_parameters(stream: Stream, node: Node) -> Node:
    """The whole answer with its parameters renamed."""
    domains = dict(stream.parameters)
    if any(token.value in _TURNS for token in stream.tokens):
        domains |= dict.fromkeys(sorted(_multipliers_of_turns(node) - domains.keys()), "")
    if not domains:
        return node
    names: dict[Node, Node] = {
        nodes.Symbol(name): nodes.Symbol(f"{PARAMETER}{place}{domain}")
        for place, (name, domain) in enumerate(domains.items())
    }
    renamed = replace(node, names.get)
    if renamed is not node:
        applied("grammar.integer_parameter", node, renamed)
    return renamed


def _multipliers_of_turns(node: Node) -> set[str]:
    r"""The letters of general solutions such as `2k\pi + \frac{\pi}{3}`.

    They run through the integers by custom: k, l, m or n, only ever in products of themselves,
    pi and numbers that are terms of a value, not inside a function or a power.
    """
    allowed: set[str] = set()
    refused: set[str] = set()

    def visit(inner: Node) -> None:
        if isinstance(inner, nodes.Quantity) and inner.unit == "degree":  # `30^\circ + 360^\circ k`
            value = inner.value
            for term in value.terms if isinstance(value, nodes.Sum) else (value,):
                customary = _letter_of(term) in _CUSTOMARY and _is_quarter_turns(term)
                (allowed if customary else refused).update(free_symbols(term))
        elif isinstance(inner, nodes.Product) and (letter := _multiplier_of_pi(inner)) is not None:
            allowed.update(letter)
        elif isinstance(inner, nodes.SCALARS) and not isinstance(inner, nodes.Sum):
            refused.update(free_symbols(inner))
        else:
            for child in children(inner):
                visit(child)

    visit(node)
    return allowed - refused


def _multiplier_of_pi(node: nodes.Product) -> str | None:
    """The letter that pi is multiplied with, empty for numbers alone; None for other products."""
    product = mul(*node.factors)  # `-k\pi` is a product in a product
    if not isinstance(product, nodes.Product) or PI not in product.factors:
        return None
    factors = [x for x in product.factors if free_symbols(x) and not _alternates(x)]
    if not factors:
        return ""
    letter = _letter_of(factors[0]) if len(factors) == 1 else None
    return letter if letter in _CUSTOMARY else None


def _is_quarter_turns(term: Node) -> bool:
    """Whether a term is a multiple of a quarter turn in degrees, such as 360k."""
    factors = term.factors if isinstance(term, nodes.Product) else ()
    numbers = [factor for factor in factors if isinstance(factor, nodes.Number)]
    return len(numbers) == 1 and numbers[0].q == 1 and numbers[0].p % 90 == 0


def _alternates(factor: Node) -> bool:
    """Whether a factor is -1 to the power of a letter, which goes with any other parameter."""
    return (
        isinstance(factor, nodes.Power)
        and factor.base == num(-1)
        and isinstance(factor.exponent, nodes.Symbol)
    )


def _letter_of(factor: Node) -> str | None:
    """The letter of `k` or `2k + 1`, or None for what is no such form."""
    letters: set[str] = set()
    for term in factor.terms if isinstance(factor, nodes.Sum) else (factor,):
        parts = term.factors if isinstance(term, nodes.Product) else (term,)
        if len(parts) > 2 or not all(
            isinstance(part, nodes.Number | nodes.Symbol) for part in parts
        ):
            return None
        letters.update(part.name for part in parts if isinstance(part, nodes.Symbol))
    return letters.pop() if len(letters) == 1 else None
