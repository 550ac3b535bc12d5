"""The canonical form of an expression: flat, sorted, like terms and like powers gathered.

Products are not expanded and no identity beyond arithmetic of rationals is used: equal forms mean
equal values wherever both are defined, and different forms mean nothing.
"""

from collections.abc import Iterable
from fractions import Fraction

from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import children, rebuild, sort_key, with_children

ZERO: Node = num(0)
ONE: Node = num(1)
_ATOMS = (nodes.Number, nodes.Symbol, nodes.Constant, nodes.Derivative)
_JOINING = (nodes.Number, nodes.Product)
_BINDING = (nodes.Summation, nodes.IndexedProduct, nodes.Integral, nodes.Limit)


def canonical(node: Node) -> Node:
    """The canonical form of a scalar expression; other nodes come back as they are."""
    if isinstance(node, _ATOMS):
        return node
    value = exact(node)
    if value is not None:
        return tree.rational(value)
    match node:
        case nodes.Sum():
            return _sum(map(canonical, node.terms))
        case nodes.Product():
            return _product(map(canonical, node.factors))
        case nodes.Power():
            return _power(canonical(node.base), canonical(node.exponent))
        case nodes.Summation() | nodes.IndexedProduct() | nodes.Integral() | nodes.Limit():
            return rebuild(_bound_by_number(node), canonical)
    return rebuild(node, canonical) if isinstance(node, nodes.SCALARS) else node


def _bound_by_number(node: Node) -> Node:
    """A sum, integral or limit whose variable is named by how deep others lie inside it."""
    body, variable, *bounds = children(node)
    if not bounds or not isinstance(variable, nodes.Symbol):
        return node
    name = nodes.Symbol(f"bound_{_depth(body)}")
    return with_children(node, (tree.substituted(body, variable, name), name, *bounds))


def _depth(node: Node) -> int:
    return max(map(_depth, children(node)), default=0) + isinstance(node, _BINDING)


def _coefficient(node: Node) -> tuple[Fraction, Node]:
    """A term as a rational times the rest."""
    match node:
        case nodes.Number():
            return Fraction(node.p, node.q), ONE
        case nodes.Product(factors=(nodes.Number() as first, *rest)):
            return Fraction(first.p, first.q), rest[0] if len(rest) == 1 else nodes.Product(
                tuple(rest)
            )
    return Fraction(1), node


def _sum(terms: Iterable[Node]) -> Node:
    gathered: dict[Node, Fraction] = {}
    for term in terms:
        for part in term.terms if isinstance(term, nodes.Sum) else (term,):
            factor, rest = _coefficient(part)
            gathered[rest] = gathered.get(rest, 0) + factor
    parts = [_product((tree.rational(factor), rest)) for rest, factor in gathered.items() if factor]
    if len(parts) < 2:
        return parts[0] if parts else ZERO
    return nodes.Sum(tuple(sorted(parts, key=sort_key)))


def _product(factors: Iterable[Node]) -> Node:
    coefficient, parts = _gathered(factors)
    if coefficient == 0:
        return ZERO
    value = tree.rational(coefficient)
    if any(isinstance(part, _JOINING) for part in parts):
        # a product or rational that comes out of a power again joins the product
        return _product((value, *parts))
    if not parts:
        return value
    if coefficient != 1:
        if len(parts) == 1 and isinstance(parts[0], nodes.Sum):
            # 2(x+1) and 2x+2 are one form
            return _sum(_product((value, term)) for term in parts[0].terms)
        parts.insert(0, value)
    return parts[0] if len(parts) == 1 else nodes.Product(tuple(parts))


def _gathered(factors: Iterable[Node]) -> tuple[Fraction, list[Node]]:
    """The rational factor of a product, and its other factors in order, like powers as one."""
    coefficient = Fraction(1)
    powers: dict[Node, list[Node]] = {}
    for factor in factors:
        for part in factor.factors if isinstance(factor, nodes.Product) else (factor,):
            if isinstance(part, nodes.Number):
                coefficient *= Fraction(part.p, part.q)
            elif isinstance(part, nodes.Power):
                powers.setdefault(part.base, []).append(part.exponent)
            else:
                powers.setdefault(part, []).append(ONE)
    parts = [
        _power(base, exponent)
        for base, exponents in powers.items()
        if (exponent := exponents[0] if len(exponents) == 1 else _sum(exponents)) != ZERO
    ]
    return coefficient, parts if len(parts) == 1 else sorted(parts, key=sort_key)


def _power(base: Node, exponent: Node) -> Node:
    """base ^ exponent; integer exponents go through products and powers."""
    if exponent == ONE:
        return base
    node = nodes.Power(base, exponent)
    value = exact(node)
    if value is not None:
        return tree.rational(value)
    if isinstance(exponent, nodes.Number) and exponent.q == 1:
        return _whole_power(base, exponent.p) or node
    return node


def _whole_power(base: Node, power: int) -> Node | None:
    match base:
        case nodes.Power(base=inner, exponent=nodes.Number(p=p, q=1)):
            return _power(inner, num(p * power))
        case nodes.Product():
            return _product(_power(factor, num(power)) for factor in base.factors)
        case nodes.Root(radicand=inner, index=nodes.Number(p=p, q=1)) if (
            p and power > 0 and power % p == 0
        ):
            return _power(inner, num(power // p))
    return None


def numerator(node: Node) -> Node:
    """The numerator over a common denominator: zero where `node` is zero."""
    return _fraction(node)[0]


def _fraction(node: Node) -> tuple[Node, Node]:
    match node:
        case nodes.Sum():
            top, bottom = _fraction(node.terms[0])
            for term in node.terms[1:]:
                other, under = _fraction(term)
                if under == bottom:
                    top = tree.add(top, other)
                else:
                    top = tree.add(tree.mul(top, under), tree.mul(other, bottom))
                    bottom = tree.mul(bottom, under)
            return top, bottom
        case nodes.Product():
            tops, bottoms = zip(*map(_fraction, node.factors), strict=True)
            return tree.mul(*tops), tree.mul(*bottoms)
        case nodes.Power(exponent=nodes.Number(p=p, q=q)) if p < 0:
            return ONE, node.base if (p, q) == (-1, 1) else nodes.Power(node.base, num(-p, q))
    return node, ONE
