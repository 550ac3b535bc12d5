"""Statements: names given values, equations, inequalities, and answers with plus-minus signs."""

from itertools import product

from dpo_math_assets.verifier.algebra.canonical import numerator
from dpo_math_assets.verifier.algebra.predicates import holds
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.nodes import SCALAR_KINDS, Node, free_symbols, make, num

__all__ = [
    "EQUATIONS",
    "assigned",
    "below_zero",
    "between",
    "called",
    "difference",
    "is_equation",
    "is_name",
    "is_polynomial",
    "is_quantity",
    "known_as",
    "labelled_items",
    "measured",
    "names_of",
    "one_or_list",
    "operands",
    "operators",
    "sign_choices",
    "without_arrows",
    "without_labels",
]

# Tuple items with a plus-minus sign that are written out.
MAX_SIGNS = 4

_ANGLE = make("sym", ("angle",))
# Letters that number the terms of a sequence.
_INDICES = frozenset("nkm")

EQUATIONS = frozenset(("rel", "chain", "mod", "ratio"))


def is_name(node: Node) -> bool:
    """Whether a node is what stands left of an equals sign to be given a value."""
    if node.kind in ("sym", "call"):
        return True
    if node.kind in ("tuple", "ratio"):
        return all(is_name(item) for item in node.args)
    if node.kind == "abs":
        inside = tree.letters(node.args[0])
        return inside is not None and (node.args[0].kind == "mul" or _has_size(inside))
    if node.kind == "text":
        return True
    if node.kind == "pow":  # `A^{-1} =` and a matrix
        base, exponent = node.args
        return exponent == num(-1) and base.kind == "sym" and str(base.args[0]).isupper()
    if node.kind == "func":
        return node.args[0] in _NAMES and all(map(is_name, node.args[1:]))
    return node.kind == "mul" and all(is_name(factor) for factor in node.args)


def _has_size(name: str) -> bool:
    """Whether a letter is a vector or a complex number; of others `|x| = 5` leaves two values."""
    return name.startswith("vec(") or name in ("z", "w")


def known_as(name: Node) -> Node | str:
    r"""A name in one of its forms: the length `|AB|` or `\overline{AB}` as AB, `\angle A` as A."""
    if name.kind == "mul" and name.args[0] == _ANGLE and len(name.args) == 2:
        corner: Node = name.args[1]
        return corner
    ends = tree.letters(name.args[0] if name.kind == "abs" else name) or ""
    ends = ends.removeprefix("bar(").removesuffix(")")
    return "".join(sorted(ends)) if len(ends) == 2 and ends.isupper() else name


def without_arrows(name: Node) -> Node:
    r"""`\vec{a} \cdot \vec{b}` as ab, which may be the same product in bold letters."""

    def change(part: Node) -> Node | None:
        marked = part.kind == "sym" and part.args[0].startswith("vec(")
        return make("sym", (part.args[0][4:-1],)) if marked else None

    return tree.replace(name, change)


def measured(equation: Node) -> Node | None:
    """The number that an equation gives as the value of a quantity: 7 in `a + b = 7`."""
    _, left, right = equation.args
    for quantity, value in ((left, right), (right, left)):
        if is_quantity(quantity) and not free_symbols(value):
            found: Node = value
            return found
    return None


def is_quantity(node: Node) -> bool:
    """Whether a node is what an answer may state the value of: `a + b`, `x^2 + y^2`, `\\sin x`.

    No multiple of one letter and no power of it: `2x = 5` leaves x to be found.
    """
    if node.kind == "func":
        return node.args[0] in _NAMED_FUNCTIONS and is_name(node.args[1])
    if node.kind == "abs":
        inside: Node = node.args[0]
        return inside.kind == "sym" and str(inside.args[0]).isupper()
    if node.kind in ("union", "inter"):
        return all(is_name(item) for item in node.args)
    if len(free_symbols(node)) < 2:
        return False
    if node.kind == "add":
        terms = [tree.neg(term) if _is_negated(term) else term for term in node.args]
        letters = [name for term in terms for name in free_symbols(term)]
        once = len(letters) == len(set(letters))
        return once and all(is_name(term) or _is_power(term) for term in terms)
    return node.kind == "mul" and all(is_name(part) or _is_power(part) for part in node.args)


def _is_negated(term: Node) -> bool:
    return term.kind == "mul" and term.args[0] == num(-1)


# Functions whose value for letters is a number that an answer states: `\\gcd(a, b) = 6`.
_NAMES = frozenset(("gcd", "lcm", "det"))
_NAMED_FUNCTIONS = frozenset(("sin", "cos", "tan", "cot", "sec", "csc"))


def _is_power(node: Node) -> bool:
    return node.kind == "pow" and is_name(node.args[0]) and node.args[1].kind == "num"


def is_equation(node: Node) -> bool:
    return node.kind == "rel" and node.args[0] in ("=", "approx")


def assigned(equation: Node) -> tuple[Node, Node] | None:
    """(name, value) of an equation that gives a value to a name."""
    _, left, right = equation.args
    for name, value in ((left, right), (right, left)):
        if is_name(name) and not (free_symbols(name) & free_symbols(value) and name.kind == "sym"):
            return name, value
    return None


def called(name: Node, value: Node) -> tuple[str, Node] | None:
    """The name and the variable of `f(x)` that has a value, also of a sequence: `a_n = 3n`."""
    if name.kind == "sym":
        base, _, index = name.args[0].partition("_")
        known = index in _INDICES and index in free_symbols(value)
        return (base, make("sym", (index,))) if known else None
    if name.kind in ("call", "mul") and len(name.args) == 2 and name.args[1].kind == "sym":
        function = name.args[0] if name.kind == "call" else name.args[0].args[0]
        return str(function), name.args[1]
    return None


def difference(equation: Node) -> Node:
    """left - right, over no denominator: what an equation says is zero."""
    return numerator(tree.add(equation.args[1], tree.neg(equation.args[2])))


def is_polynomial(node: Node) -> bool:
    """Whether letters are only added, multiplied and raised to whole powers."""
    if not free_symbols(node) or node.kind == "sym":
        return True
    if node.kind == "pow":
        p, q = node.args[1].args if node.args[1].kind == "num" else (0, 1)
        return p > 0 and q == 1 and is_polynomial(node.args[0])
    return node.kind in ("add", "mul") and all(map(is_polynomial, node.args))


def operators(node: Node) -> tuple[str, ...]:
    if node.kind == "chain":
        operators: tuple[str, ...] = node.args[0]
        return operators
    return (node.args[0],) if node.kind == "rel" else ()


def operands(node: Node) -> tuple[Node, ...]:
    operands: tuple[Node, ...] = node.args[1:] if node.kind in ("rel", "chain") else node.args
    return operands


def between(node: Node) -> Node | None:
    """The interval that `a < x <= b` says x lies in; None for any other node."""
    if node.kind != "chain" or len(node.args) != 4:
        return None
    (first, second), low, name, high = node.args
    if name.kind != "sym" or not {first, second} <= {"<", "<="}:
        return None
    if name.args[0] in free_symbols(low) | free_symbols(high):
        return None
    return make("interval", (low, high, first == "<=", second == "<="))


def below_zero(node: Node) -> tuple[str, Node] | None:
    """An inequality as `expression < 0` or `<= 0` or `!= 0`."""
    operator, left, right = node.args
    if left.kind not in SCALAR_KINDS or right.kind not in SCALAR_KINDS:
        return None
    if operator in (">", ">="):
        left, right, operator = right, left, operator.replace(">", "<")
    if operator not in ("<", "<=", "!="):
        return None
    return operator, tree.add(left, tree.neg(right))


def sign_choices(node: Node) -> list[Node] | None:
    """The answers that a node with plus-minus signs stands for; None if there are too many.

    Signs within one expression go together; the items of a tuple or list choose independently.
    """
    if not (holds(node, "pm") or holds(node, "mp")):
        return [node]
    if node.kind == "setminus" or (node.kind == "rel" and node.args[0] == "!="):
        left, right = node.args[-2:]
        choices = sign_choices(right)
        if choices is None or holds(left, "pm") or holds(left, "mp"):
            return None
        if node.kind == "setminus":
            return [make("setminus", (left, one_or_list(choices)))]
        return [make("inter", tuple(make("rel", ("!=", left, choice)) for choice in choices))]
    if node.kind in ("tuple", "list", "set"):
        if sum(holds(item, "pm") or holds(item, "mp") for item in node.args) > MAX_SIGNS:
            return None
        items = [sign_choices(item) for item in node.args]
        if any(item is None for item in items):
            return None
        if node.kind != "tuple":
            return [make(node.kind, tuple(choice for item in items for choice in item or ()))]
        return [make("tuple", choice) for choice in product(*(item or () for item in items))]

    def signed(plus: bool) -> Node:
        def change(inner: Node) -> Node | None:
            if inner.kind not in ("pm", "mp"):
                return None
            value = tree.replace(inner.args[0], change)
            return value if plus == (inner.kind == "pm") else tree.neg(value)

        return tree.replace(node, change)

    return [signed(True), signed(False)]


def one_or_list(choices: list[Node]) -> Node:
    return choices[0] if len(choices) == 1 else make("list", tuple(choices))


def labelled_items(node: Node) -> Node:
    """`(p, q) = (3, 2)` as `p = 3, q = 2`, and `n = 1, 2, 3` as three values of n."""
    if is_equation(node) and node.args[1].kind == node.args[2].kind == "tuple":
        names, values = node.args[1].args, node.args[2].args
        if len(names) == len(values):
            return make(
                "list", tuple(make("rel", ("=", *pair)) for pair in zip(names, values, strict=True))
            )
    if node.kind == "list" and len(node.args) > 1 and node.args[0].kind == "rel":
        first, *rest = node.args
        if first.args[0] == "in":
            first = make("rel", ("=", *first.args[1:]))
        given = assigned(first) if is_equation(first) else None
        if given is not None and not any(item.kind in EQUATIONS for item in rest):
            return make("list", (given[1], *rest))
    return node


def names_of(items: list[Node]) -> list[Node]:
    """The labels of a list of assignments, or nothing if one item is no assignment."""
    labels = []
    for item in items:
        given = assigned(item) if is_equation(item) else None
        if given is None:
            return []
        labels.append(given[0])
    return labels


def without_labels(items: list[Node]) -> list[Node]:
    found = []
    for item in items:
        given = assigned(item) if is_equation(item) else None
        found.append(given[1] if given else item)
    return found
