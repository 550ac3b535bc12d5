"""Building trees: constructors that fold what is exact and cheap, and keep the rest as written."""

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import gcd

from dpo_math_assets.verifier.lexicon.vocabulary import unit_named
from dpo_math_assets.verifier.syntax.lexer import ParseError
from dpo_math_assets.verifier.syntax.nodes import (
    SCALAR_KINDS,
    Node,
    children,
    free_symbols,
    make,
    num,
    rebuild,
)

__all__ = [
    "add",
    "alternatives",
    "as_symbol",
    "bracketed",
    "chosen",
    "conditions",
    "divide",
    "function",
    "is_complex",
    "is_conditional",
    "is_inequality",
    "is_proper_fraction",
    "is_vector",
    "letters",
    "mul",
    "neg",
    "plain",
    "power",
    "printed",
    "rational",
    "rename_constant",
    "replace",
    "root",
    "set_operation",
    "substituted",
    "text",
    "unit",
]

E = make("const", ("e",))
PI = make("const", ("pi",))
IMAGINARY = make("const", ("i",))
# An exponent p/q becomes the p-th power of a q-th root up to this q.
MAX_ROOT_INDEX = 100


def rational(value: Fraction) -> Node:
    """A fraction as a `num` node."""
    return num(value.numerator, value.denominator)


def text(words: str) -> Node:
    """A `text` node: lower case, letters, digits and signs kept, single spaces."""
    for command in ("\\text", "\\textbf", "\\mathrm", "\\mbox", "\\textit", "\\ ", "$"):
        words = words.replace(command, " ")
    said = " ".join(_UNSAID.sub(" ", words).lower().split()).rstrip(".")
    return make("text", (_ORDINAL.sub("", said),))


_UNSAID = re.compile(r"(?:[^\w+*/^=<>.%-]|_)+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")


def plain(node: Node) -> Node:
    """The node as a factor or term: percentages, degrees and other bases become numbers."""
    if node.kind == "basen":
        return num(node.args[0])
    if node.kind == "percent":
        return mul(plain(node.args[0]), num(1, 100))
    if node.kind == "unit":
        if node.args[1] in ("rad", "radian"):
            return plain(node.args[0])
        if node.args[1] != "degree":
            raise ParseError("a unit inside an expression")
        return mul(node.args[0], num(1, 180), PI)
    return node


def neg(node: Node) -> Node:
    """-node; signs of numbers go into the number."""
    kind, args = node
    if kind in ("num", "dec", "basen"):
        return make(kind, (-args[0], *args[1:]))
    if kind in ("percent", "unit"):
        return make(kind, (neg(args[0]), *args[1:]))
    if kind in ("pm", "mp"):
        return make("mp" if kind == "pm" else "pm", args)
    if kind == "mul" and args[0].kind in ("num", "dec"):
        return mul(neg(args[0]), *args[1:])
    return make("mul", (num(-1), node))


def add(*terms: Node) -> Node:
    """A sum, flat. Angles in degrees add up to one in degrees."""
    if len(terms) == 1:
        return terms[0]
    if all(term.kind == "unit" and term.args[1] == terms[0].args[1] for term in terms):
        return make("unit", (add(*(term.args[0] for term in terms)), terms[0].args[1]))
    flat: list[Node] = []
    for term in terms:
        term = plain(term)
        flat.extend(term.args if term.kind == "add" else (term,))
    return make("add", tuple(flat))


def mul(*factors: Node) -> Node:
    """A product, flat. A unit comes to the outside; braces of one item are mere grouping."""
    if len(factors) == 1:
        return factors[0]
    units = [factor for factor in factors if factor.kind == "unit"]
    if len(units) == 1:
        others = (factor.args[0] if factor.kind == "unit" else factor for factor in factors)
        return make("unit", (mul(*others), units[0].args[1]))
    flat: list[Node] = []
    for factor in factors:
        if factor.kind == "set" and len(factor.args) == 1:
            factor = factor.args[0]
        factor = plain(factor)
        flat.extend(factor.args if factor.kind == "mul" else (factor,))
    return make("mul", tuple(flat))


def chosen(letter: str, n: Node, k: Node) -> Node:
    """The ways to choose k of n: `C` without order, `P` and `A` with it."""
    n, k = plain(n), plain(k)
    ways = make("func", ("binom", n, k))
    return ways if letter == "C" else mul(ways, make("fact", (k,)))


def divide(top: Node, bottom: Node) -> Node:
    """top / bottom; two integers give their exact fraction."""
    if top.kind == "unit" and bottom.kind != "unit":
        return make("unit", (divide(top.args[0], bottom), top.args[1]))
    top, bottom = plain(top), plain(bottom)
    if top.kind == "num" and bottom.kind == "num" and bottom.args[0] != 0:
        p, q = top.args[0] * bottom.args[1], top.args[1] * bottom.args[0]
        shared = gcd(p, q) * (1 if q > 0 else -1)
        return num(p // shared, q // shared)
    reciprocal = make("pow", (bottom, num(-1)))
    return reciprocal if top == num(1) else mul(top, reciprocal)


def is_complex(node: Node) -> bool:
    """Whether a scalar expression holds the imaginary unit, or is one in z or w."""
    if node.kind not in SCALAR_KINDS:
        return False
    if node == IMAGINARY or (node.kind == "sym" and node.args[0][0] in "zw"):
        return True
    return any(map(is_complex, children(node)))


def is_proper_fraction(node: Node) -> bool:
    """Whether a node is p/q with 0 < p < q: what may follow an integer in a mixed number."""
    return node.kind == "num" and 0 < node.args[0] < node.args[1]


def power(base: Node, exponent: Node) -> Node:
    """base ^ exponent; a literal exponent p/q is the p-th power of the q-th root."""
    base, exponent = plain(base), plain(exponent)
    if exponent.kind in ("num", "dec"):
        p, q = exponent.args[:2]
        if 1 < q <= MAX_ROOT_INDEX:
            inner = root(base, num(q))
            return inner if p == 1 else make("pow", (inner, num(p)))
        if exponent.kind == "dec" and q == 1:
            exponent = num(p)
    return make("pow", (base, exponent))


def root(radicand: Node, index: Node) -> Node:
    """The index-th root."""
    return make("root", (plain(radicand), plain(index)))


_TRIGONOMETRIC = frozenset(
    name + end for name in ("sin", "cos", "tan", "cot", "sec", "csc") for end in ("", "h")
)
_ARITY = {"mod": (2, 2), "binom": (2, 2), "gcd": (1, 50), "lcm": (1, 50), "max": (1, 50)}
_ARITY |= {"min": (1, 50), "root": (2, 2), "log": (1, 2)}


def function(name: str, arguments: list[Node], base: Node | None, exponent: Node | None) -> Node:
    """A known function applied. `sin^{-1}` is the inverse, other exponents are powers."""
    low, high = _ARITY.get(name, (1, 1))
    if not low <= len(arguments) <= high:
        raise ParseError(f"{name} of {len(arguments)} arguments")
    if name != "det":
        arguments = [plain(argument) for argument in arguments]
        if any(argument.kind not in SCALAR_KINDS | {"pm", "mp"} for argument in arguments):
            raise ParseError(f"{name} of something that is no number")
    if exponent == num(-1) and name in _TRIGONOMETRIC:
        name, exponent = "a" + name, None
    x = arguments[0]
    if len(arguments) == 1 and name in ("max", "min"):
        node = x
    elif len(arguments) == 1 and name in ("gcd", "lcm"):
        node = make("abs", (x,))
    elif name == "exp":
        node = power(E, x)
    elif name == "cis":
        node = add(make("func", ("cos", x)), mul(IMAGINARY, make("func", ("sin", x))))
    elif name in ("sqrt", "cbrt"):
        node = root(x, num(2 if name == "sqrt" else 3))
    elif name == "root":
        node = root(x, arguments[1])
    elif name in ("abs", "fact"):
        node = make(name, (x,))
    elif name == "conj" and x.kind == "sym":  # as `\\overline{z}` is read
        node = make("sym", (f"bar({x.args[0]})",))
    elif name in ("log", "lg"):
        if base is None:
            base = arguments[1] if len(arguments) == 2 else num(10)
        natural = base in (E, make("sym", ("E",)))
        node = make("func", ("ln", x) if natural else ("log", x, plain(base)))
    else:
        node = make("func", (name, *arguments))
    return node if exponent is None else power(node, exponent)


_SCALES_OF_DEGREES = {"celsius": "C"}
_POWERS = {"square": "^2", "sq": "^2", "squared": "^2", "cubic": "^3", "cubed": "^3", "cu": "^3"}


def unit(value: Node, said: list[str]) -> Node:
    """A value with the words after it as its unit, spelled in one way."""
    words: list[str] = []
    pending = ""
    for word in said:
        name = unit_named(word) or word.lower()
        if name in ("the", "of", "a", "an", "is", "answer"):
            continue
        if name in ("square", "sq", "cubic", "cu"):
            pending = _POWERS[name]
            continue
        if name in _POWERS and words:
            words[-1] += _POWERS[name]
            continue
        if name == "per":
            name = "/"
        elif name == "^" or (words and words[-1].endswith("^")):
            words[-1:] = [(words[-1] if words else "") + name]
            continue
        elif len(name) > 3 and name.endswith("s") and not name.endswith("ss"):
            name = _SCALES_OF_DEGREES.get(name, name[:-1])
        words.append(name + pending)
        pending = ""
    if not words:
        return value
    if value.kind == "unit":
        return make("unit", (value.args[0], f"{value.args[1]} {' '.join(words)}"))
    if value.kind in ("rel", "chain"):
        return make(value.kind, (*value.args[:-1], unit(value.args[-1], said)))
    return make("unit", (value, " ".join(words)))


def set_operation(operator: str, a: Node, b: Node) -> Node:
    """Union, intersection or difference; bare lists are sets and pairs open intervals here."""
    a, b = _as_set(a), _as_set(b)
    if operator == "setminus":
        return make(operator, (a, b))
    first = a.args if a.kind == operator else (a,)
    return make(operator, (*first, b))


def _as_set(node: Node) -> Node:
    if node.kind == "list":
        return make("set", node.args)
    if node.kind == "tuple" and len(node.args) == 2:
        return make("interval", (*node.args, False, False))
    return node


def bracketed(opening: str, closing: str, content: Node) -> Node:
    """What brackets make of their content."""
    items = content.args if content.kind == "list" else (content,)
    if opening == "\\{":
        return make("set", items)
    if (opening, closing) == ("(", ")"):
        return make("tuple", items) if content.kind == "list" else content
    if (opening, closing) == ("[", "]"):
        rows = [_row(item) for item in items]
        if len(rows) > 1 and all(row and len(row) == len(rows[0]) for row in rows):
            return make("matrix", tuple(rows))
        if len(items) == 2:
            return make("interval", (*items, True, True))
        return content
    if len(items) != 2:
        raise ParseError("an interval that has not two ends")
    return make("interval", (*items, opening == "[", closing == "]"))


def _row(node: Node) -> tuple[Node, ...]:
    """The cells of `[1, 2]` or `[1, 2, 3]` inside other brackets; none for anything else."""
    if node.kind == "interval" and node.args[2:] == (True, True):
        return node.args[:2]
    return node.args if node.kind == "list" else ()


_INEQUALITIES = frozenset(("<", "<=", ">", ">=", "!="))


def is_inequality(node: Node) -> bool:
    """Whether a node is an inequality, or a chain of them."""
    signs = node.args[0] if node.kind == "chain" else node.args[:1]
    return node.kind in ("rel", "chain") and _INEQUALITIES.issuperset(signs)


def conditions(items: list[Node], alternatives: bool) -> Node | None:
    r"""Inequalities as one condition: alternatives (`or`), or all at once; None for other items.

    In `x \\ne 0, 1` the values after the first belong to its sign.
    """
    first = items[0]
    if first.kind == "rel" and first.args[0] == "!=":
        items = [
            make("rel", ("!=", first.args[1], item)) if item.kind in SCALAR_KINDS else item
            for item in items
        ]
    if not all(map(is_inequality, items)):
        return None
    return make("union" if alternatives else "inter", tuple(items))


def is_vector(node: Node) -> bool:
    r"""Whether a factor is, or holds, a letter with an arrow: `\\vec{a}`."""
    if node.kind == "sym":
        return str(node.args[0]).startswith("vec(")
    return node.kind in ("add", "mul", "call") and any(map(is_vector, children(node)))


def is_conditional(items: list[Node]) -> bool:
    r"""Whether a value in letters is followed by what holds of them: `\\sqrt{x}, x \\ge 0`."""
    first, *rest = items
    equation = first.kind == "rel" and first.args[0] == "="
    if not (equation or first.kind in SCALAR_KINDS) or not rest:
        return False
    letters = free_symbols(first)
    return bool(letters) and all(
        (is_inequality(item) or (item.kind == "rel" and item.args[0] in ("in", "notin")))
        and free_symbols(item) <= letters
        for item in rest
    )


def alternatives(items: list[Node], ends: list[int]) -> Node | None:
    """`x = 1, y = 2 or x = 3, y = 4` as two tuples; `x = 1 or y = 2` as a union.

    `ends` says behind how many items each `or` stands. None where the items are not assignments,
    or all of one name.
    """
    named = [
        item.kind == "rel" and item.args[0] == "=" and item.args[1].kind == "sym" for item in items
    ]
    if not ends or not all(named):
        return None
    bounds = [0, *ends, len(items)]
    groups = [items[low:high] for low, high in pairwise(bounds)]
    order = sorted((item.args[1] for item in groups[0]), key=str)
    values = [{item.args[1]: item.args[2] for item in group} for group in groups]
    if len(order) > 1:
        if any(found.keys() != values[0].keys() for found in values):
            return None
        return make(
            "list", tuple(make("tuple", tuple(found[name] for name in order)) for found in values)
        )
    one_name = all(found.keys() == values[0].keys() for found in values)
    return None if one_name else make("union", tuple(items))


def as_symbol(node: Node) -> Node | None:
    """A symbol; `i` and `e` count as symbols where a variable is bound."""
    if node.kind == "sym":
        return node
    if node.kind == "const" and node.args[0] in ("i", "e"):
        return make("sym", node.args)
    return None


def letters(node: Node) -> str | None:
    """The letters of a name such as `AB` or `x_1`, or None for anything else."""
    if node.kind in ("sym", "const"):
        return str(node.args[0])
    if node.kind == "mul":
        parts = [letters(factor) for factor in node.args]
        if all(part is not None and len(part) == 1 for part in parts):
            return "".join(part or "" for part in parts)
    return None


def replace(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with every node for which `change` gives another one replaced, from the top."""
    changed = change(node)
    if changed is not None:
        return changed
    return rebuild(node, lambda inner: replace(inner, change))


def substituted(node: Node, old: Node, new: Node) -> Node:
    """The tree with `new` wherever `old` stands."""
    return replace(node, lambda inner: new if inner == old else None)


def rename_constant(node: Node, variable: Node) -> Node:
    """Inside a sum over i, i is the index and not the imaginary unit."""
    constant = make("const", variable.args)
    return substituted(node, constant, variable)


def _branch(node: Node) -> tuple[Node, Node | None]:
    """(value, condition) of `(x, x < 0)`, and of a last `(x, True)` without its condition."""
    if node.kind == "noted" and node.args[1].kind == "list" and len(node.args[1].args) == 1:
        return node.args[0], node.args[1].args[0]
    return (node.args[0], node.args[1]) if node.kind == "tuple" else (node, None)


_PRINTED_RELATIONS = {"Eq": "=", "Ne": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">="}


def printed(name: str, arguments: list[Node]) -> Node:
    """`Interval(0, 1)`, `Integral(f, (x, 0, 1))`, `Eq(x, 2)` and their like."""
    if name in ("Union", "Intersection", "Complement") and len(arguments) > 1:
        operator = {"Union": "union", "Intersection": "inter"}.get(name, "setminus")
        node = arguments[0]
        for argument in arguments[1:]:
            node = set_operation(operator, node, argument)
        return node
    if name.startswith("Interval") and len(arguments) == 2:
        low_closed = name in ("Interval", "Interval.Ropen")
        return make("interval", (*arguments, low_closed, name in ("Interval", "Interval.Lopen")))
    if name in _PRINTED_RELATIONS and len(arguments) == 2:
        return make("rel", (_PRINTED_RELATIONS[name], *arguments))
    if name == "Rational" and len(arguments) == 2:
        return divide(*arguments)
    if name == "Piecewise":
        return make("cases", tuple(map(_branch, arguments)))
    if name == "FiniteSet":
        return make("set", tuple(arguments))
    if name == "Matrix" and len(arguments) == 1 and arguments[0].kind == "matrix":
        return arguments[0]
    if name == "Matrix":  # `Matrix([1, 2])` is a column
        return make("matrix", tuple((cell,) for cell in arguments))
    if name == "Limit" and len(arguments) == 3 and arguments[1].kind == "sym":
        return make("limit", (*arguments, "+-"))
    if name in ("Integral", "Sum", "Product", "Derivative") and len(arguments) == 2:
        body, bound = arguments
        variable, *limits = bound.args if bound.kind == "tuple" else (bound,)
        symbol = as_symbol(variable)
        if symbol is not None:
            body = rename_constant(body, symbol)
            if name == "Derivative" and not limits:
                return make("deriv", (body, symbol, 1))
            if name == "Derivative" and len(limits) == 1 and limits[0].kind == "num":
                return make("deriv", (body, symbol, limits[0].args[0]))
            if name == "Integral" and len(limits) in (0, 2):
                return make("integral", (body, symbol, *(limits or (None, None))))
            if name in ("Sum", "Product") and len(limits) == 2:
                return make("sum" if name == "Sum" else "prod", (body, symbol, *limits))
    raise ParseError(f"{name} of {len(arguments)} arguments")
