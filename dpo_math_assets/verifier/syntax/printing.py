"""Trees as plain text, for people: `2*x + 1`, `150 cm`, `(1, 2)`. Nothing reads it back."""

from collections.abc import Callable
from typing import Any

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.trees import children

# How tightly a text holds together: sums, products, powers, single values.
_SUM, _PRODUCT, _POWER, _VALUE = range(4)


def plain_text(node: nodes.Node) -> str:
    """The tree as one line of plain text."""
    return _written(node)[0]


def _written(node: nodes.Node) -> tuple[str, int]:
    """The text, and how tightly it holds together."""
    write, level = _FORMS.get(type(node), (_by_name, _VALUE))
    return write(node), _PRODUCT if isinstance(node, nodes.Number) and node.q != 1 else level


def _inside(node: nodes.Node, level: int) -> str:
    text, own = _written(node)
    return text if own >= level else f"({text})"


def _listed(items: tuple[nodes.Node, ...]) -> str:
    return ", ".join(map(plain_text, items))


def _number(node: nodes.Number | nodes.Decimal) -> str:
    if isinstance(node, nodes.Decimal) and node.places > 0:
        return f"{node.p / node.q:.{node.places}f}"
    return str(node.p) if node.q == 1 else f"{node.p}/{node.q}"


def _by_name(node: nodes.Node) -> str:
    """`Name(a, b)`, for what has no common sign."""
    parts = [
        plain_text(part) if isinstance(part, nodes.Node) else str(part) for part in children(node)
    ]
    return f"{type(node).__name__}({', '.join(parts)})"


def _interval(node: nodes.Interval) -> str:
    begins, ends = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
    return f"{begins}{plain_text(node.low)}, {plain_text(node.high)}{ends}"


_Write = Callable[[Any], str]
_FORMS: dict[type[nodes.Node], tuple[_Write, int]] = {
    nodes.Number: (_number, _VALUE),
    nodes.Decimal: (_number, _VALUE),
    nodes.Constant: (lambda n: n.name, _VALUE),
    nodes.Symbol: (lambda n: n.name, _VALUE),
    nodes.Text: (lambda n: n.words, _VALUE),
    nodes.NumberDomain: (lambda n: n.name, _VALUE),
    nodes.Dots: (lambda n: "...", _VALUE),
    nodes.Sum: (lambda n: " + ".join(_inside(t, _PRODUCT) for t in n.terms), _SUM),
    nodes.Product: (lambda n: "*".join(_inside(f, _POWER) for f in n.factors), _PRODUCT),
    nodes.Power: (lambda n: f"{_inside(n.base, _VALUE)}^{_inside(n.exponent, _VALUE)}", _POWER),
    nodes.Root: (lambda n: f"root({plain_text(n.radicand)}, {plain_text(n.index)})", _VALUE),
    nodes.AbsoluteValue: (lambda n: f"|{plain_text(n.operand)}|", _VALUE),
    nodes.Factorial: (lambda n: f"{_inside(n.operand, _VALUE)}!", _POWER),
    nodes.Function: (lambda n: f"{n.name}({_listed(n.arguments)})", _VALUE),
    nodes.UnknownFunction: (lambda n: f"{n.name}({_listed(n.arguments)})", _VALUE),
    nodes.Percent: (lambda n: f"{_inside(n.value, _VALUE)}%", _POWER),
    nodes.Quantity: (lambda n: f"{_inside(n.value, _PRODUCT)} {n.unit}", _PRODUCT),
    nodes.Tuple: (lambda n: f"({_listed(n.items)})", _VALUE),
    nodes.Interval: (_interval, _VALUE),
    nodes.FiniteSet: (lambda n: f"{{{_listed(n.items)}}}", _VALUE),
    nodes.ValueList: (lambda n: _listed(n.items), _SUM),
    nodes.Relation: (lambda n: f"{plain_text(n.left)} {n.op} {plain_text(n.right)}", _SUM),
}
