r"""Greatest common divisors and least common multiples of letters, as of polynomials."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import gcd, lcm

from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.trees import free_symbols

# A rational, and the powers of letters that it multiplies.
_Monomial = tuple[Fraction, dict[str, int]]


def coprime_letters(node: Node) -> Node:
    r"""The tree with `\gcd(2x, y)` as 1 and `\lcm(2x, y)` as 2xy, as of polynomials.

    For an answer whose gold speaks of no divisors: there the letters have none in common.
    """
    return tree.replace(node, _as_of_polynomials)


def _as_of_polynomials(node: Node) -> Node | None:
    if not isinstance(node, nodes.Function) or node.name not in ("gcd", "lcm"):
        return None
    known = [found for argument in node.arguments if (found := _monomial(argument))]
    # a number and a letter may have a divisor in common, whatever the letter is
    if len(known) < len(node.arguments) or not all(map(free_symbols, node.arguments)):
        return None
    return _joined(known, *((gcd, min) if node.name == "gcd" else (lcm, max)))


def _joined(
    known: list[_Monomial], join: Callable[..., int], pick: Callable[[Iterable[int]], int]
) -> Node:
    whole = all(factor.denominator == 1 for factor, _ in known)
    factor = join(*(factor.numerator for factor, _ in known)) if whole else 1
    exponents = {
        letter: pick(powers.get(letter, 0) for _, powers in known)
        for letter in sorted({letter for _, powers in known for letter in powers})
    }
    powers = [nodes.Power(nodes.Symbol(letter), num(k)) for letter, k in exponents.items() if k]
    return tree.mul(num(factor), *powers)


def _monomial(node: Node) -> _Monomial | None:
    factor, powers = Fraction(1), dict[str, int]()
    for part in node.factors if isinstance(node, nodes.Product) else (node,):
        match part:
            case nodes.Number() | nodes.Decimal():
                factor *= Fraction(part.p, part.q)
            case nodes.Symbol():
                powers[part.name] = powers.get(part.name, 0) + 1
            case nodes.Power(base=nodes.Symbol(name=name), exponent=nodes.Number(p=p, q=1)) if (
                p > 0
            ):
                powers[name] = powers.get(name, 0) + p
            case _:
                return None
    return factor, powers
