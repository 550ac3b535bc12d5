"""The syntax tree of an answer: what the parser gives and every later tier reads.

A node is `Node(kind, args)`: immutable, hashable, picklable, compared by value. `args` holds child
nodes, or the plain values named below. There is no subtraction, division or negation: `a - b` is
`add(a, mul(num(-1, 1), b))` and `a / b` is `mul(a, pow(b, num(-1, 1)))`.

Scalar kinds (`SCALAR_KINDS`; only these reach the numeric and symbolic tiers)

| kind | args | meaning |
| --- | --- | --- |
| `num` | p: int, q: int | the exact rational p/q, lowest terms, q > 0 |
| `dec` | p: int, q: int, places: int | a decimal literal: exactly p/q as written; its last \
shown digit stands for 10**-places (`1.50` has places 2, `1.5e6` has places -5) |
| `const` | name: str | `pi`, `e`, `i`, `oo` (positive infinity), `nan` (an undefined value) |
| `sym` | name: str | a variable, case sensitive, with subscript and prime: `x_1`, `alpha`, `y'`; \
`#0`, `#1` are declared integer parameters |
| `add` | *terms | sum of two or more |
| `mul` | *factors | product of two or more |
| `pow` | base, exponent | principal power |
| `root` | radicand, index | index-th root; index 2 is the principal square root; an odd integer \
index of a real radicand is the real root |
| `abs` | x | absolute value (modulus) |
| `fact` | x | factorial x! |
| `fact2` | x | double factorial x!! |
| `func` | name: str, *args | a known function, names in `FUNCTIONS` with their arguments there |
| `call` | name: str, *args | an unknown function applied, `f(x)`; equal only if name and args are |
| `deriv` | f, var: sym, order: int | unevaluated derivative |
| `integral` | f, var: sym, low, high | unevaluated integral; low and high are None if indefinite |
| `sum` | f, var: sym, low, high | unevaluated sum over integers low..high |
| `prod` | f, var: sym, low, high | unevaluated product |
| `limit` | f, var: sym, to, side: str | unevaluated limit; side is `+`, `-` or `+-` |

Other kinds (settled in compare.py, never seen by the numeric and symbolic tiers)

| kind | args | meaning |
| --- | --- | --- |
| `pm` | x | both x and -x; every `pm` of one answer takes the same sign |
| `mp` | x | both -x and x, opposite in sign to `pm` |
| `percent` | x | x per cent |
| `unit` | x, unit: str | a value with a unit (or a currency), the unit's normalised name |
| `basen` | value: int, base: int | an integer written in base `base`, its value |
| `tuple` | *items | ordered: point, tuple, vector in parentheses |
| `set` | *items | braces; no items is the empty set |
| `list` | *items | bare values joined by commas, `and`, `or` |
| `interval` | low, high, low_closed: bool, high_closed: bool | real interval; a pair in round \
brackets alone is a tuple |
| `union`, `inter` | *sets | union, intersection; of inequalities: one or the other, both at once |
| `setminus` | a, b | set difference |
| `domain` | name: str | a named set: `R`, `Q`, `Z`, `N`, `C` |
| `setbuilder` | expr, condition | { expr : condition } |
| `matrix` | *rows | each row a tuple of nodes; a column vector has rows of one |
| `rel` | op: str, left, right | relation; op in `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `notin`, \
`approx`, `equiv`, `to` (mapping arrow) |
| `chain` | ops: tuple of str, *items | a < b < c; one item more than ops |
| `cases` | *branches | each branch a tuple (value, condition or None) |
| `mod` | rel, modulus | a congruence: relation modulo modulus |
| `ratio` | *items | a : b : c |
| `dots` | | an ellipsis in a list |
| `noted` | x, condition | a value with a condition behind it, in words (text) or as a list |
| `choice` | letter: str, rest | a multiple-choice letter; rest is the answer beside it, or None |
| `text` | words: str | words, lower case, single spaces |
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["FUNCTIONS", "SCALAR_KINDS", "Node", "children", "contents", "free_symbols", "num"]


class Node(NamedTuple):
    """One node of the tree; see the module's tables for kinds and arguments."""

    kind: str
    args: tuple[Any, ...]


SCALAR_KINDS = frozenset(
    {
        "num",
        "dec",
        "const",
        "sym",
        "add",
        "mul",
        "pow",
        "root",
        "abs",
        "fact",
        "fact2",
        "func",
        "call",
        "deriv",
        "integral",
        "sum",
        "prod",
        "limit",
    }
)

# Known functions and their arguments. `log` always has its base; `ln` is natural.
FUNCTIONS: dict[str, str] = {
    **dict.fromkeys(("sin", "cos", "tan", "cot", "sec", "csc"), "x in radians"),
    **dict.fromkeys(("asin", "acos", "atan", "acot", "asec", "acsc"), "x, principal value"),
    **dict.fromkeys(("sinh", "cosh", "tanh", "coth", "sech", "csch"), "x"),
    **dict.fromkeys(("asinh", "acosh", "atanh", "acoth", "asech", "acsch"), "x"),
    "exp": "x",
    "ln": "x, principal value",
    "log": "x, base",
    "floor": "x",
    "ceil": "x",
    "sign": "x",
    "re": "x",
    "im": "x",
    "conj": "x",
    "arg": "x, principal argument",
    "gcd": "one integer or more",
    "lcm": "one integer or more",
    "max": "one value or more",
    "min": "one value or more",
    "mod": "a, n: the remainder in 0..n-1",
    "binom": "n, k",
    "det": "a matrix node (never numeric)",
}

_CHILD_FREE = frozenset({"num", "dec", "const", "sym", "basen", "domain", "dots", "text"})
# Kinds whose arguments are all nodes.
_NODES_ONLY = frozenset(
    {"add", "mul", "pow", "root", "abs", "fact", "fact2", "list", "tuple", "set", "percent"}
)
_NO_SYMBOLS = frozenset[str]()


def num(p: int, q: int = 1) -> Node:
    """The exact rational p/q; p and q must already be in lowest terms with q > 0."""
    return Node("num", (p, q))


def children(node: Node) -> Sequence[Node]:
    """The child nodes, in order, whatever tuples they are held in."""
    kind, args = node
    if kind in _CHILD_FREE:
        return ()
    if kind in _NODES_ONLY:
        return args
    found: list[Node] = []
    for arg in args:
        if isinstance(arg, Node):
            found.append(arg)
        elif isinstance(arg, tuple):
            found.extend(item for item in arg if isinstance(item, Node))
    return found


# One comparison asks the same few trees again and again.
_REMEMBERED = 256


@lru_cache(maxsize=_REMEMBERED)
def contents(node: Node) -> frozenset[str]:
    """What a tree is made of: its kinds, the names of its constants, its functions as `gcd()`."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        kind, args = part
        found.add(kind)
        if kind == "const":
            found.add(args[0])
        elif kind not in _CHILD_FREE:
            if kind == "func":
                found.add(f"{args[0]}()")
            waiting.extend(children(part))
    return frozenset(found)


@lru_cache(maxsize=_REMEMBERED)
def free_symbols(node: Node) -> frozenset[str]:
    """Names of the symbols that are not bound by a sum, product, integral or limit."""
    return _free_symbols(node)


def _free_symbols(node: Node) -> frozenset[str]:
    kind, args = node
    if kind == "sym":
        return frozenset(args)
    if kind in _CHILD_FREE:
        return _NO_SYMBOLS
    found = _NO_SYMBOLS.union(*map(_free_symbols, children(node)))
    if kind in ("sum", "prod", "limit") or (kind == "integral" and args[2] is not None):
        # The limits lie outside the scope of the variable.
        outside = _NO_SYMBOLS.union(
            *(_free_symbols(arg) for arg in args[2:] if isinstance(arg, Node))
        )
        return (found - {args[1].args[0]}) | outside
    return found
