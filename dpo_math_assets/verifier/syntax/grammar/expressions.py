r"""Relations and arithmetic, from loose to tight, and what a value may begin with.

Relations < set operations < sums < products < prefix signs < powers and postfix signs. A product
without a sign binds tighter than `/` where its right side begins with a letter (`a/2b` is a/(2b)),
except behind a fraction of two integers (`1/2x` is x/2). What reads a value is looked up by
the kind of its first token in `BEGINNINGS`, and by the command in `COMMANDS`.
"""

import re
from collections.abc import Callable

from dpo_math_assets.verifier.syntax import builders, nodes
from dpo_math_assets.verifier.syntax.grammar import leaves, operations
from dpo_math_assets.verifier.syntax.grammar.parameters import declares
from dpo_math_assets.verifier.syntax.grammar.relation_signs import equivalent, relation_sign
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.grammar.superscripts import (
    FUNCTION_LETTERS,
    bracket_above,
    bracket_around,
    marked_above,
)
from dpo_math_assets.verifier.syntax.grammar.words import words_after
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.scanner import Token
from dpo_math_assets.verifier.trace import applied

Rule = Callable[[Stream], Node]
BEGINNINGS: dict[str, Rule] = {}
COMMANDS: dict[str, Rule] = {}

# Moments of random variables: `E(X^2)` is not `E(X)^2`.
_OF_VARIABLES = frozenset("DEV")
_VARIABLES = frozenset("XYZ")
_OF_FUNCTION = re.compile(r"[_^']")
_DIGITS = re.compile(r"\d+")

# Tokens that end a value, and with it all that binds tighter than lists do.
_BEHIND_VALUE = frozenset(("end", "close", "punct", "sep", "word"))
_BEHIND_TERM = _BEHIND_VALUE | {"rel", "set", "pm"}
_LEAVES = frozenset(("num", "sym", "const"))
_SETS = (nodes.FiniteSet, nodes.SetBuilder, nodes.NumberDomain, nodes.Interval)


# relations


def relation(stream: Stream) -> Node:
    """A value, or values joined by signs such as `=`, perhaps for a modulus."""
    items, operators = [set_expression(stream)], list[str]()
    if stream.token.kind in _BEHIND_VALUE:
        return items[0]
    while operator := relation_sign(stream):
        operators.append(operator)
        item = set_expression(stream)
        if (
            operator == "in"
            and isinstance(item, nodes.Symbol)
            and item.name in ("Z", "N", "R", "Q")
        ):
            item = nodes.NumberDomain(item.name)
        items.append(item)
    node = items[0]
    if len(operators) == 1:
        node = nodes.Relation(operators[0], node, items[1])
    elif operators:
        node = nodes.RelationChain(tuple(operators), tuple(items))
    modulus = _modulus(stream)
    if modulus is not None:
        return nodes.Congruence(node, modulus)
    return equivalent(*items) if operators == ["equiv"] else node


def _modulus(stream: Stream) -> Node | None:
    r"""The modulus of `\pmod 7` or `(mod 7)`, if one follows."""
    if stream.take("cmd", "pmod"):
        closing = ("close", "}") if stream.take("open", "{") else None
    elif stream.sees("open", "(") and stream.peek().value == "mod":
        stream.advance(2)
        closing = ("close", ")")
    else:
        return None
    modulus = sum_of(stream)
    if closing:
        stream.expect(*closing)
    return modulus


def set_expression(stream: Stream) -> Node:
    """A sum, or sets joined by their operations; all bind alike, to the left."""
    node = sum_of(stream)
    if stream.token.kind not in ("cmd", "set"):
        return node
    if stream.take("cmd", "choose"):
        node = builders.chosen("C", node, sum_of(stream))
    depth = stream.depth
    while stream.sees("set"):
        stream.deeper()
        operator = stream.advance().value
        node = builders.set_operation(operator, node, sum_of(stream))
    stream.depth = depth
    return node


# sums and products


def sum_of(stream: Stream) -> Node:
    """Terms joined by `+`, `-` and both signs at once."""
    stream.deeper()
    terms = [_signed(stream) if stream.token.kind == "pm" else product(stream)]
    while (token := stream.token).kind in ("op", "pm"):
        if token.kind == "pm":
            terms.append(_signed(stream))
        elif token.value == "+":
            stream.advance()
            if stream.sees("dots"):
                raise stream.unexpected("a term")
            terms.append(product(stream))
        elif token.value == "-":
            stream.advance()
            term = product(stream)
            if isinstance(terms[-1], _SETS):
                terms[-1] = nodes.SetDifference(terms[-1], term)
            else:
                terms.append(builders.neg(term))
        else:
            break
    stream.depth -= 1
    return builders.add(*terms) if len(terms) > 1 else terms[0]


def _signed(stream: Stream) -> Node:
    cls = nodes.PlusMinus if stream.advance().value == "pm" else nodes.MinusPlus
    return cls(product(stream))


def product(stream: Stream) -> Node:
    """Factors joined by signs or by nothing, from left to right."""
    if stream.token.kind in _LEAVES:
        behind = stream.tokens[stream.at + 1]
        if behind.kind in _BEHIND_TERM or (behind.kind == "op" and behind.value in ("+", "-")):
            return primary(stream)
    node = _prefixed(stream)
    depth = stream.depth
    while (token := stream.token).kind not in _BEHIND_TERM:
        joined = _JOINED.get(token.value) if token.kind in ("op", "cmd") else None
        if joined is None:
            if not leaves.begins_factor(stream):
                break
            node = _beside(stream, node)
        elif token.value == "/" and stream.peek().kind == "word":  # `5/hour`
            break
        else:
            node = joined(stream, node)
    stream.depth = depth
    return node


def _times(stream: Stream, node: Node) -> Node:
    crossed = stream.source.startswith("\\times", stream.advance().start)
    factor = _prefixed(stream)
    if stream.of_vectors and (left := operations.as_vector(node, stream.source)) is not None:
        right = operations.as_vector(factor, stream.source)
        while right is None and leaves.begins_factor(stream):  # `\vec{a} \times 3\vec{b}`
            factor = builders.mul(factor, power_of(stream))
            right = operations.as_vector(factor, stream.source)
        if right is not None or left == operations.NABLA:
            stream.deeper()
            sign = "\\times" if crossed else "\\cdot"
            return operations.vectors_multiplied(sign, left, right or factor)
    return operations.operation("times", node, factor) if crossed else builders.mul(node, factor)


def _operated(stream: Stream, node: Node) -> Node:
    stream.deeper()
    name = stream.advance().value
    return operations.operation(name, node, _prefixed(stream))


def _composed(stream: Stream, node: Node) -> Node:
    stream.deeper()
    stream.advance()
    return operations.compose(node, _prefixed(stream))


def _over(stream: Stream, node: Node) -> Node:
    stream.advance()
    divisor = _prefixed(stream)
    if not isinstance(node, nodes.Number) or not isinstance(divisor, nodes.Number):
        divisor = _tight(stream, divisor)
    return builders.divide(node, divisor)


def _modulo(stream: Stream, node: Node) -> Node:
    stream.deeper()
    stream.advance()
    return nodes.Function("mod", (node, _tight(stream, _prefixed(stream))))


def _percent(stream: Stream, node: Node) -> Node:
    if isinstance(node, nodes.Percent):
        raise stream.unexpected()
    stream.advance()
    return nodes.Percent(node)


_JOINED: dict[str, Callable[[Stream, Node], Node]] = {
    "*": _times,
    "/": _over,
    "over": _over,
    "mod": _modulo,
    "%": _percent,
    "circ": _composed,
    **dict.fromkeys(operations.OPERATIONS, _operated),
}


def _beside(stream: Stream, node: Node) -> Node:
    """A factor without a sign before it."""
    factor = power_of(stream)
    if isinstance(factor, nodes.Tuple) and isinstance(node, nodes.Tuple | nodes.ValueList):
        applied("grammar.points_side_by_side", node, factor)
        return nodes.ValueList(
            (*(node.items if isinstance(node, nodes.ValueList) else (node,)), factor)
        )
    if declares(stream, factor):  # `k\pi (k \in \mathbb{Z})`
        return node
    return builders.mul(node, factor)


def _tight(stream: Stream, node: Node) -> Node:
    """Letters that stand against a divisor belong to it: `a/2b`."""
    while stream.token.kind in ("sym", "const") and leaves.begins_factor(stream):
        factor = power_of(stream)
        applied("grammar.tight_divisor", node, factor)
        node = builders.mul(node, factor)
    return node


def _prefixed(stream: Stream) -> Node:
    stream.deeper()
    if stream.token.kind != "op":
        node = power_of(stream)
    elif stream.take("op", "-"):
        node = builders.neg(_prefixed(stream))
    elif stream.take("op", "+"):
        node = _prefixed(stream)
    else:
        node = power_of(stream)
    stream.depth -= 1
    return node


# powers and postfix signs


def power_of(stream: Stream) -> Node:
    """A value with its powers, indices and postfix signs; a letter of a function is applied."""
    node = _mixed_number(stream, primary(stream))
    depth = stream.depth
    while (token := stream.token).kind in ("op", "cmd"):
        rule = _POSTFIX.get(token.value[:1] if token.kind == "op" else token.value)
        behind = rule(stream, node) if rule else None
        if behind is None:
            break
        stream.deeper()
        node = behind
    stream.depth = depth
    if isinstance(node, nodes.Symbol) and _is_called(stream, node.name):
        node = nodes.UnknownFunction(node.name, arguments(stream))
        if stream.take("op", "^"):
            node = builders.power(node, exponent(stream))
    elif operations.is_composition(node) and stream.sees("open", "("):
        node = operations.called_composition(node, arguments(stream))
    return node


def _is_called(stream: Stream, name: str) -> bool:
    braced = stream.sees("open", "{") and bracket_around(stream) == "("  # `f{\left(x \right)}`
    expected = name in _OF_VARIABLES and stream.peek().value in _VARIABLES
    bracket = stream.sees("open", "(") or (expected and stream.sees("open", "["))
    if not (braced or bracket) or stream.token.spaced:
        return False
    if expected or _OF_FUNCTION.split(name)[0] in FUNCTION_LETTERS:
        return True
    return _holds_one_value(stream)


def _holds_one_value(stream: Stream) -> bool:
    """Whether brackets hold a letter or a number, as nobody writes a factor: `T(n)`, `u(-2)`."""
    if stream.at > 1 and stream.tokens[stream.at - 2].value == "^":  # `sin^n(x)`
        return False
    signed = 1 + (stream.peek().value == "-")
    value, behind = stream.peek(signed), stream.peek(signed + 1)
    return value.kind in ("num", "sym") and behind.kind == "close"


def arguments(stream: Stream) -> tuple[Node, ...]:
    """Bracketed arguments, separated by commas."""
    node = primary(stream)
    match node:
        case nodes.Tuple() | nodes.FiniteSet() | nodes.ValueList():
            return node.items
        case nodes.Interval():
            return node.low, node.high
    return (node,)


def _raised(stream: Stream, base: Node) -> Node:
    stream.advance()
    if leaves.take_degree_mark(stream):
        return leaves.in_degrees(stream, base)
    bracket = bracket_above(stream, base)
    start = stream.token.start
    above = exponent(stream)
    if bracket:
        written = stream.source[start : stream.token.start].strip(" {}")
        if (node := marked_above(base, bracket, above, written)) is not None:
            return node
    if not isinstance(base, nodes.Symbol):
        return builders.power(base, above)
    if stream.sees("op", "_"):  # `x^2_1` is a power of `x_1`
        base = nodes.Symbol(leaves.indexed(stream, base.name))
    if above == num(-1) and base.name in FUNCTION_LETTERS and stream.sees("open", "("):
        applied("grammar.inverse_function", base)
        return nodes.UnknownFunction(f"{base.name}^-1", arguments(stream))
    return leaves.chosen_by_index(base.name, above) or builders.power(base, above)


def exponent(stream: Stream) -> Node:
    """What stands above: a braced group, or one signed factor, right associative."""
    stream.deeper()
    if stream.sees("open", "{"):
        node = group(stream)
        if stream.sees("op", "^"):
            raise stream.unexpected()
    elif stream.take("op", "-"):
        node = builders.neg(exponent(stream))
    elif stream.take("op", "+"):
        node = exponent(stream)
    else:
        node = power_of(stream)
    stream.depth -= 1
    return node


_POSTFIX: dict[str, Callable[[Stream, Node], Node | None]] = {
    "^": _raised,
    "_": leaves.index,
    "!": leaves.factorial,
    "'": leaves.prime,
    "circ": leaves.small_circle,
    "degree": leaves.degrees,
}


def _mixed_number(stream: Stream, node: Node) -> Node:
    r"""`3 \frac{1}{2}` and `3 1/2` are 3.5; the fraction must be one of plain integers."""
    token = stream.token
    if token.kind not in ("cmd", "num") or not isinstance(node, nodes.Number):
        return node
    if stream.last().kind != "num":
        return node
    start = stream.at
    if stream.sees("cmd", "frac"):
        part = primary(stream)
        if builders.is_proper_fraction(part):
            return _mixed(node, part)
        stream.give_back(start, part)
    elif token.node and token.spaced and stream.peek().value == "/" and stream.peek(2).node:
        part = builders.divide(token.node, leaves.numeral(stream.peek(2)))
        if builders.is_proper_fraction(part):
            stream.advance(3)
            return _mixed(node, part)
    return node


def _mixed(whole: Node, part: Node) -> Node:
    applied("grammar.mixed_number", whole, part)
    return builders.add(whole, part)


# values


def primary(stream: Stream) -> Node:
    """A value without what may stand behind it."""
    rule = BEGINNINGS.get(stream.token.kind)
    if rule is None:
        raise stream.unexpected("a value")
    return rule(stream)


def number_before_letter(stream: Stream) -> Node:
    r"""`{}_5C_2`, `{}^nP_r`: the number of things stands before the letter."""
    if not stream.take("op", "_", "^"):
        raise stream.unexpected("a value")
    n = group(stream)
    letter = stream.token
    if letter.kind != "sym" or letter.value not in leaves.CHOOSING:
        raise stream.unexpected("C or P")
    stream.advance()
    if not stream.take("op", "_", "^"):
        raise stream.unexpected("an index")
    k = group(stream)
    applied("grammar.combinations", n, k)
    return builders.chosen(letter.value, n, k)


def command(stream: Stream) -> Node:
    r"""What a command such as `\frac` or `\sum` makes of its arguments."""
    if (node := stream.reread()) is not None:
        return node
    rule = COMMANDS.get(stream.token.value)
    if rule is None:
        raise stream.unexpected("a value")
    stream.deeper()
    stream.advance()
    node = rule(stream)
    stream.depth -= 1
    return node


def closed(stream: Stream, kind: str, value: str) -> Node:
    """A sum up to what closes it."""
    node = sum_of(stream)
    stream.expect(kind, value)
    return node


def group(stream: Stream) -> Node:
    """A braced argument, or a single token without braces (`\\frac12`)."""
    if not stream.sees("open", "{"):
        if not stream.take("op", "-"):
            return primary(stream)
        stream.deeper()
        node = builders.neg(group(stream))
        stream.depth -= 1
        return node
    outside = stream.enter()
    node = relation(stream)
    if stream.sees("punct", ","):
        items = [node]
        while stream.take("punct", ","):
            items.append(relation(stream))
        node = nodes.ValueList(tuple(items))
    node = words_after(stream, node)
    stream.expect("close", "}")
    stream.leave(outside)
    return node


def short_group(stream: Stream) -> Node:
    """An argument of `\\frac` or `\\sqrt`: without braces it is one digit or letter."""
    token = stream.token
    if isinstance(token.node, nodes.Number):
        found = _DIGITS.match(stream.source, token.start)
        digits = found[0] if found else ""
        if len(digits) > 1:
            rest = num(int(digits[1:]))
            stream.tokens[stream.at] = Token("num", "", False, token.start + 1, rest)
            stream.seek(stream.at)
            return num(int(digits[0]))
    return group(stream)
