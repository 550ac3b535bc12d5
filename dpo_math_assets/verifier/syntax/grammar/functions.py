r"""Functions applied to arguments, in brackets or not (`\sin^2 2x`), and letters with accents."""

from collections.abc import Callable, Sequence

from dpo_math_assets.verifier.lexicon.functions import PRINTED
from dpo_math_assets.verifier.syntax import builders, nodes
from dpo_math_assets.verifier.syntax.builders import IMAGINARY, E
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar import expressions
from dpo_math_assets.verifier.syntax.grammar.leaves import begins_factor
from dpo_math_assets.verifier.syntax.grammar.printed import is_single_row, printed
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.scanner import Token
from dpo_math_assets.verifier.trace import applied

_ARGUMENTS = (*nodes.SCALARS, nodes.PlusMinus, nodes.MinusPlus)
_TRIGONOMETRIC = frozenset(
    name + end for name in ("sin", "cos", "tan", "cot", "sec", "csc") for end in ("", "h")
)
# How many arguments functions take that do not take one.
_ANY = (1, 50)
_ARITY = {
    **dict.fromkeys(("mod", "binom", "root", "atan2"), (2, 2)),
    **dict.fromkeys(("gcd", "lcm", "max", "min"), _ANY),
    "log": (1, 2),
}
_MATRICES = frozenset(("Matrix", "ImmutableMatrix", "ImmutableDenseMatrix"))
# Accents that are one mark in a longer or a shorter form.
_SAME_MARKS = {"overline": "bar", "overrightarrow": "vec", "widehat": "hat", "widetilde": "tilde"}
_BEFORE_ARGUMENT = frozenset(("num", "sym", "const", "open", "func", "bar", "accent", "cmd"))


def function(stream: Stream) -> Node:
    """A function, its base and exponent, and its arguments."""
    named = stream.advance()
    if named.value in ("max", "min", "lim") and stream.sees("op", "_"):
        raise stream.located(ParseError(f"{named.value} over a condition"))
    name, base = _with_number(stream, named)
    above = None
    for _ in range(2):
        if name == "log" and base is None and stream.take("op", "_"):
            base = _log_base(stream)
        elif stream.take("op", "^"):
            above = expressions.exponent(stream)
    if name == "sqrt" and stream.sees("open", "["):
        return square_root(stream)
    if name in PRINTED:
        single = name in _MATRICES and is_single_row(stream)
        values = _arguments_of(stream)
        return printed(name, (nodes.Matrix((values,)),) if single else values)
    return _applied_to(name, _arguments_of(stream), base, above)


def _with_number(stream: Stream, named: Token) -> tuple[str, Node | None]:
    """The name and the base of a function with a number behind: `log2(8)`, `factorial2(n)`."""
    name = named.value
    if not stream.sees("num") or stream.token.spaced or stream.peek().value != "(":
        return name, None
    if name == "log" and stream.source[named.start] != "\\":
        return name, stream.advance().node
    if name == "atan" and stream.token.node == num(2):
        stream.advance()
        return "atan2", None
    if name == "fact" and stream.token.node == num(2):
        stream.advance()
        return "fact2", None
    return name, None


def _log_base(stream: Stream) -> Node:
    r"""`\log_{10} 5`, `\log_10 5` and, where no argument would be left, `\log_23`."""
    return (
        expressions.group(stream)
        if stream.peek().kind in _BEFORE_ARGUMENT
        else expressions.short_group(stream)
    )


def _arguments_of(stream: Stream) -> tuple[Node, ...]:
    if stream.sees("open", "(", "[", "\\{"):
        return expressions.arguments(stream)
    if stream.sees("open", "{"):
        node = expressions.group(stream)
        return node.items if isinstance(node, nodes.ValueList | nodes.Tuple) else (node,)
    return (_open_argument(stream),)


def _open_argument(stream: Stream) -> Node:
    r"""The argument of `\sin 2x`: factors up to a sign, a bracket or another function."""
    stream.deeper()
    if stream.take("op", "-"):
        node = builders.neg(_open_argument(stream))
    else:
        node = expressions.power_of(stream)
        while _continues_argument(stream):
            node = builders.mul(node, expressions.power_of(stream))
        divisor = stream.peek()
        touching = not stream.token.spaced and not divisor.spaced
        if touching and divisor.kind == "num" and stream.take("op", "/"):
            node = builders.divide(node, expressions.power_of(stream))
    stream.depth -= 1
    return node


def _continues_argument(stream: Stream) -> bool:
    kind = stream.token.kind
    value = kind in ("sym", "const", "num") or stream.sees("cmd", "frac", "sqrt")
    return value and begins_factor(stream)


def square_root(stream: Stream) -> Node:
    r"""`\sqrt2`, `\sqrt[3]{x}`, behind the command."""
    index: Node = num(2)
    if stream.take("open", "["):
        index = expressions.closed(stream, "close", "]")
    return builders.root(expressions.short_group(stream), index)


def accented(stream: Stream) -> Node:
    r"""`\vec{AB}` as a name."""
    accent = stream.advance().value
    inner = expressions.group(stream)
    name = builders.letters(inner)
    if name is not None:
        return nodes.Symbol(f"{_SAME_MARKS.get(accent, accent)}({name})")
    if accent == "underline":
        return inner
    raise ParseError(f"\\{accent} over more than letters")


# what functions are made of

_Values = Sequence[Node]
_MADE: dict[str, Callable[[_Values], Node]] = {
    "exp": lambda x: builders.power(E, x[0]),
    "cis": lambda x: builders.add(
        nodes.Function("cos", (x[0],)), builders.mul(IMAGINARY, nodes.Function("sin", (x[0],)))
    ),
    "sqrt": lambda x: builders.root(x[0], num(2)),
    "atan2": lambda x: nodes.Function("arg", (builders.add(x[1], builders.mul(IMAGINARY, x[0])),)),
    "cbrt": lambda x: builders.root(x[0], num(3)),
    "root": lambda x: builders.root(x[0], x[1]),
    "abs": lambda x: nodes.AbsoluteValue(x[0]),
    "gamma": lambda x: _gamma(x[0]),
    "fact": lambda x: nodes.Factorial(x[0]),
    "fact2": lambda x: nodes.DoubleFactorial(x[0]),
    "log": lambda x: _logarithm(x[0], x[1] if len(x) == 2 else num(10)),
    "lg": lambda x: _logarithm(x[0], num(10)),
}
_KNOWN = nodes.FUNCTIONS.keys() | _MADE.keys()
_MADE_OF_ONE: dict[str, Callable[[Node], Node]] = {
    "max": lambda x: x,
    "min": lambda x: x,
    "gcd": nodes.AbsoluteValue,
    "lcm": nodes.AbsoluteValue,
}


def _applied_to(name: str, values: _Values, base: Node | None, above: Node | None) -> Node:
    """A function applied. `sin^{-1}` is the inverse, other exponents are powers."""
    if name not in _KNOWN:
        called = nodes.UnknownFunction(f"\\{name}", tuple(values))
        applied("grammar.named_function", called)
        return called if above is None else builders.power(called, above)
    fewest, most = _ARITY.get(name, (1, 1))
    if not fewest <= len(values) <= most:
        raise ParseError(f"{name} of {len(values)} arguments")
    if name != "det":
        values = tuple(map(builders.plain, values))
        if not all(isinstance(value, _ARGUMENTS) for value in values):
            raise ParseError(f"{name} of something that is no number")
    if above == num(-1) and name in _TRIGONOMETRIC:
        applied("grammar.inverse_function", name)
        name, above = "a" + name, None
    node = _value_of(name, values if base is None else (values[0], base))
    return node if above is None else builders.power(node, above)


def _value_of(name: str, values: _Values) -> Node:
    first = values[0]
    if len(values) == 1 and name in _MADE_OF_ONE:
        return _MADE_OF_ONE[name](first)
    if name in _MADE:
        return _MADE[name](values)
    if name == "conj" and isinstance(first, nodes.Symbol):  # as `\overline{z}` is read
        return nodes.Symbol(f"bar({first.name})")
    return nodes.Function(name, tuple(values))


def _gamma(x: Node) -> Node:
    if isinstance(x, nodes.Number) and x.q == 1:
        return nodes.Factorial(num(x.p - 1))
    return nodes.Function("gamma", (x,))


def _logarithm(x: Node, base: Node) -> Node:
    if base in (E, nodes.Symbol("E")):
        return nodes.Function("ln", (x,))
    return nodes.Function("log", (x, builders.plain(base)))
