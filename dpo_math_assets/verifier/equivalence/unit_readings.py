"""Letters and lists that may be meant as a unit: `26 g`, `5k`, `3 hours and 20 minutes`."""

from dpo_math_assets.verifier.lexicon.units import known_units
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.syntax.units import unit_factor

_THOUSANDS = {"k": 10**3, "K": 10**3, "M": 10**6}


def unit_letters(node: Node) -> nodes.Quantity | None:
    """`26 g` or `5 N m` as a unit; it may as well be a multiple of g: nobody can tell."""
    if not isinstance(node, nodes.Product) or not isinstance(
        node.factors[0], nodes.Number | nodes.Decimal
    ):
        return None
    letters = [factor for factor in node.factors if free_symbols(factor)]
    unit = _unit_of(letters)
    numbers = (factor for factor in node.factors if not free_symbols(factor))
    return nodes.Quantity(tree.mul(*numbers), unit) if unit else None


def _unit_of(letters: list[Node]) -> str | None:
    powers = [power for letter in letters for power in _unit_powers(letter, 1)]
    match powers:
        case [("mu", 1), (name, 1)]:  # `2 \\mu C`
            powers = [(f"u{name}", 1)]
    if any(name not in known_units() for name, _ in powers):
        return None
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in powers)


def _unit_powers(node: Node, power: int) -> list[tuple[str, int]]:
    """The letters of `m s^{-2}` with their powers, or one without a name for what is no unit."""
    match node:
        case nodes.Product():
            return [entry for factor in node.factors for entry in _unit_powers(factor, power)]
        case nodes.Power(exponent=nodes.Number(p=p, q=1)):
            return _unit_powers(node.base, power * p)
        case nodes.Symbol():
            return [(node.name, power)]
    return [("", power)]


def thousands(node: Node) -> Node | None:
    """`5k` as 5000; it may as well be a multiple of k."""
    match node:
        case nodes.Product(
            factors=(nodes.Number() | nodes.Decimal() as value, nodes.Symbol() as letter)
        ):
            scale = _THOUSANDS.get(letter.name)
            return tree.mul(num(scale), value) if scale else None
    return None


def compound_unit(node: nodes.ValueList) -> nodes.Quantity | None:
    """`3 hours and 20 minutes` as one value in the first of its units."""
    parts = [item for item in node.items if isinstance(item, nodes.Quantity)]
    factors = [factor for part in parts if (factor := unit_factor(part.unit))]
    several = 1 < len(factors) == len(node.items) == len({part.unit for part in parts})
    if not several or len({dimension for dimension, _ in factors}) > 1:
        return None
    unit = factors[0][1]
    sizes = zip(factors, parts, strict=True)
    values = [tree.mul(tree.rational(size / unit), part.value) for (_, size), part in sizes]
    return nodes.Quantity(tree.add(*values), parts[0].unit)
